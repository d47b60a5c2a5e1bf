import Deck
import Foundation

/// A host without an engine: it records what the interpreter does and answers from tables.
final class RecordingHost: DeckHost {
    var commands: [String] = []
    var printed: [String] = []
    var targets: [PrintTarget] = []
    var echoed: [String] = []
    var events: [String] = []
    /// Echoed and printed lines in their order.
    var transcript: [String] = []
    var files: [String: String] = [:]
    /// Where files are looked for that are not in `files`.
    var folder: String?
    var keywords: [String: Double] = [:]
    var vectors: [String: [Double]] = [:]
    var clock = RunClock(step: 0, firstStep: 0, lastStep: 0, timestep: 0.005, isRunning: false)
    var known = ["run", "pair_style", "units", "group", "fix", "reset_timestep"]
    var variables: Variables?

    func execute(_ command: Command) throws {
        commands.append(([command.name] + command.words).map(\.text).joined(separator: " "))
        var words = Words(command)
        if command.name.text == "reset_timestep" { clock.step = try words.int("the step") }
    }

    func knownCommands() -> [String] { known }

    func readFile(_ path: String, at location: SourceLocation?) throws -> String {
        if let text = files[path] { return text }
        if let folder, let data = FileManager.default.contents(atPath: folder + "/" + path) {
            return try decodeDeck(Array(data), file: path)
        }
        throw DeckError("cannot read '\(path)'", at: location)
    }

    func echo(_ line: String) {
        echoed.append(line)
        transcript.append(line)
    }

    func printLine(_ text: String, to target: PrintTarget) throws {
        if target.toScreen {
            printed.append(text)
            transcript.append(text)
        }
        targets.append(target)
    }

    func thermoKeyword(_ name: String) throws -> Double? { keywords[name] }

    func reference(_ reference: Reference) throws -> Double {
        guard let values = vectors[reference.description] else {
            throw DeckError("unknown compute or fix in '\(reference)'", at: nil)
        }
        return values[0]
    }

    func function(_ name: String, _ arguments: [String]) throws -> Double? {
        switch name {
        case "count": return 32
        case "xcm": return arguments == ["all", "x"] ? 1.5 : -1
        case "is_defined": return arguments == ["group", "all"] ? 1 : 0
        default: return nil
        }
    }

    func globalVector(_ reference: Reference) throws -> [Double] {
        guard let values = vectors[reference.description] else {
            throw DeckError("unknown vector '\(reference)'", at: nil)
        }
        return values
    }

    func atomVector(_ reference: Reference) throws -> [Double] { try globalVector(reference) }
    func atomVector(_ name: String) throws -> [Double]? { vectors[name] }
    func atomFunction(_ name: String, _ arguments: [String]) throws -> [Double]? {
        name == "gmask" ? vectors["gmask"] : nil
    }
    var places: (places: [Int], count: Int) = ([], 0)
    func atomPlaces() -> (places: [Int], count: Int) { places }
    func atomValue(_ name: String, id: Int) throws -> Double? { vectors[name]?[id - 1] }
    func runClock() -> RunClock { clock }
    func setLog(_ path: String?, append: Bool) throws { events.append("log \(path ?? "none") \(append)") }
    func setEcho(screen: Bool, log: Bool) { events.append("echo \(screen) \(log)") }
    func clear() throws { events.append("clear") }
    func quit(status: Int) throws { events.append("quit \(status)") }
    func environment(_ name: String) -> String? { name == "DECK_TEST" ? "from outside" : nil }
}

/// A deck that was run, with what came of it.
struct Outcome {
    let host: RecordingHost
    let interpreter: Interpreter
    let error: DeckError?

    var printed: [String] { host.printed }
    var message: String { error?.message ?? "" }
    var description: String { error?.description ?? "" }
}

/// Runs a deck given as text.
func runDeck(
    _ text: String, host: RecordingHost = RecordingHost(), arguments: [(String, [String])] = [],
    name: String = "in.test",
    maxCommands: Int? = 100_000
) throws -> Outcome {
    let interpreter = try Interpreter(host: host, commandLineVariables: arguments)
    interpreter.maxCommands = maxCommands
    host.variables = interpreter.variables
    do {
        try interpreter.run(text: text, name: name)
        return Outcome(host: host, interpreter: interpreter, error: nil)
    } catch let error as DeckError {
        return Outcome(host: host, interpreter: interpreter, error: error)
    }
}

/// The words of one line, read as a command.
func words(_ line: String) throws -> Words {
    final class Catcher: DeckHost {
        var command: Command?
        func execute(_ command: Command) throws { self.command = command }
        func knownCommands() -> [String] { ["command"] }
        func readFile(_ path: String, at: SourceLocation?) throws -> String { "" }
        func echo(_ line: String) {}
        func printLine(_ text: String, to target: PrintTarget) throws {}
        func thermoKeyword(_ name: String) throws -> Double? { nil }
        func reference(_ reference: Reference) throws -> Double { 0 }
        func function(_ name: String, _ arguments: [String]) throws -> Double? { nil }
    }
    let catcher = Catcher()
    try Interpreter(host: catcher).run(text: line, name: "in.test")
    return Words(catcher.command!)
}
