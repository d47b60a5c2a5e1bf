import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// E = A1 + A2 cos(phi) + A3 cos(phi)^2 + A4 cos(phi)^3 + A5 cos(phi)^4
enum MultiHarmonicDihedral: TorsionFunction {
    static let kind = TopologyKind.dihedral
    static let style = "multi/harmonic"
    static let usage = "dihedral_style multi/harmonic\ndihedral_coeff TYPE A1 A2 A3 A4 A5"
    static let size = 5

    static func read(_ words: inout Words) throws -> [Double] { try ["A1", "A2", "A3", "A4", "A5"].map { try words.double($0) } }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        (
            p[0] + c * (p[1] + c * (p[2] + c * (p[3] + c * p[4]))),
            -s * (p[1] + c * (2 * p[2] + c * (3 * p[3] + c * 4 * p[4])))
        )
    }
}

/// E = sum_k A_k cos(phi)^(k - 1), up to twelve terms.
enum PowerDihedral: TorsionFunction {
    static let kind = TopologyKind.dihedral
    static let style = "nharmonic"
    static let usage = "dihedral_style nharmonic\ndihedral_coeff TYPE N A1 ... AN"
    static let size = 13

    static func read(_ words: inout Words) throws -> [Double] {
        let number = try words.int("the number of terms", in: 1...12)
        let terms = try (1...number).map { try words.double("A\($0)") }
        return [Double(number)] + terms + [Double](repeating: 0, count: 12 - number)
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        var e = 0.0, slope = 0.0, k = Int(p[0])
        while k > 0 {
            slope = slope * c + e
            e = e * c + p[k]
            k -= 1
        }
        return (e, -s * slope)
    }
}

/// E = K (phi - phi0)^2, the difference taken from -180 to 180 degrees.
enum QuadraticDihedral: TorsionFunction {
    static let kind = TopologyKind.dihedral
    static let style = "quadratic"
    static let usage = "dihedral_style quadratic\ndihedral_coeff TYPE K DEGREES"
    static let size = 2

    static func read(_ words: inout Words) throws -> [Double] { [try words.double("K"), try words.double("phi0") * AngleMath.degree] }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        var d = atan2(s, c) - p[1]
        if d > .pi { d -= 2 * .pi } else if d < -.pi { d += 2 * .pi }
        return (p[0] * d * d, 2 * p[0] * d)
    }
}

/// E = sum_k K_k (1 + cos(n_k phi - d_k)), up to six terms, d_k in degrees.
enum FourierDihedral: TorsionFunction {
    static let kind = TopologyKind.dihedral
    static let style = "fourier"
    static let usage = "dihedral_style fourier\ndihedral_coeff TYPE M K1 N1 DEGREES1 ... KM NM DEGREESM"
    static let size = 25

    static func read(_ words: inout Words) throws -> [Double] {
        let number = try words.int("the number of terms", in: 1...6)
        var row = [Double(number)]
        for k in 1...number {
            let strength = try words.double("K\(k)"), n = try TorsionMath.multiplicity(&words),
                d = try words.double("d\(k)") * AngleMath.degree
            row += [strength, n, cos(d), sin(d)]
        }
        return row + [Double](repeating: 0, count: size - row.count)
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        var e = 0.0, slope = 0.0
        for k in 0..<Int(p[0]) {
            let q = p + 1 + 4 * k
            let (cosine, sine) = TorsionMath.multiple(Int(q[1]), c, s)
            e += q[0] * (1 + cosine * q[2] + sine * q[3])
            slope -= q[0] * q[1] * (sine * q[2] - cosine * q[3])
        }
        return (e, slope)
    }
}
