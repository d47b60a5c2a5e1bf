import Foundation

/// The standard normal distribution.
public enum Normal {
    /// P(X <= x).
    public static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    /// The x with P(X <= x) = p, by bisection.
    public static func quantile(_ p: Double) -> Double {
        guard p > 0 && p < 1 else { return p <= 0 ? -.infinity : .infinity }
        var (low, high) = (-40.0, 40.0)
        while high - low > 1e-13 * max(1, abs(low)) {
            let middle = 0.5 * (low + high)
            if middle == low || middle == high { break }
            if cumulative(middle) < p { low = middle } else { high = middle }
        }
        return 0.5 * (low + high)
    }

    /// Half the width, in standard deviations, of the central interval that holds a fraction `level`.
    public static func width(_ level: Double) -> Double { quantile(0.5 + 0.5 * level) }
}

/// A fraction of successes and its interval.
public struct Proportion: Sendable, Equatable {
    public var value: Double
    public var low: Double
    public var high: Double

    /// Wilson's score interval: E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927). It stays within 0 and 1 and has a width also at 0 and at
    /// 1.
    public init(_ successes: Int, of count: Int, confidence: Double = 0.95) {
        guard count > 0 else {
            (value, low, high) = (.nan, 0, 1)
            return
        }
        let n = Double(count), z = Normal.width(confidence), p = Double(successes) / n
        let scale = 1 / (1 + z * z / n)
        let centre = (p + z * z / (2 * n)) * scale
        let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() * scale
        value = p
        // Exactly 0 and 1 at the ends, which rounding would miss.
        low = successes == 0 ? 0 : max(0, centre - half)
        high = successes == count ? 1 : min(1, centre + half)
    }
}
