import Deck
import Domain

/// A number of a pair_style or pair_coeff line.
struct PairQuantity: Sendable {
    enum Range: Sendable { case any, nonNegative, positive }
    let name: String
    let range: Range
    /// For a word that may be missing: which number of the pair_style line stands for it.
    let fallback: Int?
    /// Whether the word before it stands for it, where that is there.
    let followsLast: Bool

    init(_ name: String, _ range: Range = .any, or fallback: Int? = nil, orLast followsLast: Bool = false) {
        (self.name, self.range, self.fallback, self.followsLast) = (name, range, fallback, followsLast)
    }

    func read(_ words: inout Words) throws -> Double {
        switch range {
        case .any: try words.double(name)
        case .nonNegative: try words.nonNegativeDouble(name)
        case .positive: try words.positiveDouble(name)
        }
    }
}

/// An energy E(r) of pairs of atoms, with parameters by pair of types: what is written for one more style of pair potential.
/// Everything else (words, mixing, neighbour loop, cutoffs, energies by atom, virial, seeds, pullback) is `PairPotential<Self>`.
protocol PairFunction: Sendable {
    static var style: String { get }
    static var usage: String { get }
    /// The numbers of the pair_style line.
    static var globals: [PairQuantity] { get }
    /// The numbers of a pair_coeff line; the last ones may be optional.
    static var coefficients: [PairQuantity] { get }
    /// How many numbers `row` gives.
    static var size: Int { get }
    /// Whether it depends on q_i q_j.
    static var usesCharges: Bool { get }
    /// Whether `pair_modify shift yes` means anything: false for energies that are zero at the cutoff by themselves.
    static var isShiftable: Bool { get }

    /// The cutoff and the numbers that `evaluate` sees, from those of the deck.
    /// - Throws: `DeckError` for numbers that do not go together.
    static func row(_ c: [Double], globals g: [Double], units: Units) throws -> (cutoff: Double, numbers: [Double])

    /// Coefficients of an unlike pair from those of the like ones; nil: they must be given.
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]?

    /// What the interactions beyond the cutoff add, as LAMMPS' `pair_modify tail yes` has it: energy N_i N_j energy / V, and
    /// N_i N_j pressure / V to each diagonal of the virial, summed over ordered pairs of types. nil: not known.
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)?

    /// What `pair_modify shift yes` subtracts from the energy of a pair: by default the energy at the cutoff, without
    /// charges. May change the numbers.
    static func shift(_ numbers: inout [Double], cutoff: Double) -> Double

    /// Whether something of bonded neighbours remains where their factors are 0 (`special_bonds`), since these take a part of the bare
    /// Coulomb energy from a damped one.
    static var keepsExcluded: Bool { get }

    /// Energy without and from charges, and g, of a pair of bonded neighbours with the factors of `special_bonds`: by default each part
    /// times its factor.
    static func scaled<L: EdgeLane, R: ParameterRow>(
        _ r2: L, _ qq: L.Plain, _ p: R, lj: L.Plain, coulomb: L.Plain
    ) -> (energy: L, coulomb: L, g: L) where R.Value == L.Plain

    /// E and g = -(dE/dr) / r, so that the force on i is g (x_i - x_j). `qq` is q_i q_j times the units' constant.
    /// Must be finite from r2 > 0 to the cutoff.
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain

    /// The Coulomb energy in `evaluate`'s; zero for functions without charges.
    static func coulombEnergy<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> L where R.Value == L.Plain

    /// Where the Coulomb energy is not beyond its cutoff, which may be shorter than the pair's.
    static func isCharged<L: EdgeLane, R: ParameterRow>(_ r2: L, _ p: R) -> L.Mask where R.Value == L.Plain

    /// s of the energy s C q_i^2 that each charge has by itself.
    static func selfEnergy(globals g: [Double]) -> Double

    /// The loops, compiled for this function. Not to be written: `PairKernel.swift` has them.
    static func run(_ pass: PairPass, _ variant: PairPass.Variant, _ sums: inout PairPass.Sums)
}

extension PairFunction {
    static var usesCharges: Bool { false }
    static var isShiftable: Bool { true }
    static func shift(_ numbers: inout [Double], cutoff: Double) -> Double {
        guard isShiftable, cutoff > 0 else { return 0 }
        return numbers.withUnsafeBufferPointer { evaluate(cutoff * cutoff, 0, UniformRow<Double>($0.baseAddress!)).energy }
    }
    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? { nil }
    static func tail(_ c: [Double]) -> (energy: Double, pressure: Double)? { nil }
    @inline(__always)
    static func coulombEnergy<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> L where R.Value == L.Plain { .zero }
    @inline(__always)
    static func isCharged<L: EdgeLane, R: ParameterRow>(_ r2: L, _ p: R) -> L.Mask where R.Value == L.Plain { r2.lessOrEqual(r2) }
    static func selfEnergy(globals g: [Double]) -> Double { 0 }
}

/// One whose energy is a function of types and distance alone.
protocol NeutralPairFunction: PairFunction {}

/// What a pass over the pairs reads and writes.
struct PairPass {
    enum Variant {
        /// Forces alone.
        case forces
        /// Everything wanted, and seeds.
        case everything
        /// On duals.
        case derivatives
        /// One pair at a time, without selection, everything wanted.
        case plain

        /// The kernel that does least of what is asked for.
        init(_ seeds: UnsafePointer<Double>?, _ field: UnsafePointer<Vector>?, _ wanted: Wanted) {
            self = field != nil ? .derivatives : seeds == nil && wanted.isEmpty ? .forces : .everything
        }
    }

    struct Sums {
        var energy = 0.0
        /// What of it is Coulomb's.
        var coulomb = 0.0
        var virial = Tensor.zero
    }

    let owned: Int
    let position: UnsafePointer<Vector>
    let type: UnsafePointer<Int32>
    let charge: UnsafePointer<Double>?
    let coulomb: Double
    let starts: UnsafePointer<Int32>
    let neighbours: UnsafePointer<Int32>
    /// (types + 1)^2 rows: squared cutoff, shift, then the function's numbers.
    let table: UnsafePointer<Double>
    let types: Int
    let near: NearNeighbours
    let seeds: UnsafePointer<Double>?
    let field: UnsafePointer<Vector>?
    let force: UnsafeMutablePointer<Vector>
    let wantsVirial: Bool
    let atomEnergy: UnsafeMutablePointer<Double>?
    let atomVirial: UnsafeMutablePointer<Tensor>?

    static let head = 2
}
