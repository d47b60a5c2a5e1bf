import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// E = H / (sqrt(2 pi) s) exp(-(r - r0)^2 / (2 s^2)): a bump or a well of Gaussian shape.
enum GaussCut: NeutralPairFunction {
    static let style = "gauss/cut"
    static let usage = "pair_style gauss/cut CUTOFF\npair_coeff I J H R0 WIDTH [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = [
        PairQuantity("H"), PairQuantity("r0"), PairQuantity("the width", .positive), PairQuantity("the pair's cutoff", .positive, or: 0),
    ]
    static let size = 4

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        let height = c[0] / (2 * Double.pi).squareRoot() / c[2], steep: Double = 1 / (c[2] * c[2])
        return (c[3], [height, c[1], -0.5 * steep, height * steep])
    }
    /// Heights mix as energies; where either repels (H > 0), the pair does.
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        let height = rule.energy(a[0].magnitude, b[0].magnitude, a[2].magnitude, b[2].magnitude)
        return [max(a[0], b[0]) >= 0 ? height : -height, rule.distance(a[1], b[1]), rule.distance(a[2], b[2]), rule.distance(a[3], b[3])]
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), off = r - L(plain: p[1]), x = (off * off).scaled(by: p[2]).exponential()
        return (x.scaled(by: p[0]), (x * off).scaled(by: p[3]) / r)
    }
}

/// E = k (rc - r)^2 within rc: a soft repulsion.
enum HarmonicCut: NeutralPairFunction {
    static let style = "harmonic/cut"
    static let usage = "pair_style harmonic/cut\npair_coeff I J K CUTOFF"
    static let globals: [PairQuantity] = []
    static let coefficients = [PairQuantity("k"), PairQuantity("the cutoff", .positive)]
    static let size = 2
    static let isShiftable = false

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) { (c[1], c) }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        [rule.energy(a[0], b[0], a[1], b[1]), rule.distance(a[1], b[1])]
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), off = L(plain: p[1]) - r, push = off.scaled(by: p[0])
        return (push * off, (push + push) / r)
    }
}

/// E = -epsilon ln(1 - exp(-r^2 / sigma^2)): Uhlenbeck and Ford's model, R. Paula Leite et al., J. Chem. Phys. 145, 194101 (2016).
enum UhlenbeckFord: NeutralPairFunction {
    static let style = "ufm"
    static let usage = "pair_style ufm CUTOFF\npair_coeff I J EPSILON SIGMA [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = [PairQuantity("epsilon"), PairQuantity("sigma", .positive), PairQuantity("the pair's cutoff", .positive, or: 0)]
    static let size = 3

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        let steep: Double = 1 / (c[1] * c[1])
        return (c[2], [-c[0], -steep, 2 * c[0] * steep])
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        LennardJonesNumbers.mixed(a, b, rule)
    }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let x = r2.scaled(by: p[1]).exponential(), rest = L(1) - x
        return (rest.logarithm().scaled(by: p[0]), (x / rest).scaled(by: p[2]))
    }
}

/// f = (1 - (1 + r / lambda) exp(-2 r / lambda)) / r: charges smeared out as Slater functions. M. Vaiwala et al., Mol. Simul. 45, 1232 (2019).
enum SlaterCoulomb: CoulombForm {
    static let word = "slater/cut"
    static let leading = [PairQuantity("lambda", .positive)]
    static let leadingUsage = "LAMBDA "
    static let hasPairCutoff = true
    static let size = 1
    static func numbers(_ leading: [Double], cutoff: Double) -> [Double] { [1 / leading[0]] }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R, from k: Int) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), q = r2.reciprocal(), inverse = r * q, s = r.scaled(by: p[k]), x = (-(s + s)).exponential()
        let e = L(1) - x * (L(1) + s), two = L(1) + s, g = L(1) - x * (L(1) + (s + s) * two)
        return ((inverse * e).scaled(by: qq), (inverse * q * g).scaled(by: qq))
    }
}

/// `coul/cut` whose cutoff no pair_coeff line changes.
enum GlobalCutCoulomb: CoulombForm {
    static let word = "cut/global"
    static let size = 0
    static func numbers(_ leading: [Double], cutoff: Double) -> [Double] { [] }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R, from k: Int) -> (energy: L, g: L) where R.Value == L.Plain {
        CutCoulomb.evaluate(r2, qq, p, from: k)
    }
}

enum CoulombSlater: CoulombPair { typealias Form = SlaterCoulomb }
enum CoulombCutGlobal: CoulombPair { typealias Form = GlobalCutCoulomb }
