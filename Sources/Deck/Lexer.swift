/// What a place in a line is inside of.
enum QuoteState: Sendable {
    case none, single, double, triple, comment

    /// Steps over the byte at `i`, or over the triple quote that starts there, and returns the index after it.
    /// - Parameter comments: whether `#` starts a comment.
    mutating func advance(_ bytes: [UInt8], _ i: Int, comments: Bool = false) -> Int {
        let byte = bytes[i]
        switch self {
        case .none:
            if isTripleQuote(bytes, i) {
                self = .triple
                return i + 3
            }
            if byte == UInt8(ascii: "\"") { self = .double }
            if byte == UInt8(ascii: "'") { self = .single }
            if comments && byte == UInt8(ascii: "#") { self = .comment }
        case .single:
            if byte == UInt8(ascii: "'") { self = .none }
        case .double:
            if byte == UInt8(ascii: "\"") { self = .none }
        case .triple:
            if isTripleQuote(bytes, i) {
                self = .none
                return i + 3
            }
        case .comment:
            break
        }
        return i + 1
    }

    /// How messages call the quote that is open.
    var name: String {
        switch self {
        case .single: "single quote"
        case .double: "double quote"
        case .triple: "triple quote"
        case .none, .comment: "text"
        }
    }
}

func isTripleQuote(_ bytes: [UInt8], _ i: Int) -> Bool {
    let quote = UInt8(ascii: "\"")
    return i + 2 < bytes.count && bytes[i] == quote && bytes[i + 1] == quote && bytes[i + 2] == quote
}

/// The white space that separates words.
func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (byte >= 9 && byte <= 13)
}

/// One command as written: continued lines joined, substitution still to be done.
struct LogicalLine: Sendable {
    /// The text, comment included, as `echo` shows it.
    var written: TracedText
    /// Where the comment starts in `written`; its end if there is none.
    var commentStart: Int

    init(written: TracedText, commentStart: Int) {
        self.written = written
        self.commentStart = commentStart
    }

    /// Text that is one command by itself.
    init(single text: TracedText) {
        written = text
        commentStart = text.bytes.count
        var state = QuoteState.none
        var i = 0
        while i < text.bytes.count {
            let here = i
            i = state.advance(text.bytes, i, comments: true)
            if state == .comment {
                commentStart = here
                break
            }
        }
    }

    /// The text without the comment.
    var command: TracedText {
        commentStart == written.bytes.count ? written : written.slice(0..<commentStart)
    }
}

/// Splits a source into logical lines: `&` at the end continues a line, and so does an open triple quote.
///
/// As in LAMMPS, `&` also continues a comment, and `&` followed by a comment continues nothing.
struct LineReader {
    let source: Source
    /// Offset of the next line.
    private(set) var offset = 0

    init(_ source: Source) {
        self.source = source
    }

    /// The next logical line, or nil at the end of the source.
    /// - Throws: a `DeckError` at an opening triple quote that nothing closes.
    mutating func next() throws(DeckError) -> LogicalLine? {
        guard offset < source.bytes.count else { return nil }
        var line = LogicalLine(written: TracedText(source: source), commentStart: 0)
        var state = QuoteState.none
        var scanned = 0
        var comment: Int?
        var opening = 0
        while offset < source.bytes.count {
            let raw = nextRawLine()
            let continues = appendRaw(raw, to: &line.written, unless: state == .triple)
            while scanned < line.written.bytes.count {
                let before = state
                let here = scanned
                scanned = state.advance(line.written.bytes, scanned, comments: true)
                if before == .none && state == .triple { opening = here }
                if before != .comment && state == .comment { comment = here }
            }
            if continues.isContinued && state != .triple {
                guard offset < source.bytes.count || state == .comment else {
                    let place = continues.ampersand?.lowerBound ?? raw.lowerBound
                    throw DeckError(
                        "'&' promises a line that does not come", at: source.location(Span(offset: place, length: 1)))
                }
                continue
            }
            guard state == .triple else { break }
            if continues.isContinued, let ampersand = continues.ampersand {
                // The triple quote was opened on this very line: here "&" is text.
                line.written.append(ampersand.lowerBound..<ampersand.upperBound)
            }
            guard offset < source.bytes.count else {
                throw DeckError("nothing closes this triple quote", at: line.written.location(opening..<opening + 3))
            }
            line.written.append(UInt8(ascii: "\n"), from: Span(offset: max(0, offset - 1), length: 1))
            scanned = line.written.bytes.count
        }
        line.commentStart = comment ?? line.written.bytes.count
        return line
    }

    /// The range of the next line without its line end; moves behind it.
    private mutating func nextRawLine() -> Range<Int> {
        let start = offset
        var end = start
        while end < source.bytes.count && source.bytes[end] != UInt8(ascii: "\n") { end += 1 }
        offset = end + 1
        while end > start && source.bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return start..<end
    }

    /// Appends a line; a final `&` is left out and returned.
    private func appendRaw(
        _ raw: Range<Int>, to text: inout TracedText, unless isQuoted: Bool
    ) -> (isContinued: Bool, ampersand: Range<Int>?) {
        var end = raw.upperBound
        while end > raw.lowerBound && isBlank(source.bytes[end - 1]) { end -= 1 }
        if !isQuoted && end > raw.lowerBound && source.bytes[end - 1] == UInt8(ascii: "&") {
            text.append(raw.lowerBound..<end - 1)
            return (true, end - 1..<raw.upperBound)
        }
        text.append(raw)
        return (false, nil)
    }
}

/// Splits a line, after substitution, into its words.
/// - Throws: a `DeckError` at a quote without its partner, or with text right behind it.
func splitWords(_ line: TracedText) throws(DeckError) -> [Word] {
    let bytes = line.bytes
    var words: [Word] = []
    var i = 0
    while i < bytes.count {
        if isBlank(bytes[i]) {
            i += 1
            continue
        }
        let start = i
        guard bytes[i] == UInt8(ascii: "\"") || bytes[i] == UInt8(ascii: "'") else {
            while i < bytes.count && !isBlank(bytes[i]) { i += 1 }
            try refuseLookalikes(line, start..<i)
            words.append(Word(trace: line.slice(start..<i), location: line.location(start..<i), isQuoted: false))
            continue
        }
        var state = QuoteState.none
        i = state.advance(bytes, i)
        let quote = state
        let width = i - start
        while i < bytes.count && state != .none { i = state.advance(bytes, i) }
        guard state == .none else {
            throw DeckError("nothing closes this \(quote.name)", at: line.location(start..<start + width))
        }
        guard i == bytes.count || isBlank(bytes[i]) else {
            throw DeckError("expected white space after the closing quote", at: line.location(i..<i + 1))
        }
        words.append(
            Word(trace: line.slice(start + width..<i - width), location: line.location(start..<i), isQuoted: true))
    }
    return words
}
