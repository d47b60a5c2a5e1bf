import Domain

/// The weights of a SchNet and the memory of its passes.
///
/// Atom features x [F], filters and their products h, m [Nf]; T interactions (Schuett et al., J. Chem. Phys. 148, 241722 (2018)):
///
///     h = in2f x,   m_i = sum_j h_j W_t(d_ij),   x_i += f2out(m_i);   e_i = readout(x_i)
final class SchNetNetwork<S: FeatureScalar>: MessagePassingNetwork {
    typealias Scalar = S

    let embedding: Embedding<S>
    /// [species][Nf]: the first interaction's features, which are the same on every rank and independent of positions; empty in a network
    /// that learns, whose embedding changes.
    private let embeddedFeatures: Column<S>
    let featureCount: Int
    let filterCount: Int
    let in2f: [DenseLayer<S>]
    let f2out: [DenseNetwork<S>]
    let table: FilterTable<S>
    let readout: Readout<S>
    let parameterCount: Int
    /// Of a network that learns.
    private(set) var parameters: [ParameterGroup] = []
    private let filterGradient: FilterGradient<S>?
    private var startsFromSpecies: Bool { !embeddedFeatures.isEmpty }

    private let x = Features<S>(), adjoint = Features<S>(), spare = FeatureArray<S>(), message = Features<S>()
    private let featureAdjoint = Features<S>()
    private let feature: [Features<S>]
    private let messageAdjoint: [Features<S>]
    private let tapes: [DenseTape<S>]

    var scratch: [FeatureArray<S>] {
        [x, adjoint, message, featureAdjoint].map(\.values) + [spare] + (feature + messageAdjoint).map(\.values) + readout.scratch
            + tapes.flatMap(\.all)
    }

    /// - Parameters:
    ///   - numbers: atomic number of each species.
    ///   - mode: how filters are evaluated where the network does not learn.
    ///   - kind: which gradient the network adds up for training; nil where it is only evaluated.
    init(_ file: ModelFile, numbers: [Int], mode: FilterMode, learns kind: GradientKind? = nil) throws {
        let d = file.description
        let f = d.n_atom_basis, n = d.n_filters ?? f, interactions = d.n_interactions
        let activation = try file.activation(d.activation)
        let basis = try file.radialBasis(), cutoff = try file.cutoffFunction()
        let root = "representation."
        embedding = try file.embedding(numbers)
        in2f = try (0..<interactions).map {
            try file.layer("\(root)interactions.\($0).in2f", rows: n, columns: f, bias: false, of: S.self)
        }
        f2out = try (0..<interactions).map { t in
            DenseNetwork([
                try file.layer("\(root)interactions.\(t).f2out.0", rows: f, columns: n, bias: true, activation: activation, of: S.self),
                try file.layer("\(root)interactions.\(t).f2out.1", rows: f, columns: f, bias: true, of: S.self),
            ])
        }
        let filters = try (0..<interactions).map { t in
            let name = "\(root)interactions.\(t).filter_network"
            return (
                name: name,
                layers: [
                    try file.layer("\(name).0", rows: n, columns: d.n_rbf, bias: true, activation: activation, of: Double.self),
                    try file.layer("\(name).1", rows: n, columns: n, bias: true, of: Double.self),
                ]
            )
        }
        featureCount = paddedFeatures(f)
        filterCount = paddedFeatures(n)
        let trainable = kind.map { _ in TrainableFilterNetworks<S>(filters, basis: basis, cutoff: cutoff) }
        table = trainable?.table ?? FilterTable(
            filters.map { FilterNetwork(basis: basis, cutoff: cutoff, layers: $0.layers) }, components: 1, features: filterCount,
            mode: mode)
        readout = Readout(try file.readout(of: S.self))
        feature = (0..<interactions).map { _ in Features() }
        messageAdjoint = (0..<interactions).map { _ in Features() }
        tapes = f2out.map { $0.makeTape() }
        parameterCount = file.parameterCount
        var embedded = Column<S>()
        if kind == nil {
            embedded.resize(to: numbers.count * filterCount, filling: 0)
            in2f[0].product(
                embedding.rows.pointer, stride: featureCount, into: embedded.pointer, stride: filterCount, rows: numbers.count)
        }
        embeddedFeatures = embedded
        filterGradient = kind.map { FilterGradient(trainable!.table, $0) }
        guard let kind, let trainable, let filterGradient else { return }
        var layers: [(name: String, layer: DenseLayer<S>)] = []
        for t in 0..<interactions {
            let name = "\(root)interactions.\(t)."
            layers.append((name + "in2f", in2f[t]))
            layers += f2out[t].layers.enumerated().map { (name + "f2out.\($0)", $1) }
        }
        layers += file.layers(readout)
        for layer in layers.map(\.layer) { layer.gradient = LayerGradient(layer, kind) }
        parameters = [embedding.parameters(root + "embedding"), trainable.parameters(filterGradient)] + layers.map(ParameterGroup.init)
    }

