/// Reads `printf` formats.
struct FormatParser {
    private let format: String
    private let bytes: [UInt8]
    private var i = 0

    private static let longestField = 300
    private static let flags = Array("-+ #0".utf8)
    private static let letters = Array("difFeEgGs".utf8)

    init(_ format: String) {
        self.format = format
        bytes = Array(format.utf8)
    }

    var isAtEnd: Bool { i >= bytes.count }

    /// Text up to the next conversion, with `%%` made one percent sign.
    mutating func literal() throws(DeckError) -> [UInt8] {
        var text: [UInt8] = []
        while i < bytes.count {
            if bytes[i] == UInt8(ascii: "%") {
                guard i + 1 < bytes.count && bytes[i + 1] == UInt8(ascii: "%") else { break }
                i += 1
            }
            guard bytes[i] != 0 else { throw refused("a zero byte") }
            text.append(bytes[i])
            i += 1
        }
        return text
    }

    /// The next conversion with the text before it.
    mutating func conversion() throws(DeckError) -> NumberFormat {
        try conversion(after: literal())
    }

    mutating func conversion(after prefix: [UInt8]) throws(DeckError) -> NumberFormat {
        guard i < bytes.count else { throw refused("no conversion such as %g") }
        i += 1
        var flags: [UInt8] = []
        while i < bytes.count, Self.flags.contains(bytes[i]) {
            flags.append(bytes[i])
            i += 1
        }
        let width = try number() ?? 0
        var precision: Int?
        if i < bytes.count && bytes[i] == UInt8(ascii: ".") {
            i += 1
            precision = try number() ?? 0
        }
        var modifiers = 0
        while i < bytes.count && bytes[i] == UInt8(ascii: "l") && modifiers < 2 {
            modifiers += 1
            i += 1
        }
        guard i < bytes.count else { throw refused("an unfinished conversion") }
        let letter = bytes[i]
        guard Self.letters.contains(letter) else {
            let name = letter < 0x80 && letter > 0x20 ? "%\(Character(Unicode.Scalar(letter)))" : "that character"
            throw refused("\(name), which is none of d i f e g s")
        }
        i += 1
        return NumberFormat(
            text: format, letter: letter, prefix: prefix, flags: flags, width: width, precision: precision)
    }

    private mutating func number() throws(DeckError) -> Int? {
        var value: Int?
        while i < bytes.count && isDigit(bytes[i]) {
            let next = (value ?? 0) * 10 + Int(bytes[i] - UInt8(ascii: "0"))
            guard next <= Self.longestField else {
                throw refused("a field of more than \(Self.longestField) characters")
            }
            value = next
            i += 1
        }
        return value
    }

    private func refused(_ what: String) -> DeckError {
        DeckError("format '\(format)' has \(what)", at: nil)
    }
}
