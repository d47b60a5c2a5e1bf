/// One word of a command, with the place in the deck that it was written at.
public struct Word: Sendable {
    /// The text after substitution, without quotes.
    public var text: String
    /// Where it stands *as written*, quotes included.
    public var location: SourceLocation
    /// True if it stood in quotes; its `$` are then still there for the command to substitute.
    public var isQuoted: Bool
    /// Where each byte of the text comes from; nil for a word that was made, not read.
    var trace: TracedText?

    public init(text: String, location: SourceLocation, isQuoted: Bool = false) {
        self.text = text
        self.location = location
        self.isQuoted = isQuoted
    }

    init(trace: TracedText, location: SourceLocation, isQuoted: Bool) {
        text = trace.string
        self.location = location
        self.isQuoted = isQuoted
        self.trace = trace
    }

    /// The text with its origin; every byte of a word without one comes from the whole word.
    func traced() throws(DeckError) -> TracedText {
        if let trace { return trace }
        let bytes = Array(text.utf8)
        let source = try Source(name: location.file, bytes: bytes, anchor: location)
        return TracedText(source: source, range: 0..<bytes.count)
    }
}

/// One command of a deck: the first word and the words after it.
public struct Command: Sendable {
    public var name: Word
    public var words: [Word]

    public init(name: Word, words: [Word]) {
        self.name = name
        self.words = words
    }

    /// The place right after the last word: where a missing word would stand.
    public var end: SourceLocation {
        var location = (words.last ?? name).location
        location.column += location.length
        location.length = 1
        return location
    }
}
