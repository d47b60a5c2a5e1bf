import Domain
import Potentials

/// Reads the system on a schedule and writes something: thermo, dumps, deviation files. It never changes what it reads.
public protocol Observer: AnyObject {
    /// The first step after `step` at which it wants to look, or nil. Steps of the run's ends are asked for by `Simulation`.
    func nextStep(after step: Int) -> Int?
    /// What it needs computed at a step at which it looks.
    var wants: Wanted { get }
    /// Whether it looks at the first step of a run, given that step and whether it has looked at it already.
    func looksAtStart(of run: Run) -> Bool
    func looksAtEnd(of run: Run) -> Bool
    /// Before a run: open files, check columns.
    func prepare(_ simulation: Simulation, _ run: Run) throws
    /// Collective. Forces and what it wanted are current.
    func observe(_ simulation: Simulation, _ run: Run) throws
    /// After a run.
    func finish(_ simulation: Simulation, _ run: Run) throws
    /// Global state for a restart, equal on every rank; nothing by default. Called between steps.
    func save(_ state: inout StateWriter)
    /// Takes back what `save` wrote, after the observer has been made by the same deck line and before `prepare`.
    func restore(_ state: inout StateReader) throws
}

extension Observer {
    public var wants: Wanted { [] }
    public func looksAtStart(of run: Run) -> Bool { true }
    public func looksAtEnd(of run: Run) -> Bool { false }
    public func prepare(_ simulation: Simulation, _ run: Run) throws {}
    public func finish(_ simulation: Simulation, _ run: Run) throws {}
    public func save(_ state: inout StateWriter) {}
    public func restore(_ state: inout StateReader) throws {}
}

/// One `run` command.
public struct Run: Sendable {
    public var first: Int
    public var last: Int
    /// Steps that `start` and `stop` span, for quantities that ramp.
    public var rampFirst: Int
    public var rampLast: Int
    public var isSetUp = true
    public var isSummarised = true

    public init(first: Int, last: Int) {
        (self.first, self.last, rampFirst, rampLast) = (first, last, first, last)
    }
    public var steps: Int { last - first }

    /// How far along the ramp `step` is, 0 to 1.
    public func fraction(_ step: Int) -> Double {
        rampLast == rampFirst ? 0 : Double(step - rampFirst) / Double(rampLast - rampFirst)
    }
}

/// Wall seconds by phase, as in LAMMPS' table.
public struct Timings: Sendable {
    public enum Phase: String, CaseIterable, Sendable {
        case pair = "Pair", bond = "Bond", neighbour = "Neigh", communication = "Comm", output = "Output", modify = "Modify"
    }
    public var seconds: [Phase: Double] = [:]
    public var loop: Double = 0
    public init() {}

    @inline(__always) public mutating func measure<R>(_ phase: Phase, _ body: () throws -> R) rethrows -> R {
        let start = now()
        defer { seconds[phase, default: 0] += now() - start }
        return try body()
    }

    public static func now() -> Double {
        let t = ContinuousClock.now - Self.epoch
        let (s, a) = t.components
        return Double(s) + Double(a) * 1e-18
    }
    private func now() -> Double { Self.now() }
    private static let epoch = ContinuousClock.now
}
