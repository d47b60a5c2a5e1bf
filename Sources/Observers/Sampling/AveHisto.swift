import Deck
import Domain
import Integrators
import Potentials

/// `fix ave/histo`: histograms of global or per-atom values, summed over the samples of an interval: rows f_ID[bin] = the bin's middle, the
/// count, the count over all that were counted; f_ID[1..4] = values counted, values left out, smallest and largest value.
///
/// With `beyond end` the outer bins hold what lies outside too, with `extra` two more bins do. What has been sampled goes into restarts.
public final class AveHisto: Fix {
    static let entry = ObservingFixStyle(
        name: "ave/histo",
        usage: """
            fix ID GROUP ave/histo NEVERY NREPEAT NFREQ LO HI BINS INPUT ... [mode scalar|vector] [kind global|peratom] [ave one|running|window M]
                [start STEP] [beyond ignore|end|extra] [file F] [append F] [overwrite] [title1 T] [title2 T] [title3 T]
                (INPUT: c_ID c_ID[i] f_ID f_ID[i] v_NAME, or x vx fx ...)
            """
    ) { words, setup, observation in
        var settings = Settings(schedule: try SampleSchedule(&words))
        settings.low = try words.double("the lower end")
        settings.high = try words.double("the upper end")
        guard settings.high > settings.low else { throw words.error("the upper end must be above the lower one, \(settings.low)") }
        settings.bins = try words.positiveInt("the number of bins")
        let place = words.location
        let properties = ["x", "y", "z"].flatMap { [$0, "v" + $0, "f" + $0] }
        let inputs = try words.inputs { Words.isReference($0) || properties.contains($0) }
        guard let first = inputs.first else { throw DeckError("fix ave/histo needs at least one input", at: place) }
        var isPerAtom: Bool?, isVector = false
        let keywords = ["mode", "kind", "ave", "start", "beyond"] + SampleFile.Settings.keywords.filter { $0 != "format" }
        while let word = words.peek {
            let keyword = try words.choice("a keyword of fix ave/histo", keywords.map { ($0, $0) })
            switch keyword {
            case "mode": isVector = try words.choice("scalar or vector", [("scalar", false), ("vector", true)])
            case "kind": isPerAtom = try words.choice("global or peratom", [("global", false), ("peratom", true)])
            case "ave": settings.kind = try AverageHistory.read(&words)
            case "start": settings.schedule.start = try words.int("the first step")
            case "beyond":
                settings.beyond = try words.choice("ignore, end or extra", [("ignore", .ignore), ("end", .end), ("extra", .extra)])
            default: guard try settings.file.read(keyword, &words) else { throw words.error("'\(word.text)' is not supported", at: word) }
            }
        }
        if settings.file.overwrites && settings.kind != .running { throw words.error("overwrite needs 'ave running'") }
        let source: Source
        if try isPerAtom ?? observation.isPerAtom(first, properties) {
            let words = try expandWildcards(inputs, perAtom: true, observation)
            source = .atoms(try words.map { try AtomInput($0, observation, what: "input") })
        } else {
            let words = try expandWildcards(inputs, perAtom: false, isArray: isVector, observation)
            source = .global(try words.map { try GlobalInput($0, isColumn: isVector, observation) })
        }
        return AveHisto(setup, source, settings, observation)
    }

    enum Source {
        case global([GlobalInput])
        case atoms([AtomInput])
    }
    enum Beyond { case ignore, end, extra }

    struct Settings {
        var schedule: SampleSchedule
        var low = 0.0
        var high = 0.0
        var bins = 1
        var kind = AverageHistory.Kind.one
        var beyond = Beyond.ignore
        var file = SampleFile.Settings()
    }

    public let id: String
    public let style = "ave/histo"
    public var group: Group
    private let source: Source
    private let settings: Settings
    private var schedule: SampleSchedule
    /// Counted, left out, then the bins.
    private var history: AverageHistory
    private var counts: [Double]
    private var least = Double.greatestFiniteMagnitude
    private var most = -Double.greatestFiniteMagnitude
    /// Extremes of each average that is told of: the last one, all in one, or those in the window.
    private var extremes: [[Double]] = []
    private let file: SampleFile
    private unowned let observation: Observation

    init(_ setup: FixSetup, _ source: Source, _ settings: Settings, _ observation: Observation) {
        (id, group, self.source, self.settings, self.observation) = (setup.id, setup.group, source, settings, observation)
        schedule = settings.schedule
        history = AverageHistory(settings.kind)
        file = SampleFile(settings.file)
        counts = Array(repeating: 0, count: 2 + settings.bins + (settings.beyond == .extra ? 2 : 0))
        _ = schedule.begin(at: setup.system.step, isFirst: true)
    }

    private var bins: Int { counts.count - 2 }
    private var width: Double { (settings.high - settings.low) / Double(settings.bins) }

    public func wants(at step: Int) -> Wanted {
        guard step == schedule.next else { return [] }
        switch source {
        case .global(let inputs): return inputs.reduce([]) { $0.union($1.wants(observation)) }
        case .atoms(let inputs): return inputs.reduce([]) { $0.union($1.wants(observation)) }
        }
    }

