import Deck
import Domain
import Integrators
import Potentials

/// What a deck has asked to be watched: computes, the thermo table, dumps.
///
/// `observers` are what a `Simulation` is given for a run, in the order in which they look: dumps, then the table, as LAMMPS prints.
public final class Observation {
    public weak var host: (any ObservationHost)?
    public private(set) var computes: [any Compute] = []
    public private(set) var thermo: Thermo!
    public private(set) var dumps: [Dump] = []
    /// Others' observers (deviation files, restarts), which look between dumps and the table.
    public var others: [any Observer] = []
    /// What the last run said of its neighbour list.
    var reportedNeighbours = ""
    /// Computes and variables whose wants are being collected, so that circles end.
    private var collecting: Set<String> = []
    /// What the present step's observers have evaluated so far.
    private(set) var current: Snapshot?

    /// Ids of the computes behind the table's `temp`, `press` and `pe`: always there, as in LAMMPS.
    public static let temperatureID = "thermo_temp"
    public static let pressureID = "thermo_press"
    public static let energyID = "thermo_pe"

    public init() {
        computes = [
            TemperatureCompute(id: Self.temperatureID, group: .all),
            PressureCompute(id: Self.pressureID, temperatureID: Self.temperatureID),
            PotentialEnergyCompute(id: Self.energyID),
        ]
        thermo = Thermo(self)
    }

    public var observers: [any Observer] { dumps as [any Observer] + others + [thermo] }

    func requireHost() throws(DeckError) -> any ObservationHost {
        guard let host else { throw DeckError("nothing to observe yet", at: nil) }
        return host
    }

    // MARK: - Computes

    public func compute(_ id: String) -> (any Compute)? { computes.first { $0.id == id } }

    public func requireCompute(_ id: String, at location: SourceLocation? = nil) throws(DeckError) -> any Compute {
        guard let compute = compute(id) else {
            throw DeckError.unknownID("compute", id, known: computes.map(\.id), at: location)
        }
        return compute
    }

    public func requireCompute(_ word: Word) throws(DeckError) -> any Compute { try requireCompute(word.text, at: word.location) }

    /// `compute ID group style ...`, whose id and group have been read.
    /// - Throws: `DeckError` at the word that is wrong.
    public func makeCompute(id: Word, group: Group, _ words: inout Words, styles: [ComputeStyle] = ComputeStyle.builtin) throws
        -> any Compute
    {
        guard compute(id.text) == nil else { throw DeckError("there is already a compute '\(id.text)'", at: id.location) }
        let name = try words.word("a compute style")
        guard let style = styles.first(where: { $0.name == name.text }) else {
            if let reason = ComputeStyle.refused[name.text] {
                throw DeckError("compute \(name.text) is not supported: \(reason)", at: name.location)
            }
            throw DeckError.unknown("compute style", name, known: styles.map(\.name))
        }
        words.context = "compute \(style.name)"
        let location = words.location
        return try placing(at: location) { try style.make(id.text, group, &words, self) }
    }

    public func add(_ compute: any Compute) { computes.append(compute) }

    /// - Throws: `DeckError` when something still uses it.
    public func removeCompute(_ word: Word) throws {
        let compute = try requireCompute(word)
        guard ![Self.temperatureID, Self.pressureID, Self.energyID].contains(compute.id) else {
            throw DeckError("'\(compute.id)' belongs to the thermo table and stays", at: word.location)
        }
        computes.removeAll { $0.id == compute.id }
    }

    /// What a step at which this compute is asked for must compute, its inputs included.
    public func wants(of id: String) -> Wanted {
        guard let compute = compute(id), collecting.insert("c_" + id).inserted else { return [] }
        defer { collecting.remove("c_" + id) }
        return compute.inputs.reduce(compute.wants) { $0.union(wants(of: $1)) }
    }

