import Deck
import Potentials

/// `pair_modify`: energy shift, tail corrections and mixing rule of pair potentials.
struct PairModifyCommand: DeckCommand {
    static let name = "pair_modify"
    static let usage = "pair_modify [shift yes|no] [mix geometric|arithmetic|sixthpower] [tail yes|no] [table N]"
    private var isShifted: Bool?
    private var mixing: MixingRule?
    private var hasTail: Bool?
    private let targets: [any PairModifiable]
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        guard let potential = session.potential else { throw words.error("pair_modify needs a pair_style before it") }
        targets = ([potential] + potential.members).compactMap { $0 as? any PairModifiable }
        guard !targets.isEmpty else { throw words.error("pair_style \(potential.style) has nothing that pair_modify changes") }
        while !words.isAtEnd {
            switch try words.choice("a keyword of pair_modify", [("shift", 0), ("mix", 1), ("tail", 2), ("table", 3)]) {
            case 0: isShifted = try words.flag("yes or no")
            case 1: mixing = try words.choice("a mixing rule", MixingRule.allCases.map { ($0.rawValue, $0) })
            case 2: hasTail = try words.flag("yes or no")
            default: _ = try words.nonNegativeInt("a number of bits (accepted; nothing is tabulated)")
            }
        }
    }

    func execute(_ session: Session) throws {
        for target in targets where (isShifted ?? target.isShifted) && (hasTail ?? target.hasTail) {
            throw DeckError("pair_modify: shift and tail together mean nothing: a shifted energy has no tail", at: location)
        }
        for target in targets {
            if let isShifted { target.isShifted = isShifted }
            if let hasTail { target.hasTail = hasTail }
            if let mixing { target.mixing = mixing }
        }
    }
}
