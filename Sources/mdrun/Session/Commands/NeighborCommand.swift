import Deck

/// `neighbor SKIN bin`: how far beyond the cutoff the neighbour list reaches.
struct NeighborCommand: DeckCommand {
    static let name = "neighbor"
    static let usage = "neighbor SKIN [bin|nsq|multi]   (lists are always built with cells)"
    let skin: Double

    init(_ words: inout Words, _ session: Session) throws {
        skin = try words.double("the skin, a length", in: 0.0...)
        if !words.isAtEnd { _ = try words.choice("bin", [("bin", ()), ("nsq", ()), ("multi", ())]) }
    }

    func execute(_ session: Session) { session.neighbours.skin = skin }
}
