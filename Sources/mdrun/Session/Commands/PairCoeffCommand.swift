import Deck
import Potentials

/// `pair_coeff I J ARGS`: coefficients for pairs of types, or `* *` with a model file and an element for each type.
struct PairCoeffCommand: DeckCommand {
    static let name = "pair_coeff"
    static let usage = "pair_coeff I J ARGS   (I, J: type, range or *; ARGS as the pair style's usage says)"
    let potential: any Potential

    init(_ words: inout Words, _ session: Session) throws {
        guard let potential = session.potential else { throw words.error("pair_coeff needs a pair_style before it") }
        self.potential = potential
        session.potentialLines.append(words.location)
        try potential.coefficients(&words, session.potentialSetup)
    }

    func execute(_ session: Session) throws {
        let masses = potential.takeAllMasses()
        guard !masses.isEmpty else { return }
        let system = try session.requireSystem("pair_coeff", at: nil)
        for (type, mass) in masses { system.atoms.mass[type] = mass }
    }
}
