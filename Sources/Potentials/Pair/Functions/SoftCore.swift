import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What soft-core styles have in common: lambda^n in front, and alpha (1 - lambda)^2 in the place of the divergence, so that atoms can appear and
/// disappear. T. C. Beutler et al., Chem. Phys. Lett. 222, 529 (1994).
private enum SoftCore {
    static func core(_ alpha: Double, _ lambda: Double) -> Double { alpha * (1 - lambda) * (1 - lambda) }

    /// epsilon, sigma and lambda of an unlike pair, which mixes where lambda is the same.
    static func mixed(_ a: [Double], _ b: [Double], _ rule: MixingRule, cutoffs: Int) -> [Double]? {
        guard a[2] == b[2] else { return nil }
        return [rule.energy(a[0], b[0], a[1], b[1]), rule.distance(a[1], b[1]), a[2]] + (3..<3 + cutoffs).map { rule.distance(a[$0], b[$0]) }
    }

    static let lambda = PairQuantity("lambda", .nonNegative)
    static let exponent = PairQuantity("the exponent n")
    static let alphaLJ = PairQuantity("alpha of the 12-6 energy")
    static let alphaCoulomb = PairQuantity("alpha of the Coulomb energy")

    /// lambda^n epsilon, 1 / sigma^6, core.
    static func numbers(_ c: [Double], _ n: Double, _ alpha: Double) -> [Double] { [pow(c[2], n) * c[0], 1 / pow(c[1], 6), core(alpha, c[2])] }
}

/// E = 4 lambda^n epsilon (1 / D^2 - 1 / D), D = alpha (1 - lambda)^2 + (r / sigma)^6.
enum LennardJonesSoft: NeutralPairFunction {
    static let style = "lj/cut/soft"
    static let usage = "pair_style lj/cut/soft N ALPHA CUTOFF\npair_coeff I J EPSILON SIGMA LAMBDA [CUTOFF]"
    static let globals = [SoftCore.exponent, SoftCore.alphaLJ, PairQuantity("the global cutoff", .positive)]
    static let coefficients = [
        PairQuantity("epsilon"), PairQuantity("sigma", .positive), SoftCore.lambda, PairQuantity("the pair's cutoff", .positive, or: 2),
    ]
    static let size = 3

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[3], SoftCore.numbers(c, g[0], g[1]))
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? { SoftCore.mixed(a, b, rule, cutoffs: 1) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r4 = (r2 * r2).scaled(by: p[1]), d = (L(plain: p[2]) + r4 * r2).reciprocal(), d2 = d * d
        let four = L.Plain(4) * p[0], steep = L.Plain(24) * p[0]
        return ((d2 - d).scaled(by: four), (r4 * d2 * (d + d - L(1))).scaled(by: steep))
    }
}

/// E = lambda^n epsilon (2 / D^(3/2) - 3 / D), D as in `LennardJonesSoft`.
enum Class2Soft: NeutralPairFunction {
    static let style = "lj/class2/soft"
    static let usage = "pair_style lj/class2/soft N ALPHA CUTOFF\npair_coeff I J EPSILON SIGMA LAMBDA [CUTOFF]"
    static let globals = LennardJonesSoft.globals
    static let coefficients = LennardJonesSoft.coefficients
    static let size = 3

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[3], SoftCore.numbers(c, g[0], g[1]))
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        guard let own = SoftCore.mixed(a, b, .sixthpower, cutoffs: 0) else { return nil }
        return own + [rule.distance(a[3], b[3])]
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r4 = (r2 * r2).scaled(by: p[1]), d = (L(plain: p[2]) + r4 * r2).reciprocal(), root = d.squareRoot()
        let two = L.Plain(2) * p[0], three = L.Plain(3) * p[0], steep = L.Plain(18) * p[0]
        return (d * (root.scaled(by: two) - L(plain: three)), (r4 * d * d * (root - L(1))).scaled(by: steep))
    }
}

