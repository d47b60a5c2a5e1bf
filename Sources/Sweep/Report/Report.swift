import Foundation

/// What a sweep says about the models: groups of runs and their statistics.
public struct Report: Sendable {
    public let name: String
    public let options: ReportOptions
    /// The variables that make the groups.
    public let by: [String]
    public let groups: [Group]
    let runs: [IndexedRun]
    /// ps: survival is compared up to here.
    public let horizon: Double

    public struct Group: Sendable {
        public var values: [String]
        var runs: [IndexedRun]
        public var survival: Survival
        /// Runs that were stable up to the horizon, of those of which that is known.
        public var stable: Proportion
        public var stableCount: Int
        public var knownCount: Int
        public var waiting: Int
        public var counts: [Outcome: Int]
        /// Why runs were unstable or failed.
        public var reasons: [(reason: String, count: Int)]
        /// Ended, but of no use for survival: errors that say nothing about the model.
        public var leftOut: Int
        /// Mean over the runs of the drift, meV/atom/ps, and its standard error.
        public var drift: (mean: Double, error: Double)?
        public var medianFluctuation: Double?
        public var medianDriftRatio: Double?
        public var meanTemperature: Double?
        /// Core hours a ns, median.
        public var cost: Double?

        /// The area under the survival curve, as far as it is known.
        public func meanStableTime(upTo horizon: Double) -> (value: Double, error: Double)? {
            survival.count > 0 ? survival.mean(upTo: min(horizon, survival.end)) : nil
        }

        public var label: String { values.joined(separator: ", ") }
    }

    public init(_ runs: [IndexedRun], _ options: ReportOptions, name: String) throws {
        (self.runs, self.options, self.name) = (runs, options, name)
        let by = try Grouping.variables(options.by, in: runs)
        self.by = by
        let members = Grouping.groups(runs, by: by)
        let horizon = options.horizon ?? Self.commonHorizon(members.map(\.runs))
        self.horizon = horizon
        groups = members.map { Self.group($0.values, $0.runs, options, horizon) }
    }

    /// Up to where all groups can be compared: of the groups' longest finished runs the shortest; where none has finished, the longest run.
    private static func commonHorizon(_ groups: [[IndexedRun]]) -> Double {
        let finished = groups.compactMap { runs in
            runs.compactMap(\.end).filter { $0.outcome == .finished }.compactMap { time($0) }.max()
        }
        return finished.min() ?? groups.joined().compactMap(\.end).compactMap { time($0) }.max() ?? 0
    }

    /// When the observation of a run ended, ps.
    static func time(_ end: RunEnd) -> Double? { end.stability?.time_ps ?? end.stability?.time ?? end.analysis?.time }

    /// A run's part in the survival curve; nil if it has none.
    static func observation(_ end: RunEnd, _ failures: ReportOptions.Failures) -> (time: Double, isEvent: Bool)? {
        switch end.outcome {
        case .finished: return time(end).map { ($0, false) }
        case .unstable: return (time(end) ?? 0, true)
        case .failed:
            let isPhysical = end.stability?.unstable == true || end.reason.map { Ending.physicalReasons.contains($0) } ?? false
            switch failures {
            case .all: return (time(end) ?? 0, true)
            case .physical where isPhysical: return (time(end) ?? 0, true)
            // Stopped by the clock: stable up to there.
            default: return end.reason == "walltime" ? time(end).map { ($0, false) } : nil
            }
        }
    }

