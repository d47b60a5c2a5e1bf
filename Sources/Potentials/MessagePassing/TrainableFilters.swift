import Domain

/// Filters whose parameters change from step to step of a training:
///
///     W(d) = (A phi(d) + b) f(d),   phi the radial basis [K], f the cutoff function
///
/// The rows of a `FilterTable` are linear in A and b, rows = M (A, b)^T, with M the splines through phi_k f and f: one small matrix
/// product sets the table, and its transpose takes the rows' gradient back to the parameters.
final class TrainableFilters<S: FeatureScalar> {
    let table: FilterTable<S>
    private let interactions: Int
    /// K + 1: the last is the bias.
    private let columns: Int
    /// M: [row][K + 1]
    private let map: [Double]
    /// [interaction][component][feature]: outputs of the linear layer.
    private var outputs: Int { table.components * table.features }

    /// - Parameter features: a multiple of 16.
    init(basis: RadialBasis, cutoff: CutoffFunction, interactions: Int, features: Int, intervals: Int = 160) {
        precondition(features == paddedFeatures(features))
        self.interactions = interactions
        let range = cutoff.range * (1 - 1e-14), h = range / Double(intervals)
        table = FilterTable(intervals: intervals, range: range, interactions: interactions, components: 3, features: features)
        let width = basis.count + 1
        columns = width
        var samples = [Double](repeating: 0, count: (intervals + 1) * width)
        var ends = [[Double](repeating: 0, count: 2 * width), [Double](repeating: 0, count: 2 * width)]
        for knot in 0...intervals {
            let d = min(Double(knot) * h, range), f = cutoff(d)
            for k in 0..<width {
                let g = k < basis.count ? basis(k, d) * f : f
                samples[knot * width + k] = g.value
                guard knot == 0 || knot == intervals else { continue }
                ends[knot == 0 ? 0 : 1][k] = g.first * h
                ends[knot == 0 ? 0 : 1][width + k] = g.second * h * h
            }
        }
        map = QuinticSpline.coefficients(samples: samples, width: width, left: ends[0], right: ends[1])
    }

    /// - Parameters:
    ///   - weights: [interaction][component][feature][K]. - bias: [interaction][component][feature].
    func set(weights: [Double], bias: [Double]) {
        let k = columns, n = outputs
        var rows = [Double](repeating: 0, count: interactions * table.rows * n)
        var parameters = [Double](repeating: 0, count: n * k)
        for t in 0..<interactions {
            for o in 0..<n {
                for c in 0..<k - 1 { parameters[o * k + c] = weights[(t * n + o) * (k - 1) + c] }
                parameters[o * k + k - 1] = bias[t * n + o]
            }
            rows.withUnsafeMutableBufferPointer {
                Double.multiply(
                    map, k, parameters, k, transposed: true, into: $0.baseAddress! + t * table.rows * n, n, rows: table.rows, columns: n,
                    inner: k, adding: false)
            }
        }
        table.set(rows: rows)
    }

    /// From the gradient of the table's rows to that of the parameters.
    func gradient(_ gradient: FilterGradient<S>) -> (weights: [Double], bias: [Double]) {
        let k = columns, n = outputs
        let rows = gradient.plainRows()
        var weights: [Double] = [], bias: [Double] = []
        for t in 0..<interactions {
            var parameters = [Double](repeating: 0, count: n * k)
            rows.withUnsafeBufferPointer { rows in
                parameters.withUnsafeMutableBufferPointer {
                    Double.addTransposedProduct(
                        rows.baseAddress! + t * table.rows * n, n, map, k, into: $0.baseAddress!, k, rows: n, columns: k, inner: table.rows)
                }
            }
            for o in 0..<n {
                weights += parameters[o * k..<o * k + k - 1]
                bias.append(parameters[o * k + k - 1])
            }
        }
        return (weights, bias)
    }

    func parameters(_ name: String, _ gradient: FilterGradient<S>) -> ParameterGroup {
        let rows = interactions * outputs
        return ParameterGroup(
            tensors: [(name + ".weight", [rows, columns - 1]), (name + ".bias", [rows])],
            set: { self.set(weights: $0[0], bias: $0[1]) },
            gradient: {
                let (weights, bias) = self.gradient(gradient)
                return [weights, bias]
            },
            clear: { gradient.clear() })
    }
}
