import Deck
import Integrators

/// `min_style cg|sd|fire|quickmin`
struct MinStyleCommand: DeckCommand {
    static let name = "min_style"
    static let usage = "min_style cg|sd|fire|quickmin   (cg unless told otherwise; words of min_modify may follow fire)"
    private let style: MinimizerSettings.Style
    private var settings: MinimizerSettings

    init(_ words: inout Words, _ session: Session) throws {
        settings = session.minimizer
        let word = try words.word("a minimiser: cg, sd, fire or quickmin")
        if word.text == "hftn" {
            throw words.error(
                "min_style hftn is not supported: it needs products with the Hessian by differences of forces; use cg", at: word)
        }
        if word.text == "fire/old" { throw words.error("min_style fire/old was taken out of LAMMPS after 22Dec2022; use fire", at: word) }
        if word.text.hasPrefix("spin") { throw words.error("min_style \(word.text) is not supported: atoms have no spins", at: word) }
        guard let known = MinimizerSettings.Style(rawValue: word.text) else {
            throw DeckError.unknown("minimiser", word, known: MinimizerSettings.Style.allCases.map(\.rawValue))
        }
        style = known
        settings.style = known
        if known == .fire { try MinModifyCommand.read(&words, &settings) }
    }

    func execute(_ session: Session) { session.minimizer = settings }
}

/// `min_modify`: how minimisers go about it.
struct MinModifyCommand: DeckCommand {
    static let name = "min_modify"
    static let usage = """
        min_modify [dmax LENGTH] [line backtrack|quadratic|forcezero] [norm two|max|inf]
        min_modify [integrator eulerimplicit|verlet|leapfrog|eulerexplicit] [tmax F] [tmin F] [dtgrow F] [dtshrink F] [alpha0 F]
                   [alphashrink F] [delaystep N] [initialdelay yes|no] [halfstepback yes|no] [vdfmax N]      (fire)
        Defaults: dmax 0.1, line quadratic, norm two; fire: eulerimplicit, 10, 0.02, 1.1, 0.5, 0.25, 0.99, 20, yes, yes, 2000.
        """
    private var settings: MinimizerSettings

    init(_ words: inout Words, _ session: Session) throws {
        settings = session.minimizer
        guard !words.isAtEnd else { throw words.error("min_modify needs a keyword: dmax, line, norm ...") }
        try Self.read(&words, &settings)
    }

    func execute(_ session: Session) { session.minimizer = settings }

    private static let keywords = [
        "dmax", "line", "norm", "integrator", "tmax", "tmin", "dtgrow", "dtshrink", "alpha0", "alphashrink", "delaystep", "initialdelay",
        "halfstepback", "vdfmax", "abcfire",
    ]

    static func read(_ words: inout Words, _ settings: inout MinimizerSettings) throws {
        while let word = words.peek {
            switch try words.choice("a keyword of min_modify", keywords.map { ($0, $0) }) {
            case "dmax": settings.dmax = try words.positiveDouble("the largest move")
            case "line": settings.line = try choice(&words, "a line search")
            case "norm": settings.norm = try choice(&words, "a norm")
            case "integrator": settings.integrator = try choice(&words, "an integrator")
            case "tmax": settings.largestStep = try words.positiveDouble("the largest time step, in time steps")
            case "tmin": settings.smallestStep = try words.nonNegativeDouble("the smallest time step, in time steps")
            case "dtgrow": settings.growth = try words.double("the growth of the time step", in: 1.0...)
            case "dtshrink": settings.shrinkage = try words.double("the shrinking of the time step", in: 0.0...1.0)
            case "alpha0": settings.alpha = try words.double("the mixing at the start", in: 0.0...1.0)
            case "alphashrink": settings.alphaShrinkage = try words.double("the shrinking of the mixing", in: 0.0...1.0)
            case "delaystep": settings.delaySteps = try words.nonNegativeInt("the steps before the time step grows")
            case "initialdelay": settings.delaysAtStart = try words.flag("yes or no")
            case "halfstepback": settings.stepsHalfBack = try words.flag("yes or no")
            case "vdfmax": settings.uphillLimit = try words.nonNegativeInt("iterations in a row uphill, 0 for any")
            default:
                if try words.flag("yes or no") {
                    throw words.error("abcfire is not supported; fire without it finds the same minima", at: word)
                }
            }
        }
        guard settings.largestStep >= settings.smallestStep else { throw words.error("tmax must be at least tmin") }
    }

    private static func choice<T: CaseIterable & RawRepresentable>(_ words: inout Words, _ what: String) throws -> T
    where T.RawValue == String {
        try words.choice(what, T.allCases.map { ($0.rawValue, $0) })
    }
}
