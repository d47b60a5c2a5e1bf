/// The least-squares solution of smallest norm, from the normal equations: x = (A^T A)^+ A^T b.
///
/// For few unknowns (one an element): the pseudo-inverse comes from the eigenvalues of A^T A by cyclic Jacobi rotations (Golub and Van
/// Loan, Matrix Computations, 4th ed., section 8.5), those below `tolerance` times the largest being zero. If all frames have the
/// same composition, for example, only one combination of the offsets is determined and the rest stay zero.
/// Normal equations square the condition number; who needs more digits solves once more for the residual and adds.
public struct MinimumNorm: Sendable {
    private let count: Int
    /// Columns are eigenvectors, row-major count x count.
    private var vectors: [Double]
    private let inverse: [Double]
    /// How many combinations are determined.
    public let rank: Int

    /// - Parameter normal: A^T A, row-major count x count.
    public init(_ normal: [Double], count n: Int, tolerance: Double = 1e-12) {
        precondition(normal.count == n * n)
        var a = normal
        var v = (0..<n * n).map { $0 % n == $0 / n ? 1.0 : 0.0 }
        for _ in 0..<60 {
            var off = 0.0, diagonal = 0.0
            for i in 0..<n {
                diagonal += a[i * n + i] * a[i * n + i]
                for j in 0..<i { off += a[i * n + j] * a[i * n + j] }
            }
            if off <= 1e-32 * diagonal || off == 0 { break }
            for p in 0..<n {
                for q in (p + 1)..<max(n, p + 1) where a[p * n + q] != 0 { Self.rotate(&a, &v, n, p, q) }
            }
        }
        let values = (0..<n).map { a[$0 * n + $0] }
        let limit = tolerance * (values.max() ?? 0)
        count = n
        vectors = v
        inverse = values.map { $0 > limit ? 1 / $0 : 0 }
        rank = inverse.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
    }

    /// Makes a[p][q] zero.
    private static func rotate(_ a: inout [Double], _ v: inout [Double], _ n: Int, _ p: Int, _ q: Int) {
        let tau = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
        let t = (tau >= 0 ? 1 : -1) / (tau.magnitude + (1 + tau * tau).squareRoot())
        let c = 1 / (1 + t * t).squareRoot(), s = t * c
        for k in 0..<n {
            let x = a[k * n + p], y = a[k * n + q]
            (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y)
        }
        for k in 0..<n {
            let x = a[p * n + k], y = a[q * n + k]
            (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y)
        }
        for k in 0..<n {
            let x = v[k * n + p], y = v[k * n + q]
            (v[k * n + p], v[k * n + q]) = (c * x - s * y, s * x + c * y)
        }
    }

    /// - Parameter right: A^T b.
    public func solve(_ right: [Double]) -> [Double] {
        var x = [Double](repeating: 0, count: count)
        for k in 0..<count where inverse[k] > 0 {
            var projection = 0.0
            for i in 0..<count { projection += vectors[i * count + k] * right[i] }
            for i in 0..<count { x[i] += projection * inverse[k] * vectors[i * count + k] }
        }
        return x
    }
}
