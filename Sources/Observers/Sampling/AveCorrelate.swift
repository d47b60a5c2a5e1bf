import Deck
import Domain
import Integrators
import Potentials

/// `fix ave/correlate`: time correlations of global values sampled every NEVERY steps, up to NREPEAT - 1 samples apart, told every NFREQ
/// steps:
///
///     C_ij(k) = prefactor <V_i(t) V_j(t + k NEVERY)>
///
/// rows f_ID[k + 1] = k NEVERY, the number of products, then C_ij for each pair of inputs that `type` chooses. What has been gathered goes
/// into restarts.
public final class AveCorrelate: Fix {
    enum Pairs: String, CaseIterable {
        case auto, upper, lower, autoupper = "auto/upper", autolower = "auto/lower", full

        func list(_ n: Int) -> [(Int, Int)] {
            (0..<n).flatMap { i -> [(Int, Int)] in
                switch self {
                case .auto: [(i, i)]
                case .upper: (i + 1..<max(n, i + 1)).map { (i, $0) }
                case .lower: (0..<i).map { (i, $0) }
                case .autoupper: (i..<n).map { (i, $0) }
                case .autolower: (0...i).map { (i, $0) }
                case .full: (0..<n).map { (i, $0) }
                }
            }
        }
    }

    static let entry = ObservingFixStyle(
        name: "ave/correlate",
        usage: """
            fix ID GROUP ave/correlate NEVERY NREPEAT NFREQ INPUT ... [type auto|upper|lower|auto/upper|auto/lower|full] [ave one|running]
                [start STEP] [prefactor X] [file F] [append F] [overwrite] [title1 T] [title2 T] [title3 T]
            """
    ) { words, setup, observation in
        let every = try words.positiveInt("Nevery: the number of steps between samples")
        let length = try words.positiveInt("Nrepeat: the number of times that are correlated")
        let place = words.location
        let frequency = try words.positiveInt("Nfreq: the number of steps between averages")
        guard frequency % every == 0 else { throw DeckError("Nfreq (\(frequency)) must be a multiple of Nevery (\(every))", at: place) }
        var settings = Settings(every: every, length: length, frequency: frequency)
        let inputs = try words.inputs(while: Words.isReference)
        guard !inputs.isEmpty else {
            throw DeckError("fix ave/correlate needs at least one input: c_ID, f_ID or v_NAME", at: words.location)
        }
        let keywords = ["type", "ave", "start", "prefactor"] + SampleFile.Settings.keywords.filter { $0 != "format" }
        while let word = words.peek {
            let keyword = try words.choice("a keyword of fix ave/correlate", keywords.map { ($0, $0) })
            switch keyword {
            case "type": settings.pairs = try words.choice("which pairs", Pairs.allCases.map { ($0.rawValue, $0) })
            case "ave": settings.isRunning = try words.choice("one or running", [("one", false), ("running", true)])
            case "start": settings.start = try words.int("the first step")
            case "prefactor": settings.prefactor = try words.double("the prefactor")
            default: guard try settings.file.read(keyword, &words) else { throw words.error("'\(word.text)' is not supported", at: word) }
            }
        }
        if settings.file.overwrites && !settings.isRunning { throw words.error("overwrite needs 'ave running'") }
        // Without averages that go on, an interval must hold all times.
        guard settings.isRunning || frequency >= (length - 1) * every else {
            throw DeckError("Nfreq (\(frequency)) must be at least (Nrepeat - 1) x Nevery (\((length - 1) * every))", at: place)
        }
        let values = try expandWildcards(inputs, perAtom: false, observation).map { try GlobalInput($0, isColumn: false, observation) }
        return AveCorrelate(setup, values, settings, observation)
    }

    struct Settings {
        let every: Int
        let length: Int
        let frequency: Int
        var pairs = Pairs.auto
        var isRunning = false
        var start = 0
        var prefactor = 1.0
        var file = SampleFile.Settings()
    }

    public let id: String
    public let style = "ave/correlate"
    public var group: Group
    private let values: [GlobalInput]
    private let settings: Settings
    private let pairs: [(Int, Int)]
    private let file: SampleFile
    private unowned let observation: Observation
    private var next = 0
    /// The last samples, newest first.
    private var recent: [[Double]] = []
    private var counts: [Double]
    /// products[k * pairs + pair]
    private var products: [Double]
    private var told: [[Double]]

