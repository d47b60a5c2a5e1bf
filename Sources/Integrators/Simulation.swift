import Deck
import Domain
import Potentials

/// A run of molecular dynamics: the system, one potential, fixes, observers, and the time step on one page.
public final class Simulation {
    public let system: System
    public var potential: any Potential
    public var fixes: [any Fix] = []
    public var observers: [any Observer] = []
    public var neighbours: NeighbourSettings
    /// `processors`: nil entries are free.
    public var processors: [Int?] = [nil, nil, nil]
    public internal(set) var decomposition: Decomposition
    public internal(set) var halo: Halo
    public internal(set) var list: NeighbourList
    public var timings = Timings()
    public internal(set) var counters = Counters()
    /// Energies of bonds, angles ...; nil: there are none.
    public var bonded: BondedForces?
    /// `special_bonds`
    public var specialBonds = SpecialBonds()
    /// `run_style respa`; nil: one time step for all forces.
    public var respa: RespaLevels?
    /// With respa: each level's forces on owned atoms.
    var levelForces: AtomProperty?
    /// With respa: energy and virial of all levels while they are being summed.
    var total = Forces()
    /// Steps between spatial sorts of owned atoms (`atom_modify sort`); 0 = never.
    public var sortEvery = 1000
    public internal(set) var current = Run(first: 0, last: 0)
    public internal(set) var isRunning = false
    /// Why the last run ended early, if it did.
    public internal(set) var interruption: Interruption?

    /// Where `read_restart` has left off; used by the next set-up if nothing has changed since.
    public var checkpoint: Checkpoint?
    /// What the session says of potential, fixes and settings: compared with the checkpoint's.
    public var signature = ""

    let grid = CellGrid()
    /// Found at the last build of the lists, told at the next evaluation.
    var missingPartner: MissingPartner?
    private let workspace = Workspace()
    var lastBuild: LastBuild
    var nextSort = 0
    var isPrepared = false
    private var isCutShort = false
    /// Of a minimisation.
    var evaluationsSinceBuild = 0

    public struct Counters: Sendable {
        public var builds = 0
        public var dangerousBuilds = 0
        public init(builds: Int = 0, dangerousBuilds: Int = 0) { (self.builds, self.dangerousBuilds) = (builds, dangerousBuilds) }
    }

    public init(system: System, potential: any Potential, neighbours: NeighbourSettings, processors: [Int?] = [nil, nil, nil]) throws {
        self.system = system
        self.potential = potential
        self.neighbours = neighbours
        self.processors = processors
        decomposition = try Self.decompose(system, processors)
        halo = Halo(communicator: system.communicator, box: system.box)
        list = NeighbourList(kind: .half, distance: 0)
        lastBuild = LastBuild(box: system.box)
    }

    static func decompose(_ system: System, _ processors: [Int?]) throws -> Decomposition {
        guard let d = system.decomposition(processors) else {
            let wanted = processors.map { $0.map(String.init) ?? "*" }.joined(separator: " ")
            throw DeckError("processors \(wanted) does not multiply to \(system.communicator.size) ranks", at: nil)
        }
        return d
    }

    // MARK: - The run

    /// Runs `run.steps` time steps.
    public func run(_ run: Run) throws {
        defer { isRunning = false }
        begin(run)
        try prepare(run)
        let start = Timings.now()
        interruption = nil
        while system.step < run.last && system.stop == nil && interruption == nil { try judged { try step() } }
        timings.loop = Timings.now() - start
        for observer in observers { try observer.finish(self, run) }
    }

    func begin(_ run: Run) {
        current = run
        isRunning = true
        system.run = run
        system.stop = nil
        system.boxRate = nil
        isCutShort = false
        timings = Timings()
        halo.seconds = 0
    }

    /// One time step of velocity Verlet, with everything that may happen in it, in order.
    private func step() throws {
        system.step += 1
        if let respa { try stepLevels(respa) } else { try stepVerlet() }
        try measureModify { for fix in fixes { try fix.endOfStep(system) } }
        if system.step < current.last {
            interruption = askedToStop()
            if system.stop != nil || interruption != nil { try endHere() }
        }
        try timings.measure(.output) {
            for observer in observers where isDue(observer) { try observer.observe(self, current) }
        }
    }

    private func stepVerlet() throws {
        try measureModify {
            for fix in fixes { try fix.initialIntegrate(system) }
            for fix in fixes { try fix.postIntegrate(system) }
        }
        if needsRebuild() {
            try measureModify { for fix in fixes { try fix.preExchange(system) } }
            rebuild()
        } else {
            forwardPositions()
        }
        try computeForces(wantedNow())
        try checkFinite()
        try measureModify {
            for fix in fixes { try fix.postForce(system) }
            for fix in fixes { try fix.finalIntegrate(system) }
        }
    }

