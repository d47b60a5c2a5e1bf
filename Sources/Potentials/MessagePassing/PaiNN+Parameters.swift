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

    private let q = FeatureArray<S>(), mu = FeatureArray<S>()
    private let qAdjoint = FeatureArray<S>(), muAdjoint = FeatureArray<S>()
    private let messageAdjoint = FeatureArray<S>(), contextAdjoint = FeatureArray<S>()
    private let inputAdjoint = FeatureArray<S>(), mixedAdjoint = FeatureArray<S>()
    private let message: [FeatureArray<S>]
    private let mixed: [FeatureArray<S>]
    private let input: [FeatureArray<S>]
    private let mixture: [FeatureArray<S>]
    private let contextTapes: [DenseTape<S>]
    private let mixingTapes: [DenseTape<S>]

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
        message = (0..<count).map { _ in FeatureArray() }
        mixed = (0..<count).map { _ in FeatureArray() }
        input = (0..<count).map { _ in FeatureArray() }
        mixture = (0..<count).map { _ in FeatureArray() }
        contextTapes = context.map { $0.makeTape() }
        mixingTapes = mixingContext.map { $0.makeTape() }
        var embedded = Column<S>(repeating: 0, count: numbers.count * 3 * features)
        context[0].forward(
            SIMD8<S>.self, embedding.pointer, stride: features, into: embedded.pointer, stride: 3 * features, atoms: numbers.count,
            tape: contextTapes[0])
        embedded.resize(to: numbers.count * 3 * features, filling: 0)
        embeddedContext = embedded
    }

    func run<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, species: borrowing Column<Int32>, owned: Int, halo: Halo,
        seeds: borrowing Column<Double>, energies: inout Column<Double>
    ) where L.Scalar == S {
        let atoms = species.count, f = features, planes = L.planes, last = context.count - 1
        let layout = PaiNNLayout(features: f, planes: planes)
        let mixing = PaiNNMixing<L>(features: f, owned: owned)
        let rows = owned * planes
        let q = self.q.zeroed(atoms * layout.scalarAtom), mu = self.mu.zeroed(atoms * layout.vectorAtom)
        spread(embedding, width: f, planes: planes, species: species, atoms: owned, into: q)

        for t in context.indices {
            let m = message[t].sized(atoms * layout.messageAtom)
            if t == 0 {
                spreadContext(species, atoms, layout, into: m)
            } else {
                context[t].forward(lane, q, stride: f, into: m, stride: layout.messagePlane, atoms: owned, tape: contextTapes[t])
                for r in 0..<rows { (m + r * layout.messagePlane + 3 * f).update(from: mu + r * 3 * f, count: 3 * f) }
                halo.forward(&message[t].column, stride: layout.messageAtom)
            }
            table.prepare(interaction: t, pairs)
            painnMessages(lane, pairs, table, interaction: t, owned: owned, hasVectors: t > 0, messages: m, q: q, mu: mu)
            let v = mixed[t].sized(rows * 6 * f), n = input[t].sized(rows * 2 * f), k = mixture[t].sized(rows * 3 * f)
            channelMix[t].product(mu, stride: f, into: v, stride: 2 * f, rows: 3 * rows)
            mixing.inputs(v, q: q, epsilon: epsilon, into: n)
            mixingContext[t].forward(lane, n, stride: 2 * f, into: k, stride: 3 * f, atoms: owned, tape: mixingTapes[t])
            mixing.update(v, context: k, q: q, mu: mu, isLast: t == last)
        }

        let dq = qAdjoint.zeroed(atoms * layout.scalarAtom), dmu = muAdjoint.zeroed(atoms * layout.vectorAtom)
        readout.run(lane, q, adjoints: dq, owned: owned, seeds: seeds, energies: &energies)

        for t in context.indices.reversed() {
            let v = mixed[t].column.pointer, n = input[t].column.pointer, k = mixture[t].column.pointer
            let dk = contextAdjoint.sized(rows * 3 * f), dn = inputAdjoint.sized(rows * 2 * f), dv = mixedAdjoint.sized(rows * 6 * f)
            mixing.contextAdjoints(v, q: dq, mu: dmu, isLast: t == last, into: dk)
            mixingContext[t].backward(lane, dk, stride: 3 * f, into: dn, stride: 2 * f, atoms: owned, tape: mixingTapes[t], adding: false)
            mixing.mixedAdjoints(v, context: k, input: n, inputAdjoint: dn, q: dq, mu: dmu, isLast: t == last, into: dv)
            channelMix[t].adjointProduct(dv, stride: 2 * f, into: dmu, stride: f, rows: 3 * rows, adding: t != last)

            let dm = t > 0 ? messageAdjoint.zeroed(atoms * layout.messageAtom) : messageAdjoint.sized(atoms * layout.messageAtom)
            table.prepare(interaction: t, pairs)
            painnAdjoints(
                lane, pairs, table, interaction: t, owned: owned, hasVectors: t > 0, messages: message[t].column.pointer, q: dq, mu: dmu,
                adjoints: dm)
            guard t > 0 else { break }
            halo.reverse(&messageAdjoint.column, stride: layout.messageAtom)
            context[t].backward(lane, dm, stride: layout.messagePlane, into: dq, stride: f, atoms: owned, tape: contextTapes[t], adding: true)
            for r in 0..<rows { accumulate(dm + r * layout.messagePlane + 3 * f, into: dmu + r * 3 * f, count: 3 * f) }
        }
    }

    /// The first interaction's messages: contexts by species for owned and ghost atoms alike, no vectors.
    private func spreadContext(
        _ species: borrowing Column<Int32>, _ atoms: Int, _ layout: PaiNNLayout, into m: UnsafeMutablePointer<S>
    ) {
        for i in 0..<atoms {
            let into = m + i * layout.messageAtom
            into.update(repeating: 0, count: layout.messageAtom)
            guard species[i] >= 0 else { continue }
            into.update(from: embeddedContext.pointer + Int(species[i]) * 3 * features, count: 3 * features)
        }
    }
}
