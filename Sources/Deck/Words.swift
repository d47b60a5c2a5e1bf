/// Typed reading of a command's words, with positions.
///
/// Every failure is a `DeckError` that points at the word, or behind the last one if a word is missing, and says what
/// was expected. `expected` is a noun phrase: "the cutoff", "the number of steps".
public struct Words: Sendable {
    /// What messages call the command: "fix nvt". May be made more precise while reading.
    public var context: String
    private let words: [Word]
    private let end: SourceLocation
    private let start: SourceLocation
    private var next = 0

    /// The words of a command, its name being the context.
    public init(_ command: Command) {
        context = command.name.text
        words = command.words
        end = command.end
        start = command.name.location
    }

    /// - Parameter end: where a missing word would stand.
    public init(_ words: [Word], of context: String, end: SourceLocation) {
        self.context = context
        self.words = words
        self.end = end
        start = words.first?.location ?? end
    }

    public var isAtEnd: Bool { next >= words.count }
    /// The next word, which stays unread.
    public var peek: Word? { isAtEnd ? nil : words[next] }
    /// The place of the next word, or of the missing one.
    public var location: SourceLocation { peek?.location ?? end }
    /// How many words are left.
    public var count: Int { words.count - next }

    /// The next word.
    public mutating func word(_ expected: String) throws(DeckError) -> Word {
        guard let word = peek else {
            throw DeckError("\(context): expected \(expected), found the end of the command", at: end)
        }
        next += 1
        return word
    }

    /// The text of the next word.
    public mutating func string(_ expected: String) throws(DeckError) -> String {
        try word(expected).text
    }

    /// A number: digits, point, exponent. Rejects `nan`, `inf`, numbers too large, and anything behind the number.
    public mutating func double(_ expected: String) throws(DeckError) -> Double {
        let word = try word(expected)
        guard let value = NumberSyntax.double(word.text) else { throw mismatch(expected, "a number", word) }
        guard value.isFinite else { throw mismatch(expected, "a number that is not too large", word) }
        return value
    }

    /// A number that fulfils `condition`; `requirement` says it in words: "less than 1".
    public mutating func double(
        _ expected: String, _ requirement: String, where condition: (Double) -> Bool
    ) throws(DeckError) -> Double {
        let value = try double(expected)
        guard condition(value) else { throw outside(expected, requirement) }
        return value
    }

    public mutating func double(_ expected: String, in range: ClosedRange<Double>) throws(DeckError) -> Double {
        try double(expected, "from \(range.lowerBound) to \(range.upperBound)", where: range.contains)
    }

    public mutating func double(_ expected: String, in range: Range<Double>) throws(DeckError) -> Double {
        try double(expected, "at least \(range.lowerBound) and less than \(range.upperBound)", where: range.contains)
    }

    public mutating func double(_ expected: String, in range: PartialRangeFrom<Double>) throws(DeckError) -> Double {
        try double(expected, "at least \(range.lowerBound)", where: range.contains)
    }

    public mutating func double(_ expected: String, in range: PartialRangeThrough<Double>) throws(DeckError) -> Double {
        try double(expected, "at most \(range.upperBound)", where: range.contains)
    }

    public mutating func double(_ expected: String, in range: PartialRangeUpTo<Double>) throws(DeckError) -> Double {
        try double(expected, "less than \(range.upperBound)", where: range.contains)
    }

    public mutating func positiveDouble(_ expected: String) throws(DeckError) -> Double {
        try double(expected, "positive") { $0 > 0 }
    }

    public mutating func nonNegativeDouble(_ expected: String) throws(DeckError) -> Double {
        try double(expected, "not negative") { $0 >= 0 }
    }

    /// A whole number, digits only: `1e6` and `3.0` are rejected.
    public mutating func int(_ expected: String) throws(DeckError) -> Int {
        let word = try word(expected)
        guard NumberSyntax.isInteger(word.text) else { throw mismatch(expected, "a whole number", word) }
        guard let value = Int(word.text) else { throw mismatch(expected, "a whole number that is not too large", word) }
        return value
    }

    public mutating func int(_ expected: String, in range: ClosedRange<Int>) throws(DeckError) -> Int {
        let value = try int(expected)
        guard range.contains(value) else {
            throw outside(expected, "from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    public mutating func positiveInt(_ expected: String) throws(DeckError) -> Int {
        let value = try int(expected)
        guard value > 0 else { throw outside(expected, "positive") }
        return value
    }

    public mutating func nonNegativeInt(_ expected: String) throws(DeckError) -> Int {
        let value = try int(expected)
        guard value >= 0 else { throw outside(expected, "not negative") }
        return value
    }

    /// `yes`, `on`, `true` or `no`, `off`, `false`.
    public mutating func flag(_ expected: String) throws(DeckError) -> Bool {
        let word = try word(expected)
        switch word.text {
        case "yes", "on", "true": return true
        case "no", "off", "false": return false
        default: throw mismatch(expected, "yes or no", word)
        }
    }

    /// The value that `table` has for the next word; for an unknown one the error gives the nearest name.
    public mutating func choice<T>(_ expected: String, _ table: [(String, T)]) throws(DeckError) -> T {
        let word = try word(expected)
        for (name, value) in table where name == word.text { return value }
        let error = DeckError.unknown(expected, word, known: table.map(\.0))
        throw DeckError("\(context): \(error.message)", at: word.location)
    }

    /// A range of types among 1...count, as LAMMPS writes it: `3`, `*`, `2*`, `*3`, `1*2`.
    public mutating func typeRange(_ expected: String, count: Int) throws(DeckError) -> ClosedRange<Int> {
        let word = try word(expected)
        let parts = word.text.split(separator: "*", omittingEmptySubsequences: false)
        let isRange = parts.count == 2
        guard parts.count <= 2, isRange || !word.text.isEmpty,
            parts.allSatisfy({ ($0.isEmpty && isRange) || $0.utf8.allSatisfy(isDigit) })
        else { throw mismatch(expected, "a type or a range such as 3, *, 2*, *3 or 1*2", word) }
        let bounds = parts.map { $0.isEmpty ? nil : Int($0) ?? Int.max }
        let low = bounds[0] ?? 1
        let high = isRange ? bounds[1] ?? count : low
        guard low >= 1 && high <= count && low <= high else {
            throw mismatch(expected, count == 0 ? "a type, but there are none yet" : "within 1 to \(count)", word)
        }
        return low...high
    }

    /// Reads the next word if it is `keyword`.
    public mutating func optional(_ keyword: String) -> Bool {
        guard peek?.text == keyword else { return false }
        next += 1
        return true
    }

    /// Reads all words that are left.
    public mutating func remaining() -> [Word] {
        defer { next = words.count }
        return Array(words[next...])
    }

    /// - Throws: an error at the first word that is left, if any.
    public func finish() throws(DeckError) {
        if let word = peek { throw DeckError("\(context): unexpected word '\(word.text)'", at: word.location) }
    }

    /// An error at the word read last (at the command's name if none was).
    public func error(_ message: String) -> DeckError {
        DeckError("\(context): \(message)", at: next == 0 ? start : words[next - 1].location)
    }

    public func error(_ message: String, at word: Word) -> DeckError {
        DeckError("\(context): \(message)", at: word.location)
    }

    private func mismatch(_ expected: String, _ kind: String, _ word: Word) -> DeckError {
        error("\(expected) must be \(kind), not '\(word.text)'", at: word)
    }

    private func outside(_ expected: String, _ requirement: String) -> DeckError {
        error("\(expected) must be \(requirement), not \(words[next - 1].text)")
    }
}
