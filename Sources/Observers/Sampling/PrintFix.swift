import Deck
import Domain
import Integrators
import Potentials

/// `fix print`: every N steps, or at the steps that an equal-style variable names, a line of text in which variables and formulas are
/// replaced then; to screen and log, and to a file.
public final class PrintFix: Fix {
    static let entry = ObservingFixStyle(
        name: "print",
        usage: #"fix ID GROUP print N|v_NAME "TEXT" [file F] [append F] [screen yes|no] [title TITLE]"#
    ) { words, setup, observation in
        let when = try Schedule(words.word("the number of steps between lines, or v_NAME"), what: "the time between lines")
        if case .variable(let name) = when.kind { try observation.checkVariable(name, at: words.location) }
        let text = try words.word("the text, in quotes if it has spaces")
        var settings = SampleFile.Settings()
        var toScreen = true, title: String?
        while !words.isAtEnd {
            let keyword = try words.choice("a keyword of fix print", ["file", "append", "screen", "title"].map { ($0, $0) })
            switch keyword {
            case "screen": toScreen = try words.flag("yes or no")
            case "title": title = try words.string("the title")
            default: _ = try settings.read(keyword, &words)
            }
        }
        settings.titles[0] = title
        return PrintFix(setup, when, text, toScreen: toScreen, settings, observation)
    }

    public let id: String
    public let style = "print"
    public var group: Group
    private var when: Schedule
    private let text: Word
    private let toScreen: Bool
    private let file: SampleFile
    private unowned let observation: Observation
    private var last = -1

    init(_ setup: FixSetup, _ when: Schedule, _ text: Word, toScreen: Bool, _ settings: SampleFile.Settings, _ observation: Observation) {
        (id, group, self.when, self.text, self.toScreen) = (setup.id, setup.group, when, text, toScreen)
        (file, self.observation) = (SampleFile(settings), observation)
    }

    public func wants(at step: Int) -> Wanted { when.contains(step) ? observation.wantsOfAll : [] }

    public func prepare(_ system: System) throws {
        try when.advance(after: system.step, observation.requireHost())
        try file.open(observation, system.communicator) { (file.settings.titles[0] ?? "# Fix print output for fix \(id)") + "\n" }
    }

    public func setup(_ system: System) throws {
        // A variable names steps after the present one.
        if case .every = when.kind { try endOfStep(system) }
    }

    public func endOfStep(_ system: System) throws {
        guard when.contains(system.step) else { return }
        let host = try observation.requireHost()
        let line = try observation.freshly { _ in try host.substitute(text) } + "\n"
        if toScreen { host.sink.write(line) }
        try file.write(line, system.communicator)
        try when.advance(after: system.step, host)
    }
}
