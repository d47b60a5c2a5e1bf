import Domain
import Foundation
import Potentials

/// A nep.txt with random numbers, written in memory.
public struct SyntheticNEP: Sendable {
    public var style = "nep4"
    public var elements = ["Cu", "O"]
    /// After the first line: zbl, cutoff ...
    public var zbl: String?
    public var cutoff = "4.8 3.7 50 30"
    public var radial = (n: 3, basis: 5)
    public var angular = (n: 2, basis: 4)
    public var lMax = "4 2 1"
    public var kinds = 6
    public var neurons = 7
    public var seed: UInt64 = 1

    public init() {}

    public var numberCount: Int {
        let dimension = radial.n + 1 + (angular.n + 1) * kinds
        let networks = style.hasPrefix("nep3") ? 1 : elements.count
        return networks * neurons * (dimension + 2) + 1
            + elements.count * elements.count * ((radial.n + 1) * (radial.basis + 1) + (angular.n + 1) * (angular.basis + 1)) + dimension
    }

    public var header: [String] {
        ["\(style) \(elements.count) \(elements.joined(separator: " "))"] + (zbl.map { ["zbl \($0)"] } ?? []) + [
            "cutoff \(cutoff)", "n_max \(radial.n) \(angular.n)", "basis_size \(radial.basis) \(angular.basis)", "l_max \(lMax)",
            "ANN \(neurons) 0",
        ]
    }

    public var text: String {
        var random = SeededGenerator(seed)
        let dimension = radial.n + 1 + (angular.n + 1) * kinds
        let numbers = (0..<numberCount).map { k in
            // Scalers last, positive.
            k < numberCount - dimension ? 0.8 * (2 * random.uniform() - 1) : 0.2 + 0.1 * random.uniform()
        }
        return (header + numbers.map { String(format: "%.9e", $0) }).joined(separator: "\n") + "\n"
    }

    public func make(_ setup: PotentialSetup, elements: [String], plain: Bool = false) throws -> NEP {
        var setup = setup
        let text = text
        setup.read = { _, _ in Array(text.utf8) }
        let nep = try potential("nep", "* * nep.txt \(elements.joined(separator: " "))", setup) as! NEP
        nep.usesPlainKernel = plain
        return nep
    }
}

/// NEP with random parameters: versions, repulsion, cutoffs by species, NULL.
enum NEPCases {
    static let all: [PotentialCase] = [
        standard("nep", SyntheticNEP(), [4.8, 3.7]),
        standard("nep-zbl", zbl, [4.8, 3.7, 2.6]),
        standard("nep-typewise", typewise, [5, 4.1, 4.4, 3.6, 4.7, 3.85]),
        PotentialCase(
            "nep3", options: options, system: liquid, small: { Array(systems([4.8, 3.7]).prefix(2)) }, reference: maker(version3, true),
            make: maker(version3)),
        PotentialCase("nep-null", options: options, system: liquid, small: { [systems([4.8, 3.7])[2]] }) {
            try SyntheticNEP().make($0, elements: ["NULL", "O"])
        },
    ]

    private static var options: ConformanceOptions {
        var options = ConformanceOptions()
        options.largestReplica = 120
        return options
    }

    private static var zbl: SyntheticNEP {
        var model = SyntheticNEP()
        (model.style, model.zbl, model.lMax, model.kinds, model.seed) = ("nep4_zbl", "1.5 2.6", "3 2 0", 4, 2)
        return model
    }

    private static var typewise: SyntheticNEP {
        var model = SyntheticNEP()
        (model.cutoff, model.lMax, model.kinds, model.seed) = ("5.0 4.1 4.4 3.6 60 40", "2 0 1", 3, 3)
        return model
    }

    private static var version3: SyntheticNEP {
        var model = SyntheticNEP()
        (model.style, model.seed) = ("nep3", 4)
        return model
    }

    private static func standard(_ name: String, _ model: SyntheticNEP, _ cutoffs: [Double]) -> PotentialCase {
        PotentialCase(
            name, options: options, system: liquid, small: { systems(cutoffs) }, reference: maker(model, true), make: maker(model))
    }

    private static func maker(_ model: SyntheticNEP, _ plain: Bool = false) -> @Sendable (PotentialSetup) throws -> any Potential {
        { try model.make($0, elements: ["Cu", "O"], plain: plain) }
    }

    private static func liquid() -> TestSystem {
        TestSystem.liquid(count: 150, distance: 2.2, typeCount: 2).with(elements: ["Cu", "O"])
    }

    /// The derivative of a force jumps where a neighbour crosses a cutoff: no pair stands there.
    private static func systems(_ cutoffs: [Double]) -> [TestSystem] {
        TestSystem.standard(distance: 2.3, typeCount: 2).map { $0.with(elements: ["Cu", "O"]).avoiding(cutoffs) }
    }
}
