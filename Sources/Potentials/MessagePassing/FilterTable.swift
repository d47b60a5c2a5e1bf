import Domain
import Foundation

/// How filters are evaluated.
enum FilterMode: String, Sendable {
    /// Quintic splines in the distance, fitted once: the default.
    case spline
    /// The filter network itself for every pair: the reference, for tests and small systems; its memory grows with the pairs.
    case exact
}

/// Filters of all interactions as rows from which kernels add up W and dW/dd with six weights a pair:
///
///     W_c = sum_(k < 6) w_k row[base + k][c],   dW_c/dd = sum_k w'_k row[base + k][c]
///
/// Rows are spline coefficients on a grid of distances (`base` is the pair's interval), or for `exact` filters each pair's own W,
/// W', W'' (`base` = 3 pair, weights (1, 0, ...) and (0, 1, 0, ...)); either way the same kernel runs. Features are cut into tiles so
/// that a tile's rows stay in the cache while all pairs pass: [interaction][tile][row][component][feature in tile].
final class FilterTable<S: FeatureScalar> {
    let networks: [FilterNetwork]
    let mode: FilterMode
    /// 1 for SchNet, 3 for PaiNN.
    let components: Int
    /// Padded features.
    let features: Int
    let tileWidth: Int
    var tiles: Int { features / tileWidth }
    /// Intervals from 0 to the cutoff, all interactions alike.
    private(set) var intervals = 0
    private(set) var spacing = 1.0
    private(set) var rows = 0
    /// Largest difference from the network at the intervals' middles over the filter's largest value, and the same for dW/dd.
    private(set) var error = (value: 0.0, derivative: 0.0)
    private(set) var table = Column<S>()

    var rowStride: Int { components * tileWidth }

    init(_ networks: [FilterNetwork], components: Int, features: Int, mode: FilterMode) {
        (self.networks, self.components, self.features, self.mode) = (networks, components, features, mode)
        tileWidth = [32, 16].first { features % $0 == 0 }!
        if mode == .spline { fit() }
    }

    /// Splines whose rows are set later, by `set(rows:)`: for training. Room for `intervals` up to the distance `range`.
    init(intervals: Int, range: Double, interactions: Int, components: Int, features: Int) {
        (networks, mode, self.components, self.features, self.intervals) = ([], .spline, components, features, intervals)
        tileWidth = [32, 16].first { features % $0 == 0 }!
        spacing = range / Double(intervals)
        rows = intervals + 5
        table.resize(to: interactions * rows * components * features, filling: 0)
    }

    /// The first row of a tile.
    func rows(interaction: Int, tile: Int) -> UnsafePointer<S> {
        UnsafePointer(table.pointer) + offset(interaction: mode == .exact ? 0 : interaction, tile: tile)
    }

    /// Where a tile's first row lies in the table.
    func offset(interaction: Int, tile: Int) -> Int { (interaction * tiles + tile) * rows * rowStride }

    /// - Parameter values: [interaction][row][component][feature]
    func set(rows values: UnsafePointer<Double>) {
        forEachNumber { table, source in self.table.pointer[table] = S(values[source]) }
    }

    /// Calls `body` with the place of each number in the table and in [interaction][row][component][feature].
    func forEachNumber(_ body: (_ table: Int, _ plain: Int) -> Void) {
        let interactions = table.count / (rows * components * features)
        for t in 0..<interactions {
            for tile in 0..<tiles {
                let into = offset(interaction: t, tile: tile)
                for r in 0..<rows {
                    for c in 0..<components {
                        let from = ((t * rows + r) * components + c) * features + tile * tileWidth
                        for k in 0..<tileWidth { body(into + r * rowStride + c * tileWidth + k, from + k) }
                    }
                }
            }
        }
    }

    // MARK: - Splines

    /// As many intervals as the precision warrants: errors of at most 1e-12 (double) or 1e-8 (single) of the filter's size, and thirty
    /// times that of its derivative's. Errors fall as h^6 and h^5, which says how many it takes; a multiple of 128, so that models of
    /// one cutoff often share a grid, and with it the pairs' weights. No more than that, since tables compete for the cache.
    private func fit() {
        let tolerance = S.self == Float.self ? 1e-8 : 1e-12
        let step = 128, most = 4096
        intervals = 2 * step
        while true {
            let pieces = networks.map { coefficients($0, intervals) }
            error = pieces.reduce((0, 0)) { (max($0.0, $1.error.value), max($0.1, $1.error.derivative)) }
            if (error.value <= tolerance && error.derivative <= 30 * tolerance) || intervals >= most {
                store(pieces.map(\.coefficients))
                return
            }
            let growth = max(pow(error.value / tolerance, 1 / 6), pow(error.derivative / (30 * tolerance), 1 / 5))
            // Not more than twice: where the grid is still too coarse for the powers to hold, they ask for too much.
            let wanted = min(growth, 2) * Double(intervals) / Double(step)
            intervals = min(max(intervals + step, Int(wanted.rounded(.up)) * step), most)
        }
    }

