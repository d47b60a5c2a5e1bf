import ArgumentParser
import Foundation
import Sweep

@main
struct Mdsweep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mdsweep", abstract: "Runs many mdrun decks, models and seeds, and reports which survive.",
        discussion: """
            A sweep is a YAML file, and a folder that everything about it is in. Any number of `mdsweep run` on any hosts that see the folder share its runs; \
            killed ones are resumed, finished ones never repeated. See docs/Sweeps.md.
            """,
        version: "mdsweep 0.1.0",
        subcommands: [
            RunCommand.self, StatusCommand.self, RetryCommand.self, ReportCommand.self, ExpandCommand.self, SubmitCommand.self,
            BenchCommand.self,
        ])
}

/// The sweep that a command is about: a plan, whose folder is NAME.sweep in the working folder or `--folder`, or such a folder.
struct SweepArguments: ParsableArguments {
    @Argument(help: "A plan (YAML), or the folder of a sweep.") var sweep: String
    @Option(help: "The folder of the sweep (for a plan; default: NAME.sweep here).") var folder: String?

    var isFolder: Bool { SweepFolder.isSweep(sweep) }

    /// nil if a folder was given.
    func plan() throws -> Plan? {
        if isFolder {
            if folder != nil { throw ValidationError("'\(sweep)' is a folder of a sweep already: --folder says it twice") }
            return nil
        }
        return try Plan(file: sweep)
    }

    func path(_ plan: Plan?) -> String { plan.map { folder ?? "\($0.name).sweep" } ?? sweep }

    /// What the plan says of reports, as it is now; of a folder, as it was when the plan was last taken in.
    func reportOptions(_ folder: SweepFolder) throws -> ReportOptions { try plan()?.report ?? folder.reportOptions() }

    /// The folder, which must be there.
    func existing() throws -> SweepFolder { try SweepFolder(path(try plan())) }
}

/// Tells an error and ends with status 1, without a usage line: it is not the command line that is wrong.
func reporting(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as ExitCode {
        throw error
    } catch let error as ValidationError {
        throw error
    } catch {
        FileHandle.standardError.write(Data("ERROR: \(error)\n".utf8))
        throw ExitCode(1)
    }
}
