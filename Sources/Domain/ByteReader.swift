#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file read in pieces on one rank, unpacked if its name ends in .gz or .zst.
public final class ByteReader {
    public let path: String
    private var descriptor: Int32
    private let decompressor: Decompressor?

    /// - Throws: `ReadError` with the system's reason; also for a folder.
    public init(_ path: String) throws(ReadError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ReadError(description: String(cString: strerror(errno))) }
        var information = stat()
        if fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFDIR {
            close(descriptor)
            throw ReadError(description: String(cString: strerror(EISDIR)))
        }
        do {
            decompressor = try Compression(path: path).map { kind throws(CompressionError) in try Decompressor(kind) }
        } catch {
            close(descriptor)
            throw ReadError(description: error.description)
        }
    }

    deinit { close(descriptor) }

    /// Some bytes, at least one before the file's end and none behind it.
    /// - Throws: `ReadError` with the system's reason, or for a damaged or cut-off compressed file.
    public func next(_ count: Int = 1 << 20) throws(ReadError) -> [UInt8] {
        while true {
            var bytes = [UInt8](repeating: 0, count: count)
            var got = 0
            repeat { got = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, count) } } while got < 0 && errno == EINTR
            guard got >= 0 else { throw ReadError(description: String(cString: strerror(errno))) }
            bytes.removeLast(count - got)
            guard let decompressor else { return bytes }
            if bytes.isEmpty {
                guard decompressor.isComplete else { throw ReadError(description: "it ends early") }
                return []
            }
            let unpacked: [UInt8]
            do { unpacked = try decompressor.add(bytes) } catch { throw ReadError(description: error.description) }
            if !unpacked.isEmpty { return unpacked }
        }
    }

    /// The whole file, or the rest of it.
    public func all() throws(ReadError) -> [UInt8] {
        var result: [UInt8] = []
        while true {
            let bytes = try next()
            if bytes.isEmpty { return result }
            result += bytes
        }
    }
}

/// Why a file cannot be read, without its name.
public struct ReadError: Error, CustomStringConvertible {
    public let description: String
}
