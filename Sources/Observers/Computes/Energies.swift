import Deck
import Domain
import Integrators

/// `compute pe`: the potential energy of all atoms, energy units: the potential's and what fixes add (`fix_modify ID energy yes`), or the
/// parts that are named.
public final class PotentialEnergyCompute: Compute {
    public static let entry = ComputeStyle(
        "pe", usage: "compute ID all pe [pair] [fix] [bond] [angle] [dihedral] [improper] [kspace]", help: "potential energy"
    ) { id, group, words, _ in
        guard group == .all else { throw words.error("compute pe is of group all; see pe/atom and reduce for others") }
        let parts = try words.parts(of: "the energy", EnergyPart.allCases.map(\.rawValue))
        return PotentialEnergyCompute(
            id: id, hasPair: parts.isEmpty || parts.contains("pair"), hasFixes: parts.isEmpty || parts.contains("fix"),
            bonded: EnergyPart.bonded(parts))
    }

    public let id: String
    public let style = "pe"
    public let group = Group.all
    public let shape = ComputeShape(scalar: true, isExtensive: (true, false))
    public var wants: Wanted { hasPair || !bonded.isEmpty ? .energy : [] }
    private let hasPair: Bool
    private let hasFixes: Bool
    private let bonded: [TopologyKind]

    public init(id: String, hasPair: Bool = true, hasFixes: Bool = true, bonded: [TopologyKind] = TopologyKind.allCases) {
        (self.id, self.hasPair, self.hasFixes, self.bonded) = (id, hasPair, hasFixes, bonded)
    }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        var energy = hasPair ? try snapshot.potentialEnergy(for: "the potential energy '\(id)'") : 0
        let others = TopologyKind.allCases.filter { !bonded.contains($0) }
        if hasPair, !others.isEmpty { energy -= try snapshot.bondedEnergy(others) }
        if !hasPair, !bonded.isEmpty { energy += try snapshot.bondedEnergy(bonded) }
        if hasFixes { energy += snapshot.addedEnergy() }
        return energy
    }
}

/// The parts that LAMMPS knows of an energy.
enum EnergyPart: String, CaseIterable {
    case pair, fix, bond, angle, dihedral, improper, kspace

    /// Kinds of connections among named parts; all where none is named.
    static func bonded(_ parts: Set<String>) -> [TopologyKind] { TopologyKind.allCases.filter { parts.isEmpty || parts.contains($0.name) } }
}

extension Words {
    /// Names of parts up to the end.
    mutating func parts(of what: String, _ names: [String]) throws -> Set<String> {
        var parts: Set<String> = []
        while !isAtEnd { parts.insert(try choice("a part of \(what)", names.map { ($0, $0) })) }
        return parts
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

/// `compute pe/atom`: each atom's share of the potential's energy; 0 outside the group. No fix has energies of atoms.
public final class AtomEnergyCompute: Compute {
    public static let entry = ComputeStyle(
        "pe/atom", usage: "compute ID GROUP pe/atom [pair] [fix] [bond] [angle] [dihedral] [improper] [kspace]",
        help: "potential energy per atom"
    ) { id, group, words, _ in
        let parts = try words.parts(of: "the energy", EnergyPart.allCases.map(\.rawValue))
        return AtomEnergyCompute(id: id, group: group, hasPair: parts.isEmpty || parts.contains("pair"), bonded: EnergyPart.bonded(parts))
    }

    private let hasPair: Bool
    private let bonded: [TopologyKind]
    public let id: String
    public let style = "pe/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 0)
    public let wants: Wanted = [.energy, .atomEnergy]

    init(id: String, group: Group, hasPair: Bool = true, bonded: [TopologyKind] = TopologyKind.allCases) {
        (self.id, self.group, self.hasPair, self.bonded) = (id, group, hasPair, bonded)
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system
        var values = [Double](repeating: 0, count: system.atoms.owned)
        guard hasPair || !bonded.isEmpty else { return AtomValues(vector: values) }
        try snapshot.require(.atomEnergy, for: "the energy per atom '\(id)'")
        let shares = system.forces.bonded
        for i in values.indices where system.atoms.mask[i] & group.bit != 0 {
            values[i] = hasPair ? system.forces.atomEnergy[i] : 0
            guard !shares.isEmpty else { continue }
            for kind in TopologyKind.allCases where bonded.contains(kind) != hasPair {
                values[i] += (hasPair ? -1 : 1) * shares[kind.rawValue].atomEnergy[i]
            }
        }
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
/// is -P V. With a TEMP-ID that leaves something out of velocities (temp/com, temp/partial), so does v; parts are those of
/// `compute pressure`, `virial` is all but the kinetic one. W_ab is r_a f_b for a < b as in LAMMPS: one atom's W need not be symmetric.
public final class AtomStressCompute: Compute {
    public static let entry = ComputeStyle(
        "stress/atom",
        usage: "compute ID GROUP stress/atom TEMP-ID|NULL [ke] [virial] [pair] [fix] [bond] [angle] [dihedral] [improper] [kspace]",
        help: "negative stress times volume, per atom"
    ) { id, group, words, observation in
        let temperature = try words.word("the id of a temperature compute, or NULL")
        var bias: TemperatureCompute?
        if temperature.text != "NULL" {
            bias = try observation.requireCompute(temperature) as? TemperatureCompute
            guard bias != nil else { throw words.error("compute '\(temperature.text)' is no temperature", at: temperature) }
        }
        let parts = StressParts(try words.parts(of: "the stress", StressParts.names))
        return AtomStressCompute(id: id, group: group, parts, temperature: bias?.temperature)
    }

    public let id: String
    public let style = "stress/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 6)
    let parts: StressParts
    private let temperature: Temperature?
    public var wants: Wanted { parts.needsVirial ? [.virial, .atomVirial] : [] }

    init(id: String, group: Group, _ parts: StressParts, temperature: Temperature?) {
        (self.id, self.group, self.parts, self.temperature) = (id, group, parts, temperature)
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system
        if parts.needsVirial {
            try snapshot.require(.atomVirial, for: "the stress per atom '\(id)'")
            if parts.hasPair != parts.hasFixes, try snapshot.addedVirial().contains(where: { $0 != 0 }) {
                throw DeckError("compute '\(id)': virials per atom of the potential and of fixes are not kept apart", at: nil)
            }
        }
        let thermal = temperature?.thermal(system) ?? { system.atoms.velocity[$0] }
        var result = AtomValues(width: 6, count: system.atoms.owned)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            var s = parts.hasPair ? system.forces.atomVirial[i].upper : [0, 0, 0, 0, 0, 0]
            if !system.forces.bonded.isEmpty {
                for kind in TopologyKind.allCases where parts.bonded.contains(kind) != parts.hasPair {
                    for (k, w) in system.forces.bonded[kind.rawValue].atomVirial[i].upper.enumerated() {
                        s[k] += (parts.hasPair ? -1 : 1) * w
                    }
                }
            }
            if parts.hasKinetic {
                let v = thermal(i)
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
