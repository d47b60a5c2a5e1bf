#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file open for reading, in order or at positions.
final class InputFile {
    let path: String
    let size: Int
    private let descriptor: Int32

    /// - Throws: `DataError` with the system's reason, or when it is not a plain file.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw DataError(path, "cannot be read: \(String(cString: strerror(errno)))") }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw DataError(path, "is not a plain file")
        }
        size = Int(information.st_size)
    }

    deinit { close(descriptor) }

    /// Up to `count` bytes from `offset`; fewer only at the file's end.
    func read(_ count: Int, at offset: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let n = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + got, count - got, off_t(offset + got)) }
            if n < 0 && errno == EINTR { continue }
            guard n >= 0 else { throw DataError(path, "cannot be read: \(String(cString: strerror(errno)))") }
            if n == 0 { break }
            got += n
        }
        bytes.removeLast(count - got)
        return bytes
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    /// Names in a folder, sorted.
    static func names(in folder: String) throws -> [String] {
        guard let stream = opendir(folder) else { throw DataError(folder, "cannot be listed: \(String(cString: strerror(errno)))") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// Lines of a file, read in pieces.
final class LineReader {
    /// No line of a data file is as long as this; a file without line ends must not fill the memory.
    static let longestLine = 1 << 24
    let file: InputFile
    /// Number of the line that was read last, from 1.
    private(set) var line = 0
    private var buffer: [UInt8] = []
    private var at = 0
    private var offset = 0

    init(_ path: String) throws { file = try InputFile(path) }

    /// The next line without its end (a CR before it is dropped too); nil behind the last.
    func next() throws -> [UInt8]? {
        var search = at
        while true {
            if let end = buffer[search...].firstIndex(of: 10) {
                let text = buffer[at..<end]
                at = end + 1
                return finish(text)
            }
            search = buffer.count
            guard search - at <= Self.longestLine else { throw DataError(file.path, "line \(line + 1) is longer than 16 MiB") }
            let more = try file.read(1 << 16, at: offset)
            offset += more.count
            if more.isEmpty {
                guard at < buffer.count else { return nil }
                defer { at = buffer.count }
                return finish(buffer[at...])
            }
            search -= at
            buffer = Array(buffer[at...]) + more
            at = 0
        }
    }

    private func finish(_ text: ArraySlice<UInt8>) -> [UInt8] {
        line += 1
        return Array(text.last == 13 ? text.dropLast() : text)
    }
}
