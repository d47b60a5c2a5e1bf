import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the styles of two coefficients epsilon and sigma have in common.
enum LennardJonesNumbers {
    /// 48 e s^12, 24 e s^6, 4 e s^12, 4 e s^6: of force and energy, in LAMMPS' order of operations.
    static func twelveSix(_ epsilon: Double, _ sigma: Double) -> [Double] {
        [
            48 * epsilon * pow(sigma, 12), 24 * epsilon * pow(sigma, 6), 4 * epsilon * pow(sigma, 12), 4 * epsilon * pow(sigma, 6),
        ]
    }

    /// epsilon, sigma, then distances, all mixed.
    static func mixed(_ a: [Double], _ b: [Double], _ rule: MixingRule) -> [Double] {
        [rule.energy(a[0], b[0], a[1], b[1])] + (1..<a.count).map { rule.distance(a[$0], b[$0]) }
    }

    /// LAMMPS' tail of the 12-6 form: 8 pi e s^6 (s^6 - 3 rc^6) / (9 rc^9) and 16 pi e s^6 (2 s^6 - 3 rc^6) / (9 rc^9).
    static func tail(_ epsilon: Double, _ sigma: Double, _ cutoff: Double) -> (energy: Double, pressure: Double) {
        let s2 = sigma * sigma, s6 = s2 * s2 * s2, r3 = cutoff * cutoff * cutoff, r6 = r3 * r3, r9 = r3 * r6
        return (8 * .pi * epsilon * s6 * (s6 - 3 * r6) / (9 * r9), 16 * .pi * epsilon * s6 * (2 * s6 - 3 * r6) / (9 * r9))
    }

    /// E and -(dE/dr) r of the 12-6 form, from 1 / r^2.
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ q: L, _ p: R, from k: Int) -> (energy: L, force: L) where R.Value == L.Plain {
        let q3 = q * q * q
        return (
            q3 * (q3.scaled(by: p[k + 2]) - L(plain: p[k + 3])), q3 * (q3.scaled(by: p[k]) - L(plain: p[k + 1]))
        )
    }
}

private let epsilonAndSigma = [PairQuantity("epsilon"), PairQuantity("sigma", .nonNegative)]

/// E = 4 epsilon ((sigma / r)^9 - (sigma / r)^6).
enum LennardJones96: NeutralPairFunction {
    static let style = "lj96/cut"
    static let usage = "pair_style lj96/cut CUTOFF\npair_coeff I J EPSILON SIGMA [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = epsilonAndSigma + [PairQuantity("the pair's cutoff", .positive, or: 0)]
    static let size = 4

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        let s9 = pow(c[1], 9), s6 = pow(c[1], 6)
        return (c[2], [36 * c[0] * s9, 24 * c[0] * s6, 4 * c[0] * s9, 4 * c[0] * s6])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        LennardJonesNumbers.mixed(a, b, rule)
    }
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)? {
        let s3 = c[1] * c[1] * c[1], s6 = s3 * s3, r3 = c[2] * c[2] * c[2], r6 = r3 * r3
        return (8 * .pi * c[0] * s6 * (s3 - 2 * r3) / (6 * r6), 8 * .pi * c[0] * s6 * (3 * s3 - 4 * r3) / (6 * r6))
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), q6 = q * q * q, q3 = q6.squareRoot()
        return (q6 * (q3.scaled(by: p[2]) - L(plain: p[3])), q6 * (q3.scaled(by: p[0]) - L(plain: p[1])) * q)
    }
}

/// E = C epsilon ((sigma / r)^n - (sigma / r)^m),   C = n / (n - m) (n / m)^(m / (n - m)); n repulsive, m attractive.
enum Mie: NeutralPairFunction {
    static let style = "mie/cut"
    static let usage = "pair_style mie/cut CUTOFF\npair_coeff I J EPSILON SIGMA REPULSIVE ATTRACTIVE [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = epsilonAndSigma + [
        PairQuantity("the repulsive exponent", .positive), PairQuantity("the attractive exponent", .positive),
        PairQuantity("the pair's cutoff", .positive, or: 0),
    ]
    static let size = 6

    static func row(_ c: [Double], globals g: [Double], units: Units) throws -> (cutoff: Double, numbers: [Double]) {
        let (n, m) = (c[2], c[3])
        guard n > m else { throw DeckError("the repulsive exponent must be larger than the attractive one", at: nil) }
        let prefactor = (n / (n - m)) * pow(n / m, m / (n - m)), repulsive = prefactor * c[0] * pow(c[1], n)
        let attractive = prefactor * c[0] * pow(c[1], m)
        return (c[4], [repulsive, attractive, n / 2, m / 2, n * repulsive, m * attractive])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        LennardJonesNumbers.mixed(a, b, rule)
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), log = q.logarithm()
        let a = log.scaled(by: p[2]).exponential(), b = log.scaled(by: p[3]).exponential()
        return (a.scaled(by: p[0]) - b.scaled(by: p[1]), (a.scaled(by: p[4]) - b.scaled(by: p[5])) * q)
    }
}

