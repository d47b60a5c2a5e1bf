import Deck
import Observers

/// `uncompute ID`
struct UncomputeCommand: DeckCommand {
    static let name = "uncompute"
    static let usage = "uncompute ID"
    let id: Word

    init(_ words: inout Words, _ session: Session) throws { id = try words.word("the ID of a compute") }

    func execute(_ session: Session) throws {
        try session.observation.removeCompute(id)
        session.system?.atoms.removeProperties(of: "c_" + id.text)
    }
}
