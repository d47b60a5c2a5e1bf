import Deck

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A restart file: blocks of bytes, each with its own checksum. Little-endian.
///
///     "mdrunRST" version(8)  { tag(8) index(8) length(8) bytes checksum(8) }...  "END" 0 8 count checksum
///
/// The checksum is of tag, index, length and bytes, so a flipped bit anywhere is found; the last block holds the number of blocks, so a
/// file that was cut short is found too.
public enum RestartFile {
    static let magic = Array("mdrunRST".utf8)
    static let version = 1
    static let endTag = "END"
    static let headSize = 24

    static func head(_ tag: String, _ index: Int, _ length: Int) -> [UInt8] {
        precondition(tag.utf8.count <= 8, "a tag has at most eight bytes")
        var bytes = Array(tag.utf8)
        bytes += [UInt8](repeating: 32, count: 8 - bytes.count)
        return bytes + number(index) + number(length)
    }

    static func number(_ value: Int) -> [UInt8] { withUnsafeBytes(of: UInt64(bitPattern: Int64(value)).littleEndian) { Array($0) } }
}

/// Writes a restart file: under a temporary name, synced, then renamed; what was there before is kept as `NAME.previous`.
///
/// Rank 0 writes and holds one rank's block at a time. Every method is collective; the first failure is remembered and thrown, on all
/// ranks, by `finish`, after which the old file is still in its place.
public final class RestartWriter {
    private let path: String
    private let communicator: any Communicator
    private var descriptor: Int32 = -1
    private var problem = ""
    private var blocks = 0

    private var temporary: String { path + ".writing" }

    public init(_ path: String, _ communicator: any Communicator) {
        (self.path, self.communicator) = (path, communicator)
        guard communicator.rank == 0 else { return }
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        if descriptor < 0 { fail() }
        write(RestartFile.magic + RestartFile.number(RestartFile.version))
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// A block that is alike on all ranks.
    public func put(_ tag: String, index: Int = 0, _ bytes: [UInt8]) {
        if communicator.rank == 0 { block(tag, index, bytes) }
        blocks += 1
    }

    /// One block of each rank, its index being the rank.
    public func putOfEachRank(_ tag: String, _ bytes: [UInt8]) {
        for rank in 0..<communicator.size {
            var parcels = [[UInt8]](repeating: [], count: communicator.size)
            if rank == communicator.rank { parcels[0] = bytes }
            let received = communicator.allToAll(parcels)
            if communicator.rank == 0 { block(tag, rank, received[rank]) }
            blocks += 1
        }
    }

    /// - Throws: `DeckError` at `location` with the system's reason.
    public func finish(at location: SourceLocation?) throws(DeckError) {
        put(RestartFile.endTag, RestartFile.number(blocks))
        if communicator.rank == 0 { settle() }
        let told = communicator.broadcast(Array(problem.utf8))
        guard told.isEmpty else { throw DeckError("cannot write '\(path)': \(String(decoding: told, as: UTF8.self))", at: location) }
    }

    private func settle() {
        if problem.isEmpty, fsync(descriptor) != 0 { fail() }
        if descriptor >= 0, close(descriptor) != 0 { fail() }
        descriptor = -1
        guard problem.isEmpty else {
            unlink(temporary)
            return
        }
        if access(path, F_OK) == 0 {
            unlink(path + ".previous")
            // Where the file system has no hard links the old file goes: the new one is complete by now.
            _ = link(path, path + ".previous")
        }
        if rename(temporary, path) != 0 { fail() }
        syncFolder()
    }

    /// A rename lasts through a power cut only when its folder is synced too.
    private func syncFolder() {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private func block(_ tag: String, _ index: Int, _ bytes: [UInt8]) {
        let head = RestartFile.head(tag, index, bytes.count)
        var sum = Checksum()
        sum.add(head)
        sum.add(bytes)
        write(head)
        write(bytes)
        write(RestartFile.number(Int(Int64(bitPattern: sum.value))))
    }

    private func write(_ bytes: [UInt8]) {
        guard problem.isEmpty else { return }
        var sent = 0
        while sent < bytes.count {
            let n = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + sent, bytes.count - sent) }
            guard n > 0 else { return fail() }
            sent += n
        }
    }

    private func fail() { if problem.isEmpty { problem = String(cString: strerror(errno)) } }
}