    /// What only shows that the trajectory makes no sense is for a fix to judge, where there is one.
    private func judged(_ body: () throws -> Void) throws {
        do { try body() } catch let error as SimulationError {
            guard let breakdown = error.breakdown, let judge else { throw error }
            try judge.breakDown(breakdown, system)
        }
    }

    private var judge: (any StabilityJudge)? { fixes.lazy.compactMap { $0 as? any StabilityJudge }.first }

    /// What any rank was asked, on every rank.
    func askedToStop() -> Interruption? {
        guard let ask = system.interruption else { return nil }
        let mine = ask()?.rawValue ?? 0
        return Interruption(rawValue: system.communicator.size == 1 ? mine : system.communicator.all(.max, mine))
    }

    /// Makes the present step the run's last. Observers of a run's end do not look, as in LAMMPS, but what they need is there for formulas
    /// after the run. Forces stay as fixes have left them.
    private func endHere() throws {
        current.last = system.step
        let wanted = wantedNow().union(system.forces.wanted)
        isCutShort = true
        guard wanted != system.forces.wanted else { return }
        let forces = system.forces.force.copy(), added = system.forces.addedVirial
        try computeForces(wanted)
        system.forces.addVirial(added)
        for i in 0..<system.atoms.owned { system.forces.force[i] = forces[i] }
    }

    /// Ghosts follow their owners, at the edge lengths that the box has now.
    func forwardPositions() {
        halo.box = system.box
        timings.measure(.communication) { halo.forwardPositions(&system.atoms) }
    }

    /// Unlike `Timings.measure` this leaves the timings free meanwhile: a fix may read them (`fix balance ... weight time`).
    func measureModify(_ body: () throws -> Void) rethrows {
        guard !fixes.isEmpty else { return }
        let start = Timings.now()
        defer { timings.seconds[.modify, default: 0] += Timings.now() - start }
        try body()
    }

    // MARK: - Set-up

    /// Everything before the first step: ranks, ghosts, list, forces, fixes, first output.
    private func prepare(_ run: Run) throws {
        for fix in fixes { try fix.prepare(system) }
        try checkRespa()
        for observer in observers { try observer.prepare(self, run) }
        // A command that has made, moved or changed atoms has taken the ghosts away.
        let lacksGhosts = system.communicator.any(system.forces.force.count != system.atoms.count)
        if run.isSetUp || !isPrepared || lacksGhosts {
            let checkpoint = takeCheckpoint()
            if let checkpoint {
                try rebuild(from: checkpoint)
            } else {
                // Atoms that have left the box since the last build come back with the far side's velocity here too.
                if let rate = system.boxRate, rate.remapsVelocities { wrap(rate) }
                try settleRanks()
                for fix in fixes { try fix.setupPreExchange(system) }
                rebuild(isSetup: true)
            }
            if let respa {
                // In a continued run the levels' forces are those of the restart, not of this set-up.
                let kept = checkpoint == nil ? nil : system.atoms.property(Self.respaName)?.values.copy()
                try setUpLevels(respa, wantedNow(atStart: true))
                try checkFinite()
                try measureModify { try setUpFixes(respa) }
                if let kept, kept.count == levelForces?.values.count { levelForces?.values = kept }
            } else {
                system.atoms.removeProperties(of: Self.respaName)
                levelForces = nil
                try computeForces(wantedNow(atStart: true))
                try checkFinite()
                try measureModify { for fix in fixes { try fix.setup(system) } }
            }
            isPrepared = true
            // `pre no` goes on counting, as LAMMPS does.
            counters = Counters()
            if let checkpoint { try goOn(from: checkpoint) }
        }
        timings = Timings()
        for observer in observers where observer.looksAtStart(of: run) { try observer.observe(self, run) }
    }

    // MARK: - Forces

    /// Forces, and what is wanted beside them, of the potential, or of a member that the path from it leads to, at the present positions
    /// of owned atoms and ghosts: for fixes and computes that look at other positions or at parts. Parts on ghosts are not summed onto
    /// owners. Collective.
    public func evaluate(_ wanted: Wanted, of path: [any Potential] = [], into forces: inout Forces) {
        forces.clear(count: system.atoms.count, wanted: wanted)
        let context = ComputeContext(halo: halo, step: system.step, wanted: wanted, skin: neighbours.skin, workspace: workspace)
        // The same steps by which ensembles trim their members' lists, which are renewed at each build.
        var own = list
        for member in path.dropFirst() {
            let needs = member.requirements
            if needs.cutoff > 0, own.distance > 0 {
                own = own.trimmed(kind: needs.list, distance: needs.cutoff + neighbours.skin, system.atoms)
            }
        }
        (path.last ?? potential).compute(system.atoms, own, context, into: &forces)
        if path.isEmpty { bonded?.compute(system.atoms, into: &forces) }
    }

