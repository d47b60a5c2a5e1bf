import Domain
import Potentials
import TestSupport
import Testing

/// What stacked ensembles reduce to, and how they depend on the step.
@Suite("Stacked ensembles")
struct StackedEnsembleTests {
    private let system = StackCases.liquid(count: 48)

    private func ensemble(
        _ kind: StackConfiguration.Kind, _ members: [any Potential], _ configuration: StackConfiguration, _ learner: StackLearner
    ) throws -> any MemberReporting {
        let made: any MemberReporting =
            switch kind {
            case .direct: try DirectEnsemble(members, configuration, learner: learner)
            case .conservative: try ConservativeEnsemble(members, configuration, learner: learner)
            }
        try made.prepare(system.setup())
        return made
    }

    private func expectSame(_ a: Evaluation, _ b: Evaluation, _ tolerance: Double, _ name: String) {
        let force = a.forceDistance(b) / max(1, b.largestForce), energy = (a.energy - b.energy).magnitude / max(1, b.energyMagnitude)
        let virial = a.virial.distance(b.virial) / max(1, b.virial.largest)
        #expect(force <= tolerance && energy <= tolerance && virial <= tolerance, "\(name): \(force), \(energy), \(virial)")
    }

    /// With D_k = 0 the network sees F alone: that of one base, whose inputs and outputs are the first of several bases'.
    @Test("K identical bases are one, whatever weights add up to 1", arguments: StackConfiguration.Kind.allCases)
    func identicalBases(kind: StackConfiguration.Kind) throws {
        let model = StackCases.models[1]
        var several = StackCases.configuration(kind)
        (several.bases, several.weights) = (["painn:1", "painn:2", "painn:3"], [0.2, 0.3, 0.5])
        let learner = try StackCases.learner(several)
        var single = several
        (single.bases, single.weights) = (["painn"], [1])
        let small = try StackLearner(single, seed: 1, precision: .double)
        var parameters: [Double] = []
        for (large, tensor) in zip(learner.tensors, small.tensors) {
            let values = Array(learner.parameters[large.range]), columns = tensor.shape.last!, stride = large.shape.last!
            #expect(large.name == tensor.name)
            if tensor.shape.count == 1 {
                parameters += values.prefix(columns)
            } else {
                for row in 0..<tensor.shape[0] { parameters += values[row * stride..<row * stride + columns] }
            }
        }
        small.load(parameters)
        func bases(_ count: Int) throws -> [any Potential] {
            try (0..<count).map { _ in try model.make(system.setup(), elements: StackCases.elements) }
        }
        let one = Evaluator(system, try ensemble(kind, bases(1), single, small)).evaluate()
        for weights in [[0.2, 0.3, 0.5], [1.4, -0.7, 0.3], [0, 1, 0]] {
            several.weights = weights
            let potential = try ensemble(kind, bases(3), several, learner), evaluator = Evaluator(system, potential)
            expectSame(evaluator.evaluate(), one, 1e-12, "\(weights)")
            _ = evaluator.evaluate(evaluator.able.union(.members))
            #expect(potential.report.force.max <= 1e-14 * one.largestForce && potential.report.energyDeviation <= 1e-12)
        }
    }

    @Test("a first guess is the weighted mean", arguments: StackConfiguration.Kind.allCases)
    func firstGuess(kind: StackConfiguration.Kind) throws {
        var configuration = StackCases.configuration(kind)
        let members = try StackCases.members(system.setup())
        let guess = try StackLearner(configuration, seed: 11, precision: .double)
        let committee = Committee(MemberSet(members), weights: configuration.weights)
        try committee.prepare(system.setup())
        var mean = Evaluator(system, committee).evaluate()
        if kind == .conservative {
            // Without offsets, then with: they move nothing.
            configuration.energyOffsets = [0, 0, 0]
            expectSame(Evaluator(system, try ensemble(kind, members, configuration, guess)).evaluate(), mean, 1e-12, "no offsets")
            configuration.energyOffsets = [0.1, -0.3, 0.7]
            mean.energy += 16 * 0.5
        }
        expectSame(Evaluator(system, try ensemble(kind, members, configuration, guess)).evaluate(), mean, 1e-12, "\(kind)")
        // A network that is not a first guess does something.
        let moved = Evaluator(system, try ensemble(kind, members, configuration, StackCases.learner(configuration))).evaluate([])
        #expect(moved.forceDistance(mean) > 0.01 * mean.largestForce)
    }

    /// The global gate, there for comparison with published work, is what does not pass.
    @Test("energies of fragments out of reach add up", arguments: StackConfiguration.Gate.allCases)
    func separation(gate: StackConfiguration.Gate) throws {
        let near = StackCases.liquid(count: 24).isolated()
        let potential = try StackCases.conservative(near.setup()) {
            if gate != .none { StackCases.gate(&$0) }
            $0.gate = gate
        }
        let range = potential.requirements.interactionRange + near.box.lengths.x + 0.5
        #expect(range < 60)
        // Halves that differ: of two alike even an average over all atoms is the halves' own.
        let first = near.selecting(Array(0..<9)), second = near.selecting(Array(9..<24))
        var both = near
        for i in 9..<24 { both.positions[i].x += range }
        let apart = try [first, second, both].map { Evaluator($0.isolated(), potential).evaluate(.energy).energy }
        let excess = (apart[2] - apart[0] - apart[1]).magnitude / 24
        // With these weights, which differ little between the halves, the global gate's is 8e-6.
        #expect(gate == .global ? excess > 1e-8 : excess < 1e-10, "\(excess) eV/atom")
    }

    /// r-RESPA: the energy is U's at every step, the force is the mean's with the whole correction at every N-th.
    @Test("every N: energies of every step, N times the correction at every N-th")
    func multipleSteps() throws {
        let full = Evaluator(system, try StackCases.conservative(system.setup())).evaluate()
        let committee = Committee(
            MemberSet(try StackCases.members(system.setup())), weights: StackCases.configuration(.conservative).weights)
        try committee.prepare(system.setup())
        let mean = Evaluator(system, committee).evaluate()
        let evaluator = Evaluator(system, try StackCases.conservative(system.setup(), every: 3))
        for step in 0..<7 {
            let all = evaluator.evaluate(step: step), bare = evaluator.evaluate([], step: step)
            let impulse = step % 3 == 0 ? 3.0 : 0
            var expected = full
            expected.forces = zip(full.forces, mean.forces).map { $1 + ($0 - $1) * impulse }
            expectSame(all, expected, 1e-12, "step \(step)")
            #expect(bare.forceDistance(expected) <= 1e-12 * expected.largestForce, "forces alone, step \(step)")
        }
        // Added to what is there already, as in a hybrid.
        var twice = evaluator.evaluate()
        twice.forces = twice.forces.map { $0 * 2 }
        #expect(evaluator.evaluateTwice().forceDistance(twice) <= 1e-12 * twice.largestForce)
    }
}
