import Deck
import Domain
import Integrators

/// A word of `thermo_style custom`, also usable in formulas.
public struct ThermoKeyword: Sendable {
    public let name: String
    /// The column's head, LAMMPS' own.
    public let header: String
    /// Of what kind its unit is: `energy`, `pressure`, `steps` ...
    public let unit: String
    public let help: String
    public let isInteger: Bool
    /// What the potential must compute for it.
    let wants: Wanted
    let value: @Sendable (ThermoMoment) throws -> Double

    private init(
        _ name: String, _ header: String, _ unit: String, _ help: String, isInteger: Bool = false, wants: Wanted = [],
        _ value: @escaping @Sendable (ThermoMoment) throws -> Double
    ) {
        (self.name, self.header, self.unit, self.help) = (name, header, unit, help)
        (self.isInteger, self.wants, self.value) = (isInteger, wants, value)
    }

    public static let byName = Dictionary(uniqueKeysWithValues: table.map { ($0.name, $0) })

    /// Every keyword, one line each. Energies are divided by the number of atoms with `norm yes` (the default for units lj).
    public static let table: [ThermoKeyword] = time + system + energies + box + pressures + counters

    private static let time: [ThermoKeyword] = [
        ThermoKeyword("step", "Step", "steps", "time step", isInteger: true) { Double($0.system.step) },
        ThermoKeyword("elapsed", "Elapsed", "steps", "steps since this run began", isInteger: true) {
            Double($0.system.step - $0.firstStep)
        },
        ThermoKeyword("elaplong", "Elaplong", "steps", "steps since the first of a series of runs began", isInteger: true) {
            Double($0.system.step - ($0.snapshot.run?.rampFirst ?? $0.firstStep))
        },
        ThermoKeyword("dt", "Dt", "time", "size of a time step") { $0.system.timestep },
        ThermoKeyword("time", "Time", "time", "simulated time") { $0.system.time },
        ThermoKeyword("cpu", "CPU", "seconds", "wall time since this run began") { $0.thermo.clock.elapsed },
        ThermoKeyword("tpcpu", "T/CPU", "time/second", "simulated time per wall second since the row before") {
            $0.thermo.clock.simulatedTimeRate($0.system.step, $0.system.timestep)
        },
        ThermoKeyword("spcpu", "S/CPU", "steps/second", "steps per wall second since the row before") {
            $0.thermo.clock.stepRate($0.system.step)
        },
        ThermoKeyword("cpuremain", "CPULeft", "seconds", "wall time that is left of this run, at its speed so far") {
            $0.thermo.clock.remaining($0.snapshot.run, at: $0.system.step)
        },
        ThermoKeyword("timeremain", "TimeoutLeft", "seconds", "wall time that is left until timer timeout; 0 without one") {
            $0.snapshot.observation.host?.secondsLeft ?? 0
        },
        ThermoKeyword("part", "Part", "", "partition number, always 0", isInteger: true) { _ in 0 },
    ]

    private static let system: [ThermoKeyword] = [
        number(.bond, "Bonds"), number(.angle, "Angles"), number(.dihedral, "Diheds"), number(.improper, "Impros"),
        ThermoKeyword("atoms", "Atoms", "atoms", "number of atoms", isInteger: true) { Double($0.atoms) },
        ThermoKeyword("temp", "Temp", "temperature", "temperature") { try $0.temperature() },
        ThermoKeyword("press", "Press", "pressure", "pressure", wants: .virial) { try $0.pressure() },
        ThermoKeyword("density", "Density", "density", "mass density") {
            $0.system.units.mv2d * $0.system.mass(of: .all) / $0.system.box.volume
        },
        ThermoKeyword("fmax", "Fmax", "force", "largest force component of any atom") { m in
            let atoms = m.system.atoms.owned, f = m.system.forces.force.pointer
            var most = 0.0
            for i in 0..<min(atoms, m.system.forces.force.count) {
                most = max(most, f[i].x.magnitude, f[i].y.magnitude, f[i].z.magnitude)
            }
            return m.system.communicator.max(most)
        },
        ThermoKeyword("fnorm", "Fnorm", "force", "square root of the sum of all squared force components") { m in
            let atoms = m.system.atoms.owned, f = m.system.forces.force.pointer
            var sum = 0.0
            for i in 0..<min(atoms, m.system.forces.force.count) { sum += f[i].x * f[i].x + f[i].y * f[i].y + f[i].z * f[i].z }
            return m.system.communicator.sum(sum).squareRoot()
        },
    ]

