/// What is wrong in a model file, and where.
public struct ParameterFileError: Error, Sendable, CustomStringConvertible {
    public var file: String
    /// 1-based; 0 where the whole file is meant.
    public var line: Int
    /// 1-based; 0 where the whole line is meant.
    public var column: Int
    public var message: String

    public init(file: String, line: Int, column: Int, message: String) {
        (self.file, self.line, self.column, self.message) = (file, line, column, message)
    }

    public var description: String {
        file + (line > 0 ? ":\(line)" : "") + (column > 0 ? ":\(column)" : "") + ": " + message
    }
}

/// A text model file read word by word, so that every error names the file, the line and what was expected there.
///
///     var file = ParameterFile("nep.txt", bytes)
///     let header = try file.line("the style and the elements")
///     let weight = try file.double("a weight of neuron 3")
///     try file.end()
public struct ParameterFile {
    public struct Token: Sendable {
        public var text: String
        public var line: Int
        public var column: Int
    }

    public let name: String
    private let bytes: [UInt8]
    private let comment: UInt8?
    private var at = 0
    private var lineNumber = 1
    private var lineStart = 0

    /// - Parameter comment: the character from which the rest of a line is skipped.
    public init(_ name: String, _ bytes: [UInt8], comment: Character? = nil) {
        self.name = name
        self.bytes = bytes
        self.comment = comment?.asciiValue
    }

    /// The words of the next line that has any.
    public mutating func line(_ expected: String) throws -> [Token] {
        guard let words = nextLine() else { throw truncated(expected) }
        return words
    }

    /// The words of the next line that has any, or nil at the end of the file.
    public mutating func nextLine() -> [Token]? {
        guard let first = next() else { return nil }
        var words = [first]
        while let byte = skipBlanks(), byte != UInt8(ascii: "\n") { words.append(word()) }
        return words
    }

    /// The rest of this line, whatever it holds: for titles.
    public mutating func title(_ expected: String) throws -> String {
        guard at < bytes.count else { throw truncated(expected) }
        let start = at
        while at < bytes.count && bytes[at] != UInt8(ascii: "\n") { at += 1 }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        at = min(at + 1, bytes.count)
        lineNumber += 1
        lineStart = at
        return text
    }

    /// The next word, on this line or a later one.
    public mutating func token(_ expected: String) throws -> Token {
        guard let token = next() else { throw truncated(expected) }
        return token
    }

    /// The next word, nil at the end of the file.
    public mutating func optionalToken() -> Token? { next() }

    /// The next word as a finite number.
    public mutating func double(_ expected: @autoclosure () -> String) throws -> Double {
        guard let token = next() else { throw truncated(expected()) }
        return try double(token, expected())
    }

    /// Throws when words are left.
    public mutating func end(_ expected: String = "the end of the file") throws {
        if let token = next() { throw error("expected \(expected), found '\(token.text)'", at: token) }
    }

    public func double(_ token: Token, _ expected: @autoclosure () -> String) throws -> Double {
        guard let value = Double(token.text) else { throw error("expected \(expected()), found '\(token.text)'", at: token) }
        guard value.isFinite else { throw error("expected \(expected()), found '\(token.text)', which is not finite", at: token) }
        return value
    }

    public func int(_ token: Token, _ expected: @autoclosure () -> String) throws -> Int {
        guard let value = Int(token.text) else { throw error("expected \(expected()), found '\(token.text)'", at: token) }
        return value
    }

    public func error(_ message: String, at token: Token) -> ParameterFileError {
        ParameterFileError(file: name, line: token.line, column: token.column, message: message)
    }

    private func truncated(_ expected: String) -> ParameterFileError {
        ParameterFileError(file: name, line: lineNumber, column: 0, message: "the file ends where \(expected) was expected")
    }

    // MARK: - Scanning

    private mutating func next() -> Token? {
        while let byte = skipBlanks() {
            guard byte == UInt8(ascii: "\n") else { return word() }
            at += 1
            lineNumber += 1
            lineStart = at
        }
        return nil
    }

    /// Moves to the next word or line end of this line; returns what is there, nil at the end of the file.
    private mutating func skipBlanks() -> UInt8? {
        while at < bytes.count {
            let byte = bytes[at]
            if byte == comment {
                while at < bytes.count && bytes[at] != UInt8(ascii: "\n") { at += 1 }
            } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") {
                at += 1
            } else {
                return byte
            }
        }
        return nil
    }

    private mutating func word() -> Token {
        let start = at
        while at < bytes.count, bytes[at] > UInt8(ascii: " "), bytes[at] != comment { at += 1 }
        if at == start { at += 1 }  // a control character is a word of its own, so that scanning always advances
        return Token(text: String(decoding: bytes[start..<at], as: UTF8.self), line: lineNumber, column: start - lineStart + 1)
    }
}
