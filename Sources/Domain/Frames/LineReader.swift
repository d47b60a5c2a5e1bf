/// Lines of a text, one after the other, with their numbers: a file that one rank reads (`LineReader`), or one that all share
/// (`SharedLines`).
public protocol TextLines: AnyObject {
    var path: String { get }
    /// Number of the line that was read last, from 1.
    var lineNumber: Int { get }
    /// The next line without its end (a CR before it is dropped too); nil behind the last.
    func nextLine() throws -> [UInt8]?
}

extension SharedLines: TextLines {
    public var lineNumber: Int { number }
    public func nextLine() throws -> [UInt8]? { try advance() ? Array(bytes) : nil }
}

/// Lines of a file, read in pieces on one rank; .gz and .zst are unpacked.
public final class LineReader: TextLines {
    /// No line of a data file is as long as this; a file without line ends must not fill the memory.
    static let longestLine = 1 << 24
    public let path: String
    public private(set) var lineNumber = 0
    private let reader: ByteReader
    private var buffer: [UInt8] = []
    private var at = 0

    /// - Throws: `DataError` with the system's reason.
    public init(_ path: String) throws {
        self.path = path
        do { reader = try ByteReader(path) } catch { throw DataError(path, "cannot be read: \(error)") }
    }

    public func nextLine() throws -> [UInt8]? {
        var search = at
        while true {
            if let end = buffer[search...].firstIndex(of: 10) {
                let text = buffer[at..<end]
                at = end + 1
                return finish(text)
            }
            search = buffer.count
            guard search - at <= Self.longestLine else { throw DataError(path, "line \(lineNumber + 1) is longer than 16 MiB") }
            let more: [UInt8]
            do { more = try reader.next(1 << 16) } catch { throw DataError(path, "cannot be read: \(error)") }
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
        lineNumber += 1
        return Array(text.last == 13 ? text.dropLast() : text)
    }
}