/// E = lambda^n C q_i q_j / sqrt(alpha (1 - lambda)^2 + r^2).
enum CoulombSoft: PairFunction {
    static let style = "coul/cut/soft"
    static let usage = "pair_style coul/cut/soft N ALPHA CUTOFF\npair_coeff I J LAMBDA [CUTOFF]"
    static let globals = [SoftCore.exponent, SoftCore.alphaCoulomb, PairQuantity("the global cutoff", .positive)]
    static let coefficients = [SoftCore.lambda, PairQuantity("the pair's cutoff", .positive, or: 2)]
    static let size = 2
    static let usesCharges = true
    static let isShiftable = false

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[1], [pow(c[0], g[0]), SoftCore.core(g[1], c[0])])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        a[0] == b[0] ? [a[0], rule.distance(a[1], b[1])] : nil
    }
    @inline(__always)
    static func soft<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R, from k: Int) -> (energy: L, g: L) where R.Value == L.Plain {
        let d = (L(plain: p[k + 1]) + r2).reciprocal(), e = d.squareRoot().scaled(by: qq * p[k])
        return (e, e * d)
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        soft(r2, qq, p, from: 0)
    }
    @inline(__always)
    static func coulombEnergy<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> L where R.Value == L.Plain {
        soft(r2, qq, p, from: 0).energy
    }
}

/// `lj/cut/soft` and `coul/cut/soft` with one lambda.
enum LennardJonesCoulombSoft: PairFunction {
    static let style = "lj/cut/coul/cut/soft"
    static let usage = """
        pair_style lj/cut/coul/cut/soft N ALPHA_LJ ALPHA_COULOMB CUTOFF [COULOMB_CUTOFF]
        pair_coeff I J EPSILON SIGMA LAMBDA [CUTOFF [COULOMB_CUTOFF]]
        """
    static let globals = [
        SoftCore.exponent, SoftCore.alphaLJ, SoftCore.alphaCoulomb, PairQuantity("the global cutoff", .positive),
        PairQuantity("the Coulomb cutoff", .positive, or: 3),
    ]
    static let coefficients = [
        PairQuantity("epsilon"), PairQuantity("sigma", .positive), SoftCore.lambda, PairQuantity("the pair's cutoff", .positive, or: 3),
        PairQuantity("the pair's Coulomb cutoff", .positive, or: 4, orLast: true),
    ]
    // The 12-6 part's three, the Coulomb part's two, both cutoffs squared, shift.
    static let size = 8
    static let usesCharges = true

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        let charged = [pow(c[2], g[0]), SoftCore.core(g[2], c[2])]
        return (max(c[3], c[4]), SoftCore.numbers(c, g[0], g[1]) + charged + [c[3] * c[3], c[4] * c[4], 0])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? { SoftCore.mixed(a, b, rule, cutoffs: 2) }
    /// Of the 12-6 part alone; kept within.
    static func shift(_ numbers: inout [Double], cutoff: Double) -> Double {
        numbers[7] = numbers.withUnsafeBufferPointer { LennardJonesSoft.evaluate($0[5], 0, UniformRow<Double>($0.baseAddress!)).energy }
        return 0
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let (e, g) = LennardJonesSoft.evaluate(r2, qq, p), (own, pull) = CoulombSoft.soft(r2, qq, p, from: 3)
        let isNear = r2.less(than: L(plain: p[5])), isCharged = r2.less(than: L(plain: p[6]))
        return (
            L.select(isNear, e - L(plain: p[7]), L.zero) + L.select(isCharged, own, L.zero),
            L.select(isNear, g, L.zero) + L.select(isCharged, pull, L.zero)
        )
    }
    @inline(__always)
    static func coulombEnergy<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> L where R.Value == L.Plain {
        L.select(r2.less(than: L(plain: p[6])), CoulombSoft.soft(r2, qq, p, from: 3).energy, L.zero)
    }
}
