import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// E = K d^2 (1 - 2.55 d + 7/12 2.55^2 d^2), d = r - r0 in Angstrom: MM3, N. L. Allinger et al., J. Am. Chem. Soc. 111, 8551 (1989).
enum MM3Bond: BondFunction {
    static let style = "mm3"
    static let usage = "bond_style mm3\nbond_coeff TYPE K R0"
    static let size = 4

    static func read(_ words: inout Words, _ units: Units) throws -> [Double] {
        guard let angstrom = units.angstrom else { throw words.error("bond_style mm3 needs units with an Angstrom, not lj") }
        return [try words.double("K"), try words.double("r0"), -2.55 / angstrom, 7.0 / 12 * 2.55 * 2.55 / (angstrom * angstrom)]
    }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let r = r2.squareRoot(), d = r - p[1], d2 = d * d
        let slope = 2 * p[0] * d + 3 * p[0] * p[2] * d2 + 4 * p[0] * p[3] * d2 * d
        return (p[0] * d2 * (1 + p[2] * d + p[3] * d2), r > 0 ? -slope / r : 0)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { p[1] }
}

/// E = -k T ln(sum_i A_i / (w_i sqrt(pi / 2)) exp(-2 (r - r_i)^2 / w_i^2)), up to six terms: G. Milano et al., J. Polym. Sci. B 43, 871 (2005).
enum GaussianBond: BondFunction {
    static let style = "gaussian"
    static let usage = "bond_style gaussian\nbond_coeff TYPE T N A1 WIDTH1 R1 ... AN WIDTHN RN"
    static let size = 20

    static func read(_ words: inout Words, _ units: Units) throws -> [Double] { try GaussianSum.read(&words, units, scale: 1, "the length") }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let r = r2.squareRoot(), (e, slope) = GaussianSum.evaluate(r, p)
        return (e, r > 0 ? -slope / r : 0)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { (0..<Int(p[1])).map { p[4 + 3 * $0] }.max() ?? 0 }
}

/// The same of the angle, in degrees in the deck.
enum GaussianAngle: AngleFunction {
    static let style = "gaussian"
    static let usage = "angle_style gaussian\nangle_coeff TYPE T N A1 WIDTH1 DEGREES1 ... AN WIDTHN DEGREESN"
    static let size = 20

    static func read(_ words: inout Words, _ units: Units) throws -> [Double] {
        try GaussianSum.read(&words, units, scale: AngleMath.degree, "the angle")
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let (theta, inverseSine) = AngleMath.angle(c), (e, slope) = GaussianSum.evaluate(theta, p)
        return (e, -slope * inverseSine)
    }
}

private enum GaussianSum {
    /// k T, number of terms, then A / (w sqrt(pi / 2)), w, place of each.
    static func read(_ words: inout Words, _ units: Units, scale: Double, _ place: String) throws -> [Double] {
        let temperature = try words.positiveDouble("the temperature"), number = try words.int("the number of terms", in: 1...6)
        var row = [units.boltzmann * temperature, Double(number)]
        for k in 1...number {
            let strength = try words.positiveDouble("A\(k)"), width = try words.positiveDouble("width \(k)")
            row += [strength / (width * (Double.pi / 2).squareRoot()), width, try words.double("\(place) \(k)") * scale]
        }
        return row + [Double](repeating: 0, count: 20 - row.count)
    }

    /// E and dE/dx.
    @inline(__always)
    static func evaluate(_ x: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        var sum = 0.0, moment = 0.0
        for k in 0..<Int(p[1]) {
            let q = p + 2 + 3 * k, d = x - q[2], g = q[0] * exp(-2 * d * d / (q[1] * q[1]))
            sum += g
            moment += g * d / (q[1] * q[1])
        }
        // Far from all terms both vanish.
        sum = max(sum, moment * 2.0e-308)
        return (-p[0] * log(sum), 4 * p[0] * moment / sum)
    }
}

/// FENE with n-m in the place of 12-6, for r < sigma, where the n-m energy is least: E0 (m (sigma / r)^n - n (sigma / r)^m) / (n - m).
enum PowersFENEBond: BondFunction {
    static let style = "fene/nm"
    static let usage = "bond_style fene/nm\nbond_coeff TYPE K R0 E0 SIGMA N M"
    static let size = 6

    static func read(_ words: inout Words) throws -> [Double] {
        let row = try FENEBond.read(&words) + [try words.double("n"), try words.double("m")]
        guard row[4] != row[5] else { throw words.error("the exponents n and m must differ") }
        return row
    }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let square = p[1] * p[1]
        var argument = 1 - r2 / square
        if argument < 0.02 { argument = argument <= -0.21 ? .nan : 0.02 }
        var g = -p[0] / argument, e = -0.5 * p[0] * square * log(argument)
        if r2 < p[3] * p[3] {
            let ratio = p[3] / r2.squareRoot(), a = pow(ratio, p[4]), b = pow(ratio, p[5]), prefactor = p[2] / (p[4] - p[5])
            g += prefactor * p[4] * p[5] * (a - b) / r2
            e += prefactor * (p[5] * a - p[4] * b)
        }
        return (e, g)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { 0.97 * p[3] }
    @inline(__always)
    static func isOverstretched(_ r2: Double, _ p: UnsafePointer<Double>) -> Bool { 1 - r2 / (p[1] * p[1]) < 0.02 }
}
