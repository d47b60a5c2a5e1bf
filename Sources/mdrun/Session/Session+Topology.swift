import Deck
import Domain
import Integrators
import Potentials

/// Bonds, angles, dihedrals and impropers, and what follows from them.
extension Session {
    /// Finds bonded neighbours anew, and says so as LAMMPS does. Collective.
    func findSpecialNeighbours() {
        guard let system, !system.atoms.topology.isEmpty else { return }
        func line(_ name: String, _ factors: [Double]) -> String {
            "  special bond factors \(name)"
                + factors[1...].map { text in
                    let number = DataFile.shortest(text)
                    return number + String(repeating: " ", count: max(0, 8 - number.count)) + " "
                }.joined()
        }
        output.line("Finding 1-2 1-3 1-4 neighbors ...")
        output.line(line("lj:    ", specialBonds.lj))
        output.line(line("coul:  ", specialBonds.coulomb))
        system.atoms.removeGhosts()
        for text in system.atoms.findSpecialNeighbours(specialBonds, communicator) { output.line(text) }
    }

    /// Types that a word names: a number, a range such as `2*4`, or a label.
    func requireTypes(_ kind: TopologyKind, _ words: inout Words) throws -> ClosedRange<Int> {
        let system = try requireSystem(words.context, at: words.location), topology = system.atoms.topology
        if let word = words.peek, let type = topology.labels[kind.rawValue].firstIndex(of: word.text) {
            _ = try words.word("a type")
            return type...type
        }
        return try words.typeRange("the \(kind.name) type", count: topology.types[kind.rawValue])
    }

    /// Styles and coefficients fit the topology, and the potential fits `special_bonds`.
    /// - Throws: `DeckError` for a type without coefficients, or a potential whose members treat bonded neighbours differently.
    func checkTopology(_ simulation: Simulation, at location: SourceLocation) throws {
        let topology = simulation.system.atoms.topology
        simulation.specialBonds = specialBonds
        simulation.bonded = topology.isEmpty ? nil : bonded
        guard !topology.isEmpty else { return }
        try bonded.check()
        for kind in TopologyKind.allCases where topology.counts[kind.rawValue] > 0 && bonded[kind] == nil {
            output.warn("\(kind.section) are defined but no \(kind.name) style is set")
        }
        if let fene = bonded[.bond], fene.members.contains(where: { $0.style == "fene" }), specialBonds.lj != [1, 0, 1, 1] {
            output.warn("Use special bonds = 0,1,1 with bond style fene")
        }
        guard specialBonds.isFractional, let potential, simulation.system.atoms.special != nil else { return }
        switch potential.specialTreatment {
        case .scaled: break
        case .ignored:
            output.warn("pair_style \(potential.style) knows no factors of special_bonds between 0 and 1: they count as 1")
        case .mixed:
            throw DeckError(
                "some members of \(potential.style) know no factors of special_bonds between 0 and 1: use factors 0 and 1 only",
                at: location)
        }
    }

    /// Commands on styles that wait for the box.
    static let deferrable: Set<String> = Set(["pair_style", "pair_modify"] + TopologyKind.allCases.map { "\($0.name)_style" })
}
