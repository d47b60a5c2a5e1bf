import Deck
import Domain
import Integrators
import Potentials

/// `compute group/group`: energy and force between two groups, for potentials of pairs: c_ID the energy of all pairs with one atom in each,
/// c_ID[1..3] the force on the first group (extensive).
public final class GroupInteractionCompute: Compute {
    public static let entry = ComputeStyle(
        "group/group", usage: "compute ID GROUP group/group GROUP2 [pair yes|no] [kspace no] [molecule off]",
        help: "energy and force between two groups (potentials of pairs)"
    ) { id, group, words, observation in
        let system = try observation.requireSystem()
        let word = try words.word("the second group")
        guard let other = system.groups[word.text] else { throw DeckError.unknown("group", word, known: system.groups.names) }
        var hasPairs = true
        while !words.isAtEnd {
            switch try words.choice("a keyword of compute group/group", [("pair", 0), ("kspace", 1), ("boundary", 2), ("molecule", 3)]) {
            case 0: hasPairs = try words.flag("yes or no")
            case 1: if try words.flag("no") { throw words.error("there are no long-range forces here: kspace must be no") }
            case 2: _ = try words.flag("yes or no")
            default: _ = try words.choice("off: there are no molecules", [("off", ())])
            }
        }
        return GroupInteractionCompute(id: id, group: group, other, hasPairs: hasPairs)
    }

    public let id: String
    public let style = "group/group"
    public let group: Group
    public let shape = ComputeShape(scalar: true, vector: 3, isExtensive: (true, true))
    private let other: Group
    private let hasPairs: Bool

    init(id: String, group: Group, _ other: Group, hasPairs: Bool) {
        (self.id, self.group, self.other, self.hasPairs) = (id, group, other, hasPairs)
    }

    public func prepare(_ snapshot: Snapshot) throws { _ = try interactions(snapshot) }

    private func interactions(_ snapshot: Snapshot) throws -> [any PairInteraction] {
        guard let potential = snapshot.potential else { return [] }
        if let pair = potential as? any PairInteraction { return [pair] }
        if let hybrid = potential as? Hybrid, hybrid.kind != .scaled {
            let members = potential.members.compactMap { $0 as? any PairInteraction }
            if members.count == potential.members.count { return members }
        }
        throw DeckError(
            "compute '\(id)' (\(style)): the energy of pair_style \(potential.style) does not belong to pairs of atoms", at: nil)
    }

    public func scalar(_ snapshot: Snapshot) throws -> Double { try sums(snapshot)[0] }
    public func vector(_ snapshot: Snapshot) throws -> [Double] { Array(try sums(snapshot)[1...3]) }

    private func sums(_ snapshot: Snapshot) throws -> [Double] {
        guard hasPairs else { return [0, 0, 0, 0] }
        let system = snapshot.system, pairs = try interactions(snapshot)
        let near = try Neighbourhood(snapshot, snapshot.potentialCutoff, of: other, for: "compute '\(id)' (\(style))")
        let back = group == other ? near : try Neighbourhood(snapshot, snapshot.potentialCutoff, of: group, for: "compute '\(id)'")
        var sums = [0.0, 0, 0, 0]
        func visit(_ near: Neighbourhood, _ own: Group, sign: Double) {
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & own.bit != 0 {
                near.forEach(i) { j, d in
                    for pair in pairs {
                        guard
                            let (energy, force) = pair.interaction(
                                Int(system.atoms.type[i]), Int(system.atoms.type[j]), distanceSquared: d.dot(d))
                        else { continue }
                        sums[0] += 0.5 * energy
                        if sign > 0 { for k in 0..<3 { sums[1 + k] -= force * d[k] } }
                    }
                }
            }
        }
        // Each pair is seen from both sides, which share its energy; the force is what the first group's atoms feel.
        visit(near, group, sign: 1)
        visit(back, other, sign: -1)
        // A pair with both atoms in both groups has been met four times.
        if system.communicator.any(overlaps(system)) { sums[0] -= doubled(snapshot, pairs, near) }
        system.communicator.all(.sum, &sums)
        return sums
    }