    public func prepare(_ system: System) throws {
        _ = schedule.begin(at: system.step, isFirst: false)
        try file.open(observation, system.communicator) {
            let titles = settings.file.titles
            return [
                titles[0] ?? "# Histogrammed data for fix \(id)",
                titles[1] ?? "# TimeStep Number-of-bins Total-counts Missing-counts Min-value Max-value",
                titles[2] ?? "# Bin Coord Count Count/Total",
            ].joined(separator: "\n") + "\n"
        }
    }

    public func setup(_ system: System) throws { try endOfStep(system) }

    public func endOfStep(_ system: System) throws {
        guard system.step == schedule.next else { return }
        if schedule.taken == 0 {
            counts = counts.map { _ in 0 }
            (least, most) = (.greatestFiniteMagnitude, -.greatestFiniteMagnitude)
        }
        try sample(system)
        guard schedule.advance() else { return }
        history.add(counts)
        switch settings.kind {
        case .one: extremes = [[least, most]]
        case .running: extremes = [[min(extremes.first?[0] ?? least, least), max(extremes.first?[1] ?? most, most)]]
        case .window(let size): extremes = (extremes + [[least, most]]).suffix(size)
        }
        try file.write(text(system.step), system.communicator)
    }

    private func sample(_ system: System) throws {
        var fresh = counts.map { _ in 0.0 }
        var low = Double.greatestFiniteMagnitude, high = -Double.greatestFiniteMagnitude
        func count(_ value: Double) {
            (low, high) = (min(low, value), max(high, value))
            let last = bins - 1
            let bin: Int
            if value < settings.low || value > settings.high {
                guard settings.beyond != .ignore else {
                    fresh[1] += 1
                    return
                }
                bin = value < settings.low ? 0 : last
            } else {
                let inner = min(Int((value - settings.low) * (1 / width)), settings.bins - 1)
                bin = settings.beyond == .extra ? inner + 1 : inner
            }
            fresh[0] += 1
            fresh[2 + bin] += 1
        }
        try observation.freshly { snapshot in
            switch source {
            case .global(let inputs):
                for input in inputs {
                    for value in input.isColumn ? try input.column(snapshot) : [try input.number(snapshot)] { count(value) }
                }
            case .atoms(let inputs):
                for input in inputs {
                    let column = try input.values(snapshot)
                    for i in column.indices where system.atoms.mask[i] & group.bit != 0 { count(column[i]) }
                }
                system.communicator.all(.sum, &fresh)
                (low, high) = (system.communicator.min(low), system.communicator.max(high))
            }
        }
        for k in fresh.indices { counts[k] += fresh[k] }
        (least, most) = (min(least, low), max(most, high))
    }

    // MARK: - What it tells

    /// Counts are summed over averages, not averaged.
    private var totals: [Double] { history.count > 0 ? history.total : counts.map { _ in 0 } }

    public var vector: [Double] {
        let totals = totals
        return [totals[0], totals[1], extremes.map { $0[0] }.min() ?? 0, extremes.map { $0[1] }.max() ?? 0]
    }

    public var array: [[Double]] {
        let totals = totals
        return (0..<bins).map { bin in
            [coordinate(bin), totals[2 + bin], totals[0] != 0 ? totals[2 + bin] / totals[0] : 0]
        }
    }

    private func coordinate(_ bin: Int) -> Double {
        guard settings.beyond == .extra else { return settings.low + (Double(bin) + 0.5) * width }
        if bin == 0 { return settings.low }
        return bin == bins - 1 ? settings.high : settings.low + (Double(bin - 1) + 0.5) * width
    }

    private func text(_ step: Int) -> String {
        let general = NumberFormat.table("%g"), v = vector
        func number(_ x: Double) -> String { x == x.rounded() && x.magnitude < 1e15 ? String(Int(x)) : "\(x)" }
        return array.enumerated().reduce("\(step) \(bins) \(v.map(number).joined(separator: " "))\n") { text, row in
            text + "\(row.offset + 1) " + row.element.map(general.string).joined(separator: " ") + "\n"
        }
    }

    public func save(_ state: inout StateWriter) {
        schedule.save(&state)
        history.save(&state)
        state.put(counts)
        state.put(least)
        state.put(most)
        state.put(extremes.flatMap { $0 })
        file.save(&state)
    }

    public func restore(_ state: inout StateReader) throws {
        try schedule.restore(&state)
        try history.restore(&state)
        let saved = try state.doubles()
        guard saved.count == counts.count else { throw StateError() }
        counts = saved
        least = try state.double()
        most = try state.double()
        let flat = try state.doubles()
        guard flat.count % 2 == 0 else { throw StateError() }
        extremes = stride(from: 0, to: flat.count, by: 2).map { Array(flat[$0..<$0 + 2]) }
        try file.restore(&state)
    }
}

extension Observation {
    /// What LAMMPS takes an input of a histogram for when it is not told: values of atoms where there are no global ones.
    fileprivate func isPerAtom(_ word: Word, _ properties: [String]) throws -> Bool {
        if properties.contains(word.text) { return true }
        if word.text.hasPrefix("v_") {
            return try requireHost().variableStyle(String(word.text.dropFirst(2).prefix { $0 != "[" })) == .atom
        }
        let id = String(word.text.dropFirst(2).prefix { $0 != "[" })
        if word.text.hasPrefix("f_") { return try requireFix(id, at: word.location).atomProperty != nil }
        let shape = try requireCompute(id, at: word.location).shape
        return !shape.hasScalar && shape.vectorLength == nil && shape.arrayColumns == nil && shape.atomColumns != nil
    }
}