/// E = 4 epsilon ((sigma / (r - delta))^12 - (sigma / (r - delta))^6) for r < rc + delta.
enum LennardJonesExpanded: NeutralPairFunction {
    static let style = "lj/expand"
    static let usage = "pair_style lj/expand CUTOFF\npair_coeff I J EPSILON SIGMA DELTA [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = epsilonAndSigma + [PairQuantity("delta"), PairQuantity("the pair's cutoff", .positive, or: 0)]
    static let size = 5

    static func row(_ c: [Double], globals g: [Double], units: Units) throws -> (cutoff: Double, numbers: [Double]) {
        guard c[3] + c[2] > 0 else { throw DeckError("the cutoff plus delta must be positive", at: nil) }
        return (c[3] + c[2], LennardJonesNumbers.twelveSix(c[0], c[1]) + [c[2]])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        [rule.energy(a[0], b[0], a[1], b[1]), rule.distance(a[1], b[1]), 0.5 * (a[2] + b[2]), rule.distance(a[3], b[3])]
    }
    /// As LAMMPS has it: the 12-6 energy at rc + delta, not at rc, so that a step remains at the cutoff.
    static func shift(_ numbers: inout [Double], cutoff: Double) -> Double {
        let q = 1 / (cutoff * cutoff), q3 = q * q * q
        return q3 * (numbers[2] * q3 - numbers[3])
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), s = r - L(plain: p[4])
        let (e, force) = LennardJonesNumbers.evaluate((s * s).reciprocal(), p, from: 0)
        return (e, force / (s * r))
    }
}

/// 12-6 up to the inner cutoff; beyond it a force polynomial of third order that takes force and its slope to zero at the outer one:
/// F = c1 + c2 t + c3 t^2 + c4 t^3, t = r - inner.
enum LennardJonesSmooth: NeutralPairFunction {
    static let style = "lj/smooth"
    static let usage = "pair_style lj/smooth INNER OUTER\npair_coeff I J EPSILON SIGMA [INNER OUTER]"
    static let globals = [PairQuantity("the inner cutoff", .positive), PairQuantity("the outer cutoff", .positive)]
    static let coefficients = epsilonAndSigma + [
        PairQuantity("the pair's inner cutoff", .positive, or: 0), PairQuantity("the pair's outer cutoff", .positive, or: 1),
    ]
    static let size = 11

    static func row(_ c: [Double], globals g: [Double], units: Units) throws -> (cutoff: Double, numbers: [Double]) {
        let (inner, outer) = (c[2], c[3])
        guard inner <= outer else { throw DeckError("the inner cutoff must not be larger than the outer one", at: nil) }
        let lj = LennardJonesNumbers.twelveSix(c[0], c[1])
        var s = [0.0, 0, 0, 0, 0]
        if inner != outer {
            let r6 = 1 / pow(inner, 6), t = outer - inner, ratio = c[1] / inner
            s[0] = 4 * c[0] * (pow(ratio, 12) - pow(ratio, 6))
            s[1] = r6 * (lj[0] * r6 - lj[1]) / inner
            s[2] = -r6 * (13 * lj[0] * r6 - 7 * lj[1]) / (inner * inner)
            s[3] = -(3 / (t * t)) * (s[1] + 2.0 / 3.0 * s[2] * t)
            s[4] = -1 / (3 * t * t) * (s[2] + 2 * s[3] * t)
        }
        return (outer, lj + [inner * inner, inner] + s)
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        LennardJonesNumbers.mixed(a, b, rule)
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), (e, force) = LennardJonesNumbers.evaluate(q, p, from: 0)
        let r = r2.squareRoot(), t = r - L(plain: p[5])
        let polynomial = ((t.scaled(by: p[10]) + L(plain: p[9])) * t + L(plain: p[8])) * t + L(plain: p[7])
        let half = L.Plain(0.5), third = L.Plain(1.0 / 3), quarter = L.Plain(0.25)
        let integral =
            (((t.scaled(by: p[10] * quarter) + L(plain: p[9] * third)) * t + L(plain: p[8] * half)) * t + L(plain: p[7])) * t
        let isInner = r2.less(than: L(plain: p[4]))
        return (L.select(isInner, e, L(plain: p[6]) - integral), L.select(isInner, force * q, polynomial / r))
    }
}

