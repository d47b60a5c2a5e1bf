import Deck
import Domain
import Integrators
import Potentials

/// `fix stability`: declares the run unstable at the first look at which a rule is broken, writes which, when, and by which atoms, and ends
/// it with exit status 76 (`Unstable.status`), which no error has.
///
/// It looks every N steps, at the end of the step. Beside the rules of its line, atoms that are lost and forces that are not finite are
/// always found, the latter at any step; with no such fix these are errors. Rules break as `StabilityRule`'s implementations say.
/// References are taken at the first set-up and go into restarts.
///
/// - `file`: a JSON object, `{"unstable": true, "rule": "bond", "step": ..., "time_ps": ..., "atoms": [...], "value": ..., "threshold":
///   ...}` or
///   `{"unstable": false, "step": ..., "time_ps": ...}`; times count from the first set-up (`time_ps` null in units lj; `time` is in time
///   units). It is there from the first set-up on and replaced at once.
/// - `frames`: extended XYZ as `dump extxyz` writes it, a frame a look: between K and 2 K of the last ones, the breaking one included.
///
/// Later commands of the deck are executed, later runs are skipped; after forces that are not finite or a loss of atoms nothing is.
/// f_ID is 0, or 1 when unstable; f_ID[1] is the time in time units since the first set-up.
public final class StabilityFix: Fix, StabilityJudge {
    static let entry = ObservingFixStyle(
        name: "stability",
        usage: """
            fix ID GROUP stability N [bond DELTA [scale S|within R]] [distance R] [temp LO HI] [pe DELTA] [drift DELTA] \
            [rdf BINS R DELTA SAMPLES [reference FILE]] [deviation MAX] [atom c_ID|f_ID|v_NAME MAX] [value c_ID|f_ID|v_NAME LO HI] \
            [file FILE.json] [frames K FILE.extxyz]
            """
    ) { words, setup, observation in
        let every = try words.positiveInt("the number of steps between looks")
        var rules: [any StabilityRule] = [], output = Output()
        while !words.isAtEnd {
            let place = words.location
            switch try words.choice("a rule, file or frames", StabilityFix.keywords) {
            case .file: output.path = try words.string("the file of the verdict")
            case .frames:
                output.frames = try words.positiveInt("how many of the last frames to keep")
                output.framePath = try words.string("the file of the last frames")
            case .rule(let name): rules.append(try StabilityFix.rule(name, &words, setup, observation, at: place))
            }
        }
        return StabilityFix(setup, every: every, rules, output, observation, at: words.location)
    }

    struct Output {
        var path = "stability.json"
        var frames = 0
        var framePath: String?
    }

    private enum Keyword { case file, frames, rule(String) }
    private static let keywords =
        ["bond", "distance", "temp", "pe", "drift", "rdf", "deviation", "atom", "value"].map { ($0, Keyword.rule($0)) }
        + [("file", .file), ("frames", .frames)]

    public let id: String
    public let style = "stability"
    public var group: Group
    private let every: Int
    private let rules: [any StabilityRule]
    private let output: Output
    private let dump: Dump?
    private unowned let observation: Observation
    /// Step and time of the first set-up.
    private var start: (step: Int, time: Double)?
    private var isUnstable = false
    private var elapsed = 0.0

    init(
        _ setup: FixSetup, every: Int, _ rules: [any StabilityRule], _ output: Output, _ observation: Observation,
        at location: SourceLocation?
    ) {
        (id, group, self.every, self.rules, self.output, self.observation) = (setup.id, setup.group, every, rules, output, observation)
        dump = output.framePath.map {
            Dump(
                id: setup.id, style: "fix stability", path: $0, group: .all, schedule: Schedule(.never), format: ExtendedXYZFormat(),
                observation,
                at: location)
        }
    }

    public func wants(at step: Int) -> Wanted {
        guard step % every == 0 || step == start?.step || start == nil else { return [] }
        return rules.reduce(dump == nil ? [] : [.members, .energy, .virial]) { $0.union($1.wants) }
    }

    public func prepare(_ system: System) throws {
        let snapshot = try observation.snapshot()
        for rule in rules { try rule.prepare(snapshot) }
        try dump?.open(system)
    }

