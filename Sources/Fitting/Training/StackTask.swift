import Domain
import Potentials

/// One rank's part of a training: frames with their references and bases' predictions, and what one frame contributes to objective and
/// gradient.
///
/// Bases' energies and forces are computed once (`BasePredictions`). While features are held constant, that is all a frame needs. Once
/// they are connected, F = sum_k c_k F_k + sum_k H_k v_k - d theta/dx is what the running potential gives, and each frame takes two
/// passes on duals of every base: H_k v_k for the force, H_k r with the objective's derivative r for the parameters' gradient.
///
/// A learner that is not a stacked ensemble is a base potential itself: F = -d/dx sum_i e_i, and predictions need hold the references only.
public final class StackTask {
    public let frames: FrameSet
    public let predictions: BasePredictions
    public let objective: StackObjective
    private let learner: any Learner
    /// The learner where it is a stacked ensemble, and where that gives forces without an energy.
    private let stacked: StackLearner?
    private let direct: StackLearner?
    /// The bases themselves, for connected features, and which of these sets each frame has.
    private let bases: [MemberSet]
    private let choice: [Int]
    private let labels: [String?]
    private let masses: [Double?]
    private var forces = Forces()
    private var parts: [PartialForces]

    private final class PartialForces { var forces = Forces() }

    /// - Parameters:
    ///   - bases: prepared members whose pullback is exact, in the order of the predictions; needed for connected features only. Several
    ///     sets where predictions are out of fold.
    ///   - choice: the set of the frame at each place among all ranks' frames; empty: the first.
    public init(
        _ frames: FrameSet, _ predictions: BasePredictions, _ learner: any Learner, _ objective: StackObjective, bases: [MemberSet],
        choice: [Int] = [], labels: [String?], masses: [Double?]
    ) {
        stacked = learner as? StackLearner
        direct = stacked?.configuration.kind == .direct ? stacked : nil
        precondition([0, predictions.baseCount].contains(stacked?.configuration.members ?? 0))
        (self.frames, self.predictions, self.learner, self.objective) = (frames, predictions, learner, objective)
        (self.bases, self.choice, self.labels, self.masses) = (bases, choice, labels, masses)
        parts = (0..<predictions.baseCount).map { _ in PartialForces() }
    }

    public var frameCount: Int { frames.frames.count }

    private var needs: Requirements {
        Requirements(cutoff: learner.cutoff, list: .full)
    }

