import Domain

/// Filters of a SchNet whose parameters change from step to step of a training:
///
///     W_t(d) = network_t(phi(d)) f(d),   phi the radial basis [K], f the cutoff function
///
/// Splines through W_t at the knots d_k are linear in the networks' values there: rows_t = M network_t(phi(d_k)). M, which contains f,
/// is made once; a step passes the knots through the networks in double precision, and the rows' gradient goes back through M^T and
/// the networks' own backward pass.
final class TrainableFilterNetworks<S: FeatureScalar> {
    let table: FilterTable<S>
    private let names: [String]
    private let networks: [DenseNetwork<Double>]
    private let tapes: [DenseTape<Double>]
    /// phi at the knots: [knot][K padded]
    private let inputs: Column<Double>
    private let knots: Int
    /// M: [row][knot]
    private let map: [Double]

    /// - Parameters:
    ///   - layers: of each interaction's network, whose tensors are `name`.0.weight and so on.
    ///   - cutoff: zero with two derivatives at its range.
    init(_ layers: [(name: String, layers: [DenseLayer<Double>])], basis: RadialBasis, cutoff: CutoffFunction, intervals: Int = 160) {
        names = layers.map(\.name)
        networks = layers.map { DenseNetwork($0.layers) }
        tapes = networks.map { $0.makeTape() }
        for layer in networks.flatMap(\.layers) { layer.gradient = LayerGradient(layer, .plain) }
        let range = cutoff.range * (1 - 1e-14), width = networks[0].inputs
        table = FilterTable(
            intervals: intervals, range: range, interactions: layers.count, components: 1, features: networks[0].outputs)
        knots = intervals + 1
        inputs = Column(repeating: 0, count: knots * width)
        var samples = [Double](repeating: 0, count: knots * knots), left = [Double](repeating: 0, count: 2 * knots)
        // No pair comes near the first knots, so one-sided differences serve as the derivatives there.
        let first = [-11.0, 18, -9, 2].map { $0 / 6 }, second = [2.0, -5, 4, -1]
        for k in 0..<knots {
            let d = min(Double(k) * table.spacing, range), f = cutoff(d).value
            for c in 0..<basis.count { inputs.pointer[k * width + c] = basis(c, d).value }
            samples[k * knots + k] = f
            guard k < first.count else { continue }
            (left[k], left[knots + k]) = (first[k] * f, second[k] * f)
        }
        map = QuinticSpline.coefficients(
            samples: samples, width: knots, left: left, right: Array(repeating: 0, count: 2 * knots))
    }

    private func set(_ tensors: [[Double]]) {
        let n = table.features
        var at = 0, rows = [Double](repeating: 0, count: networks.count * table.rows * n)
        let values = FeatureArray<Double>()
        for (t, network) in networks.enumerated() {
            for layer in network.layers {
                layer.set(weights: tensors[at], bias: tensors[at + 1])
                at += 2
            }
            let y = values.sized(knots * n)
            network.forward(SIMD8<Double>.self, inputs.pointer, stride: network.inputs, into: y, stride: n, rows: knots, tape: tapes[t])
            rows.withUnsafeMutableBufferPointer {
                Double.multiply(
                    map, knots, y, n, transposed: false, into: $0.baseAddress! + t * table.rows * n, n, rows: table.rows, columns: n,
                    inner: knots, adding: false)
            }
        }
        table.set(rows: rows)
    }

    private func gradient(_ gradient: FilterGradient<S>) -> [[Double]] {
        let n = table.features, rows = gradient.plainRows()
        let adjoints = FeatureArray<Double>(), unused = FeatureArray<Double>()
        return networks.indices.flatMap { t in
            let network = networks[t], y = adjoints.zeroed(knots * n)
            rows.withUnsafeBufferPointer {
                Double.addTransposedProduct(
                    map, knots, $0.baseAddress! + t * table.rows * n, n, into: y, n, rows: knots, columns: n, inner: table.rows)
            }
            for layer in network.layers { layer.gradient?.clear() }
            network.backward(
                SIMD8<Double>.self, y, stride: n, into: unused.sized(knots * network.inputs), stride: network.inputs, rows: knots,
                tape: tapes[t], adding: false, keeps: false)
            return network.layers.flatMap { $0.unpaddedGradient() }
        }
    }

    func parameters(_ gradient: FilterGradient<S>) -> ParameterGroup {
        let layers = zip(names, networks).flatMap { name, network in network.layers.enumerated().map { ("\(name).\($0)", $1) } }
        return ParameterGroup(
            tensors: layers.flatMap { [($0 + ".weight", $1.shape), ($0 + ".bias", [$1.shape[0]])] },
            set: { self.set($0) }, gradient: { self.gradient(gradient) }, clear: { gradient.clear() })
    }
}
