import Deck
import Domain
import Integrators

/// `delete_atoms`: removes the atoms of a group or a region.
struct DeleteAtoms: DeckCommand {
    static let name = "delete_atoms"
    static let usage = """
        delete_atoms group NAME [compress yes|no] [bond yes|no] [mol yes|no]
        delete_atoms region ID [compress yes|no] [bond yes|no] [mol yes|no]
        compress yes (the default) gives the atoms that are left ids without gaps, in LAMMPS' order; not where there are molecules. bond yes: also
        the bonds, angles ... of deleted atoms; mol yes: also all other atoms of their molecules.
        """

    private enum Selection {
        case group(Group)
        case region(any Region)
    }
    private enum Style { case group, region, unsupported }

    private let selection: Selection
    private var compresses = true
    private var removesBonds = false
    private var removesMolecules = false
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
                let style = session.system?.atoms.style ?? .atomic, flag = try words.flag(word.text)
                guard !flag || style.hasMolecule else {
                    throw words.error("atom_style \(style.rawValue) has no \(word.text == "bond" ? "bonds" : "molecules")", at: word)
                }
                if word.text == "bond" { removesBonds = flag } else { removesMolecules = flag }
            default: throw DeckError.unknown("delete_atoms keyword", word, known: ["compress", "bond", "mol"])
            }
        }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("delete_atoms", at: location)
        system.atoms.removeGhosts()
        let before = session.communicator.sum(system.atoms.owned)
        var marks: [Bool] =
            switch selection {
            case .group(let group): (0..<system.atoms.owned).map { system.atoms.mask[$0] & group.bit != 0 }
            case .region(let region): (0..<system.atoms.owned).map { region.contains(system.atoms.position[$0]) }
            }
        if removesMolecules { addMolecules(system, &marks) }
        let gone = Set((0..<system.atoms.owned).filter { marks[$0] }.map { system.atoms.id[$0] })
        let topology = system.atoms.topology
        if compresses, topology.kinds > 0 { session.output.warn("Ignoring 'compress yes' for molecular system") }
        system.atoms.remove(marks, renumbers: compresses && topology.isEmpty, session.communicator)
        session.atomsChanged()
        session.output.line("Deleted \(before - system.atoms.total) atoms, new total = \(system.atoms.total)")
        if topology.kinds > 0 { removeConnections(system, gone, session) }
    }

    /// Marks all atoms of the molecules of marked ones; molecule 0 is none.
    private func addMolecules(_ system: System, _ marks: inout [Bool]) {
        guard let molecules = system.atoms.molecule else { return }
        var chosen = Set<Int64>(), own = Set<Int64>()
        for i in 0..<system.atoms.owned where molecules.values[i] > 0 {
            own.insert(Int64(molecules.values[i]))
            if marks[i] { chosen.insert(Int64(molecules.values[i])) }
        }
        let found = system.communicator.lookUp(own, in: chosen.map { ($0, 1) })
        for i in 0..<system.atoms.owned where found[Int64(molecules.values[i])] != nil { marks[i] = true }
    }

    /// Connections whose keeper is gone are gone; with `bond yes` so are those of any atom that is. Neighbours over bonds that are gone
    /// stay neighbours, as in LAMMPS, until they are found anew.
    private func removeConnections(_ system: System, _ gone: Set<Int64>, _ session: Session) {
        let communicator = session.communicator
        for kind in TopologyKind.allCases {
            let before = system.atoms.topology.counts[kind.rawValue]
            var lost: [Int64: Int64] = [:]
            if removesBonds {
                var wanted = Set<Int64>()
                for i in 0..<system.atoms.owned {
                    system.atoms.forEachConnection(kind, of: i) { _, ids in for id in ids { wanted.insert(Int64(id)) } }
                }
                lost = communicator.lookUp(wanted, in: gone.map { ($0, 1) })
            }
            system.atoms.removeConnections(kind, communicator) { _, ids in ids.contains { lost[Int64($0)] != nil } }
            let after = system.atoms.topology.counts[kind.rawValue]
            if before > 0, removesBonds || removesMolecules {
                session.output.line("Deleted \(before - after) \(kind.plural), new total = \(after)")
            }
        }
    }
}