/// 12-6 plus, beyond the inner cutoff, GROMACS' polynomial, which takes energy, force and its slope to zero at the outer one.
enum LennardJonesGromacs: NeutralPairFunction {
    static let style = "lj/gromacs"
    static let usage = "pair_style lj/gromacs INNER OUTER\npair_coeff I J EPSILON SIGMA [INNER OUTER]"
    static let globals = LennardJonesSmooth.globals
    static let coefficients = LennardJonesSmooth.coefficients
    static let size = 10
    static let isShiftable = false

    static func row(_ c: [Double], globals g: [Double], units: Units) throws -> (cutoff: Double, numbers: [Double]) {
        let (inner, outer) = (c[2], c[3])
        guard inner < outer else { throw DeckError("the inner cutoff must be smaller than the outer one", at: nil) }
        let lj = LennardJonesNumbers.twelveSix(c[0], c[1])
        let r6 = 1 / pow(outer, 6), r8 = 1 / pow(outer, 8), t = outer - inner, t2 = 1 / (t * t), t3 = t2 / t
        let a6 = (7 * inner - 10 * outer) * r8 * t2, b6 = (9 * outer - 7 * inner) * r8 * t3
        let a12 = (13 * inner - 16 * outer) * r6 * r8 * t2, b12 = (15 * outer - 13 * inner) * r6 * r8 * t3
        let c6 = r6 - (1 / t3) * (6 * a6 / 3 + 6 * b6 * t / 4), c12 = r6 * r6 - (1 / t3) * (12 * a12 / 3 + 12 * b12 * t / 4)
        return (
            outer,
            lj + [
                inner, lj[0] * a12 - lj[1] * a6, lj[0] * b12 - lj[1] * b6, -lj[2] * 12 * a12 / 3 + lj[3] * 6 * a6 / 3,
                -lj[2] * 12 * b12 / 4 + lj[3] * 6 * b6 / 4, -lj[2] * c12 + lj[3] * c6,
            ]
        )
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        LennardJonesNumbers.mixed(a, b, rule)
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), (e, force) = LennardJonesNumbers.evaluate(q, p, from: 0)
        let r = r2.squareRoot(), t = L.maximum(r - L(plain: p[4]), L.zero), t2 = t * t
        return (
            e + t2 * t * (t.scaled(by: p[8]) + L(plain: p[7])) + L(plain: p[9]),
            (force + r * t2 * (t.scaled(by: p[6]) + L(plain: p[5]))) * q
        )
    }
}

/// 12-6 shifted in energy and force: E = LJ(r) - LJ(rc) + (r - rc) F(rc); force and energy vanish at the cutoff.
enum LennardJonesSmoothLinear: NeutralPairFunction {
    static let style = "lj/smooth/linear"
    static let usage = "pair_style lj/smooth/linear CUTOFF\npair_coeff I J EPSILON SIGMA [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = epsilonAndSigma + [PairQuantity("the pair's cutoff", .positive, or: 0)]
    static let size = 7
    static let isShiftable = false

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        let lj = LennardJonesNumbers.twelveSix(c[0], c[1]), ratio = c[1] / c[2]
        let r6 = pow(ratio, 6), atCutoff = 4 * c[0] * (r6 * r6 - r6), slope = 48 * c[0] * (r6 * r6 - 0.5 * r6) / c[2]
        return (c[2], lj + [c[2], atCutoff, slope])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        LennardJonesNumbers.mixed(a, b, rule)
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), (e, force) = LennardJonesNumbers.evaluate(q, p, from: 0), r = r2.squareRoot()
        return (
            e - L(plain: p[5]) + (r - L(plain: p[4])).scaled(by: p[6]), force * q - L(plain: p[6]) / r
        )
    }
}
