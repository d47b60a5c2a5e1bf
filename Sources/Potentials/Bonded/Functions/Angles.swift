import Deck

/// E = K (theta - theta0)^2, theta0 in degrees.
enum HarmonicAngle: AngleFunction {
    static let style = "harmonic"
    static let usage = "angle_style harmonic\nangle_coeff TYPE K DEGREES"
    static let size = 2

    static func read(_ words: inout Words) throws -> [Double] { [try words.double("K"), try words.double("theta0") * AngleMath.degree] }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let (theta, inverseSine) = AngleMath.angle(c)
        let dtheta = theta - p[1], tk = p[0] * dtheta
        return (tk * dtheta, -2 * tk * inverseSine)
    }
}

/// E = K (1 + cos(theta))
enum CosineAngle: AngleFunction {
    static let style = "cosine"
    static let usage = "angle_style cosine\nangle_coeff TYPE K"
    static let size = 1

    static func read(_ words: inout Words) throws -> [Double] { [try words.double("K")] }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) { (p[0] * (1 + c), p[0]) }
}

/// E = K (theta - theta0)^2 + K_UB (r - r_UB)^2, r being the distance of the outer atoms.
enum CharmmAngle: AngleFunction {
    static let style = "charmm"
    static let usage = "angle_style charmm\nangle_coeff TYPE K DEGREES K_UB R_UB"
    static let size = 4
    static let hasEnds = true

    static func read(_ words: inout Words) throws -> [Double] {
        try HarmonicAngle.read(&words) + [try words.double("K_UB"), try words.double("r_UB")]
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) { HarmonicAngle.evaluate(c, p) }
    @inline(__always)
    static func ends(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) { HarmonicBond.evaluate(r2, p + 2) }
}
