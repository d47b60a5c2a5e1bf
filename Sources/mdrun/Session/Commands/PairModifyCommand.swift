import Deck
import Potentials

/// `pair_modify`: energy shift and mixing rule of pair potentials.
struct PairModifyCommand: DeckCommand {
    static let name = "pair_modify"
    static let usage = "pair_modify [shift yes|no] [mix geometric|arithmetic|sixthpower] [tail no] [table N]"
    private var isShifted: Bool?
    private var mixing: MixingRule?
    private let targets: [any PairModifiable]

    init(_ words: inout Words, _ session: Session) throws {
        guard let potential = session.potential else { throw words.error("pair_modify needs a pair_style before it") }
        targets = ([potential] + potential.members).compactMap { $0 as? any PairModifiable }
        guard !targets.isEmpty else { throw words.error("pair_style \(potential.style) has nothing that pair_modify changes") }
        while !words.isAtEnd {
            switch try words.choice("a keyword of pair_modify", [("shift", 0), ("mix", 1), ("tail", 2), ("table", 3)]) {
            case 0: isShifted = try words.flag("yes or no")
            case 1: mixing = try words.choice("a mixing rule", MixingRule.allCases.map { ($0.rawValue, $0) })
            case 2: guard try !words.flag("no") else { throw words.error("tail corrections are not supported") }
            default: _ = try words.nonNegativeInt("a number of bits (accepted; nothing is tabulated)")
            }
        }
    }

    func execute(_ session: Session) {
        for target in targets {
            if let isShifted { target.isShifted = isShifted }
            if let mixing { target.mixing = mixing }
        }
    }
}