    private func coefficients(
        _ network: FilterNetwork, _ intervals: Int
    ) -> (coefficients: [Double], error: (value: Double, derivative: Double)) {
        let width = network.outputs
        // The last knot lies a rounding error inside the cutoff, where functions that jump to zero there still have their limit.
        let range = network.cutoff.range * (1 - 1e-14)
        let h = range / Double(intervals)
        spacing = h
        let knots = (0...intervals).map { min(Double($0) * h, range) }
        let exact = network.evaluate(knots)
        var samples = [Double](repeating: 0, count: knots.count * width)
        var largest = (1e-300, 1e-300)
        for k in knots.indices {
            for c in 0..<width {
                samples[k * width + c] = exact[3 * k * width + c]
                largest = (max(largest.0, exact[3 * k * width + c].magnitude), max(largest.1, exact[(3 * k + 1) * width + c].magnitude))
            }
        }
        func end(_ k: Int) -> [Double] {
            (0..<width).map { exact[(3 * k + 1) * width + $0] * h } + (0..<width).map { exact[(3 * k + 2) * width + $0] * h * h }
        }
        let c = QuinticSpline.coefficients(samples: samples, width: width, left: end(0), right: end(intervals))
        let middles = (0..<intervals).map { (Double($0) + 0.5) * h }
        let there = network.evaluate(middles)
        let weights = QuinticWeights(0.5)
        let w = [weights.value.0, weights.value.1, weights.value.2, weights.value.3, weights.value.4, weights.value.5]
        let w1 = [weights.first.0, weights.first.1, weights.first.2, weights.first.3, weights.first.4, weights.first.5]
        var worst = (0.0, 0.0)
        for m in middles.indices {
            for x in 0..<width {
                var value = 0.0, derivative = 0.0
                for k in 0..<6 {
                    value += w[k] * c[(m + k) * width + x]
                    derivative += w1[k] / h * c[(m + k) * width + x]
                }
                worst.0 = max(worst.0, (value - there[3 * m * width + x]).magnitude)
                worst.1 = max(worst.1, (derivative - there[(3 * m + 1) * width + x]).magnitude)
            }
        }
        return (c, (worst.0 / largest.0, worst.1 / largest.1))
    }

    private func store(_ pieces: [[Double]]) {
        rows = intervals + 5
        table.resize(to: networks.count * rows * components * features, filling: 0)
        let into = table.pointer
        for (t, piece) in pieces.enumerated() {
            for tile in 0..<tiles {
                for r in 0..<rows {
                    let row = into + ((t * tiles + tile) * rows + r) * rowStride
                    for c in 0..<components {
                        for k in 0..<tileWidth {
                            row[c * tileWidth + k] = S(piece[(r * components + c) * features + tile * tileWidth + k])
                        }
                    }
                }
            }
        }
    }

    // MARK: - Exact filters

    /// Fills the rows of one interaction for these pairs. Nothing to do for splines.
    func prepare(interaction t: Int, _ pairs: PairTable<S>) {
        guard mode == .exact else { return }
        let count = pairs.count
        // A pair's weights reach three rows into the next pair's, where they are zero: the last pair needs rows there, too.
        rows = 3 * count + 3
        table.removeAll()
        table.resize(to: rows * components * features, filling: 0)
        let into = table.pointer
        let batch = 256
        for start in stride(from: 0, to: count, by: batch) {
            let end = min(count, start + batch)
            let values = networks[t].evaluate((start..<end).map { pairs.unit[$0].w })
            for p in start..<end {
                for order in 0..<3 {
                    for c in 0..<components {
                        let from = values + ((3 * (p - start) + order) * components + c) * features
                        for f in 0..<features {
                            into[((f / tileWidth * rows + 3 * p + order) * components + c) * tileWidth + f % tileWidth] = S(from[f])
                        }
                    }
                }
            }
        }
    }
}
