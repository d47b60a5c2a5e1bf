import CProcess
import Foundation
import Synchronization

/// A run at work: mdrun started for a claim, in a folder, on cores.
final class Job: @unchecked Sendable {
    let claim: Queue.Claim
    let folder: TryFolder
    let cores: [Int]
    let settings: RunSettings
    private(set) var attempt: Attempt
    let begun = Host.now()
    /// Wall time of earlier attempts in this folder, s.
    private let spent: Double
    private let pid: Int32
    private let result = Mutex<mdrun_usage?>(nil)

    /// Why it was asked to stop.
    enum Stop { case driver, walltime, lost }
    private(set) var stop: Stop?
    private var stopAsked = 0.0

    /// Starts it. Call it from the thread that lives as long as the driver: the run is killed when that thread ends.
    /// - Parameter onEnd: called from another thread when it has ended.
    /// - Throws: if it cannot start, which is not the run's fault.
    init(
        _ claim: Queue.Claim, in sweep: SweepFolder, _ settings: RunSettings, _ program: Attempt.Program, cores: [Int],
        _ digests: FileDigests,
        onEnd: @escaping @Sendable () -> Void
    ) throws {
        (self.claim, self.cores, self.settings) = (claim, cores, settings)
        let run = claim.run
        let runFolder = sweep.folder(of: run)
        try Files.makeFolder(runFolder)
        let last = TryFolder.all(in: runFolder).last
        let goesOn = last?.canGoOn(settings.resume) ?? false
        let folder = goesOn ? (claim.mayBeContested ? try last!.copied(in: runFolder) : last!) : try TryFolder.new(in: runFolder)
        self.folder = folder
        let before = folder.attempts
        spent = before.compactMap(\.wall).reduce(0, +)
        let number = (before.last?.number ?? 0) + 1
        let restart = goesOn ? settings.resume.flatMap { folder.restart($0) } : nil
        let deck = restart == nil ? run.deck : settings.resume?.deck ?? run.deck

        let ranks = run.ranks ?? settings.ranks
        var command = try Self.launcher(settings, ranks: ranks, cores: cores)
        command += [program.path, "-in", deck, "-log", TryFolder.log(number), "-screen", "none"] + settings.options
        var variables = (run.variables + run.settings).filter { !["model", "deck", "ranks"].contains($0.name) }
        if let restart, let resume = settings.resume { variables.append(.init(name: resume.variable, value: restart)) }
        for variable in variables { command += ["-var", variable.name, variable.value] }

        var environment = Self.environment(settings.environment)
        environment[Processes.mark] = claim.name
        environment["MDSWEEP_RUN"] = run.id
        let own = Dictionary(variables.map { ($0.name, $0.value) }) { $1 }
        let named = try digests.files(namedBy: deck, own).map { try digests.digest($0) }
        let listed = try settings.files.map { try digests.digest($0) }
        attempt = Attempt(
            claim: claim.name, number: number, host: Host.name, processor: Host.processor, kernel: Host.kernel, cores: cores, ranks: ranks,
            command: command, environment: Self.ofInterest(environment), program: program, deck: try digests.digest(deck),
            files: listed + named.filter { !listed.contains($0) }, restart: restart, started: Host.date())
        try Self.checkDeck(attempt.deck, before, settings)
        // A copy to read; it runs from its own place, which the names in it are relative to.
        try Files.write(Files.read(deck), to: "\(folder.path)/\(Files.name(of: deck))", isSynced: false)
        try folder.write(attempt)
        pid = try Self.start(command, environment, folder.path, cores)
        let thread = Thread { [self] in
            var usage = mdrun_usage()
            if mdrun_wait(pid, &usage) != 0 { usage.status = 255 << 8 }
            result.withLock { $0 = usage }
            onEnd()
        }
        thread.start()
    }

    /// A run that goes on with a deck that has changed would be two things in one.
    private static func checkDeck(_ deck: FileDigest, _ before: [Attempt], _ settings: RunSettings) throws {
        guard !settings.acceptsChangedDecks, let earlier = before.first(where: { $0.deck.path == deck.path }),
            earlier.deck.sha256 != deck.sha256
        else { return }
        throw SweepError("\(deck.path) has changed since this run began; `policy: {changed_decks: accept}` goes on all the same")
    }

    private static func launcher(_ settings: RunSettings, ranks: Int, cores: [Int]) throws -> [String] {
        let list = cores.map(String.init).joined(separator: ",")
        if let words = settings.launcher {
            return words.map { $0.replacingOccurrences(of: "{ranks}", with: "\(ranks)").replacingOccurrences(of: "{cores}", with: list) }
        }
        // One rank needs no launcher; it is pinned when it starts.
        if ranks == 1 { return [] }
        // The launcher should fork here, also within a batch job, whose manager it would otherwise ask.
        return ["mpirun.mpich", "-launcher", "fork", "-n", "\(ranks)", "-bind-to", "user:\(list)"]
    }

