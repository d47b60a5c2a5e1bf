import Deck
import Observers

/// `undump ID`: closes a dump.
struct UndumpCommand: DeckCommand {
    static let name = "undump"
    static let usage = "undump ID"
    let dump: Dump

    init(_ words: inout Words, _ session: Session) throws { dump = try session.observation.dump(words.word("the ID of a dump")) }

    func execute(_ session: Session) { session.observation.removeDump(dump) }
}
