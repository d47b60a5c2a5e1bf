import Deck
import Domain
import Integrators
import Potentials

/// `fix ave/chunk`: averages over time of what the atoms of each chunk of a `compute chunk/atom` have; told to a file and as f_ID[i][j]:
/// row i is chunk i; columns are the original number of a compressed chunk, coordinates of bins, the number of atoms, and the values.
/// Before the first average the numbers are 0. What has been sampled goes into restarts.
///
/// `norm all`: sum over samples and atoms over the number of these; `sample`: mean over samples of the mean over atoms; `none`: of the sum.
public final class AveChunk: Fix {
    static let entry = ObservingFixStyle(
        name: "ave/chunk",
        usage: """
            fix ID GROUP ave/chunk NEVERY NREPEAT NFREQ CHUNKS VALUE ... [norm all|sample|none] [ave one|running|window M] [bias COMPUTE] [adof X]
                [cdof X] [file F] [append F] [overwrite] [format %g] [title1 T] [title2 T] [title3 T]
            VALUE: vx vy vz fx fy fz mass density/number density/mass temp c_ID c_ID[i] f_ID f_ID[i] v_NAME
            """
    ) { words, setup, observation in
        let schedule = try SampleSchedule(&words)
        let chunks = try observation.chunks(words.word("the ID of a compute chunk/atom"))
        let keywords = ["norm", "ave", "bias", "adof", "cdof", "scale"] + SampleFile.Settings.keywords
        let place = words.location
        let read = try words.inputs { !keywords.contains($0) }
        guard !read.isEmpty else { throw DeckError("fix ave/chunk needs at least one value", at: place) }
        let values = try expandWildcards(read, perAtom: true, observation).map { try Value($0, observation) }
        var settings = Settings(schedule: schedule, adof: Double(setup.system.box.dimension))
        while let word = words.peek {
            let keyword = try words.choice("a keyword of fix ave/chunk", keywords.map { ($0, $0) })
            switch keyword {
            case "norm": settings.norm = try words.choice("all, sample or none", [("all", .all), ("sample", .sample), ("none", .none)])
            case "ave": settings.kind = try AverageHistory.read(&words)
            case "bias":
                let id = try words.word("the ID of a temperature compute")
                guard let bias = try observation.requireCompute(id) as? TemperatureCompute, bias.temperature.isBiased else {
                    throw words.error("compute '\(id.text)' is no temperature that leaves out some motion", at: id)
                }
                settings.bias = bias.temperature
            case "adof": settings.adof = try words.double("degrees of freedom of an atom")
            case "cdof": settings.cdof = try words.double("degrees of freedom of a chunk")
            case "scale": if try words.choice("atom or none", [("atom", false), ("none", true)]) { settings.norm = .none }
            default: guard try settings.file.read(keyword, &words) else { throw words.error("'\(word.text)' is not supported", at: word) }
            }
        }
        if settings.file.overwrites && settings.kind != .running { throw words.error("overwrite needs 'ave running'") }
        return AveChunk(setup, chunks, values, settings, observation)
    }

    enum Norm { case all, sample, none }
    struct Settings {
        var schedule: SampleSchedule
        var norm = Norm.all
        var kind = AverageHistory.Kind.one
        var bias: Temperature?
        var adof: Double
        var cdof = 0.0
        var file = SampleFile.Settings()
    }

    /// What is collected of each atom.
    struct Value {
        enum Source {
            case number, mass, massDensity, temperature
            case input(AtomInput)
        }
        let name: String
        let source: Source

        init(_ word: Word, _ observation: Observation) throws {
            name = word.text
            switch word.text {
            case "density/number": source = .number
            case "density/mass": source = .massDensity
            case "mass": source = .mass
            case "temp": source = .temperature
            default:
                let input = try AtomInput(word, observation, what: "value")
                if input.isQuantity, !["vx", "vy", "vz", "fx", "fy", "fz"].contains(word.text) {
                    throw DeckError(
                        "'\(word.text)' is no value of fix ave/chunk; a variable or compute property/atom can bring it", at: word.location)
                }
                source = .input(input)
            }
        }

