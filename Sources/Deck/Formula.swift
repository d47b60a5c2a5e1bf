/// What a formula evaluates to.
enum Value: Sendable {
    case scalar(Double)
    /// A global vector, or one value for each owned atom.
    case vector([Double])
}

/// What a formula is evaluated for: which references give vectors, and which kind.
enum FormulaMode: Sendable {
    case equal, vector, atom

    var name: String {
        switch self {
        case .equal: "an equal-style formula"
        case .vector: "a vector-style formula"
        case .atom: "an atom-style formula"
        }
    }
}

/// A number in brackets: given, or the value of a variable.
enum FormulaIndex: Sendable {
    case number(Int)
    case variable(String)
}

enum UnaryOperator: Sendable { case minus, not }

/// One step of a formula in postfix order.
enum FormulaStep: Sendable {
    case number(Double)
    /// A constant, thermo keyword or atom property.
    case keyword(String)
    /// `x[id]`, `d_name[id]`, `d2_name[id][column]`.
    case atomValue(String, [FormulaIndex])
    case variable(String, [FormulaIndex])
    case reference(Reference, [FormulaIndex])
    case unary(UnaryOperator)
    case binary(BinaryOperator)
    case math(MathFunction)
    /// After the condition of `ternary`: if it is zero, evaluation goes on at that step.
    case branch(Int)
    /// After the second argument of `ternary`: evaluation goes on at that step, `.math(.ternary)`.
    case skip(Int)
    /// A function whose arguments are names: group, region, special and feature functions.
    case named(String, [String])
    case literalVector([Double])
}

/// A formula that was read: it can be evaluated often without being read again.
///
/// The steps are postfix, so that neither reading nor evaluating nor freeing a formula recurses, however long it is.
struct Formula: Sendable {
    let text: TracedText
    let steps: [(step: FormulaStep, range: Range<Int>)]

    func location(_ range: Range<Int>) -> SourceLocation {
        text.location(range)
    }
}
