import Deck
import Domain

/// `mass`: the mass of an atom type.
struct MassCommand: DeckCommand {
    static let name = "mass"
    static let usage = """
        mass TYPES VALUE
        TYPES is a number, a range such as 1*3 or *, or a type label; VALUE in mass units (g/mol for real and metal).
        """

    private let types: ClosedRange<Int>
    private let value: Double

    init(_ words: inout Words, _ session: Session) throws {
        types = try session.requireTypes(&words, "the atom type")
        value = try words.positiveDouble("the mass")
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("mass", at: nil)
        for type in types { system.atoms.mass[type] = value }
    }
}
