import Domain

/// A network that passes messages between atoms, in one precision: features forward, adjoints back.
protocol MessagePassingNetwork: AnyObject {
    associatedtype Scalar: FeatureScalar
    var table: FilterTable<Scalar> { get }
    var parameterCount: Int { get }

    /// Energies and their gradient with respect to the pairs' geometry, at the pairs and factors of `pairs`.
    ///
    /// - Parameters:
    ///   - species: row of the embedding for each atom, owned and ghost; negative where not seen.
    ///   - seeds: what each owned atom's energy counts for: [atom][plane].
    ///   - energies: energy of each owned atom, in the model's unit and without offsets.
    func run<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<Scalar>, species: borrowing Column<Int32>, owned: Int, halo: Halo,
        seeds: borrowing Column<Double>, energies: inout Column<Double>
    ) where L.Scalar == Scalar
}

/// The network from features to energies, with the memory of its two passes.
final class Readout<S: FeatureScalar> {
    let network: DenseNetwork<S>
    private let tape: DenseTape<S>
    private let result = FeatureArray<S>()

    init(_ network: DenseNetwork<S>) {
        self.network = network
        tape = network.makeTape()
    }

    /// Fills `energies` from the features x, and x' with the adjoints of x for these seeds.
    func run<L: FeatureLane>(
        _ lane: L.Type, _ x: UnsafePointer<S>, adjoints: UnsafeMutablePointer<S>, owned: Int, seeds: borrowing Column<Double>,
        energies: inout Column<Double>
    ) where L.Scalar == S {
        let n = network.outputs, rows = owned * L.planes
        let y = result.zeroed(rows * n)
        network.forward(lane, x, stride: network.inputs, into: y, stride: n, atoms: owned, tape: tape)
        energies.resize(to: owned, filling: 0)
        for i in 0..<owned { energies[i] = Double(y[i * L.planes * n]) }
        result.column.fill(0)
        for r in 0..<rows { y[r * n] = S(seeds[r]) }
        network.backward(lane, y, stride: n, into: adjoints, stride: network.inputs, atoms: owned, tape: tape, adding: false)
    }
}

/// x_i = row of the species, with no tangent; zero for atoms that are not seen. [atom][plane][width]
func spread<S: FeatureScalar>(
    _ rows: borrowing Column<S>, width: Int, planes: Int, species: borrowing Column<Int32>, atoms: Int, into x: UnsafeMutablePointer<S>
) {
    x.update(repeating: 0, count: atoms * planes * width)
    for i in 0..<atoms where species[i] >= 0 {
        (x + i * planes * width).update(from: rows.pointer + Int(species[i]) * width, count: width)
    }
}

/// y += x
@inline(never)
func accumulate<S: FeatureScalar>(_ x: UnsafePointer<S>, into y: UnsafeMutablePointer<S>, count: Int) {
    for c in stride(from: 0, to: count, by: SIMD8<S>.laneCount) { (SIMD8<S>.load(x + c, 0) + SIMD8<S>.load(y + c, 0)).store(y + c, 0) }
}
