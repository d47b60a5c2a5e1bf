import Domain
import Potentials

/// SchNet and PaiNN with random weights: small, but with every part that published models have.
enum MessagePassingCases {
    static let all: [PotentialCase] = cases(.schnet) + cases(.painn)

    private static func cases(_ architecture: SyntheticModel.Architecture) -> [PotentialCase] {
        let name = architecture.rawValue
        var single = ConformanceOptions(precision: .single)
        single.exempt = [.gradient, .strain]
        return [
            PotentialCase(name, options: double, system: liquid, small: systems, reference: maker(model(architecture), "filters exact")) {
                try maker(model(architecture), "")($0)
            },
            PotentialCase("\(name)-single", options: single, system: liquid, small: { [systems()[0], systems()[2]] }) {
                try maker(model(architecture), "precision single")($0)
            },
            PotentialCase("\(name)-null", options: double, system: liquid, small: { [systems()[2]] }) {
                try model(architecture).make($0, elements: ["O", "NULL", "H"])
            },
            // Mostly vacuum: ranks without atoms, and some without ghosts, must still take part in every exchange.
            PotentialCase("\(name)-vacuum", options: double, system: vacuum, small: { [] }) { try maker(model(architecture), "")($0) },
            PotentialCase("\(name)-pullback", options: double, system: liquid, small: { [] }) {
                PullbackProbe(try maker(model(architecture), "")($0))
            },
        ]
    }

    private static var double: ConformanceOptions {
        var options = ConformanceOptions()
        options.largestReplica = 120
        return options
    }

    static func model(_ architecture: SyntheticModel.Architecture) -> SyntheticModel { SyntheticModel(architecture) }

    static func maker(_ model: SyntheticModel, _ style: String) -> @Sendable (PotentialSetup) throws -> any Potential {
        { try model.make($0, style: style, elements: ["O", "C", "H"]) }
    }

    private static func liquid() -> TestSystem {
        TestSystem.liquid(count: 120, distance: 1.9, typeCount: 3).with(elements: ["O", "C", "H"])
    }

    private static func vacuum() -> TestSystem {
        TestSystem.slab(a: 2.7, vacuum: 60, typeCount: 3).with(elements: ["O", "C", "H"])
    }

    private static func systems() -> [TestSystem] {
        TestSystem.standard(distance: 1.9, typeCount: 3).map { $0.with(elements: ["O", "C", "H"]) }
    }
}
