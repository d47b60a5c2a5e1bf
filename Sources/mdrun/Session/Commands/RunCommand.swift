import Deck
import Domain
import Integrators

/// `run N`: integrates N steps (to step N with `upto`).
struct RunCommand: DeckCommand {
    static let name = "run"
    static let usage = """
        run N [upto] [start N] [stop N] [pre yes|no] [post yes|no] [every M "COMMAND" ... | every M NULL]
        every: the commands are done after each M steps, with the state of that moment.
        """
    let steps: Int
    var isUpto = false
    var start: Int?
    var stop: Int?
    var isSetUp = true
    var isSummarised = true
    private var every: (steps: Int, commands: [Word])?
    let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        steps = try words.nonNegativeInt("the number of steps")
        let keywords = [("upto", 0), ("start", 1), ("stop", 2), ("pre", 3), ("post", 4), ("every", 5)]
        while !words.isAtEnd {
            switch try words.choice("a keyword of run", keywords) {
            case 0: isUpto = true
            case 1: start = try words.nonNegativeInt("the step at which ramps start")
            case 2: stop = try words.nonNegativeInt("the step at which ramps stop")
            case 3: isSetUp = try words.flag("yes or no")
            case 4: isSummarised = try words.flag("yes or no")
            default:
                let period = try words.positiveInt("the number of steps between commands")
                guard words.peek != nil else { throw words.error("every needs commands in quotes, or NULL") }
                let commands = words.remaining()
                every = (period, commands.count == 1 && commands[0].text == "NULL" ? [] : commands)
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
        let first = try session.requireSystem(Self.name, at: location).step
        let last = isUpto ? steps : first + steps
        guard start ?? first <= first, stop ?? last >= last else {
            throw DeckError("run: start and stop must span the steps that are run", at: location)
        }
        let period = max(every?.steps ?? steps, 1)
        var from = first
        repeat {
            let to = min(from + period, last)
            // Each piece is a run of its own, as in LAMMPS; ramps span them all.
            try runPiece(session, from, to, first: first, last: last)
            for command in every?.commands ?? [] where session.system?.step == to { try session.interpreter.runOne(command) }
            from = to
        } while from < last && !session.isDryRun && session.system?.step == from
    }

    private func runPiece(_ session: Session, _ from: Int, _ to: Int, first: Int, last: Int) throws {
        let simulation = try session.prepareSimulation(at: location)
        do { try simulation.checkRespa() } catch { throw DeckError("\(error)", at: location) }
        guard !session.isDryRun else { return }
        var run = Run(first: from, last: to)
        run.rampFirst = start ?? first
        run.rampLast = stop ?? last
        run.isSetUp = isSetUp || from == first && every != nil
        run.isSummarised = isSummarised
        try session.run(simulation, run)
    }
}
