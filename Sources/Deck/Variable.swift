/// One variable of a deck.
final class Variable {
    let name: String
    var content: Content
    /// True while it is being evaluated: a second visit is a circle.
    var isBusy = false

    enum Content {
        case index([String], current: Int)
        case loop(current: Int, last: Int, digits: Int)
        case string(String)
        case environment(String)
        case equal(Formula)
        case vector(Formula)
        case atom(Formula)
        case format(variable: String, NumberFormat)
        case file([String], current: Int)
        case number(Double)
        case timer(Double)
    }

    init(_ name: String, _ content: Content) {
        self.name = name
        self.content = content
    }

    var style: VariableStyle {
        switch content {
        case .index: .index
        case .loop: .loop
        case .string: .string
        case .environment: .getenv
        case .equal: .equal
        case .vector: .vector
        case .atom: .atom
        case .format: .format
        case .file: .file
        case .number: .internal
        case .timer: .timer
        }
    }
}

/// The styles of the command `variable` that can be used.
public enum VariableStyle: String, Sendable, CaseIterable {
    case index, loop, string, getenv, equal, vector, atom, format, file, `internal`, timer

    /// True if a second definition replaces the first; otherwise it is ignored.
    var isReplaceable: Bool {
        switch self {
        case .index, .loop, .file: false
        default: true
        }
    }

    /// True if `next` steps through its values.
    var isStepped: Bool { !isReplaceable }

    /// True if commands may use it where they take an equal-style variable.
    public var isNumeric: Bool {
        switch self {
        case .equal, .internal, .timer: true
        default: false
        }
    }
}
