import ArgumentParser
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A command that all ranks run together.
protocol RankCommand: ParsableCommand {
    func run(_ communicator: any Communicator) throws
}

/// An error that every rank knows of and rank 0 tells.
struct SharedError: Error, CustomStringConvertible {
    let description: String
}

/// Runs `body` on each rank; if it throws on any, the first rank's error is thrown on all. Collective.
func agree(_ communicator: any Communicator, _ body: () throws -> Void) throws {
    var message = ""
    do {
        try body()
    } catch {
        message = "\(error)"
        if message.isEmpty { message = "failed" }
    }
    guard communicator.any(!message.isEmpty) else { return }
    let first = communicator.all(.min, message.isEmpty ? communicator.size : communicator.rank)
    let text = communicator.broadcast(communicator.rank == first ? Array(message.utf8) : nil, from: first)
    throw SharedError(description: String(decoding: text, as: UTF8.self))
}

@main
struct Mdfit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mdfit", abstract: "Compares and fits the potentials of mdrun.", version: "mdfit 0.1.0",
        subcommands: [Evaluate.self, Cost.self, Split.self, Train.self, Stack.self])

    static func main() {
        let communicator: MPICommunicator
        do {
            communicator = try MPICommunicator()
        } catch {
            writeError("mdfit: \(error)\n")
            Glibc.exit(3)
        }
        let status = run(communicator)
        fflush(nil)
        communicator.finish()
        Glibc.exit(status)
    }

    /// The exit status, the same on every rank; MPI is still up.
    private static func run(_ communicator: MPICommunicator) -> Int32 {
        do {
            var command = try parseAsRoot()
            guard let ranked = command as? any RankCommand else {
                // Help, or a group of commands alone: running it throws the help asked for.
                try command.run()
                return 0
            }
            // What was not agreed upon is an error that every rank has met alike, such as one in the deck.
            do {
                try ranked.run(communicator)
                return 0
            } catch {
                if communicator.rank == 0 { writeError("ERROR: \(error)\n") }
                return 1
            }
        } catch {
            let status = exitCode(for: error).rawValue
            if communicator.rank == 0 {
                if status == 0 { print(fullMessage(for: error)) } else { writeError(fullMessage(for: error) + "\n") }
            }
            return status
        }
    }
}
