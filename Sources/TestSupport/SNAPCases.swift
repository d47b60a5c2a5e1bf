import Domain
import Foundation
import Potentials

/// The two files of a SNAP model with random numbers, written in memory.
public struct SyntheticSNAP: Sendable {
    public var elements = ["Cu", "O"]
    public var radii = [0.5, 0.42]
    public var weights = [1.0, 0.8]
    public var twoJMax = 4
    /// No image of an atom in the small cells of the conformance suite is at a cutoff.
    public var cutoffFactor = 4.8
    public var isQuadratic = false
    public var isMultiElement = false
    /// More lines of the parameter file.
    public var keywords: [String] = []
    public var seed: UInt64 = 1

    public init() {}

    public var componentCount: Int {
        var d = SNAPDescriptor(twoJMax: twoJMax, cutoffFactor: cutoffFactor, radii: radii, weights: weights)
        d.isMultiElement = isMultiElement
        return d.count
    }

    public var parameters: String {
        (["rcutfac \(cutoffFactor)", "twojmax \(twoJMax)"] + (isQuadratic ? ["quadraticflag 1"] : [])
            + (isMultiElement ? ["chemflag 1"] : [])
            + keywords).joined(separator: "\n") + "\n"
    }

    public var coefficients: String {
        var random = SeededGenerator(seed)
        let count = componentCount, size = 1 + count + (isQuadratic ? count * (count + 1) / 2 : 0)
        var lines = ["\(elements.count) \(size)"]
        for (a, element) in elements.enumerated() {
            lines.append("\(element) \(radii[a]) \(weights[a])")
            for k in 0..<size {
                let width = k == 0 ? 1 : k <= count ? 0.05 : 0.002
                lines.append(String(format: "%.9e", width * (2 * random.uniform() - 1)))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    public func make(_ setup: PotentialSetup, elements: [String], plain: Bool = false) throws -> SNAP {
        var setup = setup
        let (coefficients, parameters) = (coefficients, parameters)
        setup.read = { path, _ in Array((path == "c" ? coefficients : parameters).utf8) }
        let snap = try potential("snap", "* * c p \(elements.joined(separator: " "))", setup) as! SNAP
        snap.usesPlainKernel = plain
        return snap
    }

    /// Of pairs of species.
    public var cutoffs: [Double] { radii.flatMap { a in radii.map { (a + $0) * cutoffFactor } } }
}

/// SNAP with random coefficients: linear, quadratic, multi-element, inner switch, NULL.
enum SNAPCases {
    static let all: [PotentialCase] = [
        standard("snap", SyntheticSNAP()),
        standard("snap-quadratic", quadratic),
        standard("snap-multi-element", multiElement),
        standard("snap-inner", inner, others: [1.5, 2.1, 1.35, 1.95, 1.2, 1.8, 0.4]),
        PotentialCase("snap-null", options: options, system: liquid, small: { [systems(SyntheticSNAP().cutoffs)[2]] }) {
            try SyntheticSNAP().make($0, elements: ["NULL", "O"])
        },
    ]

    private static var options: ConformanceOptions {
        var options = ConformanceOptions()
        options.largestReplica = 120
        return options
    }

    private static var quadratic: SyntheticSNAP {
        var model = SyntheticSNAP()
        (model.twoJMax, model.isQuadratic, model.keywords, model.seed) = (3, true, ["bzeroflag 0", "rfac0 0.95"], 2)
        return model
    }

    private static var multiElement: SyntheticSNAP {
        var model = SyntheticSNAP()
        (model.twoJMax, model.isQuadratic, model.isMultiElement, model.seed) = (2, true, true, 3)
        return model
    }

    private static var inner: SyntheticSNAP {
        var model = SyntheticSNAP()
        (model.twoJMax, model.isMultiElement, model.seed) = (5, true, 4)
        model.keywords = ["bnormflag 1", "wselfallflag 1", "rmin0 0.4", "switchinnerflag 1", "sinner 1.8 1.5", "dinner 0.3 0.3"]
        return model
    }

    private static func standard(_ name: String, _ model: SyntheticSNAP, others: [Double] = []) -> PotentialCase {
        PotentialCase(
            name, options: options, system: liquid, small: { systems(model.cutoffs + others) },
            reference: { try model.make($0, elements: ["Cu", "O"], plain: true) }, make: { try model.make($0, elements: ["Cu", "O"]) })
    }

    private static func liquid() -> TestSystem {
        TestSystem.liquid(count: 150, distance: 2.2, typeCount: 2).with(elements: ["Cu", "O"])
    }

    /// The derivative of a force jumps where a neighbour crosses a cutoff or an end of the inner switch: no pair stands there.
    private static func systems(_ distances: [Double]) -> [TestSystem] {
        TestSystem.standard(distance: 2.3, typeCount: 2).map { $0.with(elements: ["Cu", "O"]).avoiding(distances) }
    }
}
