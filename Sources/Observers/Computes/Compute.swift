import Deck
import Domain
import Integrators

/// Measures something of a snapshot (`compute ID group style ...`): a number, a vector, an array, or values per atom.
///
/// It is asked through `Snapshot`, which calls each method at most once a snapshot. Methods are collective.
public protocol Compute: AnyObject {
    var id: String { get }
    var style: String { get }
    var group: Group { get }
    /// What the potential must compute in a step at which this is asked for.
    var wants: Wanted { get }
    var shape: ComputeShape { get }
    /// Computes that it asks, for checks and for what a step needs.
    var inputs: [String] { get }

    /// Before each run: count atoms, look up what it depends on.
    func prepare(_ snapshot: Snapshot) throws
    func scalar(_ snapshot: Snapshot) throws -> Double
    func vector(_ snapshot: Snapshot) throws -> [Double]
    func array(_ snapshot: Snapshot) throws -> [[Double]]
    func atoms(_ snapshot: Snapshot) throws -> AtomValues
    /// `compute_modify ID ...`. Returns false when this compute has no such setting.
    func modify(_ modification: ComputeModification) -> Bool
    /// Whether `dump_modify refresh` may name it: it measures from a reference that `refresh` sets anew.
    var canRefresh: Bool { get }
    /// A dump that names it has written a frame: what was measured from then on counts from now.
    func refresh(_ snapshot: Snapshot) throws
    /// Global state for a restart (reference positions are an `AtomProperty`); nothing by default.
    func save(_ state: inout StateWriter)
    func restore(_ state: inout StateReader) throws
}

/// What c_ID, c_ID[i], c_ID[i][j] and per-atom c_ID exist.
public struct ComputeShape: Sendable {
    public var hasScalar = false
    /// nil: no vector.
    public var vectorLength: Int?
    /// nil: no array.
    public var arrayColumns: Int?
    /// Rows of the array.
    public var arrayRows: Int?
    /// nil: nothing per atom; 0: one value per atom (c_ID); n: columns c_ID[1] ... c_ID[n].
    public var atomColumns: Int?
    /// Whether there may be fewer elements or rows than a formula asks for, which then are 0.
    public var hasVariableRows = false
    /// Whether the single value, and the vector, grow with the number of atoms: then `norm yes` divides them by it.
    public var isExtensive = (scalar: false, vector: false)

    public init(
        scalar: Bool = false, vector: Int? = nil, arrayColumns: Int? = nil, arrayRows: Int? = nil, atomColumns: Int? = nil,
        isExtensive: (scalar: Bool, vector: Bool) = (false, false)
    ) {
        (hasScalar, vectorLength, self.arrayColumns, self.atomColumns) = (scalar, vector, arrayColumns, atomColumns)
        self.arrayRows = arrayRows
        self.isExtensive = isExtensive
    }
}

public enum ComputeModification: Sendable {
    /// Degrees of freedom taken off, 3 by default.
    case extraDegrees(Double)
    case dynamicDegrees(Bool)
}

extension Compute {
    public var wants: Wanted { [] }
    public var inputs: [String] { [] }
    public func prepare(_ snapshot: Snapshot) throws {}
    public func scalar(_ snapshot: Snapshot) throws -> Double { throw missing("single value (c_\(id))") }
    public func vector(_ snapshot: Snapshot) throws -> [Double] { throw missing("vector (c_\(id)[i])") }
    public func array(_ snapshot: Snapshot) throws -> [[Double]] { throw missing("array (c_\(id)[i][j])") }
    public func atoms(_ snapshot: Snapshot) throws -> AtomValues { throw missing("values per atom") }
    public func modify(_ modification: ComputeModification) -> Bool { false }
    public var canRefresh: Bool { false }
    public func refresh(_ snapshot: Snapshot) throws {}
    public func save(_ state: inout StateWriter) {}
    public func restore(_ state: inout StateReader) throws {}

    private func missing(_ what: String) -> DeckError { DeckError("compute '\(id)' (\(style)) has no \(what)", at: nil) }
}

/// One `compute` style: its word, how it is written, and how it is made from the words after it.
public struct ComputeStyle: Sendable {
    public let name: String
    public let usage: String
    public let help: String
    let make: @Sendable (_ id: String, _ group: Group, _ words: inout Words, _ observation: Observation) throws -> any Compute

    public init(
        _ name: String, usage: String, help: String,
        make: @escaping @Sendable (_ id: String, _ group: Group, _ words: inout Words, _ observation: Observation) throws -> any Compute
    ) {
        (self.name, self.usage, self.help, self.make) = (name, usage, help, make)
    }

    /// Styles of LAMMPS that there will not be, and why.
    static let refused: [String: String] = [
        "centroid/stress/atom": "a virial per atom here is that of its own forces; use stress/atom",
        "erotate/sphere": "atoms have no size or orientation", "erotate/asphere": "atoms have no size or orientation",
        "erotate/sphere/atom": "atoms have no size or orientation", "temp/sphere": "atoms have no size or orientation",
        "temp/asphere": "atoms have no size or orientation", "temp/body": "atoms have no size or orientation",
        "bond": "there are no bonds", "bond/local": "there are no bonds", "angle": "there are no angles", "angle/local": "there are no angles",
        "dihedral": "there are no dihedrals", "improper": "there are no impropers",
    ]

    /// All styles, one line each.
    public static let builtin: [ComputeStyle] = [
        TemperatureCompute.entry,
        TemperatureCompute.ofThermalMotion,
        TemperatureCompute.ofComponents,
        TemperatureCompute.inRegion,
        TemperatureCompute.ofRamp,
        TemperatureCompute.ofDeformation,
        TemperatureCompute.ofProfile,
        PressureCompute.entry,
        PotentialEnergyCompute.entry,
        KineticEnergyCompute.entry,
        AtomEnergyCompute.entry,
        AtomKineticEnergyCompute.entry,
        AtomStressCompute.entry,
        ReduceCompute.entry,
        ReduceCompute.inRegion,
        PropertyCompute.entry,
        MeanSquareDisplacement.entry,
        VelocityAutocorrelation.entry,
        DisplacementCompute.entry,
        CentreOfMassCompute.entry,
        GyrationCompute.entry,
        MomentumCompute.entry,
        HeatFluxCompute.entry,
        RadialDistribution.entry,
        CoordinationCompute.entry,
        ClusterCompute.entry,
        CentrosymmetryCompute.entry,
        CommonNeighbourCompute.entry,
        BispectrumCompute.entry,
        BispectrumGradientCompute.gradients,
        BispectrumGradientCompute.virials,
        BispectrumMatrixCompute.entry,
        BispectrumMatrixCompute.mliap,
        BondOrderCompute.entry,
        HexaticOrderCompute.entry,
        SliceCompute.entry,
        GroupInteractionCompute.entry,
        PairEnergyCompute.entry,
        MemberEnergyCompute.entry,
        MemberDeviationCompute.entry,
        MemberAtomCompute.entry,
        ChunkCompute.entry,
        PerChunkCompute.gyration,
        PerChunkCompute.property,
        PerChunkCompute.reduce,
        ChunkDisplacement.entry,
        ChunkTemperature.entry,
        ChunkSpread.entry,
    ] + PerChunkCompute.simple
}
