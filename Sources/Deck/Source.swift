/// Where something stands in a deck: what error messages point at.
public struct SourceLocation: Sendable, Hashable {
    /// The name of the deck, as the user gave it.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// The first character, from 1, counted in characters (not bytes).
    public var column: Int
    /// How many characters are meant; 1 where a word is missing.
    public var length: Int
    /// The whole source line, without its line end.
    public var text: String

    public init(file: String, line: Int, column: Int, length: Int, text: String) {
        self.file = file
        self.line = line
        self.column = column
        self.length = length
        self.text = text
    }
}

/// A range of bytes in a source, from which one byte of command text was made.
///
/// Plain text maps byte to byte. Text that a substitution produced maps, each byte of it, to the whole `$...` as written.
struct Span: Sendable, Hashable {
    var offset: Int
    var length: Int
    var end: Int { offset + length }
}

/// The text of one deck (or of one command given from outside), with what is needed to turn offsets into locations.
final class Source: Sendable {
    let name: String
    let bytes: [UInt8]
    /// Offset of the first byte of every line.
    private let lineStarts: [Int]
    /// The lines without their line ends, and whether they are plain ASCII, where a byte is a character.
    private let lines: [(text: String, isASCII: Bool)]
    /// If set, every location in this source is this one: the text stands for something elsewhere.
    private let anchor: SourceLocation?

    /// - Throws: a `DeckError` with the position if the text contains a NUL.
    init(name: String, bytes: [UInt8], anchor: SourceLocation? = nil) throws(DeckError) {
        self.name = name
        self.anchor = anchor
        var starts = [0]
        var zero: Int?
        for (offset, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
            if byte == 0 && zero == nil { zero = offset }
        }
        // A byte-order mark is no text; it would otherwise stick to the first word.
        var bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            for i in 0..<3 { bytes[i] = UInt8(ascii: " ") }
        }
        self.bytes = bytes
        lineStarts = starts
        lines = starts.indices.map { i in
            var end = i + 1 < starts.count ? starts[i + 1] - 1 : bytes.count
            while end > starts[i] && bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            let line = bytes[starts[i]..<end]
            return (String(decoding: line, as: UTF8.self), line.allSatisfy { $0 < 0x80 })
        }
        if let zero {
            throw DeckError("a zero byte: this is not a text file", at: location(Span(offset: zero, length: 1)))
        }
    }

    /// The location of a range of bytes. A range over several lines is cut at the end of its first line.
    func location(_ span: Span) -> SourceLocation {
        if let anchor { return anchor }
        let offset = min(max(span.offset, 0), bytes.count)
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        let start = lineStarts[low]
        let line = lines[low]
        let end = start + line.text.utf8.count
        let first = min(offset, end)
        let last = max(first, min(span.end, end))
        return SourceLocation(
            file: name, line: low + 1,
            column: characters(start, first, line.isASCII) + 1,
            length: max(1, characters(first, last, line.isASCII)),
            text: line.text)
    }

    private func characters(_ start: Int, _ end: Int, _ isASCII: Bool) -> Int {
        if isASCII { return end - start }
        return String(decoding: bytes[start..<end], as: UTF8.self).count
    }
}

/// Text whose every byte knows where in a source it comes from.
struct TracedText: Sendable {
    var bytes: [UInt8] = []
    var spans: [Span] = []
    let source: Source

    init(source: Source) {
        self.source = source
    }

    /// The bytes `range` of a source, as they are.
    init(source: Source, range: Range<Int>) {
        self.source = source
        append(range)
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }

    mutating func append(_ range: Range<Int>) {
        bytes.append(contentsOf: source.bytes[range])
        spans.append(contentsOf: range.lazy.map { Span(offset: $0, length: 1) })
    }

    mutating func append(_ byte: UInt8, from span: Span) {
        bytes.append(byte)
        spans.append(span)
    }

    mutating func append(_ text: String, from span: Span) {
        for byte in text.utf8 { append(byte, from: span) }
    }

    mutating func append(_ other: TracedText, _ range: Range<Int>) {
        bytes.append(contentsOf: other.bytes[range])
        spans.append(contentsOf: other.spans[range])
    }

    func slice(_ range: Range<Int>) -> TracedText {
        var result = TracedText(source: source)
        result.append(self, range)
        return result
    }

    /// The range of source bytes behind `range`; behind an empty range, the place right after what precedes it.
    func span(_ range: Range<Int>) -> Span {
        let clamped = range.clamped(to: 0..<spans.count)
        guard !clamped.isEmpty else {
            if range.lowerBound < spans.count { return Span(offset: spans[max(0, range.lowerBound)].offset, length: 0) }
            return Span(offset: spans.last?.end ?? 0, length: 0)
        }
        let first = spans[clamped.lowerBound]
        let last = spans[clamped.upperBound - 1]
        return Span(offset: first.offset, length: max(first.length, last.end - first.offset))
    }

    func location(_ range: Range<Int>) -> SourceLocation {
        source.location(span(range))
    }
}

/// Turns the bytes of a file into text.
/// - Throws: a `DeckError` that points at the first byte that is not UTF-8, or at a NUL.
public func decodeDeck(_ bytes: [UInt8], file: String) throws(DeckError) -> String {
    if let text = String(validating: bytes, as: UTF8.self) {
        _ = try Source(name: file, bytes: bytes)
        return text
    }
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var offset = 0
    decoding: while true {
        switch decoder.decode(&iterator) {
        case .scalarValue(let scalar): offset += UTF8.width(scalar)
        case .emptyInput, .error: break decoding
        }
    }
    let byte = offset < bytes.count ? bytes[offset] : 0
    let digits = String(byte, radix: 16, uppercase: true)
    let source = try Source(name: file, bytes: bytes.map { $0 == 0 ? UInt8(ascii: " ") : $0 })
    throw DeckError(
        "byte 0x\(digits) is not UTF-8 text", at: source.location(Span(offset: offset, length: 1)))
}
