import Deck
import Domain

/// LAMMPS' `Nevery Nrepeat Nfreq`: at each multiple of `frequency`, an average over `repeats` samples `every` steps apart, the last of them
/// at that multiple.
struct SampleSchedule {
    let every: Int
    let repeats: Int
    let frequency: Int
    /// No multiple before this step counts.
    var start = 0
    /// The step of the next sample.
    private(set) var next = 0
    /// Samples taken for the present average.
    private(set) var taken = 0

    /// Reads the three numbers.
    init(_ words: inout Words) throws {
        every = try words.positiveInt("Nevery: the number of steps between samples")
        repeats = try words.positiveInt("Nrepeat: the number of samples in an average")
        let place = words.location
        frequency = try words.positiveInt("Nfreq: the number of steps between averages")
        guard frequency % every == 0, repeats * every <= frequency else {
            throw DeckError(
                "Nfreq (\(frequency)) must be a multiple of Nevery (\(every)), and at least Nrepeat x Nevery (\(repeats * every))",
                at: place)
        }
    }

    /// Finds the first sample at or after a step, unless the next one is still to come; true when what has been sampled is to be forgotten.
    mutating func begin(at step: Int, isFirst: Bool) -> Bool {
        guard isFirst || next < step else { return false }
        taken = 0
        next = (step / frequency + 1) * frequency
        while next < start { next += frequency }
        if next - frequency == step && repeats == 1 { next = step } else { next -= (repeats - 1) * every }
        if next < step { next += frequency }
        return true
    }

    /// Notes a sample at `next`; true when it completes an average.
    mutating func advance() -> Bool {
        taken += 1
        guard taken == repeats else {
            next += every
            return false
        }
        taken = 0
        next += frequency - (repeats - 1) * every
        return true
    }

    func save(_ state: inout StateWriter) {
        state.put(next)
        state.put(taken)
    }

    mutating func restore(_ state: inout StateReader) throws {
        next = try state.int()
        taken = try state.int()
    }
}

/// `ave one|running|window M`: what is told of averages that follow each other: each by itself, the mean of all, or of the last M.
struct AverageHistory {
    enum Kind: Equatable {
        case one
        case running
        case window(Int)
    }
    let kind: Kind
    private(set) var total: [Double] = []
    /// How many averages are in `total`.
    private(set) var count = 0
    private var window: [[Double]] = []
    private var oldest = 0

    init(_ kind: Kind) { self.kind = kind }

    static func read(_ words: inout Words) throws -> Kind {
        enum Name { case one, running, window }
        switch try words.choice("one, running or window", [("one", Name.one), ("running", .running), ("window", .window)]) {
        case .one: return .one
        case .running: return .running
        case .window: return .window(try words.positiveInt("the number of averages in the window"))
        }
    }

    /// The mean now; empty before the first average.
    var mean: [Double] { total.map { $0 / Double(count) } }

    mutating func add(_ values: [Double]) {
        // Columns that change their length start anew.
        if total.count != values.count { (total, count, window, oldest) = (Array(repeating: 0, count: values.count), 0, [], 0) }
        switch kind {
        case .one: (total, count) = (values, 1)
        case .running:
            for k in values.indices { total[k] += values[k] }
            count += 1
        case .window(let size):
            for k in values.indices { total[k] += values[k] }
            if window.count == size {
                for k in values.indices { total[k] -= window[oldest][k] }
                window[oldest] = values
                oldest = (oldest + 1) % size
            } else {
                window.append(values)
            }
            count = window.count
        }
    }

    /// `off`: the last value stands for the mean.
    mutating func replace(_ k: Int, by value: Double) { total[k] = Double(count) * value }

    /// Extremes are not summed: of all averages, or of those in the window.
    mutating func setExtreme(_ k: Int, _ value: Double, _ choose: (Double, Double) -> Double, isFirst: Bool, before: Double) {
        switch kind {
        case .one: total[k] = value
        case .running: total[k] = isFirst ? value : choose(before, value)
        case .window: total[k] = window.map { $0[k] }.reduce(value, choose)
        }
    }

    func save(_ state: inout StateWriter) {
        state.put(total)
        state.put(count)
        state.put(window.count)
        for values in window { state.put(values) }
        state.put(oldest)
    }

    mutating func restore(_ state: inout StateReader) throws {
        total = try state.doubles()
        count = try state.int()
        let length = try state.int()
        guard length >= 0 && length <= 1_000_000_000 else { throw StateError() }
        window = []
        for _ in 0..<length { window.append(try state.doubles()) }
        oldest = try state.int()
    }
}
