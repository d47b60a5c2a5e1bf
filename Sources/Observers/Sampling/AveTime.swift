import Deck
import Domain
import Integrators
import Potentials

/// `fix ave/time`: averages of global values over time, told to a file and as f_ID (one value), f_ID[i] (several values, or with
/// `mode vector` one column) or f_ID[i][j] (`mode vector`, row i of column j).
///
/// Samples are taken at the end of steps, and before a run's first. Before the first average all is 0. What has been sampled goes into
/// restarts.
public final class AveTime: Fix {
    static let entry = ObservingFixStyle(
        name: "ave/time",
        usage: """
            fix ID GROUP ave/time NEVERY NREPEAT NFREQ INPUT ... [mode scalar|vector] [ave one|running|window M] [start STEP] [off I]
                [file F] [append F] [overwrite] [format %g] [title1 T] [title2 T] [title3 T]   (INPUT: c_ID c_ID[i] f_ID f_ID[i] v_NAME)
            """
    ) { words, setup, observation in
        let schedule = try SampleSchedule(&words)
        let place = words.location
        let inputs = try words.inputs(while: Words.isReference)
        guard !inputs.isEmpty else { throw DeckError("fix ave/time needs at least one input: c_ID, f_ID or v_NAME", at: place) }
        var settings = Settings(schedule: schedule)
        while let word = words.peek {
            let keyword = try words.choice(
                "a keyword of fix ave/time", (["mode", "ave", "start", "off"] + SampleFile.Settings.keywords).map { ($0, $0) })
            switch keyword {
            case "mode": settings.isVector = try words.choice("scalar or vector", [("scalar", false), ("vector", true)])
            case "ave": settings.kind = try AverageHistory.read(&words)
            case "start": settings.schedule.start = try words.int("the first step")
            case "off": settings.off.append(try words.positiveInt("the number of an input"))
            default:
                guard try settings.file.read(keyword, &words) else { throw words.error("'\(word.text)' is not supported", at: word) }
                if keyword == "file" || keyword == "append", let path = settings.file.path,
                    path.hasSuffix(".yaml") || path.hasSuffix(".yml")
                {
                    throw words.error("LAMMPS would write YAML to '\(path)', which is not supported: choose another ending")
                }
            }
        }
        if settings.file.overwrites && settings.kind != .running { throw words.error("overwrite needs 'ave running'") }
        let expanded = try expandWildcards(inputs, perAtom: false, isArray: settings.isVector, observation)
        let values = try expanded.map { try GlobalInput($0, isColumn: settings.isVector, observation) }
        guard settings.off.allSatisfy({ $0 <= values.count }) else { throw words.error("off: there are inputs 1 to \(values.count)") }
        return AveTime(setup, values, settings, observation)
    }

    struct Settings {
        var schedule: SampleSchedule
        var isVector = false
        var kind = AverageHistory.Kind.one
        /// Numbers of inputs, from 1, that are not averaged.
        var off: [Int] = []
        var file = SampleFile.Settings()
    }

    public let id: String
    public let style = "ave/time"
    public var group: Group
    private let values: [GlobalInput]
    private let settings: Settings
    private var schedule: SampleSchedule
    private var history: AverageHistory
    private let file: SampleFile
    private unowned let observation: Observation
    /// Row by row.
    private var sums: [Double] = []
    private var rows = 1

    init(_ setup: FixSetup, _ values: [GlobalInput], _ settings: Settings, _ observation: Observation) {
        (id, group, self.values, self.settings, self.observation) = (setup.id, setup.group, values, settings, observation)
        schedule = settings.schedule
        history = AverageHistory(settings.kind)
        file = SampleFile(settings.file)
        _ = schedule.begin(at: setup.system.step, isFirst: true)
        if settings.isVector { rows = values.map { $0.rows(observation) }.max() ?? 0 }
    }

    public func wants(at step: Int) -> Wanted {
        step == schedule.next ? values.reduce([]) { $0.union($1.wants(observation)) } : []
    }

    public func prepare(_ system: System) throws {
        _ = schedule.begin(at: system.step, isFirst: false)
        try file.open(observation, system.communicator, head: head)
    }

    public func setup(_ system: System) throws { try endOfStep(system) }

    public func endOfStep(_ system: System) throws {
        guard system.step == schedule.next else { return }
        let sample = try observation.freshly { snapshot in
            guard settings.isVector else { return try values.map { try $0.number(snapshot) } }
            let columns = try values.map { try $0.column(snapshot) }
            let rows = columns[0].count
            if let other = columns.firstIndex(where: { $0.count != rows }) {
                throw DeckError(
                    "fix \(id): '\(values[other].name)' has \(columns[other].count) rows, '\(values[0].name)' \(rows)",
                    at: values[other].location)
            }
            return (0..<rows).flatMap { row in columns.map { $0[row] } }
        }
        if settings.isVector {
            let length = sample.count / values.count
            if schedule.taken > 0 && length != rows {
                throw DeckError("fix \(id): the columns have changed their length from \(rows) to \(length)", at: values[0].location)
            }
            rows = length
        }
        if schedule.taken == 0 || sums.count != sample.count { sums = Array(repeating: 0, count: sample.count) }
        for k in sample.indices { if isOff(k) { sums[k] = sample[k] } else { sums[k] += sample[k] } }
        guard schedule.advance() else { return }
        for k in sums.indices where !isOff(k) { sums[k] /= Double(schedule.repeats) }
        history.add(sums)
        for k in sums.indices where isOff(k) { history.replace(k, by: sums[k]) }
        try file.write(text(system.step), system.communicator)
    }

    private func isOff(_ k: Int) -> Bool { settings.off.contains(k % values.count + 1) }

    // MARK: - What it tells

    private var means: [Double] { history.count > 0 ? history.mean : Array(repeating: 0, count: rows * values.count) }

    public var scalar: Double? { !settings.isVector && values.count == 1 ? means[0] : nil }
    public var vector: [Double] { settings.isVector ? (values.count == 1 ? means : []) : (values.count > 1 ? means : []) }
    public var array: [[Double]] {
        guard settings.isVector, values.count > 1 else { return [] }
        let means = means
        return (0..<rows).map { Array(means[$0 * values.count..<($0 + 1) * values.count]) }
    }
    public var isExtensive: Bool { values[0].isExtensive(observation) }
    public var isVectorExtensive: Bool { values.allSatisfy { $0.isExtensive(observation) } }

    public func save(_ state: inout StateWriter) {
        schedule.save(&state)
        history.save(&state)
        state.put(sums)
        state.put(rows)
        file.save(&state)
    }

    public func restore(_ state: inout StateReader) throws {
        try schedule.restore(&state)
        try history.restore(&state)
        sums = try state.doubles()
        rows = try state.int()
        try file.restore(&state)
    }

    // MARK: - The file

    private func head() -> String {
        let names = values.map { " " + $0.name }.joined(), titles = settings.file.titles
        var lines = [titles[0] ?? "# Time-averaged data for fix \(id)"]
        if settings.isVector {
            lines += [titles[1] ?? "# TimeStep Number-of-rows", titles[2] ?? "# Row" + names]
        } else {
            lines.append(titles[1] ?? "# TimeStep" + names)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func text(_ step: Int) -> String {
        let format = settings.file.format, means = means
        guard settings.isVector else { return "\(step)" + means.map(format.string).joined() + "\n" }
        return (0..<rows).reduce("\(step) \(rows)\n") { text, row in
            text + "\(row + 1)" + means[row * values.count..<(row + 1) * values.count].map(format.string).joined() + "\n"
        }
    }
}
