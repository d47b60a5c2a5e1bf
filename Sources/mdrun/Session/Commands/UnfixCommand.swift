import Deck

/// `unfix ID`
struct UnfixCommand: DeckCommand {
    static let name = "unfix"
    static let usage = "unfix ID"
    let id: String

    init(_ words: inout Words, _ session: Session) throws {
        let word = try words.word("the ID of a fix")
        guard session.fixes.contains(where: { $0.id == word.text }) else {
            throw DeckError.unknown("fix", word, known: session.fixes.map(\.id))
        }
        id = word.text
    }

    func execute(_ session: Session) {
        session.fixes.removeAll { $0.id == id }
        session.system?.atoms.removeProperties(of: "f_" + id)
    }
}
