import Deck
import Domain

/// `pair_style ensemble/conservative`: an energy made of the members' energies and a learned correction, and its exact gradient.
///
///     U = sum_k c_k E_k + sum_i theta_i,   theta_i = network of geometry, species and members' forces F_k around i   (`StackNetwork`)
///     F = sum_k c_k F_k - d theta/dx at constant F_k + sum_k H_k v_k,   v_k = dU/dF_k,   H_k = d2E_k/dx2
///
/// or, where the file says so, with a local gate on the members' site energies e_ki (`StackConfiguration.Gate`)
///
///     U = sum_i sum_k w_ik (e_ki - e0_k(z_i)) + sum_i theta_i,   F = -sum_k sum_i w_ik d(e_ki)/dx - explicit derivatives + sum_k H_k v_k
///
/// The idea is the "ensemble-conserv" of EL-MLFFs (arXiv:2403.17507), whose code holds members' forces constant when it differentiates;
/// then F is no gradient. Here the last term is computed, by one pass of each member on dual numbers (`DifferentiablePotential`), never by
/// a Hessian. theta is local, so U is extensive, and virial, per-atom energy and stress follow from the same passes.
///
/// A member whose cutoff is only once differentiable (NEP, SchNetPack's cosine) makes H_k jump, and with it F, when a neighbour crosses it.
///
/// `every N` is the impulse multiple-time-step method (r-RESPA; Tuckerman, Berne, Martyna, J. Chem. Phys. 97, 1990 (1992)): the
/// correction F - sum_k c_k F_k acts at every N-th step, N times as strong; other steps cost the members alone.
public final class ConservativeEnsemble: Potential, MemberReporting {
    public static let entry = PotentialStyle(
        "ensemble/conservative",
        usage: "pair_style ensemble/conservative FILE.safetensors [every N] \(DeviationOptions.usage)\n    \(StackedCore.usage)"
    ) { words, setup in
        let (word, file) = try StackFile.read(&words, setup, kind: .conservative)
        var options = DeviationOptions(), period = 1, isOption = true
        while isOption {
            if words.optional("every") {
                period = try words.positiveInt("the number of steps between corrections")
            } else {
                isOption = try options.read(&words)
            }
        }
        let core = try StackedCore("ensemble/conservative", file, at: word, &words, options, own: ["every"], setup)
        return ConservativeEnsemble(core, every: period)
    }

    public let style = "ensemble/conservative"
    let core: StackedCore
    /// Steps between corrections.
    public let period: Int
    /// For tests: leaves the term H_k v_k out, as published codes do.
    package var isDetached = false
    /// v_k in length units, 3 K numbers an atom, owned and ghost; then with a gate w_k, K numbers.
    private var fields = Column<Double>()

    init(_ core: StackedCore, every period: Int = 1) { (self.core, self.period) = (core, period) }

    /// Of members that are ready, with a learner's weights.
    public convenience init(
        _ members: [any Potential], _ configuration: StackConfiguration, learner: StackLearner, every period: Int = 1
    ) throws {
        self.init(try StackedCore("ensemble/conservative", members, configuration, learner.tensorDictionary), every: period)
    }

    public var judge: MemberJudge { core.judge }
    public var members: [any Potential] { core.memberSet.potentials }
    public var requirements: Requirements { core.requirements }
    public var capabilities: Capabilities { members.prefix(core.bases).reduce(.all) { $0.intersection($1.capabilities) } }
    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws { try core.memberSet.coefficients(&words, setup) }
    public func culprit(atom i: Int) -> String { core.culprit(atom: i) }
    public var ownSeconds: [(name: String, seconds: Double)] { core.clock.rows }
    public func resetOwnSeconds() { core.clock.reset() }

    private var isGated: Bool { core.evaluator.isGated }
    private var needsPullback: Bool { isGated || core.evaluator.members > 0 && !isDetached }

    /// - Throws: as `StackedCore.prepare`; `DeckError` at a base without a pullback, or without an energy.
    public func prepare(_ setup: PotentialSetup) throws {
        if isGated, period > 1 {
            throw DeckError(
                "\(style): every \(period) splits the forces into the members' mean and a correction, which a gate has not", at: core.place)
        }
        try core.prepare(setup)
        for member in core.memberSet.members.prefix(core.bases) {
            if needsPullback, let lacking = member.potential.lackingPullback {
                throw DeckError("\(style) differentiates its members' forces, and \(lacking.style) has no pullback", at: member.location)
            }
            guard member.potential.capabilities.contains([.energy, .gradient]) else {
                throw DeckError(
                    "\(style): \(member.potential.style) has no energy of which its forces are the gradient", at: member.location)
            }
            if isGated, !member.potential.capabilities.contains(.atomEnergy) {
                throw DeckError("\(style) has a gate, and \(member.potential.style) has no energies of single atoms", at: member.location)
            }
        }
    }

