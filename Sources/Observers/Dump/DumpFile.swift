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

/// A file that rank 0 writes; other ranks hold none. Bytes go straight to the system, so nothing is lost when a run dies. A name that
/// ends in .gz or .zst is packed, one member a frame: a file that ends behind any frame is whole.
final class OutputFile {
    enum Mode {
        case replace
        case append
        /// Keeps that many bytes, which the file must have; begins it if there is none.
        case resume(Int)
    }

    let path: String
    private(set) var descriptor: Int32 = -1
    private let compressor: Compressor?
    /// Bytes so far.
    private(set) var size = 0
    /// Whether `.resume` found what it keeps.
    private(set) var hasResumed = false

    /// - Throws: `OutputError` with the path and the reason; also when `isInput` says that the run reads this file.
    init(_ path: String, _ mode: Mode, isInput: (String) -> Bool) throws {
        self.path = path
        guard !isInput(path) else { throw OutputError("'\(path)' is an input of this run and is not overwritten") }
        compressor = try Compression(path: path).map { try Compressor($0) }
        var flags = O_RDWR | O_CREAT | O_CLOEXEC
        if case .replace = mode { flags |= O_TRUNC }
        descriptor = open(path, flags, 0o644)
        // A device or pipe that cannot be read can still be written.
        if descriptor < 0, errno == EACCES { descriptor = open(path, flags & ~O_RDWR | O_WRONLY, 0o644) }
        guard descriptor >= 0 else { throw OutputError("cannot write", path) }
        var information = stat()
        let length = fstat(descriptor, &information) == 0 ? Int(information.st_size) : 0
        switch mode {
        case .replace: break
        case .append: size = length
        case .resume(let kept):
            guard length >= kept || length == 0 else {
                throw OutputError("'\(path)' has \(length) bytes, but \(kept) had been written at the restart: is it another file?")
            }
            hasResumed = length > 0 || kept == 0
            try truncate(to: length > 0 ? kept : 0)
        }
        if size > 0 { lseek(descriptor, off_t(size), SEEK_SET) }
    }

    deinit { if descriptor >= 0 { _ = closeDescriptor(descriptor) } }

    /// Drops what is behind the first `length` bytes.
    func truncate(to length: Int) throws {
        if ftruncate(descriptor, off_t(length)) != 0, errno != EINVAL { throw OutputError("cannot shorten", path) }
        size = length
        lseek(descriptor, off_t(length), SEEK_SET)
    }

    /// The first bytes, or those behind an offset.
    func head(_ count: Int, from offset: Int = 0) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, off_t(offset)) }
        bytes.removeLast(count - max(0, got))
        return bytes
    }

    /// Drops the first bytes.
    func dropFirst(_ count: Int) throws {
        let kept = head(size - count, from: count)
        try truncate(to: 0)
        try put(kept)
    }

    /// Writes a whole file aside and puts it in the place of what was there: a reader finds the old one or the new one.
    static func replace(_ path: String, with bytes: [UInt8], isInput: (String) -> Bool) throws {
        guard !isInput(path) else { throw OutputError("'\(path)' is an input of this run and is not overwritten") }
        let file = try OutputFile(path + ".new", .replace, isInput: isInput)
        try file.write(bytes)
        try file.endFrame()
        try file.close()
        guard rename(path + ".new", path) == 0 else { throw OutputError("cannot write", path) }
    }

    func write(_ bytes: [UInt8]) throws {
        try put(compressor.map { try $0.add(bytes) } ?? bytes)
    }

    /// A frame is complete.
    func endFrame() throws { if let compressor { try put(compressor.finish()) } }

    private func put(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let n = bytes.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress! + sent, bytes.count - sent) }
            if n < 0 && errno == EINTR { continue }
            guard n > 0 else { throw OutputError("cannot write to", path) }
            sent += n
        }
        size += bytes.count
    }

    /// Writes over what is there.
    func patch(_ bytes: [UInt8], at offset: Int) throws {
        let n = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, bytes.count, off_t(offset)) }
        guard n == bytes.count else { throw OutputError("cannot write to", path) }
    }

    func close() throws {
        defer { descriptor = -1 }
        guard descriptor < 0 || closeDescriptor(descriptor) == 0 else { throw OutputError("cannot finish", path) }
    }

    static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw OutputError("cannot remove", path) }
    }
}

extension Communicator {
    /// Runs `body` on rank 0; what it throws is thrown on every rank. Collective.
    func onFirstRank(_ body: () throws -> Void) throws {
        _ = try valueOnFirstRank {
            try body()
            return 0
        }
    }

    /// Runs `body` on rank 0; what it returns, or throws, every rank gets. Collective.
    func valueOnFirstRank(_ body: () throws -> Int) throws -> Int {
        var failure = "", value = 0
        if rank == 0 {
            do { value = try body() } catch { failure = "\(error)" }
        }
        if size > 1 {
            let answer = broadcast(Array((failure.isEmpty ? "+\(value)" : "-\(failure)").utf8))
            let text = String(decoding: answer.dropFirst(), as: UTF8.self)
            if answer.first == UInt8(ascii: "+") { value = Int(text) ?? 0 } else { failure = text }
        }
        if !failure.isEmpty { throw OutputError(failure) }
        return value
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
                            send: UnsafeRawBufferPointer(rebasing: all[start..<start + number]), to: 0,
                            receive: .init(start: nil, count: 0), from: 0)
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
