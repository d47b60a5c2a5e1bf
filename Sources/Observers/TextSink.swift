import Deck
import Domain
import Integrators
import Potentials

/// Where tables and messages go: screen and log file. Only rank 0's text is printed; every rank may call.
public protocol TextSink: AnyObject {
    /// Text as it is, line ends included.
    func write(_ text: String)
    /// A warning; while a table is open it waits until the table's end, since log readers break on lines between rows.
    func warn(_ text: String)
    func beginTable()
    func endTable()
    /// One line of the table as JSON, for a file beside the log.
    func record(_ line: String)
    /// `thermo_modify warn`: how many warnings are printed at most.
    func limitWarnings(_ limit: WarningLimit)
}

/// What observers ask of whoever owns the deck.
public protocol ObservationHost: AnyObject {
    var sink: any TextSink { get }
    /// nil until there is a box.
    var watchedSystem: System? { get }
    var watchedPotential: (any Potential)? { get }
    var watchedFixes: [any Fix] { get }
    /// The simulation of the present or the last run.
    var watchedSimulation: Simulation? { get }

    /// `v_name` where one number is needed.
    func variableValue(_ name: String, at location: SourceLocation?) throws -> Double
    /// Element `index` (from 1) of a vector-style variable.
    func variableElement(_ name: String, _ index: Int, at location: SourceLocation?) throws -> Double
    /// `v_name` of an atom-style variable, for this rank's owned atoms; those outside the group do not matter.
    func atomVariable(_ name: String, of group: Group, at location: SourceLocation?) throws -> [Double]
    /// What its formula needs; nothing for a variable without one.
    func variableInputs(_ name: String) -> FormulaInputs
    /// All elements of a vector-style variable.
    func variableVector(_ name: String, at location: SourceLocation?) throws -> [Double]
    /// Sets an internal-style variable.
    func setVariable(_ name: String, _ value: Double) throws
    /// A word's text with its variables and formulas replaced now.
    func substitute(_ word: Word) throws -> String
    /// - Throws: `DeckError` at the word when there is no such region.
    func region(_ word: Word) throws -> any Region
    /// nil when there is no such variable.
    func variableStyle(_ name: String) -> VariableStyle?
    /// A file's bytes on every rank. Collective.
    /// - Throws: `DeckError` at the place, with the system's reason.
    func readInput(_ path: String, at location: SourceLocation?) throws -> [UInt8]
    /// Whether a file was read as input by this run, so that no output may replace it. Asked on rank 0.
    func isInput(_ path: String) -> Bool
    /// nil when there is no region of that name.
    func watchedRegion(_ name: String) -> (any Region)?
    /// Seconds until `timer timeout` ends the run; 0 without one.
    var secondsLeft: Double { get }
    /// Lattice spacings for `xlat`, `ylat`, `zlat`; nil without a lattice.
    var latticeSpacing: (x: Double, y: Double, z: Double)? { get }
}

/// `thermo_modify warn ignore|always|reset|default|N`
public enum WarningLimit: Sendable, Equatable {
    case none, all, most(Int)
    /// Counts from 0 again.
    case reset
    /// 100, counted from 0.
    case usual
}
