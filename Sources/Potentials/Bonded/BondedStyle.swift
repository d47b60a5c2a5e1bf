import Deck
import Domain

/// One `bond_style`, `angle_style`, `dihedral_style` or `improper_style`: energies of connections of one kind.
///
/// Made from the words of the style line, given its coefficient lines, checked by `has`, then computed each step.
public protocol BondedStyle: AnyObject {
    var kind: TopologyKind { get }
    /// The deck word: `harmonic`.
    var style: String { get }
    /// Reads the words after `bond_coeff TYPES`.
    func coefficients(_ types: ClosedRange<Int>, _ words: inout Words) throws
    /// Whether a type has its coefficients.
    func has(_ type: Int) -> Bool
    /// How long a bond of that type is about; 0 where it is not known or this is no bond.
    func length(_ type: Int) -> Double
    /// Adds energy, forces, virial and values of atoms.
    /// - Parameters:
    ///   - list: `stride` numbers a connection: its type, then indices of its atoms, which are images close to each other.
    ///   - share: receives energy and virial too.
    func compute(_ atoms: borrowing Atoms, _ list: borrowing Column<Int32>, into forces: inout Forces, _ share: BondedShare)
    /// What there is to say after a run, if anything.
    var remark: String? { get }
}

extension BondedStyle {
    public func length(_ type: Int) -> Double { 0 }
    public var remark: String? { nil }
}

/// How a style is called, written and made.
public struct BondedEntry: Sendable {
    public let kind: TopologyKind
    public let name: String
    /// The style line, then the coefficient line.
    public let usage: String
    let make: @Sendable (_ words: inout Words, _ typeCount: Int, _ setup: PotentialSetup) throws -> any BondedStyle

    init(
        _ kind: TopologyKind, _ name: String, usage: String,
        make: @escaping @Sendable (_ words: inout Words, _ typeCount: Int, _ setup: PotentialSetup) throws -> any BondedStyle
    ) {
        (self.kind, self.name, self.usage, self.make) = (kind, name, usage, make)
    }
}

/// The styles that a deck can name beside `none` and `hybrid`: a literal list, one line each.
public enum BondedRegistry {
    public static let builtin: [BondedEntry] = [
        ZeroBonded.entry(.bond),
        BondPotential<HarmonicBond>.entry,
        BondPotential<FENEBond>.entry,
        BondPotential<MorseBond>.entry,
        BondPotential<GromosBond>.entry,
        BondPotential<NonlinearBond>.entry,
        BondPotential<ShiftedHarmonicBond>.entry,
        BondPotential<CutHarmonicBond>.entry,
        BondPotential<Class2Bond>.entry,
        BondPotential<ExpandedFENEBond>.entry,
        BondPotential<PowersFENEBond>.entry,
        BondPotential<MM3Bond>.entry,
        BondPotential<GaussianBond>.entry,
        TabulatedBonded.entry(.bond),
        ZeroBonded.entry(.angle),
        AnglePotential<HarmonicAngle>.entry,
        AnglePotential<CosineAngle>.entry,
        AnglePotential<CharmmAngle>.entry,
        AnglePotential<CosineSquaredAngle>.entry,
        AnglePotential<CosineDeltaAngle>.entry,
        AnglePotential<CosinePeriodicAngle>.entry,
        AnglePotential<QuarticAngle>.entry,
        AnglePotential<FourierAngle>.entry,
        AnglePotential<CosineShiftAngle>.entry,
        AnglePotential<CosineShiftExpAngle>.entry,
        AnglePotential<GaussianAngle>.entry,
        AnglePotential<CrossAngle>.entry,
        TabulatedBonded.entry(.angle),
        ZeroBonded.entry(.dihedral),
        TorsionPotential<HarmonicDihedral>.entry,
        TorsionPotential<OPLSDihedral>.entry,
        TorsionPotential<CharmmDihedral>.entry,
        TorsionPotential<MultiHarmonicDihedral>.entry,
        TorsionPotential<PowerDihedral>.entry,
        TorsionPotential<QuadraticDihedral>.entry,
        TorsionPotential<FourierDihedral>.entry,
        TorsionPotential<CosineShiftExpDihedral>.entry,
        TorsionPotential<HelixDihedral>.entry,
        ZeroBonded.entry(.improper),
        TorsionPotential<HarmonicImproper>.entry,
        TorsionPotential<CVFFImproper>.entry,
    ]

