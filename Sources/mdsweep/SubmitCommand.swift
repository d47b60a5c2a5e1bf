import ArgumentParser
import Foundation
import Sweep

struct SubmitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Submits drivers of a sweep to Slurm, as an array job.",
        discussion:
            "Each task of the array is a driver; they share the runs as they come. Submit again, or use --chain, to go on after the time limit."
    )

    @OptionGroup var arguments: SweepArguments
    @Option(help: "Drivers.") var tasks = 1
    @Option(help: "Of them at once (default: all).") var atOnce: Int?
    @Option(help: "Cores a driver.") var cores = 1
    @Option(help: "Wall time of a driver: 30 min, 12 h, 1:30:00.") var time: String?
    @Option(help: "The job's name (default: the folder's).") var name: String?
    @Option var partition: String?
    @Option var account: String?
    @Option(help: "Memory a driver: 8G.") var memory: String?
    @Option(help: "More options of sbatch; may be given often.") var sbatch: [String] = []
    @Option(help: "Shell lines before the driver starts, such as `module load mpich`; may be given often.") var setup: [String] = []
    @Option(help: "Arrays one after another, each when the one before has ended.") var chain = 1
    @Flag(help: "Print the script; submit nothing.") var dryRun = false

    func run() throws {
        try reporting {
            let plan = try arguments.plan()
            let folder = try plan == nil ? SweepFolder(arguments.sweep) : SweepFolder.make(arguments.path(plan))
            if let plan {
                let presence = try Presence(in: folder)
                defer { presence.leave() }
                try folder.take(plan, by: presence)
            }
            var script = SlurmScript(name: name ?? (folder.path as NSString).lastPathComponent)
            (script.tasks, script.atOnce, script.cores, script.partition) = (tasks, atOnce, cores, partition)
            (script.account, script.memory, script.options, script.setup) = (account, memory, sbatch, setup)
            if let time {
                guard let seconds = Duration.seconds(time) else {
                    throw ValidationError("--time takes 30 min, 12 h or 1:30:00, not '\(time)'")
                }
                script.time = seconds
                // A tenth of the time at most, also of a short job.
                script.margin = min(script.margin, max(10, seconds / 10))
            }
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            if dryRun {
                print(script.text(mdsweep: own, folder: folder), terminator: "")
                return
            }
            var last: String?
            for _ in 0..<max(1, chain) {
                last = try script.submit(mdsweep: own, folder: folder, after: last)
                print("submitted job \(last!)")
            }
        }
    }
}