    private static func start(_ command: [String], _ environment: [String: String], _ folder: String, _ cores: [Int]) throws -> Int32 {
        let path = try Attempt.Program.find(command[0])
        let output = open(folder + "/output.txt", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard output >= 0 else { throw Files.failure("write", folder + "/output.txt") }
        defer { close(output) }
        var arguments = command.map { strdup($0) } + [nil]
        var settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for pointer in arguments + settings { free(pointer) }
        }
        let numbers = cores.map { Int32($0) }
        let pid = mdrun_start(path, &arguments, &settings, folder, output, numbers, Int32(numbers.count))
        guard pid > 0 else { throw Files.failure("start", path) }
        return pid
    }

    // MARK: - Environment

    /// This process's environment without what a batch system or an outer launcher said of it, which mdrun's own launcher would believe.
    static func environment(_ more: [String: String]) -> [String: String] {
        let foreign = ["SLURM_", "PMI_", "PMIX_", "PMI2_", "HYDRA_", "HYDI_", "OMPI_", "MPIR_", "MPI_LOCALNRANKS", "MPI_LOCALRANKID"]
        var environment = ProcessInfo.processInfo.environment.filter { entry in !foreign.contains { entry.key.hasPrefix($0) } }
        for name in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"] { environment[name] = "1" }
        return environment.merging(more) { $1 }
    }

    private static func ofInterest(_ environment: [String: String]) -> [String: String] {
        let prefixes = ["OMP_", "OPENBLAS_", "MDRUN_", "MPICH_", "MPIR_", "LD_", "FI_", "UCX_"]
        var found = environment.filter { entry in prefixes.contains { entry.key.hasPrefix($0) } }
        for name in ["SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_JOB_PARTITION"] {
            if let value = ProcessInfo.processInfo.environment[name] { found[name] = value }
        }
        return found
    }

    // MARK: - While it runs

    var hasEnded: Bool { result.withLock { $0 != nil } }
    var isOverTime: Bool { settings.walltime.map { spent + Host.now() - begun > $0 } ?? false }

    /// Asks the ranks to stop: they write a restart file and end with code 75.
    func ask(_ reason: Stop) {
        guard stop == nil else { return }
        (stop, stopAsked) = (reason, Host.now())
        signalRanks(SIGTERM)
    }

    private func signalRanks(_ number: Int32) {
        for rank in Processes.running(attempt.program.path, among: Processes.of(claim: claim.name)) { kill(rank, number) }
    }

    /// Ends it at once.
    func end() {
        kill(-pid, SIGKILL)
        for process in Processes.of(claim: claim.name) { kill(process, SIGKILL) }
    }

    /// What was asked to stop and has not after its grace is ended.
    func insist() { if stop != nil, Host.now() - stopAsked > settings.grace { end() } }

    // MARK: - When it has ended

    /// Takes down what it used. Its last processes are gone afterwards.
    func conclude() throws -> Ending {
        // Ranks outlive a launcher that was killed.
        guard Processes.end(claim: claim.name) else { throw SweepError("processes of \(folder.path) cannot be killed") }
        let usage = result.withLock { $0! }
        let signal = mdrun_status_signalled(usage.status)
        let code = signal > 0 ? 128 + Int(signal) : Int(mdrun_status_exited(usage.status))
        attempt.ended = Host.date()
        attempt.exitCode = code
        (attempt.wall, attempt.user, attempt.system) = (Host.now() - begun, usage.user, usage.system)
        attempt.peakMemory = Double(usage.peak_kilobytes) / 1024
        try folder.write(attempt)
        return Ending(code: code, folder: folder.path)
    }

    /// Writes `end.json` and what goes with it.
    func write(_ outcome: Outcome, _ ending: Ending, reason: String?, message: String?) throws {
        let attempts = folder.attempts
        var stability: Stability?
        if case .unstable(let found) = ending { stability = found }
        if stability == nil {
            stability = (try? Files.read(folder.path + "/stability.json")).flatMap {
                try? JSONDecoder.standard.decode(Stability.self, from: $0)
            }
        }
        let logs = (1...attempt.number).map { "\(folder.path)/\(TryFolder.log($0))" }
        let analysis = RunAnalysis.make(logs: logs, until: stability?.unstable == true ? stability?.step : nil)
        if let series = analysis?.1 {
            try Files.write(JSONEncoder.compact.encode(series), to: folder.path + "/series.json", isSynced: false)
        }
        func sum(_ value: (Attempt) -> Double?) -> Double { attempts.compactMap(value).reduce(0, +) }
        let end = RunEnd(
            id: claim.run.id, folder: claim.run.folder, variables: claim.run.variables, outcome: outcome, reason: reason, message: message,
            exitCode: attempt.exitCode ?? -1, attempts: attempts.count, ranks: attempt.ranks, host: attempt.host,
            started: attempts.first?.started ?? attempt.started, ended: attempt.ended ?? Host.date(), wall: sum(\.wall), user: sum(\.user),
            system: sum(\.system), peakMemory: attempts.compactMap(\.peakMemory).max() ?? 0, program: attempt.program, deck: attempt.deck,
            stability: stability, analysis: analysis?.0)
        try Files.write(JSONEncoder.readable.encode(end), to: folder.path + "/end.json")
    }
}
