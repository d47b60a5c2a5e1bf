import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// E = M(r) - M(rc) - (r - rc) M'(rc), M the Morse function: energy and force vanish at the cutoff.
enum MorseSmoothLinear: NeutralPairFunction {
    static let style = "morse/smooth/linear"
    static let usage = "pair_style morse/smooth/linear CUTOFF\npair_coeff I J D0 ALPHA R0 [CUTOFF]"
    static let globals = Morse.globals
    static let coefficients = Morse.coefficients
    static let size = 6
    static let isShiftable = false

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        let x: Double = exp(-c[1] * (c[3] - c[2])), slope: Double = -2 * c[1] * c[0] * (x * x - x)
        let level: Double = c[0] * (x * x - 2 * x) - c[3] * slope
        return (c[3], [c[0], -c[1], c[2], 2 * c[0] * c[1], slope, level])
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), (e, g) = Morse.evaluate(r2, qq, p)
        return (e - L(plain: p[5]) - r.scaled(by: p[4]), g + L(plain: p[4]) / r)
    }
}

/// E = -A exp(-B r^2).
enum Gauss: NeutralPairFunction {
    static let style = "gauss"
    static let usage = "pair_style gauss CUTOFF\npair_coeff I J A B [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = [PairQuantity("A"), PairQuantity("B"), PairQuantity("the pair's cutoff", .positive, or: 0)]
    static let size = 3

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[2], [-c[0], -c[1], -2 * c[0] * c[1]])
    }
    /// Widths sqrt(1 / 2B) mix as distances, depths as energies; where either repels (A < 0), both do.
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        guard a[1] != 0, b[1] != 0 else { return nil }
        let one = (0.5 / a[1].magnitude).squareRoot(), other = (0.5 / b[1].magnitude).squareRoot()
        let width = rule.distance(one, other), depth = rule.energy(a[0].magnitude, b[0].magnitude, one, other)
        let steep: Double = 0.5 / (width * width)
        return [min(a[0], b[0]) >= 0 ? depth : -depth, max(a[1], b[1]) >= 0 ? steep : -steep, rule.distance(a[2], b[2])]
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let x = r2.scaled(by: p[1]).exponential()
        return (x.scaled(by: p[0]), x.scaled(by: p[2]))
    }
}

/// E = A0 exp(-alpha r) - A1 exp(-beta (r - r0)^2), for liquid sodium and its like (A. P. Bomont and J.-L. Bretonnet).
enum BornGauss: NeutralPairFunction {
    static let style = "born/gauss"
    static let usage = "pair_style born/gauss CUTOFF\npair_coeff I J A0 ALPHA A1 BETA R0 [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = [
        PairQuantity("A0"), PairQuantity("alpha"), PairQuantity("A1"), PairQuantity("beta"), PairQuantity("r0"),
        PairQuantity("the pair's cutoff", .positive, or: 0),
    ]
    static let size = 7

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[5], [c[0], -c[1], c[2], -c[3], c[4], c[0] * c[1], 2 * c[2] * c[3]])
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), off: L = r - L(plain: p[4]), square: L = off * off
        let a: L = r.scaled(by: p[1]).exponential(), b: L = square.scaled(by: p[3]).exponential()
        let slope: L = a.scaled(by: p[5]) - (off * b).scaled(by: p[6])
        return (a.scaled(by: p[0]) - b.scaled(by: p[2]), slope / r)
    }
}

/// D. E. Beck, Mol. Phys. 14, 311 (1968), for helium:
/// E = A exp(-r (alpha + beta r^5)) - B / (r^2 + a^2)^3 (1 + (2.709 + 3 a^2) / (r^2 + a^2)).
enum Beck: NeutralPairFunction {
    static let style = "beck"
    static let usage = "pair_style beck CUTOFF\npair_coeff I J A B a ALPHA BETA [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = [
        PairQuantity("A"), PairQuantity("B"), PairQuantity("a"), PairQuantity("alpha"), PairQuantity("beta"),
        PairQuantity("the pair's cutoff", .positive, or: 0),
    ]
    static let size = 5
    static let isShiftable = false

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[5], [c[0], c[1], c[2] * c[2], c[3], c[4]])
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), r5 = r2 * r2 * r, alpha = L(plain: p[3]), six = L.Plain(6)
        let exponent: L = -(r * (alpha + r5.scaled(by: p[4])))
        let x: L = exponent.exponential().scaled(by: p[0])
        let inverse: L = (r2 + L(plain: p[2])).reciprocal(), cube: L = inverse * inverse * inverse
        let three: L.Plain = L.Plain(3) * p[2]
        let constant = L(plain: L.Plain(2.709) + three)
        // 6 (r^2 + a^2) + 8 (2.709 + 3 a^2)
        let thirty: L.Plain = L.Plain(21.672) + L.Plain(30) * p[2], steep: L.Plain = six * p[4]
        let bracket: L = L(plain: thirty) + r2.scaled(by: six)
        let slope: L = cube * inverse * inverse * bracket
        let whole: L = L(1) + constant * inverse
        let e: L = x - (cube * whole).scaled(by: p[1])
        let rise: L = x * (alpha + r5.scaled(by: steep)) / r
        return (e, rise - slope.scaled(by: p[1]))
    }
}
