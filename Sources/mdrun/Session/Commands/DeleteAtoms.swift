import Deck
import Domain
import Integrators

/// `delete_atoms`: removes the atoms of a group or a region.
struct DeleteAtoms: DeckCommand {
    static let name = "delete_atoms"
    static let usage = """
        delete_atoms group NAME [compress yes|no]
        delete_atoms region ID [compress yes|no]
        compress yes (the default) gives the atoms that are left ids without gaps, in LAMMPS' order.
        """

    private enum Selection {
        case group(Group)
        case region(any Region)
    }
    private enum Style { case group, region, unsupported }

    private let selection: Selection
    private var compresses = true
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem("delete_atoms", at: location)
        let style = try words.choice(
            "delete_atoms style",
            [
                ("group", Style.group), ("region", .region), ("overlap", .unsupported), ("random", .unsupported),
                ("variable", .unsupported),
            ])
        switch style {
        case .group: selection = .group(try session.requireGroup(try words.word("a group")))
        case .region: selection = .region(try session.requireRegion(try words.word("a region")))
        case .unsupported: throw words.error("this style is not supported")
        }
        while let word = words.peek {
            _ = try words.word("a keyword")
            switch word.text {
            case "compress": compresses = try words.flag("compress")
            case "bond", "mol":
                guard try !words.flag(word.text) else { throw words.error("bonds and molecules are not supported") }
            default: throw DeckError.unknown("delete_atoms keyword", word, known: ["compress"])
            }
        }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("delete_atoms", at: location)
        system.atoms.removeGhosts()
        let before = session.communicator.sum(system.atoms.owned)
        let marks: [Bool] =
            switch selection {
            case .group(let group): (0..<system.atoms.owned).map { system.atoms.mask[$0] & group.bit != 0 }
            case .region(let region): (0..<system.atoms.owned).map { region.contains(system.atoms.position[$0]) }
            }
        system.atoms.remove(marks, renumbers: compresses, session.communicator)
        session.atomsChanged()
        session.output.line("Deleted \(before - system.atoms.total) atoms, new total = \(system.atoms.total)")
    }
}
