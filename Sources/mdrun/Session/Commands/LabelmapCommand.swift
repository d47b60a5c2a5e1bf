import Deck
import Domain

/// `labelmap`: names for types of atoms, bonds, angles, dihedrals and impropers.
struct LabelmapCommand: DeckCommand {
    static let name = "labelmap"
    static let usage = """
        labelmap atom|bond|angle|dihedral|improper TYPE LABEL [TYPE LABEL]...
        labelmap clear
        """

    /// nil: clear.
    private var labels: [(type: Int, label: String)]?
    /// nil: of atoms.
    private var kind: TopologyKind?

    init(_ words: inout Words, _ session: Session) throws {
        let system = try session.requireSystem("labelmap", at: words.location)
        let kinds = TopologyKind.allCases.map { ($0.name, Optional(Optional($0))) }
        guard let chosen = try words.choice("labelmap option", [("atom", .some(nil)), ("clear", nil)] + kinds) else { return }
        kind = chosen
        var known = chosen.map { system.atoms.topology.labels[$0.rawValue] } ?? system.atoms.labels
        guard known.count > 1 else { throw words.error("there are no \(chosen?.name ?? "atom") types") }
        var list: [(type: Int, label: String)] = []
        repeat {
            let type = try words.int("the \(chosen?.name ?? "atom") type", in: 1...known.count - 1)
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
            for kind in TopologyKind.allCases {
                system.atoms.topology.labels[kind.rawValue] = system.atoms.topology.labels[kind.rawValue].map { _ in nil }
            }
            return
        }
        for (type, label) in labels {
            if let kind { system.atoms.topology.labels[kind.rawValue][type] = label } else { system.atoms.labels[type] = label }
        }
    }
}
