import Deck
import Domain
import Integrators
import Observers

/// What the interpreter asks of the engine.
extension Session: DeckHost {
    public func execute(_ command: Command) throws {
        guard let type = CommandRegistry.byName[command.name.text] else {
            throw DeckError.unknown("command", command.name, known: knownCommands() + Interpreter.languageCommands)
        }
        // LAMMPS takes these before there is a box; they need its types, so they wait.
        if system == nil, Self.deferrable.contains(command.name.text) {
            if command.name.text == "pair_style", let style = command.words.first,
                !registry.styles.contains(where: { $0.name == style.text })
            {
                throw DeckError.unknown("pair_style", style, known: registry.styles.map(\.name))
            }
            deferred.append(command)
            return
        }
        var words = Words(command)
        modelFiles = []
        let decoded = try type.init(&words, self)
        try words.finish()
        try decoded.execute(self)
        dynamics.record(command, files: modelFiles)
        if system != nil, !deferred.isEmpty {
            let waiting = deferred
            deferred = []
            for command in waiting { try execute(command) }
        }
    }

    public func knownCommands() -> [String] { CommandRegistry.byName.keys.sorted() }

    public func readFile(_ path: String, at location: SourceLocation?) throws -> String {
        try decodeDeck(readBytes(path, at: location), file: path)
    }

    public func echo(_ line: String) {
        if output.echoesToScreen { output.toScreen(line + "\n") }
        if output.echoesToLog { output.toLog(line + "\n") }
    }

    public func setEcho(screen: Bool, log: Bool) { (output.echoesToScreen, output.echoesToLog) = (screen, log) }

    public func printLine(_ text: String, to target: PrintTarget) throws {
        if target.toScreen { output.toScreen(text + "\n") }
        output.toLog(text + "\n")
        if let path = target.file, !isDryRun { try output.writeLine(text, to: path, append: target.appends) }
    }

    public func clear() throws { reset() }
    public func setLog(_ path: String?, append: Bool) throws {
        if let path, communicator.any(communicator.rank == 0 && isInput(path)) {
            throw DeckError("'\(path)' is an input of this run and is not overwritten", at: nil)
        }
        if !isDryRun { try output.openLog(path, append: append) }
    }

    public func runClock() -> RunClock {
        guard let system else {
            return RunClock(step: 0, firstStep: 0, lastStep: 0, timestep: timestep ?? units.defaultTimestep, isRunning: false)
        }
        return RunClock(
            step: system.step, firstStep: system.run.first, lastStep: system.run.last, timestep: system.timestep,
            isRunning: simulation?.isRunning ?? false)
    }
}
