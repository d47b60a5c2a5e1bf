import Domain
import Observers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where mdrun's words go: screen and log file, from rank 0 only. Warnings wait while a thermo table is being printed.
public final class Output {
    public let isWriter: Bool
    public var writesScreen = true
    public var echoesToScreen = false
    public var echoesToLog = true
    private var log: Int32 = -1
    public private(set) var logPath: String?
    private var holdsWarnings = false
    private var heldWarnings: [String] = []
    private var warningsGiven = Set<String>()
    private var warningLimit = 100
    private var records: Int32 = -1
    private var appendsRecords = false

    public init(isWriter: Bool) { self.isWriter = isWriter }

    /// - Throws: `SystemError` when the file cannot be made. On ranks that do not write, nothing happens.
    public func openLog(_ path: String?, append: Bool = false) throws {
        for descriptor in [log, records] where descriptor >= 0 { close(descriptor) }
        (log, records, appendsRecords) = (-1, -1, append)
        logPath = path
        guard isWriter, let path else { return }
        log = open(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), 0o644)
        guard log >= 0 else { throw SystemError("cannot write the log file '\(path)'") }
    }

    /// Both places.
    public func write(_ text: String) {
        toScreen(text)
        toLog(text)
    }

    public func line(_ text: String = "") { write(text + "\n") }

    public func toScreen(_ text: String) {
        if isWriter && writesScreen { Self.write(text, to: 1) }
    }

    public func toLog(_ text: String) {
        if isWriter && log >= 0 { Self.write(text, to: log) }
    }

    /// One line to a file, on rank 0 (`print ... file F`).
    public func writeLine(_ text: String, to path: String, append: Bool) throws {
        guard isWriter else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), 0o644)
        guard descriptor >= 0 else { throw SystemError("cannot write '\(path)'") }
        Self.write(text + "\n", to: descriptor)
        close(descriptor)
    }

    /// `WARNING: ...`, each different text once, up to the limit.
    public func warn(_ text: String) {
        guard isWriter, warningsGiven.count <= warningLimit, warningsGiven.insert(text).inserted, warningLimit > 0 else { return }
        let line =
            warningsGiven.count > warningLimit
            ? "Too many warnings: \(warningsGiven.count) vs \(warningLimit). All future warnings will be suppressed" : text
        if holdsWarnings { heldWarnings.append(line) } else { self.line("WARNING: \(line)") }
    }

    public func limitWarnings(_ limit: WarningLimit) {
        switch limit {
        case .none: warningLimit = 0
        case .all: warningLimit = Int.max
        case .most(let number): warningLimit = number
        case .reset: warningsGiven = []
        case .usual: (warningLimit, warningsGiven) = (100, [])
        }
    }

    /// A line of LOG.jsonl, which is made with its first line; nothing without a log file.
    public func record(_ line: String) {
        guard isWriter, let logPath, log >= 0 else { return }
        if records < 0 {
            records = open(logPath + ".jsonl", O_WRONLY | O_CREAT | O_CLOEXEC | (appendsRecords ? O_APPEND : O_TRUNC), 0o644)
            if records < 0 { return warn("cannot write '\(logPath).jsonl': \(String(cString: strerror(errno)))") }
        }
        Self.write(line + "\n", to: records)
    }

    /// While a table is open, warnings are kept for after it: log parsers break on lines between header and rows.
    public func beginTable() { holdsWarnings = true }
    public func endTable() {
        holdsWarnings = false
        for text in heldWarnings { line("WARNING: \(text)") }
        heldWarnings = []
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let n = Glibc.write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
                if n <= 0 { return }
                sent += n
            }
        }
    }
}

/// An operating-system call failed: what, and why in the system's words.
public struct SystemError: Error, CustomStringConvertible {
    public let description: String
    public init(_ what: String) { description = "\(what): \(String(cString: strerror(errno)))" }
}
