import Deck
import Domain

/// A file's bytes on every rank: rank 0 reads, all receive. A failure is thrown on every rank.
/// - Throws: `DeckError` at `location`, naming the path and the system's reason.
func readShared(
    _ path: String, fallbackFolders: [String], _ communicator: any Communicator, at location: SourceLocation?
) throws -> [UInt8] {
    var bytes: [UInt8]?
    var failure = ""
    if communicator.rank == 0 {
        do {
            bytes = try readFile(path)
        } catch {
            let folders = path.hasPrefix("/") ? [] : fallbackFolders.filter { !$0.isEmpty }
            bytes = folders.lazy.compactMap { try? readFile($0 + "/" + path) }.first
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
