import Deck
import Integrators

/// `neigh_modify`: when the list is rebuilt.
struct NeighModifyCommand: DeckCommand {
    static let name = "neigh_modify"
    static let usage = """
        neigh_modify [every N] [delay N] [check yes|no] [once yes|no] [one N] [page N] [binsize X]
                     [exclude type T1 T2 | exclude group G1 G2 | exclude none]
        Pairs of excluded types or groups are no neighbours: they exert no forces on each other.
        """
    var settings: NeighbourSettings

    init(_ words: inout Words, _ session: Session) throws {
        settings = session.neighbours
        let keywords = [
            ("every", 0), ("delay", 1), ("check", 2), ("once", 3), ("one", 4), ("page", 4), ("binsize", 5), ("exclude", 6), ("include", 7),
        ]
        while let word = words.peek {
            switch try words.choice("a keyword of neigh_modify", keywords) {
            case 0: settings.every = try words.positiveInt("the number of steps between rebuilds")
            case 1: settings.delay = try words.nonNegativeInt("the least number of steps between rebuilds")
            case 2: settings.checksDistance = try words.flag("yes or no")
            case 3: settings.once = try words.flag("yes or no")
            case 4: _ = try words.positiveInt("a number of neighbours (accepted; lists grow as needed)")
            case 6: try readExclusion(&words, session)
            case 7: throw words.error("include is not supported: forces of all atoms are computed", at: word)
            default: _ = try words.double("a bin size (accepted; cells are half the list's reach)", in: 0.0...)
            }
        }
    }

    private mutating func readExclusion(_ words: inout Words, _ session: Session) throws {
        let word = words.peek
        let kinds = [("type", 0), ("group", 1), ("none", 2), ("molecule/intra", 3), ("molecule/inter", 3), ("molecule", 3)]
        switch try words.choice("what to exclude", kinds) {
        case 0:
            let count = try session.requireSystem("neigh_modify exclude", at: words.location).atoms.typeCount
            let first = try words.typeRange("the first type", count: count), second = try words.typeRange("the second type", count: count)
            for a in first { for b in second { settings.exclusions.append(.types(Int32(a), Int32(b))) } }
        case 1:
            let first = try session.requireGroup(words.word("the first group"))
            settings.exclusions.append(.groups(first, try session.requireGroup(words.word("the second group"))))
        case 2: settings.exclusions = []
        default: if let word { throw words.error("excluding by molecule is not supported: type or group", at: word) }
        }
    }

    func execute(_ session: Session) { session.neighbours = settings }
}
