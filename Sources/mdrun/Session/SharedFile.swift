import Deck
import Domain

/// A file's bytes on every rank: rank 0 reads, all receive. A failure is thrown on every rank.
/// - Parameters:
///   - fallbackFolders: where a relative path is looked for next.
///   - nameFolders: where then a file of the path's last part is looked for.
/// - Throws: `DeckError` at `location`, naming the path and the system's reason.
func readShared(
    _ path: String, fallbackFolders: [String], nameFolders: [String] = [], _ communicator: any Communicator, at location: SourceLocation?
) throws -> [UInt8] {
    var bytes: [UInt8]?
    var failure = ""
    if communicator.rank == 0 {
        do {
            bytes = try readFile(path)
        } catch {
            let folders = path.hasPrefix("/") ? [] : fallbackFolders.filter { !$0.isEmpty }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let places = folders.map { $0 + "/" + path } + nameFolders.filter { !$0.isEmpty }.map { $0 + "/" + name }
            bytes = places.lazy.compactMap { try? readFile($0) }.first
            if bytes == nil {
                failure = "cannot read '\(path)': \(error)"
            }
        }
    }
    let problem = communicator.broadcast(Array(failure.utf8))
    guard problem.isEmpty else { throw DeckError(String(decoding: problem, as: UTF8.self), at: location) }
    return communicator.broadcast(bytes)
}

private func readFile(_ path: String) throws(ReadError) -> [UInt8] { try ByteReader(path).all() }