        var isDensity: Bool {
            switch source {
            case .number, .massDensity: true
            default: false
            }
        }
    }

    public let id: String
    public let style = "ave/chunk"
    public var group: Group
    public let hasVariableRows = true
    private let chunks: ChunkCompute
    private let values: [Value]
    private let settings: Settings
    private var schedule: SampleSchedule
    private var history: AverageHistory
    private let file: SampleFile
    private unowned let observation: Observation
    /// Of the present average, chunk by chunk: atoms, then values.
    private var sums: [Double] = []
    private var number = 0
    private var isLockedForEver = false

    init(_ setup: FixSetup, _ chunks: ChunkCompute, _ values: [Value], _ settings: Settings, _ observation: Observation) {
        (id, group, self.chunks, self.values, self.settings) = (setup.id, setup.group, chunks, values, settings)
        self.observation = observation
        schedule = settings.schedule
        history = AverageHistory(settings.kind)
        file = SampleFile(settings.file)
        _ = schedule.begin(at: setup.system.step, isFirst: true)
    }

    deinit { chunks.unlock("f_" + id) }

    private var width: Int { values.count + 1 }

    public func wants(at step: Int) -> Wanted {
        guard step == schedule.next else { return [] }
        return values.reduce(chunks.wants) { wanted, value in
            if case .input(let input) = value.source { wanted.union(input.wants(observation)) } else { wanted }
        }
    }

    public func prepare(_ system: System) throws {
        if schedule.begin(at: system.step, isFirst: false) { chunks.unlock("f_" + id) }
        try file.open(observation, system.communicator, head: head)
    }

    public func setup(_ system: System) throws { try endOfStep(system) }

    public func endOfStep(_ system: System) throws {
        guard system.step == schedule.next else { return }
        try observation.freshly { try sample($0, isFirst: schedule.taken == 0) }
        guard schedule.advance() else { return }
        if !isLockedForEver { chunks.unlock("f_" + id) }
        finish(system)
        try file.write(text(system.step), system.communicator)
    }

    private func sample(_ snapshot: Snapshot, isFirst: Bool) throws {
        let step = snapshot.step
        if isFirst {
            try chunks.settle(snapshot)
            number = chunks.count
            if settings.kind != .one {
                if !isLockedForEver { chunks.lock("f_" + id, from: step, to: nil) }
                isLockedForEver = true
            } else if schedule.repeats > 1 {
                chunks.lock("f_" + id, from: step, to: step + (schedule.repeats - 1) * schedule.every)
            }
            sums = Array(repeating: 0, count: number * width)
        }
        let numbers = try chunks.numbers(snapshot), system = snapshot.system
        var one = [Double](repeating: 0, count: Swift.max(1, number * width))
        let members = numbers.indices.filter { system.atoms.mask[$0] & group.bit != 0 && numbers[$0] > 0 && numbers[$0] <= number }
        for i in members { one[(numbers[i] - 1) * width] += 1 }
        for (k, value) in values.enumerated() {
            let column = try column(value, snapshot)
            for i in members { one[(numbers[i] - 1) * width + 1 + k] += column(i) }
        }
        system.communicator.all(.sum, &one)
        for m in 0..<number {
            let atoms = one[m * width]
            sums[m * width] += atoms
            for (k, value) in values.enumerated() {
                let total = one[m * width + 1 + k]
                sums[m * width + 1 + k] += settings.norm == .all ? total : atoms > 0 ? normalised(total, atoms, value, m, system) : 0
            }
        }
    }

    private func column(_ value: Value, _ snapshot: Snapshot) throws -> (Int) -> Double {
        let system = snapshot.system
        switch value.source {
        case .number: return { _ in 1 }
        case .mass, .massDensity: return { system.atoms.mass(of: $0) }
        case .temperature:
            let velocity = settings.bias?.thermal(system) ?? { system.atoms.velocity[$0] }
            return { i in
                let v = velocity(i)
                return (v.x * v.x + v.y * v.y + v.z * v.z) * system.atoms.mass(of: i)
            }
        case .input(let input):
            let values = try input.values(snapshot, of: group)
            return { values[$0] }
        }
    }

