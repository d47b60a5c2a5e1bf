import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An energy of the angle theta at the middle atom, with parameters by type: what is written for one more angle style.
protocol AngleFunction: Sendable {
    static var style: String { get }
    static var usage: String { get }
    /// How many numbers `read` gives.
    static var size: Int { get }
    /// The numbers that `evaluate` sees, from the words of an angle_coeff line.
    static func read(_ words: inout Words) throws -> [Double]
    /// The same where they depend on units; one of both is written.
    static func read(_ words: inout Words, _ units: Units) throws -> [Double]
    /// E and dE / d cos(theta).
    static func evaluate(_ cosine: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double)
    /// Whether there is an energy of the distance of the outer atoms too (Urey and Bradley).
    static var hasEnds: Bool { get }
    /// E and -(dE/dr) / r of that distance.
    static func ends(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double)
    /// Whether there is an energy of the lengths of both arms too.
    static var hasArms: Bool { get }
    /// E and its derivatives by both lengths and by cos(theta).
    static func arms(_ a: Double, _ b: Double, _ cosine: Double, _ p: UnsafePointer<Double>) -> (energy: Double, byA: Double, byB: Double, slope: Double)
}

extension AngleFunction {
    static func read(_ words: inout Words) throws -> [Double] { preconditionFailure("\(style) reads its numbers with units") }
    static func read(_ words: inout Words, _ units: Units) throws -> [Double] { try read(&words) }
    static var hasEnds: Bool { false }
    static var hasArms: Bool { false }
    @inline(__always)
    static func arms(_ a: Double, _ b: Double, _ c: Double, _ p: UnsafePointer<Double>) -> (energy: Double, byA: Double, byB: Double, slope: Double) {
        (0, 0, 0, 0)
    }
    @inline(__always) static func ends(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double) { (0, 0) }
}

enum AngleMath {
    static let degree = Double.pi / 180
    /// theta, and 1 / sin(theta), which is kept finite for stretched angles as LAMMPS keeps it.
    @inline(__always) static func angle(_ c: Double) -> (theta: Double, inverseSine: Double) {
        (acos(c), 1 / max((1 - c * c).squareRoot(), 0.001))
    }
}

/// Angles i - j - k with j in the middle, with an energy of the angle.
final class AnglePotential<Function: AngleFunction>: BondedStyle {
    static var entry: BondedEntry {
        BondedEntry(.angle, Function.style, usage: Function.usage) { words, typeCount, setup in
            try words.finish()
            return AnglePotential(typeCount, setup.units)
        }
    }

    let kind = TopologyKind.angle
    let style = Function.style
    private var table: BondedTable

    private let units: Units

    init(_ typeCount: Int, _ units: Units) {
        self.units = units
        table = BondedTable(typeCount: typeCount, size: Function.size)
    }

    func coefficients(_ types: ClosedRange<Int>, _ words: inout Words) throws {
        try table.read(types, &words) { try Function.read(&$0, units) }
    }

    func has(_ type: Int) -> Bool { table.has(type) }

    func compute(_ atoms: borrowing Atoms, _ list: borrowing Column<Int32>, into forces: inout Forces, _ share: BondedShare) {
        let x = atoms.position.pointer, f = forces.force.pointer, isQuiet = forces.wanted.isEmpty
        for at in stride(from: 0, to: list.count, by: 4) {
            let row = list.pointer + at, i = Int(row[1]), j = Int(row[2]), k = Int(row[3])
            let p = table.row(Int(row[0]))
            let a = (x[i] - x[j]).xyz, b = (x[k] - x[j]).xyz
            let a2 = a.dot(a), b2 = b.dot(b), product = a2.squareRoot() * b2.squareRoot()
            let c = min(1, max(-1, a.dot(b) / product))
            var (e, slope) = Function.evaluate(c, p)
            var pulls = (0.0, 0.0)
            if Function.hasArms {
                let (more, byA, byB, turn) = Function.arms(a2.squareRoot(), b2.squareRoot(), c, p)
                e += more
                slope += turn
                pulls = (-byA / a2.squareRoot(), -byB / b2.squareRoot())
            }
            // -dE/dx = -slope dc/dx,   dc/dx_i = b / (|a| |b|) - c a / |a|^2
            let across = -slope / product
            var fi = a * (slope * c / a2) + b * across
            var fk = b * (slope * c / b2) + a * across
            if Function.hasArms {
                fi += a * pulls.0
                fk += b * pulls.1
            }
            if Function.hasEnds {
                let d = b - a
                let (more, g) = Function.ends(d.dot(d), p)
                e += more
                fi -= d * g
                fk += d * g
            }
            f[i] += fi
            f[j] -= fi + fk
            f[k] += fk
            guard !isQuiet else { continue }
            var virial = Tensor.zero
            virial.add(a, fi)
            virial.add(b, fk)
            forces.tally(e, virial, row, 3, share)
        }
    }
}
