import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A Coulomb energy C q_i q_j f(r) of finite range, C = 1 / (4 pi epsilon_0) in the deck's units: alone (`CoulombPair`) or beside a
/// short-ranged function (`ChargedPair`).
protocol CoulombForm: Sendable {
    /// The last word of the style: `cut` in coul/cut.
    static var word: String { get }
    /// The numbers of the pair_style line before the cutoffs, in words for the usage too.
    static var leading: [PairQuantity] { get }
    static var leadingUsage: String { get }
    /// Whether a pair_coeff line may have a cutoff of its own.
    static var hasPairCutoff: Bool { get }
    /// How many numbers `numbers` gives.
    static var size: Int { get }
    static func numbers(_ leading: [Double], cutoff: Double) -> [Double]
    /// Whether bonded neighbours with a factor of 0 still interact: by what damping takes from 1 / r.
    static var isDamped: Bool { get }
    /// s of the energy s C q_i^2 of each charge.
    static func selfEnergy(_ leading: [Double], cutoff: Double) -> Double
    /// Energy and g = -(dE/dr) / r; numbers from p[k] on.
    static func evaluate<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, from k: Int
    ) -> (energy: L, g: L) where R.Value == L.Plain
}

extension CoulombForm {
    static var leading: [PairQuantity] { [] }
    static var leadingUsage: String { "" }
    static var hasPairCutoff: Bool { false }
    static var isDamped: Bool { false }
    static func selfEnergy(_ leading: [Double], cutoff: Double) -> Double { 0 }
}

/// f = 1 / r.
enum CutCoulomb: CoulombForm {
    static let word = "cut"
    static let hasPairCutoff = true
    static let size = 0
    static func numbers(_ leading: [Double], cutoff: Double) -> [Double] { [] }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, from k: Int
    ) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), e = q.squareRoot().scaled(by: qq)
        return (e, e * q)
    }
}

/// f = exp(-kappa r) / r.
enum DebyeCoulomb: CoulombForm {
    static let word = "debye"
    static let leading = [PairQuantity("kappa")]
    static let leadingUsage = "KAPPA "
    static let hasPairCutoff = true
    static let size = 1
    static func numbers(_ leading: [Double], cutoff: Double) -> [Double] { [leading[0]] }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, from k: Int
    ) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), r = r2.squareRoot(), x = (-r.scaled(by: p[k])).exponential().scaled(by: qq), inverse = r * q
        return (x * inverse, x * (inverse + L(plain: p[k])) * q)
    }
}

/// What the damped sums have in common: f = erfc(alpha r) / r - e - d r, d such that the force vanishes at the cutoff.
private enum DampedShift {
    /// alpha, -alpha^2, 2 alpha / sqrt(pi), e, d: d = -(erfc(alpha rc) / rc + 2 alpha / sqrt(pi) exp(-alpha^2 rc^2)) / rc.
    /// - Parameter shiftsForce: e = erfc(alpha rc) / rc - d rc, such that f with d r vanishes there; else erfc(alpha rc) / rc.
    static func numbers(_ alpha: Double, _ cutoff: Double, shiftsForce: Bool) -> [Double] {
        let energy: Double = erfc(alpha * cutoff) / cutoff, square: Double = alpha * alpha,
            root: Double = 2 * alpha / Double.pi.squareRoot()
        let gaussian: Double = exp(-square * cutoff * cutoff)
        let force: Double = -(energy + root * gaussian) / cutoff
        return [alpha, -square, root, shiftsForce ? energy - force * cutoff : energy, force]
    }

    static func selfEnergy(_ alpha: Double, _ cutoff: Double, shiftsForce: Bool) -> Double {
        -(numbers(alpha, cutoff, shiftsForce: shiftsForce)[3] / 2 + alpha / Double.pi.squareRoot())
    }
}

