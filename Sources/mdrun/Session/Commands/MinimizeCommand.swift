import Deck
import Domain
import Integrators
import Observers

/// `minimize ETOL FTOL MAXITER MAXEVAL`: moves atoms (and, with fix box/relax, the box) to lower the energy.
struct MinimizeCommand: DeckCommand {
    static let name = "minimize"
    static let usage = """
        minimize ETOL FTOL MAXITER MAXEVAL
        Ends when |E - E'| < ETOL (|E| + |E'|) / 2, when the norm of the forces (min_modify norm) is below FTOL, or after so many
        iterations or force evaluations; min_style fire does not look at MAXEVAL, as in LAMMPS. Iterations count as steps.
        """
    private let limits: MinimizationLimits
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        limits = MinimizationLimits(
            energy: try words.nonNegativeDouble("the energy tolerance"), force: try words.nonNegativeDouble("the force tolerance"),
            iterations: try words.nonNegativeInt("the largest number of iterations"),
            evaluations: try words.nonNegativeInt("the largest number of force evaluations"))
        _ = try session.requireSystem(Self.name, at: location)
    }

    func execute(_ session: Session) throws {
        guard !session.skipsRuns else {
            session.output.line("Minimization skipped: a fix has ended a run before, and runs after it, by 'soft'")
            return
        }
        let simulation = try session.prepareSimulation(at: location)
        let potential = simulation.potential
        guard potential.capabilities.contains(.energy) else {
            throw DeckError("minimize needs an energy, which pair_style \(potential.style) does not have", at: location)
        }
        guard potential.capabilities.contains(.gradient) else {
            throw DeckError(
                "minimize needs forces that are the gradient of the energy; those of pair_style \(potential.style) are not", at: location)
        }
        let relaxes = session.fixes.contains { $0.style == "box/relax" }
        if relaxes && session.minimizer.style.isDynamic {
            throw DeckError("fix box/relax needs min_style cg or sd: damped dynamics cannot change the box", at: location)
        }
        guard !relaxes || potential.capabilities.contains(.virial) else {
            throw DeckError("fix box/relax needs a virial, which pair_style \(potential.style) does not have", at: location)
        }
        guard !session.isDryRun else { return }
        try session.minimize(simulation, limits)
    }
}

extension Session {
    func minimize(_ simulation: Simulation, _ limits: MinimizationLimits) throws {
        if simulation.needsOwnNeighbourSettings {
            output.line("Switching to 'neigh_modify every 1 delay 0 check yes' setting during minimization")
        }
        if let relax = fixes.first(where: { $0.style == "box/relax" }) {
            output.warn("the energy of the box (fix \(relax.id)) is included in the minimizer's energies")
        }
        output.write(RunReport.setup(simulation, observation, minimizer))
        defer { output.endTable() }
        let first = simulation.system.step
        let run = Run(first: first, last: first + limits.iterations)
        let isPerAtom = observation.thermo.normalises(units)
        let result = try simulation.minimize(run, minimizer, limits, isPerAtom: isPerAtom)
        output.write(
            RunReport.summary(
                simulation, run, observation, steps: result.iterations, isMinimization: true, extra: RunReport.statistics(result)))
        try endInterrupted(simulation)
    }
}
