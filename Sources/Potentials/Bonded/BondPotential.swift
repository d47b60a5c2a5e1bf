import Deck
import Domain

/// An energy E(r) of bonds, with parameters by type: what is written for one more bond style.
protocol BondFunction: Sendable {
    static var style: String { get }
    static var usage: String { get }
    /// How many numbers `read` gives.
    static var size: Int { get }
    /// The numbers that `evaluate` sees, from the words of a bond_coeff line.
    static func read(_ words: inout Words) throws -> [Double]
    /// The same where they depend on units; one of both is written.
    static func read(_ words: inout Words, _ units: Units) throws -> [Double]
    /// E and g = -(dE/dr) / r, so that the force on i is g (x_i - x_j).
    static func evaluate(_ r2: Double, _ p: UnsafePointer<Double>) -> (energy: Double, g: Double)
    /// A bond's length at rest, about.
    static func length(_ p: UnsafePointer<Double>) -> Double
    /// Whether a bond is beyond what the style is made for.
    static func isOverstretched(_ r2: Double, _ p: UnsafePointer<Double>) -> Bool
}

extension BondFunction {
    static func read(_ words: inout Words) throws -> [Double] { preconditionFailure("\(style) reads its numbers with units") }
    static func read(_ words: inout Words, _ units: Units) throws -> [Double] { try read(&words) }
    @inline(__always) static func isOverstretched(_ r2: Double, _ p: UnsafePointer<Double>) -> Bool { false }
}

/// Bonds with an energy of their length.
final class BondPotential<Function: BondFunction>: BondedStyle {
    static var entry: BondedEntry {
        BondedEntry(.bond, Function.style, usage: Function.usage) { words, typeCount, setup in
            try words.finish()
            return BondPotential(typeCount, setup.units)
        }
    }

    let kind = TopologyKind.bond
    let style = Function.style
    private var table: BondedTable
    private var overstretched = 0

    private let units: Units

    init(_ typeCount: Int, _ units: Units) {
        self.units = units
        table = BondedTable(typeCount: typeCount, size: Function.size)
    }

    func coefficients(_ types: ClosedRange<Int>, _ words: inout Words) throws {
        try table.read(types, &words) { try Function.read(&$0, units) }
    }

    func has(_ type: Int) -> Bool { table.has(type) }
    func length(_ type: Int) -> Double { Function.length(table.row(type)) }
    var remark: String? {
        overstretched == 0 ? nil : "bond_style \(style): \(overstretched) times a bond was too long and had the force of a shorter one"
    }

    func compute(_ atoms: borrowing Atoms, _ list: borrowing Column<Int32>, into forces: inout Forces, _ share: BondedShare) {
        let x = atoms.position.pointer, f = forces.force.pointer, isQuiet = forces.wanted.isEmpty
        for at in stride(from: 0, to: list.count, by: 3) {
            let row = list.pointer + at, i = Int(row[1]), j = Int(row[2])
            let p = table.row(Int(row[0]))
            let d = (x[i] - x[j]).xyz, r2 = d.dot(d)
            let (e, g) = Function.evaluate(r2, p)
            if Function.isOverstretched(r2, p) { overstretched += 1 }
            let force = d * g
            f[i] += force
            f[j] -= force
            guard !isQuiet else { continue }
            var virial = Tensor.zero
            virial.add(d, force)
            forces.tally(e, virial, row, 2, share)
        }
    }
}
