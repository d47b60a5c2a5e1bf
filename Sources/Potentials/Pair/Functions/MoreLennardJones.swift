import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

private let globalCutoff = PairQuantity("the global cutoff", .positive)
private let pairCutoff = PairQuantity("the pair's cutoff", .positive, or: 0)

/// E = epsilon (2 (sigma / r)^9 - 3 (sigma / r)^6), of the COMPASS and PCFF force fields. Unlike pairs mix by sixth powers whatever
/// `pair_modify mix` says; it is for cutoffs alone.
enum LennardJonesClass2: NeutralPairFunction {
    static let style = "lj/class2"
    static let usage = "pair_style lj/class2 CUTOFF\npair_coeff I J EPSILON SIGMA [CUTOFF]"
    static let globals = [globalCutoff]
    static let coefficients = [PairQuantity("epsilon"), PairQuantity("sigma", .nonNegative), pairCutoff]
    static let size = 4

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        let s9 = pow(c[1], 9), s6 = pow(c[1], 6)
        return (c[2], [18 * c[0] * s9, 18 * c[0] * s6, 2 * c[0] * s9, 3 * c[0] * s6])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        [MixingRule.sixthpower.energy(a[0], b[0], a[1], b[1]), MixingRule.sixthpower.distance(a[1], b[1]), rule.distance(a[2], b[2])]
    }
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)? {
        let s3 = c[1] * c[1] * c[1], s6 = s3 * s3, r3 = c[2] * c[2] * c[2], r6 = r3 * r3
        return (2 * .pi * c[0] * s6 * (s3 - 3 * r3) / (3 * r6), 2 * .pi * c[0] * s6 * (s3 - 2 * r3) / r6)
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), q6 = q * q * q, q3 = q6.squareRoot()
        return (q6 * (q3.scaled(by: p[2]) - L(plain: p[3])), q6 * (q3.scaled(by: p[0]) - L(plain: p[1])) * q)
    }
}

enum Class2Coulomb: ChargedPair {
    typealias Short = LennardJonesClass2
    typealias Form = CutCoulomb
}

/// 12-6 up to its point of inflection (26/7)^(1/6) sigma; beyond it a cubic that takes energy and force to zero at
/// (67/48) (26/7)^(1/6) sigma, which is the cutoff. B. L. Holian et al., Phys. Rev. A 43, 2655 (1991).
enum LennardJonesCubic: NeutralPairFunction {
    static let style = "lj/cubic"
    static let usage = "pair_style lj/cubic\npair_coeff I J EPSILON SIGMA"
    static let globals: [PairQuantity] = []
    static let coefficients = [PairQuantity("epsilon"), PairQuantity("sigma", .positive)]
    static let size = 9
    static let isShiftable = false

    // In units of epsilon and of the distance of the minimum, 2^(1/6) sigma: LAMMPS' constants.
    private static let minimum = 1.122462048309373
    private static let inflection = 1.1086834179687215
    private static let end = 1.5475375611646651
    private static let energy = -0.7869822485207097
    private static let slope = 2.6899008972047196
    private static let bend = 27.9335700460986445

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        let least = c[1] * minimum, inner = least * inflection
        return (
            least * end,
            LennardJonesNumbers.twelveSix(c[0], c[1]) + [inner * inner, inner, 1 / least, c[0] * energy, c[0]]
        )
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        LennardJonesNumbers.mixed(a, b, rule)
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), (e, force) = LennardJonesNumbers.evaluate(q, p, from: 0)
        let r = r2.squareRoot(), t = (r - L(plain: p[5])).scaled(by: p[6]), t2 = t * t
        let third = L.Plain(bend / 6), half = L.Plain(bend / 2), steep = L.Plain(slope)
        let cubic = L(plain: p[7]) + (t.scaled(by: steep) - (t2 * t).scaled(by: third)).scaled(by: p[8])
        let pull = (t2.scaled(by: half) - L(plain: steep)).scaled(by: p[8] * p[6]) / r
        let isInner = r2.lessOrEqual(L(plain: p[4]))
        return (L.select(isInner, e, cubic), L.select(isInner, force * q, pull))
    }
}

/// E = E0 / (n - m) (m (r0 / r)^n - n (r0 / r)^m). J. H. R. Clarke et al., J. Phys. Chem. 90, 2202 (1986).
enum NM: NeutralPairFunction {
    static let style = "nm/cut"
    static let usage = "pair_style nm/cut CUTOFF\npair_coeff I J E0 R0 N M [CUTOFF]"
    static let globals = [globalCutoff]
    static let coefficients = [
        PairQuantity("E0"), PairQuantity("r0", .positive), PairQuantity("the exponent n"), PairQuantity("the exponent m"), pairCutoff,
    ]
    static let size = 6

