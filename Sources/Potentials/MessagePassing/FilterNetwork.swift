import Domain

/// The network that makes an interaction's filters from a distance, with two derivatives:
///
///     W(d) = network(phi(d)) f(d),   phi the radial basis [K], f the cutoff function
///
/// (Schuett et al. 2018, fig. 2; Schuett et al. 2021, fig. 2). Plain and exact: the reference for `FilterTable`.
final class FilterNetwork {
    let basis: RadialBasis
    let cutoff: CutoffFunction
    let layers: [DenseLayer<Double>]
    /// Padded number of components.
    var outputs: Int { layers.last!.outputs }
    private let scratch = [FeatureArray<Double>(), FeatureArray<Double>()]

    init(basis: RadialBasis, cutoff: CutoffFunction, layers: [DenseLayer<Double>]) {
        (self.basis, self.cutoff, self.layers) = (basis, cutoff, layers)
    }

    /// W, dW/dd, d2W/dd2 at each distance: [distance][3][outputs]. Valid until the next call.
    func evaluate(_ distances: [Double]) -> UnsafePointer<Double> {
        let rows = 3 * distances.count
        let width = layers[0].inputs
        var x = scratch[0].zeroed(rows * width)
        for (e, d) in distances.enumerated() {
            for k in 0..<basis.count {
                let phi = basis(k, d)
                x[3 * e * width + k] = phi.value
                x[(3 * e + 1) * width + k] = phi.first
                x[(3 * e + 2) * width + k] = phi.second
            }
        }
        for (k, layer) in layers.enumerated() {
            let y = scratch[(k + 1) % 2].sized(rows * layer.outputs)
            layer.product(x, stride: layer.inputs, into: y, stride: layer.outputs, rows: rows)
            activate(layer, y, distances.count)
            x = y
        }
        let n = outputs
        for (e, d) in distances.enumerated() {
            let f = cutoff(d)
            let row = x + 3 * e * n
            for c in 0..<n {
                let w = Jet(row[c], row[n + c], row[2 * n + c]) * f
                (row[c], row[n + c], row[2 * n + c]) = (w.value, w.first, w.second)
            }
        }
        return UnsafePointer(x)
    }

    /// y = act(z + bias) with the chain rule to second order: y' = act' z', y'' = act' z'' + act'' z'^2.
    private func activate(_ layer: DenseLayer<Double>, _ y: UnsafeMutablePointer<Double>, _ count: Int) {
        let n = layer.outputs
        let bias = layer.biasPointer
        for e in 0..<count {
            let row = y + 3 * e * n
            for c in 0..<n {
                if let bias { row[c] += bias[c] }
                guard layer.activation != .identity else { continue }
                let a = layer.activation.jet(row[c])
                let z1 = row[n + c], z2 = row[2 * n + c]
                row[c] = a.value
                row[n + c] = a.first * z1
                row[2 * n + c] = a.first * z2 + a.second * z1 * z1
            }
        }
    }
}
