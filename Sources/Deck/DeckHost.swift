/// A reference to what a compute or fix offers: `c_ID`, `c_ID[i]`, `c_ID[i][j]`, `f_ID...`, `C_ID[i]`, `F_ID[i]`.
public struct Reference: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable { case compute, fix }

    public var kind: Kind
    public var id: String
    /// The numbers in brackets, from 1.
    public var indices: [Int]
    /// True for `C_` and `F_`: one atom's element of per-atom data, the first index being the atom's id.
    public var isPerAtom: Bool

    public init(_ kind: Kind, _ id: String, _ indices: [Int] = [], isPerAtom: Bool = false) {
        self.kind = kind
        self.id = id
        self.indices = indices
        self.isPerAtom = isPerAtom
    }

    public var description: String {
        let letter = kind == .compute ? (isPerAtom ? "C" : "c") : (isPerAtom ? "F" : "f")
        return "\(letter)_\(id)" + indices.map { "[\($0)]" }.joined()
    }
}

/// Where the text of a `print` goes.
public struct PrintTarget: Sendable, Hashable {
    /// True unless `screen no`: print to screen and log.
    public var toScreen = true
    /// `file F` or `append F`.
    public var file: String?
    /// True for `append F`.
    public var appends = false

    public init(toScreen: Bool = true, file: String? = nil, appends: Bool = false) {
        self.toScreen = toScreen
        self.file = file
        self.appends = appends
    }
}

/// What formulas such as `ramp(x,y)` need to know of the run.
public struct RunClock: Sendable, Hashable {
    public var step: Int
    /// The first and last step of the run or of the series of runs it belongs to (`run ... start ... stop`).
    public var firstStep: Int
    public var lastStep: Int
    /// The size of a step.
    public var timestep: Double
    /// False between runs.
    public var isRunning: Bool

    public init(step: Int, firstStep: Int, lastStep: Int, timestep: Double, isRunning: Bool) {
        self.step = step
        self.firstStep = firstStep
        self.lastStep = lastStep
        self.timestep = timestep
        self.isRunning = isRunning
    }
}

/// What the interpreter asks of the engine. Everything that has a default below may be left out.
public protocol DeckHost: AnyObject {
    /// Does a command that is not part of the language. Throws `DeckError.unknown` for one that it does not know.
    func execute(_ command: Command) throws
    /// The names that `execute` knows, for messages.
    func knownCommands() -> [String]
    /// The text of a file; on several ranks the first one reads and broadcasts. See `decodeDeck` for checked UTF-8.
    func readFile(_ path: String, at: SourceLocation?) throws -> String
    /// A line as LAMMPS echoes it: as read, then after each substitution.
    func echo(_ line: String)
    /// What `print` prints; the text has no line end of its own.
    func printLine(_ text: String, to target: PrintTarget) throws
    /// The value of a thermo keyword; nil if there is none of that name. Throws if it has no value yet.
    func thermoKeyword(_ name: String) throws -> Double?
    /// A single value of a compute or fix.
    func reference(_ reference: Reference) throws -> Double
    /// A group, region or feature function, with its arguments as text: `count(all)`, `xcm(g,x)`, `is_defined(fix,f)`.
    /// Nil if there is none of that name.
    func function(_ name: String, _ arguments: [String]) throws -> Double?

    /// A global vector of a compute or fix, or (one index) a column of a global array.
    func globalVector(_ reference: Reference) throws -> [Double]
    /// A per-atom vector of a compute or fix, or (one index) a column of a per-atom array, for the owned atoms.
    func atomVector(_ reference: Reference) throws -> [Double]
    /// A property of the owned atoms: `x`, `vx`, `fx`, `mass`, `type`, `i_name` ... Nil if there is none of that name.
    func atomVector(_ name: String) throws -> [Double]?
    /// `gmask(g)`, `rmask(r)`, `grmask(g,r)` for the owned atoms. Nil if there is none of that name.
    func atomFunction(_ name: String, _ arguments: [String]) throws -> [Double]?
    /// Of each owned atom its place, from 0, in the order in which one rank would hold them, among the atoms that a formula is evaluated
    /// for (-1 for others), and the number of places: random numbers of atoms are drawn in this order. Collective.
    func atomPlaces() -> (places: [Int], count: Int)
    /// `x[id]` and its like: the property of the atom with that id. Nil if there is no property of that name.
    func atomValue(_ name: String, id: Int) throws -> Double?
    /// The steps of the run, for `ramp`, `stagger` and their like.
    func runClock() -> RunClock
    /// What `version` is in formulas: a date such as 20250722.
    var version: Int { get }

    /// The command `log`: nil closes it.
    func setLog(_ path: String?, append: Bool) throws
    /// The command `echo`.
    func setEcho(screen: Bool, log: Bool)
    /// The command `clear`: forget everything but variables.
    func clear() throws
    /// The command `quit`; the interpreter stops reading by itself.
    func quit(status: Int) throws
    /// `shell cd|mkdir|mv|rm|rmdir|putenv`, which changes files. The default refuses.
    func shell(_ action: String, _ arguments: [Word], at: SourceLocation) throws
    /// An environment variable, for `variable NAME getenv`.
    func environment(_ name: String) -> String?
    /// Seconds since some moment, for `variable NAME timer`.
    func seconds() -> Double
}

extension DeckHost {
    public func globalVector(_ reference: Reference) throws -> [Double] {
        throw DeckError("'\(reference)' has no global vector", at: nil)
    }
    public func atomVector(_ reference: Reference) throws -> [Double] {
        throw DeckError("'\(reference)' has no per-atom vector", at: nil)
    }
    public func atomVector(_ name: String) throws -> [Double]? { nil }
    public func atomFunction(_ name: String, _ arguments: [String]) throws -> [Double]? { nil }
    public func atomValue(_ name: String, id: Int) throws -> Double? { nil }
    public func atomPlaces() -> (places: [Int], count: Int) { ([], 0) }
    public func runClock() -> RunClock {
        RunClock(step: 0, firstStep: 0, lastStep: 0, timestep: 0, isRunning: false)
    }
    public var version: Int { 20_250_722 }
    public func setLog(_ path: String?, append: Bool) throws {}
    public func setEcho(screen: Bool, log: Bool) {}
    public func clear() throws {}
    public func quit(status: Int) throws {}
    public func shell(_ action: String, _ arguments: [Word], at location: SourceLocation) throws {
        throw DeckError("shell \(action) is refused: decks may not change files here", at: location)
    }
}
