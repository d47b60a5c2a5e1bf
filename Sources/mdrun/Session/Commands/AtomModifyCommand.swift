import Deck

/// `atom_modify`: `sort` sets how often owned atoms are put in spatial order; `map` is accepted, no map is needed.
struct AtomModifyCommand: DeckCommand {
    static let name = "atom_modify"
    static let usage = "atom_modify [sort EVERY BINSIZE] [map array|hash|yes] [id yes]"
    var sortEvery: Int?

    init(_ words: inout Words, _ session: Session) throws {
        while !words.isAtEnd {
            switch try words.choice("a keyword of atom_modify", [("sort", 0), ("map", 1), ("id", 2)]) {
            case 0:
                sortEvery = try words.nonNegativeInt("the number of steps between sorts (0: never)")
                _ = try words.double("the bin size", in: 0.0...)
            case 1: _ = try words.choice("a kind of map", [("array", ()), ("hash", ()), ("yes", ())])
            default: guard try words.flag("yes") else { throw words.error("atoms always have ids here") }
            }
        }
    }

    func execute(_ session: Session) { if let sortEvery { session.sortEvery = sortEvery } }
}
