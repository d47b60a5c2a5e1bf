import Deck
import Potentials

/// `pair_style STYLE ARGS`: makes the potential; its file and types follow with pair_coeff.
struct PairStyleCommand: DeckCommand {
    static let name = "pair_style"
    static let usage = "pair_style STYLE ARGS   (`mdrun styles` lists them)"
    let potential: any Potential

    init(_ words: inout Words, _ session: Session) throws {
        _ = try session.requireSystem(Self.name, at: words.location)
        potential = try session.registry.make(&words, session.potentialSetup)
    }

    func execute(_ session: Session) {
        session.potential = potential
        session.potentialLines = []
    }
}