    /// A sample's value of chunk m.
    private func normalised(_ total: Double, _ atoms: Double, _ value: Value, _ m: Int, _ system: System) -> Double {
        let units = system.units
        switch value.source {
        case .temperature: return units.mvv2e * total / ((settings.cdof + settings.adof * atoms) * units.boltzmann)
        case .number: return total / chunks.volume(m, in: system.box)
        case .massDensity: return units.mv2d * total / chunks.volume(m, in: system.box)
        default: return settings.norm == .none ? total : total / atoms
        }
    }

    private func finish(_ system: System) {
        let repeats = Double(schedule.repeats), units = system.units
        for m in 0..<number {
            let atoms = sums[m * width]
            for (k, value) in values.enumerated() {
                let at = m * width + 1 + k
                guard settings.norm == .all else {
                    sums[at] /= repeats
                    continue
                }
                guard atoms > 0 else { continue }
                switch value.source {
                case .temperature: sums[at] *= units.mvv2e / ((repeats * settings.cdof + settings.adof * atoms) * units.boltzmann)
                case .number: sums[at] = sums[at] / chunks.volume(m, in: system.box) / repeats
                case .massDensity: sums[at] = sums[at] / chunks.volume(m, in: system.box) * (units.mv2d / repeats)
                default: sums[at] /= atoms
                }
            }
            sums[m * width] /= repeats
        }
        history.add(sums)
    }

    // MARK: - What it tells

    public var array: [[Double]] {
        let means = history.count > 0 ? history.mean : []
        let rows = history.count > 0 ? means.count / width : chunks.count
        return (0..<rows).map { m in
            labels(m) + (means.isEmpty ? Array(repeating: 0, count: width) : Array(means[m * width..<(m + 1) * width]))
        }
    }

    private func labels(_ m: Int) -> [Double] { (chunks.isCompressed ? [Double(chunks.original(m))] : []) + chunks.coordinates(m) }

    private func head() -> String {
        let titles = settings.file.titles
        let coordinates = (0..<chunks.coordinateCount).map { " Coord\($0 + 1)" }.joined()
        let names = values.map { " " + $0.name }.joined()
        return [
            titles[0] ?? "# Chunk-averaged data for fix \(id) and group \(group.name)",
            titles[1] ?? "# Timestep Number-of-chunks Total-count",
            titles[2] ?? "# Chunk\(chunks.isCompressed ? " OrigID" : "")\(coordinates) Ncount\(names)",
        ].joined(separator: "\n") + "\n"
    }

    private func text(_ step: Int) -> String {
        let short = NumberFormat.table(" %g"), format = settings.file.format, means = history.mean
        var text = ""
        var total = 0.0
        for m in 0..<number {
            total += history.total[m * width]
            text += "  \(m + 1)" + (chunks.isCompressed ? " \(chunks.original(m))" : "")
            text += chunks.coordinates(m).map(short.string).joined() + short.string(means[m * width])
            text += means[m * width + 1..<(m + 1) * width].map(format.string).joined() + "\n"
        }
        // The sum of all is printed with all its digits, as LAMMPS does.
        let digits = total.description
        return "\(step) \(number) " + (digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits) + "\n" + text
    }

    public func save(_ state: inout StateWriter) {
        schedule.save(&state)
        history.save(&state)
        state.put(sums)
        state.put(number)
        state.put(isLockedForEver)
        file.save(&state)
    }

    public func restore(_ state: inout StateReader) throws {
        try schedule.restore(&state)
        try history.restore(&state)
        sums = try state.doubles()
        number = try state.int()
        isLockedForEver = try state.bool()
        try file.restore(&state)
        if isLockedForEver {
            chunks.lock("f_" + id, from: 0, to: nil)
        } else if schedule.taken > 0 {
            chunks.lock(
                "f_" + id, from: schedule.next - schedule.taken * schedule.every,
                to: schedule.next + (schedule.repeats - 1 - schedule.taken) * schedule.every)
        }
    }
}
