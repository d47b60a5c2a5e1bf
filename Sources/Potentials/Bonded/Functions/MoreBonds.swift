import Deck

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// E = K (r^2 - r0^2)^2
enum GromosBond: BondFunction {
    static let style = "gromos"
    static let usage = "bond_style gromos\nbond_coeff TYPE K R0"
    static let size = 2

    static func read(_ words: inout Words) throws -> [Double] { try HarmonicBond.read(&words) }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let d = r2 - p[1] * p[1], kd = p[0] * d
        return (kd * d, -4 * kd)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { p[1] }
}

/// E = epsilon (r - r0)^2 / (lambda^2 - (r - r0)^2). Rector, Van Swol and Henderson, Mol. Phys. 82, 1009 (1994).
enum NonlinearBond: BondFunction {
    static let style = "nonlinear"
    static let usage = "bond_style nonlinear\nbond_coeff TYPE EPSILON R0 LAMBDA"
    static let size = 3

    static func read(_ words: inout Words) throws -> [Double] {
        [try words.double("epsilon"), try words.double("r0"), try words.positiveDouble("lambda")]
    }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let r = r2.squareRoot(), d = r - p[1], square = p[2] * p[2], rest = square - d * d
        return (p[0] * d * d / rest, -p[0] / r * 2 * d * square / (rest * rest))
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { p[1] }
}

/// E = U ((r - r0)^2 - (rc - r0)^2) / (r0 - rc)^2: -U at r0, 0 at rc.
enum ShiftedHarmonicBond: BondFunction {
    static let style = "harmonic/shift"
    static let usage = "bond_style harmonic/shift\nbond_coeff TYPE U R0 RC"
    static let size = 3

    static func read(_ words: inout Words) throws -> [Double] {
        let u = try words.double("the energy U"), r0 = try words.double("r0"), rc = try words.double("rc")
        guard rc != r0 else { throw words.error("rc must differ from r0") }
        return [u / ((r0 - rc) * (r0 - rc)), r0, rc]
    }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let r = r2.squareRoot(), d = r - p[1], c = p[1] - p[2]
        return (p[0] * (d * d - c * c), r > 0 ? -2 * p[0] * d / r : 0)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { p[1] }
}

/// The same up to rc, nothing beyond.
enum CutHarmonicBond: BondFunction {
    static let style = "harmonic/shift/cut"
    static let usage = "bond_style harmonic/shift/cut\nbond_coeff TYPE U R0 RC"
    static let size = 3

    static func read(_ words: inout Words) throws -> [Double] { try ShiftedHarmonicBond.read(&words) }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        r2.squareRoot() > p[2] ? (0, 0) : ShiftedHarmonicBond.evaluate(r2, p)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { p[1] }
}

/// E = K2 (r - r0)^2 + K3 (r - r0)^3 + K4 (r - r0)^4
enum Class2Bond: BondFunction {
    static let style = "class2"
    static let usage = "bond_style class2\nbond_coeff TYPE R0 K2 K3 K4"
    static let size = 4

    static func read(_ words: inout Words) throws -> [Double] { try ["r0", "K2", "K3", "K4"].map { try words.double($0) } }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let r = r2.squareRoot(), d = r - p[0], d2 = d * d, d3 = d2 * d
        return (p[1] * d2 + p[2] * d3 + p[3] * d2 * d2, r > 0 ? -(2 * p[1] * d + 3 * p[2] * d2 + 4 * p[3] * d3) / r : 0)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { p[0] }
}

/// FENE with r - delta in the place of r.
enum ExpandedFENEBond: BondFunction {
    static let style = "fene/expand"
    static let usage = "bond_style fene/expand\nbond_coeff TYPE K R0 EPSILON SIGMA DELTA"
    static let size = 5

    static func read(_ words: inout Words) throws -> [Double] { try FENEBond.read(&words) + [try words.double("delta")] }
    @inline(__always)
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) {
        let r = r2.squareRoot(), d = r - p[4]
        let (e, g) = FENEBond.evaluate(d * d, p)
        return (e, g * d / r)
    }
    static func length(_ p: UnsafePointer<Double>) -> Double { p[4] + 0.97 * p[3] }
    @inline(__always)
    static func isOverstretched(_ r2: Double, _ p: UnsafePointer<Double>) -> Bool {
        let d = r2.squareRoot() - p[4]
        return FENEBond.isOverstretched(d * d, p)
    }
}
