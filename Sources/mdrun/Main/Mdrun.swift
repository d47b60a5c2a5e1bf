import Deck
import Domain
import Integrators
import MDSession

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@main
struct Mdrun {
    static func main() {
        do {
            let line = try CommandLine.Request(Array(Swift.CommandLine.arguments.dropFirst()))
            switch line.action {
            case .help: print(CommandLine.help)
            case .version: print("mdrun \(version)")
            case .styles: print(stylesReference())
            case .manual: print(manual(), terminator: "")
            case .run, .check: run(line)
            }
        } catch {
            writeError("mdrun: \(error)\n")
            exit(2)
        }
    }

    /// Runs the deck on every rank; an error ends all of them.
    private static func run(_ request: CommandLine.Request) {
        let communicator: MPICommunicator
        do {
            communicator = try MPICommunicator()
        } catch {
            writeError("mdrun: \(error)\n")
            exit(3)
        }
        let output = Output(isWriter: communicator.rank == 0)
        do {
            RunLimits.catchSignals()
            let status = try Launch(request, communicator, output).run()
            end(communicator, Int32(status))
        } catch is Interrupted {
            end(communicator, Interrupted.status)
        } catch let verdict as Unstable {
            output.endTable()
            output.line(verdict.description)
            end(communicator, Unstable.status)
        } catch {
            fail(error, communicator, output)
        }
    }

    /// Ends every rank in order. Called on all of them.
    private static func end(_ communicator: MPICommunicator, _ status: Int32) -> Never {
        communicator.barrier()
        communicator.finish()
        exit(status)
    }

    /// Tells an error and ends every rank with status 1. What all ranks met is told once, by rank 0, and they end in order; what only
    /// some met is told by those, who then end the others.
    private static func fail(_ error: any Error, _ communicator: MPICommunicator, _ output: Output) -> Never {
        output.endTable()
        output.toLog("ERROR: \(error)\n")
        fflush(nil)
        if communicator.hasFailedEverywhere(within: 2) {
            if communicator.rank == 0 { writeError("ERROR: \(error)\n") }
            communicator.finish()
            exit(1)
        }
        writeError("ERROR (rank \(communicator.rank)): \(error)\n")
        // The launcher passes on what was written only if it comes to read it before the ranks die.
        usleep(200_000)
        communicator.abort(1)
    }
}

let version = "0.1.0"

/// What the command line asks for, done.
struct Launch {
    let request: CommandLine.Request
    let communicator: MPICommunicator
    let output: Output

    init(_ request: CommandLine.Request, _ communicator: MPICommunicator, _ output: Output) {
        (self.request, self.communicator, self.output) = (request, communicator, output)
    }

    func run() throws -> Int {
        output.writesScreen = request.writesScreen
        if let echo = request.echo { (output.echoesToScreen, output.echoesToLog) = echo }
        let isCheck = request.action == .check
        let session = try Session(
            communicator: communicator, output: output, isDryRun: isCheck, variables: request.variables)
        let path = request.deck!
        session.deckFolder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        if let log = request.log, isSameFile(log, path) { throw UsageError("the log file '\(log)' is the deck") }
        if !isCheck { try output.openLog(request.log) }
        let ranks = communicator.size == 1 ? "1 MPI process" : "\(communicator.size) MPI processes"
        output.line("mdrun \(version), \(ranks)")
        try session.interpreter.run(file: path)
        if isCheck { output.line(session.checkReport(deck: path)) }
        return session.interpreter.quitStatus ?? session.endStatus.map(Int.init) ?? 0
    }
}
