import ArgumentParser
import Foundation
import Sweep

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "How far a sweep is: a table.")

    @OptionGroup var arguments: SweepArguments
    @Option(help: "Variables that make the rows, separated by commas (default: the report's).") var by: String?
    @Flag(help: "One line a run instead.") var runs = false
    @Flag(help: "As JSON.") var json = false

    func run() throws {
        try reporting {
            let folder = try arguments.existing()
            let all = try Index.load(folder)
            if json {
                print(try StatusTable.json(all))
            } else if runs {
                print(StatusTable.runs(all))
            } else {
                var options = try arguments.reportOptions(folder)
                if let by { options.by = by.split(separator: ",").map(String.init) }
                print(try StatusTable.summary(all, by: options.by))
                print(ProgressLine.text(folder.counts(), mine: 0, secondsLeft: nil))
            }
        }
    }
}

struct RetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Puts ended runs back into the queue.",
        discussion: "They begin anew in a new folder, tryN; what they wrote stays.")

    @OptionGroup var arguments: SweepArguments
    @Argument(help: "Runs: ids or folder names, or the beginnings of such.") var ids: [String] = []
    @Flag(help: "All that failed.") var failed = false
    @Flag(help: "All that were unstable.") var unstable = false

    func run() throws {
        try reporting {
            guard failed || unstable || !ids.isEmpty else { throw ValidationError("which? --failed, --unstable or ids") }
            let folder = try arguments.existing()
            let all = try folder.runs()
            for id in ids where !all.contains(where: { $0.id.hasPrefix(id) || $0.folder.hasPrefix(id) }) {
                throw SweepError("no run '\(id)' in \(folder.path)")
            }
            let count = try folder.retry { run, outcome in
                (failed && outcome == .failed) || (unstable && outcome == .unstable)
                    || ids.contains { run.id.hasPrefix($0) || run.folder.hasPrefix($0) }
            }
            print("\(count) runs are waiting again")
        }
    }
}
