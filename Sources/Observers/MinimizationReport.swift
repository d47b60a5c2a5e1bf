import Deck
import Integrators

/// What is printed around the table of a minimisation, in LAMMPS' format.
extension RunReport {
    /// Before it.
    public static func setup(_ simulation: Simulation, _ observation: Observation, _ settings: MinimizerSettings) -> String {
        var text = neighbourChanges(simulation, observation) + """
            Setting up \(settings.style.rawValue) style minimization ...
              Unit style    : \(simulation.system.units.name.rawValue)
              Current step  : \(simulation.system.step)

            """
        if settings.style == .fire { text += fireParameters(settings) }
        return text
    }

    private static func fireParameters(_ settings: MinimizerSettings) -> String {
        let g = NumberFormat.table("%.15g")
        let columns: [(String, Int, String)] = [
            ("dmax", 5, g.string(settings.dmax)), ("delaystep", 9, String(settings.delaySteps)), ("dtgrow", 6, g.string(settings.growth)),
            ("dtshrink", 8, g.string(settings.shrinkage)), ("alpha0", 6, g.string(settings.alpha)),
            ("alphashrink", 11, g.string(settings.alphaShrinkage)), ("tmax", 4, g.string(settings.largestStep)),
            ("tmin", 4, g.string(settings.smallestStep)), ("integrator", 14, settings.integrator.rawValue),
            ("halfstepback", 12, settings.stepsHalfBack ? "yes" : "no"), ("abcfire", 11, "no"),
        ]
        func line(_ words: [String]) -> String { "    " + zip(words, columns).map { centred($0, $1.1) }.joined(separator: " ") + "\n" }
        return "  Parameters for fire:\n" + line(columns.map(\.0)) + line(columns.map(\.2))
    }

    private static func centred(_ text: String, _ width: Int) -> String {
        let missing = max(0, width - text.count)
        return String(repeating: " ", count: missing / 2) + text + String(repeating: " ", count: missing - missing / 2)
    }

    /// After it: between the loop's performance and the timing table.
    public static func statistics(_ result: MinimizationResult) -> String {
        let e = NumberFormat.table("%18.15g"), g = NumberFormat.table("%.8g")
        let energies = result.energies
        return """

            Minimization stats:
              Stopping criterion = \(result.end.rawValue)
              Energy initial, next-to-last, final = \n\
                \(e.string(energies.initial)) \(e.string(energies.previous)) \(e.string(energies.final))
              Force two-norm initial, final = \(g.string(result.twoNorms.initial)) \(g.string(result.twoNorms.final))
              Force max component initial, final = \(g.string(result.largestComponents.initial)) \(g.string(result.largestComponents.final))
              Final line search alpha, max atom move = \(g.string(result.alpha)) \(g.string(result.alpha * result.largestComponents.final))
              Iterations, force evaluations = \(result.iterations) \(result.evaluations)

            """
    }
}
