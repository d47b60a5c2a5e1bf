import Domain
import Potentials

/// Levels of multiple time steps (`run_style respa`): level 0, the innermost, is integrated with the shortest step.
public struct RespaLevels: Sendable, Equatable {
    /// Which level evaluates the potential.
    public enum Forces: Sendable, Equatable {
        case whole(level: Int)
        /// Of each member of a hybrid.
        case members(levels: [Int])
        /// Pair forces by distance. `cutoffs`: where the inner part begins and ends to fall, then the same of the middle one.
        case shells(inner: Int, middle: Int?, outer: Int, cutoffs: [Double])
    }

    /// Steps of a level for one of the next outer level; 1 for the outermost.
    public let loops: [Int]
    public let forces: Forces
    /// Levels of bonds, angles, dihedrals, impropers.
    public let bonded: [Int]

    public init(loops: [Int], forces: Forces, bonded: [Int] = [0, 0, 0, 0]) { (self.loops, self.forces, self.bonded) = (loops, forces, bonded) }

    /// The parts of pair forces of a level.
    func window(_ level: Int) -> [DistanceWindow] {
        guard case .shells(let inner, let middle, let outer, let c) = forces else { return [] }
        var windows: [DistanceWindow] = []
        if level == inner { windows.append(DistanceWindow(rise: nil, fall: (c[0], c[1]), tellsEnergy: false)) }
        if level == middle { windows.append(DistanceWindow(rise: (c[0], c[1]), fall: (c[2], c[3]), tellsEnergy: false)) }
        let last = middle == nil ? 0 : 2
        if level == outer { windows.append(DistanceWindow(rise: (c[last], c[last + 1]), fall: nil, tellsEnergy: true)) }
        return windows
    }

    public var count: Int { loops.count }
    var outermost: Int { count - 1 }

    /// Time steps of the levels, by division of the outermost one as LAMMPS does it.
    public func timesteps(_ outer: Double) -> [Double] {
        var steps = [Double](repeating: outer, count: count)
        for level in stride(from: count - 2, through: 0, by: -1) { steps[level] = steps[level + 1] / Double(loops[level]) }
        return steps
    }

    /// Fixes that can take part: integrators by levels, forces at the outermost level, and those that act between steps only.
    static let fixes: Set<String> = [
        "nve", "nvt", "langevin", "addforce", "spring", "spring/self", "momentum", "temp/csvr", "temp/berendsen", "balance", "halt", "print",
        "vector", "store/state", "ave/time", "ave/atom", "ave/histo", "ave/histo/weight", "ave/correlate", "pair", "uncertainty", "stability",
    ]
}

/// A fix that integrates at each level of `run_style respa`.
protocol LevelIntegrator: Fix {
    /// Velocities by half a step of the level with its forces; at the innermost level positions by a step.
    func initialIntegrate(_ system: System, _ level: RespaStep) throws
    func finalIntegrate(_ system: System, _ level: RespaStep) throws
}

/// Which forces are computed.
struct ForceParts {
    enum Pairs {
        case whole
        /// Of a hybrid.
        case members([Bool])
        /// Parts by distance; none of them: no pairs.
        case shells([DistanceWindow])
    }

    let pairs: Pairs
    /// Of what connects atoms in molecules.
    let kinds: [TopologyKind]

    static let all = ForceParts(pairs: .whole, kinds: TopologyKind.allCases)
    static func level(_ pairs: Pairs, kinds: [TopologyKind]) -> ForceParts { ForceParts(pairs: pairs, kinds: kinds) }
}

/// One level's step, as integrators see it.
struct RespaStep {
    let timestep: Double
    let isInnermost: Bool
    let isOutermost: Bool
}

/// r-RESPA (Tuckerman, Berne, Martyna, J. Chem. Phys. 97, 1990 (1992)): at each level velocity Verlet with the forces of that level, the
/// next inner level in the place of the drift. Forces of each level are kept per atom, so they migrate and go into restarts. Lists are looked at
/// once an outermost step, before anything has moved, as in LAMMPS.
extension Simulation {
    /// Of the property that holds the levels' forces.
    public static let respaName = "run_style respa"

    /// - Throws: `SimulationError` for a fix that cannot take part, or levels that do not fit the potential.
    public func checkRespa() throws {
        guard let levels = respa else { return }
        for fix in fixes where !RespaLevels.fixes.contains(fix.style) || fix.style == "nvt" && fix.needsVirial {
            throw SimulationError("fix \(fix.id) \(fix.style) cannot be used with run_style respa; use run_style verlet")
        }
        if case .shells = levels.forces, !(potential is any DistanceSplitting) {
            throw SimulationError(
                "run_style respa ... inner outer: pair_style \(potential.style) does not split its forces by distance; styles of pairs without charges do, "
                    + "and the keyword hybrid shares out the styles of a hybrid")
        }
        if case .members(let assigned) = levels.forces {
            guard let hybrid = potential as? Hybrid, hybrid.members.count == assigned.count else {
                throw SimulationError("run_style respa ... hybrid needs a pair_style hybrid of \(assigned.count) styles, not \(potential.style)")
            }
        }
    }

