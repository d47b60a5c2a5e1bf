import Deck

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// E = K (r - r0)^2
enum HarmonicBond: BondFunction {
    static let style = "harmonic"
    static let usage = "bond_style harmonic\nbond_coeff TYPE K R0"
    static let size = 2

    static func read(_ words: inout Words) throws -> [Double] { [try words.double("K"), try words.double("r0")] }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let r = r2.squareRoot(), dr = r - p[1], rk = p[0] * dr
        return (rk * dr, r > 0 ? -2 * rk / r : 0)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { p[1] }
}

/// E = -K R0^2 ln(1 - (r / R0)^2) / 2 + 4 epsilon ((sigma / r)^12 - (sigma / r)^6) + epsilon, the last two for r < 2^(1/6) sigma.
///
/// Kremer and Grest, J. Chem. Phys. 92, 5057 (1990). As in LAMMPS a bond longer than 0.95 R0 has the force constant of that length, and
/// is counted; one of 2 R0 or more has no energy that is a number.
enum FENEBond: BondFunction {
    static let style = "fene"
    static let usage = "bond_style fene\nbond_coeff TYPE K R0 EPSILON SIGMA"
    static let size = 4

    static func read(_ words: inout Words) throws -> [Double] {
        [try words.double("K"), try words.positiveDouble("R0"), try words.double("epsilon"), try words.nonNegativeDouble("sigma")]
    }
    private static let cubeRootOfTwo = 1.25992104989487316476

    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let square = p[1] * p[1]
        var argument = 1 - r2 / square
        if argument < 0.1 { argument = argument <= -3 ? .nan : 0.1 }
        var g = -p[0] / argument, e = -0.5 * p[0] * square * log(argument)
        if r2 < cubeRootOfTwo * p[3] * p[3] {
            let s2 = p[3] * p[3] / r2, s6 = s2 * s2 * s2
            g += 48 * p[2] * s6 * (s6 - 0.5) / r2
            e += 4 * p[2] * s6 * (s6 - 1) + p[2]
        }
        return (e, g)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { 0.97 * p[3] }
    @inline(__always)
    static func isOverstretched(_ r2: Double, _ p: UnsafePointer<Double>) -> Bool { 1 - r2 / (p[1] * p[1]) < 0.1 }
}

/// E = D (1 - exp(-alpha (r - r0)))^2
enum MorseBond: BondFunction {
    static let style = "morse"
    static let usage = "bond_style morse\nbond_coeff TYPE D ALPHA R0"
    static let size = 3

    static func read(_ words: inout Words) throws -> [Double] {
        [try words.double("D"), try words.double("alpha"), try words.double("r0")]
    }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let r = r2.squareRoot(), decay = exp(-p[1] * (r - p[2])), rest = 1 - decay
        return (p[0] * rest * rest, r > 0 ? -2 * p[0] * p[1] * rest * decay / r : 0)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { p[2] }
}
