import Deck
import Domain
import Observers

/// `restart N FILE [FILE2]`: restart files every N steps.
struct RestartCommand: DeckCommand {
    static let name = "restart"
    static let usage = """
        restart 0 | restart N FILE | restart N FILE1 FILE2
        One FILE: the step takes the place of its *, or stands behind a dot. Two: in turn. 0: no more.
        """
    private var observer: RestartObserver?

    init(_ words: inout Words, _ session: Session) throws {
        let location = words.location
        let every = try words.nonNegativeInt("the number of steps between restart files, or 0")
        guard every > 0 else { return }
        let first = try words.word("a file name")
        var target = RestartObserver.Target.numbered(first.text)
        if let second = words.peek {
            _ = try words.word("a second file name")
            guard second.text != first.text else { throw words.error("two different files, to be written in turn", at: second) }
            target = .alternating(first.text, second.text)
        }
        observer = RestartObserver(session, Schedule(.every(every)), target, at: location)
    }

    func execute(_ session: Session) throws {
        session.restarts = observer
        guard let observer, let state = session.restored.observers.removeValue(forKey: ""), state.style == RestartObserver.stateStyle else {
            return
        }
        var reader = StateReader(state.bytes)
        try observer.restore(&reader)
    }
}

/// `write_restart FILE`
struct WriteRestart: DeckCommand {
    static let name = "write_restart"
    static let usage = "write_restart FILE   (a * becomes the step; an older file is kept as FILE.previous)"
    private let file: Word

    init(_ words: inout Words, _ session: Session) throws {
        _ = try session.requireSystem(Self.name, at: words.location)
        file = try words.word("a file name")
    }

    func execute(_ session: Session) throws {
        guard !session.isDryRun, let system = session.system else { return }
        try session.writeRestart(file.text.replacing("*", with: "\(system.step)"), at: file.location)
    }
}

/// `read_restart FILE`
struct ReadRestart: DeckCommand {
    static let name = "read_restart"
    static let usage = """
        read_restart FILE   (a * stands for the largest step there is)
        Box, atoms, groups, step and the states of fixes and computes, which take them when the deck makes them again with the same id and
        style. A potential that reads no files comes back too. On as many ranks as wrote the file the run goes on bit for bit.
        """
    private let file: Word

    init(_ words: inout Words, _ session: Session) throws {
        file = try words.word("a file name")
        guard session.system == nil else { throw words.error("there is a simulation box already; the command clear removes it", at: file) }
    }

    func execute(_ session: Session) throws {
        let path = try session.newest(file)
        session.output.line("Reading restart file \(path) ...")
        try session.readRestart(path, at: file.location)
        guard let system = session.system else { return }
        session.output.line("  \(session.boxDescription(system.box))")
        try session.announceGrid(at: file.location)
        session.output.line("  \(system.atoms.total) atoms, step \(system.step), units \(session.units.name.rawValue)")
        session.findSpecialNeighbours()
        for line in session.restored.pairLines { try session.interpreter.runOne(line, at: file.location) }
    }
}

/// `timer timeout`
struct TimerCommand: DeckCommand {
    static let name = "timer"
    static let usage = "timer [off|loop|normal|full] [sync|nosync] [timeout H:M:S|off] [every N]"
    private var timeout: Double??
    private var every: Int?

    init(_ words: inout Words, _ session: Session) throws {
        while !words.isAtEnd {
            let choices = ["off", "loop", "normal", "full", "sync", "nosync"].map { ($0, 0) } + [("timeout", 1), ("every", 2)]
            switch try words.choice("a keyword of timer", choices) {
            case 0: break
            case 1: timeout = .some(try Self.seconds(&words))
            default: every = try words.positiveInt("the number of steps between looks at the clock")
            }
        }
    }

    /// `12`, `1:30`, `23:50:00`: seconds, minutes and seconds, hours, minutes and seconds; `off`: nil.
    private static func seconds(_ words: inout Words) throws -> Double? {
        let word = try words.word("a wall time H:M:S, or off")
        if word.text == "off" || word.text == "unlimited" { return nil }
        let parts = word.text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...3).contains(parts.count), parts.allSatisfy({ $0 ?? -1 >= 0 }) else {
            throw words.error("expected a wall time such as 23:50:00, or off, not '\(word.text)'", at: word)
        }
        return parts.reduce(0) { $0 * 60 + Double($1!) }
    }

    func execute(_ session: Session) {
        if let timeout { session.limits.setTimeout(timeout, every: every) } else if let every { session.limits.setInterval(every) }
    }
}
