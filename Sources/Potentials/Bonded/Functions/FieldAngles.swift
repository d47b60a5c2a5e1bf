import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// E = -U (1 + cos(theta - theta0)) / 2.
enum CosineShiftAngle: AngleFunction {
    static let style = "cosine/shift"
    static let usage = "angle_style cosine/shift\nangle_coeff TYPE U DEGREES"
    static let size = 3

    static func read(_ words: inout Words) throws -> [Double] {
        let k = 0.5 * (try words.double("U")), at = try words.double("theta0") * AngleMath.degree
        return [k, k * cos(at), k * sin(at)]
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let s = max((1 - c * c).squareRoot(), 0.001)
        return (-p[0] - p[1] * c - p[2] * s, -p[1] + p[2] * c / s)
    }
}

/// E = -U (exp(-a u) - 1) / (exp(a) - 1), u = -(1 + cos(x - x0)) / 2: P. Virnau's and others' stiffened cosine; a -> 0 is the cosine itself.
enum ShiftedExponential {
    /// U, cos(x0), sin(x0), a, U / (exp(a) - 1) or 0 where a is small.
    static func read(_ words: inout Words, _ what: String) throws -> [Double] {
        let u = try words.double("U"), at = try words.double(what) * AngleMath.degree, a = try words.double("a")
        return [u, cos(at), sin(at), a, a.magnitude > 0.001 ? u / (exp(a) - 1) : 0]
    }
    /// E and dE/dx, from cos(x) and sin(x).
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let cosine = c * p[1] + s * p[2], sine = s * p[1] - c * p[2], a = p[3]
        guard a.magnitude > 0.001 else {
            return (-0.25 * p[0] * (1 + cosine) * (2 + 0.5 * a * (cosine - 1)), 0.5 * p[0] * sine * (1 + 0.5 * a * cosine))
        }
        let x = exp(0.5 * a * (1 + cosine))
        return (p[4] * (1 - x), 0.5 * a * p[4] * x * sine)
    }
}

/// `ShiftedExponential` of the angle.
enum CosineShiftExpAngle: AngleFunction {
    static let style = "cosine/shift/exp"
    static let usage = "angle_style cosine/shift/exp\nangle_coeff TYPE U DEGREES A"
    static let size = 5

    static func read(_ words: inout Words) throws -> [Double] { try ShiftedExponential.read(&words, "theta0") }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let s = max((1 - c * c).squareRoot(), 0.001), (e, slope) = ShiftedExponential.evaluate(c, s, p)
        return (e, -slope / s)
    }
}

/// E = K_ss (a - a0) (b - b0) + (K_a (a - a0) + K_b (b - b0)) (theta - theta0), a and b the lengths from the first and third atom to the middle one.
enum CrossAngle: AngleFunction {
    static let style = "cross"
    static let usage = "angle_style cross\nangle_coeff TYPE K_SS K_A K_B A0 B0 DEGREES"
    static let size = 6
    static let hasArms = true

    static func read(_ words: inout Words) throws -> [Double] {
        try ["K_ss", "K_a", "K_b", "a0", "b0"].map { try words.double($0) } + [try words.double("theta0") * AngleMath.degree]
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) { (0, 0) }
    @inline(__always)
    static func arms(_ a: Double, _ b: Double, _ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, byA: Double, byB: Double, slope: Double) {
        let (theta, inverseSine) = AngleMath.angle(c), da = a - p[3], db = b - p[4], d = theta - p[5], mixed = p[1] * da + p[2] * db
        return (p[0] * da * db + mixed * d, p[0] * db + p[1] * d, p[0] * da + p[2] * d, -mixed * inverseSine)
    }
}

/// `ShiftedExponential` of the torsion.
enum CosineShiftExpDihedral: TorsionFunction {
    static let kind = TopologyKind.dihedral
    static let style = "cosine/shift/exp"
    static let usage = "dihedral_style cosine/shift/exp\ndihedral_coeff TYPE U DEGREES A"
    static let size = 5

    static func read(_ words: inout Words) throws -> [Double] { try ShiftedExponential.read(&words, "phi0") }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        ShiftedExponential.evaluate(c, s, p)
    }
}

/// E = A (1 - cos(phi)) + B (1 + cos(3 phi)) + C (1 + cos(phi + pi / 4)): Z. Guo and D. Thirumalai, J. Mol. Biol. 263, 323 (1996).
enum HelixDihedral: TorsionFunction {
    static let kind = TopologyKind.dihedral
    static let style = "helix"
    static let usage = "dihedral_style helix\ndihedral_coeff TYPE A B C"
    static let size = 3

    static func read(_ words: inout Words) throws -> [Double] { try ["A", "B", "C"].map { try words.double($0) } }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let (c3, s3) = TorsionMath.multiple(3, c, s), half = 0.5.squareRoot(), turned = (c - s) * half, rise = (s + c) * half
        return (p[0] * (1 - c) + p[1] * (1 + c3) + p[2] * (1 + turned), p[0] * s - 3 * p[1] * s3 - p[2] * rise)
    }
}
