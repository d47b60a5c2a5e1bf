import Domain

/// The weights of a PaiNN and its two passes: q starts from the species' embedding, the energy is read from q. See `PaiNNTrunk`.
final class PaiNNNetwork<S: FeatureScalar>: MessagePassingNetwork {
    typealias Scalar = S

    let embedding: Embedding<S>
    let trunk: PaiNNTrunk<S>
    let readout: Readout<S>
    let parameterCount: Int
    /// Of a network that learns.
    private(set) var parameters: [ParameterGroup] = []

    var table: FilterTable<S> { trunk.table }
    var scratch: [FeatureArray<S>] { trunk.scratch + readout.scratch }

    /// - Parameters:
    ///   - numbers: atomic number of each species.
    ///   - mode: how filters are evaluated where the network does not learn.
    ///   - kind: which gradient the network adds up for training; nil where it is only evaluated.
    init(_ file: ModelFile, numbers: [Int], mode: FilterMode, learns kind: GradientKind? = nil) throws {
        let d = file.description
        let f = d.n_atom_basis, count = d.n_interactions
        let basis = try file.radialBasis(), cutoff = try file.cutoffFunction()
        let root = "representation."
        guard let epsilon = d.epsilon, epsilon > 0 else { throw file.fail("epsilon is \(d.epsilon ?? 0); expected a positive number") }
        embedding = try file.embedding(numbers)
        let trainable = kind.map { _ in TrainableFilters<S>(basis: basis, cutoff: cutoff, interactions: count, features: f) }
        let table = try trainable?.table ?? FilterTable(
            painnFilters(
                file.tensors, root: root, features: f, interactions: count, basis: basis, cutoff: cutoff,
                isShared: d.shared_filters ?? false),
            components: 3, features: paddedFeatures(f), mode: mode)
        // While the embedding changes, the first interaction's contexts are not known in advance.
        let start = kind == nil ? embedding.rows.copy() : Column<S>()
        trunk = try PaiNNTrunk(
            file.tensors, root: root, features: f, interactions: count, activation: try file.activation(d.activation), epsilon: epsilon,
            table: table, embedding: start, endsInVectors: false)
        readout = Readout(try file.readout(of: S.self))
        parameterCount = file.parameterCount
        guard let kind, let trainable else { return }
        let layers = trunk.layers(root: root) + file.layers(readout)
        for layer in layers.map(\.layer) { layer.gradient = LayerGradient(layer, kind) }
        let gradient = FilterGradient(table, kind)
        trunk.filterGradient = gradient
        parameters = [embedding.parameters(root + "embedding"), trainable.parameters(root + "filter_net", gradient)]
            + layers.map(ParameterGroup.init)
    }

    func run<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, species: borrowing Column<Int32>, owned: Int, halo: Halo,
        seeds: borrowing Column<Double>, energies: inout Column<Double>, keeps: Bool
    ) where L.Scalar == S {
        let atoms = species.count, f = trunk.features
        let q = trunk.q.zeroed(lane, atoms * f)
        _ = trunk.mu.zeroed(lane, atoms * 3 * f)
        if !L.isDual { embedding.add(species: species, owned: owned, to: q.active) }
        trunk.forward(lane, pairs, species: species, owned: owned, halo: halo)
        let dq = trunk.qAdjoint.zeroed(lane, atoms * f)
        _ = trunk.muAdjoint.zeroed(lane, atoms * 3 * f)
        readout.run(lane, q.active, adjoints: dq.active, owned: owned, seeds: seeds, energies: &energies, keeps: keeps)
        trunk.backward(lane, pairs, owned: owned, atoms: atoms, halo: halo, keeps: keeps)
        if let kind = trunk.filterGradient?.kind, L.isDual == (kind == .tangent) {
            embedding.learn(dq.active, species: species, owned: owned)
        }
    }
}

/// The filters of a PaiNN: one linear layer for all interactions, cut into theirs (the same one for all where filters are shared).
func painnFilters(
    _ source: some TensorSource, root: String, features f: Int, interactions count: Int, basis: RadialBasis, cutoff: CutoffFunction,
    isShared: Bool
) throws -> [FilterNetwork] {
    let rows = (isShared ? 1 : count) * 3 * f, width = basis.count
    let weights = try source.tensor(root + "filter_net.weight", shape: [rows, width])
    let bias = try source.tensor(root + "filter_net.bias", shape: [rows])
    return (0..<count).map { t in
        let first = (isShared ? 0 : t) * 3 * f
        return FilterNetwork(
            basis: basis, cutoff: cutoff,
            layers: [
                DenseLayer<Double>(
                    weights: Array(weights[first * width..<(first + 3 * f) * width]), rows: 3 * f, columns: width,
                    bias: Array(bias[first..<first + 3 * f]), activation: .identity, outputBlocks: 3)
            ])
    }
}
