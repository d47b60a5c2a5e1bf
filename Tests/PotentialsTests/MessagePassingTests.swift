import Domain
import Potentials
import TestSupport
import Testing

/// SchNet and PaiNN on models with random weights: what `ConformanceTests` does not ask.
@Suite("SchNet and PaiNN")
struct MessagePassingTests {
    private typealias System = TestSupport.TestSystem

    private func liquid(_ count: Int = 60) -> System {
        System.liquid(count: count, distance: 1.9, typeCount: 3).with(elements: ["O", "C", "H"])
    }

    private func make(_ model: SyntheticModel, _ style: String = "", _ elements: [String] = ["O", "C", "H"], _ system: System) throws
        -> any Potential
    {
        try model.make(system.setup(), style: style, elements: elements)
    }

    /// Parts that the models of `PotentialCase` do not have.
    static let variants: [(String, SyntheticModel)] = [SyntheticModel.Architecture.schnet, .painn].flatMap { architecture in
        var result: [(String, SyntheticModel)] = []
        func variant(_ name: String, _ change: (inout SyntheticModel) -> Void) {
            var model = SyntheticModel(architecture)
            change(&model)
            result.append(("\(architecture.rawValue), \(name)", model))
        }
        variant("cosine cutoff") { $0.cutoffFunction = "cosine" }
        variant("switch") { $0.cutoffFunction = "switch" }
        variant("Bessel functions") { $0.radialBasis = "bessel" }
        variant("one interaction") { $0.interactions = 1 }
        variant("64 features") { ($0.features, $0.filters) = (64, 32) }
        variant("5 features") { ($0.features, $0.filters) = (6, 5) }
        variant("tanh") { ($0.activation, $0.readoutActivation) = ("tanh", "softplus") }
        if architecture == .painn { variant("shared filters") { $0.sharedFilters = true } }
        return result
    }

    @Test("variants: forces, virial, exact filters", arguments: variants.map(\.0))
    func variant(name: String) throws {
        let model = Self.variants.first { $0.0 == name }!.1
        var options = ConformanceOptions()
        options.exempt = Set(Property.allCases).subtracting([.gradient, .strain, .sums, .reference, .pullback, .permutation])
        // A cosine cutoff's second derivative jumps where a pair enters, so differences of forces are not taken across it.
        if model.cutoffFunction == "cosine" { options.exempt.insert(.pullback) }
        let system = liquid(40).avoiding([model.cutoff])
        let elements = ["O", "C", "H"]
        let results = try checkPotential(
            on: [system], options: options, reference: { try model.make($0, style: "filters exact", elements: elements) },
            { try model.make($0, elements: elements) })
        #expect(results.failures.isEmpty, "\n\(results.table)")
    }

    @Test("single precision follows double", arguments: [SyntheticModel.Architecture.schnet, .painn])
    func single(architecture: SyntheticModel.Architecture) throws {
        let system = liquid(), model = SyntheticModel(architecture)
        let double = Evaluator(system, try make(model, "", system)).evaluate()
        let single = Evaluator(system, try make(model, "precision single", system)).evaluate()
        #expect(double.forceDistance(single) < 1e-5 * max(1, double.largestForce))
        #expect(abs(double.energy - single.energy) < 1e-6 * double.energyMagnitude)
        #expect(double.virial.distance(single.virial) < 1e-4 * max(1, double.virial.largest))
    }

    /// The pass on duals against extrapolated central differences of seeded forces: 1e-9 of the largest force.
    @Test("pullback to nine digits", arguments: [SyntheticModel.Architecture.schnet, .painn], ["spline", "exact"])
    func pullback(architecture: SyntheticModel.Architecture, filters: String) throws {
        let system = liquid(), potential = try make(SyntheticModel(architecture), "filters \(filters)", system)
        let evaluator = Evaluator(system, potential)
        let dual = evaluator.pulledBack(step: nil)
        // Central differences at s, s/2, s/4, extrapolated to s^6.
        let d = [4e-3, 2e-3, 1e-3].map { evaluator.pulledBack(step: $0) }
        let e = [mix(d[1], 4.0 / 3, d[0], -1.0 / 3), mix(d[2], 4.0 / 3, d[1], -1.0 / 3)]
        let best = mix(e[1], 16.0 / 15, e[0], -1.0 / 15)
        let largest = best.reduce(1) { max($0, $1.magnitude) }
        let difference = zip(dual, best).reduce(0) { worse($0, ($1.0 - $1.1).magnitude) } / largest
        print("\(architecture.rawValue), \(filters): pullback differs by \(difference) of the largest component")
        #expect(difference < 1e-9)
    }