    /// Forces of all levels at the positions of the set-up.
    func setUpLevels(_ levels: RespaLevels, _ wanted: Wanted) throws {
        levelForces = system.atoms.claimProperty(Self.respaName, width: 3 * levels.count).property
        total.clear(count: system.atoms.count, wanted: wanted)
        for level in 0..<levels.count {
            try computeForces(of: level, levels, wanted)
            addToTotal()
            keepForces(level)
        }
        takeTotal(levels)
    }

    /// What fixes have added to the forces in their set-up belongs to the outermost level.
    func setUpFixes(_ levels: RespaLevels) throws {
        let before = (0..<system.atoms.owned).map { system.forces.force[$0] }
        for fix in fixes { try fix.setup(system) }
        guard let kept = levelForces else { return }
        for i in 0..<system.atoms.owned {
            let added = system.forces.force[i] - before[i]
            for d in 0..<3 { kept.values[i * kept.width + 3 * levels.outermost + d] += added[d] }
        }
    }

    /// A step up to the end of its integration.
    func stepLevels(_ levels: RespaLevels) throws {
        try recurse(levels, levels.outermost, levels.timesteps(system.timestep), isLast: true)
        takeTotal(levels)
        try checkFinite()
    }

    /// - Parameter isLast: whether the last of this level's steps ends at the end of the outermost one.
    private func recurse(_ levels: RespaLevels, _ level: Int, _ timesteps: [Double], isLast: Bool) throws {
        bringForces(level)
        let isOutermost = level == levels.outermost
        let step = RespaStep(timestep: timesteps[level], isInnermost: level == 0, isOutermost: isOutermost)
        for loop in 0..<levels.loops[level] {
            let isEnd = isLast && loop == levels.loops[level] - 1
            try measureModify {
                for case let fix as any LevelIntegrator in fixes { try fix.initialIntegrate(system, step) }
            }
            if isOutermost, needsRebuild() {
                try measureModify { for fix in fixes { try fix.preExchange(system) } }
                rebuild()
            } else if level == 0 {
                forwardPositions()
            }
            if level > 0 { try recurse(levels, level - 1, timesteps, isLast: isEnd) }
            try computeForces(of: level, levels, isEnd ? wantedNow() : [])
            if isEnd {
                if level == 0 { total.clear(count: system.atoms.count, wanted: system.forces.wanted) }
                addToTotal()
            }
            try measureModify {
                if isOutermost { for fix in fixes { try fix.postForce(system) } }
                for case let fix as any LevelIntegrator in fixes { try fix.finalIntegrate(system, step) }
            }
            // A fix that adds to the virial has done so after the sum was made.
            if isOutermost { total.addVirial(system.forces.addedVirial) }
        }
        keepForces(level)
    }

    private func computeForces(of level: Int, _ levels: RespaLevels, _ wanted: Wanted) throws {
        let kinds = TopologyKind.allCases.filter { levels.bonded[$0.rawValue] == level }
        switch levels.forces {
        case .whole(let whole): try computeForces(wanted, of: .level(whole == level ? .whole : .shells([]), kinds: kinds))
        case .members(let assigned): try computeForces(wanted, of: .level(.members(assigned.map { $0 == level }), kinds: kinds))
        case .shells: try computeForces(wanted, of: .level(.shells(levels.window(level)), kinds: kinds))
        }
    }

    private func keepForces(_ level: Int) {
        guard let kept = levelForces else { return }
        let f = system.forces.force.pointer, values = kept.values.pointer
        for i in 0..<system.atoms.owned { for d in 0..<3 { values[i * kept.width + 3 * level + d] = f[i][d] } }
    }

    private func bringForces(_ level: Int) {
        guard let kept = levelForces else { return }
        let f = system.forces.force.pointer, values = kept.values.pointer
        for i in 0..<system.atoms.owned {
            let at = i * kept.width + 3 * level
            f[i] = Vector(values[at], values[at + 1], values[at + 2], 0)
        }
    }

    /// Energy and virial of the present level, and those of atoms.
    private func addToTotal() {
        total.energy += system.forces.energy
        total.parts.add(system.forces.parts)
        total.virial += system.forces.virial
        total.energyOfPairs += system.forces.energyOfPairs
        if !system.forces.bonded.isEmpty { total.addBondedShares() }
        for (share, own) in zip(total.bonded, system.forces.bonded) { share.add(own) }
        for i in total.atomEnergy.indices { total.atomEnergy[i] += system.forces.atomEnergy[i] }
        for i in total.atomVirial.indices { total.atomVirial[i] += system.forces.atomVirial[i] }
    }

    /// The sums over levels become the step's.
    private func takeTotal(_ levels: RespaLevels) {
        swap(&system.forces, &total)
        guard let kept = levelForces else { return }
        let f = system.forces.force.pointer, values = kept.values.pointer
        for i in 0..<system.atoms.owned {
            var sum = Vector.zero
            for level in 0..<levels.count {
                let at = i * kept.width + 3 * level
                sum += Vector(values[at], values[at + 1], values[at + 2], 0)
            }
            f[i] = sum
        }
    }
}
