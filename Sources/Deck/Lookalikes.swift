/// Characters that word processors put in place of those that decks are written in, and what they stand for.
private let lookalikes: [Unicode.Scalar: String] = [
    "\u{00A0}": "a space", "\u{2002}": "a space", "\u{2003}": "a space", "\u{2007}": "a space", "\u{2009}": "a space",
    "\u{202F}": "a space", "\u{3000}": "a space", "\u{200B}": "nothing", "\u{FEFF}": "nothing", "\u{00AD}": "nothing",
    "\u{2010}": "-", "\u{2011}": "-", "\u{2012}": "-", "\u{2013}": "-", "\u{2014}": "-", "\u{2212}": "-",
    "\u{2018}": "'", "\u{2019}": "'", "\u{201C}": "\"", "\u{201D}": "\"",
]

/// Refuses, outside quotes, characters that look like others: a word with one is never the word it seems to be.
/// - Throws: a `DeckError` at the first of them.
func refuseLookalikes(_ line: TracedText, _ range: Range<Int>) throws(DeckError) {
    guard line.bytes[range].contains(where: { $0 >= 0x80 }) else { return }
    var offset = range.lowerBound
    for scalar in String(decoding: line.bytes[range], as: UTF8.self).unicodeScalars {
        let width = UTF8.width(scalar)
        if let meaning = lookalikes[scalar] {
            let code = String(scalar.value, radix: 16, uppercase: true)
            let number = String(repeating: "0", count: 4 - code.count) + code
            throw DeckError(
                "the character U+\(number) only looks like \(meaning); replace it",
                at: line.location(offset..<offset + width))
        }
        offset += width
    }
}
