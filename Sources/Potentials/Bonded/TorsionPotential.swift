import Deck
import Domain

/// An energy of the torsion phi of four atoms, with parameters by type: what is written for one more dihedral style, or improper style of
/// the angle between two planes.
protocol TorsionFunction: Sendable {
    static var kind: TopologyKind { get }
    static var style: String { get }
    static var usage: String { get }
    /// How many numbers `read` gives.
    static var size: Int { get }
    /// The numbers that `evaluate` sees, from the words of a coefficient line.
    static func read(_ words: inout Words) throws -> [Double]
    /// The same where they depend on units; one of both is written.
    static func read(_ words: inout Words, _ units: Units) throws -> [Double]
    /// E and dE / dphi, from cos(phi) and sin(phi).
    static func evaluate(_ cosine: Double, _ sine: Double, _ p: UnsafePointer<Double>) -> (energy: Double, slope: Double)
}

extension TorsionFunction {
    static func read(_ words: inout Words) throws -> [Double] { preconditionFailure("\(style) reads its numbers with units") }
    static func read(_ words: inout Words, _ units: Units) throws -> [Double] { try read(&words) }
}

/// Torsions about the bond of the second and third of four atoms.
///
/// With F = r_1 - r_2, G = r_2 - r_3, H = r_4 - r_3, A = F x G, B = H x G: cos(phi) = A B / (|A| |B|), sin(phi) = A H |G| / (|A| |B|) and
/// the gradients of A. Blondel and M. Karplus, J. Comput. Chem. 17, 1132 (1996), eqs. 27, without singularities but where three
/// atoms are in line.
final class TorsionPotential<Function: TorsionFunction>: BondedStyle {
    static var entry: BondedEntry {
        BondedEntry(Function.kind, Function.style, usage: Function.usage) { words, typeCount, setup in
            try words.finish()
            return TorsionPotential(typeCount, setup.units)
        }
    }

    let kind = Function.kind
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
        for at in stride(from: 0, to: list.count, by: 5) {
            let row = list.pointer + at, i = Int(row[1]), j = Int(row[2]), k = Int(row[3]), l = Int(row[4])
            let u = (x[i] - x[j]).xyz, g = (x[j] - x[k]).xyz, h = (x[l] - x[k]).xyz
            let a = u.cross(g), b = h.cross(g)
            let a2 = a.dot(a), b2 = b.dot(b), length = g.dot(g).squareRoot()
            let inverseA = a2 > 0 ? 1 / a2 : 0, inverseB = b2 > 0 ? 1 / b2 : 0, inverseLength = length > 0 ? 1 / length : 0
            let inverse = (inverseA * inverseB).squareRoot()
            let c = min(1, max(-1, a.dot(b) * inverse)), s = length * inverse * a.dot(h)
            let (e, slope) = Function.evaluate(c, s, table.row(Int(row[0])))
            let fi = a * (slope * inverseA * length), fl = b * (-slope * inverseB * length)
            let middle = a * (-slope * u.dot(g) * inverseA * inverseLength) + b * (slope * h.dot(g) * inverseB * inverseLength)
            let fk = -middle - fl
            f[i] += fi
            f[j] += middle - fi
            f[k] += fk
            f[l] += fl
            guard !isQuiet else { continue }
            var virial = Tensor.zero
            virial.add(u, fi)
            virial.add(-g, fk)
            virial.add(h - g, fl)
            forces.tally(e, virial, row, 4, share)
        }
    }
}
