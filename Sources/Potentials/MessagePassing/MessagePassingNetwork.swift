import Domain

/// A network that passes messages between atoms, in one precision: features forward, adjoints back.
protocol MessagePassingNetwork: AnyObject {
    associatedtype Scalar: FeatureScalar
    var table: FilterTable<Scalar> { get }
    var parameterCount: Int { get }
    /// Memory of the plain pass that nothing needs after it, unless the pass keeps its values for one on duals.
    var scratch: [FeatureArray<Scalar>] { get }
    /// Of a network that learns, in a fixed order; else empty.
    var parameters: [ParameterGroup] { get }

    /// The plain pass: energies, and their gradient with respect to the pairs' geometry, at the pairs and factors of `pairs`. Or the
    /// pass on duals, which follows a plain pass at the same positions that kept its values: the gradient's tangent.
    ///
    /// A network that learns adds to its parameters' gradient in the pass that its `GradientKind` asks for.
    ///
    /// - Parameters:
    ///   - species: row of the embedding for each atom, owned and ghost; negative where not seen.
    ///   - seeds: what each owned atom's energy counts for, or in the pass on duals its tangent.
    ///   - energies: energy of each owned atom, in the model's unit and without offsets; or its tangent.
    ///   - keeps: keep in the plain pass what the pass on duals needs.
    func run<L: FeatureLane>(
        _ lane: L.Type, _ pairs: PairTable<Scalar>, species: borrowing Column<Int32>, owned: Int, halo: Halo,
        seeds: borrowing Column<Double>, energies: inout Column<Double>, keeps: Bool
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

    var scratch: [FeatureArray<S>] { [result] + tape.all }

    /// Fills `energies` from the features x, and `adjoints` with those of x for these seeds; or tangents from tangents.
    func run<L: FeatureLane>(
        _ lane: L.Type, _ x: UnsafePointer<S>, adjoints: UnsafeMutablePointer<S>, owned: Int, seeds: borrowing Column<Double>,
        energies: inout Column<Double>, keeps: Bool
    ) where L.Scalar == S {
        let n = network.outputs
        let y = result.zeroed(owned * n)
        network.forward(lane, x, stride: network.inputs, into: y, stride: n, rows: owned, tape: tape)
        energies.resize(to: owned, filling: 0)
        for i in 0..<owned { energies[i] = Double(y[i * n]) }
        result.column.fill(0)
        for i in 0..<owned { y[i * n] = S(seeds[i]) }
        network.backward(
            lane, y, stride: n, into: adjoints, stride: network.inputs, rows: owned, tape: tape, adding: false, keeps: keeps)
    }
}

/// x_i = row of the species; zero for atoms that are not seen. Rows of x are `stride` apart. Tangents of it are zero.
func spread<S: FeatureScalar>(
    _ rows: borrowing Column<S>, width: Int, species: borrowing Column<Int32>, atoms: Int, into x: UnsafeMutablePointer<S>, stride: Int
) {
    x.update(repeating: 0, count: atoms * stride)
    for i in 0..<atoms where species[i] >= 0 {
        (x + i * stride).update(from: rows.pointer + Int(species[i]) * width, count: width)
    }
}

/// y += x
@inline(never)
func accumulate<S: FeatureScalar>(_ x: UnsafePointer<S>, into y: UnsafeMutablePointer<S>, count: Int) {
    for c in stride(from: 0, to: count, by: SIMD8<S>.laneCount) { (SIMD8<S>.load(x + c, 0) + SIMD8<S>.load(y + c, 0)).store(y + c, 0) }
}
