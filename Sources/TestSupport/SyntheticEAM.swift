import Foundation

/// Files of embedded-atom functions of two elements, Si and Ni, in memory: sampled so finely that the jumps of the splines' second
/// derivatives do not show in differences.
public struct SyntheticEAM: Sendable {
    public var samples = 4000
    public var cutoff = 5.2
    public var isFinnisSinclair = false
    private static let largestDensity = 40.0

    public init(isFinnisSinclair: Bool = false) { self.isFinnisSinclair = isFinnisSinclair }

    private func fade(_ r: Double) -> Double {
        let x = 1 - r * r / (cutoff * cutoff)
        return x > 0 ? x * x * x : 0
    }

    private func lines(_ step: Double, _ f: (Double) -> Double) -> String {
        (0..<samples).map { String(format: "%.16e", f(Double($0) * step)) }.joined(separator: "\n") + "\n"
    }

    private var steps: (density: Double, distance: Double) {
        (Self.largestDensity / Double(samples - 1), cutoff / Double(samples - 1))
    }

    private var grid: String { "\(samples) \(steps.density) \(samples) \(steps.distance) \(cutoff)\n" }
    private func embedding(_ e: Double) -> String { lines(steps.density) { -e * ($0 + 2).squareRoot() + 0.001 * $0 * $0 } }
    private func density(_ a: Double, _ d: Double) -> String { lines(steps.distance) { a * exp(-1.1 * ($0 - d)) * fade($0) } }
    private func pair(_ depth: Double, _ a: Double, _ d: Double) -> String {
        lines(steps.distance) { $0 * depth * (exp(-2 * a * ($0 - d)) - 0.3 * exp(-a * ($0 - d))) * fade($0) }
    }

    /// setfl, or with densities by pair of elements.
    public var text: String {
        var text = "synthetic\n\n\n2 Si Ni\n" + grid + "14 28.0855 5.4 diamond\n" + embedding(0.9) + density(0.8, 2.4)
        if isFinnisSinclair { text += density(0.7, 2.5) }
        text += "28 58.71 3.7 fcc\n" + embedding(1.1)
        if isFinnisSinclair { text += density(1.2, 2.3) }
        return text + density(1, 2.5) + pair(0.4, 1.6, 2.5) + pair(0.5, 1.7, 2.45) + pair(0.45, 1.65, 2.55)
    }

    /// funcfl of one element.
    public func single(_ a: Double) -> String {
        "synthetic\n14 28.0855 5.4 diamond\n" + grid + embedding(a)
            + lines(steps.distance) { 0.3 * a * exp(-0.9 * $0) * fade($0) } + density(a, 2.4)
    }
}