    private func overlaps(_ system: System) -> Bool {
        let both = group.bit | other.bit
        return (0..<system.atoms.owned).contains { system.atoms.mask[$0] & both == both }
    }

    /// Half the energy of pairs that lie in both groups with both atoms, this rank's part.
    private func doubled(_ snapshot: Snapshot, _ pairs: [any PairInteraction], _ near: Neighbourhood) -> Double {
        let system = snapshot.system, both = group.bit | other.bit
        guard let halo = snapshot.simulation?.halo else { return 0 }
        var mask = Column<UInt32>(repeating: 0, count: system.atoms.count)
        for i in 0..<system.atoms.owned { mask[i] = system.atoms.mask[i] }
        halo.forward(&mask)
        var sum = 0.0
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & both == both {
            near.forEach(i) { j, d in
                guard mask[j] & both == both else { return }
                for pair in pairs {
                    let found = pair.interaction(Int(system.atoms.type[i]), Int(system.atoms.type[j]), distanceSquared: d.dot(d))
                    sum += 0.5 * (found?.energy ?? 0)
                }
            }
        }
        return sum
    }
}

/// `compute pair`: the energy of the potential of a style, energy units: the deck's, or one of the members of a hybrid or ensemble, which
/// is evaluated by itself for this. Its weight in the hybrid or ensemble is left out.
public final class PairEnergyCompute: Compute {
    public static let entry = ComputeStyle(
        "pair", usage: "compute ID all pair STYLE [N] [evdwl|epair|ecoul]   (N: which one, if the style occurs more than once)",
        help: "energy of a potential, or of a member of a hybrid or ensemble"
    ) { id, group, words, observation in
        guard group == .all else { throw words.error("compute pair is of group all") }
        let word = try words.word("a pair style")
        var number = 1
        if let next = words.peek, Int(next.text) != nil { number = try words.positiveInt("which one of that style") }
        let part =
            words.isAtEnd
            ? "epair" : try words.choice("a part of the energy", ["epair", "evdwl", "ecoul"].map { ($0, $0) })
        try words.finish()
        let compute = PairEnergyCompute(id: id, word, number: number, part: part)
        _ = try compute.path(observation.requireHost().watchedPotential)
        return compute
    }

    public let id: String
    public let style = "pair"
    public let group = Group.all
    public let shape = ComputeShape(scalar: true, isExtensive: (true, false))
    public let wants: Wanted = .energy
    private let pairStyle: Word
    private let number: Int
    private let part: String

    init(id: String, _ pairStyle: Word, number: Int, part: String) {
        (self.id, self.pairStyle, self.number, self.part) = (id, pairStyle, number, part)
    }

    private func path(_ potential: (any Potential)?) throws -> [any Potential] {
        guard let potential else { throw DeckError("compute pair needs a pair_style before it", at: pairStyle.location) }
        let paths = potential.paths(toStyle: pairStyle.text)
        guard !paths.isEmpty else {
            throw DeckError.unknown("pair style of this deck", pairStyle, known: [potential.style] + potential.members.map(\.style))
        }
        guard number <= paths.count else {
            throw DeckError(
                "pair style '\(pairStyle.text)' occurs \(paths.count) times, so there is no number \(number)", at: pairStyle.location)
        }
        return paths[number - 1]
    }

    public func prepare(_ snapshot: Snapshot) throws {
        let path = try path(snapshot.potential)
        guard let last = path.last, last.capabilities.contains(.energy) else {
            throw DeckError("compute pair: pair_style \(pairStyle.text) has no energy", at: pairStyle.location)
        }
    }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        func chosen(_ whole: Double, _ coulomb: Double) -> Double { part == "epair" ? whole : part == "ecoul" ? coulomb : whole - coulomb }
        let path = try path(snapshot.potential)
        if path.count == 1 {
            return chosen(try snapshot.pairEnergy(), try snapshot.energyParts().coulomb)
        }
        try snapshot.require([], for: "compute '\(id)' (pair)")
        var forces = Forces()
        snapshot.simulation?.evaluate(.energy, of: path, into: &forces)
        var sums = [forces.energy, forces.parts.coulomb]
        snapshot.system.communicator.all(.sum, &sums)
        return chosen(sums[0], sums[1])
    }
}