    private static func group(_ values: [String], _ runs: [IndexedRun], _ options: ReportOptions, _ horizon: Double) -> Group {
        let ends = runs.compactMap(\.end)
        let observations = ends.compactMap { observation($0, options.failures) }
        // Times of equal steps differ by rounding.
        let reached = horizon * (1 - 1e-6)
        let stable = observations.count { $0.time >= reached && !($0.isEvent && $0.time <= horizon) }
        let known = observations.count { $0.time >= reached || $0.isEvent }
        var reasons: [String: Int] = [:]
        for end in ends where end.outcome != .finished { reasons[end.reason ?? end.outcome.rawValue, default: 0] += 1 }
        let analyses = ends.filter { $0.outcome == .finished || $0.outcome == .unstable }.compactMap(\.analysis)
        let drifts = analyses.compactMap(\.drift).filter(\.isFinite)
        let temperatures = analyses.compactMap(\.meanTemperature)
        return Group(
            values: values, runs: runs, survival: Survival(observations, confidence: options.confidence),
            stable: Proportion(stable, of: known, confidence: options.confidence), stableCount: stable, knownCount: known,
            waiting: runs.count - ends.count, counts: Dictionary(grouping: ends, by: \.outcome).mapValues(\.count),
            reasons: reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) },
            leftOut: ends.count - observations.count, drift: meanAndError(drifts, analyses.compactMap(\.driftError)),
            medianFluctuation: median(analyses.compactMap(\.fluctuation)), medianDriftRatio: median(analyses.compactMap(\.driftRatio)),
            meanTemperature: temperatures.isEmpty ? nil : temperatures.reduce(0, +) / Double(temperatures.count),
            cost: median(analyses.compactMap(\.cost)))
    }

    /// Over runs; of one run its own error.
    private static func meanAndError(_ values: [Double], _ errors: [Double]) -> (mean: Double, error: Double)? {
        guard !values.isEmpty else { return nil }
        let n = Double(values.count), mean = values.reduce(0, +) / n
        guard values.count > 1 else { return (mean, errors.first ?? .nan) }
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
        return (mean, (variance / n).squareRoot())
    }

    static func median(_ values: [Double]) -> Double? {
        let sorted = values.filter(\.isFinite).sorted()
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle])
    }

    // MARK: - Dependence on the time step

    /// A point of the log-log figure: the mean over the runs of a series at one time step.
    struct TimestepPoint: Sendable {
        /// fs
        var timestep: Double
        /// Root mean square, of the runs' fluctuations, meV/atom.
        var fluctuation: Double
        var drift: Double
        var driftError: Double
    }

    struct TimestepSeries: Sendable {
        var label: String
        var points: [TimestepPoint]
        /// d ln(fluctuation) / d ln(time step) and its standard error.
        var slope: (value: Double, error: Double)?
    }

    /// The groups without what sets the time step, if at least two time steps occur in one of them.
    var timestepSeries: [TimestepSeries] {
        var order: [String] = []
        var members: [String: [Double: [RunAnalysis]]] = [:]
        let telling = by.filter { name in !determinesTimestep(name) }
        for run in runs {
            guard let end = run.end, end.outcome == .finished, let analysis = end.analysis, let timestep = analysis.timestep,
                analysis.fluctuation != nil
            else { continue }
            let label = telling.map { run.run.value($0) ?? "-" }.joined(separator: ", ")
            if members[label] == nil { order.append(label) }
            members[label, default: [:]][timestep, default: []].append(analysis)
        }
        let series = order.map { label -> TimestepSeries in
            let points = members[label]!.sorted { $0.key < $1.key }.compactMap { timestep, analyses -> TimestepPoint? in
                let squares = analyses.compactMap(\.fluctuation).map { $0 * $0 }
                guard let drift = Self.meanAndError(analyses.compactMap(\.drift), analyses.compactMap(\.driftError)) else { return nil }
                return TimestepPoint(
                    timestep: 1000 * timestep, fluctuation: (squares.reduce(0, +) / Double(squares.count)).squareRoot(), drift: drift.mean,
                    driftError: drift.error)
            }.filter { $0.fluctuation > 0 }
            let fit = LineFit(points.map { log($0.timestep) }, points.map { log($0.fluctuation) })
            return TimestepSeries(label: label, points: points, slope: points.count > 1 ? fit.map { ($0.slope, $0.slopeError) } : nil)
        }
        return series.contains { $0.points.count > 1 } ? series.filter { !$0.points.isEmpty } : []
    }

    /// Whether runs of one value of a variable have one time step, and those of another have another.
    private func determinesTimestep(_ name: String) -> Bool {
        var steps: [String: Set<Double>] = [:]
        for run in runs {
            if let timestep = run.end?.analysis?.timestep, let value = run.run.value(name) { steps[value, default: []].insert(timestep) }
        }
        return steps.count > 1 && steps.values.allSatisfy { $0.count == 1 } && Set(steps.values).count > 1
    }
}
