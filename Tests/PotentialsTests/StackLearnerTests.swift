import Domain
import Foundation
import Potentials
import TestSupport
import Testing

/// The gradients that training uses against differences of the losses that they are gradients of, in double precision.
@Suite("Training of stacked ensembles")
struct StackLearnerTests {
    /// A small liquid with two members, and everything a loss is made of.
    final class Frame {
        let bases: [Evaluator]
        let learner: StackLearner
        var r = Column<Vector>()
        var a = Column<Double>()
        var memberForces: [Evaluation] = []
        var tangents: [Evaluation] = []

        init(
            _ kind: StackConfiguration.Kind, features: StackConfiguration.Features = .forces, isConnected: Bool,
            gate: StackConfiguration.Gate = .none
        ) throws {
            let system = TestSystem.liquid(count: 24, distance: 1.9, typeCount: 2).with(elements: ["O", "H"])
            // Members whose pullback is exact: the default one, a difference, is not precise enough for this test.
            bases = try [SyntheticModel.Architecture.schnet, .painn].map {
                Evaluator(system, try SyntheticModel($0).make(system.setup(), elements: ["O", "H"]))
            }
            var configuration = StackConfiguration(kind: kind, elements: ["O", "H"], bases: ["one", "two"], weights: [0.7, 0.3])
            (configuration.features, configuration.width, configuration.interactions) = (features, 16, 2)
            (configuration.cutoff, configuration.radial) = (3.5, 6)
            if gate != .none { (configuration.gate, configuration.references) = (gate, [[0.2, -0.4], [0.7, 0.1]]) }
            memberForces = bases.map { $0.evaluate([.atomEnergy]) }
            let scale = memberForces.map(\.largestForce).max()! / 2
            (configuration.forceScale, configuration.deviationScale) = (scale, 0.5 * scale)
            learner = try StackLearner(configuration, seed: 3, precision: .double)
            // The first guess ends in a layer of zeros, which would hide all other gradients.
            var random = SeededGenerator(5)
            learner.load(learner.parameters.map { $0 + 0.1 * (2 * random.uniform() - 1) })
            // Energies' weights of a global gate are one number: those of a structure's total energy always are.
            let isGlobal = gate == .global
            for i in 0..<bases[0].atoms.count {
                let id = Double(bases[0].atoms.id[i])
                r.append(Vector(sin(id), cos(1.7 * id), sin(2.3 * id + 1), 0))
                a.append(isGlobal ? 0.7 : cos(0.9 * id))
            }
            tangents = bases.map {
                $0.pullback({ _ in 0 }, { Vector(sin(Double($0)), cos(1.7 * Double($0)), sin(2.3 * Double($0) + 1), 0) }, [.atomEnergy])
            }
            self.isConnected = isConnected && features == .forces
        }
        let isConnected: Bool

        private var atoms: Int { bases[0].atoms.owned }

        private func forward() {
            learner.forward(bases[0].atoms, bases[0].list, bases[0].halo) { k, i in
                self.memberForces[k].forces[Int(self.bases[0].atoms.id[i]) - 1]
            } energy: { k, i in
                self.memberForces[k].atomEnergies[Int(self.bases[0].atoms.id[i]) - 1]
            }
        }

        /// sum_i r_i . F_i + a_i u_i, or sum_i r_i . G_i
        func loss() -> Double {
            forward()
            if learner.configuration.kind == .direct { return (0..<atoms).reduce(0) { $0 + r[$1].dot(learner.correction($1)) } }
            var forces = Forces()
            forces.clear(count: bases[0].atoms.count, wanted: [])
            var fields = [[Vector]](repeating: Array(repeating: .zero, count: atoms), count: 2)
            learner.backward(bases[0].atoms, bases[0].halo, into: &forces) { k, i, v in fields[k][Int(self.bases[0].atoms.id[i]) - 1] = v }
            bases[0].halo.reverse(&forces.force)
            var sum = 0.0
            for i in 0..<atoms { sum += r[i].dot(forces.force[i]) + a[i] * learner.energy(i) }
            let isGated = learner.configuration.gate != .none
            guard isConnected || isGated else { return sum }
            var weights = [[Double]](repeating: [], count: atoms)
            if isGated { for i in 0..<atoms { weights[Int(bases[0].atoms.id[i]) - 1] = learner.gateWeights(i) } }
            for k in 0..<2 {
                let part = bases[k].pullback(
                    { isGated ? weights[Int($0) - 1][k] : 0 }, { self.isConnected ? fields[k][Int($0) - 1] : .zero })
                for i in 0..<atoms { sum += r[i].dot(part.forces[Int(bases[0].atoms.id[i]) - 1]) }
            }
            return sum
        }

        func gradient() -> [Double] {
            learner.load(learner.parameters)
            _ = loss()
            if learner.configuration.kind == .direct {
                learner.learn(directions: r, bases[0].halo)
            } else {
                learner.learn(field: r, seeds: a, bases[0].halo) { k, i in
                    self.isConnected ? self.tangents[k].forces[Int(self.bases[0].atoms.id[i]) - 1] : .zero
                } energy: { k, i in
                    self.tangents[k].atomEnergies[Int(self.bases[0].atoms.id[i]) - 1]
                }
            }
            return learner.gradient()
        }
    }

    struct Case: Sendable {
        var name: String, kind: StackConfiguration.Kind, features: StackConfiguration.Features, isConnected: Bool
        var gate: StackConfiguration.Gate
        init(
            _ name: String, _ kind: StackConfiguration.Kind, _ features: StackConfiguration.Features, isConnected: Bool = false,
            gate: StackConfiguration.Gate = .none
        ) { (self.name, self.kind, self.features, self.isConnected, self.gate) = (name, kind, features, isConnected, gate) }
    }

    @Test(
        "parameter gradient = difference of the loss",
        arguments: [
            Case("direct", .direct, .forces),
            Case("direct without members", .direct, .geometry),
            Case("conservative, features held constant", .conservative, .forces),
            Case("conservative, connected", .conservative, .forces, isConnected: true),
            Case("conservative, geometry", .conservative, .geometry),
            Case("local gate", .conservative, .forces, isConnected: true, gate: .local),
            Case("global gate", .conservative, .forces, isConnected: true, gate: .global),
            Case("local gate, geometry", .conservative, .geometry, gate: .local),
        ])
    func gradients(_ variant: Case) throws {
        let name = variant.name
        let frame = try Frame(variant.kind, features: variant.features, isConnected: variant.isConnected, gate: variant.gate)
        let gradient = frame.gradient()
        let start = frame.learner.parameters
        var checked = 0
        for tensor in frame.learner.tensors {
            let largest = gradient[tensor.range].map(\.magnitude).max() ?? 0
            #expect(largest > 1e-6, "\(tensor.name): no gradient")
            for index in [tensor.range.lowerBound, (tensor.range.lowerBound + tensor.range.upperBound) / 2, tensor.range.upperBound - 1] {
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
                    "\(name): \(tensor.name)[\(index - tensor.range.lowerBound)]: \(gradient[index]), by difference \(difference)")
                checked += 1
            }
        }
        #expect(checked > 20)
    }
}