    public func setup(_ system: System) throws {
        elapsed = system.time - (start?.time ?? system.time)
        guard start == nil else { return }
        start = (system.step, system.time)
        try observation.freshly { snapshot in for rule in rules { try rule.begin(snapshot) } }
        try write(nil, system)
    }

    public func endOfStep(_ system: System) throws {
        if system.step == system.run.last { try write(nil, system) }
        guard system.step % every == 0, let start else { return }
        elapsed = system.time - start.time
        try observation.freshly { snapshot in
            if let dump {
                try dump.append(snapshot)
                try dump.keepLast(output.frames)
            }
            try checkAtoms(system)
            for rule in rules {
                guard let violation = try rule.look(snapshot) else { continue }
                try declare(rule.name, violation, system)
                let message = "Fix stability \(id): unstable at step \(system.step): \(told(rule.name, violation))"
                system.stop = Stop(message: system.stop?.message ?? message, skipsLaterRuns: true, status: Unstable.status)
                return
            }
        }
    }

    /// Atoms that are gone, and velocities without a finite kinetic energy, which no rule need watch.
    private func checkAtoms(_ system: System) throws {
        let now = system.communicator.sum(system.atoms.owned)
        if now != system.atoms.total {
            try breakDown(Breakdown(rule: "lost", atoms: [], message: "\(system.atoms.total - now) atoms are lost"), system)
        }
        let runaway = (0..<system.atoms.owned).first { i in
            let v = system.atoms.velocity[i]
            return !(v.x * v.x + v.y * v.y + v.z * v.z).isFinite
        }
        let id = system.communicator.all(.max, runaway.map { Int(system.atoms.id[$0]) } ?? 0)
        guard id != 0 else { return }
        try breakDown(
            Breakdown(rule: "non-finite", atoms: [Int64(id)], message: "the kinetic energy of atom \(id) is not finite"), system)
    }

    public func breakDown(_ breakdown: Breakdown, _ system: System) throws -> Never {
        elapsed = system.time - (start?.time ?? system.time)
        try declare(breakdown.rule, Violation(value: .nan, threshold: .nan, atoms: breakdown.atoms), system)
        throw Unstable("Fix stability \(id): unstable at step \(system.step): \(breakdown.message)")
    }

    public var scalar: Double? { isUnstable ? 1 : 0 }
    public var vector: [Double] { [elapsed] }

    // MARK: - The verdict

    private func declare(_ rule: String, _ violation: Violation, _ system: System) throws {
        isUnstable = true
        try write((rule, violation), system)
    }

    private func told(_ rule: String, _ violation: Violation) -> String {
        let format = NumberFormat.table("%g")
        let atoms = violation.atoms.isEmpty ? "" : " of atoms \(violation.atoms.map(String.init).joined(separator: " "))"
        return "\(rule)\(atoms) is \(format.string(violation.value)), beyond \(format.string(violation.threshold))"
    }

