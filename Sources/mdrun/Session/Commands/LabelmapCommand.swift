import Deck
import Domain

/// `labelmap`: names for atom types.
struct LabelmapCommand: DeckCommand {
    static let name = "labelmap"
    static let usage = """
        labelmap atom TYPE LABEL [TYPE LABEL]...
        labelmap clear
        """

    /// nil: clear.
    private var labels: [(type: Int, label: String)]?

    init(_ words: inout Words, _ session: Session) throws {
        let system = try session.requireSystem("labelmap", at: words.location)
        guard try words.choice("labelmap option", [("atom", true), ("clear", false)]) else { return }
        var known = system.atoms.labels
        var list: [(type: Int, label: String)] = []
        repeat {
            let type = try words.int("the atom type", in: 1...system.atoms.typeCount)
            let word = try words.word("the label")
            try Self.check(word.text) { words.error($0, at: word) }
            if let other = known.firstIndex(of: word.text), other != type {
                throw words.error("type \(other) has the label '\(word.text)' already", at: word)
            }
            known[type] = word.text
            list.append((type, word.text))
        } while !words.isAtEnd
        labels = list
    }

    /// A label must not be mistaken for a number, a range or a comment.
    static func check(_ label: String, _ error: (String) -> DeckError) throws {
        guard let first = label.utf8.first, !(48...57).contains(first), !"*#".utf8.contains(first), !label.contains("*") else {
            throw error("a type label starts neither with a digit nor with # and has no *, unlike '\(label)'")
        }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("labelmap", at: nil)
        guard let labels else {
            system.atoms.labels = Array(repeating: nil, count: system.atoms.typeCount + 1)
            return
        }
        for (type, label) in labels { system.atoms.labels[type] = label }
    }
}
