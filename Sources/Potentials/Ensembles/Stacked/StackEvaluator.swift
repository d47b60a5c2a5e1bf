import Domain
import Foundation

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

    /// Members' site energies on owned atoms less their references, eV: [atom][member]. Only with a gate.
    private var sites = Column<Double>()

    /// Of a global gate: weights, sum over atoms of site energies, and 1 / N; equal on every rank.
    private var shared = (weights: [Double](), energies: [Double](), inverse: 0.0)

    var isGated: Bool { configuration.gate != .none }
    private var isGlobal: Bool { configuration.gate == .global }
    private let prior: [Double]

    var configuration: StackConfiguration { network.configuration }
    var members: Int { configuration.scalarCount > 0 ? configuration.members : 0 }

    init(_ network: StackNetwork<S>) {
        self.network = network
        features = StackFeatures(network.configuration)
        prior = network.configuration.prior
    }

    /// Takes in atoms and members' forces.
    /// - Parameters:
    ///   - rows: for each deck type the element's index, negative where atoms are not seen.
    ///   - length: one Angstrom in the deck's unit. - force: force of member k on owned atom i in eV/Angstrom.
    ///   - energy: site energy of member k on owned atom i in eV; asked for by a gate only.
    func prepare(
        _ atoms: borrowing Atoms, _ list: NeighbourList, rows: [Int32], length: Double, force: (_ k: Int, _ i: Int) -> Vector,
        energy: (_ k: Int, _ i: Int) -> Double
    ) {
        (owned, atomCount) = (atoms.owned, atoms.count)
        species.resize(to: atoms.count, filling: 0)
        for i in 0..<atoms.count { species[i] = rows[Int(atoms.type[i])] }
        pairs.build(atoms, list, species: rows, cutoff: configuration.cutoff, scale: length)
        pairs.weigh(network.trunk.table, dual: false)
        if isGated {
            let K = configuration.members
            sites.resize(to: owned * K, filling: 0)
            for i in 0..<owned where species[i] >= 0 {
                for k in 0..<K { sites[i * K + k] = energy(k, i) - configuration.references[k][Int(species[i])] }
            }
        }
        let K = members
        forces.resize(to: owned * 3 * K, filling: 0)
        guard K > 0 else { return }
        let s = network.scalars.values.zeroed(owned * network.scalarStride),
            v = network.vectors.values.zeroed(3 * owned * network.vectorStride)
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
        guard isGlobal else { return }
        let K = configuration.members
        let sums = sum(halo) { i in (0..<K).map { network.output(i, 1 + $0) } + memberSites(i) + [1] }
        let inverse = 1 / max(1, sums[2 * K])
        shared = (softmax(sums[..<K].map { $0 * inverse }), Array(sums[K..<2 * K]), inverse)
    }

    /// The sum over all ranks' atoms that are seen. Collective.
    private func sum(_ halo: Halo, _ value: (Int) -> [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: 2 * configuration.members + 1)
        for i in 0..<owned where species[i] >= 0 { for (k, x) in value(i).enumerated() { sums[k] += x } }
        halo.communicator.all(.sum, &sums)
        return sums
    }

    private func softmax(_ logits: [Double]) -> [Double] {
        let largest = logits.max() ?? 0
        let terms = zip(prior, logits).map { $0 * exp($1 - largest) }, sum = terms.reduce(0, +)
        return terms.map { $0 / sum }
    }

    /// theta of owned atom i with its element's offset, and with a gate sum_k w_ik (e_ki - e0_k); 0 where not seen.
    func energy(_ i: Int) -> Double {
        guard species[i] >= 0 else { return 0 }
        let theta = network.output(i, 0) + configuration.energyOffsets[Int(species[i])]
        return isGated ? theta + zip(weights(i), memberSites(i)).reduce(0) { $0 + $1.0 * $1.1 } : theta
    }

    func isSeen(_ i: Int) -> Bool { species[i] >= 0 }

    /// w_ik of owned atom i: the gate's softmax.
    func weights(_ i: Int) -> [Double] {
        isGlobal ? shared.weights : softmax(prior.indices.map { network.output(i, 1 + $0) })
    }

    /// What a logit of atom i weights: its own site energies, or with a global gate all atoms' divided by their number.
    private func weighted(_ i: Int) -> [Double] { isGlobal ? shared.energies.map { $0 * shared.inverse } : memberSites(i) }

    private func memberSites(_ i: Int) -> [Double] {
        let K = configuration.members
        return (0..<K).map { sites[i * K + $0] }
    }

    /// G of owned atom i; 0 where not seen.
    func force(_ i: Int) -> Vector { species[i] < 0 ? .zero : network.force(i, differences: differences(i)) }

    /// D_k of owned atom i.
    private func differences(_ i: Int) -> [StackFeatures.Triple<Double>] {
        guard members > 0 else { return [] }
        let own = memberForces(i), mean = features.mean(own)
        return own.map { $0.adding(-1, mean) }
    }

    /// Adjoints of the energy. Afterwards `pairs` holds its gradient by geometry, `field` gives that by members' forces and, with a gate,
    /// `weights` that by their site energies. A logit's adjoint is w_k (e_k - sum_l w_l e_l).
    /// - Parameter keeps: keep what `differentiate` needs.
    func backward(_ halo: Halo, keeps: Bool) {
        network.backward(SIMD8<S>.self, pairs, species: species, owned: owned, halo: halo, keeps: keeps) { i, y in
            y[0] = 1
            guard isGated else { return }
            let w = weights(i), e = weighted(i), mean = zip(w, e).reduce(0) { $0 + $1.0 * $1.1 }
            for k in w.indices { y[1 + k] = S(w[k] * (e[k] - mean)) }
        }
    }

    /// v_k = dU/dF_k of owned atom i in Angstrom, for each member, of the last `backward`.
    func field(_ i: Int, into v: (_ k: Int, _ value: Vector) -> Void) {
        guard members > 0, species[i] >= 0 else { return }
        features.pullBack(
            memberForces(i), scalar: { network.scalarAdjoint(i, $0) }, vector: { network.vectorAdjoint(i, $0) }
        ) { k, value in v(k, Vector(value.x, value.y, value.z, 0)) }
    }

    /// The pass on duals after a `backward` that kept its values, at positions x - t r with seeds 1 + t a: adds to the parameters'
    /// gradient that of sum_i r_i . F_i + sum_i a_i u_i, where F = -dU/dx and u_i = `energy(i)`.
    ///
    /// - Parameters:
    ///   - r: owned and ghost atoms, in the deck's length unit. - a: owned atoms.
    ///   - length: one Angstrom in the deck's unit. - force: tangent H_k r of member k's force on owned atom i, eV/Angstrom; zero where
    ///     the features are held constant. - energy: with a gate, tangent of member k's site energy, eV.
    func differentiate(
        field r: borrowing Column<Vector>, seeds a: borrowing Column<Double>, length: Double, _ halo: Halo,
        force: (_ k: Int, _ i: Int) -> Vector, energy: (_ k: Int, _ i: Int) -> Double
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
        let bases = configuration.members, seeds = a.pointer
        var tangents = [Double]()
        if isGlobal {
            // Of the mean logits, and of the site energies' sums over N. Seeds of a global gate are those of the whole structure.
            tangents = sum(halo) { i in (0..<bases).map { network.outputTangent(i, 1 + $0) } + (0..<bases).map { energy($0, i) } }
            tangents = tangents.map { $0 * shared.inverse }
        }
        network.backward(Dual<SIMD8<S>>.self, pairs, species: species, owned: owned, halo: halo, keeps: true) { i, y in
            y[0] = S(seeds[i])
            guard isGated else { return }
            // The tangent of (1 + t a) w_k (e_k - sum_l w_l e_l), with dw_k = w_k (dl_k - sum_l w_l dl_l) from the logits l.
            let w = weights(i), e = weighted(i)
            let de = isGlobal ? Array(tangents[bases..<2 * bases]) : w.indices.map { energy($0, i) }
            let dl = isGlobal ? Array(tangents[..<bases]) : w.indices.map { network.outputTangent(i, 1 + $0) }
            func mean(_ x: [Double]) -> Double { zip(w, x).reduce(0) { $0 + $1.0 * $1.1 } }
            let average = mean(e), shift = mean(dl)
            let dw = w.indices.map { w[$0] * (dl[$0] - shift) }
            let averageTangent = mean(de) + zip(dw, e).reduce(0) { $0 + $1.0 * $1.1 }
            for k in w.indices {
                let value = w[k] * (e[k] - average)
                y[1 + k] = S(seeds[i] * value + dw[k] * (e[k] - average) + w[k] * (de[k] - averageTangent))
            }
        }
    }

    /// Adds to the parameters' gradient that of sum_i b_i . G_i.
    func learn(directions b: borrowing Column<Vector>, _ halo: Halo) {
        var seen = b.copy()
        for i in 0..<owned where species[i] < 0 { seen[i] = .zero }
        network.backward(pairs, directions: seen, species: species, owned: owned, halo: halo, differences: differences)
    }
}