    /// Replaces the file. A run that has been declared unstable stays so.
    private func write(_ finding: (rule: String, violation: Violation)?, _ system: System) throws {
        guard finding != nil || !isUnstable else { return }
        let time = system.time - (start?.time ?? system.time)
        func number(_ value: Double?) -> String { value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null" }
        var text = "{\"unstable\": \(finding != nil), "
        if let finding {
            text += "\"rule\": \"\(finding.rule)\", \"atoms\": [\(finding.violation.atoms.map(String.init).joined(separator: ", "))], "
            text += "\"value\": \(number(finding.violation.value)), \"threshold\": \(number(finding.violation.threshold)), "
        }
        text += "\"step\": \(system.step), \"steps\": \(system.step - (start?.step ?? system.step)), \"time\": \(number(time)), "
        text += "\"time_ps\": \(number(system.units.picosecond.map { time / $0 }))}\n"
        let host = try observation.requireHost()
        try system.communicator.onFirstRank { try OutputFile.replace(output.path, with: Array(text.utf8), isInput: host.isInput) }
    }

    // MARK: - Restart

    public func save(_ state: inout StateWriter) {
        state.put(start.map { [Double($0.step), $0.time] } ?? [])
        state.put(isUnstable)
        for rule in rules { rule.save(&state) }
        dump?.saveFrames(&state)
    }

    public func restore(_ state: inout StateReader) throws {
        let begun = try state.doubles()
        start = begun.count == 2 ? (Int(begun[0]), begun[1]) : nil
        isUnstable = try state.bool()
        for rule in rules { try rule.restore(&state) }
        try dump?.restoreFrames(&state)
    }
}

// MARK: - Rules of a line

extension StabilityFix {
    private static func rule(
        _ name: String, _ words: inout Words, _ setup: FixSetup, _ observation: Observation, at place: SourceLocation
    ) throws -> any StabilityRule {
        switch name {
        case "bond":
            let most = try words.positiveDouble("the largest change of a bond's length")
            var reach = BondRule.Reach.scale(1.25)
            if words.optional("scale") {
                reach = .scale(try words.positiveDouble("the factor on the sum of covalent radii"))
            } else if words.optional("within") {
                reach = .distance(try words.positiveDouble("the distance within which atoms are bonded"))
            }
            return BondRule(setup, most: most, reach, at: place)
        case "distance": return DistanceRule(setup, least: try words.positiveDouble("the smallest distance of atoms"), at: place)
        case "temp": return BoundRule(name: name, .temperature, try bounds(&words, "temperature"))
        case "pe", "drift":
            try requireEnergy(observation, of: name, at: place)
            return EnergyRule(isConserved: name == "drift", most: try words.positiveDouble("the largest change of energy per atom"))
        case "rdf": return try structure(&words, setup, observation, at: place)
        case "deviation":
            let most = try words.positiveDouble("the largest deviation of an atom's force among the ensemble's members")
            _ = try observation.requireEnsemble(of: "deviation", at: place)
            return AtomRule(name: name, group: setup.group, most: most, wants: .members) { [unowned observation] snapshot in
                let ensemble = try observation.requireEnsemble(of: "deviation", at: place)
                return (0..<snapshot.owned).map { ensemble.forceDeviation(atom: $0) }
            }
        case "atom":
            let word = try words.word("c_ID, f_ID or v_NAME with a value for each atom")
            let input = try AtomInput(word, observation, what: "fix stability")
            return AtomRule(
                name: word.text, group: setup.group, most: try words.double("the largest value"), wants: input.wants(observation)
            ) { try input.values($0) }
        default:
            let word = try words.word("c_ID, f_ID or v_NAME")
            let input = try GlobalInput(word, isColumn: false, observation)
            return BoundRule(name: word.text, .input(input), try bounds(&words, "value"), wants: input.wants(observation))
        }
    }

    private static func bounds(_ words: inout Words, _ what: String) throws -> ClosedRange<Double> {
        let low = try words.double("the lowest \(what)"), high = try words.double("the highest \(what)")
        guard low <= high else { throw words.error("the lowest \(what), \(low), is above the highest, \(high)") }
        return low...high
    }

    private static func requireEnergy(_ observation: Observation, of rule: String, at place: SourceLocation) throws {
        guard let potential = try observation.requireHost().watchedPotential else { return }
        try observation.checkCapabilities(.energy, of: "fix stability \(rule)", potential, at: place)
        guard let whose = potential.energyIsOf else { return }
        throw DeckError("\(rule): the energy of \(potential.style) is that of \(whose), which its forces do not conserve", at: place)
    }

    private static func structure(
        _ words: inout Words, _ setup: FixSetup, _ observation: Observation, at place: SourceLocation
    ) throws -> StructureRule {
        let bins = try words.positiveInt("the number of bins"), cutoff = try words.positiveDouble("the largest distance")
        let most = try words.positiveDouble("the largest integral of |g - g_ref|")
        let window = try words.positiveInt("the number of samples of a window")
        var reference: [Double]?
        if words.optional("reference") {
            let word = try words.word("the file of r and g")
            let text = String(decoding: try observation.requireHost().readInput(word.text, at: word.location), as: UTF8.self)
            reference = try StructureRule.table(text, bins: bins, cutoff: cutoff, at: word.location)
        }
        return StructureRule(
            setup, bins: bins, cutoff: cutoff, most: most, window: window, reference: reference, types: setup.system.atoms.typeCount,
            at: place)
    }
}
