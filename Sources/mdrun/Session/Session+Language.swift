import Deck
import Domain
import Integrators
import Observers

/// What the interpreter asks of the engine.
extension Session: DeckHost {
    public func execute(_ command: Command) throws {
        guard let type = CommandRegistry.byName[command.name.text] else {
            throw DeckError.unknown("command", command.name, known: knownCommands())
        }
        var words = Words(command)
        let decoded = try type.init(&words, self)
        try words.finish()
        try decoded.execute(self)
    }

    public func knownCommands() -> [String] { CommandRegistry.byName.keys.sorted() }

    public func readFile(_ path: String, at location: SourceLocation?) throws -> String {
        try decodeDeck(readBytes(path, at: location), file: path)
    }

    public func clear() throws { reset() }
    public func setLog(_ path: String?, append: Bool) throws { if !isDryRun { try output.openLog(path, append: append) } }
}