    init(_ setup: FixSetup, _ values: [GlobalInput], _ settings: Settings, _ observation: Observation) {
        (id, group, self.values, self.settings, self.observation) = (setup.id, setup.group, values, settings, observation)
        pairs = settings.pairs.list(values.count)
        file = SampleFile(settings.file)
        counts = Array(repeating: 0, count: settings.length)
        products = Array(repeating: 0, count: settings.length * pairs.count)
        let columns = pairs.count
        told = (0..<settings.length).map { [Double($0 * settings.every), 0] + Array(repeating: 0, count: columns) }
        begin(at: setup.system.step)
    }

    private func begin(at step: Int) {
        recent = []
        let first = max(step, settings.start)
        next = (first + settings.every - 1) / settings.every * settings.every
    }

    public func wants(at step: Int) -> Wanted { step == next ? values.reduce([]) { $0.union($1.wants(observation)) } : [] }

    public func prepare(_ system: System) throws {
        if next < system.step { begin(at: system.step) }
        try file.open(observation, system.communicator) {
            let titles = settings.file.titles
            let names = pairs.map { " \(values[$0.0].name)*\(values[$0.1].name)" }.joined()
            return [
                titles[0] ?? "# Time-correlated data for fix \(id)", titles[1] ?? "# Timestep Number-of-time-windows",
                titles[2] ?? "# Index TimeDelta Ncount" + names,
            ].joined(separator: "\n") + "\n"
        }
    }

    public func setup(_ system: System) throws { try endOfStep(system) }

    public func endOfStep(_ system: System) throws {
        guard system.step == next else { return }
        let sample = try observation.freshly { snapshot in try values.map { try $0.number(snapshot) } }
        recent.insert(sample, at: 0)
        if recent.count > settings.length { recent.removeLast() }
        next += settings.every
        accumulate()
        guard system.step % settings.frequency == 0 else { return }
        for k in 0..<settings.length {
            let means = pairs.indices.map { counts[k] > 0 ? settings.prefactor * products[k * pairs.count + $0] / counts[k] : 0 }
            told[k] = [Double(k * settings.every), counts[k]] + means
        }
        try file.write(text(system.step), system.communicator)
        guard !settings.isRunning else { return }
        counts = counts.map { _ in 0 }
        products = products.map { _ in 0 }
        // The last sample also begins the next interval.
        recent = [recent[0]]
        accumulate()
    }

    /// The newest sample with itself and those before it.
    private func accumulate() {
        for k in recent.indices {
            counts[k] += 1
            for (p, (i, j)) in pairs.enumerated() { products[k * pairs.count + p] += recent[k][i] * recent[0][j] }
        }
    }

    public var array: [[Double]] { told }

    private func text(_ step: Int) -> String {
        let general = NumberFormat.table("%g")
        return told.enumerated().reduce("\(step) \(settings.length)\n") { text, row in
            let (k, values) = row
            let numbers = values[1] > 0 ? values.dropFirst(2).map { " " + general.string($0) } : values.dropFirst(2).map { _ in " 0.0" }
            return text + "\(k + 1) \(k * settings.every) \(Int(values[1]))" + numbers.joined() + "\n"
        }
    }

    public func save(_ state: inout StateWriter) {
        state.put(next)
        state.put(recent.flatMap { $0 })
        state.put(counts)
        state.put(products)
        state.put(told.flatMap { $0 })
        file.save(&state)
    }

    public func restore(_ state: inout StateReader) throws {
        next = try state.int()
        let samples = try state.doubles()
        let (counts, products, flat) = (try state.doubles(), try state.doubles(), try state.doubles())
        let row = 2 + pairs.count
        guard samples.count % values.count == 0, counts.count == self.counts.count, products.count == self.products.count,
            flat.count == row * settings.length
        else { throw StateError() }
        recent = stride(from: 0, to: samples.count, by: values.count).map { Array(samples[$0..<$0 + values.count]) }
        (self.counts, self.products) = (counts, products)
        told = stride(from: 0, to: flat.count, by: row).map { Array(flat[$0..<$0 + row]) }
        try file.restore(&state)
    }
}
