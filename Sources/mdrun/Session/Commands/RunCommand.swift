import Deck
import Domain
import Integrators

/// `run N`: integrates N steps (to step N with `upto`).
struct RunCommand: DeckCommand {
    static let name = "run"
    static let usage = "run N [upto] [start N] [stop N] [pre yes|no] [post yes|no]"
    let steps: Int
    var isUpto = false
    var start: Int?
    var stop: Int?
    var isSetUp = true
    var isSummarised = true
    let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        steps = try words.nonNegativeInt("the number of steps")
        let keywords = [("upto", 0), ("start", 1), ("stop", 2), ("pre", 3), ("post", 4)]
        while !words.isAtEnd {
            switch try words.choice("a keyword of run", keywords) {
            case 0: isUpto = true
            case 1: start = try words.nonNegativeInt("the step at which ramps start")
            case 2: stop = try words.nonNegativeInt("the step at which ramps stop")
            case 3: isSetUp = try words.flag("yes or no")
            default: isSummarised = try words.flag("yes or no")
            }
        }
        let system = try session.requireSystem(Self.name, at: location)
        if isUpto && steps < system.step {
            throw DeckError("run \(steps) upto: the present step is already \(system.step)", at: location)
        }
    }

    func execute(_ session: Session) throws {
        if session.skipsRuns {
            session.output.line("Run skipped: a fix has ended the run before, and runs after it, by 'soft'")
            return
        }
        if session.limits.isOver {
            session.output.line("Run skipped: the wall time limit has been reached")
            return
        }
        let simulation = try session.prepareSimulation(at: location)
        guard !session.isDryRun else { return }
        let first = simulation.system.step
        var run = Run(first: first, last: isUpto ? steps : first + steps)
        run.rampFirst = start ?? run.first
        run.rampLast = stop ?? run.last
        run.isSetUp = isSetUp
        run.isSummarised = isSummarised
        guard run.rampFirst <= run.first, run.rampLast >= run.last else {
            throw DeckError("run: start and stop must span the steps that are run", at: location)
        }
        try session.run(simulation, run)
    }
}
