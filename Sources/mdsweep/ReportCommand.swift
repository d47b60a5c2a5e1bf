import ArgumentParser
import Foundation
import Sweep

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Survival, drift, cost: a page (HTML), tables (CSV) and JSON.")

    @OptionGroup var arguments: SweepArguments
    @Option(name: [.short, .long], help: "The folder of the report (default: report/ in the sweep's).") var output: String?
    @Option(help: "Variables to group by, separated by commas: the first by colour, others by panel.") var by: String?
    @Option(help: "ps up to which survival is compared (default: the longest run).") var horizon: Double?
    @Option(help: "Which errors count as instabilities: physical, all or none.") var failures: ReportOptions.Failures?
    @Option var title: String?

    func run() throws {
        try reporting {
            let folder = try arguments.existing()
            var options = try arguments.reportOptions(folder)
            if let by { options.by = by.split(separator: ",").map(String.init) }
            if let horizon { options.horizon = horizon }
            if let failures { options.failures = failures }
            if let title { options.title = title }
            let target = output ?? folder.path + "/report"
            let report = try Report(Index.load(folder), options, name: (folder.path as NSString).lastPathComponent)
            for path in try report.write(to: target) { print(path) }
        }
    }
}

extension ReportOptions.Failures: ExpressibleByArgument {}
