/// The variables of a deck: their definitions, what `${name}` gives, what `v_name` is worth.
public final class Variables {
    private(set) weak var host: (any DeckHost)?
    private var table: [String: Variable] = [:]
    /// The one stream that all formulas draw random numbers from; the first draw seeds it.
    var random: MarsagliaStream?
    /// The same of atom-style formulas.
    var atomRandom: MarsagliaStream?
    /// Of the atom-style formula being evaluated: its draws in their order (true: normal), and what has been drawn, a column each.
    var atomDraws: (isNormal: [Bool], columns: [[Double]]?)?

    /// How many references one evaluation may follow, so that formulas that refer to each other end.
    private var referencesLeft = 0
    private var depth = 0
    static let mostReferences = 1_000_000
    static let deepest = 200

    init(host: any DeckHost) {
        self.host = host
    }

    /// The names of all variables, sorted.
    public var names: [String] { table.keys.sorted() }

    public func isDefined(_ name: String) -> Bool { table[name] != nil }

    /// The style of a variable; nil if there is none of that name.
    public func style(of name: String) -> VariableStyle? { table[name]?.style }

    /// Defines or changes an internal-style variable, as commands do that set variables.
    /// - Throws: a `DeckError` if there is a variable of that name and another style.
    public func setInternal(_ name: String, _ value: Double) throws(DeckError) {
        try define(Variable(name, .number(value)), at: nil)
    }

    /// Defines an index-style variable before the deck does, as `-var name value ...` does: an index-style definition in
    /// the deck is then ignored, and one of another style is an error.
    /// - Throws: a `DeckError` if the name is malformed or there are no values.
    public func setFromCommandLine(_ name: String, _ values: [String]) throws(DeckError) {
        guard isName(name) else {
            throw DeckError("variable name '\(name)' must have only letters, digits and underscores", at: nil)
        }
        guard !values.isEmpty else { throw DeckError("-var \(name) needs a value", at: nil) }
        table[name] = Variable(name, .index(values, current: 0))
    }

    /// Stores a definition by LAMMPS' rules: index, loop and file styles do not replace what exists, the others
    /// replace only their own style.
    func define(_ variable: Variable, at location: SourceLocation?) throws(DeckError) {
        if let old = table[variable.name] {
            guard variable.style.isReplaceable else { return }
            guard old.style == variable.style else {
                let article = "aeiou".contains(old.style.rawValue.first ?? " ") ? "an" : "a"
                throw DeckError(
                    "variable '\(variable.name)' is already \(article) \(old.style.rawValue)-style variable; delete it first",
                    at: location)
            }
            guard !old.isBusy else {
                throw DeckError("variable '\(variable.name)' is redefined while it is evaluated", at: location)
            }
        }
        table[variable.name] = variable
    }

    /// True if a definition in that style would be ignored, so that its arguments need not be looked at.
    func ignoresDefinition(_ name: String, _ style: VariableStyle) -> Bool {
        isDefined(name) && !style.isReplaceable
    }

    func delete(_ name: String) { table[name] = nil }

    func find(_ name: String, at location: SourceLocation?) throws(DeckError) -> Variable {
        guard let variable = table[name] else {
            throw DeckError.unknown("variable", name, at: location, known: Array(table.keys))
        }
        return variable
    }

    // MARK: Values

    /// What `${name}` is replaced by.
    /// - Throws: a `DeckError` if there is no such variable, it is atom-style, or its formula fails.
    public func text(of name: String, at location: SourceLocation?) throws -> String {
        let variable = try find(name, at: location)
        switch variable.content {
        case .index(let values, let current): return values[current]
        case .loop(let current, _, let digits):
            let text = String(current.magnitude)
            let zeros = String(repeating: "0", count: max(0, digits - text.count - (current < 0 ? 1 : 0)))
            return (current < 0 ? "-" : "") + zeros + text
        case .string(let text): return text
        case .environment(let key): return host?.environment(key) ?? ""
        case .file(let lines, let current): return lines[current]
        case .equal, .number, .timer: return NumberFormat.substitution.string(try value(of: name, at: location))
        case .format(let other, let format): return format.string(try value(of: other, at: location))
        case .vector:
            return "[" + (try vector(of: name, at: location)).map(shortest).joined(separator: ",") + "]"
        case .atom:
            throw DeckError("the atom-style variable '\(name)' has no single value to put here", at: location)
        }
    }

