import Deck

/// `atom_modify`: `sort` sets how often owned atoms are put in spatial order; `map` is accepted, no map is needed.
struct AtomModifyCommand: DeckCommand {
    static let name = "atom_modify"
    static let usage =
        "atom_modify [sort EVERY BINSIZE] [map array|hash|yes] [id yes] [first GROUP|all]   (map, first: accepted; they make no difference here)"
    var sortEvery: Int?

    init(_ words: inout Words, _ session: Session) throws {
        while !words.isAtEnd {
            switch try words.choice("a keyword of atom_modify", [("sort", 0), ("map", 1), ("id", 2), ("first", 3)]) {
            case 0:
                sortEvery = try words.nonNegativeInt("the number of steps between sorts (0: never)")
                _ = try words.double("the bin size", in: 0.0...)
            case 1: _ = try words.choice("a kind of map", [("array", ()), ("hash", ()), ("yes", ())])
            // Which atoms stand first in memory decides speed only, in LAMMPS.
            case 3:
                let word = try words.word("a group, or all")
                if session.system != nil, word.text != "all" { _ = try session.requireGroup(word) }
            default: guard try words.flag("yes") else { throw words.error("atoms always have ids here") }
            }
        }
    }

    func execute(_ session: Session) { if let sortEvery { session.sortEvery = sortEvery } }
}
