import Domain

/// The weights of a PaiNN and the memory of its passes.
///
/// T times an interaction with the neighbours and a mixing within the atom (Schuett, Unke, Gastegger, ICML 2021, fig. 2), of scalar
/// features q [F] and vector features mu [3, F]; the energy is read from q. See `painnMessages` and `PaiNNMixing`.
final class PaiNNNetwork<S: FeatureScalar>: MessagePassingNetwork {
    typealias Scalar = S

    /// [species][F], and [species][3 F] after the first context network.
    let embedding: Column<S>
    let embeddedContext: Column<S>
    let features: Int
    let epsilon: Double
    let context: [DenseNetwork<S>]
    let channelMix: [DenseLayer<S>]
    let mixingContext: [DenseNetwork<S>]
    let table: FilterTable<S>
    let readout: Readout<S>
    let parameterCount: Int

    private let q = Features<S>(), mu = Features<S>(), qAdjoint = Features<S>(), muAdjoint = Features<S>()
    private let messageAdjoint = Features<S>(), contextAdjoint = FeatureArray<S>(), mixedAdjoint = FeatureArray<S>()
    private let steps: [Step]

    /// What passes keep of one interaction and mixing.
    private final class Step {
        let message = Features<S>(), mixed = Features<S>(), input = Features<S>(), mixture = Features<S>()
        let inputAdjoint = Features<S>()
        /// Adjoints of q and mu behind the mixing, and between interaction and mixing, for the pass on duals.
        let qAfter = FeatureArray<S>(), muAfter = FeatureArray<S>(), qBetween = FeatureArray<S>(), muBetween = FeatureArray<S>()
        let contextTape: DenseTape<S>, mixingTape: DenseTape<S>

        init(_ context: DenseNetwork<S>, _ mixing: DenseNetwork<S>) {
            contextTape = context.makeTape()
            mixingTape = mixing.makeTape()
        }

        var scratch: [FeatureArray<S>] {
            [message, mixed, input, mixture, inputAdjoint].map(\.values) + contextTape.all + mixingTape.all
        }
    }

    var scratch: [FeatureArray<S>] {
        [q, mu, qAdjoint, muAdjoint, messageAdjoint].map(\.values) + [contextAdjoint, mixedAdjoint] + readout.scratch
            + steps.flatMap(\.scratch)
    }

    /// - Parameter numbers: atomic number of each species.
    init(_ file: ModelFile, numbers: [Int], mode: FilterMode) throws {
        let d = file.description
        let f = d.n_atom_basis, count = d.n_interactions
        let activation = try file.activation(d.activation)
        let basis = try file.radialBasis(), cutoff = try file.cutoffFunction()
        let root = "representation."
        guard let epsilon = d.epsilon, epsilon > 0 else { throw file.fail("epsilon is \(d.epsilon ?? 0); expected a positive number") }
        self.epsilon = epsilon
        embedding = try file.embedding(numbers, of: S.self)
        context = try (0..<count).map { t in
            let name = "\(root)interactions.\(t).interatomic_context_net"
            return DenseNetwork([
                try file.layer("\(name).0", rows: f, columns: f, bias: true, activation: activation, of: S.self),
                try file.layer("\(name).1", rows: 3 * f, columns: f, bias: true, outputBlocks: 3, of: S.self),
            ])
        }
        channelMix = try (0..<count).map { t in
            try file.layer("\(root)mixing.\(t).mu_channel_mix", rows: 2 * f, columns: f, bias: false, outputBlocks: 2, of: S.self)
        }
        mixingContext = try (0..<count).map { t in
            let name = "\(root)mixing.\(t).intraatomic_context_net"
            return DenseNetwork([
                try file.layer("\(name).0", rows: f, columns: 2 * f, bias: true, activation: activation, inputBlocks: 2, of: S.self),
                try file.layer("\(name).1", rows: 3 * f, columns: f, bias: true, outputBlocks: 3, of: S.self),
            ])
        }
        // One linear layer for all interactions, cut into theirs (the same one for all where filters are shared).
        let shared = d.shared_filters ?? false
        let rows = (shared ? 1 : count) * 3 * f
        let weights = try file.tensors.tensor(root + "filter_net.weight", shape: [rows, d.n_rbf])
        let bias = try file.tensors.tensor(root + "filter_net.bias", shape: [rows])
        let filters = (0..<count).map { t in
            let first = (shared ? 0 : t) * 3 * f
            return FilterNetwork(
                basis: basis, cutoff: cutoff,
                layers: [
                    DenseLayer<Double>(
                        weights: Array(weights[first * d.n_rbf..<(first + 3 * f) * d.n_rbf]), rows: 3 * f, columns: d.n_rbf,
                        bias: Array(bias[first..<first + 3 * f]), activation: .identity, outputBlocks: 3)
                ])
        }
        features = paddedFeatures(f)
        table = FilterTable(filters, components: 3, features: features, mode: mode)
        readout = Readout(try file.readout(of: S.self))
        parameterCount = file.parameterCount
        steps = zip(context, mixingContext).map { Step($0, $1) }
        var embedded = Column<S>(repeating: 0, count: numbers.count * 3 * features)
        context[0].forward(
            SIMD8<S>.self, embedding.pointer, stride: features, into: embedded.pointer, stride: 3 * features, rows: numbers.count,
            tape: steps[0].contextTape)
        embedded.resize(to: numbers.count * 3 * features, filling: 0)
        embeddedContext = embedded
    }