    /// What `v_name` is worth where one number is needed.
    /// - Throws: a `DeckError` if there is no such variable, or its value is no number, or its formula fails.
    public func value(of name: String, at location: SourceLocation?) throws -> Double {
        let variable = try find(name, at: location)
        switch variable.content {
        case .equal(let formula):
            return try evaluating(variable, location) { try scalar(formula, name, .equal) }
        case .number(let value), .timer(let value): return value
        case .vector, .atom:
            let style = variable.style.rawValue
            throw DeckError("the \(style)-style variable '\(name)' has no single value; use v_\(name)[i]", at: location)
        default:
            let text = try text(of: name, at: location)
            guard let value = NumberSyntax.double(text), value.isFinite else {
                throw DeckError("variable '\(name)' is '\(text)', which is not a number", at: location)
            }
            return value
        }
    }

    /// The value of a vector-style variable.
    public func vector(of name: String, at location: SourceLocation?) throws -> [Double] {
        let variable = try find(name, at: location)
        guard case .vector(let formula) = variable.content else {
            throw DeckError("variable '\(name)' is not vector-style", at: location)
        }
        return try evaluating(variable, location) {
            guard case .vector(let values) = try evaluate(formula, .vector) else {
                throw DeckError("the formula of the vector-style variable '\(name)' gives a single value", at: location)
            }
            return values
        }
    }

    /// The values of an atom-style (or equal-style) variable for the `count` owned atoms.
    public func atomValues(of name: String, count: Int, at location: SourceLocation?) throws -> [Double] {
        let variable = try find(name, at: location)
        guard case .atom(let formula) = variable.content else {
            return [Double](repeating: try value(of: name, at: location), count: count)
        }
        atomDraws = (draws(in: formula), nil)
        defer { atomDraws = nil }
        switch try evaluating(variable, location, { try evaluate(formula, .atom) }) {
        case .scalar(let value): return [Double](repeating: value, count: count)
        case .vector(let values):
            guard values.count == count else {
                throw DeckError("variable '\(name)' has \(values.count) values for \(count) atoms", at: location)
            }
            return values
        }
    }

    /// The value of a formula that stands by itself, as in `$(...)`.
    /// - Throws: a `DeckError` at the place in the formula that fails.
    public func evaluate(_ word: Word) throws -> Double {
        try scalar(FormulaParser.parse(word.traced()), nil, .equal)
    }

    func scalar(_ formula: Formula, _ name: String?, _ mode: FormulaMode) throws -> Double {
        guard case .scalar(let value) = try evaluate(formula, mode) else {
            let what = name.map { "the formula of variable '\($0)'" } ?? "the formula"
            throw DeckError("\(what) gives a vector, not a number", at: formula.location(0..<formula.text.bytes.count))
        }
        // As in LAMMPS, the result is never a negative zero.
        return value == 0 ? 0 : value
    }

    /// Evaluates with the guards against circles, depth and length.
    func evaluating<T>(_ variable: Variable, _ location: SourceLocation?, _ body: () throws -> T) throws -> T {
        guard !variable.isBusy else {
            throw DeckError("variable '\(variable.name)' depends on itself", at: location)
        }
        guard depth < Self.deepest else {
            throw DeckError("variables refer to each other more than \(Self.deepest) deep", at: location)
        }
        if depth == 0 { referencesLeft = Self.mostReferences }
        guard referencesLeft > 0 else {
            throw DeckError("this formula leads to more than \(Self.mostReferences) references", at: location)
        }
        referencesLeft -= 1
        variable.isBusy = true
        depth += 1
        defer {
            variable.isBusy = false
            depth -= 1
        }
        return try body()
    }
}

/// The shortest digits that give the same number, without a point where none is needed.
private func shortest(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