    /// A pass on duals reuses a plain pass at the same positions; whatever was computed before, the result is the same.
    @Test("pullback does not depend on what was computed before", arguments: [SyntheticModel.Architecture.schnet, .painn])
    func pullbackHistory(architecture: SyntheticModel.Architecture) throws {
        let system = liquid(), model = SyntheticModel(architecture)
        let fresh = Evaluator(system, try make(model, "", system)).pulledBack(step: nil)
        let potential = try make(model, "", system)
        let here = Evaluator(system, potential), elsewhere = Evaluator(system.perturbed(0.1), potential)
        let fewer = Evaluator(system.selecting(Array(0..<50)), potential)
        #expect(here.pulledBack(step: nil) == fresh)
        _ = here.evaluate()
        #expect(here.pulledBack(step: nil) == fresh)
        #expect(here.pulledBack(step: nil) == fresh)
        _ = elsewhere.evaluate()
        #expect(here.pulledBack(step: nil) == fresh)
        _ = here.seeded { Double($0) }
        #expect(here.pulledBack(step: nil) == fresh)
        _ = fewer.pulledBack(step: nil)
        #expect(here.pulledBack(step: nil) == fresh)
        // And plain passes are not disturbed by it.
        let plain = Evaluator(system, try make(model, "", system)).evaluate()
        #expect(here.evaluate() == plain)
    }

    /// Potentials in one workspace share memory, and pairs where they select alike; what they compute is what they compute alone.
    @Test("a shared workspace changes nothing", arguments: ["precision double", "precision single"])
    func sharedWorkspace(style: String) throws {
        let system = liquid(), moved = system.perturbed(0.05), fewer = system.selecting(Array(0..<50))
        let schnet = SyntheticModel(.schnet), painn = SyntheticModel(.painn)
        var shorter = painn, finer = schnet
        shorter.cutoff *= 0.8
        finer.radialBasis = "bessel"
        let all = ["O", "C", "H"], some = ["O", "NULL", "H"]
        let uses: [(SyntheticModel, String, [String], System)] = [
            (schnet, style, all, system), (painn, style, all, system), (shorter, style, all, system), (painn, style, some, system),
            (finer, style, all, system), (schnet, "\(style) filters exact", all, system), (painn, style, all, moved),
            (schnet, style, all, moved), (schnet, style, all, system), (painn, style, some, moved), (schnet, style, all, fewer),
            (schnet, style, ["O", "C", "NULL"], fewer), (painn, style, all, fewer), (painn, style, all, system),
        ]
        let workspace = Workspace()
        // Kept, so that lists of equal contents are not one list.
        let shared = try uses.map { Evaluator($0.3, try make($0.0, $0.1, $0.2, $0.3), workspace: workspace) }
        for _ in 0..<2 {
            for (use, evaluator) in zip(uses, shared) {
                #expect(evaluator.evaluate() == Evaluator(use.3, try make(use.0, use.1, use.2, use.3)).evaluate())
            }
        }
    }

    private func mix(_ a: [Double], _ s: Double, _ b: [Double], _ t: Double) -> [Double] { zip(a, b).map { $0 * s + $1 * t } }