/// Damped shifted force, C. J. Fennell and J. D. Gezelter, J. Chem. Phys. 124, 234104 (2006):
/// f = erfc(alpha r) / r - e - d r, with a self energy. As in LAMMPS, erfc is Abramowitz and Stegun's 7.1.26, good to 1.5e-7: forces are
/// the gradient to that.
enum DampedShiftedForce: CoulombForm {
    static let word = "dsf"
    static let leading = [PairQuantity("the damping parameter alpha", .nonNegative)]
    static let leadingUsage = "ALPHA "
    static let isDamped = true
    static let size = 5
    static func numbers(_ leading: [Double], cutoff: Double) -> [Double] { DampedShift.numbers(leading[0], cutoff, shiftsForce: true) }
    static func selfEnergy(_ leading: [Double], cutoff: Double) -> Double { DampedShift.selfEnergy(leading[0], cutoff, shiftsForce: true) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, from k: Int
    ) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), inverse = r.reciprocal()
        let gaussian = r2.scaled(by: p[k + 1]).exponential()
        let fraction: L.Plain = p[k] * L.Plain(0.3275911)
        let t: L = (r.scaled(by: fraction) + L(1)).reciprocal()
        var series = L(1.061405429)
        series = series * t + L(-1.453152027)
        series = series * t + L(1.421413741)
        series = series * t + L(-0.284496736)
        series = series * t + L(0.254829592)
        let error: L = t * series * gaussian
        return damped(error, gaussian, r, r2, inverse, qq, p, from: k)
    }
}

/// The same with the exact erfc: Wolf's sum with shifted forces, D. Wolf et al., J. Chem. Phys. 110, 8254 (1999). As in LAMMPS the energy
/// lacks the shift of the force (- d r), so it is the forces' potential only up to that: NVE does not conserve it exactly.
enum WolfCoulomb: CoulombForm {
    static let word = "wolf"
    static let leading = DampedShiftedForce.leading
    static let leadingUsage = "ALPHA "
    static let isDamped = true
    static let size = 5
    static func numbers(_ leading: [Double], cutoff: Double) -> [Double] { DampedShift.numbers(leading[0], cutoff, shiftsForce: false) }
    static func selfEnergy(_ leading: [Double], cutoff: Double) -> Double { DampedShift.selfEnergy(leading[0], cutoff, shiftsForce: false) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, from k: Int
    ) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), inverse = r.reciprocal(), gaussian = r2.scaled(by: p[k + 1]).exponential()
        let (e, g) = damped(complementaryError(r.scaled(by: p[k])), gaussian, r, r2, inverse, qq, p, from: k)
        let step: L.Plain = p[k + 4] * qq
        return (e + r.scaled(by: step), g)
    }
}

/// The damped shifted force with the exact erfc, as `born/coul/dsf` has it.
enum ExactDampedShiftedForce: CoulombForm {
    static let word = "dsf"
    static let leading = DampedShiftedForce.leading
    static let leadingUsage = "ALPHA "
    static let isDamped = true
    static let size = 5
    static func numbers(_ leading: [Double], cutoff: Double) -> [Double] { DampedShift.numbers(leading[0], cutoff, shiftsForce: true) }
    static func selfEnergy(_ leading: [Double], cutoff: Double) -> Double { DampedShift.selfEnergy(leading[0], cutoff, shiftsForce: true) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, from k: Int
    ) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), inverse = r.reciprocal(), gaussian = r2.scaled(by: p[k + 1]).exponential()
        return damped(complementaryError(r.scaled(by: p[k])), gaussian, r, r2, inverse, qq, p, from: k)
    }
}

@inline(__always)
private func damped<L: EdgeLane, R: ParameterRow>(
    _ error: L, _ gaussian: L, _ r: L, _ r2: L, _ inverse: L, _ qq: L.Plain, _ p: R, from k: Int
) -> (energy: L, g: L) where R.Value == L.Plain {
    let prefactor = inverse.scaled(by: qq)
    let shifts: L = r.scaled(by: p[k + 3]) + r2.scaled(by: p[k + 4])
    let steep: L = gaussian.scaled(by: p[k + 2]) + r.scaled(by: p[k + 4])
    let slope: L = error * inverse + steep
    return (prefactor * (error - shifts), prefactor * slope * inverse)
}