    func run<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, species: borrowing Column<Int32>, owned: Int, halo: Halo,
        seeds: borrowing Column<Double>, energies: inout Column<Double>, keeps: Bool
    ) where L.Scalar == S {
        let atoms = species.count, f = featureCount, n = filterCount
        let x = self.x.zeroed(lane, owned * f), y = spare.sized(owned * f)
        if !L.isDual { embedding.add(species: species, owned: owned, to: x.active) }
        for t in in2f.indices {
            let h = feature[t].sized(lane, atoms * n)
            if t > 0 || !startsFromSpecies {
                in2f[t].gradient?.note(lane, input: x.active, stride: f, rows: owned)
                in2f[t].product(x.active, stride: f, into: h.active, stride: n, rows: owned)
                feature[t].forward(lane, halo, stride: n)
            } else if L.isDual {
                h.active.update(repeating: 0, count: atoms * n)
            } else {
                spread(embeddedFeatures, width: n, species: species, atoms: atoms, into: h.active, stride: n)
            }
            table.prepare(interaction: t, pairs)
            let m = message.zeroed(lane, atoms * n)
            schNetMessages(lane, pairs, table, interaction: t, owned: owned, features: h, messages: m)
            f2out[t].forward(lane, m.active, stride: n, into: y, stride: f, rows: owned, tape: tapes[t])
            accumulate(y, into: x.active, count: owned * f)
        }
        let a = adjoint.sized(lane, owned * f)
        readout.run(lane, x.active, adjoints: a.active, owned: owned, seeds: seeds, energies: &energies, keeps: keeps)
        for t in in2f.indices.reversed() {
            y.update(from: a.active, count: owned * f)
            let m = messageAdjoint[t].zeroed(lane, atoms * n)
            f2out[t].backward(
                lane, y, stride: f, into: m.active, stride: n, rows: owned, tape: tapes[t], adding: false, keeps: keeps)
            let g = featureAdjoint.zeroed(lane, atoms * n), wantsFeatures = t > 0 || !startsFromSpecies
            table.prepare(interaction: t, pairs)
            schNetAdjoints(
                lane, pairs, table, interaction: t, owned: owned, features: feature[t].rows(lane), messageAdjoints: m,
                featureAdjoints: g, wantsFeatures: wantsFeatures)
            if let filterGradient, L.isDual == (filterGradient.kind == .tangent) {
                schNetFilterGradient(
                    lane, pairs, table, interaction: t, owned: owned, features: feature[t].rows(lane), messageAdjoints: m,
                    into: filterGradient)
            }
            guard wantsFeatures else { break }
            featureAdjoint.reverse(lane, halo, stride: n)
            in2f[t].gradient?.note(lane, output: g.active, stride: n, rows: owned)
            in2f[t].adjointProduct(g.active, stride: n, into: a.active, stride: f, rows: owned, adding: true)
        }
        if let filterGradient, L.isDual == (filterGradient.kind == .tangent) {
            embedding.learn(a.active, species: species, owned: owned)
        }
    }
}
