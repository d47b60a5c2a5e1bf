import Deck
import Potentials

/// `pair_modify`: energy shift, tail corrections and mixing rule of pair potentials.
///
/// With `pair STYLE [k]` the words after it are for that member of a hybrid alone.
struct PairModifyCommand: DeckCommand {
    static let name = "pair_modify"
    static let usage = """
        pair_modify [pair STYLE [k]] [shift yes|no] [mix geometric|arithmetic|sixthpower] [tail yes|no] [table N] [table/disp N]
                    [tabinner R] [tabinner/disp R] [compute yes] [nofdotr] [neigh/trim yes|no]
        pair: what follows is for that member of a hybrid (k: which one, if the style occurs more than once).
        table and the like are accepted: nothing is tabulated. nofdotr: virials are always summed over pairs.
        """
    private struct Change {
        let targets: [any PairModifiable]
        var isShifted: Bool?
        var mixing: MixingRule?
        var hasTail: Bool?
    }
    private var changes: [Change]
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        guard let potential = session.potential else { throw words.error("pair_modify needs a pair_style before it") }
        changes = [Change(targets: Self.modifiable(potential))]
        guard !words.isAtEnd else { throw words.error("pair_modify needs a keyword") }
        let keywords = [
            ("shift", 0), ("mix", 1), ("tail", 2), ("table", 3), ("table/disp", 3), ("tabinner", 4), ("tabinner/disp", 4), ("compute", 5),
            ("nofdotr", 6), ("neigh/trim", 7), ("pair", 8), ("special", 9), ("compute/tally", 10),
        ]
        while !words.isAtEnd {
            let keyword = words.peek!
            switch try words.choice("a keyword of pair_modify", keywords) {
            case 0:
                let isShifted = try words.flag("yes or no")
                if isShifted { try requireTargets(of: potential, keyword, words) }
                changes[changes.count - 1].isShifted = isShifted
            case 1: changes[changes.count - 1].mixing = try words.choice("a mixing rule", MixingRule.allCases.map { ($0.rawValue, $0) })
            case 2:
                let hasTail = try words.flag("yes or no")
                if hasTail { try requireTargets(of: potential, keyword, words) }
                changes[changes.count - 1].hasTail = hasTail
            case 3: _ = try words.nonNegativeInt("a number of bits (accepted; nothing is tabulated)")
            case 4: _ = try words.nonNegativeDouble("a distance (accepted; nothing is tabulated)")
            case 5:
                guard try words.flag("yes or no") else {
                    throw words.error("pair_modify compute no is not there; leave the style out of the deck instead", at: keyword)
                }
            case 6: break
            case 7: _ = try words.flag("yes or no")
            case 8: changes.append(Change(targets: try Self.member(&words, potential)))
            case 9:
                throw words.error("pair_modify special (other special_bonds factors for one style) is not there", at: keyword)
            default: throw words.error("pair_modify compute/tally is not there", at: keyword)
            }
        }
    }

    private static func modifiable(_ potential: any Potential) -> [any PairModifiable] {
        ([potential] + potential.members).compactMap { $0 as? any PairModifiable }
    }

    /// The member that `pair STYLE [k]` names.
    private static func member(_ words: inout Words, _ potential: any Potential) throws -> [any PairModifiable] {
        let style = try words.word("a pair style of the hybrid")
        let same = potential.members.filter { $0.style == style.text }
        guard !same.isEmpty else { throw DeckError.unknown("style of this hybrid", style, known: potential.members.map(\.style)) }
        var number: Int?
        if let next = words.peek, Int(next.text) != nil { number = try words.int("which one of that style", in: 1...same.count) }
        guard same.count == 1 || number != nil else {
            throw words.error("'\(style.text)' occurs \(same.count) times: say which one", at: style)
        }
        return modifiable(same[(number ?? 1) - 1])
    }

    private func requireTargets(of potential: any Potential, _ keyword: Word, _ words: Words) throws {
        guard changes[changes.count - 1].targets.isEmpty else { return }
        throw words.error("pair_style \(potential.style) has nothing that pair_modify \(keyword.text) yes changes", at: keyword)
    }

    func execute(_ session: Session) throws {
        for change in changes {
            for target in change.targets where (change.isShifted ?? target.isShifted) && (change.hasTail ?? target.hasTail) {
                throw DeckError("pair_modify: shift and tail together mean nothing: a shifted energy has no tail", at: location)
            }
        }
        for change in changes {
            for target in change.targets {
                if let isShifted = change.isShifted { target.isShifted = isShifted }
                if let hasTail = change.hasTail { target.hasTail = hasTail }
                if let mixing = change.mixing { target.mixing = mixing }
            }
        }
    }
}
