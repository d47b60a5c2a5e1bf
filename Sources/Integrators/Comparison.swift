/// How a deck compares two numbers: `fix halt`, `group type|id` (without the last).
public enum Comparison: String, Sendable, CaseIterable {
    case less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", equal = "==", notEqual = "!="
    /// True when exactly one of both is 0.
    case exclusiveOr = "|^"

    public func holds<T: Comparable & ExpressibleByIntegerLiteral>(_ a: T, _ b: T) -> Bool {
        switch self {
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        case .equal: a == b
        case .notEqual: a != b
        case .exclusiveOr: (a == 0) != (b == 0)
        }
    }
}
