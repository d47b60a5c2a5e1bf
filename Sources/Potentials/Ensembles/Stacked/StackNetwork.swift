import Domain

/// The network of a stacked ensemble: PaiNN's body (`PaiNNTrunk`) on features that start from the species and the members' forces,
///
///     q_i = Emb(z_i) + A s_i,   mu_i = B V_i        s, V of `StackFeatures`
///
/// and a readout of what it ends with:
///
///     conservative: theta_i (and the gate's K logits) = network(q_i)           invariants
///     direct:       G_i = sum_f g_f(q_i) mu_if + sum_k h_k(q_i) D_ki          an equivariant vector, D_k = F_k - sum_l c_l F_l
///
/// Without members it is a PaiNN whose energy or force is learned directly: the baseline of the same size.
final class StackNetwork<S: FeatureScalar> {
    let configuration: StackConfiguration
    let embedding: Embedding<S>
    /// A and B; nil where there are no members' features.
    let scalarInput: DenseLayer<S>?
    let vectorInput: DenseLayer<S>?
    let trunk: PaiNNTrunk<S>
    let readout: DenseNetwork<S>
    /// nil where the network is only evaluated.
    let trainableFilters: TrainableFilters<S>?

    let scalars = Features<S>(), vectors = Features<S>()
    private let scalarAdjoint = FeatureArray<S>(), vectorAdjoint = FeatureArray<S>()
    private let output = Features<S>(), outputAdjoint = FeatureArray<S>()
    private let readoutTape: DenseTape<S>

    var features: Int { trunk.features }
    var scalarStride: Int { scalarInput?.inputs ?? 0 }
    var vectorStride: Int { vectorInput?.inputs ?? 0 }
    var scratch: [FeatureArray<S>] {
        [scalars, vectors, output].map(\.values) + [scalarAdjoint, vectorAdjoint, outputAdjoint] + readoutTape.all + trunk.scratch
    }

    /// - Parameter learns: which gradient the network adds up for training; nil for a network that is only evaluated, whose filters are
    ///   splines as exact as the precision warrants.
    init(_ configuration: StackConfiguration, _ source: some TensorSource, learns kind: GradientKind? = nil) throws {
        self.configuration = configuration
        let c = configuration, f = c.width
        embedding = try Embedding(source, "embedding", rows: c.elements.count, features: f, species: Array(c.elements.indices))
        if c.scalarCount > 0 {
            scalarInput = try source.layer("input.scalars", rows: f, columns: c.scalarCount, bias: false)
            vectorInput = try source.layer("input.vectors", rows: f, columns: c.vectorCount, bias: false)
        } else {
            (scalarInput, vectorInput) = (nil, nil)
        }
        let filters = try painnFilters(
            source, root: "", features: f, interactions: c.interactions, basis: c.radialBasis, cutoff: c.cutoffFunction, isShared: false)
        let table: FilterTable<S>
        if kind == nil {
            trainableFilters = nil
            table = FilterTable(filters, components: 3, features: f, mode: .spline)
        } else {
            let trainable = TrainableFilters<S>(
                basis: c.radialBasis, cutoff: c.cutoffFunction, interactions: c.interactions, features: f)
            trainableFilters = trainable
            table = trainable.table
        }
        trunk = try PaiNNTrunk(
            source, root: "", features: f, interactions: c.interactions, activation: .silu, epsilon: c.epsilon, table: table,
            embedding: Column(), endsInVectors: c.kind == .direct)
        readout = DenseNetwork(
            try source.layer("readout.0", rows: c.readoutWidth, columns: f, bias: true, activation: .silu),
            try source.layer("readout.1", rows: c.outputs, columns: c.readoutWidth, bias: true))
        readoutTape = readout.makeTape()
        if let kind {
            for layer in layers.map(\.layer) { layer.gradient = LayerGradient(layer, kind) }
            trunk.filterGradient = FilterGradient(table, kind)
        }
    }

