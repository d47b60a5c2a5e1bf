import Domain

/// PaiNN's mixing of an atom's own features (the update block of Schuett et al. 2021, fig. 2), around its two dense networks:
///
///     (V, U) = channel mix of mu,   n = sqrt(sum_xyz V^2 + epsilon),   p = sum_xyz V U
///     (a, b, g) = context network of (q, n),   q += a + g p,   mu += b U
///
/// `mixed` holds (V, U) as [atom][3][2][F], `input` (q, n) as [atom][2][F], `context` (a, b, g) as [atom][3][F]. In the last
/// interaction mu is not used any more, so b is left out.
struct PaiNNMixing<L: FeatureLane> {
    typealias Rows = FeatureRows<L.Scalar>
    let features: Int
    let owned: Int
    let isLast: Bool
    let mixed: Rows

    @inline(__always) private func vectors(_ i: Int, _ c: Int) -> (V: FeatureVectors<L>, U: FeatureVectors<L>) {
        let at = mixed.values + i * 6 * features + c
        return (FeatureVectors(at, 2 * features, mixed.plane), FeatureVectors(at + features, 2 * features, mixed.plane))
    }

    /// (q, n) of every owned atom.
    @inline(never)
    func inputs(q: Rows, epsilon: Double, into input: Rows) {
        let f = features, offset = L(epsilon)
        for i in 0..<owned {
            let qi = q.values + i * f, into = input.values + i * 2 * f
            for c in stride(from: 0, to: f, by: L.laneCount) {
                let V = FeatureVectors<L>(mixed.values + i * 6 * f + c, 2 * f, mixed.plane)
                L.load(qi + c, q.plane).store(into + c, input.plane)
                (offset + V.dot(V)).squareRoot().store(into + f + c, input.plane)
            }
        }
    }

    /// q += a + g p, mu += b U.
    @inline(never)
    func update(context: Rows, q: Rows, mu: Rows) {
        let f = features
        for i in 0..<owned {
            let k = context.values + i * 3 * f, qi = q.values + i * f, vi = mu.values + i * 3 * f
            for c in stride(from: 0, to: f, by: L.laneCount) {
                let (V, U) = vectors(i, c)
                let a = L.load(k + c, context.plane), g = L.load(k + 2 * f + c, context.plane)
                (L.load(qi + c, q.plane) + a).addingProduct(g, V.dot(U)).store(qi + c, q.plane)
                guard !isLast else { continue }
                let b = L.load(k + f + c, context.plane)
                FeatureVectors<L>(vi + c, f, mu.plane).addingProduct(b, U).store(vi + c, f, mu.plane)
            }
        }
    }

    /// a' = q', b' = sum_xyz mu' U (0 in the last interaction), g' = q' p
    @inline(never)
    func contextAdjoints(q: Rows, mu: Rows, into adjoint: UnsafeMutablePointer<L.Scalar>) {
        let f = features
        for i in 0..<owned {
            let k = adjoint + i * 3 * f, qi = q.values + i * f, vi = mu.values + i * 3 * f
            for c in stride(from: 0, to: f, by: L.laneCount) {
                let (V, U) = vectors(i, c)
                let qc = L.load(qi + c, q.plane)
                qc.store(k + c, 0)
                (isLast ? L.zero : FeatureVectors<L>(vi + c, f, mu.plane).dot(U)).store(k + f + c, 0)
                (qc * V.dot(U)).store(k + 2 * f + c, 0)
            }
        }
    }

    /// V' = p' U + (n' / n) V and U' = mu' b + p' V with p' = q' g, then q' += the network's adjoint of q.
    @inline(never)
    func mixedAdjoints(
        context: Rows, input: Rows, inputAdjoint: Rows, q: Rows, mu: Rows, into adjoint: UnsafeMutablePointer<L.Scalar>
    ) {
        let f = features, zero = FeatureVectors(L.zero, L.zero, L.zero)
        for i in 0..<owned {
            let into = adjoint + i * 6 * f, k = context.values + i * 3 * f
            let n = input.values + i * 2 * f + f, a = inputAdjoint.values + i * 2 * f
            let qi = q.values + i * f, vi = mu.values + i * 3 * f
            for c in stride(from: 0, to: f, by: L.laneCount) {
                let (V, U) = vectors(i, c)
                let qc = L.load(qi + c, q.plane), p = qc * L.load(k + 2 * f + c, context.plane)
                let norm = L.load(a + f + c, inputAdjoint.plane) * L.load(n + c, input.plane).reciprocal()
                zero.addingProduct(p, U).addingProduct(norm, V).store(into + c, 2 * f, 0)
                var toU = zero.addingProduct(p, V)
                if !isLast { toU = toU.addingProduct(L.load(k + f + c, context.plane), FeatureVectors(vi + c, f, mu.plane)) }
                toU.store(into + f + c, 2 * f, 0)
                (qc + L.load(a + c, inputAdjoint.plane)).store(qi + c, q.plane)
            }
        }
    }
}
