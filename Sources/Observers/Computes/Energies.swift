import Deck
import Domain
import Integrators

/// `compute pe`: the potential energy of all atoms, energy units.
public final class PotentialEnergyCompute: Compute {
    public static let entry = ComputeStyle("pe", usage: "compute ID all pe", help: "potential energy") { id, group, words, _ in
        guard group == .all else { throw words.error("compute pe is of group all; see pe/atom and reduce for others") }
        _ = words.optional("pair")
        try words.finish()
        return PotentialEnergyCompute(id: id)
    }

    public let id: String
    public let style = "pe"
    public let group = Group.all
    public let shape = ComputeShape(scalar: true, isExtensive: (true, false))
    public let wants: Wanted = .energy

    public init(id: String) { self.id = id }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        try snapshot.potentialEnergy(for: "the potential energy '\(id)'")
    }
}

/// `compute ke`: sum m v^2 / 2 of a group, energy units.
public final class KineticEnergyCompute: Compute {
    public static let entry = ComputeStyle("ke", usage: "compute ID GROUP ke", help: "kinetic energy") { id, group, words, _ in
        try words.finish()
        return KineticEnergyCompute(id: id, group: group)
    }

    public let id: String
    public let style = "ke"
    public let group: Group
    public let shape = ComputeShape(scalar: true, isExtensive: (true, false))

    public init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        let system = snapshot.system
        return system.communicator.sum(twiceKineticEnergy(system.atoms, group.bit)) * (0.5 * system.units.mvv2e)
    }
}

/// `compute pe/atom`: each atom's share of the potential energy; 0 outside the group.
public final class AtomEnergyCompute: Compute {
    public static let entry = ComputeStyle(
        "pe/atom", usage: "compute ID GROUP pe/atom", help: "potential energy per atom"
    ) { id, group, words, _ in
        _ = words.optional("pair")
        try words.finish()
        return AtomEnergyCompute(id: id, group: group)
    }

    public let id: String
    public let style = "pe/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 0)
    public let wants: Wanted = [.energy, .atomEnergy]

    init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        try snapshot.require(.atomEnergy, for: "the energy per atom '\(id)'")
        let system = snapshot.system
        var values = [Double](repeating: 0, count: system.atoms.owned)
        for i in values.indices where system.atoms.mask[i] & group.bit != 0 { values[i] = system.forces.atomEnergy[i] }
        return AtomValues(vector: values)
    }
}

/// `compute ke/atom`: m v^2 / 2 of each atom, energy units; 0 outside the group.
public final class AtomKineticEnergyCompute: Compute {
    public static let entry = ComputeStyle(
        "ke/atom", usage: "compute ID GROUP ke/atom", help: "kinetic energy per atom"
    ) { id, group, words, _ in
        try words.finish()
        return AtomKineticEnergyCompute(id: id, group: group)
    }

    public let id: String
    public let style = "ke/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 0)

    init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system
        var values = [Double](repeating: 0, count: system.atoms.owned)
        for i in values.indices where system.atoms.mask[i] & group.bit != 0 {
            let v = system.atoms.velocity[i]
            values[i] = 0.5 * system.units.mvv2e * system.atoms.mass(of: i) * (v.x * v.x + v.y * v.y + v.z * v.z)
        }
        return AtomValues(vector: values)
    }
}

/// `compute stress/atom`: -(m v_a v_b + W_ab) of each atom as c_ID[1..6] = xx yy zz xy xz yz, pressure x volume units: the sum over atoms
/// is -P V. `TEMP-ID` must be NULL (no bias); `virial` leaves the kinetic part out.
public final class AtomStressCompute: Compute {
    public static let entry = ComputeStyle(
        "stress/atom", usage: "compute ID GROUP stress/atom NULL [virial|ke] [pair]", help: "negative stress times volume, per atom"
    ) { id, group, words, observation in
        let temperature = try words.word("the id of a temperature compute, or NULL")
        if temperature.text != "NULL", !(try observation.requireCompute(temperature) is TemperatureCompute) {
            throw words.error("compute '\(temperature.text)' is no temperature", at: temperature)
        }
        var parts: Set<String> = []
        while let word = words.peek {
            _ = try words.choice("a part of the stress", ["virial", "ke", "pair"].map { ($0, $0) })
            parts.insert(word.text)
        }
        return AtomStressCompute(
            id: id, group: group, hasKinetic: parts.isEmpty || parts.contains("ke"), hasVirial: parts != ["ke"])
    }

    public let id: String
    public let style = "stress/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 6)
    let hasKinetic: Bool
    let hasVirial: Bool
    public var wants: Wanted { hasVirial ? [.virial, .atomVirial] : [] }

    init(id: String, group: Group, hasKinetic: Bool, hasVirial: Bool) {
        (self.id, self.group, self.hasKinetic, self.hasVirial) = (id, group, hasKinetic, hasVirial)
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        if hasVirial { try snapshot.require(.atomVirial, for: "the stress per atom '\(id)'") }
        let system = snapshot.system
        var result = AtomValues(width: 6, count: system.atoms.owned)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            var s = hasVirial ? system.forces.atomVirial[i].voigt : [0, 0, 0, 0, 0, 0]
            if hasKinetic {
                let v = system.atoms.velocity[i]
                let m = system.units.mvv2e * system.atoms.mass(of: i)
                s[0] += m * v.x * v.x
                s[1] += m * v.y * v.y
                s[2] += m * v.z * v.z
                s[3] += m * v.x * v.y
                s[4] += m * v.x * v.z
                s[5] += m * v.y * v.z
            }
            for k in 0..<6 { result.values[6 * i + k] = s[k] * -system.units.nktv2p }
        }
        return result
    }
}
