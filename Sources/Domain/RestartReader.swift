import Deck

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads a restart file block by block: rank 0 reads and checks, all ranks receive. Collective.
public final class RestartReader {
    public struct Block: Sendable {
        public let tag: String
        public let index: Int
        public let bytes: [UInt8]
    }

    private let path: String
    private let communicator: any Communicator
    private let location: SourceLocation?
    private var descriptor: Int32 = -1
    private var left = 0
    private var blocks = 0
    private var isAtEnd = false

    /// - Throws: `DeckError` at `location`: no such file, or no restart file of a version that is known.
    public init(_ path: String, _ communicator: any Communicator, at location: SourceLocation?) throws(DeckError) {
        (self.path, self.communicator, self.location) = (path, communicator, location)
        var problem = ""
        if communicator.rank == 0 {
            do throws(Damage) { try start() } catch { problem = error.reason }
        }
        try share(problem)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The next block on every rank, nil after the last.
    /// - Throws: `DeckError` when the block is damaged or the file ends before its end.
    public func next() throws(DeckError) -> Block? {
        guard !isAtEnd else { return nil }
        var problem = "", parcel: [UInt8] = []
        if communicator.rank == 0 {
            do throws(Damage) { parcel = try read() } catch { problem = error.reason }
        }
        try share(problem)
        let bytes = communicator.size == 1 ? parcel : communicator.broadcast(parcel)
        let tag = String(decoding: bytes[..<8], as: UTF8.self).replacing(" ", with: "")
        blocks += 1
        if tag == RestartFile.endTag {
            isAtEnd = true
            return nil
        }
        return Block(tag: tag, index: Self.number(bytes, 8), bytes: Array(bytes[RestartFile.headSize...]))
    }

    /// Reads to the end, so that damage anywhere is found before anything is used.
    /// - Throws: as `next`.
    public func check() throws(DeckError) { while try next() != nil {} }

    // MARK: - Rank 0

    private struct Damage: Error { let reason: String }

    private func start() throws(Damage) {
        descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw Damage(reason: "cannot read '\(path)': \(String(cString: strerror(errno)))") }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw Damage(reason: "cannot read '\(path)': it is not a file")
        }
        left = Int(information.st_size)
        guard left >= 16, try take(8) == RestartFile.magic else { throw Damage(reason: "'\(path)' is not a restart file of mdrun") }
        let version = Self.number(try take(8), 0)
        guard version == RestartFile.version else {
            throw Damage(reason: "'\(path)' is a restart file of version \(version); this mdrun reads version \(RestartFile.version)")
        }
    }

    private func read() throws(Damage) -> [UInt8] {
        let number = "block \(blocks + 1)"
        guard left >= RestartFile.headSize else { throw damaged("it ends before \(number)") }
        let head = try take(RestartFile.headSize)
        let length = Self.number(head, 16)
        guard length >= 0, length <= left - 8 else { throw damaged("\(number) is longer than the file") }
        let bytes = head + (try take(length))
        guard UInt64(bitPattern: Int64(Self.number(try take(8), 0))) == Checksum.of(bytes) else {
            throw damaged("the checksum of \(number) is wrong")
        }
        if String(decoding: bytes[..<3], as: UTF8.self) == RestartFile.endTag {
            guard length == 8, Self.number(bytes, RestartFile.headSize) == blocks, left == 0 else { throw damaged("its end does not fit") }
        }
        return bytes
    }

    private func damaged(_ what: String) -> Damage {
        let hint = access(path + ".previous", R_OK) == 0 ? "; the one before it is '\(path).previous'" : ""
        return Damage(reason: "the restart file '\(path)' is damaged: \(what)\(hint)")
    }

    private func take(_ count: Int) throws(Damage) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let n = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + got, count - got) }
            guard n > 0 else {
                throw Damage(reason: "cannot read '\(path)': \(n < 0 ? String(cString: strerror(errno)) : "it ends too early")")
            }
            got += n
        }
        left -= count
        return bytes
    }

    private static func number(_ bytes: [UInt8], _ at: Int) -> Int {
        bytes.withUnsafeBytes { Int(Int64(bitPattern: $0.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian)) }
    }

    private func share(_ problem: String) throws(DeckError) {
        let told = communicator.broadcast(Array(problem.utf8))
        guard told.isEmpty else { throw DeckError(String(decoding: told, as: UTF8.self), at: location) }
    }
}
