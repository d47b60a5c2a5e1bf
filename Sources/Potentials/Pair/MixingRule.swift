#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension MixingRule {
    /// Well depth of an unlike pair.
    func energy(_ e1: Double, _ e2: Double, _ s1: Double, _ s2: Double) -> Double {
        switch self {
        case .geometric, .arithmetic: (e1 * e2).squareRoot()
        case .sixthpower: 2 * (e1 * e2).squareRoot() * pow(s1, 3) * pow(s2, 3) / (pow(s1, 6) + pow(s2, 6))
        }
    }

    /// Size, or cutoff, of an unlike pair.
    func distance(_ s1: Double, _ s2: Double) -> Double {
        switch self {
        case .geometric: (s1 * s2).squareRoot()
        case .arithmetic: 0.5 * (s1 + s2)
        case .sixthpower: pow(0.5 * (pow(s1, 6) + pow(s2, 6)), 1.0 / 6.0)
        }
    }
}
