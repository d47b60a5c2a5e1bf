/// One property checked on one system.
public struct CheckResult: Sendable, CustomStringConvertible {
    public enum Outcome: String, Sendable { case passed = "ok", failed = "FAILED", skipped = "skipped" }

    public let check: String
    public let system: String
    /// The largest deviation found; NaN fails.
    public let deviation: Double
    public let tolerance: Double
    /// Why it was skipped, or what else is worth saying.
    public let note: String
    public let outcome: Outcome

    public init(_ check: String, _ system: String, deviation: Double, tolerance: Double, note: String = "") {
        (self.check, self.system, self.deviation, self.tolerance, self.note) = (check, system, deviation, tolerance, note)
        outcome = deviation <= tolerance ? .passed : .failed
    }

    public init(_ check: String, _ system: String, skipped note: String) {
        (self.check, self.system, self.note) = (check, system, note)
        (deviation, tolerance, outcome) = (0, 0, .skipped)
    }

    public var isFailure: Bool { outcome == .failed }

    public var description: String {
        func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
        func short(_ x: Double) -> String {
            guard x.isFinite, x != 0 else { return "\(x)" }
            var exponent = 0, m = x.magnitude
            while m >= 10 { (m, exponent) = (m / 10, exponent + 1) }
            while m < 1 { (m, exponent) = (m * 10, exponent - 1) }
            return "\(x < 0 ? "-" : "")\((m * 10).rounded() / 10)e\(exponent)"
        }
        let numbers = outcome == .skipped ? "" : "\(padded(short(deviation), 9)) (at most \(short(tolerance)))"
        return "\(padded(outcome.rawValue, 8)) \(padded(system, 18)) \(padded(check, 44)) \(padded(numbers, 30)) \(note)"
    }
}

extension [CheckResult] {
    public var failures: [CheckResult] { filter(\.isFailure) }
    /// One line a result.
    public var table: String { map(\.description).joined(separator: "\n") }
}
