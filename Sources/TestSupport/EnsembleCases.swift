import Deck
import Domain
import Potentials

/// Ensembles of members that differ in cutoff, in the smoothness of it, and in the kind of list.
enum EnsembleCases {
    static let all: [PotentialCase] = [
        PotentialCase("committee", system: liquid, small: systems) { setup in
            Committee(MemberSet([try lj(setup, 2.5, 1), FullListMorse(), try lj(setup, 1.9, 0.9)]), weights: [0.5, 0.3, 0.2])
        },
        PotentialCase("committee-uniform", system: liquid, small: { [] }) { setup in
            Committee(MemberSet([try lj(setup, 2.5, 1), FullListMorse(), FullListMorse(depth: 0.5, cutoff: 2.3)]))
        },
        PotentialCase("committee-driven", system: liquid, small: { [] }) { setup in
            Committee(MemberSet([try lj(setup, 2.5, 1), FullListMorse()]), weights: [0, 1])
        },
        PotentialCase("average", system: liquid, small: { Array(systems().prefix(2)) }) { setup in
            let lines = ["* * lj/cut 1 1.0 1.0", "* * lj/cut 2 0.8 0.95"]
            return try made("ensemble/average ddof 1 calibrate 1.5 lj/cut 2.5 lj/cut 1.9", lines, setup)
        },
        PotentialCase("weighted", system: liquid, small: systems) { setup in
            WeightedEnsemble(
                MemberSet([try lj(setup, 2.5, 1), FullListMorse(), try lj(setup, 1.9, 0.9)]), weights: [[0.5, 0.3, 0.2], [-0.2, 0.7, 0.5]])
        },
        PotentialCase("hybrid", system: liquid, small: systems) { setup in
            Hybrid([try lj(setup, 1.9, 0.7), FullListMorse()])
        },
        PotentialCase("hybrid-committee", system: liquid, small: { Array(systems().prefix(2)) }) { setup in
            Hybrid([try lj(setup, 1.9, 0.7), Committee(MemberSet([try lj(setup, 2.5, 1), FullListMorse()]))])
        },
    ]

    /// As a deck makes it.
    static func made(_ style: String, _ coefficients: [String], _ setup: PotentialSetup) throws -> any Potential {
        func words(_ line: String, _ context: String) -> Words {
            let place = SourceLocation(file: "case", line: 1, column: 1, length: 1, text: line)
            return Words(line.split(separator: " ").map { Word(text: String($0), location: place) }, of: context, end: place)
        }
        var first = words(style, "pair_style")
        let potential = try PotentialRegistry().make(&first, setup)
        for line in coefficients {
            var rest = words(line, "pair_coeff")
            try potential.coefficients(&rest, setup)
        }
        try potential.prepare(setup)
        return potential
    }

    static func lj(_ setup: PotentialSetup, _ cutoff: Double, _ sigma: Double) throws -> LennardJones {
        let lj = LennardJones(globalCutoff: cutoff, typeCount: setup.typeCount)
        lj.isShifted = true
        for i in 1...setup.typeCount {
            for j in i...setup.typeCount { lj.set(i, j, .init(epsilon: 1 + 0.2 * Double(i), sigma: sigma, cutoff: cutoff)) }
        }
        try lj.prepare(setup)
        return lj
    }

    static func liquid() -> TestSystem { TestSystem.liquid(count: 400, distance: 0.95, typeCount: 2).inReducedUnits() }

    static func systems() -> [TestSystem] {
        TestSystem.standard(distance: 1.1, typeCount: 2).map { $0.inReducedUnits().avoiding([2.5, 1.9]) }
    }
}