    func computeForces(_ wanted: Wanted, of parts: ForceParts = .all) throws {
        if let missingPartner {
            throw SimulationError(
                "step \(system.step): \(missingPartner.kind.name) of atoms \(missingPartner.ids.map(String.init).joined(separator: " ")): an atom "
                    + "is missing on rank \(system.communicator.rank): it is farther away than the ghosts reach (\(haloWidth)); use comm_modify cutoff, "
                    + "or the run has blown up")
        }
        try potential.updateAll()
        system.forces.clear(count: system.atoms.count, wanted: wanted)
        let context = ComputeContext(halo: halo, step: system.step, wanted: wanted, skin: neighbours.skin, workspace: workspace)
        timings.measure(.pair) {
            switch parts.pairs {
            case .whole: potential.compute(system.atoms, list, context, into: &system.forces)
            case .members(let members):
                (potential as? Hybrid)?.compute(system.atoms, list, context, members: members, into: &system.forces)
            case .shells(let windows):
                guard let potential = potential as? any DistanceSplitting else { break }
                for window in windows { potential.compute(system.atoms, list, context, window: window, into: &system.forces) }
            }
        }
        if let bonded { timings.measure(.bond) { bonded.compute(system.atoms, kinds: parts.kinds, into: &system.forces) } }
        timings.measure(.communication) {
            halo.reverse(&system.forces.force)
            if wanted.contains(.atomEnergy) {
                halo.reverse(&system.forces.atomEnergy)
                for share in system.forces.bonded { halo.reverse(&share.atomEnergy) }
            }
            if wanted.contains(.atomVirial) {
                halo.reverse(&system.forces.atomVirial)
                for share in system.forces.bonded { halo.reverse(&share.atomVirial) }
            }
        }
    }

    /// Stops on a force that is not a number, naming step, atom and model. Each rank looks at its own atoms; the one that finds
    /// something ends the others.
    func checkFinite() throws {
        let f = system.forces.force.pointer
        var sum = Vector.zero
        for i in 0..<system.atoms.owned { sum += f[i].xyz * 0 }
        let isBad = sum != .zero
        // Where a fix judges, all ranks hear of it at once; else the rank that has such an atom ends all.
        guard judge == nil ? isBad : system.communicator.any(isBad) else { return }
        let bad = (0..<system.atoms.owned).first { !(f[$0].x.isFinite && f[$0].y.isFinite && f[$0].z.isFinite) }
        let told = bad.map { i in
            let x = system.atoms.position[i]
            return "the force on atom \(system.atoms.id[i]) (type \(system.atoms.type[i])) at (\(x.x), \(x.y), \(x.z)) is not finite; model: "
                + potential.culprit(atom: i)
        }
        guard judge != nil else {
            throw SimulationError(
                "step \(system.step): \(told ?? "a force is not finite"). "
                    + "Overlapping atoms, a time step that is too long, or a configuration far outside the model's data.")
        }
        let owner = system.communicator.all(.min, bad == nil ? system.communicator.size : system.communicator.rank)
        let message = String(decoding: system.communicator.broadcast(told.map { Array($0.utf8) }, from: owner), as: UTF8.self)
        let atom = system.communicator.all(.max, system.communicator.rank == owner ? bad.map { Int(system.atoms.id[$0]) } ?? 0 : 0)
        throw SimulationError(
            "step \(system.step): \(message)", breakdown: Breakdown(rule: "non-finite", atoms: [Int64(atom)], message: message))
    }

    // MARK: - Schedules

    func isDue(_ observer: any Observer) -> Bool {
        let isAtEnd = system.step == current.last && !isCutShort
        return observer.nextStep(after: system.step - 1) == system.step || isAtEnd && observer.looksAtEnd(of: current)
    }

    func wantedNow(atStart: Bool = false) -> Wanted {
        var wanted: Wanted = []
        for observer in observers where atStart ? observer.looksAtStart(of: current) : isDue(observer) { wanted.formUnion(observer.wants) }
        for fix in fixes { wanted.formUnion(fix.wants(at: system.step)) }
        return wanted.intersection(potential.computable.union([.members, .atomQuantities]))
    }
}
