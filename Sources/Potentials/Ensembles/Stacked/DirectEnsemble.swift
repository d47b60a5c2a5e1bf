import Deck
import Domain

/// `pair_style ensemble/direct`: forces of the members' weighted mean, corrected by an equivariant network of them.
///
///     F_i = sum_k c_k F_ki + G_i - (1/N) sum_j G_j,   G_i = sum_f g_f(q_i) mu_if + sum_k h_k(q_i) D_ki       (`StackNetwork`)
///
/// (EL-MLFFs, arXiv:2403.17507, "ensemble-direct", here equivariant, local and on any number of atoms.) There is no energy of which these
/// forces are the gradient: energy and virial that it gives are the *members' weighted mean*, `Capabilities.gradient` is missing, so
/// minimisers and barostats refuse, and constant-energy dynamics drift. The net correction is taken out so that momentum is
/// conserved; its size is in the log.
public final class DirectEnsemble: Potential, MemberReporting {
    public static let entry = PotentialStyle(
        "ensemble/direct", usage: "pair_style ensemble/direct FILE.safetensors \(DeviationOptions.usage)\n    \(StackedCore.usage)"
    ) { words, setup in
        let (word, file) = try StackFile.read(&words, setup, kind: .direct)
        var options = DeviationOptions()
        while try options.read(&words) {}
        return DirectEnsemble(try StackedCore("ensemble/direct", file, at: word, &words, options, setup))
    }

    public let style = "ensemble/direct"
    let core: StackedCore
    /// |sum_j G_j| of the last evaluation and the largest since `resetOwnSeconds`, force units.
    public private(set) var netCorrection = 0.0, largestNetCorrection = 0.0

    init(_ core: StackedCore) { self.core = core }

    /// Of members that are ready, with weights from a seed: for tests.
    public convenience init(_ members: [any Potential], _ configuration: StackConfiguration, learner: StackLearner) throws {
        self.init(try StackedCore("ensemble/direct", members, configuration, learner.tensorDictionary))
    }

    public var judge: MemberJudge { core.judge }
    public var members: [any Potential] { core.memberSet.potentials }
    public var requirements: Requirements { core.requirements }
    /// What all bases have; never a gradient.
    public var capabilities: Capabilities {
        members.prefix(core.bases).reduce(Capabilities.all) { $0.intersection($1.capabilities) }.subtracting(.gradient)
    }
    public var energyIsOf: String? { "the weighted mean of \(style)'s members" }
    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws { try core.memberSet.coefficients(&words, setup) }
    public func prepare(_ setup: PotentialSetup) throws { try core.prepare(setup) }
    public func culprit(atom i: Int) -> String { core.culprit(atom: i) }
    public var ownSeconds: [(name: String, seconds: Double)] { core.clock.rows }
    public func resetOwnSeconds() {
        core.clock.reset()
        largestNetCorrection = 0
    }
    public var remarks: [String] {
        func short(_ x: Double) -> String { (try? NumberFormat("%.4g").string(x)) ?? "\(x)" }
        let size = "last \(short(netCorrection)), largest \(short(largestNetCorrection)) (force units)"
        return ["\(style): net force of the correction, taken out of it: \(size)"]
    }

    public var summary: String {
        core.summary(["forces are not the gradient of an energy: energies and virials are those of the weighted mean of its members"])
    }

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        core.forward(atoms, list, context, into: &forces)
        var corrections = Column<Vector>(repeating: .zero, count: atoms.owned)
        var sums = [0.0, 0, 0, 0]
        for i in 0..<atoms.owned {
            let g = core.evaluator.force(i) * core.forceScale
            corrections[i] = g
            sums = [sums[0] + g.x, sums[1] + g.y, sums[2] + g.z, sums[3] + 1]
        }
        context.communicator.all(.sum, &sums)
        let net = Vector(sums[0], sums[1], sums[2], 0), count = Swift.max(1, sums[3])
        // A force that is not a number stops the run at its atom: spread over all atoms it would hide where it came from.
        let mean = net.dot(net).isFinite ? net / count : .zero
        netCorrection = net.dot(net).squareRoot()
        largestNetCorrection = Swift.max(largestNetCorrection, netCorrection)
        for i in 0..<atoms.owned { forces.force[i] += corrections[i] - mean }
    }
}
