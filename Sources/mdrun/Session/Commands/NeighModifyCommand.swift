import Deck
import Integrators

/// `neigh_modify`: when the list is rebuilt.
struct NeighModifyCommand: DeckCommand {
    static let name = "neigh_modify"
    static let usage = "neigh_modify [every N] [delay N] [check yes|no] [once yes|no] [one N] [page N] [binsize X]"
    var settings: NeighbourSettings

    init(_ words: inout Words, _ session: Session) throws {
        settings = session.neighbours
        let keywords = [("every", 0), ("delay", 1), ("check", 2), ("once", 3), ("one", 4), ("page", 4), ("binsize", 5)]
        while !words.isAtEnd {
            switch try words.choice("a keyword of neigh_modify", keywords) {
            case 0: settings.every = try words.positiveInt("the number of steps between rebuilds")
            case 1: settings.delay = try words.nonNegativeInt("the least number of steps between rebuilds")
            case 2: settings.checksDistance = try words.flag("yes or no")
            case 3: settings.once = try words.flag("yes or no")
            case 4: _ = try words.positiveInt("a number of neighbours (accepted; lists grow as needed)")
            default: _ = try words.double("a bin size (accepted; cells are half the list's reach)", in: 0.0...)
            }
        }
    }

    func execute(_ session: Session) { session.neighbours = settings }
}
