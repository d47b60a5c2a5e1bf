import Domain
import Potentials

/// Stacked ensembles with random weights on small message-passing members, whose pullback is exact.
package enum StackCases {
    static let all: [PotentialCase] = [
        PotentialCase("stack-conservative", options: double, system: liquid, small: systems) { try conservative($0) },
        PotentialCase("stack-geometry", options: double, system: liquid, small: { Array(systems().prefix(2)) }) {
            try conservative($0) { $0.features = .geometry }
        },
        PotentialCase("stack-gate", options: double, system: liquid, small: systems) { try conservative($0) { gate(&$0) } },
        PotentialCase("stack-gate-geometry", options: double, system: liquid, small: { Array(systems().prefix(2)) }) {
            try conservative($0) {
                gate(&$0)
                $0.features = .geometry
            }
        },
        PotentialCase("stack-gate-global", options: global, system: liquid, small: systems) {
            try conservative($0) {
                gate(&$0)
                $0.gate = .global
            }
        },
        PotentialCase("stack-shallow", options: double, system: liquid, small: { [systems()[1]] }) {
            try conservative($0) { $0.interactions = 0 }
        },
        PotentialCase("stack-vacuum", options: double, system: vacuum, small: { [] }) { try conservative($0) },
        PotentialCase("stack-triclinic", options: double, system: triclinic, small: { [] }) { try conservative($0) },
        // Its energy is the members' mean, which its forces do not follow.
        PotentialCase("stack-direct", options: ungraded, system: liquid, small: systems) {
            try direct($0)
        },
    ]

    package static func conservative(
        _ setup: PotentialSetup, isDetached: Bool = false, every period: Int = 1, _ change: (inout StackConfiguration) -> Void = { _ in }
    ) throws -> ConservativeEnsemble {
        var configuration = self.configuration(.conservative)
        change(&configuration)
        let ensemble = try ConservativeEnsemble(members(setup), configuration, learner: learner(configuration), every: period)
        ensemble.isDetached = isDetached
        try ensemble.prepare(setup)
        return ensemble
    }

    package static func gate(_ c: inout StackConfiguration) {
        c.gate = .local
        c.references = [[0.3, -0.2, 0.5], [-1.1, 0.4, 0.2]]
    }

    package static func direct(
        _ setup: PotentialSetup, _ change: (inout StackConfiguration) -> Void = { _ in }
    ) throws -> DirectEnsemble {
        var configuration = self.configuration(.direct)
        change(&configuration)
        let ensemble = try DirectEnsemble(members(setup), configuration, learner: learner(configuration))
        try ensemble.prepare(setup)
        return ensemble
    }

    package static func members(_ setup: PotentialSetup) throws -> [any Potential] {
        try models.map { try $0.make(setup, elements: elements) }
    }

    /// What the members are made of, in their order.
    package static let models = [SyntheticModel.Architecture.schnet, .painn].map { architecture in
        var model = SyntheticModel(architecture)
        (model.interactions, model.cutoff) = (2, 3.3)
        return model
    }

    /// Of types 1, 2, 3.
    package static let elements = ["O", "C", "H"]

    package static func configuration(_ kind: StackConfiguration.Kind) -> StackConfiguration {
        var c = StackConfiguration(kind: kind, elements: ["H", "C", "O"], bases: ["schnet", "painn"], weights: [0.4, 0.6])
        (c.width, c.interactions, c.cutoff, c.radial) = (16, 2, 3.5, 6)
        // Synthetic members have large forces.
        (c.forceScale, c.deviationScale) = (10, 5)
        c.energyOffsets = [0.1, -0.3, 0.7]
        return c
    }

    /// A first guess moved at random, since it ends in a layer of zeros.
    package static func learner(_ configuration: StackConfiguration) throws -> StackLearner {
        let learner = try StackLearner(configuration, seed: 3, precision: .double)
        var random = SeededGenerator(5)
        learner.load(learner.parameters.map { $0 + 0.1 * (2 * random.uniform() - 1) })
        return learner
    }

    private static var double: ConformanceOptions {
        var options = ConformanceOptions(exempt: [.seeds, .pullback])
        options.derivativeTolerance = 1e-7
        options.largestReplica = 120
        return options
    }

    /// One set of weights for all atoms: not extensive.
    private static var global: ConformanceOptions {
        var options = double
        options.exempt.insert(.separation)
        return options
    }

    private static var ungraded: ConformanceOptions {
        var options = double
        // Taking out the net correction spreads it over all atoms, far ones too.
        options.exempt.formUnion([.gradient, .strain, .separation])
        return options
    }

    private static func liquid() -> TestSystem { liquid(count: 96) }

    package static func liquid(count: Int) -> TestSystem {
        TestSystem.liquid(count: count, distance: 1.9, typeCount: 3).with(elements: elements)
    }

    private static func triclinic() -> TestSystem {
        TestSystem.triclinicLiquid(count: 64, distance: 1.7, typeCount: 3).with(elements: elements)
    }

    private static func vacuum() -> TestSystem {
        TestSystem.slab(a: 2.7, vacuum: 60, typeCount: 3).with(elements: elements)
    }

    private static func systems() -> [TestSystem] {
        TestSystem.standard(distance: 1.9, typeCount: 3).map { $0.with(elements: elements) }
    }
}
