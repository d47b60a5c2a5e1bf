import Foundation
import Synchronization

/// Works on a sweep: claims runs, runs as many at once as its cores hold, and writes down how they end, until no run is left.
public final class Driver {
    public struct Options: Sendable {
        public var cores: Int?
        /// Ends after so many runs; nil: when none is left.
        public var limit: Int?
        /// Ends after so many s of wall time: running runs are asked to stop and go back into the queue.
        public var time: Double?
        /// s without a heartbeat after which others take over.
        public var lease = 60.0
        /// Waits for runs that other drivers hold, in case they come back.
        public var waits = true
        public init() {}
    }

    public enum Ended: Equatable { case done, limit, stopped }

    private let folder: SweepFolder
    private let options: Options
    private let presence: Presence
    private let queue: Queue
    private let settings: RunSettings
    private let program: Attempt.Program
    private let digests = FileDigests()
    private var cores: Cores
    private var jobs: [Job] = []
    /// A claim that waits for its cores.
    private var waiting: Queue.Claim?
    private var claimed = 0
    private var isStopping = false
    /// Whether the last look at the queue found it empty, and when the next is due.
    private var foundNothing = false
    private var nextClaim = 0.0
    private let bell = Bell()
    private let progress: any ProgressView
    private let begun = Host.now()
    private var nextLookAround = 0.0

    /// - Throws: if mdrun is not there, or fewer cores than a run needs.
    public init(_ folder: SweepFolder, _ presence: Presence, _ options: Options, progress: any ProgressView) throws {
        (self.folder, self.options, self.presence, self.progress) = (folder, options, presence, progress)
        settings = try folder.settings()
        queue = try Queue(folder, presence)
        cores = try Cores(options.cores)
        program = try Attempt.Program(settings.program, digests)
        let most = try folder.runs().map { $0.ranks ?? settings.ranks }.max() ?? 1
        guard most <= cores.all.count else { throw SweepError("a run wants \(most) ranks, and this driver has \(cores.all.count) cores") }
    }

    /// Call this first thing, before there are other threads.
    public static func prepare() { Signals.block() }

    /// Until no run is left. Signals: SIGTERM and SIGINT end it in order, a second one at once.
    public func run() throws -> Ended {
        Signals.watch(bell)
        defer {
            for job in jobs { job.end() }
            progress.end(folder.counts())
        }
        while true {
            if try look() { break }
            bell.wait(upTo: jobs.isEmpty && !isStopping ? 1 : 0.25)
        }
        if isStopping { return .stopped }
        return options.limit.map { claimed >= $0 } ?? false ? .limit : .done
    }

    /// One round; true when there is nothing left to do.
    private func look() throws -> Bool {
        try watchLimits()
        for job in jobs where job.hasEnded { try finish(job) }
        if !isStopping { try fill() }
        let now = Host.now()
        if now >= nextLookAround {
            nextLookAround = now + (jobs.isEmpty ? 0.5 : 2)
            progress.show(folder.counts(), mine: jobs.count)
        }
        guard jobs.isEmpty && waiting == nil else { return false }
        if isStopping || hasReachedLimit { return true }
        guard foundNothing else { return false }
        if !options.waits { return true }
        // In this order: a run that another driver gives back between the two looks is seen by the second.
        return !queue.othersAtWork() && folder.counts().waiting == 0
    }

    private var hasReachedLimit: Bool { options.limit.map { claimed >= $0 } ?? false }

    private func watchLimits() throws {
        if Signals.count > 0 || options.time.map({ Host.now() - begun > $0 }) ?? false { stop() }
        for job in jobs {
            if Signals.count > 1 { job.end() }
            if job.isOverTime { job.ask(.walltime) }
            if presence.isLost || (job.stop == nil && !queue.isHeld(job.claim)) {
                // Somebody else has it, or may have: what it still writes would be lost anyway.
                job.ask(.lost)
                job.end()
            }
            job.insist()
        }
    }

    private func stop() {
        guard !isStopping else { return }
        isStopping = true
        for job in jobs { job.ask(.driver) }
        if let claim = waiting {
            _ = try? queue.release(claim, failures: claim.token.failures)
            waiting = nil
        }
    }

    /// Starts what there are cores for.
    private func fill() throws {
        while !cores.free.isEmpty {
            guard let claim = try waiting ?? next() else { return }
            waiting = nil
            guard claim.token.failures < settings.tries else {
                try giveUp(claim)
                continue
            }
            let ranks = claim.run.ranks ?? settings.ranks
            guard let own = cores.take(ranks) else {
                // It keeps its place: smaller runs that overtook it could do so for ever.
                waiting = claim
                return
            }
            do {
                if let driver = claim.takenFrom, !claim.mayBeContested, !Processes.end(driver: driver) {
                    throw SweepError("processes of the driver \(driver) cannot be killed")
                }
                let bell = bell
                jobs.append(try Job(claim, in: folder, settings, program, cores: own, digests) { bell.ring() })
            } catch {
                // Not the run's fault: a full disk, a deck that has gone. It goes back, and this driver ends.
                cores.giveBack(own)
                _ = try? queue.release(claim, failures: claim.token.failures)
                stop()
                throw error
            }
        }
    }