/// erfc of each lane, by the C library; on duals with its derivative.
@inline(__always)
private func complementaryError<L: EdgeLane>(_ x: L) -> L {
    let value = x.value
    var result = L.Plain.zero, slope = L.Plain.zero
    for lane in 0..<L.Plain.laneCount {
        let z = value[lane: lane]
        result[lane: lane] = erfc(z)
        if L.hasTangent { slope[lane: lane] = -1.1283791670955126 * exp(-z * z) }
    }
    // x less its value is the tangent alone.
    guard L.hasTangent else { return L(plain: result) }
    let tangent: L = x - L(plain: value)
    return L(plain: result) + tangent.scaled(by: slope)
}

/// `coul/FORM`. A protocol, not a generic type: only what conforms by itself has its loops compiled for it.
protocol CoulombPair: PairFunction {
    associatedtype Form: CoulombForm
}

extension CoulombPair {
    static var style: String { "coul/\(Form.word)" }
    static var usage: String {
        "pair_style \(style) \(Form.leadingUsage)CUTOFF\npair_coeff I J\(Form.hasPairCutoff ? " [CUTOFF]" : "")"
    }
    static var globals: [PairQuantity] { Form.leading + [PairQuantity("the global cutoff", .positive)] }
    static var coefficients: [PairQuantity] {
        Form.hasPairCutoff ? [PairQuantity("the pair's cutoff", .positive, or: Form.leading.count)] : []
    }
    static var size: Int { Form.size }
    static var usesCharges: Bool { true }
    static var keepsExcluded: Bool { Form.isDamped }
    static var isShiftable: Bool { false }

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        let cutoff = c.first ?? g[Form.leading.count]
        return (cutoff, Form.numbers(g, cutoff: cutoff))
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        a.isEmpty ? [] : [rule.distance(a[0], b[0])]
    }
    static func selfEnergy(globals g: [Double]) -> Double { Form.selfEnergy(g, cutoff: g[Form.leading.count]) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        Form.evaluate(r2, qq, p, from: 0)
    }
    @inline(__always)
    static func coulombEnergy<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> L where R.Value == L.Plain {
        Form.evaluate(r2, qq, p, from: 0).energy
    }
}

/// `SHORT/coul/FORM`: a short-ranged function, whose last coefficient is its cutoff, and a Coulomb energy, each with its cutoff.
/// `shift` shifts the first alone.
protocol ChargedPair: PairFunction {
    associatedtype Short: NeutralPairFunction
    associatedtype Form: CoulombForm
}

extension ChargedPair {
    static var style: String { "\(Short.style)/coul/\(Form.word)" }
    static var usage: String {
        let own = Short.usage.split(separator: "\n")[1].dropLast("[CUTOFF]".count)
        return
            "pair_style \(style) \(Form.leadingUsage)CUTOFF [COULOMB_CUTOFF]\n\(own)[CUTOFF\(Form.hasPairCutoff ? " [COULOMB_CUTOFF]" : "")]"
    }
    private static var first: Int { Form.leading.count }
    private static var count: Int { Short.coefficients.count }
    static var globals: [PairQuantity] {
        Form.leading + [PairQuantity("the global cutoff", .positive), PairQuantity("the Coulomb cutoff", .positive, or: first)]
    }
    static var coefficients: [PairQuantity] {
        var all = Short.coefficients
        all[all.count - 1] = PairQuantity("the pair's cutoff", .positive, or: first)
        // One cutoff is for both.
        if Form.hasPairCutoff { all.append(PairQuantity("the pair's Coulomb cutoff", .positive, or: first + 1, orLast: true)) }
        return all
    }
    static var size: Int { Short.size + Form.size + 3 }
    static var usesCharges: Bool { true }
    static var keepsExcluded: Bool { Form.isDamped }

