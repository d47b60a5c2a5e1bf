// Stand-in until the deck language lands; same names.
public struct SourceLocation: Sendable, Hashable {
    public var file: String, line: Int, column: Int, length: Int, text: String
    public init(file: String, line: Int, column: Int, length: Int, text: String) {
        (self.file, self.line, self.column, self.length, self.text) = (file, line, column, length, text)
    }
}
public struct Word: Sendable { public var text: String; public var location: SourceLocation; public var isQuoted: Bool }
public struct DeckError: Error, Sendable, CustomStringConvertible {
    public var location: SourceLocation?
    public var message: String
    public init(_ message: String, at location: SourceLocation?) { (self.message, self.location) = (message, location) }
    public static func unknown(_ kind: String, _ word: Word, known: [String]) -> DeckError { DeckError("unknown \(kind) '\(word.text)'", at: word.location) }
    public var description: String { message }
}
public struct Words: Sendable {
    var words: [Word]; var at = 0; var context: String; var end: SourceLocation
    public init(_ words: [Word], of context: String, end: SourceLocation) { (self.words, self.context, self.end) = (words, context, end) }
    public var isAtEnd: Bool { at == words.count }
    public var peek: Word? { isAtEnd ? nil : words[at] }
    public var location: SourceLocation { peek?.location ?? end }
    public mutating func word(_ expected: String) throws(DeckError) -> Word {
        guard let w = peek else { throw DeckError("\(context): expected \(expected)", at: end) }
        at += 1; return w
    }
    public mutating func string(_ expected: String) throws(DeckError) -> String { try word(expected).text }
    public mutating func double(_ expected: String) throws(DeckError) -> Double {
        let w = try word(expected)
        guard let v = Double(w.text) else { throw DeckError("expected \(expected), not '\(w.text)'", at: w.location) }
        return v
    }
    public mutating func positiveDouble(_ expected: String) throws(DeckError) -> Double { try double(expected) }
    public mutating func nonNegativeDouble(_ expected: String) throws(DeckError) -> Double { try double(expected) }
    public mutating func int(_ expected: String) throws(DeckError) -> Int {
        let w = try word(expected)
        guard let v = Int(w.text) else { throw DeckError("expected \(expected), not '\(w.text)'", at: w.location) }
        return v
    }
    public mutating func positiveInt(_ expected: String) throws(DeckError) -> Int { try int(expected) }
    public mutating func nonNegativeInt(_ expected: String) throws(DeckError) -> Int { try int(expected) }
    public mutating func flag(_ expected: String) throws(DeckError) -> Bool { ["yes", "on", "true"].contains(try string(expected)) }
    public mutating func choice<T>(_ expected: String, _ table: [(String, T)]) throws(DeckError) -> T {
        let w = try word(expected)
        for (name, value) in table where name == w.text { return value }
        throw .unknown(expected, w, known: table.map(\.0))
    }
    public mutating func typeRange(_ expected: String, count: Int) throws(DeckError) -> ClosedRange<Int> {
        let w = try word(expected)
        if w.text == "*" { return 1...count }
        guard let v = Int(w.text) else { throw DeckError("expected \(expected)", at: w.location) }
        return v...v
    }
    public mutating func optional(_ keyword: String) -> Bool { if peek?.text == keyword { at += 1; return true }; return false }
    public mutating func remaining() -> [Word] { defer { at = words.count }; return Array(words[at...]) }
    public mutating func finish() throws(DeckError) { if let w = peek { throw DeckError("\(context): unexpected word '\(w.text)'", at: w.location) } }
    public func error(_ message: String) -> DeckError { DeckError(message, at: at > 0 ? words[at - 1].location : end) }
    public func error(_ message: String, at w: Word) -> DeckError { DeckError(message, at: w.location) }
}
