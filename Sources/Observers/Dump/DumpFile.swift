import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file could not be written: which, and why in the system's words.
public struct OutputError: Error, CustomStringConvertible {
    public let description: String
    init(_ what: String, _ path: String, code: Int32 = errno) { description = "\(what) '\(path)': \(String(cString: strerror(code)))" }
    init(_ description: String) { self.description = description }
}

/// A file that rank 0 writes; other ranks hold none. Bytes go straight to the system, so nothing is lost when a run dies.
final class OutputFile {
    let path: String
    private(set) var descriptor: Int32 = -1

    /// Opens, making or emptying the file unless `append`.
    /// - Throws: `OutputError` with the path and the reason; also when `isInput` says that the run reads this file.
    init(_ path: String, append: Bool, isInput: (String) -> Bool) throws {
        self.path = path
        guard !isInput(path) else { throw OutputError("'\(path)' is an input of this run and is not overwritten") }
        descriptor = open(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC) | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw OutputError("cannot write", path) }
    }

    deinit { if descriptor >= 0 { _ = closeDescriptor(descriptor) } }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let n = bytes.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress! + sent, bytes.count - sent) }
            if n < 0 && errno == EINTR { continue }
            guard n > 0 else { throw OutputError("cannot write to", path) }
            sent += n
        }
    }

    func close() throws {
        defer { descriptor = -1 }
        guard descriptor < 0 || closeDescriptor(descriptor) == 0 else { throw OutputError("cannot finish", path) }
    }
}

extension Communicator {
    /// Runs `body` on rank 0; what it throws is thrown on every rank. Collective.
    func onFirstRank(_ body: () throws -> Void) throws {
        var failure = ""
        if rank == 0 {
            do { try body() } catch { failure = "\(error)" }
        }
        let reason = size == 1 ? Array(failure.utf8) : broadcast(Array(failure.utf8))
        if !reason.isEmpty { throw OutputError(String(decoding: reason, as: UTF8.self)) }
    }

    /// Gives rank 0 every rank's bytes in rank order, one rank's at a time and in pieces, so that it never holds more. Collective.
    func inTurn(_ bytes: [UInt8], _ take: ([UInt8]) -> Void) {
        if size == 1 { return take(bytes) }
        let counts = allGather(bytes.count)
        if rank == 0 { take(bytes) }
        let piece = 16 << 20
        for source in 1..<size {
            for start in stride(from: 0, to: counts[source], by: piece) {
                let number = Swift.min(piece, counts[source] - start)
                if rank == source {
                    bytes.withUnsafeBytes { all in
                        exchange(
                            send: UnsafeRawBufferPointer(rebasing: all[start..<start + number]), to: 0, receive: .init(start: nil, count: 0), from: 0)
                    }
                } else if rank == 0 {
                    var received = [UInt8](repeating: 0, count: number)
                    received.withUnsafeMutableBytes { exchange(send: .init(start: nil, count: 0), to: source, receive: $0, from: source) }
                    take(received)
                }
            }
        }
    }
}

private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, bytes, count) }
