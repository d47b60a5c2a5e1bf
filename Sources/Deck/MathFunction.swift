#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// Inside `MathFunction` the bare names of the C library are its cases.
private func libraryExp(_ x: Double) -> Double { exp(x) }
private func libraryLog(_ x: Double) -> Double { log(x) }
private func librarySin(_ x: Double) -> Double { sin(x) }
private func libraryCos(_ x: Double) -> Double { cos(x) }
private func libraryTan(_ x: Double) -> Double { tan(x) }
private func libraryAsin(_ x: Double) -> Double { asin(x) }
private func libraryAcos(_ x: Double) -> Double { acos(x) }
private func libraryAtan(_ x: Double) -> Double { atan(x) }
private func libraryAtan2(_ y: Double, _ x: Double) -> Double { atan2(y, x) }

/// The functions of formulas whose arguments are formulas.
enum MathFunction: String, Sendable, CaseIterable {
    case sqrt, exp, ln, log, abs, sign, sin, cos, tan, asin, acos, atan, atan2
    case random, normal, ceil, floor, round, ternary
    case ramp, stagger, logfreq, logfreq2, logfreq3, stride, stride2, vdisplace, swiggle, cwiggle

    var argumentCount: Int {
        switch self {
        case .sqrt, .exp, .ln, .log, .abs, .sign, .sin, .cos, .tan, .asin, .acos, .atan, .ceil, .floor, .round: 1
        case .atan2, .ramp, .stagger, .vdisplace: 2
        case .random, .normal, .ternary, .logfreq, .logfreq2, .logfreq3, .stride, .swiggle, .cwiggle: 3
        case .stride2: 6
        }
    }

    /// True if the value depends on its arguments alone.
    var isPure: Bool {
        switch self {
        case .random, .normal, .ramp, .stagger, .logfreq, .logfreq2, .logfreq3, .stride, .stride2, .vdisplace,
            .swiggle, .cwiggle:
            false
        default: true
        }
    }

    /// The value for arguments in the function's domain; `a` has `argumentCount` elements.
    /// - Throws: a `DeckError` without location outside the domain.
    func callAsFunction(_ a: ArraySlice<Double>) throws(DeckError) -> Double {
        let x = a[a.startIndex]
        switch self {
        case .sqrt:
            if x < 0 { throw DeckError("square root of the negative number \(x)", at: nil) }
            return x.squareRoot()
        case .exp: return libraryExp(x)
        case .ln, .log:
            if x <= 0 { throw DeckError("logarithm of \(x), which is not positive", at: nil) }
            return self == .ln ? libraryLog(x) : log10(x)
        case .abs: return x.magnitude
        case .sign: return x >= 0 ? 1 : -1
        case .sin: return librarySin(x)
        case .cos: return libraryCos(x)
        case .tan: return libraryTan(x)
        case .asin, .acos:
            if !(-1...1 ~= x) { throw DeckError("\(rawValue) of \(x), which is not in -1 to 1", at: nil) }
            return self == .asin ? libraryAsin(x) : libraryAcos(x)
        case .atan: return libraryAtan(x)
        case .atan2: return libraryAtan2(x, a[a.startIndex + 1])
        case .ceil: return x.rounded(.up)
        case .floor: return x.rounded(.down)
        case .round:
            // Halves go up, as in LAMMPS: -2.5 gives -2.
            return x - x.rounded(.down) >= 0.5 ? x.rounded(.up) : x.rounded(.down)
        case .ternary: return x != 0 ? a[a.startIndex + 1] : a[a.startIndex + 2]
        default: throw DeckError("\(rawValue)() takes no vectors", at: nil)
        }
    }
}
