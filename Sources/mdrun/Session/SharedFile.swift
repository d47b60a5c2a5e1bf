import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file's bytes on every rank: rank 0 reads, all receive. A failure is thrown on every rank.
/// - Throws: `DeckError` at `location`, naming the path and the system's reason.
func readShared(
    _ path: String, fallbackFolder: String, _ communicator: any Communicator, at location: SourceLocation?
) throws -> [UInt8] {
    var bytes: [UInt8]?
    var failure = ""
    if communicator.rank == 0 {
        do {
            bytes = try readFile(path)
        } catch let first as SystemError {
            if !path.hasPrefix("/"), !fallbackFolder.isEmpty, let found = try? readFile(fallbackFolder + "/" + path) {
                bytes = found
            } else {
                failure = first.description
            }
        }
    }
    let problem = communicator.broadcast(Array(failure.utf8))
    guard problem.isEmpty else { throw DeckError(String(decoding: problem, as: UTF8.self), at: location) }
    return communicator.broadcast(bytes)
}

private func readFile(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw SystemError("cannot read '\(path)'") }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw SystemError("cannot read '\(path)'") }
    guard information.st_mode & S_IFMT != S_IFDIR else {
        errno = EISDIR
        throw SystemError("cannot read '\(path)'")
    }
    var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
    var got = 0
    while got < bytes.count {
        let n = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + got, $0.count - got) }
        guard n >= 0 else { throw SystemError("cannot read '\(path)'") }
        if n == 0 { break }
        got += n
    }
    bytes.removeLast(bytes.count - got)
    return bytes
}
