import Deck

/// `comm_modify cutoff`: ghosts at least this far beyond the brick.
struct CommModifyCommand: DeckCommand {
    static let name = "comm_modify"
    static let usage = "comm_modify [cutoff X] [mode single] [vel no|yes]"
    var cutoff: Double?

    init(_ words: inout Words, _ session: Session) throws {
        while !words.isAtEnd {
            switch try words.choice("a keyword of comm_modify", [("cutoff", 0), ("mode", 1), ("vel", 2)]) {
            case 0: cutoff = try words.double("the least depth of the ghost layer", in: 0.0...)
            case 1: _ = try words.choice("single", [("single", ())])
            default: _ = try words.flag("yes or no (ghost velocities are not needed here)")
            }
        }
    }

    func execute(_ session: Session) { if let cutoff { session.neighbours.minimumHalo = cutoff } }
}
