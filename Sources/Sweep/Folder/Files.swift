import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The few operations on files that a sweep rests on. Each is atomic on local and on network file systems.
public enum Files {
    /// The error of the last call, as a sentence about a path.
    static func failure(_ what: String, _ path: String, _ number: Int32 = errno) -> SweepError {
        SweepError("cannot \(what) \(path): \(String(cString: strerror(number)))")
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    public static func isFolder(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a folder and those above it; one that exists is left alone.
    public static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            if !isFolder(path) { throw SweepError("cannot make the folder \(path): \(error.localizedDescription)") }
        }
    }

    /// Makes one folder; false if something of that name exists. Of several that try at once, one makes it.
    static func makeNewFolder(_ path: String) throws -> Bool {
        if mkdir(path, 0o777) == 0 { return true }
        if errno == EEXIST { return false }
        throw failure("make the folder", path)
    }

    /// Moves a file; false if it was not there (any more). Of several that move it at once, one does.
    ///
    /// A network file system may carry out the move and lose the answer; the repeated request then finds nothing. What is at the new place
    /// tells: so it must be a name that nobody else moves to.
    static func move(_ old: String, to new: String) throws -> Bool {
        if rename(old, new) == 0 { return true }
        guard errno == ENOENT else { throw failure("move \(old) to", new) }
        return exists(new)
    }

    /// Writes a file under another name, waits until it is on the disk, and moves it to its place: there is the old one or the new one,
    /// whole.
    public static func write(_ bytes: Data, to path: String, isSynced: Bool = true) throws {
        let aside = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
        let file = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw failure("write", aside) }
        do {
            try writeAll(bytes, file, aside)
            if isSynced && fsync(file) != 0 { throw failure("write", aside) }
        } catch {
            close(file)
            unlink(aside)
            throw error
        }
        // Where the disk is full, some network file systems say so here only.
        guard close(file) == 0 else {
            let error = failure("write", aside)
            unlink(aside)
            throw error
        }
        guard rename(aside, path) == 0 else {
            let error = failure("write", path)
            unlink(aside)
            throw error
        }
        if isSynced { syncFolder(folder(of: path)) }
    }

    static func writeAll(_ bytes: Data, _ file: Int32, _ path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write", path)
            }
            rest = rest.dropFirst(count)
        }
    }

    public static func write(_ text: String, to path: String, isSynced: Bool = true) throws {
        try write(Data(text.utf8), to: path, isSynced: isSynced)
    }

    /// Waits until the names in a folder are on the disk. Some file systems cannot; then they need not.
    static func syncFolder(_ path: String) {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = fsync(file)
        close(file)
    }

    public static func read(_ path: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw SweepError("cannot read \(path): \(exists(path) ? error.localizedDescription : "no such file")")
        }
    }

    /// The names in a folder, without those that begin with a dot and those on their way to their place; none if it is not there.
    public static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") && !name.hasSuffix(".tmp") { names.append(name) }
        }
        return names
    }

    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    static func name(of path: String) -> String { path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path }

    /// A path as it is, or, if relative, below a folder; without `.` and `..`.
    public static func absolute(_ path: String, in folder: String = FileManager.default.currentDirectoryPath) -> String {
        let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        return URL(fileURLWithPath: whole).standardizedFileURL.path
    }

    /// A number for when a file was last written; nil if it is not there.
    static func modified(_ path: String) -> (seconds: Int, nanoseconds: Int, size: Int)? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        return (info.st_mtim.tv_sec, info.st_mtim.tv_nsec, Int(info.st_size))
    }

    /// Files whose names match a pattern (`*` and `?`), in their folder.
    static func matching(_ pattern: String, in folder: String) -> [String] {
        names(in: folder).filter { fnmatch(pattern, $0, 0) == 0 }.map { "\(folder)/\($0)" }
    }
}

extension JSONEncoder {
    /// For people: indented, keys in the order of the alphabet.
    static var readable: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }

    /// On one line.
    static var compact: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
}

extension JSONDecoder {
    static var standard: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }
}
