import Deck
import Domain
import Integrators

/// One file format of `dump`: a frame as sections, each with bytes before and after the atoms' and one row an atom.
///
/// Text formats have one section. Formats that keep quantities apart (DCD, netCDF) have one each, so that no rank ever holds all atoms.
protocol DumpFormat: AnyObject {
    /// What the potential must compute.
    func wants(_ observation: Observation) -> Wanted
    /// Settings that only this format has. Returns false for one that it does not have.
    func modify(_ modification: DumpModification) throws -> Bool
    /// Before each run, and before a single frame: check lengths and look things up. `count`: atoms of the group on all ranks.
    func prepare(_ system: System, _ settings: DumpSettings, count: Int) throws
    /// The next frame. `count` is the number of rows of all ranks. Collective.
    /// - Parameter isFirst: whether the file is empty.
    func frame(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> [FrameSection]
    /// The values of column `number` (from 1), to sort by. Collective.
    func sortKeys(_ number: Int, _ snapshot: Snapshot) throws -> [Double]

    /// Bytes that are not text: no compression, no `header no`; sorted by id unless the deck says otherwise.
    var isBinary: Bool { get }
    /// Whether rows are in the order of ids unless `dump_modify sort` says otherwise.
    var isSortedByDefault: Bool { get }
    /// Bytes near the file's beginning that are written over once `frames` of them are complete.
    func patches(frames: Int, step: Int) -> [(offset: Int, bytes: [UInt8])]
    /// The number of whole frames in a file of that beginning, to go on behind them, and where they end.
    /// - Throws: `DeckError` without a place for a file that does not fit.
    func continuation(of head: [UInt8], size: Int) throws -> (frames: Int, end: Int)
    /// How many bytes of a file `continuation` needs.
    var headLength: Int { get }
}

extension DumpFormat {
    func wants(_ observation: Observation) -> Wanted { [] }
    func prepare(_ system: System, _ settings: DumpSettings, count: Int) throws {}
    func sortKeys(_ number: Int, _ snapshot: Snapshot) throws -> [Double] {
        throw DeckError("only dump custom can be sorted by a column", at: nil)
    }
    var isBinary: Bool { false }
    var isSortedByDefault: Bool { isBinary }
    func patches(frames: Int, step: Int) -> [(offset: Int, bytes: [UInt8])] { [] }
    var headLength: Int { 0 }
    // Text goes on behind whatever is there.
    func continuation(of head: [UInt8], size: Int) throws -> (frames: Int, end: Int) { (0, size) }
}

/// What appends the bytes of owned atom i.
typealias FrameRow = (_ i: Int, _ bytes: inout [UInt8]) -> Void

/// Part of a frame. `head` and `tail` are those of rank 0.
struct FrameSection {
    var head: [UInt8] = []
    var row: FrameRow = { _, _ in }
    var tail: [UInt8] = []
}

/// How rows are ordered.
public enum DumpOrder: Sendable, Equatable {
    /// As the ranks hold the atoms.
    case off
    case id
    /// By the values of a column from 1; downwards when `descending`.
    case column(Int, descending: Bool)
}

/// A condition on an atom: `dump_modify thresh NAME OP VALUE|LAST`.
public struct DumpThreshold: Sendable {
    let input: AtomInput
    let operation: Comparison
    /// nil: what the quantity was when the dump looked last.
    let value: Double?
}

/// Settings that every format has.
struct DumpSettings: Sendable {
    var appends = false
    var writesFirst = false
    var order = DumpOrder.off
    /// Digits of the step that `*` in the file name becomes.
    var padding = 0
    /// Of one file a frame, how many are kept; nil: all.
    var mostFiles: Int?
    var writesTime = false
    var writesUnits = false
    var writesHeader = true
    /// Positions, velocities and forces in the frame of a general triclinic box's edges.
    var isGeneral = false
    /// Only atoms in the region of that name.
    var region: (name: String, location: SourceLocation)?
    var thresholds: [DumpThreshold] = []
    /// The compute that is told when a frame has been written.
    var refresh: Word?
    /// No frames before this step.
    var delay = 0
    /// A frame is left out while this variable is not 0.
    var skip: (name: String, location: SourceLocation)?
    /// Elements by type, from 1 at index 0; nil when the deck gave none.
    var elements: [String]?
}
