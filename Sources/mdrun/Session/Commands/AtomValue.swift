import Deck
import Domain
import Integrators

/// A number of a command that may be a variable: the same for all atoms, or (atom style) one for each.
enum AtomValue {
    case number(Double)
    case variable(String, SourceLocation)

    /// Reads a number or `v_NAME`.
    init(_ words: inout Words, _ expected: String, _ session: Session) throws {
        guard let word = words.peek, word.text.hasPrefix("v_") else {
            self = .number(try words.double(expected))
            return
        }
        _ = try words.word(expected)
        let name = String(word.text.dropFirst(2))
        guard session.interpreter.variables.isDefined(name) else {
            throw DeckError.unknown(
                "variable", Word(text: name, location: word.location), known: session.interpreter.variables.names)
        }
        self = .variable(name, word.location)
    }

    /// The value for each owned atom; those outside the group do not matter.
    func evaluate(_ session: Session, of group: Group = .all) throws -> (Int) -> Double {
        switch self {
        case .number(let value): return { _ in value }
        case .variable(let name, let location):
            let variables = session.interpreter.variables
            guard variables.style(of: name) == .atom else {
                let value = try variables.value(of: name, at: location)
                return { _ in value }
            }
            let values = try session.atomValues(name, of: group, at: location)
            return { values[$0] }
        }
    }
}
