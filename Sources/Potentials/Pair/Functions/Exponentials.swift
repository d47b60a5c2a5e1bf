import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

private let cutoffWord = PairQuantity("the global cutoff", .positive)
private let pairCutoff = PairQuantity("the pair's cutoff", .positive, or: 0)

/// E = D0 (exp(-2 alpha (r - r0)) - 2 exp(-alpha (r - r0))).
enum Morse: NeutralPairFunction {
    static let style = "morse"
    static let usage = "pair_style morse CUTOFF\npair_coeff I J D0 ALPHA R0 [CUTOFF]"
    static let globals = [cutoffWord]
    static let coefficients = [PairQuantity("D0"), PairQuantity("alpha"), PairQuantity("r0"), pairCutoff]
    static let size = 4

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[3], [c[0], -c[1], c[2], 2 * c[0] * c[1]])
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), x = (r - L(plain: p[2])).scaled(by: p[1]).exponential(), square = x * x
        return ((square - x - x).scaled(by: p[0]), (square - x).scaled(by: p[3]) / r)
    }
}

/// E = A exp(-r / rho) - C / r^6.
enum Buckingham: NeutralPairFunction {
    static let style = "buck"
    static let usage = "pair_style buck CUTOFF\npair_coeff I J A RHO C [CUTOFF]"
    static let globals = [cutoffWord]
    static let coefficients = [PairQuantity("A"), PairQuantity("rho", .positive), PairQuantity("C"), pairCutoff]
    static let size = 5

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[3], [c[0], -1 / c[1], c[2], c[0] / c[1], 6 * c[2]])
    }
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)? { BornMayerHuggins.tail([c[0], c[1], 0, c[2], 0, c[3]]) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), r = r2.squareRoot(), q3 = q * q * q, x = r.scaled(by: p[1]).exponential()
        return (x.scaled(by: p[0]) - q3.scaled(by: p[2]), ((r * x).scaled(by: p[3]) - q3.scaled(by: p[4])) * q)
    }
}

/// E = A exp((sigma - r) / rho) - C / r^6 + D / r^8.
enum BornMayerHuggins: NeutralPairFunction {
    static let style = "born"
    static let usage = "pair_style born CUTOFF\npair_coeff I J A RHO SIGMA C D [CUTOFF]"
    static let globals = [cutoffWord]
    static let coefficients = [
        PairQuantity("A"), PairQuantity("rho", .positive), PairQuantity("sigma"), PairQuantity("C"), PairQuantity("D"), pairCutoff,
    ]
    static let size = 8

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[5], [c[0], -1 / c[1], c[2], c[3], c[4], c[0] / c[1], 6 * c[3], 8 * c[4]])
    }
    /// 2 pi times the integrals of E r^2 and, over -3, of -(dE/dr) r^3 from the cutoff on.
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)? {
        let (a, rho, sigma, c6, c8, rc) = (c[0], c[1], c[2], c[3], c[4], c[5])
        let x = a * exp((sigma - rc) / rho), r2 = rc * rc, r3 = r2 * rc, rho2 = rho * rho, rho3 = rho2 * rho
        return (
            2 * .pi * (x * rho * (r2 + 2 * rho * rc + 2 * rho2) - c6 / (3 * r3) + c8 / (5 * r3 * r2)),
            2 * .pi / 3 * (x * (r3 + 3 * rho * r2 + 6 * rho2 * rc + 6 * rho3) - 2 * c6 / r3 + 8 * c8 / (5 * r3 * r2))
        )
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), r = r2.squareRoot(), q3 = q * q * q, q4 = q3 * q
        let x = (r - L(plain: p[2])).scaled(by: p[1]).exponential()
        return (
            x.scaled(by: p[0]) - q3.scaled(by: p[3]) + q4.scaled(by: p[4]),
            ((r * x).scaled(by: p[5]) - q3.scaled(by: p[6]) + q4.scaled(by: p[7])) * q
        )
    }
}

/// E = A exp(-kappa r) / r.
enum Yukawa: NeutralPairFunction {
    static let style = "yukawa"
    static let usage = "pair_style yukawa KAPPA CUTOFF\npair_coeff I J A [CUTOFF]"
    static let globals = [PairQuantity("kappa"), cutoffWord]
    static let coefficients = [PairQuantity("A"), PairQuantity("the pair's cutoff", .positive, or: 1)]
    static let size = 2

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) { (c[1], [c[0], g[0]]) }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        [rule.energy(a[0], b[0], 1, 1), rule.distance(a[1], b[1])]
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), r = r2.squareRoot(), x = (-r.scaled(by: p[1])).exponential().scaled(by: p[0]), inverse = r * q
        return (x * inverse, x * (inverse + L(plain: p[1])) * q)
    }
}

/// E = A (1 + cos(pi r / rc)): pushes overlapping atoms apart.
enum SoftCosine: NeutralPairFunction {
    static let style = "soft"
    static let usage = "pair_style soft CUTOFF\npair_coeff I J A [CUTOFF]"
    static let globals = [cutoffWord]
    static let coefficients = [PairQuantity("A"), pairCutoff]
    static let size = 3
    static let isShiftable = false

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[1], [c[0], .pi / c[1], c[0] * .pi / c[1]])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        [rule.energy(a[0], b[0], a[1], b[1]), rule.distance(a[1], b[1])]
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), (sine, cosine) = r.scaled(by: p[1]).sineCosine()
        // Two atoms at one place push each other nowhere.
        let isApart = L.zero.less(than: r2)
        return ((cosine + L(1)).scaled(by: p[0]), L.select(isApart, sine.scaled(by: p[2]) / r, L.zero))
    }
}
