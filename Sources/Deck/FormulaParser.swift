/// Reads formulas: operator precedence with explicit stacks.
struct FormulaParser {
    private enum Pending {
        case open(Int)
        case function(MathFunction, name: Range<Int>, arguments: Int)
        case unary(UnaryOperator, Range<Int>)
        case binary(BinaryOperator, Range<Int>)
    }

    private let text: TracedText
    private let bytes: [UInt8]
    private var i = 0
    private var steps: [(step: FormulaStep, range: Range<Int>)] = []
    private var pending: [Pending] = []
    private var depth = 0
    /// For each `ternary` that is open, the step of its branch or skip that has no target yet.
    private var untargeted: [Int] = []

    /// Deeper parentheses than this are an error.
    static let deepest = 1000

    /// Reads a formula.
    /// - Throws: a `DeckError` at the first place that is wrong.
    static func parse(_ text: TracedText) throws(DeckError) -> Formula {
        var parser = FormulaParser(text)
        return Formula(text: text, steps: try parser.parse())
    }

    private init(_ text: TracedText) {
        self.text = text
        bytes = text.bytes
    }

    private mutating func parse() throws(DeckError) -> [(step: FormulaStep, range: Range<Int>)] {
        var expectsOperand = true
        while true {
            skipBlanks()
            guard i < bytes.count else { break }
            if expectsOperand {
                expectsOperand = try operand()
            } else {
                expectsOperand = try operatorOrClose()
            }
        }
        if expectsOperand {
            throw error(
                steps.isEmpty && pending.isEmpty ? "empty formula" : "formula ends where a value is expected", i..<i)
        }
        while let top = pending.popLast() {
            switch top {
            case .unary(let operation, let range): steps.append((.unary(operation), range))
            case .binary(let operation, let range): steps.append((.binary(operation), range))
            case .open(let at): throw error("nothing closes this parenthesis", at..<at + 1)
            case .function(_, let name, _): throw error("nothing closes the parenthesis of this function", name)
            }
        }
        return steps
    }

