/// The conditions of `if` and `elif`: comparisons of numbers and strings, in text that is already substituted.
struct BooleanExpression {
    private enum Operand {
        case number(Double)
        case string(String)
    }

    private enum Pending {
        case open(Int)
        case not(Int)
        case binary(BinaryOperator, Range<Int>)
    }

    private let text: TracedText
    private let bytes: [UInt8]
    private var i = 0
    private var operands: [(value: Operand, range: Range<Int>)] = []
    private var pending: [Pending] = []
    private var depth = 0

    /// Evaluates a condition.
    /// - Throws: a `DeckError` at the first place that is wrong.
    static func evaluate(_ text: TracedText) throws(DeckError) -> Bool {
        var expression = BooleanExpression(text: text, bytes: text.bytes)
        return try expression.evaluate()
    }

    private init(text: TracedText, bytes: [UInt8]) {
        self.text = text
        self.bytes = bytes
    }

    private mutating func evaluate() throws(DeckError) -> Bool {
        var expectsOperand = true
        while true {
            while i < bytes.count && isBlank(bytes[i]) { i += 1 }
            guard i < bytes.count else { break }
            expectsOperand = try expectsOperand ? operand() : operatorOrClose()
        }
        guard !expectsOperand else {
            throw error(
                bytes.allSatisfy(isBlank) ? "empty condition" : "condition ends where a value is expected", i..<i)
        }
        try unwind(above: 0)
        if case .open(let at)? = pending.last { throw error("nothing closes this parenthesis", at..<at + 1) }
        switch operands[0].value {
        case .number(let value): return value != 0
        case .string(let text): throw error("the string '\(text)' alone is no condition", operands[0].range)
        }
    }

    private mutating func operand() throws(DeckError) -> Bool {
        let start = i
        switch bytes[i] {
        case UInt8(ascii: "("):
            depth += 1
            guard depth <= FormulaParser.deepest else {
                throw error("parentheses are nested more than \(FormulaParser.deepest) deep", start..<start + 1)
            }
            i += 1
            pending.append(.open(start))
            return true
        case UInt8(ascii: "!"):
            i += 1
            pending.append(.not(start))
            return true
        case let byte where isLetter(byte):
            while i < bytes.count && isNameByte(bytes[i]) { i += 1 }
            operands.append((.string(String(decoding: bytes[start..<i], as: UTF8.self)), start..<i))
            return false
        default:
            let digits = bytes[i] == UInt8(ascii: "-") ? i + 1 : i
            let length = NumberSyntax.unsignedLength(bytes, from: digits)
            guard length > 0 else { throw unexpected("a number or a string of letters, digits and _") }
            i = digits + length
            guard i == bytes.count || !isNameByte(bytes[i]) && bytes[i] != UInt8(ascii: ".") else {
                throw error("malformed number", start..<i + 1)
            }
            operands.append((.number(Double(String(decoding: bytes[start..<i], as: UTF8.self)) ?? 0), start..<i))
            return false
        }
    }

    private mutating func operatorOrClose() throws(DeckError) -> Bool {
        let start = i
        if bytes[i] == UInt8(ascii: ")") {
            try unwind(above: 0)
            guard case .open? = pending.popLast() else { throw error("this parenthesis closes nothing", i..<i + 1) }
            depth -= 1
            i += 1
            return false
        }
        guard let (operation, length) = BinaryOperator.read(bytes, at: i), operation.precedence <= 4 else {
            throw unexpected("one of == != < <= > >= && || |^")
        }
        i += length
        try unwind(above: operation.precedence)
        pending.append(.binary(operation, start..<i))
        return true
    }

    private mutating func unwind(above precedence: Int) throws(DeckError) {
        while let top = pending.last {
            switch top {
            case .not(let at):
                let (value, range) = operands.removeLast()
                guard case .number(let number) = value else { throw error("'!' needs a number", range) }
                operands.append((.number(number == 0 ? 1 : 0), at..<range.upperBound))
            case .binary(let operation, let range) where operation.precedence >= precedence:
                try apply(operation, range)
            default:
                return
            }
            pending.removeLast()
        }
    }

    private mutating func apply(_ operation: BinaryOperator, _ range: Range<Int>) throws(DeckError) {
        let right = operands.removeLast()
        let left = operands.removeLast()
        let value: Double
        switch (left.value, right.value) {
        case (.number(let a), .number(let b)): value = try operation(a, b)
        case (.string(let a), .string(let b)):
            switch operation {
            case .equal: value = a == b ? 1 : 0
            case .notEqual: value = a != b ? 1 : 0
            default: throw error("strings can only be compared with == and !=", range)
            }
        default:
            throw error("a number and a string cannot be compared", left.range.lowerBound..<right.range.upperBound)
        }
        operands.append((.number(value), left.range.lowerBound..<right.range.upperBound))
    }

    private func unexpected(_ expected: String) -> DeckError {
        let found = String(decoding: bytes[i...].prefix(32), as: UTF8.self).first ?? " "
        return error("expected \(expected), found '\(found)'", i..<i + 1)
    }

    private func error(_ message: String, _ range: Range<Int>) -> DeckError {
        DeckError(message, at: text.location(range))
    }
}
