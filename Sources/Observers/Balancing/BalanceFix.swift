import Deck
import Domain
import Integrators
import Potentials

/// `fix balance`: moves the planes between ranks' bricks during a run, where the largest load is more than a threshold times the average:
/// before a run, and every N steps (0: whenever the neighbour list is rebuilt).
///
/// f_ID is the imbalance after the last balancing, f_ID[1] the largest load, f_ID[2] the number of iterations, f_ID[3] the imbalance before
/// it.
public final class BalanceFix: Fix {
    static let entry = ObservingFixStyle(
        name: "balance", usage: "fix ID GROUP balance N THRESH shift DIMS NITER STOPTHRESH \(BalanceOptions.usage)"
    ) { words, setup, observation in
        let every = try words.nonNegativeInt("the number of steps between balancings")
        let place = words.location
        let threshold = try words.double("the imbalance above which to balance", in: 1.0...)
        let style = try words.word("the style: shift")
        guard style.text != "rcb" else { throw words.error(BalanceOptions.rcb, at: style) }
        guard style.text == "shift" else { throw DeckError.unknown("style of fix balance", style, known: ["shift"]) }
        var balancer = try BalanceOptions.shift(&words, dimension: setup.system.box.dimension, interpolates: true)
        // LAMMPS (22Jul2025) reads STOPTHRESH and then stops at THRESH; so do we, so that planes are the same.
        balancer.stop = threshold
        let options = try BalanceOptions(&words, setup.system, observation)
        guard every > 0 || !options.weights.hasVariable else {
            throw DeckError("fix balance: weight var needs N > 0, so that it is known when the variable is evaluated", at: place)
        }
        return BalanceFix(setup, every: every, threshold: threshold, balancer, options, observation)
    }

    public let id: String
    public let style = "balance"
    public var group: Group
    private let every: Int
    private let threshold: Double
    private let balancer: Balancer
    private var weights: LoadWeights
    private let file: SampleFile
    private unowned let observation: Observation
    private var lastStep = -1
    private var nextStep = -1
    private var factor = (before: 0.0, after: 0.0)
    private var largest = 0.0
    private var iterations = 0

    init(_ setup: FixSetup, every: Int, threshold: Double, _ balancer: Balancer, _ options: BalanceOptions, _ observation: Observation) {
        (id, group, self.every, self.threshold) = (setup.id, setup.group, every, threshold)
        (self.balancer, weights, self.observation) = (balancer, options.weights, observation)
        var settings = SampleFile.Settings()
        settings.path = options.path
        file = SampleFile(settings)
    }

    public func prepare(_ system: System) throws {
        weights.beginRun()
        try file.open(observation, system.communicator) { "" }
    }

    public var balances: Bool { true }

    public func forcesRebuild(at step: Int) -> Bool { every > 0 && step == nextStep }

    /// A variable is evaluated before the forces of its step: those of the step before are what there is.
    public func wants(at step: Int) -> Wanted { weights.hasVariable && step + 1 == nextStep ? weights.wants : [] }

    public func setupPreExchange(_ system: System) throws {
        if system.step != lastStep { try balance(system) }
    }

    public func preExchange(_ system: System) throws {
        guard every == 0 || system.step >= nextStep, system.step != lastStep else { return }
        try balance(system)
    }

    private func balance(_ system: System) throws {
        lastStep = system.step
        if every > 0 { nextStep = (system.step / every + 1) * every }
        if system.box.hasShrinkWrap { system.box.shrinkWrap(system.atoms, system.communicator) }
        let weights = try weights.evaluate(system)
        let load = Balancer.Load(system.atoms, system.box, weights, system.communicator)
        let now = load.imbalance()
        largest = now.largest
        guard now.factor > threshold, let simulation = try observation.requireHost().watchedSimulation else { return }
        let moved = balancer.balance(
            load, cuts: simulation.decomposition.cuts, lengths: system.box.lengths, skin: simulation.neighbours.skin)
        system.cuts = moved.cuts
        iterations = moved.iterations
        let then = load.imbalance(moved.cuts)
        (largest, factor) = (then.largest, (now.factor, then.factor))
        try file.write(BalanceOptions.mesh(moved.cuts, system.box, step: system.step), system.communicator)
    }

    public var scalar: Double? { factor.after }
    public var vector: [Double] { [largest, Double(iterations), factor.before] }

    public func save(_ state: inout StateWriter) {
        for number in [lastStep, nextStep, iterations] { state.put(number) }
        for number in [factor.before, factor.after, largest] { state.put(number) }
        file.save(&state)
    }

    public func restore(_ state: inout StateReader) throws {
        (lastStep, nextStep, iterations) = (try state.int(), try state.int(), try state.int())
        factor = (try state.double(), try state.double())
        largest = try state.double()
        try file.restore(&state)
    }
}