    public var summary: String {
        let features =
            core.evaluator.members > 0
            ? "features from members' forces, differentiated by one pass on duals of each base" : "features from geometry alone"
        let gate =
            switch core.configuration.gate {
            case .none: [String]()
            case .local: ["local gate: weights of the members' site energies depend on each atom's surroundings"]
            case .global: ["global gate: one set of weights for all atoms. NOT extensive: for comparison with published work only"]
            }
        let multiple = period > 1 ? ["correction every \(period) steps (r-RESPA)"] : []
        let energy = isGated ? "sum w_ik (e_ki - e0_k)" : "sum c_k E_k"
        return core.summary(["exact gradient of U = \(energy) + sum theta_i; \(features)"] + gate + multiple)
    }

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        // Between corrections only observers of this step ask for more than the mean's forces.
        let isCorrected = context.step % period == 0
        guard isCorrected || !context.wanted.isEmpty else {
            core.memberSet.accumulate(atoms, list, context, weights: weightsOfAll, into: &forces)
            return
        }
        core.forward(atoms, list, context, into: &forces)
        guard period > 1 else {
            correct(atoms, list, context, into: &forces)
            return
        }
        correction.forces.clear(count: atoms.count, wanted: forces.wanted)
        correct(atoms, list, context, into: &correction.forces)
        // Energy and stress are U's own at every step; the impulse is N times the correcting force, or none.
        let mean = forces.force.copy()
        forces.add(correction.forces, weight: 1)
        let impulse = isCorrected ? Double(period) : 0
        for i in 0..<atoms.count { forces.force[i] = mean[i] + correction.forces.force[i] * impulse }
    }

    private let correction = CorrectionForces()
    private final class CorrectionForces { var forces = Forces() }

    private var weightsOfAll: [Double] {
        core.memberSet.members.indices.map { $0 < core.bases ? core.configuration.weights[$0] : 0 }
    }

    /// Adds theta, and the forces and virials that follow from it.
    private func correct(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        let evaluator = core.evaluator, K = core.bases, stride = isGated ? 4 * K : 3 * K, hasField = evaluator.members > 0 && !isDetached
        let clock = core.clock
        for i in 0..<atoms.owned where !forces.wanted.isDisjoint(with: [.energy, .atomEnergy]) {
            let u = evaluator.energy(i) * core.scales.energy
            forces.energy += u
            if forces.wanted.contains(.atomEnergy) { forces.atomEnergy[i] += u }
        }
        let start = ContinuousClock.now
        evaluator.backward(context.halo, keeps: false)
        evaluator.pairs.addForces(into: &forces, atoms, scale: core.forceScale, length: core.scales.length)
        fields.resize(to: atoms.count * stride, filling: 0)
        fields.fill(0)
        let v = fields.pointer
        for i in 0..<atoms.owned where evaluator.isSeen(i) {
            if hasField {
                evaluator.field(i) { k, value in
                    for d in 0..<3 { v[i * stride + 3 * k + d] = value[d] * core.scales.length }
                }
            }
            if isGated { for (k, w) in evaluator.weights(i).enumerated() { v[i * stride + 3 * K + k] = w } }
        }
        clock.add(.network, since: start)
        guard K > 0, isGated || hasField else { return }
        clock.measure(.exchange) { context.halo.forward(&fields, stride: stride) }
        var field = Column<Vector>(repeating: .zero, count: atoms.count)
        let inner = context.wanting(context.wanted.intersection([.virial, .atomVirial]))
        for k in 0..<K {
            for i in 0..<atoms.count {
                let at = i * stride + 3 * k
                field[i] = Vector(fields[at], fields[at + 1], fields[at + 2], 0)
            }
            let weights = isGated ? (0..<atoms.count).map { fields[$0 * stride + 3 * K + k] } : nil
            let begin = ContinuousClock.now
            core.memberSet.pullback(k, atoms, list, inner, weights: weights, field: field, into: &forces)
            clock.add(.pullback, since: begin)
        }
    }
}
