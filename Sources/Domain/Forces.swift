/// What a step needs beside forces. Ordinary steps ask for nothing more, which is what makes them fast.
public struct Wanted: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let energy = Wanted(rawValue: 1)
    public static let virial = Wanted(rawValue: 2)
    public static let atomEnergy = Wanted(rawValue: 4)
    public static let atomVirial = Wanted(rawValue: 8)
    /// What ensembles report of their members: energies, forces summed over ranks, their spread. Asked for only at such outputs,
    /// since it costs a message of three numbers a member and ghost atom.
    public static let members = Wanted(rawValue: 16)
    /// Values per atom that a potential has under names of its own, such as extrapolation grades (`AtomReporting`).
    public static let atomQuantities = Wanted(rawValue: 32)
    public static let everything: Wanted = [.energy, .virial, .atomEnergy, .atomVirial]
}

/// Parts of an energy that thermo output shows by themselves.
public struct EnergyParts: Sendable {
    public var coulomb = 0.0
    public var tail = 0.0

    public init() {}

    public mutating func add(_ other: EnergyParts, weight: Double = 1) {
        coulomb += weight * other.coulomb
        tail += weight * other.tail
    }
}

/// What potentials write, on owned *and* ghost atoms: `Halo.reverse` then sums ghosts' parts onto their owners.
public struct Forces: ~Copyable {
    /// Force in energy / length units; w is not used and may hold rubbish.
    public var force = Column<Vector>()
    /// This rank's part of the potential energy (sum over ranks = total). Valid when `.energy` was wanted.
    public var energy: Double = 0
    /// What of `energy` is Coulomb's, and what is a tail correction, where potentials tell them apart.
    public var parts = EnergyParts()
    /// This rank's part of the virial W_ab = sum r_a f_b (LAMMPS' sign; pressure = (N k T + tr W / 3) / V). Valid when wanted.
    public var virial: Tensor = .zero
    /// The share of `virial` that fixes have added to it (`fix_modify ID virial yes`).
    public var addedVirial: Tensor = .zero
    /// `energy` before bonds and the like were added to it; of use where there are `bonded` shares.
    public var energyOfPairs: Double = 0
    /// The shares of bonds, angles, dihedrals and impropers in all of the above; empty without any.
    public private(set) var bonded: [BondedShare] = []
    /// Energy of each atom; a half-list pair puts half on each of its atoms, ghosts included. Empty unless wanted.
    public var atomEnergy = Column<Double>()
    /// Virial of each atom. Empty unless wanted.
    public var atomVirial = Column<Tensor>()
    public private(set) var wanted: Wanted = []

    public init() {}

    /// Zeroes everything for `count` atoms (owned + ghost).
    public mutating func clear(count: Int, wanted: Wanted) {
        self.wanted = wanted
        force.removeAll()
        force.resize(to: count, filling: .zero)
        energy = 0
        parts = EnergyParts()
        energyOfPairs = 0
        virial = .zero
        addedVirial = .zero
        for share in bonded { share.clear(count: count, wanted: wanted) }
        atomEnergy.removeAll()
        if wanted.contains(.atomEnergy) { atomEnergy.resize(to: count, filling: 0) }
        atomVirial.removeAll()
        if wanted.contains(.atomVirial) { atomVirial.resize(to: count, filling: .zero) }
    }

    /// self += weight * other, everything that is wanted here; `other` must have been computed with at least as much.
    public mutating func add(_ other: borrowing Forces, weight: Double) {
        addForceAndVirial(of: other, weight: weight)
        energy += weight * other.energy
        parts.add(other.parts, weight: weight)
        for i in atomEnergy.indices { atomEnergy[i] += weight * other.atomEnergy[i] }
        for i in atomVirial.indices { atomVirial[i] += other.atomVirial[i] * weight }
    }

    /// Makes room for the shares of bonds and the like, all 0.
    public mutating func addBondedShares() {
        guard bonded.isEmpty else { return }
        bonded = TopologyKind.allCases.map { _ in BondedShare() }
        for share in bonded { share.clear(count: force.count, wanted: wanted) }
    }

    /// A fix's share of the virial, this rank's part.
    public mutating func addVirial(_ share: Tensor) {
        virial += share
        addedVirial += share
    }

    /// The same for forces and the virial alone, whatever else is wanted here.
    public mutating func addForceAndVirial(of other: borrowing Forces, weight: Double) {
        precondition(other.force.count == force.count, "forces of the same atoms")
        let into = force.pointer, from = other.force.pointer
        let w = Vector(repeating: weight)
        for i in 0..<force.count { into[i] = into[i].addingProduct(w, from[i]) }
        virial += other.virial * weight
    }
}

/// What connections of one kind have contributed to `Forces`, this rank's part. Per-atom values are there where they were wanted.
public final class BondedShare {
    public var energy = 0.0
    public var virial = Tensor.zero
    public var atomEnergy = Column<Double>()
    public var atomVirial = Column<Tensor>()

    /// Adds another one's, everything that is wanted here.
    public func add(_ other: BondedShare) {
        energy += other.energy
        virial += other.virial
        for i in atomEnergy.indices { atomEnergy[i] += other.atomEnergy[i] }
        for i in atomVirial.indices { atomVirial[i] += other.atomVirial[i] }
    }

    func clear(count: Int, wanted: Wanted) {
        (energy, virial) = (0, .zero)
        atomEnergy.removeAll()
        if wanted.contains(.atomEnergy) { atomEnergy.resize(to: count, filling: 0) }
        atomVirial.removeAll()
        if wanted.contains(.atomVirial) { atomVirial.resize(to: count, filling: .zero) }
    }
}