    private static let energies: [ThermoKeyword] = [
        ThermoKeyword("pe", "PotEng", "energy", "potential energy, what fixes add included", wants: .energy) {
            try $0.perAtom($0.potentialEnergy())
        },
        ThermoKeyword("ke", "KinEng", "energy", "kinetic energy, temp x dof x k / 2") { try $0.perAtom($0.kineticEnergy()) },
        ThermoKeyword("etotal", "TotEng", "energy", "potential and kinetic energy", wants: .energy) { try $0.totalEnergy() },
        ThermoKeyword("evdwl", "E_vdwl", "energy", "energy of the pair style but Coulomb's", wants: .energy) {
            try $0.perAtom($0.snapshot.pairEnergy() - $0.snapshot.energyParts().coulomb)
        },
        ThermoKeyword("ecoul", "E_coul", "energy", "Coulomb energy of the pair style", wants: .energy) {
            try $0.perAtom($0.snapshot.energyParts().coulomb)
        },
        ThermoKeyword("etail", "E_tail", "energy", "tail correction (pair_modify tail yes), in evdwl too", wants: .energy) {
            try $0.perAtom($0.snapshot.energyParts().tail)
        },
        ThermoKeyword("epair", "E_pair", "energy", "energy of the pair style", wants: .energy) { try $0.perAtom($0.snapshot.pairEnergy()) },
        ThermoKeyword("enthalpy", "Enthalpy", "energy", "etotal + press vol", wants: [.energy, .virial]) { m in
            let volume = m.perAtom(m.system.box.volume)
            return try m.totalEnergy() + m.pressure() * volume / m.system.units.nktv2p
        },
        ThermoKeyword("ecouple", "Ecouple", "energy", "what thermostats and barostats have taken in") { $0.coupledEnergy },
        ThermoKeyword("econserve", "Econserve", "energy", "etotal + ecouple, which exact dynamics would conserve", wants: .energy) {
            try $0.totalEnergy() + $0.coupledEnergy
        },
        energy(.bond, "ebond", "E_bond"), energy(.angle, "eangle", "E_angle"), energy(.dihedral, "edihed", "E_dihed"),
        energy(.improper, "eimp", "E_impro"),
        ThermoKeyword("emol", "E_mol", "energy", "energy of bonds, angles, dihedrals and impropers", wants: .energy) {
            try $0.perAtom($0.snapshot.bondedEnergy())
        },
        zero("elong", "E_long", "long-range energy"),
    ]

    /// Parts of the energy that this engine does not have: 0, as LAMMPS prints without them.
    private static func zero(_ name: String, _ header: String, _ help: String) -> ThermoKeyword {
        ThermoKeyword(name, header, "energy", "\(help), always 0 here") { _ in 0 }
    }

    private static func energy(_ kind: TopologyKind, _ name: String, _ header: String) -> ThermoKeyword {
        ThermoKeyword(name, header, "energy", "energy of \(kind.plural)", wants: .energy) {
            try $0.perAtom($0.snapshot.bondedEnergy([kind]))
        }
    }

    private static func number(_ kind: TopologyKind, _ header: String) -> ThermoKeyword {
        ThermoKeyword(kind.plural, header, "", "number of \(kind.plural)", isInteger: true) {
            Double($0.system.atoms.topology.counts[kind.rawValue])
        }
    }

    private static let box: [ThermoKeyword] = [
        length("vol", "Volume", "volume", unit: "volume") { $0.volume },
        length("lx", "Lx", "box length along x") { $0.lengths.x },
        length("ly", "Ly", "box length along y") { $0.lengths.y },
        length("lz", "Lz", "box length along z") { $0.lengths.z },
        length("xlo", "Xlo", "lower face in x") { $0.lo.x }, length("xhi", "Xhi", "upper face in x") { $0.hi.x },
        length("ylo", "Ylo", "lower face in y") { $0.lo.y }, length("yhi", "Yhi", "upper face in y") { $0.hi.y },
        length("zlo", "Zlo", "lower face in z") { $0.lo.z }, length("zhi", "Zhi", "upper face in z") { $0.hi.z },
        length("xy", "Xy", "tilt of b along x") { $0.xy }, length("xz", "Xz", "tilt of c along x") { $0.xz },
        length("yz", "Yz", "tilt of c along y") { $0.yz },
        edge("avecx", "Avecx", 0, 0), edge("avecy", "Avecy", 0, 1), edge("avecz", "Avecz", 0, 2),
        edge("bvecx", "Bvecx", 1, 0), edge("bvecy", "Bvecy", 1, 1), edge("bvecz", "Bvecz", 1, 2),
        edge("cvecx", "Cvecx", 2, 0), edge("cvecy", "Cvecy", 2, 1), edge("cvecz", "Cvecz", 2, 2),
        lattice("xlat", "Xlat", 0), lattice("ylat", "Ylat", 1), lattice("zlat", "Zlat", 2),
        length("cella", "Cella", "length of cell vector a") { $0.lengths.x },
        length("cellb", "Cellb", "length of cell vector b") { $0.b.dot($0.b).squareRoot() },
        length("cellc", "Cellc", "length of cell vector c") { $0.c.dot($0.c).squareRoot() },
        length("cellalpha", "CellAlpha", "angle between b and c", unit: "degrees") { $0.angle($0.b, $0.c) },
        length("cellbeta", "CellBeta", "angle between a and c", unit: "degrees") { $0.angle($0.a, $0.c) },
        length("cellgamma", "CellGamma", "angle between a and b", unit: "degrees") { $0.angle($0.a, $0.b) },
    ]

