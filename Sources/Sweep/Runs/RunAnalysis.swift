import Foundation

/// What a sweep's report wants to know of a run, from its log: energies in meV an atom, times in ps, where the units are metal or real; in
/// the units epsilon, sigma, tau where they are lj.
public struct RunAnalysis: Codable, Sendable {
    /// Raised when the way of computing changes.
    public static let version = 1

    public var version = RunAnalysis.version
    public var units: String
    public var atoms: Int?
    public var rows: Int
    public var lastStep: Int
    /// The time at the last row.
    public var time: Double
    public var timestep: Double?
    public var meanTemperature: Double?
    public var temperatureDeviation: Double?
    /// The column that should be constant: `Econserve`, or `TotEng` where the table has none.
    public var conservedQuantity: String?
    /// Its slope per atom and time by least squares, and the slope's standard error.
    public var drift: Double?
    public var driftError: Double?
    /// Root mean square about that line, per atom.
    public var fluctuation: Double?
    /// Total drift over the run divided by the standard deviation of the kinetic energy: above 1 the drift is more than what the kinetic
    /// energy varies by anyway.
    public var driftRatio: Double?
    /// Processor hours (wall time of the time loops times processes) a ns.
    public var cost: Double?
    /// Nothing, or the reason why there is no drift.
    public var note: String?

    /// A few points of each, for figures.
    public struct Series: Codable, Sendable {
        public var time: [Double] = []
        public var temperature: [Double] = []
        /// Less its first value, per atom.
        public var conserved: [Double] = []
    }

    public static let mostPoints = 100
    /// A line through fewer rows says nothing about a drift.
    public static let fewestRows = 5
}

extension RunAnalysis {
    /// nil if the run has written no row.
    /// - Parameters:
    ///   - logs: log files of the attempts, in order.
    ///   - until: rows from this step on are left out: those of the breakdown itself would swamp the drift before it.
    public static func make(logs: [String], until: Int? = nil) -> (RunAnalysis, Series)? {
        let log = RunLog(logs: logs)
        guard log.rows > 0, let steps = log.columns["Step"] else { return nil }
        // (factor to meV, factor to ps)
        let (energyUnit, timeUnit) = ["metal": (1000.0, 1.0), "real": (43.364104241800934, 0.001)][log.units] ?? (1.0, 1.0)
        var times = log.columns["Time"] ?? []
        if times.isEmpty, let timestep = log.timestep { times = steps.map { $0 * timestep } }
        if times.isEmpty { times = steps.map { _ in Double.nan } }
        times = times.map { $0 * timeUnit }
        var analysis = RunAnalysis(
            units: log.units, atoms: log.atoms, rows: log.rows, lastStep: Int(steps.last!), time: times.last!,
            timestep: log.timestep.map { $0 * timeUnit })
        if let timestep = analysis.timestep, log.loopSteps > 0, timestep > 0 {
            analysis.cost = log.processorSeconds / 3600 / (Double(log.loopSteps) * timestep / 1000)
        }
        let kept = steps.indices.filter { until == nil || steps[$0] < Double(until!) || $0 == 0 }
        func column(_ name: String) -> [Double]? { log.columns[name].map { values in kept.map { values[$0] } } }
        let time = kept.map { times[$0] }
        let temperature = column("Temp")
        if let temperature, let (mean, deviation) = moments(temperature) {
            (analysis.meanTemperature, analysis.temperatureDeviation) = (mean, deviation)
        }
        let quantity = ["Econserve", "TotEng"].first { log.columns[$0] != nil }
        analysis.conservedQuantity = quantity
        var conserved = quantity.flatMap { column($0) }
        if quantity == nil {
            analysis.note = "the table has neither econserve nor etotal"
        } else if log.atoms == nil {
            analysis.note = "the number of atoms is not known"
            conserved = nil
        }
        if let values = conserved, let atoms = log.atoms {
            let energy = values.map { $0 * energyUnit / Double(atoms) }
            conserved = energy.map { $0 - energy[0] }
            if energy.count >= fewestRows, let fit = LineFit(time, energy, isSeries: true) {
                (analysis.drift, analysis.driftError, analysis.fluctuation) = (fit.slope, fit.slopeError, fit.rms)
                if let kinetic = column("KinEng"), let (_, deviation) = moments(kinetic), deviation > 0 {
                    analysis.driftRatio = abs(fit.slope) * (time.last! - time[0]) / (deviation * energyUnit / Double(atoms))
                } else if let kinetic = kineticDeviation(column("TotEng"), column("PotEng")) {
                    analysis.driftRatio = abs(fit.slope) * (time.last! - time[0]) / (kinetic * energyUnit / Double(atoms))
                }
            } else {
                analysis.note = "too few rows for a drift"
            }
        }
        var series = Series()
        let stride = max(1, (kept.count + mostPoints - 1) / mostPoints)
        for place in kept.indices where place % stride == 0 || place == kept.count - 1 {
            series.time.append(rounded(time[place]))
            if let temperature { series.temperature.append(rounded(temperature[place])) }
            if let conserved { series.conserved.append(rounded(conserved[place])) }
        }
        return (analysis, series)
    }

    private static func kineticDeviation(_ total: [Double]?, _ potential: [Double]?) -> Double? {
        guard let total, let potential, let (_, deviation) = moments(zip(total, potential).map { $0 - $1 }), deviation > 0 else {
            return nil
        }
        return deviation
    }

    /// Six digits are enough for a figure.
    private static func rounded(_ x: Double) -> Double { x.isFinite ? Double(String(format: "%.6g", x)) ?? x : x }

    /// Mean and standard deviation; nil of nothing, or of what is not finite.
    private static func moments(_ values: [Double]) -> (Double, Double)? {
        guard !values.isEmpty else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        return mean.isFinite && variance.isFinite ? (mean, variance.squareRoot()) : nil
    }
}
