import Deck
import Domain
import Potentials

/// How often the neighbour list is rebuilt (`neighbor`, `neigh_modify`).
public struct NeighbourSettings: Sendable {
    public var skin: Double
    public var every = 1
    public var delay = 0
    public var checksDistance = true
    /// `neigh_modify once yes`
    public var once = false
    /// At least this wide a halo (`comm_modify cutoff`).
    public var minimumHalo: Double = 0
    /// Pairs that are no neighbours (`neigh_modify exclude`).
    public var exclusions: [Exclusion] = []

    public enum Exclusion: Sendable, Equatable {
        /// One atom of each type.
        case types(Int32, Int32)
        /// One atom in each group; as in LAMMPS.
        case groups(Group, Group)
    }

    public init(skin: Double) { self.skin = skin }
}

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
    public private(set) var list: NeighbourList
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

    private let grid = CellGrid()
    /// Found at the last build of the lists, told at the next evaluation.
    private var missingPartner: MissingPartner?
    private let workspace = Workspace()
    var positionsAtBuild = Column<Vector>()
    var boxAtBuild: Box
    var lastBuild = 0
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
        boxAtBuild = system.box
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

    /// Configurations that `frames` puts into the system, one after the other (`rerun`): each is evaluated as a run's set-up would, fixes
    /// act on its forces and at the end of its step, and observers look when they are due; nothing is integrated. Collective.
    /// - Returns: the number of frames.
    @discardableResult
    public func replay(_ run: Run, _ frames: some FrameSource) throws -> Int {
        begin(run)
        defer { isRunning = false }
        checkpoint = nil
        counters = Counters()
        let start = Timings.now()
        var number = 0, isLast = false
        while !isLast, system.stop == nil {
            try frames.load()
            // The last frame is known before its forces are computed, since observers of a run's end want more of them.
            isLast = try !frames.advance()
            if number == 0 {
                current.first = system.step
                for fix in fixes { try fix.prepare(system) }
                for observer in observers { try observer.prepare(self, current) }
                timings = Timings()
            }
            current.last = isLast ? system.step : Int.max
            try settleRanks()
            for fix in fixes { try fix.setupPreExchange(system) }
            rebuild(isSetup: true)
            let due = observers.filter { number == 0 ? $0.looksAtStart(of: current) : isDue($0) }
            var wanted: Wanted = []
            for observer in due { wanted.formUnion(observer.wants) }
            for fix in fixes { wanted.formUnion(fix.wants(at: system.step)) }
            try computeForces(wanted.intersection(potential.computable.union(.members)))
            try checkFinite()
            try measureModify {
                for fix in fixes { try fix.setup(system) }
                for fix in fixes { try fix.endOfStep(system) }
            }
            isPrepared = true
            try timings.measure(.output) { for observer in due { try observer.observe(self, current) } }
            number += 1
        }
        timings.loop = Timings.now() - start
        for observer in observers { try observer.finish(self, current) }
        return number
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

    /// Decomposes the box anew and sends every atom home.
    public func settleRanks() throws {
        shrinkWrap()
        decomposition = try Self.decompose(system, processors)
        system.atoms.total = system.communicator.sum(system.atoms.owned)
        system.atoms.migrate(box: system.box, decomposition: decomposition, communicator: system.communicator)
        nextSort = 0
    }

    public var listDistance: Double { potential.requirements.cutoff > 0 ? potential.requirements.cutoff + neighbours.skin : 0 }
    public var haloWidth: Double { max(potential.requirements.haloDepth + neighbours.skin, neighbours.minimumHalo, bonded?.reach ?? 0) }

    func rebuild(isSetup: Bool = false) {
        timings.measure(.communication) {
            shrinkWrap()
            if let rate = system.boxRate, rate.remapsVelocities { wrap(rate) }
            followCuts()
            system.atoms.migrate(box: system.box, decomposition: decomposition, communicator: system.communicator)
            if sortEvery > 0, isSetup || system.step >= nextSort {
                system.atoms.sortSpatially(box: system.box, cellWidth: max(listDistance / 2, 1e-6))
                nextSort = (system.step / sortEvery + 1) * sortEvery
            }
        }
        buildHaloAndList()
        lastBuild = system.step
        if !isSetup { counters.builds += 1 }
    }

    /// Takes over the planes that balancing has moved.
    private func followCuts() {
        guard let cuts = system.cuts, cuts != decomposition.cuts else { return }
        decomposition = Decomposition(cuts: cuts, rank: decomposition.rank, size: decomposition.size) ?? decomposition
    }

    func buildHaloAndList() {
        timings.measure(.communication) {
            halo.box = system.box
            halo.build(&system.atoms, decomposition: decomposition, width: haloWidth)
        }
        timings.measure(.neighbour) {
            let kind = potential.requirements.list
            if list.kind != kind || list.distance != listDistance { list = NeighbourList(kind: kind, distance: listDistance) }
            if listDistance > 0 {
                grid.build(list, system.atoms, without: neighbours.exclusions.isEmpty ? nil : exclusion(), special: specialFilter())
            }
            missingPartner = nil
            do throws(MissingPartner) { try bonded?.rebuild(system.atoms, box: system.box, halo: haloWidth) } catch { missingPartner = error }
            positionsAtBuild.resize(to: system.atoms.owned, filling: .zero)
            for i in 0..<system.atoms.owned { positionsAtBuild[i] = system.atoms.position[i] }
            boxAtBuild = system.box
        }
    }

    /// What takes bonded neighbours out of the list, where there are any.
    private func specialFilter() -> SpecialFilter? {
        guard system.atoms.special != nil else { return nil }
        return SpecialFilter(
            specialBonds, box: system.box, keepsExcluded: potential.keepsExcludedPairs, scales: potential.specialTreatment == .scaled)
    }

    /// Whether a pair is excluded. Ghosts' groups come from their owners.
    private func exclusion() -> (Int, Int) -> Bool {
        let exclusions = neighbours.exclusions, type = system.atoms.type.pointer
        var mask = Column<UInt32>(repeating: 0, count: system.atoms.count)
        for i in 0..<system.atoms.owned { mask[i] = system.atoms.mask[i] }
        if exclusions.contains(where: { if case .groups = $0 { true } else { false } }) { halo.forward(&mask) }
        let masks = (0..<system.atoms.count).map { mask[$0] }
        return { i, j in
            exclusions.contains { one in
                switch one {
                case .types(let a, let b): type[i] == a && type[j] == b || type[i] == b && type[j] == a
                case .groups(let a, let b):
                    masks[i] & a.bit != 0 && masks[j] & b.bit != 0 || masks[i] & b.bit != 0 && masks[j] & a.bit != 0
                }
            }
        }
    }

    /// Wraps atoms into a box that is being deformed, with what that does to velocities.
    private func wrap(_ rate: BoxRate) {
        for i in 0..<system.atoms.owned {
            let before = system.atoms.image[i]
            system.box.wrap(&system.atoms.position[i], &system.atoms.image[i])
            let moved = system.atoms.image[i] &- before
            if moved != .zero, system.atoms.mask[i] & rate.group.bit != 0 { system.atoms.velocity[i] -= rate.velocity(moved) }
        }
    }

    /// LAMMPS' rule: never before `delay` steps, only every `every`, and with `check` only when an atom has moved half the skin.
    func needsRebuild() -> Bool {
        if fixes.contains(where: { $0.forcesRebuild(at: system.step) }) { return true }
        let age = system.step - lastBuild
        guard !neighbours.once, age >= neighbours.delay, age % neighbours.every == 0 else { return false }
        guard neighbours.checksDistance else { return true }
        let moved = timings.measure(.neighbour) { system.communicator.any(hasMovedTooFar()) }
        if moved && age == max(neighbours.every, neighbours.delay) { counters.dangerousBuilds += 1 }
        return moved
    }

    func hasMovedTooFar() -> Bool {
        var allowed = 0.5 * neighbours.skin
        if system.box != boxAtBuild {
            // The box's corners move too; LAMMPS takes what they moved from the allowance.
            let (a, b) = largestCornerMoves()
            allowed = 0.5 * (neighbours.skin - (a + b))
            if allowed < 0 { allowed = 0 }
        }
        let limit = allowed * allowed
        let x = system.atoms.position.pointer, old = positionsAtBuild.pointer
        for i in 0..<system.atoms.owned {
            let d = x[i] - old[i]
            if d.x * d.x + d.y * d.y + d.z * d.z > limit { return true }
        }
        return false
    }

    /// How far the box's lower and upper corner have moved since the list was built; of a triclinic box, the two corners that moved most.
    private func largestCornerMoves() -> (Double, Double) {
        guard system.box.isTriclinic else {
            let a = system.box.lo - boxAtBuild.lo, b = system.box.hi - boxAtBuild.hi
            return (a.dot(a).squareRoot(), b.dot(b).squareRoot())
        }
        var most = (0.0, 0.0)
        for corner in 0..<8 {
            let s = Vector(Double(corner & 1), Double(corner >> 1 & 1), Double(corner >> 2 & 1), 0)
            let d = system.box.cartesian(s) - boxAtBuild.cartesian(s)
            let distance = d.dot(d).squareRoot()
            if distance > most.0 { most = (distance, most.0) } else if distance > most.1 { most.1 = distance }
        }
        return most
    }

    /// Moves `s` and `m` faces to the outermost atoms.
    private func shrinkWrap() {
        guard system.box.hasShrinkWrap else { return }
        system.box.shrinkWrap(system.atoms, system.communicator)
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

/// Where `Simulation.replay` gets its configurations from. Both methods are collective.
public protocol FrameSource {
    /// Puts the present frame into the system: its step, box and atoms.
    func load() throws
    /// Moves to the next frame without changing the system; false when there is none.
    func advance() throws -> Bool
}
