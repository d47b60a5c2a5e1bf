import Domain
import Foundation
import Potentials

/// A model file of an atomic cluster expansion with random numbers, written in memory: a B basis for Cu and O, functions of one to
/// five neighbours, two densities.
public struct SyntheticACE: Sendable {
    /// g_k and its parameter: of Cu, of O, of both.
    public var bases = ["ChebExpCos, 3.1", "ChebPow, 3.0", "ChebExpCos, 2.4"]
    public var cutoffs = [4.9, 4.5, 4.7]
    /// `density`, `distance` or `zbl`.
    public var inner = "distance"
    public var innerCutoff = 1.9
    public var innerWidth = 0.6
    public var repulsion = "[20, 0.9]"
    public var coreCutoff = 100_000.0
    public var coreWidth = 250.0
    public var embedding = "FinnisSinclairShiftedScaled"
    /// (w_p, m_p) of both species.
    public var parameters = "[1, 1, 0.9, 0.6]"
    public var densities = 2
    /// The jump of force constants from node to node is of the order of its square.
    public var spacing = 0.0002
    public var seed: UInt64 = 1

    public init() {}

    public var yaml: String {
        var random = SeededGenerator(seed)
        func numbers(_ count: Int, _ width: Double) -> String {
            "[" + (0..<count).map { _ in String(format: "%.9e", width * (2 * random.uniform() - 1)) }.joined(separator: ", ") + "]"
        }
        var lines = ["global:", "  DeltaSplineBins: \(spacing)", "species:"]
        let shapes: [(n: [Int], l: [Int], lint: [Int])] = [
            ([1], [0], []), ([3], [0], []), ([1, 2], [0, 0], []), ([1, 1], [1, 1], []), ([2, 2], [2, 2], []), ([1, 1, 2], [1, 1, 0], [0]),
            ([1, 2, 1], [1, 1, 2], [2]), ([1, 1, 1], [2, 2, 2], [2]), ([1, 1, 1, 1], [1, 1, 1, 1], [2, 2]),
            ([1, 2, 1, 2], [1, 1, 2, 2], [1, 1]), ([1, 1, 1, 1, 2], [1, 1, 1, 1, 2], [2, 2, 2]),
        ]
        for (index, block) in [["Cu", "Cu"], ["O", "O"], ["Cu", "O"], ["O", "Cu"]].enumerated() {
            lines.append("  - speciesblock: \(index < 2 ? block[0] : block.joined(separator: " "))")
            if index < 2 {
                lines += [
                    "    ndensityi: \(densities)", "    npoti: \(embedding)", "    parameters: \(parameters)",
                    "    rho_core_cut: \(coreCutoff)", "    drho_core_cut: \(coreWidth)",
                ]
            }
            if index < 3 {
                let base = bases[index].split(separator: ",")
                let rows = (0..<2).map { _ in "[" + (0...2).map { _ in numbers(4, 1) }.joined(separator: ", ") + "]" }
                lines += [
                    "    nradmaxi: 2", "    lmaxi: 2", "    nradbaseij: 4", "    rcutij: \(cutoffs[index])", "    dcutij: 0.5",
                    "    radbase: \(base[0])", "    radparameters: [\(base[1])]", "    radcoefficients: [\(rows.joined(separator: ", "))]",
                    "    core-repulsion: \(repulsion)", "    r_in: \(innerCutoff)", "    delta_in: \(innerWidth)",
                    "    inner_cutoff_type: \(inner)",
                ]
            }
            lines.append("    nbody:")
            for shape in shapes {
                let rank = shape.n.count
                for mixed in index < 2 || rank == 1 ? [false] : [false, true] {
                    var kinds = [block[0]] + Array(repeating: block[1], count: rank)
                    if mixed { kinds[1] = block[0] }
                    let lint = shape.lint.isEmpty ? "" : ", lint: \(shape.lint)"
                    let width = [0.4, 0.12, 0.04, 0.015, 0.005][rank - 1]
                    let c = numbers(densities, width)
                    lines.append("      - {type: \(kinds.joined(separator: " ")), nr: \(shape.n), nl: \(shape.l)\(lint), c: \(c)}")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    public func make(_ setup: PotentialSetup, elements: [String], plain: Bool = false) throws -> ACE {
        var setup = setup
        let yaml = yaml
        setup.read = { _, _ in Array(yaml.utf8) }
        let ace = try potential("pace", "* * model.yaml \(elements.joined(separator: " "))", setup) as! ACE
        ace.usesPlainKernel = plain
        return ace
    }
}

/// ACE with random coefficients: each inner cutoff and radial basis, both embeddings, NULL.
enum ACECases {
    static let all: [PotentialCase] = [
        standard("ace", SyntheticACE()),
        standard("ace-density", density),
        standard("ace-zbl", zbl),
        PotentialCase("ace-null", options: options, system: liquid, small: { [systems(SyntheticACE())[2]] }) {
            try SyntheticACE().make($0, elements: ["NULL", "O"])
        },
    ]

    private static var options: ConformanceOptions {
        var options = ConformanceOptions()
        options.largestReplica = 120
        return options
    }

    /// Core repulsion that takes over where it is dense, and three densities with other exponents.
    static var density: SyntheticACE {
        var model = SyntheticACE()
        (model.inner, model.innerCutoff, model.innerWidth, model.coreCutoff, model.coreWidth) = ("density", 0, 0, 9, 8)
        model.repulsion = "[300, 0.9]"
        (model.embedding, model.parameters, model.densities, model.seed) = ("FinnisSinclair", "[1, 1, 0.3, 2, 0.2, 1.5]", 3, 2)
        model.bases = ["SBessel, 1", "ChebLinear, 1", "ChebPow, 2.5"]
        return model
    }

    static var zbl: SyntheticACE {
        var model = SyntheticACE()
        (model.inner, model.innerCutoff, model.innerWidth, model.repulsion, model.seed) = ("zbl", 2.6, 0.9, "[1, 1]", 3)
        return model
    }

    private static func standard(_ name: String, _ model: SyntheticACE) -> PotentialCase {
        PotentialCase(
            name, options: options, system: liquid, small: { systems(model) },
            reference: { try model.make($0, elements: ["Cu", "O"], plain: true) }, make: { try model.make($0, elements: ["Cu", "O"]) })
    }

    private static func liquid() -> TestSystem {
        TestSystem.liquid(count: 150, distance: 2.2, typeCount: 2).with(elements: ["Cu", "O"])
    }

    /// Second derivatives jump where a neighbour crosses a cutoff: no pair stands there. The zbl rule goes by the nearest neighbour, which
    /// is one of several in a cell of one atom.
    private static func systems(_ model: SyntheticACE) -> [TestSystem] {
        TestSystem.standard(distance: 2.3, typeCount: 2).filter { model.inner != "zbl" || $0.count > 1 }.map {
            $0.with(elements: ["Cu", "O"]).avoiding(model.cutoffs + [model.innerCutoff, model.innerCutoff - model.innerWidth])
        }
    }
}
