import Domain
import Foundation
import Potentials
import TestSupport
import Testing

/// Training of SchNet and PaiNN: gradients against differences of the losses that they are gradients of, and the files against the learner.
@Suite("Training of base potentials")
struct BaseLearnerTests {
    static let elements = ["O", "H"]

    /// A small liquid, and everything a loss is made of.
    final class Frame {
        let system = TestSystem.liquid(count: 24, distance: 1.9, typeCount: 2).with(elements: BaseLearnerTests.elements)
        let learner: BaseLearner
        /// Holds atoms, halo and list for the learner's cutoff; its potential has the learner's size and other weights.
        let evaluator: Evaluator
        var r = Column<Vector>()
        var a = Column<Double>()

        init(_ architecture: MessagePassingArchitecture, interactions: Int = 2, precision: LearningPrecision = .double) throws {
            var model = BaseModel(architecture, elements: BaseLearnerTests.elements)
            (model.features, model.interactions, model.cutoff, model.radial) = (16, interactions, 3.5, 6)
            if architecture == .schnet { model.filters = 32 }
            model.energyOffsets = [-2.5, 0.75]
            learner = try BaseLearner(model, seed: 3, precision: precision)
            // The first guess ends in a layer of zeros, which would hide all other gradients; and biases are zero.
            var random = SeededGenerator(5)
            learner.load(learner.parameters.map { $0 + 0.1 * (2 * random.uniform() - 1) })
            evaluator = Evaluator(system, try Self.potential(learner, system))
            for i in 0..<evaluator.atoms.count {
                let id = Double(evaluator.atoms.id[i])
                r.append(Vector(sin(id), cos(1.7 * id), sin(2.3 * id + 1), 0))
                a.append(cos(0.9 * id))
            }
        }

        /// The potential of the learner's files.
        static func potential(_ learner: BaseLearner, _ system: TestSystem, _ options: String = "") throws -> any Potential {
            let files = try learner.files(weights: "model.safetensors")
            var setup = system.setup()
            setup.read = { path, _ in path.hasSuffix(".json") ? files.json : files.safetensors }
            let names = BaseLearnerTests.elements.joined(separator: " ")
            return try TestSupport.potential("\(learner.model.architecture.rawValue) \(options)", "* * model.json \(names)", setup)
        }

        /// Energies and forces of owned atoms, as a step of training gets them.
        func predict() -> (energies: [Double], forces: [Vector]) {
            let atoms = evaluator.atoms.owned
            learner.forward(evaluator.atoms, evaluator.list, evaluator.halo)
            var forces = Forces()
            forces.clear(count: evaluator.atoms.count, wanted: [])
            learner.backward(evaluator.atoms, evaluator.halo, into: &forces)
            evaluator.halo.reverse(&forces.force)
            return ((0..<atoms).map { learner.energy($0) }, (0..<atoms).map { forces.force[$0] })
        }

        /// sum_i r_i . F_i + a_i e_i
        func loss() -> Double {
            let (energies, forces) = predict()
            return forces.indices.reduce(0) { $0 + r[$1].dot(forces[$1]) + a[$1] * energies[$1] }
        }

        func gradient() -> [Double] {
            learner.load(learner.parameters)
            _ = loss()
            learner.learn(field: r, seeds: a, evaluator.halo)
            return learner.gradient()
        }
    }

    @Test(
        "parameter gradient = difference of the loss",
        arguments: [(MessagePassingArchitecture.painn, 2), (.painn, 1), (.schnet, 3), (.schnet, 1)])
    func gradients(architecture: MessagePassingArchitecture, interactions: Int) throws {
        let frame = try Frame(architecture, interactions: interactions)
        let gradient = frame.gradient(), start = frame.learner.parameters
        var checked = 0
        for tensor in frame.learner.tensors {
            let values = gradient[tensor.range]
            let largest = values.map(\.magnitude).max() ?? 0
            #expect(largest > 1e-6, "\(tensor.name): no gradient")
            let most = values.indices.max { values[$0].magnitude < values[$1].magnitude }!
            for index in [tensor.range.lowerBound, most, tensor.range.upperBound - 1] {
                func loss(_ step: Double) -> Double {
                    var moved = start
                    moved[index] += step
                    frame.learner.load(moved)
                    return frame.loss()
                }
                let h = 2e-4
                let difference = (8 * (loss(h) - loss(-h)) - loss(2 * h) + loss(-2 * h)) / (12 * h)
                #expect(
                    (difference - gradient[index]).magnitude <= 1e-7 * max(1, largest),
                    "\(tensor.name)[\(index - tensor.range.lowerBound)]: \(gradient[index]), by difference \(difference)")
                checked += 1
            }
        }
        #expect(checked > 20)
    }

    /// The learner's splines are coarser than the potential's, and weights in files are in single precision.
    @Test("pair_style painn and schnet give what the learner says", arguments: MessagePassingArchitecture.allCases)
    func files(architecture: MessagePassingArchitecture) throws {
        let frame = try Frame(architecture)
        let learner = frame.learner
        learner.load(learner.parameters.map { Double(Float($0)) })
        let (energies, forces) = frame.predict()
        let scale = forces.reduce(0) { max($0, $1.dot($1).squareRoot()) }
        #expect(scale > 0.01)
        for options in ["", "filters exact"] {
            let evaluator = Evaluator(frame.system, try Frame.potential(learner, frame.system, options))
            let result = evaluator.evaluate()
            let energy = energies.reduce(0, +)
            let worst = forces.indices.reduce(0.0) {
                let d = result.forces[Int(frame.evaluator.atoms.id[$1]) - 1] - forces[$1]
                return max($0, d.dot(d).squareRoot())
            }
            print("\(architecture) \(options): energy differs by \(result.energy - energy) of \(energy), forces by \(worst) of \(scale)")
            #expect((result.energy - energy).magnitude < 1e-7 * result.energyMagnitude)
            #expect(worst < 1e-6 * scale)
        }
    }

    @Test("single precision follows double", arguments: MessagePassingArchitecture.allCases)
    func single(architecture: MessagePassingArchitecture) throws {
        let double = try Frame(architecture).gradient(), single = try Frame(architecture, precision: .single).gradient()
        let scale = double.reduce(0) { max($0, $1.magnitude) }
        let worst = zip(double, single).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
        #expect(scale > 1)
        #expect(worst < 1e-4 * scale, "\(worst) of \(scale)")
    }

    @Test("a model's faults")
    func faults() {
        func fault(_ change: (inout BaseModel) -> Void) -> String? {
            var model = BaseModel(.schnet, elements: Self.elements)
            change(&model)
            return model.fault
        }
        #expect(fault { _ in } == nil)
        #expect(fault { $0.features = 24 }?.contains("multiple of 16") == true)
        #expect(fault { $0.filters = 8 }?.contains("filters is 8") == true)
        #expect(fault { $0.elements = ["O", "Q"] }?.contains("'Q'") == true)
        #expect(fault { $0.energyOffsets = [0] }?.contains("1 energyOffsets for 2") == true)
        #expect(fault { $0.cutoff = -1 }?.contains("cutoff") == true)
        #expect(fault { $0.interactions = 0 }?.contains("interactions") == true)
        #expect(fault { ($0.architecture, $0.filters) = (.painn, 32) }?.contains("PaiNN") == true)
    }
}
