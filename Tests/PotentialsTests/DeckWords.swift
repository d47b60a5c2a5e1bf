import Deck

/// The words of a line as a command would read them, columns and all.
func deckWords(_ line: String, of context: String = "pair_style") -> Words {
    var words: [Word] = []
    var column = 1
    for part in line.split(separator: " ", omittingEmptySubsequences: false) {
        if !part.isEmpty {
            let place = SourceLocation(file: "in.test", line: 1, column: column, length: part.count, text: line)
            words.append(Word(text: String(part), location: place, isQuoted: false))
        }
        column += part.count + 1
    }
    return Words(
        words, of: context, end: SourceLocation(file: "in.test", line: 1, column: line.count + 1, length: 1, text: line))
}

/// The error that `body` throws, as a `DeckError`.
func deckError(_ body: () throws -> Void) -> DeckError? {
    do {
        try body()
        return nil
    } catch {
        return error as? DeckError ?? DeckError("not a DeckError: \(error)", at: nil)
    }
}