    /// Reads what may stand where a value is expected; returns whether a value is still expected after it.
    private mutating func operand() throws(DeckError) -> Bool {
        let start = i
        let byte = bytes[i]
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "!"):
            i += 1
            pending.append(.unary(byte == UInt8(ascii: "-") ? .minus : .not, start..<i))
            return true
        case UInt8(ascii: "("):
            i += 1
            try deepen(start..<i)
            pending.append(.open(start))
            return true
        case UInt8(ascii: "["):
            try literalVector()
            return false
        case UInt8(ascii: "$"):
            throw error("'$' inside a formula that is already being evaluated; write v_name", i..<i + 1)
        default:
            break
        }
        let length = NumberSyntax.unsignedLength(bytes, from: i)
        if length > 0 {
            i += length
            let number = String(decoding: bytes[start..<i], as: UTF8.self)
            guard i == bytes.count || !(isNameByte(bytes[i]) || bytes[i] == UInt8(ascii: ".")),
                let value = Double(number)
            else { throw error("malformed number", start..<endOfName(i)) }
            guard value.isFinite else { throw error("this number is too large", start..<i) }
            steps.append((.number(value), start..<i))
            return false
        }
        guard isLetter(byte) || byte == UInt8(ascii: "_") else {
            throw error("expected a value, found '\(character(at: i))'", start..<start + 1)
        }
        i = endOfName(i)
        let name = String(decoding: bytes[start..<i], as: UTF8.self)
        skipBlanks()
        if i < bytes.count && bytes[i] == UInt8(ascii: "(") {
            return try function(name, start..<start + name.utf8.count)
        }
        try named(name, start..<start + name.utf8.count)
        return false
    }

    /// Reads what may stand after a value; returns whether a value is expected after it.
    private mutating func operatorOrClose() throws(DeckError) -> Bool {
        let start = i
        if bytes[i] == UInt8(ascii: ")") {
            try close()
            return false
        }
        if bytes[i] == UInt8(ascii: ",") {
            unwind(above: 0)
            guard case .function(let function, let name, let arguments)? = pending.popLast() else {
                throw error("a comma outside the parentheses of a function", i..<i + 1)
            }
            i += 1
            if function == .ternary { divide(arguments, name) }
            pending.append(.function(function, name: name, arguments: arguments + 1))
            return true
        }
        guard let (operation, length) = BinaryOperator.read(bytes, at: i) else {
            throw error("expected an operator, found '\(character(at: i))'", i..<i + 1)
        }
        i += length
        // All operators group from the left, also "^": 2^3^2 is 64.
        unwind(above: operation.precedence)
        pending.append(.binary(operation, start..<i))
        return true
    }

    /// Emits the pending operators that bind at least as tightly as `precedence`.
    private mutating func unwind(above precedence: Int) {
        while let top = pending.last {
            switch top {
            case .unary(let operation, let range):
                steps.append((.unary(operation), range))
            case .binary(let operation, let range) where operation.precedence >= precedence:
                steps.append((.binary(operation), range))
            default:
                return
            }
            pending.removeLast()
        }
    }

    private mutating func close() throws(DeckError) {
        unwind(above: 0)
        guard let top = pending.popLast() else {
            throw error("this parenthesis closes nothing", i..<i + 1)
        }
        i += 1
        depth -= 1
        if case .function(let function, let name, let arguments) = top {
            try emit(function, name, arguments + 1)
        }
    }

    private mutating func emit(_ function: MathFunction, _ name: Range<Int>, _ count: Int) throws(DeckError) {
        guard count == function.argumentCount else {
            let wanted = function.argumentCount
            throw error("\(function.rawValue)() takes \(wanted) argument\(wanted == 1 ? "" : "s"), not \(count)", name)
        }
        if function == .ternary { steps[untargeted.removeLast()].step = .skip(steps.count) }
        steps.append((.math(function), name))
    }

    /// Only one of the two values of `ternary` is evaluated, so that the other may be undefined.
    private mutating func divide(_ arguments: Int, _ name: Range<Int>) {
        guard arguments < 2 else { return }
        steps.append((arguments == 0 ? .branch(0) : .skip(0), name))
        if arguments == 1 { steps[untargeted.removeLast()].step = .branch(steps.count) }
        untargeted.append(steps.count - 1)
    }

    private mutating func function(_ name: String, _ range: Range<Int>) throws(DeckError) -> Bool {
        let open = i
        if let function = MathFunction(rawValue: name) {
            i += 1
            try deepen(range)
            pending.append(.function(function, name: range, arguments: 0))
            return true
        }
        var level = 0
        var starts = [open + 1]
        var end: Int?
        while i < bytes.count && end == nil {
            switch bytes[i] {
            case UInt8(ascii: "("): level += 1
            case UInt8(ascii: ")"):
                level -= 1
                if level == 0 { end = i }
            case UInt8(ascii: ",") where level == 1: starts.append(i + 1)
            default: break
            }
            i += 1
        }
        guard let end else { throw error("nothing closes the parenthesis of this function", range) }
        var arguments = zip(starts, starts.dropFirst().map { $0 - 1 } + [end]).map { trimmed($0..<$1) }
        if arguments == [""] { arguments = [] }
        steps.append((.named(name, arguments), range.lowerBound..<end + 1))
        return false
    }

    /// A name without parentheses: reference, variable, atom value, keyword.
    private mutating func named(_ name: String, _ range: Range<Int>) throws(DeckError) {
        var indices: [FormulaIndex] = []
        while i < bytes.count && bytes[i] == UInt8(ascii: "[") {
            guard indices.count < 2 else { throw error("more than two indices", i..<i + 1) }
            indices.append(try index())
            skipBlanks()
        }
        let whole = range.lowerBound..<(indices.isEmpty ? range.upperBound : i)
        let id = String(name.dropFirst(2))
        let prefix = name.prefix(2)
        if id.isEmpty && ["c_", "C_", "f_", "F_", "v_"].contains(prefix) {
            throw error("a name must follow '\(name)'", range)
        }
        switch prefix {
        case "v_":
            guard indices.count < 2 else { throw error("a variable takes one index", whole) }
            steps.append((.variable(id, indices), whole))
        case "c_", "C_":
            steps.append((.reference(Reference(.compute, id, isPerAtom: prefix == "C_"), indices), whole))
        case "f_", "F_":
            steps.append((.reference(Reference(.fix, id, isPerAtom: prefix == "F_"), indices), whole))
        default:
            steps.append((indices.isEmpty ? .keyword(name) : .atomValue(name, indices), whole))
        }
    }

    private mutating func index() throws(DeckError) -> FormulaIndex {
        let open = i
        while i < bytes.count && bytes[i] != UInt8(ascii: "]") { i += 1 }
        guard i < bytes.count else { throw error("nothing closes this bracket", open..<open + 1) }
        let inside = trimmed(open + 1..<i)
        i += 1
        if NumberSyntax.isInteger(inside), let value = Int(inside) { return .number(value) }
        let name = String(inside.dropFirst(2))
        if inside.hasPrefix("v_") && isName(name) { return .variable(name) }
        throw error("an index must be a whole number or v_name, not '\(inside)'", open..<i)
    }

    private mutating func literalVector() throws(DeckError) {
        let open = i
        while i < bytes.count && bytes[i] != UInt8(ascii: "]") { i += 1 }
        guard i < bytes.count else { throw error("nothing closes this bracket", open..<open + 1) }
        var values: [Double] = []
        for part in trimmed(open + 1..<i).split(separator: ",", omittingEmptySubsequences: false) {
            let number = String(part).trimmingBlanks()
            guard let value = NumberSyntax.double(number) else {
                throw error("expected numbers with commas between, found '\(number)'", open..<i + 1)
            }
            values.append(value)
        }
        i += 1
        steps.append((.literalVector(values), open..<i))
    }

    private mutating func deepen(_ range: Range<Int>) throws(DeckError) {
        depth += 1
        if depth > Self.deepest { throw error("parentheses are nested more than \(Self.deepest) deep", range) }
    }

    private mutating func skipBlanks() {
        while i < bytes.count && isBlank(bytes[i]) { i += 1 }
    }

    private func endOfName(_ start: Int) -> Int {
        var end = start
        while end < bytes.count && isNameByte(bytes[end]) { end += 1 }
        return end
    }

    private func trimmed(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self).trimmingBlanks()
    }

    private func character(at offset: Int) -> Character {
        String(decoding: bytes[offset...].prefix(32), as: UTF8.self).first ?? " "
    }

    private func error(_ message: String, _ range: Range<Int>) -> DeckError {
        DeckError(message, at: text.location(range))
    }
}
