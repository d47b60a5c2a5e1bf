import Integrators
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What can end a run from outside: a wall time (`timer timeout`) and signals.
public final class RunLimits {
    /// Wall time of the process's start, which timeouts count from.
    private let start = Timings.now()
    private var limit: Double?
    private var every = 10
    /// Whether the wall time has passed; later runs are then skipped, until a new timeout.
    private(set) var isOver = false

    public init() {}

    /// - Parameters:
    ///   - seconds: since the run began, nil: none. - every: steps between looks at the clock.
    func setTimeout(_ seconds: Double?, every: Int?) {
        limit = seconds.map { Timings.now() + $0 }
        if let every { self.every = every }
        isOver = false
    }

    /// Seconds that are left; 0 without a limit.
    var secondsLeft: Double { limit.map { $0 - Timings.now() } ?? 0 }

    /// Steps between looks at the clock.
    func setInterval(_ every: Int) { self.every = every }

    /// Whether to end the run at this step, as far as this rank knows.
    func interruption(at step: Int) -> Interruption? {
        if Self.signals.load(ordering: .relaxed) > 0 { return .signal }
        guard let limit, step % every == 0, Timings.now() >= limit else { return nil }
        isOver = true
        return .timeout
    }

    /// A timeout that any rank saw holds on all.
    func confirm(_ interruption: Interruption?) { if interruption == .timeout { isOver = true } }

    // MARK: - Signals

    private static let signals = Atomic<Int>(0)

    /// From here on SIGTERM and SIGUSR1 are remembered; the run ends after the step and leaves a restart file. A second SIGTERM kills.
    public static func catchSignals() {
        // Whoever started this process may have blocked them.
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGUSR1] { sigaddset(&set, number) }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        for number in [SIGTERM, SIGUSR1] {
            signal(number) { number in
                RunLimits.signals.add(1, ordering: .relaxed)
                if number == SIGTERM { signal(SIGTERM, SIG_DFL) }
            }
        }
    }
}

/// A run was ended by a signal, with its state in a restart file.
public struct Interrupted: Error {
    /// EX_TEMPFAIL of sysexits.h: not a failure; start again to go on.
    public static let status: Int32 = 75
}