    static func row(_ c: [Double], globals g: [Double], units: Units) throws -> (cutoff: Double, numbers: [Double]) {
        let short = try Short.row(Array(c.prefix(count)), globals: [c[count - 1]], units: units)
        let cutoff = Form.hasPairCutoff ? c[count] : g[first + 1]
        let ends = [short.cutoff * short.cutoff, cutoff * cutoff, 0]
        return (max(short.cutoff, cutoff), short.numbers + Form.numbers(g, cutoff: cutoff) + ends)
    }
    /// Kept within, since beyond the first cutoff only the Coulomb energy is left.
    static func shift(_ numbers: inout [Double], cutoff: Double) -> Double {
        var own = Array(numbers.prefix(Short.size))
        numbers[size - 1] = Short.shift(&own, cutoff: numbers[size - 3].squareRoot())
        return 0
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        guard let own = Short.mixed(Array(a.prefix(count)), Array(b.prefix(count)), globals: [], rule: rule) else { return nil }
        return own + zip(a.dropFirst(count), b.dropFirst(count)).map { rule.distance($0, $1) }
    }
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)? { Short.tail(Array(c.prefix(count))) }
    static func selfEnergy(globals g: [Double]) -> Double { Form.selfEnergy(g, cutoff: g[first + 1]) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let ends = Short.size + Form.size
        let (e, g) = Short.evaluate(r2, qq, p), (own, pull) = Form.evaluate(r2, qq, p, from: Short.size)
        let isNear = r2.less(than: L(plain: p[ends])), isCharged = isCharged(r2, p)
        return (
            L.select(isNear, e - L(plain: p[ends + 2]), L.zero) + L.select(isCharged, own, L.zero),
            L.select(isNear, g, L.zero) + L.select(isCharged, pull, L.zero)
        )
    }
    @inline(__always)
    static func coulombEnergy<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> L where R.Value == L.Plain {
        let own = Form.evaluate(r2, qq, p, from: Short.size).energy
        return L.select(isCharged(r2, p), own, L.zero)
    }
    @inline(__always)
    static func isCharged<L: EdgeLane, R: ParameterRow>(_ r2: L, _ p: R) -> L.Mask where R.Value == L.Plain {
        r2.less(than: L(plain: p[Short.size + Form.size + 1]))
    }
}

enum CoulombCut: CoulombPair { typealias Form = CutCoulomb }
enum CoulombDebye: CoulombPair { typealias Form = DebyeCoulomb }
enum CoulombDamped: CoulombPair { typealias Form = DampedShiftedForce }
enum CoulombWolf: CoulombPair { typealias Form = WolfCoulomb }

enum LennardJonesCoulomb: ChargedPair {
    typealias Short = TwelveSix
    typealias Form = CutCoulomb
}
enum LennardJonesDebye: ChargedPair {
    typealias Short = TwelveSix
    typealias Form = DebyeCoulomb
}
enum LennardJonesDamped: ChargedPair {
    typealias Short = TwelveSix
    typealias Form = DampedShiftedForce
}
enum BuckinghamCoulomb: ChargedPair {
    typealias Short = Buckingham
    typealias Form = CutCoulomb
}
enum BornDamped: ChargedPair {
    typealias Short = BornMayerHuggins
    typealias Form = ExactDampedShiftedForce
}
enum BornWolf: ChargedPair {
    typealias Short = BornMayerHuggins
    typealias Form = WolfCoulomb
}

/// E = 4 epsilon ((sigma / r)^12 - (sigma / r)^6), for styles with charges; `LennardJones` has the style of it alone.
enum TwelveSix: NeutralPairFunction {
    static let style = "lj/cut"
    static let usage = "pair_style lj/cut CUTOFF\npair_coeff I J EPSILON SIGMA [CUTOFF]"
    static let globals = [PairQuantity("the global cutoff", .positive)]
    static let coefficients = [
        PairQuantity("epsilon"), PairQuantity("sigma", .nonNegative), PairQuantity("the pair's cutoff", .positive, or: 0),
    ]
    static let size = 4

    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) {
        (c[2], LennardJonesNumbers.twelveSix(c[0], c[1]))
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? {
        LennardJonesNumbers.mixed(a, b, rule)
    }
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)? { LennardJonesNumbers.tail(c[0], c[1], c[2]) }
    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let q = r2.reciprocal(), (e, force) = LennardJonesNumbers.evaluate(q, p, from: 0)
        return (e, force * q)
    }
}