    private static func length(
        _ name: String, _ header: String, _ help: String, unit: String = "length", _ value: @escaping @Sendable (Box) -> Double
    ) -> ThermoKeyword {
        ThermoKeyword(name, header, unit, help) { value($0.system.box) }
    }

    /// Component of an edge: of the box as it is computed in, or with `thermo_modify triclinic/general yes` as it was made.
    private static func edge(_ name: String, _ header: String, _ edge: Int, _ axis: Int) -> ThermoKeyword {
        ThermoKeyword(name, header, "length", "\(["x", "y", "z"][axis]) of edge \(["a", "b", "c"][edge])") { m in
            let v = m.system.box.edge(edge)
            return (m.thermo.isGeneral ? m.system.box.general(vector: v) : v)[axis]
        }
    }

    private static func lattice(_ name: String, _ header: String, _ d: Int) -> ThermoKeyword {
        ThermoKeyword(name, header, "length", "lattice spacing along \(["x", "y", "z"][d])") { m in
            guard let spacing = m.snapshot.observation.host?.latticeSpacing else {
                throw DeckError("\(name) needs a lattice command before", at: nil)
            }
            return [spacing.x, spacing.y, spacing.z][d]
        }
    }

    private static let pressures: [ThermoKeyword] = ["xx", "yy", "zz", "xy", "xz", "yz"].enumerated().map { k, axes in
        ThermoKeyword("p\(axes)", "P\(axes)", "pressure", "\(axes) element of the pressure tensor", wants: .virial) {
            try $0.pressureTensor()[k]
        }
    }

    private static let counters: [ThermoKeyword] = [
        ThermoKeyword("nbuild", "Nbuild", "", "neighbour list builds in this run", isInteger: true) {
            Double($0.snapshot.simulation?.counters.builds ?? 0)
        },
        ThermoKeyword("ndanger", "Ndanger", "", "builds that may have come too late", isInteger: true) {
            Double($0.snapshot.simulation?.counters.dangerousBuilds ?? 0)
        },
    ]
}

/// A snapshot with the settings that thermo keywords depend on.
struct ThermoMoment {
    let snapshot: Snapshot
    let thermo: Thermo
    /// Atoms on all ranks.
    let atoms: Int

    var system: System { snapshot.system }
    var firstStep: Int { snapshot.run?.first ?? system.step }

    /// Divides by the number of atoms when energies are normalised.
    func perAtom(_ x: Double) -> Double { thermo.normalises(system.units) && atoms > 0 ? x / Double(atoms) : x }

    func temperature() throws -> Double { try snapshot.scalar(thermo.temperatureID) }
    func pressure() throws -> Double { try snapshot.scalar(thermo.pressureID) }
    func pressureTensor() throws -> [Double] { try snapshot.vector(thermo.pressureID) }
    func potentialEnergy() throws -> Double { try snapshot.scalar(Observation.energyID) }

    /// In the order of operations of LAMMPS: T x (dof k / 2).
    func kineticEnergy() throws -> Double {
        let t = try temperature()
        guard let compute = try snapshot.observation.requireCompute(thermo.temperatureID) as? TemperatureCompute else { return 0 }
        return t * (0.5 * compute.temperature.degreesOfFreedom * system.units.boltzmann)
    }

    func totalEnergy() throws -> Double { try perAtom(potentialEnergy()) + perAtom(kineticEnergy()) }

    var coupledEnergy: Double { perAtom(snapshot.fixes.reduce(0) { $0 + $1.conservedEnergy }) }
}

extension Box {
    /// Angle between two edges in degrees; 90 exactly for a box made as orthogonal.
    func angle(_ u: Vector, _ v: Vector) -> Double {
        isTriclinic ? arcCosine(u.dot(v) / (u.dot(u) * v.dot(v)).squareRoot()) * 180 / .pi : 90
    }
}

extension System {
    /// Mass of a group on all ranks. Collective.
    public func mass(of group: Group) -> Double {
        var sum = 0.0
        for i in 0..<atoms.owned where atoms.mask[i] & group.bit != 0 { sum += atoms.mass[Int(atoms.type[i])] ?? 0 }
        return communicator.sum(sum)
    }
}
