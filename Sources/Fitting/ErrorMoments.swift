import Domain

/// Second moments of base potentials' errors, from which the error of *every* linear combination follows without another pass.
///
/// With d = (F_1 - F, ..., F_K - F, F) for each force component, F being the reference, the error of sum_k w_k F_k is c . d with
/// c = (w_1, ..., w_K, sum_k w_k - 1), so that
///
///     sum over components of (sum_k w_k F_k - F)^2 = c^T S c,   S = sum over components of d d^T     [K + 1, K + 1]
///
/// S is kept apart for each element and for each fold of frames, which makes weights per element and cross-validation small solves too.
/// The first K columns are errors, not forces: for good bases the squares would otherwise cancel in c^T S c. What cancels still leaves
/// an RMSE of about 1e-8 times the bases' own, the root of the rounding.
public struct ErrorMoments: Sendable {
    public let baseCount: Int
    public let typeCount: Int
    public let foldCount: Int
    /// [folds, types, K + 1, K + 1]
    private var sums: [Double]
    /// Force components: [folds, types].
    private var components: [Double]

    /// Over all ranks' frames that have forces. Collective.
    /// - Parameter folds: the fold of each selected frame by its place; empty: one fold.
    public init(_ predictions: BasePredictions, folds: [Int] = [], _ communicator: any Communicator) {
        let K = predictions.baseCount, D = K + 1, T = predictions.elements.count
        (baseCount, typeCount, foldCount) = (K, T, (folds.max() ?? 0) + 1)
        var sums = [Double](repeating: 0, count: foldCount * T * D * D)
        var components = [Double](repeating: 0, count: foldCount * T)
        predictions.forEachComponent { frame, type, d in
            let block = (folds.isEmpty ? 0 : folds[predictions.places[frame]]) * T + type - 1
            components[block] += 1
            for i in 0..<D { for j in 0...i { sums[(block * D + i) * D + j] += d[i] * d[j] } }
        }
        communicator.all(.sum, &sums)
        communicator.all(.sum, &components)
        for block in 0..<foldCount * T {
            for i in 0..<D { for j in 0..<i { sums[(block * D + j) * D + i] = sums[(block * D + i) * D + j] } }
        }
        (self.sums, self.components) = (sums, components)
    }

    /// Some of them added up: S and the number of components.
    public struct Sum: Sendable {
        public let matrix: [Double]
        public let components: Double
        public let baseCount: Int

        public init(matrix: [Double], components: Double, baseCount: Int) {
            precondition(matrix.count == (baseCount + 1) * (baseCount + 1))
            (self.matrix, self.components, self.baseCount) = (matrix, components, baseCount)
        }

        /// sum_components e_k e_l, S_kl
        public func error(_ k: Int, _ l: Int) -> Double { matrix[k * (baseCount + 1) + l] }
    }

    /// - Parameters: what is added up; nil: everything.
    public func sum(type: Int? = nil, where isIncluded: (_ fold: Int) -> Bool = { _ in true }) -> Sum {
        let size = (baseCount + 1) * (baseCount + 1)
        var matrix = [Double](repeating: 0, count: size), count = 0.0
        for fold in 0..<foldCount where isIncluded(fold) {
            for t in 0..<typeCount where type == nil || type == t + 1 {
                let block = fold * typeCount + t
                for i in 0..<size { matrix[i] += sums[block * size + i] }
                count += components[block]
            }
        }
        return Sum(matrix: matrix, components: count, baseCount: baseCount)
    }
}

extension ErrorMoments.Sum {
    /// Sum over components of (sum_k w_k F_k - F)^2, which rounding must not make negative.
    public func squares(_ weights: [Double]) -> Double {
        let D = baseCount + 1, c = weights + [weights.reduce(0, +) - 1]
        var sum = 0.0
        for i in 0..<D where c[i] != 0 { for j in 0..<D { sum += c[i] * matrix[i * D + j] * c[j] } }
        return max(0, sum)
    }

    public func rootMeanSquare(_ weights: [Double]) -> Double {
        components > 0 ? (squares(weights) / components).squareRoot() : .nan
    }

