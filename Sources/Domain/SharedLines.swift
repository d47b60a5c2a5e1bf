import Deck

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The lines of a text file on every rank: rank 0 reads it in pieces and broadcasts them, so no rank ever holds all of it.
///
/// Every method that reads is collective, and what is wrong with the file is thrown on every rank.
public final class SharedLines {
    /// What messages call the file.
    public let path: String
    /// Number of the present line, from 1; 0 before the first.
    public private(set) var number = 0
    /// Words of the present line up to the comment, as ranges of bytes of the present piece.
    public private(set) var words: [Range<Int>] = []
    /// The comment of the present line, without `#` and blanks around it.
    public private(set) var comment = ""

    private let communicator: any Communicator
    /// On rank 0.
    private var reader: ByteReader?
    private var piece: [UInt8] = []
    private var line = 0..<0
    private var next = 0
    private var isLastPiece = false
    /// Rank 0: what follows the last line end that was read.
    private var rest: [UInt8] = []
    private var scratch = [CChar](repeating: 0, count: 64)

    private static let pieceSize = 1 << 20
    private static let longestLine = 1 << 24

    /// - Parameter fallbackFolder: where a relative path is looked for when it is not found from the working folder.
    /// - Throws: `DeckError` at `location` with the system's reason.
    public init(
        _ path: String, fallbackFolder: String, _ communicator: any Communicator, at location: SourceLocation?
    ) throws(DeckError) {
        (self.path, self.communicator) = (path, communicator)
        var problem = ""
        if communicator.rank == 0 {
            do {
                reader = try Self.open(path, fallbackFolder)
            } catch {
                problem = error.description
            }
        }
        let told = communicator.broadcast(Array(problem.utf8))
        guard told.isEmpty else {
            throw DeckError("cannot read '\(path)': \(String(decoding: told, as: UTF8.self))", at: location)
        }
    }

    private static func open(_ path: String, _ fallbackFolder: String) throws(ReadError) -> ByteReader {
        do {
            return try ByteReader(path)
        } catch {
            guard !path.hasPrefix("/"), !fallbackFolder.isEmpty, let other = try? ByteReader(fallbackFolder + "/" + path) else {
                throw error
            }
            return other
        }
    }

    /// Moves to the next line, blank or not; false at the end of the file.
    public func advance() throws(DeckError) -> Bool {
        while next >= piece.count {
            if isLastPiece { return false }
            try refill()
        }
        var end = next
        while end < piece.count && piece[end] != UInt8(ascii: "\n") { end += 1 }
        line = next..<end
        next = end + 1
        number += 1
        split()
        return true
    }

    /// Moves to the next line that has words; false at the end of the file.
    public func advanceToWords() throws(DeckError) -> Bool {
        while try advance() { if !words.isEmpty { return true } }
        return false
    }

    private func split() {
        words.removeAll(keepingCapacity: true)
        comment = ""
        var i = line.lowerBound
        while i < line.upperBound {
            while i < line.upperBound && Self.isBlank(piece[i]) { i += 1 }
            if i == line.upperBound { return }
            let start = i
            // A comment may follow a word without a blank, as in LAMMPS' header lines.
            while i < line.upperBound && !Self.isBlank(piece[i]) && piece[i] != UInt8(ascii: "#") { i += 1 }
            if i > start { words.append(start..<i) }
            if i < line.upperBound && piece[i] == UInt8(ascii: "#") {
                var from = i + 1, to = line.upperBound
                while from < to && Self.isBlank(piece[from]) { from += 1 }
                while to > from && Self.isBlank(piece[to - 1]) { to -= 1 }
                comment = String(decoding: piece[from..<to], as: UTF8.self)
                return
            }
        }
    }

    private static func isBlank(_ c: UInt8) -> Bool { c == 32 || (c >= 9 && c <= 13) }

    // MARK: - Words

    public func text(_ word: Int) -> String { String(decoding: piece[words[word]], as: UTF8.self) }

    /// The whole present line, comment included, without its end.
    public var bytes: ArraySlice<UInt8> {
        let text = piece[line]
        return text.last == 13 ? text.dropLast() : text
    }

    /// All words with single blanks between.
    public var joined: String { words.indices.map(text).joined(separator: " ") }

    /// A finite number.
    /// - Throws: `DeckError` at the word: not a number, not finite, or too large.
    public func double(_ word: Int, _ expected: String) throws(DeckError) -> Double {
        let range = words[word]
        guard range.count < 64, isNumber(range) else {
            throw error("\(expected) must be a number, not '\(text(word))'", word)
        }
        for (k, i) in range.enumerated() { scratch[k] = CChar(bitPattern: piece[i]) }
        scratch[range.count] = 0
        let value = strtod(scratch, nil)
        guard value.isFinite else { throw error("\(expected) is too large: \(text(word))", word) }
        return value
    }

