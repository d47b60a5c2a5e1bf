/// Quintic splines on a uniform grid in B-spline form: four times continuously differentiable, and its value and derivatives
/// at a point are sums of the same six neighbouring coefficients with different weights.
///
/// With u in [0, 1) the place within interval m:  S(x) = sum_k w_k(u) c[m + k],  S'(x) = sum_k w'_k(u) c[m + k] / h, ...
/// so many splines on one grid (the components of a filter) share their weights.
struct QuinticWeights {
    /// Values, first and second derivatives with respect to u (per interval).
    var value: (Double, Double, Double, Double, Double, Double) = (0, 0, 0, 0, 0, 0)
    var first: (Double, Double, Double, Double, Double, Double) = (0, 0, 0, 0, 0, 0)
    var second: (Double, Double, Double, Double, Double, Double) = (0, 0, 0, 0, 0, 0)

    /// The recursion of de Boor for uniform knots: N^p_k = ((u + p - k) N^(p-1)_(k-1) + (k + 1 - u) N^(p-1)_k) / p.
    init(_ u: Double) {
        let v = 1 - u
        // cubic
        let c0 = v * v * v / 6
        let c3 = u * u * u / 6
        let c1 = (3 * u * u * u - 6 * u * u + 4) / 6
        let c2 = 1 - c0 - c1 - c3
        // quartic
        let q0 = v * c0 / 4
        let q1 = ((u + 3) * c0 + (2 - u) * c1) / 4
        let q2 = ((u + 2) * c1 + (3 - u) * c2) / 4
        let q3 = ((u + 1) * c2 + (4 - u) * c3) / 4
        let q4 = u * c3 / 4
        value = (
            v * q0 / 5, ((u + 4) * q0 + (2 - u) * q1) / 5, ((u + 3) * q1 + (3 - u) * q2) / 5,
            ((u + 2) * q2 + (4 - u) * q3) / 5, ((u + 1) * q3 + (5 - u) * q4) / 5, u * q4 / 5
        )
        first = (-q0, q0 - q1, q1 - q2, q2 - q3, q3 - q4, q4)
        second = (c0, c1 - 2 * c0, c2 - 2 * c1 + c0, c3 - 2 * c2 + c1, c2 - 2 * c3, c3)
    }
}

enum QuinticSpline {
    /// Coefficients of the splines through `samples` whose first two derivatives at both ends are given.
    ///
    /// - Parameters:
    ///   - samples: [intervals + 1][width], the functions at the knots.
    ///   - left, right: [first derivatives, then second derivatives], each [width], per interval (times h and h^2).
    /// - Returns: [intervals + 5][width]
    static func coefficients(samples: [Double], width: Int, left: [Double], right: [Double]) -> [Double] {
        let knots = samples.count / width
        let rows = knots + 4
        // Row r of the banded system covers columns r - 2 ... r + 2; the first and last two rows (the end conditions) lean inwards.
        let value = [1.0, 26, 66, 26, 1].map { $0 / 120 }
        let first = [-1.0, -10, 0, 10, 1].map { $0 / 24 }
        let second = [1.0, 2, -6, 2, 1].map { $0 / 6 }
        // band[r][c - r + 4], columns r - 4 ... r + 4
        var band = [Double](repeating: 0, count: rows * 9)
        func put(_ r: Int, _ start: Int, _ stencil: [Double]) {
            for k in 0..<5 { band[r * 9 + start + k - r + 4] = stencil[k] }
        }
        put(0, 0, second)
        put(1, 0, first)
        for k in 0..<knots { put(k + 2, k, value) }
        put(rows - 2, rows - 5, first)
        put(rows - 1, rows - 5, second)
        var c = [Double](repeating: 0, count: rows * width)
        for x in 0..<width {
            c[x] = left[width + x]
            c[width + x] = left[x]
            c[(rows - 2) * width + x] = right[x]
            c[(rows - 1) * width + x] = right[width + x]
        }
        for k in 0..<samples.count { c[2 * width + k] = samples[k] }
        c.withUnsafeMutableBufferPointer { c in
            func subtract(_ factor: Double, row source: Int, from target: Int) {
                guard factor != 0 else { return }
                let s = source * width, t = target * width
                for x in 0..<width { c[t + x] -= factor * c[s + x] }
            }
            for r in 0..<rows {
                for below in r + 1..<max(r + 1, min(rows, r + 5)) {
                    let factor = band[below * 9 + r - below + 4] / band[r * 9 + 4]
                    guard factor != 0 else { continue }
                    for column in r..<min(rows, r + 5) { band[below * 9 + column - below + 4] -= factor * band[r * 9 + column - r + 4] }
                    subtract(factor, row: r, from: below)
                }
            }
            for r in (0..<rows).reversed() {
                for column in r + 1..<max(r + 1, min(rows, r + 5)) { subtract(band[r * 9 + column - r + 4], row: column, from: r) }
                let inverse = 1 / band[r * 9 + 4]
                for x in 0..<width { c[r * width + x] *= inverse }
            }
        }
        return c
    }
}
