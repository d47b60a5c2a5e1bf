import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// E = C q_i q_j / r, cut off: C = 1 / (4 pi epsilon_0) in the deck's units.
enum CoulombCut: PairFunction {
    static let style = "coul/cut"
    static let usage = "pair_style coul/cut CUTOFF\npair_coeff I J [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = [PairQuantity("the pair's cutoff", .positive, or: 0)]
    static let size = 0
    static let usesCharges = true
    static let isShiftable = false

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) { (c[0], []) }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? { [rule.distance(a[0], b[0])] }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), e = q.squareRoot().scaled(by: qq)
        return (e, e * q)
    }
}

/// E = C q_i q_j exp(-kappa r) / r.
enum CoulombDebye: PairFunction {
    static let style = "coul/debye"
    static let usage = "pair_style coul/debye KAPPA CUTOFF\npair_coeff I J [CUTOFF]"
    static let globals = [PairQuantity("kappa"), PairQuantity("the global cutoff", .positive)]
    static let coefficients = [PairQuantity("the pair's cutoff", .positive, or: 1)]
    static let size = 1
    static let usesCharges = true
    static let isShiftable = false

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) { (c[0], [g[0]]) }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? { [rule.distance(a[0], b[0])] }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), r = r2.squareRoot(), x = (-r.scaled(by: p[0])).exponential().scaled(by: qq), inverse = r * q
        return (x * inverse, x * (inverse + L(plain: p[0])) * q)
    }
}

/// Lennard-Jones 12-6 and cut-off Coulomb, each with its cutoff. `shift` shifts the first alone.
enum LennardJonesCoulomb: PairFunction {
    static let style = "lj/cut/coul/cut"
    static let usage = "pair_style lj/cut/coul/cut CUTOFF [COULOMB_CUTOFF]\npair_coeff I J EPSILON SIGMA [CUTOFF [COULOMB_CUTOFF]]"
    static let globals = [PairQuantity("the global cutoff", .positive), PairQuantity("the Coulomb cutoff", .positive, or: 0)]
    static let coefficients = [
        PairQuantity("epsilon"), PairQuantity("sigma", .nonNegative), PairQuantity("the pair's cutoff", .positive, or: 0),
        PairQuantity("the pair's Coulomb cutoff", .positive, or: 1),
    ]
    static let size = 7
    static let usesCharges = true

    /// Kept within, since beyond the first cutoff only the Coulomb energy is left.
    static func shift(_ numbers: inout [Double], cutoff: Double) -> Double {
        numbers[6] = 1 / numbers[4] / numbers[4] / numbers[4]
        numbers[6] = numbers[6] * (numbers[2] * numbers[6] - numbers[3])
        return 0
    }

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (max(c[2], c[3]), LennardJonesNumbers.twelveSix(c[0], c[1]) + [c[2] * c[2], c[3] * c[3], 0])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        LennardJonesNumbers.mixed(a, b, rule)
    }
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)? { LennardJonesNumbers.tail(c[0], c[1], c[2]) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), (lj, force) = LennardJonesNumbers.evaluate(q, p, from: 0)
        let isNear = r2.less(than: L(plain: p[4])), isCharged = r2.less(than: L(plain: p[5]))
        let c = L.select(isCharged, q.squareRoot().scaled(by: qq), L.zero)
        return (L.select(isNear, lj - L(plain: p[6]), L.zero) + c, (L.select(isNear, force, L.zero) + c) * q)
    }
}

/// Buckingham and cut-off Coulomb, each with its cutoff. `shift` shifts the first alone.
enum BuckinghamCoulomb: PairFunction {
    static let style = "buck/coul/cut"
    static let usage = "pair_style buck/coul/cut CUTOFF [COULOMB_CUTOFF]\npair_coeff I J A RHO C [CUTOFF [COULOMB_CUTOFF]]"
    static let globals = LennardJonesCoulomb.globals
    static let coefficients = [
        PairQuantity("A"), PairQuantity("rho", .positive), PairQuantity("C"), PairQuantity("the pair's cutoff", .positive, or: 0),
        PairQuantity("the pair's Coulomb cutoff", .positive, or: 1),
    ]
    static let size = 8
    static let usesCharges = true

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (max(c[3], c[4]), [c[0], -1 / c[1], c[2], c[0] / c[1], 6 * c[2], c[3] * c[3], c[4] * c[4], 0])
    }
    static func shift(_ numbers: inout [Double], cutoff: Double) -> Double {
        let r2 = numbers[5]
        numbers[7] = numbers[0] * exp(numbers[1] * r2.squareRoot()) - numbers[2] / (r2 * r2 * r2)
        return 0
    }
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)? { Buckingham.tail(Array(c[0..<4])) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), (e, g) = Buckingham.evaluate(r2, qq, p)
        let isNear = r2.less(than: L(plain: p[5])), isCharged = r2.less(than: L(plain: p[6]))
        let c = L.select(isCharged, q.squareRoot().scaled(by: qq), L.zero)
        return (L.select(isNear, e - L(plain: p[7]), L.zero) + c, L.select(isNear, g, L.zero) + c * q)
    }
}
