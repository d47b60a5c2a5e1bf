import Foundation

/// The Kaplan-Meier estimate of survival: E. L. Kaplan and P. Meier, J. Am. Stat. Assoc. 53, 457 (1958).
///
///     S(t) = product over the events at t_i <= t of (1 - d_i / n_i)
///
/// where of n_i runs that were still under observation d_i broke down at t_i. Runs that ended without breaking down leave the observation
/// at their end.
public struct Survival: Sendable {
    public struct Step: Sendable {
        public var time: Double
        public var atRisk: Int
        public var events: Int
        /// S from here on, and its band.
        public var survival: Double
        public var low: Double
        public var high: Double
    }

    /// A step at each time at which something broke down.
    public private(set) var steps: [Step] = []
    public let count: Int
    public let events: Int
    /// The end of the longest observation.
    public let end: Double
    private let times: [Double]
    private let confidence: Double

    /// - Parameters:
    ///   - observations: the end of each run, and whether it broke down then.
    ///   - confidence: of the bands, which hold at each time by itself. They are intervals of log(-log S) with Greenwood's variance (J. D.
    /// Kalbfleisch
    ///     and R. L. Prentice, The Statistical Analysis of Failure Time Data, 1980), so they stay within 0 and 1.
    public init(_ observations: [(time: Double, isEvent: Bool)], confidence: Double = 0.95) {
        let sorted = observations.sorted { $0.time < $1.time }
        count = sorted.count
        events = sorted.count { $0.isEvent }
        end = sorted.last?.time ?? 0
        times = sorted.map(\.time)
        self.confidence = confidence
        let z = Normal.width(confidence)
        var survival = 1.0, sum = 0.0
        var place = 0
        while place < sorted.count {
            let time = sorted[place].time
            let atRisk = sorted.count - place
            var died = 0
            while place < sorted.count, sorted[place].time == time {
                if sorted[place].isEvent { died += 1 }
                place += 1
            }
            guard died > 0 else { continue }
            let (n, d) = (Double(atRisk), Double(died))
            survival *= 1 - d / n
            sum += n > d ? d / (n * (n - d)) : .infinity
            var low = 0.0, high = 0.0
            if survival > 0 {
                let width = z * sum.squareRoot() / abs(log(survival))
                low = pow(survival, exp(width))
                high = pow(survival, exp(-width))
            } else {
                // The log-log interval does not exist at 0. The last event leaves the upper bound that Wilson's interval has for none of n.
                high = Proportion(0, of: count, confidence: confidence).high
            }
            steps.append(Step(time: time, atRisk: atRisk, events: died, survival: survival, low: low, high: high))
        }
    }

    /// S(t) and its band. Before the first event the band is Wilson's for all runs surviving.
    public func at(_ time: Double) -> Proportion {
        guard let step = steps.last(where: { $0.time <= time }) else {
            var all = Proportion(max(count, 1), of: max(count, 1), confidence: confidence)
            all.value = 1
            return all
        }
        var result = Proportion(1, of: 1)
        (result.value, result.low, result.high) = (step.survival, step.low, step.high)
        return result
    }

    /// Runs under observation just before a time.
    public func atRisk(_ time: Double) -> Int { times.count { $0 >= time } }

    /// The first time at which S is one half or less; nil if it never is.
    public var median: Double? { steps.first { $0.survival <= 0.5 }?.time }

    /// The restricted mean survival time: the area under S up to a horizon, and its standard error by Greenwood's formula.
    public func mean(upTo horizon: Double) -> (value: Double, error: Double) {
        var area = 0.0, last = 0.0, value = 1.0
        for step in steps where step.time < horizon {
            area += value * (step.time - last)
            (last, value) = (step.time, step.survival)
        }
        area += value * (horizon - last)
        // Var = sum over events of (area from t_i to the horizon)^2 d / (n (n - d))
        var variance = 0.0
        for (place, step) in steps.enumerated() where step.time < horizon && step.atRisk > step.events {
            var rest = 0.0
            for later in place..<steps.count where steps[later].time < horizon {
                let until = later + 1 < steps.count ? min(steps[later + 1].time, horizon) : horizon
                rest += steps[later].survival * (until - steps[later].time)
            }
            let (n, d) = (Double(step.atRisk), Double(step.events))
            variance += rest * rest * d / (n * (n - d))
        }
        return (area, variance.squareRoot())
    }
}
