import ArgumentParser
import Foundation
import Sweep

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Works on a sweep until no run is left.",
        discussion: """
            SIGTERM and SIGINT stop it in order: running runs write restart files and go back into the queue. A second one ends them at once. \
            Ends with 0 when all runs have ended, 75 when it was stopped and runs are left.
            """)

    @OptionGroup var arguments: SweepArguments
    @Option(help: "Cores to fill (default: all that this process may use).") var cores: Int?
    @Option(help: "End after so many runs.") var limit: Int?
    @Option(help: "Stop after this time: 90 s, 30 min, 2 h.") var time: String?
    @Option(help: "Seconds without a heartbeat after which other drivers take over.") var lease = 60.0
    @Flag(help: "End when no run is waiting, rather than when all have ended: do not wait for what other drivers run.") var noWait = false
    @Flag(help: "No progress on standard error.") var quiet = false

    func run() throws {
        Driver.prepare()
        try reporting {
            let plan = try arguments.plan()
            var options = Driver.Options()
            (options.cores, options.limit, options.lease, options.waits) = (cores, limit, lease, !noWait)
            if lease < 1 { throw ValidationError("a lease of less than a second would be lost at once") }
            if let time {
                guard let seconds = Duration.seconds(time) else {
                    throw ValidationError("--time takes 90 s, 30 min, 2 h or 1:30:00, not '\(time)'")
                }
                options.time = seconds
            }
            let folder = try plan == nil ? SweepFolder(arguments.sweep) : SweepFolder.make(arguments.path(plan))
            let presence = try Presence(in: folder, lease: lease)
            defer { presence.leave() }
            if let plan {
                let changes = try folder.take(plan, by: presence)
                if !quiet { say("\(folder.path): \(changes.new) new runs, \(changes.known) known\(others(changes.others))") }
            }
            let progress: any ProgressView = quiet ? NoProgress() : ProgressLine()
            let ended = try Driver(folder, presence, options, progress: progress).run()
            if ended != .done, folder.counts().waiting > 0 { throw ExitCode(75) }
        }
    }

    private func others(_ count: Int) -> String { count > 0 ? "; \(count) runs are no longer in the plan and stay" : "" }
    private func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

struct NoProgress: ProgressView {
    func show(_ counts: SweepFolder.Counts, mine: Int) {}
    func end(_ counts: SweepFolder.Counts) {}
}