    static func row(_ c: [Double], globals g: [Double], units: Units) throws -> (cutoff: Double, numbers: [Double]) {
        let (n, m) = (c[2], c[3])
        guard n != m else { throw DeckError("the exponents n and m must differ", at: nil) }
        let prefactor = c[0] / (n - m), rn = pow(c[1], n), rm = pow(c[1], m)
        return (c[4], [prefactor * m * rn, prefactor * n * rm, n / 2, m / 2, prefactor * n * m * rn, prefactor * n * m * rm])
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), log = q.logarithm()
        let a = log.scaled(by: p[2]).exponential(), b = log.scaled(by: p[3]).exponential()
        return (a.scaled(by: p[0]) - b.scaled(by: p[1]), (a.scaled(by: p[4]) - b.scaled(by: p[5])) * q)
    }
}

enum NMCoulomb: ChargedPair {
    typealias Short = NM
    typealias Form = CutCoulomb
}

enum LennardJonesWolf: ChargedPair {
    typealias Short = TwelveSix
    typealias Form = WolfCoulomb
}

/// A short-ranged function times Mei, Davenport and Fernando's taper, T = (1 - d)^3 (1 + 3 d + 6 d^2), d = (r - inner) / (outer - inner), which takes
/// energy, force and its slope to zero at the outer cutoff. Phys. Rev. B 43, 4653 (1991).
protocol TaperedPair: NeutralPairFunction {
    associatedtype Short: NeutralPairFunction
}

extension TaperedPair {
    static var globals: [PairQuantity] { LennardJonesSmooth.globals }
    private static var count: Int { Short.coefficients.count - 1 }
    static var coefficients: [PairQuantity] { Array(Short.coefficients.dropLast()) + LennardJonesSmooth.coefficients.suffix(2) }
    static var size: Int { Short.size + 2 }
    static var isShiftable: Bool { false }

    static func row(_ c: [Double], globals g: [Double], units: Units) throws -> (cutoff: Double, numbers: [Double]) {
        let inner = c[count], outer = c[count + 1]
        guard inner < outer else { throw DeckError("the inner cutoff must be smaller than the outer one", at: nil) }
        let own = try Short.row(Array(c.prefix(count)) + [outer], globals: [outer], units: units)
        return (outer, own.numbers + [inner, 1 / (outer - inner)])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        guard let own = Short.mixed(Array(a.prefix(count + 1)), Array(b.prefix(count + 1)), globals: [], rule: rule) else { return nil }
        return own + [rule.distance(a[count + 1], b[count + 1])]
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let (e, g) = Short.evaluate(r2, qq, p), k = Short.size
        let r = r2.squareRoot(), d = L.maximum((r - L(plain: p[k])).scaled(by: p[k + 1]), L.zero), rest = L(1) - d
        let square = rest * rest, three = L.Plain(3), six = L.Plain(6), thirty = L.Plain(30)
        let taper = square * rest * (L(1) + d.scaled(by: three) + (d * d).scaled(by: six))
        let slope = (d * d * square).scaled(by: thirty * p[k + 1])
        return (e * taper, g * taper + e * slope / r)
    }
}

enum LennardJonesTapered: TaperedPair {
    typealias Short = TwelveSix
    static let style = "lj/mdf"
    static let usage = "pair_style lj/mdf INNER OUTER\npair_coeff I J EPSILON SIGMA [INNER OUTER]"
}

enum BuckinghamTapered: TaperedPair {
    typealias Short = Buckingham
    static let style = "buck/mdf"
    static let usage = "pair_style buck/mdf INNER OUTER\npair_coeff I J A RHO C [INNER OUTER]"
}

enum LennardTapered: TaperedPair {
    typealias Short = PowersTwelveSix
    static let style = "lennard/mdf"
    static let usage = "pair_style lennard/mdf INNER OUTER\npair_coeff I J A B [INNER OUTER]"
}

/// E = A / r^12 - B / r^6.
enum PowersTwelveSix: NeutralPairFunction {
    static let style = "lennard"
    static let usage = ""
    static let globals = [globalCutoff]
    static let coefficients = [PairQuantity("A"), PairQuantity("B"), pairCutoff]
    static let size = 4

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[2], [12 * c[0], 6 * c[1], c[0], c[1]])
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), (e, force) = LennardJonesNumbers.evaluate(q, p, from: 0)
        return (e, force * q)
    }
}
