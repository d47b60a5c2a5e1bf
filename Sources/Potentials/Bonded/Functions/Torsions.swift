import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

enum TorsionMath {
    /// cos(n phi) and sin(n phi).
    @inline(__always) static func multiple(_ n: Int, _ c: Double, _ s: Double) -> (cosine: Double, sine: Double) {
        var p = 1.0, q = 0.0
        for _ in 0..<n { (p, q) = (p * c - q * s, p * s + q * c) }
        return (p, q)
    }

    /// A whole number of a coefficient line.
    static func multiplicity(_ words: inout Words) throws -> Double { Double(try words.int("the multiplicity n", in: 0...1000)) }

    static func sign(_ words: inout Words) throws -> Double { try words.choice("the sign d", [("1", 1.0), ("+1", 1.0), ("-1", -1.0)]) }
}

/// E = K (1 + d cos(n phi)), d = 1 or -1.
enum HarmonicDihedral: TorsionFunction {
    static let kind = TopologyKind.dihedral
    static let style = "harmonic"
    static let usage = "dihedral_style harmonic\ndihedral_coeff TYPE K D N"
    static let size = 3

    static func read(_ words: inout Words) throws -> [Double] {
        [try words.double("K"), try TorsionMath.sign(&words), try TorsionMath.multiplicity(&words)]
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let (cosine, sine) = TorsionMath.multiple(Int(p[2]), c, s)
        return (p[0] * (1 + p[1] * cosine), -p[0] * p[1] * p[2] * sine)
    }
}

/// E = (K1 (1 + cos(phi)) + K2 (1 - cos(2 phi)) + K3 (1 + cos(3 phi)) + K4 (1 - cos(4 phi))) / 2
enum OPLSDihedral: TorsionFunction {
    static let kind = TopologyKind.dihedral
    static let style = "opls"
    static let usage = "dihedral_style opls\ndihedral_coeff TYPE K1 K2 K3 K4"
    static let size = 4

    static func read(_ words: inout Words) throws -> [Double] { try ["K1", "K2", "K3", "K4"].map { 0.5 * (try words.double($0)) } }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let c2 = c * c - s * s, s2 = 2 * c * s, c3 = c2 * c - s2 * s, s3 = c2 * s + s2 * c, c4 = c2 * c2 - s2 * s2, s4 = 2 * c2 * s2
        return (
            p[0] * (1 + c) + p[1] * (1 - c2) + p[2] * (1 + c3) + p[3] * (1 - c4),
            -p[0] * s + 2 * p[1] * s2 - 3 * p[2] * s3 + 4 * p[3] * s4
        )
    }
}

/// E = K (1 + cos(n phi - d)), d in whole degrees. The weight of 1-4 interactions, which LAMMPS takes from its CHARMM pair styles, must be
/// 0.
enum CharmmDihedral: TorsionFunction {
    static let kind = TopologyKind.dihedral
    static let style = "charmm"
    static let usage = "dihedral_style charmm\ndihedral_coeff TYPE K N DEGREES 0      (the last word is the weight of 1-4 interactions)"
    static let size = 4

    static func read(_ words: inout Words) throws -> [Double] {
        let k = try words.double("K"), n = try TorsionMath.multiplicity(&words),
            d = Double(try words.int("d in degrees")) * AngleMath.degree
        guard try words.double("the weight of 1-4 interactions", in: 0...1) == 0 else {
            throw words.error("1-4 interactions are those of LAMMPS' CHARMM pair styles, which are not there: the weight must be 0")
        }
        return [k, cos(d), sin(d), n]
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let (cosine, sine) = TorsionMath.multiple(Int(p[3]), c, s)
        return (p[0] * (1 + cosine * p[1] + sine * p[2]), -p[0] * p[3] * (sine * p[1] - cosine * p[2]))
    }
}

/// E = K (chi - chi0)^2, chi from 0 to 180 degrees being the angle between the planes of atoms 1, 2, 3 and 2, 3, 4.
enum HarmonicImproper: TorsionFunction {
    static let kind = TopologyKind.improper
    static let style = "harmonic"
    static let usage = "improper_style harmonic\nimproper_coeff TYPE K DEGREES"
    static let size = 2

    static func read(_ words: inout Words) throws -> [Double] { [try words.double("K"), try words.double("chi0") * AngleMath.degree] }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        let chi = atan2(s.magnitude, c), d = chi - p[1], kd = p[0] * d
        return (kd * d, s < 0 ? -2 * kd : 2 * kd)
    }
}

/// E = K (1 + d cos(n phi)), d = 1 or -1.
enum CVFFImproper: TorsionFunction {
    static let kind = TopologyKind.improper
    static let style = "cvff"
    static let usage = "improper_style cvff\nimproper_coeff TYPE K D N"
    static let size = 3

    static func read(_ words: inout Words) throws -> [Double] {
        [try words.double("K"), try TorsionMath.sign(&words), Double(try words.int("the multiplicity n", in: 0...6))]
    }
    @inline(__always)
    static func evaluate(_ c: Double, _ s: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double) {
        HarmonicDihedral.evaluate(c, s, p)
    }
}
