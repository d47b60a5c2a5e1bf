import ArgumentParser
import Foundation
import Sweep

struct ExpandCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expand", abstract: "Reads a plan and lists its runs; starts nothing, writes nothing.")

    @Argument(help: "A plan (YAML).") var plan: String
    @Flag(help: "As JSON, one run a line.") var json = false

    func run() throws {
        try reporting {
            let plan = try Plan(file: plan)
            let runs = try plan.runs()
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            for run in runs {
                if json {
                    print(String(decoding: try encoder.encode(run), as: UTF8.self))
                } else {
                    let all = (run.variables + run.settings).map { "\($0.name)=\($0.value)" }.joined(separator: " ")
                    print("\(run.id)  \(all)")
                }
            }
            if !json { FileHandle.standardError.write(Data("\(runs.count) runs\n".utf8)) }
        }
    }
}