    /// Fills the first q and mu of owned atoms from `scalars` and `vectors` and passes them on to the readout.
    func forward<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, species: borrowing Column<Int32>, owned: Int, halo: Halo
    ) where L.Scalar == S {
        let f = features, atoms = species.count
        let q = trunk.q.zeroed(lane, atoms * f), mu = trunk.mu.zeroed(lane, atoms * 3 * f)
        if let scalarInput, let vectorInput {
            let s = scalars.rows(lane).active, v = vectors.rows(lane).active
            scalarInput.gradient?.note(lane, input: s, stride: scalarInput.inputs, rows: owned)
            vectorInput.gradient?.note(lane, input: v, stride: vectorInput.inputs, rows: 3 * owned)
            scalarInput.product(s, stride: scalarInput.inputs, into: q.active, stride: f, rows: owned)
            vectorInput.product(v, stride: vectorInput.inputs, into: mu.active, stride: f, rows: 3 * owned)
        }
        if !L.isDual { embedding.add(species: species, owned: owned, to: q.active) }
        trunk.forward(lane, pairs, species: species, owned: owned, halo: halo)
        let y = output.zeroed(lane, owned * readout.outputs)
        readout.forward(
            lane, q.active, stride: f, into: y.active, stride: readout.outputs, rows: owned, tape: readoutTape)
    }

    /// Output `index` of owned atom i, of the last plain pass: theta, then the gate's logits; and its tangent of the last pass on duals.
    func output(_ i: Int, _ index: Int) -> Double { Double(output.values.column[i * readout.outputs + index]) }
    func outputTangent(_ i: Int, _ index: Int) -> Double { Double(output.tangents.column[i * readout.outputs + index]) }

    /// G of owned atom i, of the last plain pass.
    /// - Parameter differences: D_k of the atom.
    func force(_ i: Int, differences: [StackFeatures.Triple<Double>]) -> Vector {
        let f = features, g = output.values.column.pointer + i * readout.outputs, mu = trunk.mu.values.column.pointer + i * 3 * f
        var sum = Vector.zero
        for c in 0..<f {
            let weight = Double(g[c])
            sum += Vector(weight * Double(mu[c]), weight * Double(mu[f + c]), weight * Double(mu[2 * f + c]), 0)
        }
        for (k, d) in differences.enumerated() { sum += Vector(d.x, d.y, d.z, 0) * Double(g[f + k]) }
        return sum
    }

    /// From the adjoints of a scalar's outputs (on duals their tangents) back to the pairs' gradient and the members' features.
    /// - Parameter adjoint: writes those of an owned atom: theta's, then the logits'.
    func backward<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, species: borrowing Column<Int32>, owned: Int, halo: Halo, keeps: Bool,
        adjoint: (_ i: Int, _ y: UnsafeMutablePointer<S>) -> Void
    ) where L.Scalar == S {
        let n = readout.outputs
        let y = outputAdjoint.zeroed(owned * n)
        for i in 0..<owned where species[i] >= 0 { adjoint(i, y + i * n) }
        finish(lane, pairs, y, species: species, owned: owned, halo: halo, keeps: keeps) { _ in }
    }

    /// Adjoints of A = sum_i b_i . G_i: parameter gradients only, for the training of a direct ensemble.
    func backward(
        _ pairs: PairTable<S>, directions b: borrowing Column<Vector>, species: borrowing Column<Int32>, owned: Int, halo: Halo,
        differences: (_ i: Int) -> [StackFeatures.Triple<Double>]
    ) {
        let f = features, n = readout.outputs, directions = b.pointer
        let y = outputAdjoint.zeroed(owned * n)
        let mu = trunk.mu.values.column.pointer, g = output.values.column.pointer
        func along(_ i: Int) -> (S, S, S) { (S(directions[i].x), S(directions[i].y), S(directions[i].z)) }
        for i in 0..<owned {
            let (x, z, w) = along(i), m = mu + i * 3 * f
            for c in 0..<f { y[i * n + c] = x * m[c] + z * m[f + c] + w * m[2 * f + c] }
            for (k, d) in differences(i).enumerated() { y[i * n + f + k] = x * S(d.x) + z * S(d.y) + w * S(d.z) }
        }
        finish(SIMD8<S>.self, pairs, y, species: species, owned: owned, halo: halo, keeps: false) { dmu in
            for i in 0..<owned {
                let (x, z, w) = along(i), m = dmu + i * 3 * f
                for c in 0..<f {
                    let weight = g[i * n + c]
                    (m[c], m[f + c], m[2 * f + c]) = (x * weight, z * weight, w * weight)
                }
            }
        }
    }

    private func finish<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<S>, _ y: UnsafeMutablePointer<S>, species: borrowing Column<Int32>, owned: Int, halo: Halo,
        keeps: Bool, _ fillVectors: (UnsafeMutablePointer<S>) -> Void
    ) where L.Scalar == S {
        let f = features, atoms = species.count
        let dq = trunk.qAdjoint.zeroed(lane, atoms * f), dmu = trunk.muAdjoint.zeroed(lane, atoms * 3 * f)
        readout.backward(
            lane, y, stride: readout.outputs, into: dq.active, stride: f, rows: owned, tape: readoutTape, adding: false, keeps: keeps)
        fillVectors(dmu.active)
        trunk.backward(lane, pairs, owned: owned, atoms: atoms, halo: halo, keeps: keeps)
        if let scalarInput, let vectorInput {
            scalarInput.gradient?.note(lane, output: dq.active, stride: f, rows: owned)
            vectorInput.gradient?.note(lane, output: dmu.active, stride: f, rows: 3 * owned)
            if !L.isDual {
                let s = scalarAdjoint.sized(owned * scalarInput.inputs), v = vectorAdjoint.sized(3 * owned * vectorInput.inputs)
                scalarInput.adjointProduct(dq.active, stride: f, into: s, stride: scalarInput.inputs, rows: owned, adding: false)
                vectorInput.adjointProduct(dmu.active, stride: f, into: v, stride: vectorInput.inputs, rows: 3 * owned, adding: false)
            }
        }
        if let kind = trunk.filterGradient?.kind, L.isDual == (kind == .tangent) {
            embedding.learn(dq.active, species: species, owned: owned)
        }
    }

    /// dA/ds and dA/dV of owned atom i, of the last plain backward pass.
    func scalarAdjoint(_ i: Int, _ index: Int) -> Double { Double(scalarAdjoint.column[i * scalarStride + index]) }
    func vectorAdjoint(_ i: Int, _ index: Int) -> StackFeatures.Triple<Double> {
        let at = vectorAdjoint.column.pointer + 3 * i * vectorStride + index
        return .init(Double(at[0]), Double(at[vectorStride]), Double(at[2 * vectorStride]))
    }
}

extension StackConfiguration {
    /// Width of the hidden layer of the readout, and how many numbers it gives.
    var readoutWidth: Int { kind == .direct ? width : max(16, width / 2) }
    var outputs: Int { kind == .direct ? width + (vectorCount > 0 ? members : 0) : 1 + (gate == .none ? 0 : members) }
}