    static func names(_ kind: TopologyKind) -> [String] { builtin.filter { $0.kind == kind }.map(\.name) }

    /// Makes the style whose word is next.
    /// - Throws: `DeckError` at the word when it is not known, with the nearest name that is.
    static func make(_ kind: TopologyKind, _ word: Word, _ words: inout Words, _ typeCount: Int, _ setup: PotentialSetup) throws -> any BondedStyle {
        guard let entry = builtin.first(where: { $0.kind == kind && $0.name == word.text }) else {
            throw DeckError.unknown("\(kind.name) style", word, known: names(kind) + ["none", "hybrid"])
        }
        return try entry.make(&words, typeCount, setup)
    }
}

/// Numbers of the types of a style: `size` of each, from index `type * size`.
struct BondedTable: ~Copyable {
    private(set) var numbers: Column<Double>
    private var isSet: [Bool]
    let size: Int

    init(typeCount: Int, size: Int) {
        numbers = Column(repeating: 0, count: (typeCount + 1) * size)
        isSet = Array(repeating: false, count: typeCount + 1)
        self.size = size
    }

    /// Reads the words of a coefficient line behind the types.
    mutating func read(_ types: ClosedRange<Int>, _ words: inout Words, _ numbers: (inout Words) throws -> [Double]) throws {
        let row = try numbers(&words)
        try words.finish()
        precondition(row.count == size)
        for type in types {
            for (k, number) in row.enumerated() { self.numbers[type * size + k] = number }
            isSet[type] = true
        }
    }

    borrowing func has(_ type: Int) -> Bool { isSet[type] }
    borrowing func row(_ type: Int) -> UnsafePointer<Double> { UnsafePointer(numbers.pointer + type * size) }
}

extension Forces {
    /// Adds the energy and virial of one connection where they are wanted, in equal shares to its atoms.
    @inline(__always)
    mutating func tally(_ energy: Double, _ virial: Tensor, _ list: UnsafePointer<Int32>, _ size: Int, _ share: BondedShare) {
        self.energy += energy
        share.energy += energy
        self.virial += virial
        share.virial += virial
        let part = 1 / Double(size)
        if wanted.contains(.atomEnergy) {
            for k in 1...size {
                atomEnergy[Int(list[k])] += part * energy
                share.atomEnergy[Int(list[k])] += part * energy
            }
        }
        if wanted.contains(.atomVirial) {
            for k in 1...size {
                atomVirial[Int(list[k])] += virial * part
                share.atomVirial[Int(list[k])] += virial * part
            }
        }
    }
}

/// `zero`: no interaction, only the connections, for their effect on the pair potential.
final class ZeroBonded: BondedStyle {
    static func entry(_ kind: TopologyKind) -> BondedEntry {
        let number = kind == .bond ? " [LENGTH]" : kind == .angle ? " [DEGREES]" : ""
        return BondedEntry(kind, "zero", usage: "\(kind.name)_style zero [nocoeff]\n\(kind.name)_coeff TYPE\(number)") { words, typeCount, _ in
            let zero = ZeroBonded(kind, typeCount, ignoresWords: words.optional("nocoeff"))
            try words.finish()
            return zero
        }
    }

    let kind: TopologyKind
    let style = "zero"
    private let ignoresWords: Bool
    private var lengths: [Double?]

    init(_ kind: TopologyKind, _ typeCount: Int, ignoresWords: Bool) {
        (self.kind, self.ignoresWords) = (kind, ignoresWords)
        lengths = Array(repeating: nil, count: typeCount + 1)
    }

    func coefficients(_ types: ClosedRange<Int>, _ words: inout Words) throws {
        var length = 0.0
        if ignoresWords {
            _ = words.remaining()
        } else if kind.rawValue < 2, !words.isAtEnd {
            length = try words.double(kind == .bond ? "the length" : "the angle")
        }
        try words.finish()
        for type in types { lengths[type] = length }
    }

    func has(_ type: Int) -> Bool { lengths[type] != nil }
    func length(_ type: Int) -> Double { kind == .bond ? lengths[type] ?? 0 : 0 }
    func compute(_ atoms: borrowing Atoms, _ list: borrowing Column<Int32>, into forces: inout Forces, _ share: BondedShare) {}
}