    @Test("NULL atoms are not there", arguments: [SyntheticModel.Architecture.schnet, .painn])
    func null(architecture: SyntheticModel.Architecture) throws {
        let system = liquid(), model = SyntheticModel(architecture)
        let seen = system.positions.indices.filter { system.types[$0] != 2 }
        let with = Evaluator(system, try make(model, "", ["O", "NULL", "H"], system)).evaluate()
        let without = Evaluator(system.selecting(seen), try make(model, "", ["O", "NULL", "H"], system)).evaluate()
        #expect(abs(with.energy - without.energy) < 1e-12 * with.energyMagnitude)
        for (k, i) in seen.enumerated() {
            let d = with.forces[i] - without.forces[k]
            #expect(d.dot(d) < 1e-22)
        }
        for i in system.positions.indices where system.types[i] == 2 {
            #expect(with.forces[i].xyz == .zero && with.atomEnergies[i] == 0 && with.atomVirials[i] == .zero)
        }
        let none = Evaluator(system, try make(model, "", ["NULL", "NULL", "NULL"], system)).evaluate()
        #expect(none.energy == 0 && none.largestForce == 0)
    }

    /// One atom alone: the readout of its embedding plus its element's offset, so that a second one far away doubles it.
    @Test("isolated atoms", arguments: [SyntheticModel.Architecture.schnet, .painn])
    func isolated(architecture: SyntheticModel.Architecture) throws {
        let model = SyntheticModel(architecture)
        func energy(_ x: [Vector]) throws -> Evaluation {
            let system = System("atoms", box: Box(lo: .zero, hi: Vector(xyz: 40, 40, 40)), positions: x).with(elements: ["O"])
            return Evaluator(system, try make(model, "", ["O"], system)).evaluate()
        }
        let one = try energy([Vector(xyz: 1, 2, 3)]), two = try energy([Vector(xyz: 1, 2, 3), Vector(xyz: 20, 2, 3)])
        #expect(abs(two.energy - 2 * one.energy) < 1e-13)
        #expect(one.largestForce == 0 && one.virial == .zero)
    }

    /// kcal/mol is eV times the factor that LAMMPS' unit conversion uses; a model in kcal/mol is exact in real units.
    @Test("units") func units() throws {
        var system = liquid()
        var model = SyntheticModel(.schnet)
        let metal = Evaluator(system, try make(model, "", system)).evaluate()
        system.units = .real
        let real = Evaluator(system, try make(model, "", system)).evaluate()
        #expect(abs(real.energy - 23.060549 * metal.energy) < 1e-10 * abs(real.energy))
        #expect(abs(real.forces[3].x - 23.060549 * metal.forces[3].x) < 1e-10)
        model.energyUnit = "kcal/mol"
        let molar = Evaluator(system, try make(model, "", system)).evaluate()
        #expect(abs(molar.energy - metal.energy) < 1e-12 * abs(metal.energy))
    }

    private func make(_ model: SyntheticModel, _ style: String, _ system: System) throws -> any Potential {
        try make(model, style, ["O", "C", "H"], system)
    }
}

extension Evaluator {
    /// Forces, then the virial, of a pullback with some weights and field: on duals, or by differences with this step.
    fileprivate func pulledBack(step: Double?) -> [Double] {
        guard let potential = potential as? any DifferentiablePotential else { return [] }
        var weights = Column<Double>(), field = Column<Vector>()
        for i in 0..<atoms.count {
            let id = Double(atoms.id[i])
            weights.append(0.1 * (id.truncatingRemainder(dividingBy: 7) - 3))
            field.append(
                Vector(
                    xyz: id.truncatingRemainder(dividingBy: 5) - 2, id.truncatingRemainder(dividingBy: 3) - 1,
                    id.truncatingRemainder(dividingBy: 4) - 2) * 0.1)
        }
        let context = ComputeContext(halo: halo, step: 0, wanted: .virial, skin: skin)
        var forces = Forces()
        forces.clear(count: atoms.count, wanted: .virial)
        if let step {
            potential.pullbackByDifference(atoms, list, context, weights: weights, field: field, into: &forces, step: step)
        } else {
            potential.pullback(atoms, list, context, weights: weights, field: field, into: &forces)
        }
        halo.reverse(&forces.force)
        let virial = forces.virial
        return (0..<atoms.owned).flatMap { i in (0..<3).map { forces.force[i][$0] } } + (0..<9).map { virial[$0 / 3, $0 % 3] }
    }
}
