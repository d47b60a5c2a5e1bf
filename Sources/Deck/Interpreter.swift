/// Reads decks and does their commands: those of the language itself, all others through the host.
///
/// A host that keeps its interpreter makes a reference cycle; one that keeps only `variables` does not.
public final class Interpreter {
    public let variables: Variables
    let host: any DeckHost

    /// After this many commands (labels skipped while looking for one included) an error stops the deck; nil: never.
    public var maxCommands: Int?
    public private(set) var commandCount = 0
    /// The status that `quit` gave; nil while no `quit` was done. After it nothing more is read.
    public internal(set) var quitStatus: Int?

    /// The files being read: the deck, and what it includes.
    var frames: [Frame] = []
    /// Set when `next` finds no further value: the next `jump` is skipped.
    var skipsJump = false
    private var depth = 0
    /// Asked for once.
    private lazy var hostCommands = Set(host.knownCommands())

    static let deepestInclude = 16
    static let deepestCommand = 32

    /// A file being read.
    struct Frame {
        var reader: LineReader
        /// Set while a label is looked for.
        var search: (label: Word, seen: [String])?
    }

    /// The commands that the interpreter does itself.
    public static let languageCommands = languageUsages.map(\.name)

    /// The same with their usage lines.
    public static let languageUsages: [(name: String, usage: String)] = [
        ("clear", "clear"),
        ("echo", "echo none|screen|log|both"),
        ("if", "if \"CONDITION\" then \"COMMAND\" ... [elif \"CONDITION\" \"COMMAND\" ...]... [else \"COMMAND\" ...]"),
        ("include", "include FILE"),
        ("jump", "jump FILE|SELF [LABEL]"),
        ("label", "label NAME"),
        ("log", "log FILE [append] | log none"),
        ("next", "next VARIABLE ..."),
        ("print", "print TEXT [file FILE | append FILE] [screen yes|no] [universe yes|no]"),
        ("quit", "quit [STATUS]"),
        ("shell", "shell cd|mkdir|mv|rm|rmdir|putenv ...   (where the host allows it; never other programs)"),
        (
            "variable",
            """
            variable NAME index|string|loop|getenv|equal|vector|atom|format|file|internal|timer|delete ...
            ${NAME}, $N, $(FORMULA), $(FORMULA:%FORMAT) are replaced in commands; v_NAME is asked when its value is needed.
            Formulas have + - * / ^ % == != < <= > >= && || |^ ! ( ), numbers, PI version yes no, thermo keywords, v_NAME, c_ID, f_ID with
            [I] and [I][J], properties of atoms (mass type x vx fx ... with [ID] outside atom-style formulas), functions of numbers
            (\(MathFunction.allCases.map(\.rawValue).joined(separator: " "))), of vectors (sum min max ave trap slope), of groups (count mass xcm ...)
            and regions, is_active is_defined is_available is_file is_os extract_setting, gmask rmask grmask.
            """
        ),
    ]

    /// - Parameter commandLineVariables: name and values of each `-var`; the deck does not override them.
    /// - Throws: a `DeckError` without location if a name is malformed or has no values.
    public init(host: any DeckHost, commandLineVariables: [(String, [String])] = []) throws(DeckError) {
        self.host = host
        variables = Variables(host: host)
        for (name, values) in commandLineVariables { try variables.setFromCommandLine(name, values) }
    }

    /// Does the commands of a file, which the host reads.
    public func run(file: String) throws {
        try run(text: try host.readFile(file, at: nil), name: file)
    }

    /// Does the commands of a text; `name` is what messages call it.
    public func run(text: String, name: String) throws {
        try read(try Source(name: name, bytes: Array(text.utf8)))
    }

    /// Does the commands of a text in bytes.
    /// - Throws: what commands throw, and a `DeckError` at the first byte that is not UTF-8.
    public func run(bytes: [UInt8], name: String) throws {
        try run(text: try decodeDeck(bytes, file: name), name: name)
    }

    /// The text of a word with its variables replaced, as commands do with quoted text that they print or run later.
    public func substitute(_ word: Word) throws -> String {
        try variables.substitute(try word.traced()).string
    }

    /// Does one command, as `run ... every N "command"` does. Messages point at `location`.
    public func runOne(_ line: String, at location: SourceLocation?) throws {
        let bytes = Array(line.utf8)
        let source = try Source(name: location?.file ?? "command", bytes: bytes, anchor: location)
        try runOne(TracedText(source: source, range: 0..<bytes.count))
    }

    /// Does the command that a word holds. Messages point into the word.
    public func runOne(_ word: Word) throws {
        try runOne(try word.traced())
    }

    // MARK: Reading

    /// Reads a source to its end, or to where `jump` leads.
    func read(_ source: Source) throws {
        frames.append(Frame(reader: LineReader(source)))
        defer { frames.removeLast() }
        let top = frames.count - 1
        while quitStatus == nil {
            guard let line = try frames[top].reader.next() else {
                if let (label, seen) = frames[top].search {
                    throw DeckError.unknown("label", label, known: seen)
                }
                return
            }
            if frames[top].search != nil {
                try count(line.written)
                lookForLabel(line, top)
                continue
            }
            host.echo(line.written.string)
            try perform(line)
        }
    }

    private func lookForLabel(_ line: LogicalLine, _ top: Int) {
        // Skipped lines may be anything, so what is wrong with them does not matter.
        guard let words = try? splitWords(line.command), words.count >= 2, words[0].text == "label" else { return }
        if words[1].text == frames[top].search?.label.text {
            frames[top].search = nil
        } else {
            frames[top].search?.seen.append(words[1].text)
        }
    }

    private func runOne(_ text: TracedText) throws {
        guard depth < Self.deepestCommand else {
            throw DeckError(
                "commands inside commands, more than \(Self.deepestCommand) deep",
                at: text.location(0..<text.bytes.count))
        }
        depth += 1
        defer { depth -= 1 }
        host.echo(text.string)
        try perform(LogicalLine(single: text))
    }

    private func perform(_ line: LogicalLine) throws {
        let text = try variables.substitute(line.command, echo: host.echo)
        var words = try splitWords(text)
        guard !words.isEmpty else { return }
        try count(text)
        let command = Command(name: words.removeFirst(), words: words)
        do {
            try perform(command)
        } catch let error as DeckError {
            throw error.located(at: command.name.location)
        }
    }

    private func count(_ text: TracedText) throws(DeckError) {
        commandCount += 1
        if let maxCommands, commandCount > maxCommands {
            throw DeckError("more than \(maxCommands) commands", at: text.location(0..<text.bytes.count))
        }
    }

    private func perform(_ command: Command) throws {
        switch command.name.text {
        case "clear": try clear(command)
        case "echo": try echo(command)
        case "if": try conditional(command)
        case "include": try include(command)
        case "jump": try jump(command)
        case "label": try label(command)
        case "log": try log(command)
        case "next": try next(command)
        case "print": try printText(command)
        case "quit": try quit(command)
        case "shell": try shell(command)
        case "variable": try variable(command)
        case let name where hostCommands.contains(name): try host.execute(command)
        default:
            throw DeckError.unknown(
                "command", command.name, known: Self.languageCommands + hostCommands.sorted())
        }
    }
}
