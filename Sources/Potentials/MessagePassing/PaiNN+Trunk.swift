import Domain

/// PaiNN's body: T times an interaction with the neighbours and a mixing within the atom (Schuett, Unke, Gastegger, ICML 2021, fig. 2),
/// of scalar features q [F] and vector features mu [3, F]. What q and mu start from and what is read from them in the end is up to
/// whoever holds a trunk: the potential `painn` starts from the species, stacked ensembles from their members' forces.
///
/// See `painnMessages` and `PaiNNMixing` for the formulas.
final class PaiNNTrunk<S: FeatureScalar> {
    /// Padded number of features.
    let features: Int
    let epsilon: Double
    let table: FilterTable<S>
    /// Whether mu is read behind the last mixing.
    let endsInVectors: Bool
    let q = Features<S>(), mu = Features<S>(), qAdjoint = Features<S>(), muAdjoint = Features<S>()
    let context: [DenseNetwork<S>]
    let channelMix: [DenseLayer<S>]
    let mixingContext: [DenseNetwork<S>]
    /// What training adds up of the filters; nil where the trunk is only evaluated.
    var filterGradient: FilterGradient<S>?

    /// [species][3 F]: contexts of the first interaction where the trunk starts from the species. They are the same on every rank and
    /// independent of positions; there are no vectors then. Empty where it starts from the q and mu that atoms' owners have put there.
    private let embeddedContext: Column<S>
    private var startsFromSpecies: Bool { !embeddedContext.isEmpty }
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
        [q, mu, qAdjoint, muAdjoint, messageAdjoint].map(\.values) + [contextAdjoint, mixedAdjoint] + steps.flatMap(\.scratch)
    }

    /// - Parameters:
    ///   - source: the weights, under SchNetPack's names behind `root`. - features: F, unpadded.
    ///   - embedding: [species][F padded] where the trunk starts from the species, else empty.
    init(
        _ source: some TensorSource, root: String, features f: Int, interactions count: Int, activation: Activation, epsilon: Double,
        table: FilterTable<S>, embedding: borrowing Column<S>, endsInVectors: Bool
    ) throws {
        (self.epsilon, self.table, self.endsInVectors) = (epsilon, table, endsInVectors)
        features = paddedFeatures(f)
        context = try (0..<count).map { t in
            let name = "\(root)interactions.\(t).interatomic_context_net"
            return DenseNetwork(
                try source.layer("\(name).0", rows: f, columns: f, bias: true, activation: activation),
                try source.layer("\(name).1", rows: 3 * f, columns: f, bias: true, outputBlocks: 3))
        }
        channelMix = try (0..<count).map { t in
            try source.layer("\(root)mixing.\(t).mu_channel_mix", rows: 2 * f, columns: f, bias: false, outputBlocks: 2)
        }
        mixingContext = try (0..<count).map { t in
            let name = "\(root)mixing.\(t).intraatomic_context_net"
            return DenseNetwork(
                try source.layer("\(name).0", rows: f, columns: 2 * f, bias: true, activation: activation, inputBlocks: 2),
                try source.layer("\(name).1", rows: 3 * f, columns: f, bias: true, outputBlocks: 3))
        }
        steps = zip(context, mixingContext).map { Step($0, $1) }
        let rows = embedding.count
        var embedded = Column<S>(repeating: 0, count: rows * 3)
        if rows > 0 {
            context[0].forward(
                SIMD8<S>.self, embedding.pointer, stride: features, into: embedded.pointer, stride: 3 * features, rows: rows / features,
                tape: steps[0].contextTape)
        }
        embedded.resize(to: rows * 3, filling: 0)
        embeddedContext = embedded
    }

    /// From the first q and mu of owned atoms to the last.
    func forward<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, species: borrowing Column<Int32>, owned: Int, halo: Halo
    ) where L.Scalar == S {
        let atoms = species.count, f = features, last = steps.count - 1
        let q = self.q.rows(lane), mu = self.mu.rows(lane)
        for (t, step) in steps.enumerated() {
            let m = step.message.sized(lane, atoms * 6 * f)
            let hasVectors = t > 0 || !startsFromSpecies
            if hasVectors {
                context[t].forward(lane, q.active, stride: f, into: m.active, stride: 6 * f, rows: owned, tape: step.contextTape)
                for i in 0..<owned { (m.active + i * 6 * f + 3 * f).update(from: mu.active + i * 3 * f, count: 3 * f) }
                step.message.forward(lane, halo, stride: 6 * f)
            } else if L.isDual {
                m.active.update(repeating: 0, count: atoms * 6 * f)
            } else {
                spread(embeddedContext, width: 3 * f, species: species, atoms: atoms, into: m.active, stride: 6 * f)
            }
            table.prepare(interaction: t, pairs)
            painnMessages(lane, pairs, table, interaction: t, owned: owned, hasVectors: hasVectors, messages: m, q: q, mu: mu)
            let v = step.mixed.sized(lane, owned * 6 * f), n = step.input.sized(lane, owned * 2 * f)
            let k = step.mixture.sized(lane, owned * 3 * f)
            channelMix[t].gradient?.note(lane, input: mu.active, stride: f, rows: 3 * owned)
            channelMix[t].product(mu.active, stride: f, into: v.active, stride: 2 * f, rows: 3 * owned)
            let mixing = PaiNNMixing<L>(features: f, owned: owned, isLast: t == last && !endsInVectors, mixed: v)
            mixing.inputs(q: q, epsilon: epsilon, into: n)
            mixingContext[t].forward(lane, n.active, stride: 2 * f, into: k.active, stride: 3 * f, rows: owned, tape: step.mixingTape)
            mixing.update(context: k, q: q, mu: mu)
        }
    }

    /// From the adjoints of the last q and mu (zero on ghosts) to those of the first, and the pairs' gradient. A trunk that starts from
    /// the species ends with the pairs of its first interaction.
    /// - Parameter keeps: keep in the plain pass what the pass on duals needs.
    func backward<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, owned: Int, atoms: Int, halo: Halo, keeps: Bool
    ) where L.Scalar == S {
        let f = features, last = steps.count - 1
        let dq = qAdjoint.rows(lane), dmu = muAdjoint.rows(lane)
        for (t, step) in steps.enumerated().reversed() {
            let n = step.input.rows(lane), k = step.mixture.rows(lane)
            let dk = contextAdjoint.sized(owned * 3 * f), dv = mixedAdjoint.sized(owned * 6 * f)
            let dn = step.inputAdjoint.sized(lane, owned * 2 * f)
            let isLast = t == last && !endsInVectors
            let mixing = PaiNNMixing<L>(features: f, owned: owned, isLast: isLast, mixed: step.mixed.rows(lane))
            let (q1, mu1) = adjoints(lane, dq, dmu, atoms, keptIn: step.qAfter, step.muAfter, keeps: keeps)
            mixing.contextAdjoints(q: q1, mu: mu1, into: dk)
            mixingContext[t].backward(
                lane, dk, stride: 3 * f, into: dn.active, stride: 2 * f, rows: owned, tape: step.mixingTape, adding: false, keeps: keeps)
            mixing.mixedAdjoints(context: k, input: n, inputAdjoint: dn, q: q1, mu: mu1, into: dv)
            channelMix[t].gradient?.note(lane, output: dv, stride: 2 * f, rows: 3 * owned)
            channelMix[t].adjointProduct(dv, stride: 2 * f, into: dmu.active, stride: f, rows: 3 * owned, adding: !isLast)

            let (q2, mu2) = adjoints(lane, dq, dmu, atoms, keptIn: step.qBetween, step.muBetween, keeps: keeps)
            let dm = messageAdjoint.zeroed(lane, atoms * 6 * f)
            let hasVectors = t > 0 || !startsFromSpecies
            table.prepare(interaction: t, pairs)
            painnAdjoints(
                lane, pairs, table, interaction: t, owned: owned, hasVectors: hasVectors, messages: step.message.rows(lane), q: q2,
                mu: mu2, adjoints: dm)
            if let filterGradient, L.isDual == (filterGradient.kind == .tangent) {
                painnFilterGradient(
                    lane, pairs, table, interaction: t, owned: owned, messages: step.message.rows(lane), q: q2, mu: mu2,
                    into: filterGradient)
            }
            guard hasVectors else { break }
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

extension PaiNNTrunk {
    /// Every dense layer under SchNetPack's name behind `root`.
    func layers(root: String) -> [(name: String, layer: DenseLayer<S>)] {
        context.indices.flatMap { t in
            let mixing = "\(root)mixing.\(t)"
            return context[t].layers.enumerated().map { ("\(root)interactions.\(t).interatomic_context_net.\($0)", $1) }
                + [("\(mixing).mu_channel_mix", channelMix[t])]
                + mixingContext[t].layers.enumerated().map { ("\(mixing).intraatomic_context_net.\($0)", $1) }
        }
    }
}