    /// Weights of the bases in `subset` (others 0) with the least squared error; the smallest ones where bases are copies of each other.
    public func leastSquares(_ subset: [Int]) -> [Double] {
        let D = baseCount + 1, n = subset.count, r = baseCount
        // With F_k = e_k + F: sum F_k F_l and sum F_k F.
        func product(_ k: Int, _ l: Int) -> Double {
            matrix[k * D + l] + matrix[k * D + r] + matrix[r * D + l] + matrix[r * D + r]
        }
        let solver = MinimumNorm(subset.flatMap { k in subset.map { product(k, $0) } }, count: n)
        var weights = [Double](repeating: 0, count: baseCount)
        // The second solve is for what the first lost to rounding: -d(squares)/dw_k / 2 = -sum F_k (sum_l w_l F_l - F).
        for _ in 0..<2 {
            let c = weights + [weights.reduce(0, +) - 1]
            let right = subset.map { k in -(0..<D).reduce(0.0) { $0 + (matrix[k * D + $1] + matrix[r * D + $1]) * c[$1] } }
            for (k, more) in zip(subset, solver.solve(right)) { weights[k] += more }
        }
        return weights
    }

    /// Weights of the bases in `subset` (others 0) that add up to 1, with the least squared error: what all bases have right stays right.
    public func minimumVariance(_ subset: [Int]) -> [Double] {
        // Relative to the best base b: error = e_b + sum_k w_k (e_k - e_b), with the w_k free.
        let b = subset.min { error($0, $0) < error($1, $1) }!
        let others = subset.filter { $0 != b }
        func product(_ k: Int, _ l: Int) -> Double { error(k, l) - error(k, b) - error(b, l) + error(b, b) }
        let solver = MinimumNorm(others.flatMap { k in others.map { product(k, $0) } }, count: others.count)
        var weights = [Double](repeating: 0, count: baseCount)
        for (k, w) in zip(others, solver.solve(others.map { error(b, b) - error($0, b) })) { weights[k] = w }
        weights[b] = 1 - weights.reduce(0, +)
        return weights
    }

    /// Correlation of the bases' errors, not centred (forces' errors average to nearly nothing): S_kl / sqrt(S_kk S_ll).
    public var correlation: [[Double]] {
        (0..<baseCount).map { k in
            (0..<baseCount).map { l in k == l ? 1 : error(k, l) / (error(k, k) * error(l, l)).squareRoot() }
        }
    }
}

extension BasePredictions {
    /// Calls `body` with frame, type and d = (F_1 - F, ..., F_K - F, F) for every force component of this rank that has a reference.
    func forEachComponent(_ body: (_ frame: Int, _ type: Int, _ d: UnsafePointer<Double>) -> Void) {
        let K = baseCount
        var d = [Double](repeating: 0, count: K + 1)
        d.withUnsafeMutableBufferPointer { d in
            for f in 0..<frameCount {
                for i in atoms(of: f) where !referenceForces[3 * i].isNaN {
                    for x in 0..<3 {
                        let reference = referenceForces[3 * i + x]
                        for k in 0..<K { d[k] = forces[3 * (i * K + k) + x] - reference }
                        d[K] = reference
                        body(f, Int(types[i]), UnsafePointer(d.baseAddress!))
                    }
                }
            }
        }
    }

    /// For each of several linear combinations the sum of |sum_k w_k F_k - F| over all components of all ranks. Collective.
    /// - Parameter combinations: the weights of each; one row for all elements or one row a type.
    public func absoluteErrors(_ combinations: [[[Double]]], _ communicator: any Communicator) -> [Double] {
        let M = combinations.count, D = baseCount + 1, T = elements.count
        // [types, D, M]: the innermost loop runs over combinations.
        var c = [Double](repeating: 0, count: T * D * M)
        for (m, rows) in combinations.enumerated() {
            for t in 0..<T {
                let w = rows.count == 1 ? rows[0] : rows[t]
                for (j, x) in (w + [w.reduce(0, +) - 1]).enumerated() { c[(t * D + j) * M + m] = x }
            }
        }
        var sums = [Double](repeating: 0, count: M), errors = sums
        c.withUnsafeBufferPointer { c in
            sums.withUnsafeMutableBufferPointer { sums in
                errors.withUnsafeMutableBufferPointer { errors in
                    forEachComponent { _, type, d in
                        let rows = c.baseAddress! + (type - 1) * D * M
                        for m in 0..<M { errors[m] = rows[m] * d[0] }
                        for j in 1..<D {
                            let row = rows + j * M, x = d[j]
                            for m in 0..<M { errors[m] += row[m] * x }
                        }
                        for m in 0..<M { sums[m] += errors[m].magnitude }
                    }
                }
            }
        }
        communicator.all(.sum, &sums)
        return sums
    }
}