    /// What a step at which this variable is evaluated must compute, where the potential can: a formula need not use all that it names.
    public func wants(ofVariable name: String) -> Wanted {
        guard let host, let potential = host.watchedPotential, collecting.insert("v_" + name).inserted else { return [] }
        defer { collecting.remove("v_" + name) }
        let inputs = host.variableInputs(name)
        var wanted: Wanted = []
        for reference in inputs.references where reference.kind == .compute { wanted.formUnion(wants(of: reference.id)) }
        for keyword in inputs.keywords { wanted.formUnion(ThermoKeyword.byName[keyword]?.wants ?? []) }
        return wanted.intersection(potential.computable.union([.members, .atomQuantities]))
    }

    /// What all computes together want: for steps at which a formula, which may use any of them, is evaluated.
    public var wantsOfAll: Wanted {
        guard let potential = host?.watchedPotential else { return [] }
        // Energy and virial only where the potential has them: a formula need not use them.
        let all = computes.reduce(Wanted()) { $0.union(wants(of: $1.id)) }
        return all.intersection(potential.computable.union([.members, .atomQuantities]))
    }

    // MARK: - Snapshots

    /// The snapshot that observers of this step share.
    func open(_ simulation: Simulation, _ run: Run) -> Snapshot {
        if let current, current.step == simulation.system.step { return current }
        let fresh = Snapshot(
            self, system: simulation.system, potential: simulation.potential, fixes: simulation.fixes, simulation: simulation, run: run)
        current = fresh
        return fresh
    }

    /// Evaluates on a snapshot of its own, which formulas share meanwhile: for fixes within a step, after which others may still change
    /// what has been measured. Collective.
    func freshly<R>(_ body: (Snapshot) throws -> R) throws -> R {
        let before = current
        current = nil
        current = try snapshot()
        defer { current = before }
        return try body(snapshot())
    }

    /// Forgets the shared snapshot: before a run's first look and after its last.
    func close() { current = nil }

    /// The system as it is now: what observers are looking at, or else a new snapshot.
    /// - Throws: `DeckError` when there is no box yet.
    public func snapshot() throws -> Snapshot {
        let host = try requireHost()
        guard let system = host.watchedSystem else {
            throw DeckError("there is no simulation box yet", at: nil)
        }
        if let current, current.system === system, current.step == system.step { return current }
        return Snapshot(
            self, system: system, potential: host.watchedSimulation?.potential ?? host.watchedPotential, fixes: host.watchedFixes,
            simulation: host.watchedSimulation, run: host.watchedSimulation?.current)
    }

    /// Prepares every compute for a run; called by the first observer of each run.
    func prepareComputes(_ simulation: Simulation, _ run: Run) throws {
        close()
        let snapshot = Snapshot(
            self, system: simulation.system, potential: simulation.potential, fixes: simulation.fixes, simulation: simulation, run: run)
        for compute in computes { try compute.prepare(snapshot) }
    }

    // MARK: - Dumps

    public func dump(_ word: Word) throws -> Dump {
        guard let dump = dumps.first(where: { $0.id == word.text }) else {
            throw DeckError.unknownID("dump", word.text, known: dumps.map(\.id), at: word.location)
        }
        return dump
    }

    public func add(_ dump: Dump) { dumps.append(dump) }

    public func removeDump(_ dump: Dump) {
        dump.closeFile()
        dump.forgetLastValues()
        dumps.removeAll { $0 === dump }
    }

    // MARK: - Checks

    /// - Throws: `DeckError` at the place when there is no such variable.
    func checkVariable(_ name: String, at location: SourceLocation?) throws {
        guard try requireHost().variableStyle(name) != nil else {
            throw DeckError("there is no variable '\(name)'", at: location)
        }
    }

    /// Refuses, before a run, what the potential cannot compute.
    func checkCapabilities(_ wanted: Wanted, of what: String, _ potential: any Potential, at location: SourceLocation?, hint: String = "")
        throws
    {
        guard let missing = potential.lacks(wanted) else { return }
        throw DeckError("\(what) needs the \(missing), which pair_style \(potential.style) does not have\(hint)", at: location)
    }
}