    func run<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, species: borrowing Column<Int32>, owned: Int, halo: Halo,
        seeds: borrowing Column<Double>, energies: inout Column<Double>, keeps: Bool
    ) where L.Scalar == S {
        let atoms = species.count, f = features, last = context.count - 1
        let q = self.q.zeroed(lane, atoms * f), mu = self.mu.zeroed(lane, atoms * 3 * f)
        if !L.isDual { spread(embedding, width: f, species: species, atoms: owned, into: q.active, stride: f) }

        for (t, step) in steps.enumerated() {
            let m = step.message.sized(lane, atoms * 6 * f)
            if t > 0 {
                context[t].forward(lane, q.active, stride: f, into: m.active, stride: 6 * f, rows: owned, tape: step.contextTape)
                for i in 0..<owned { (m.active + i * 6 * f + 3 * f).update(from: mu.active + i * 3 * f, count: 3 * f) }
                step.message.forward(lane, halo, stride: 6 * f)
            } else if L.isDual {
                m.active.update(repeating: 0, count: atoms * 6 * f)
            } else {
                // Contexts by species, of ghosts too; no vectors yet.
                spread(embeddedContext, width: 3 * f, species: species, atoms: atoms, into: m.active, stride: 6 * f)
            }
            table.prepare(interaction: t, pairs)
            painnMessages(lane, pairs, table, interaction: t, owned: owned, hasVectors: t > 0, messages: m, q: q, mu: mu)
            let v = step.mixed.sized(lane, owned * 6 * f), n = step.input.sized(lane, owned * 2 * f)
            let k = step.mixture.sized(lane, owned * 3 * f)
            channelMix[t].product(mu.active, stride: f, into: v.active, stride: 2 * f, rows: 3 * owned)
            let mixing = PaiNNMixing<L>(features: f, owned: owned, isLast: t == last, mixed: v)
            mixing.inputs(q: q, epsilon: epsilon, into: n)
            mixingContext[t].forward(lane, n.active, stride: 2 * f, into: k.active, stride: 3 * f, rows: owned, tape: step.mixingTape)
            mixing.update(context: k, q: q, mu: mu)
        }

        let dq = qAdjoint.zeroed(lane, atoms * f), dmu = muAdjoint.zeroed(lane, atoms * 3 * f)
        readout.run(lane, q.active, adjoints: dq.active, owned: owned, seeds: seeds, energies: &energies, keeps: keeps)

        for (t, step) in steps.enumerated().reversed() {
            let n = step.input.rows(lane), k = step.mixture.rows(lane)
            let dk = contextAdjoint.sized(owned * 3 * f), dv = mixedAdjoint.sized(owned * 6 * f)
            let dn = step.inputAdjoint.sized(lane, owned * 2 * f)
            let mixing = PaiNNMixing<L>(features: f, owned: owned, isLast: t == last, mixed: step.mixed.rows(lane))
            let (q1, mu1) = adjoints(lane, dq, dmu, atoms, keptIn: step.qAfter, step.muAfter, keeps: keeps)
            mixing.contextAdjoints(q: q1, mu: mu1, into: dk)
            mixingContext[t].backward(
                lane, dk, stride: 3 * f, into: dn.active, stride: 2 * f, rows: owned, tape: step.mixingTape, adding: false, keeps: keeps)
            mixing.mixedAdjoints(context: k, input: n, inputAdjoint: dn, q: q1, mu: mu1, into: dv)
            channelMix[t].adjointProduct(dv, stride: 2 * f, into: dmu.active, stride: f, rows: 3 * owned, adding: t != last)

            let (q2, mu2) = adjoints(lane, dq, dmu, atoms, keptIn: step.qBetween, step.muBetween, keeps: keeps)
            let dm = messageAdjoint.zeroed(lane, atoms * 6 * f)
            table.prepare(interaction: t, pairs)
            painnAdjoints(
                lane, pairs, table, interaction: t, owned: owned, hasVectors: t > 0, messages: step.message.rows(lane), q: q2, mu: mu2,
                adjoints: dm)
            guard t > 0 else { break }
            messageAdjoint.reverse(lane, halo, stride: 6 * f)
            context[t].backward(
                lane, dm.active, stride: 6 * f, into: dq.active, stride: f, rows: owned, tape: step.contextTape, adding: true, keeps: keeps)
            for i in 0..<owned { accumulate(dm.active + i * 6 * f + 3 * f, into: dmu.active + i * 3 * f, count: 3 * f) }
        }
    }

    /// The adjoints q' and mu' here: in the plain pass as they are (kept where asked); in the pass on duals with the values kept then.
    private func adjoints<L: FeatureLane>(
        _ lane: L.Type, _ q: FeatureRows<S>, _ mu: FeatureRows<S>, _ atoms: Int, keptIn qKept: FeatureArray<S>, _ muKept: FeatureArray<S>,
        keeps: Bool
    ) -> (FeatureRows<S>, FeatureRows<S>) where L.Scalar == S {
        if keeps, !L.isDual {
            qKept.sized(atoms * features).update(from: q.active, count: atoms * features)
            muKept.sized(atoms * 3 * features).update(from: mu.active, count: atoms * 3 * features)
        }
        return (q.with(lane, kept: qKept), mu.with(lane, kept: muKept))
    }
}
