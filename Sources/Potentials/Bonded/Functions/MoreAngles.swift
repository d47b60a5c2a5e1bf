import Deck

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// E = K (cos(theta) - cos(theta0))^2
enum CosineSquaredAngle: AngleFunction {
    static let style = "cosine/squared"
    static let usage = "angle_style cosine/squared\nangle_coeff TYPE K DEGREES"
    static let size = 2

    static func read(_ words: inout Words) throws -> [Double] {
        [try words.double("K"), cos(try words.double("theta0") * AngleMath.degree)]
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let d = c - p[1], kd = p[0] * d
        return (kd * d, 2 * kd)
    }
}

/// E = K (1 - cos(theta - theta0))
enum CosineDeltaAngle: AngleFunction {
    static let style = "cosine/delta"
    static let usage = "angle_style cosine/delta\nangle_coeff TYPE K DEGREES"
    static let size = 2

    static func read(_ words: inout Words) throws -> [Double] { try HarmonicAngle.read(&words) }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let (theta, inverseSine) = AngleMath.angle(c), d = theta - p[1]
        return (p[0] * (1 - cos(d)), -p[0] * sin(d) * inverseSine)
    }
}

/// E = 2 C / n^2 (1 - B (-1)^n cos(n theta)), B = 1 or -1.
enum CosinePeriodicAngle: AngleFunction {
    static let style = "cosine/periodic"
    static let usage = "angle_style cosine/periodic\nangle_coeff TYPE C B N"
    static let size = 3

    static func read(_ words: inout Words) throws -> [Double] {
        let c = try words.double("C"), b = try TorsionMath.sign(&words), n = try words.int("the multiplicity n", in: 1...1000)
        return [c / Double(n * n), n % 2 == 0 ? b : -b, Double(n)]
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        // Chebyshev polynomials T_n(c) = cos(n theta) and U_(n-1)(c) = sin(n theta) / sin(theta).
        var t = (1.0, c), u = (0.0, 1.0)
        for _ in 1..<Int(p[2]) {
            t = (t.1, 2 * c * t.1 - t.0)
            u = (u.1, 2 * c * u.1 - u.0)
        }
        return (2 * p[0] * (1 - p[1] * t.1), -2 * p[0] * p[1] * p[2] * u.1)
    }
}

/// E = K2 (theta - theta0)^2 + K3 (theta - theta0)^3 + K4 (theta - theta0)^4
enum QuarticAngle: AngleFunction {
    static let style = "quartic"
    static let usage = "angle_style quartic\nangle_coeff TYPE DEGREES K2 K3 K4"
    static let size = 4

    static func read(_ words: inout Words) throws -> [Double] {
        [try words.double("theta0") * AngleMath.degree] + (try ["K2", "K3", "K4"].map { try words.double($0) })
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let (theta, inverseSine) = AngleMath.angle(c), d = theta - p[0], d2 = d * d
        return (d2 * (p[1] + d * (p[2] + d * p[3])), -d * (2 * p[1] + d * (3 * p[2] + 4 * p[3] * d)) * inverseSine)
    }
}

/// E = K (C0 + C1 cos(theta) + C2 cos(2 theta))
enum FourierAngle: AngleFunction {
    static let style = "fourier"
    static let usage = "angle_style fourier\nangle_coeff TYPE K C0 C1 C2"
    static let size = 4

    static func read(_ words: inout Words) throws -> [Double] { try ["K", "C0", "C1", "C2"].map { try words.double($0) } }
    @inline(__always)
    static func evaluate(_ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        (p[0] * (p[1] + p[2] * c + p[3] * (2 * c * c - 1)), p[0] * (p[2] + 4 * p[3] * c))
    }
}
