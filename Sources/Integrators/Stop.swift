/// A run's end before its last step, asked for by a fix on all ranks at the same step (`System.stop`).
public struct Stop: Sendable {
    /// Told behind the run's table; nil: nothing is told.
    public var message: String?
    /// Whether later `run` commands do nothing.
    public var skipsLaterRuns: Bool
    /// Exit status of the program when the deck has been read to its end; nil: success.
    public var status: Int32?

    public init(message: String?, skipsLaterRuns: Bool, status: Int32? = nil) {
        (self.message, self.skipsLaterRuns, self.status) = (message, skipsLaterRuns, status)
    }
}

/// Why a run ends early though its dynamics could go on.
public enum Interruption: Int, Sendable {
    /// `timer timeout` has passed.
    case timeout = 1
    /// The operating system or the batch system asks for an end (SIGTERM, SIGUSR1).
    case signal = 2
}

/// How a fix whose condition is met ends the run: LAMMPS' `error hard|soft|continue`.
public enum StopAction: String, Sendable, CaseIterable {
    /// The program ends with an error on every rank.
    case hard
    /// The run ends after this step; later commands are executed, but later runs are skipped.
    case soft
    /// The run ends after this step; later commands are executed, runs too.
    case proceed = "continue"

    /// `Fix halt condition for fix-id 10 met on step 30 with value 5.1`, in LAMMPS' words. Called on all ranks.
    /// - Throws: `SimulationError` for `hard`.
    public func end(_ system: System, style: String, id: String, value: String, isTold: Bool = true) throws {
        let message = "Fix \(style) condition for fix-id \(id) met on step \(system.step) with value \(value)"
        if self == .hard { throw SimulationError(message) }
        // Of several fixes at one step, the first one's message and the strictest consequence count.
        let skips = self == .soft || system.stop?.skipsLaterRuns ?? false
        system.stop = Stop(message: system.stop?.message ?? (isTold ? message : nil), skipsLaterRuns: skips, status: system.stop?.status)
    }
}