    private func next() throws -> Queue.Claim? {
        let now = Host.now()
        if hasReachedLimit || presence.isLost || now < nextClaim { return nil }
        foundNothing = false
        if let claim = try queue.claim() ?? queue.takeOver() {
            claimed += 1
            return claim
        }
        // Listing all pages is dear on a network file system.
        (foundNothing, nextClaim) = (true, now + 1)
        return nil
    }

    /// A run that was killed as often as is allowed.
    private func giveUp(_ claim: Queue.Claim) throws {
        let run = folder.folder(of: claim.run)
        if let driver = claim.takenFrom, !claim.mayBeContested { _ = Processes.end(driver: driver) }
        let last = try TryFolder.all(in: run).last ?? TryFolder.new(in: run)
        try RunEnd.lost(claim, last, settings, program, deck: digests.digest(claim.run.deck))
        _ = try queue.end(claim, .failed, try: last.number)
    }

    // MARK: - Ends

    private func finish(_ job: Job) throws {
        jobs.removeAll { $0 === job }
        cores.giveBack(job.cores)
        let ending = try job.conclude()
        if job.stop == .lost {
            // If it is still this driver's (its heartbeat was late, and nobody has noticed), it goes back.
            _ = try queue.release(job.claim, failures: job.claim.token.failures)
            return
        }
        switch ending {
        case .finished: try end(job, .finished, ending)
        case .unstable(let stability): try end(job, .unstable, ending, reason: stability?.rule ?? "unstable")
        case .interrupted, .killed:
            if job.stop == .walltime {
                try end(job, .failed, ending, reason: "walltime", message: "stopped after \(Int(settings.walltime ?? 0)) s")
            } else if job.stop == .driver {
                _ = try queue.release(job.claim, failures: job.claim.token.failures)
            } else {
                try retry(job, ending)
            }
        case .error(let reason, let message):
            // A restart file that cannot be read is no reason to give up: the next try begins anew.
            if settings.retriesErrors || job.attempt.restart != nil {
                try retry(job, ending)
            } else {
                try end(job, .failed, ending, reason: reason, message: message)
            }
        }
    }

    /// Back into the queue if it may be tried again.
    private func retry(_ job: Job, _ ending: Ending) throws {
        nextClaim = 0
        let failures = job.claim.token.failures + 1
        if failures < settings.tries {
            _ = try queue.release(job.claim, failures: failures)
            return
        }
        switch ending {
        case .error(let reason, let message): try end(job, .failed, ending, reason: reason, message: message)
        case .killed(let message): try end(job, .failed, ending, reason: "killed", message: message)
        default: try end(job, .failed, ending, reason: "interrupted", message: "stopped \(failures) times by somebody else")
        }
    }

    private func end(_ job: Job, _ outcome: Outcome, _ ending: Ending, reason: String? = nil, message: String? = nil) throws {
        // The record first, on the disk; then the move that makes it count.
        try job.write(outcome, ending, reason: reason, message: message)
        _ = try queue.end(job.claim, outcome, try: job.folder.number)
    }
}

/// Wakes the driver when something has happened.
final class Bell: Sendable {
    private let condition = NSCondition()
    private let isRinging = Mutex(false)

    func ring() {
        condition.lock()
        isRinging.withLock { $0 = true }
        condition.signal()
        condition.unlock()
    }

    func wait(upTo seconds: Double) {
        condition.lock()
        let end = Date(timeIntervalSinceNow: seconds)
        while !isRinging.withLock({ $0 }), condition.wait(until: end) {}
        isRinging.withLock { $0 = false }
        condition.unlock()
    }
}

/// SIGTERM, SIGINT and SIGHUP, counted by a thread that waits for them.
enum Signals {
    private static let received = Atomic<Int>(0)
    static var count: Int { received.load(ordering: .relaxed) }

    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        return set
    }

    /// Before any other thread begins: all inherit it.
    static func block() {
        var set = set
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    static func watch(_ bell: Bell) {
        block()
        let copy = set
        let thread = Thread {
            var set = copy
            while true {
                var number: Int32 = 0
                if sigwait(&set, &number) == 0 {
                    received.add(1, ordering: .relaxed)
                    bell.ring()
                }
            }
        }
        thread.start()
    }
}