    /// Digits with at most one point, and an exponent: what `strtod` takes, less `nan`, `inf` and hexadecimal numbers.
    private func isNumber(_ range: Range<Int>) -> Bool {
        var i = range.lowerBound
        let end = range.upperBound
        func isDigit(_ at: Int) -> Bool { at < end && piece[at] >= 48 && piece[at] <= 57 }
        func skipSign() { if i < end, piece[i] == UInt8(ascii: "+") || piece[i] == UInt8(ascii: "-") { i += 1 } }
        skipSign()
        var digits = 0
        while isDigit(i) { (i, digits) = (i + 1, digits + 1) }
        if i < end, piece[i] == UInt8(ascii: ".") {
            i += 1
            while isDigit(i) { (i, digits) = (i + 1, digits + 1) }
        }
        guard digits > 0 else { return false }
        if i < end, piece[i] | 32 == UInt8(ascii: "e") {
            i += 1
            skipSign()
            guard isDigit(i) else { return false }
            while isDigit(i) { i += 1 }
        }
        return i == end
    }

    /// A whole number; nil when the word is none.
    public func wholeNumber(_ word: Int) -> Int? {
        let range = words[word]
        var i = range.lowerBound
        var isNegative = false
        if piece[i] == UInt8(ascii: "-") || piece[i] == UInt8(ascii: "+") {
            isNegative = piece[i] == UInt8(ascii: "-")
            i += 1
        }
        guard i < range.upperBound, range.upperBound - i <= 18 else { return nil }
        var value = 0
        while i < range.upperBound {
            guard piece[i] >= 48 && piece[i] <= 57 else { return nil }
            value = value * 10 + Int(piece[i] - 48)
            i += 1
        }
        return isNegative ? -value : value
    }

    /// - Throws: `DeckError` at the word when it is not a whole number.
    public func int(_ word: Int, _ expected: String) throws(DeckError) -> Int {
        guard let value = wholeNumber(word) else { throw error("\(expected) must be a whole number, not '\(text(word))'", word) }
        return value
    }

    // MARK: - Messages

    /// Place of a word of the present line, or of the whole line.
    public func location(_ word: Int? = nil) -> SourceLocation {
        let range = word.map { words[$0] } ?? (words.first?.lowerBound ?? line.lowerBound)..<(words.last?.upperBound ?? line.upperBound)
        return SourceLocation(
            file: path, line: number, column: range.lowerBound - line.lowerBound + 1, length: max(1, range.count),
            text: String(decoding: piece[line], as: UTF8.self))
    }

    public func error(_ message: String, _ word: Int? = nil) -> DeckError { DeckError(message, at: location(word)) }

    /// A place that is known by its line's number only.
    public func location(line: Int) -> SourceLocation {
        SourceLocation(file: path, line: line, column: 1, length: 1, text: "")
    }

    // MARK: - Reading

    private func refill() throws(DeckError) {
        var parcel: [UInt8] = []
        var problem = ""
        var isEnd = false
        if communicator.rank == 0 { (parcel, isEnd, problem) = readPiece() }
        // One byte ahead of the text says what it is.
        if communicator.rank == 0 {
            parcel = problem.isEmpty ? [isEnd ? 1 : 0] + parcel : [2] + Array(problem.utf8)
        }
        let received = communicator.size == 1 ? parcel : communicator.broadcast(parcel)
        piece = received
        next = 1
        isLastPiece = received[0] == 1
        if received[0] == 2 {
            throw DeckError("cannot read '\(path)': \(String(decoding: received.dropFirst(), as: UTF8.self))", at: nil)
        }
    }

    private func readPiece() -> (bytes: [UInt8], isEnd: Bool, problem: String) {
        var bytes = rest
        rest = []
        while true {
            let before = bytes.count
            do {
                bytes += try reader?.next(Self.pieceSize) ?? []
            } catch { return ([], true, error.description) }
            if bytes[before...].contains(0) { return ([], true, "it holds a zero byte, so it is not a text file") }
            if bytes.count == before { return (bytes, true, "") }
            if let last = bytes.lastIndex(of: UInt8(ascii: "\n")) {
                rest = Array(bytes[(last + 1)...])
                bytes.removeLast(rest.count)
                return (bytes, false, "")
            }
            if bytes.count > Self.longestLine { return ([], true, "it has a line of more than \(Self.longestLine) bytes") }
        }
    }
}
