import Domain

/// A stacked ensemble's network on the atoms of a step: its pairs, species and features, and the passes in the order
///
///     prepare, forward, then for a conservative ensemble backward and, to train it, differentiate
///
/// Positions come in the deck's length unit, members' forces in eV/Angstrom; energies leave in eV, forces in eV/Angstrom.
final class StackEvaluator<S: FeatureScalar> {
    let network: StackNetwork<S>
    let features: StackFeatures
    let pairs = PairTable<S>()
    private(set) var species = Column<Int32>()
    private var owned = 0
    private var atomCount = 0
    /// Members' forces on owned atoms, eV/Angstrom: [atom][member][3].
    private var forces = Column<Double>()

    var configuration: StackConfiguration { network.configuration }
    var members: Int { configuration.scalarCount > 0 ? configuration.members : 0 }

    init(_ network: StackNetwork<S>) {
        self.network = network
        features = StackFeatures(network.configuration)
    }

    /// Takes in atoms and members' forces.
    /// - Parameters:
    ///   - rows: for each deck type the element's index, negative where atoms are not seen.
    ///   - length: one Angstrom in the deck's unit. - force: force of member k on owned atom i in eV/Angstrom.
    func prepare(
        _ atoms: borrowing Atoms, _ list: NeighbourList, rows: [Int32], length: Double, force: (_ k: Int, _ i: Int) -> Vector
    ) {
        (owned, atomCount) = (atoms.owned, atoms.count)
        species.resize(to: atoms.count, filling: 0)
        for i in 0..<atoms.count { species[i] = rows[Int(atoms.type[i])] }
        pairs.build(atoms, list, species: rows, cutoff: configuration.cutoff, scale: length)
        pairs.weigh(network.trunk.table, dual: false)
        let K = members
        forces.resize(to: owned * 3 * K, filling: 0)
        guard K > 0 else { return }
        let s = network.scalars.values.zeroed(owned * network.scalarStride), v = network.vectors.values.zeroed(3 * owned * network.vectorStride)
        var own = [StackFeatures.Triple<Double>](repeating: .zero, count: K)
        for i in 0..<owned where species[i] >= 0 {
            for k in 0..<K {
                let f = force(k, i)
                own[k] = .init(f.x, f.y, f.z)
                for c in 0..<3 { forces[(i * K + k) * 3 + c] = f[c] }
            }
            features.evaluate(own) { index, value in
                s[i * network.scalarStride + index] = S(value)
            } vector: { index, value in
                let at = v + 3 * i * network.vectorStride + index
                (at[0], at[network.vectorStride], at[2 * network.vectorStride]) = (S(value.x), S(value.y), S(value.z))
            }
        }
    }

    private func memberForces(_ i: Int) -> [StackFeatures.Triple<Double>] {
        let K = members
        return (0..<K).map { k in
            let at = (i * K + k) * 3
            return .init(forces[at], forces[at + 1], forces[at + 2])
        }
    }

    func forward(_ halo: Halo) {
        network.forward(SIMD8<S>.self, pairs, species: species, owned: owned, halo: halo)
    }

    /// theta of owned atom i, its element's offset included; 0 where not seen.
    func energy(_ i: Int) -> Double {
        species[i] < 0 ? 0 : network.energy(i) + configuration.energyOffsets[Int(species[i])]
    }

    /// G of owned atom i; 0 where not seen.
    func force(_ i: Int) -> Vector { species[i] < 0 ? .zero : network.force(i, differences: differences(i)) }

    /// D_k of owned atom i.
    private func differences(_ i: Int) -> [StackFeatures.Triple<Double>] {
        guard members > 0 else { return [] }
        let own = memberForces(i), mean = features.mean(own)
        return own.map { $0.adding(-1, mean) }
    }

    /// Adjoints of sum_i theta_i. Afterwards `pairs` holds the gradient by geometry, and `field` gives that by members' forces.
    /// - Parameter keeps: keep what `differentiate` needs.
    func backward(_ halo: Halo, keeps: Bool) {
        network.backward(
            SIMD8<S>.self, pairs, seeds: seedColumn { _ in 1 }, species: species, owned: owned, halo: halo, keeps: keeps)
    }

    /// v_k = dU/dF_k of owned atom i in Angstrom, for each member, of the last `backward`.
    func field(_ i: Int, into v: (_ k: Int, _ value: Vector) -> Void) {
        guard members > 0, species[i] >= 0 else { return }
        features.pullBack(
            memberForces(i), scalar: { network.scalarAdjoint(i, $0) }, vector: { network.vectorAdjoint(i, $0) }
        ) { k, value in v(k, Vector(value.x, value.y, value.z, 0)) }
    }

    /// The pass on duals after a `backward` that kept its values, at positions x - t r with seeds 1 + t a: adds to the parameters'
    /// gradient that of sum_i r_i . F_i + sum_i a_i theta_i, where F = -dU/dx.
    ///
    /// - Parameters:
    ///   - r: owned and ghost atoms, in the deck's length unit. - a: owned atoms.
    ///   - length: one Angstrom in the deck's unit. - force: tangent H_k r of member k's force on owned atom i, eV/Angstrom; zero where
    ///     the features are held constant.
    func differentiate(
        field r: borrowing Column<Vector>, seeds a: borrowing Column<Double>, length: Double, _ halo: Halo,
        force: (_ k: Int, _ i: Int) -> Vector
    ) {
        pairs.differentiate(owned: owned, field: r.pointer, scale: length)
        pairs.weigh(network.trunk.table, dual: true)
        let K = members
        if K > 0 {
            let s = network.scalars.tangents.zeroed(owned * network.scalarStride)
            let v = network.vectors.tangents.zeroed(3 * owned * network.vectorStride)
            var own = [StackFeatures.Triple<Dual<Double>>](repeating: .zero, count: K)
            for i in 0..<owned where species[i] >= 0 {
                for (k, value) in memberForces(i).enumerated() {
                    let f = force(k, i)
                    own[k] = .init(Dual(value.x, tangent: f.x), Dual(value.y, tangent: f.y), Dual(value.z, tangent: f.z))
                }
                features.evaluate(own) { index, value in
                    s[i * network.scalarStride + index] = S(value.tangent)
                } vector: { index, value in
                    let at = v + 3 * i * network.vectorStride + index
                    (at[0], at[network.vectorStride], at[2 * network.vectorStride]) = (
                        S(value.x.tangent), S(value.y.tangent), S(value.z.tangent)
                    )
                }
            }
        }
        network.forward(Dual<SIMD8<S>>.self, pairs, species: species, owned: owned, halo: halo)
        let weights = a.pointer
        network.backward(
            Dual<SIMD8<S>>.self, pairs, seeds: seedColumn { weights[$0] }, species: species, owned: owned, halo: halo, keeps: true)
    }

    /// Adds to the parameters' gradient that of sum_i b_i . G_i.
    func learn(directions b: borrowing Column<Vector>, _ halo: Halo) {
        var seen = b.copy()
        for i in 0..<owned where species[i] < 0 { seen[i] = .zero }
        network.backward(pairs, directions: seen, species: species, owned: owned, halo: halo, differences: differences)
    }

    private func seedColumn(_ value: (Int) -> Double) -> Column<Double> {
        var column = Column<Double>(repeating: 0, count: owned)
        for i in 0..<owned where species[i] >= 0 { column[i] = value(i) }
        return column
    }
}
