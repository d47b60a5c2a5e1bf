import Domain

/// The weights of a SchNet and the memory of its passes.
///
/// Atom features x [F], filters and their products h, m [Nf]; T interactions (Schuett et al., J. Chem. Phys. 148, 241722 (2018)):
///
///     h = in2f x,   m_i = sum_j h_j W_t(d_ij),   x_i += f2out(m_i);   e_i = readout(x_i)
final class SchNetNetwork<S: FeatureScalar>: MessagePassingNetwork {
    typealias Scalar = S

    /// [species][F] and, for the first interaction, [species][Nf] after in2f.
    let embedding: Column<S>
    let embeddedFeatures: Column<S>
    let featureCount: Int
    let filterCount: Int
    let in2f: [DenseLayer<S>]
    let f2out: [DenseNetwork<S>]
    let table: FilterTable<S>
    let readout: Readout<S>
    let parameterCount: Int

    let x = FeatureArray<S>()
    let adjoint = FeatureArray<S>()
    let spare = FeatureArray<S>()
    let message = FeatureArray<S>()
    let messageAdjoint = FeatureArray<S>()
    let feature: [FeatureArray<S>]
    let featureAdjoint = FeatureArray<S>()
    let tapes: [DenseTape<S>]

    /// - Parameter numbers: atomic number of each species.
    init(_ file: ModelFile, numbers: [Int], mode: FilterMode) throws {
        let d = file.description
        let f = d.n_atom_basis, n = d.n_filters ?? f, interactions = d.n_interactions
        let activation = try file.activation(d.activation)
        let basis = try file.radialBasis(), cutoff = try file.cutoffFunction()
        let root = "representation."
        embedding = try file.embedding(numbers, of: S.self)
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
            return FilterNetwork(
                basis: basis, cutoff: cutoff,
                layers: [
                    try file.layer("\(name).0", rows: n, columns: d.n_rbf, bias: true, activation: activation, of: Double.self),
                    try file.layer("\(name).1", rows: n, columns: n, bias: true, of: Double.self),
                ])
        }
        featureCount = paddedFeatures(f)
        filterCount = paddedFeatures(n)
        table = FilterTable(filters, components: 1, features: filterCount, mode: mode)
        readout = Readout(try file.readout(of: S.self))
        feature = (0..<interactions).map { _ in FeatureArray() }
        tapes = f2out.map { $0.makeTape() }
        parameterCount = file.parameterCount
        var embedded = Column<S>(repeating: 0, count: numbers.count * filterCount)
        in2f[0].product(embedding.pointer, stride: featureCount, into: embedded.pointer, stride: filterCount, rows: numbers.count)
        embedded.resize(to: numbers.count * filterCount, filling: 0)
        embeddedFeatures = embedded
    }

    func run<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, species: borrowing Column<Int32>, owned: Int, halo: Halo,
        seeds: borrowing Column<Double>, energies: inout Column<Double>
    ) where L.Scalar == S {
        let planes = L.planes, atoms = species.count, rows = owned * planes
        let x = self.x.sized(rows * featureCount), y = spare.sized(rows * featureCount)
        spread(embedding, width: featureCount, planes: planes, species: species, atoms: owned, into: x)
        for t in in2f.indices {
            let h = feature[t].sized(atoms * planes * filterCount)
            if t == 0 {
                spread(embeddedFeatures, width: filterCount, planes: planes, species: species, atoms: atoms, into: h)
            } else {
                in2f[t].product(x, stride: featureCount, into: h, stride: filterCount, rows: rows)
                halo.forward(&feature[t].column, stride: planes * filterCount)
            }
            table.prepare(interaction: t, pairs)
            let m = message.zeroed(atoms * planes * filterCount)
            schNetMessages(lane, pairs, table, interaction: t, owned: owned, features: h, messages: m)
            f2out[t].forward(lane, m, stride: filterCount, into: y, stride: featureCount, atoms: owned, tape: tapes[t])
            accumulate(y, into: x, count: rows * featureCount)
        }
        let a = adjoint.sized(rows * featureCount)
        readout.run(lane, x, adjoints: a, owned: owned, seeds: seeds, energies: &energies)
        for t in in2f.indices.reversed() {
            y.update(from: a, count: rows * featureCount)
            let m = messageAdjoint.zeroed(atoms * planes * filterCount)
            f2out[t].backward(lane, y, stride: featureCount, into: m, stride: filterCount, atoms: owned, tape: tapes[t], adding: false)
            let h = feature[t].column.pointer, g = featureAdjoint.zeroed(atoms * planes * filterCount)
            table.prepare(interaction: t, pairs)
            schNetAdjoints(
                lane, pairs, table, interaction: t, owned: owned, features: h, messageAdjoints: m, featureAdjoints: g,
                wantsFeatures: t > 0)
            guard t > 0 else { break }
            halo.reverse(&featureAdjoint.column, stride: planes * filterCount)
            in2f[t].adjointProduct(g, stride: filterCount, into: a, stride: featureCount, rows: rows, adding: true)
        }
    }
}

extension ModelFile {
    /// The embedding's rows of these atomic numbers: [species][F], padded.
    func embedding<S: FeatureScalar>(_ numbers: [Int], of: S.Type) throws -> Column<S> {
        let f = description.n_atom_basis, padded = paddedFeatures(f)
        let all = try tensors.tensor("representation.embedding.weight", shape: [description.max_z, f])
        var rows = Column<S>(repeating: 0, count: numbers.count * padded)
        for (k, z) in numbers.enumerated() {
            for c in 0..<f { rows[k * padded + c] = S(all[z * f + c]) }
        }
        return rows
    }

    var parameterCount: Int {
        tensors.names.filter { $0.hasSuffix(".weight") || $0.hasSuffix(".bias") }
            .reduce(0) { $0 + (tensors.shape($1) ?? []).reduce(1, *) }
    }
}