    /// Adds frame f to the errors and, where `learns`, to the parameters' gradient.
    /// - Throws: `DataError` for a cell without volume or a prediction that is not finite.
    public func visit(_ f: Int, isConnected: Bool, learns: Bool, into errors: inout StackErrors) throws {
        let frame = frames.frames[f], first = predictions.firstAtom[f], n = frame.count, K = predictions.baseCount
        let stack = stacked?.configuration, c = stack?.weights ?? []
        let isGated = stack.map { $0.gate != .none } ?? false
        let connects = isConnected && stack?.features == .forces && direct == nil && !c.isEmpty
        let members = connects || isGated ? bases[choice.isEmpty ? 0 : choice[frames.places[f]]] : nil
        var needs = self.needs
        if let own = members?.requirements {
            needs = Requirements(
                cutoff: max(needs.cutoff, own.cutoff), list: .full, haloDepth: max(needs.haloDepth, own.haloDepth))
        }
        let system = try FrameSystem(frame, types: predictions.types[first..<first + n], labels: labels, masses: masses, needs: needs)
        let shape = system.shape, all = predictions.forces
        func base(_ k: Int, _ i: Int) -> Vector {
            let at = 3 * ((first + i) * K + k)
            return shape.toBox(Vector(all[at], all[at + 1], all[at + 2], 0))
        }
        learner.forward(system.atoms, system.list, system.halo, force: base) { k, i in
            self.predictions.siteEnergies[(first + i) * K + k]
        }

        // Predicted forces and energy.
        forces.clear(count: system.atoms.count, wanted: [])
        var energy = 0.0
        let context = ComputeContext(halo: system.halo, step: 0, wanted: [], skin: 0)
        if let direct {
            for i in 0..<n { forces.force[i] = direct.correction(i) }
            removeMean(n)
        } else {
            // v_k of each atom, then w_k.
            let stride = 4 * max(1, c.count)
            var v = Column<Double>(repeating: 0, count: system.atoms.count * stride)
            learner.backward(system.atoms, system.halo, into: &forces) { k, i, value in
                for d in 0..<3 { v[i * stride + 3 * k + d] = connects ? value[d] : 0 }
            }
            if isGated, let stacked {
                for i in 0..<n { for (k, w) in stacked.gateWeights(i).enumerated() { v[i * stride + 3 * c.count + k] = w } }
            }
            if let members {
                system.halo.forward(&v, stride: stride)
                members.evaluateEach(system.atoms, system.list, context)
                for k in c.indices {
                    var field = Column<Vector>(repeating: .zero, count: system.atoms.count)
                    for i in 0..<system.atoms.count {
                        field[i] = Vector(v[i * stride + 3 * k], v[i * stride + 3 * k + 1], v[i * stride + 3 * k + 2], 0)
                    }
                    let weights = isGated ? (0..<system.atoms.count).map { v[$0 * stride + 3 * c.count + k] } : nil
                    members.pullback(k, system.atoms, system.list, context, weights: weights, field: field, into: &forces)
                }
            }
            system.halo.reverse(&forces.force)
            if !isGated { for k in c.indices { energy += c[k] * predictions.energies[f * K + k] } }
            for i in 0..<n { energy += learner.energy(i) }
        }
        if !isGated { for i in 0..<n { for k in c.indices { forces.force[i] += base(k, i) * c[k] } } }

        // Objective and its derivatives.
        var r = Column<Vector>(repeating: .zero, count: system.atoms.count), a = Column<Double>(repeating: 0, count: n)
        errors.frames += 1
        let forceWeight = objective.forceWeight / Double(3 * n)
        for i in 0..<n {
            let at = 3 * (first + i)
            let reference = Vector(
                predictions.referenceForces[at], predictions.referenceForces[at + 1], predictions.referenceForces[at + 2], 0)
            let d = (forces.force[i] - shape.toBox(reference)).xyz
            guard d.sum().isFinite else { throw DataError(frame.place, "the force on atom \(i + 1), or its reference, is not finite") }
            for x in 0..<3 {
                let (value, slope) = StackObjective.rho(d[x], objective.forceDelta)
                errors.objective += forceWeight * value
                r[i][x] = forceWeight * slope
                errors.squares += d[x] * d[x]
                errors.magnitudes += d[x].magnitude
            }
            errors.components += 3
        }
        let reference = predictions.referenceEnergies[f]
        if direct == nil, !reference.isNaN {
            let d = (energy - reference) / Double(n)
            let (value, slope) = StackObjective.rho(d, objective.energyDelta)
            errors.objective += objective.energyWeight * value
            errors.energyFrames += 1
            errors.energySquares += d * d
            for i in 0..<n { a[i] = objective.energyWeight * slope / Double(n) }
        }
        guard learns else { return }

        if let direct {
            // The projection that takes the mean out of G is its own transpose.
            var mean = Vector.zero
            for i in 0..<n { mean += r[i] }
            mean /= Double(n)
            for i in 0..<n { r[i] -= mean }
            direct.learn(directions: r, system.halo)
            return
        }
        system.halo.forward(&r)
        if let members {
            let wanted: Wanted = isGated ? .atomEnergy : []
            for k in c.indices {
                parts[k].forces.clear(count: system.atoms.count, wanted: wanted)
                members.pullback(k, system.atoms, system.list, context.wanting(wanted), field: r, into: &parts[k].forces)
                system.halo.reverse(&parts[k].forces.force)
                if isGated { system.halo.reverse(&parts[k].forces.atomEnergy) }
            }
        }
        learner.learn(field: r, seeds: a, system.halo) { k, i in
            connects ? self.parts[k].forces.force[i] : .zero
        } energy: { k, i in
            self.parts[k].forces.atomEnergy[i]
        }
    }

    private func removeMean(_ n: Int) {
        var mean = Vector.zero
        for i in 0..<n { mean += forces.force[i] }
        mean /= Double(n)
        for i in 0..<n { forces.force[i] -= mean }
    }
}
