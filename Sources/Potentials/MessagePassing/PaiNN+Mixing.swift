import Domain

/// PaiNN's mixing of an atom's own features (Schuett et al. 2021, eq. (9), (10)), around its two dense networks:
///
///     (V, U) = channel mix of mu,   n = sqrt(sum_xyz V^2 + epsilon),   p = sum_xyz V U
///     (a, b, g) = context network of (q, n),   q += a + g p,   mu += b U
///
/// `mixed` holds (V, U) as [atom][plane][3][2][F], `input` (q, n) as [atom][plane][2][F], `context` (a, b, g) as [atom][plane][3][F].
struct PaiNNMixing<L: FeatureLane> {
    typealias S = L.Scalar
    let features: Int
    let owned: Int

    /// (q, n) of every owned atom.
    @inline(never)
    func inputs(_ mixed: UnsafePointer<S>, q: UnsafePointer<S>, epsilon: Double, into input: UnsafeMutablePointer<S>) {
        let f = features
        let offset = L(epsilon)
        for i in 0..<owned {
            let v = mixed + i * L.planes * 6 * f, q = q + i * L.planes * f, into = input + i * L.planes * 2 * f
            for c in stride(from: 0, to: f, by: L.Plain.laneCount) {
                let V = FeatureVectors<L>(v + c, 2 * f, 6 * f)
                L.load(q + c, f).store(into + c, 2 * f)
                (offset + V.dot(V)).squareRoot().store(into + f + c, 2 * f)
            }
        }
    }

    /// q += a + g p and, unless this is the last interaction, mu += b U.
    @inline(never)
    func update(
        _ mixed: UnsafePointer<S>, context: UnsafePointer<S>, q: UnsafeMutablePointer<S>, mu: UnsafeMutablePointer<S>, isLast: Bool
    ) {
        let f = features
        for i in 0..<owned {
            let v = mixed + i * L.planes * 6 * f, k = context + i * L.planes * 3 * f
            let q = q + i * L.planes * f, mu = mu + i * L.planes * 3 * f
            for c in stride(from: 0, to: f, by: L.Plain.laneCount) {
                let V = FeatureVectors<L>(v + c, 2 * f, 6 * f), U = FeatureVectors<L>(v + f + c, 2 * f, 6 * f)
                let a = L.load(k + c, 3 * f), g = L.load(k + 2 * f + c, 3 * f)
                (L.load(q + c, f) + a).addingProduct(g, V.dot(U)).store(q + c, f)
                guard !isLast else { continue }
                let b = L.load(k + f + c, 3 * f)
                FeatureVectors<L>(mu + c, f, 3 * f).addingProduct(b, U).store(mu + c, f, 3 * f)
            }
        }
    }

    /// a' = q', b' = sum_xyz mu' U (0 in the last interaction), g' = q' p
    @inline(never)
    func contextAdjoints(
        _ mixed: UnsafePointer<S>, q: UnsafePointer<S>, mu: UnsafePointer<S>, isLast: Bool, into adjoint: UnsafeMutablePointer<S>
    ) {
        let f = features
        for i in 0..<owned {
            let v = mixed + i * L.planes * 6 * f, k = adjoint + i * L.planes * 3 * f
            let q = q + i * L.planes * f, mu = mu + i * L.planes * 3 * f
            for c in stride(from: 0, to: f, by: L.Plain.laneCount) {
                let V = FeatureVectors<L>(v + c, 2 * f, 6 * f), U = FeatureVectors<L>(v + f + c, 2 * f, 6 * f)
                let qc = L.load(q + c, f)
                qc.store(k + c, 3 * f)
                (isLast ? L.zero : FeatureVectors<L>(mu + c, f, 3 * f).dot(U)).store(k + f + c, 3 * f)
                (qc * V.dot(U)).store(k + 2 * f + c, 3 * f)
            }
        }
    }

    /// V' = p' U + (n' / n) V and U' = mu' b + p' V with p' = q' g, then q' += the network's adjoint of q.
    @inline(never)
    func mixedAdjoints(
        _ mixed: UnsafePointer<S>, context: UnsafePointer<S>, input: UnsafePointer<S>, inputAdjoint: UnsafePointer<S>,
        q: UnsafeMutablePointer<S>, mu: UnsafePointer<S>, isLast: Bool, into adjoint: UnsafeMutablePointer<S>
    ) {
        let f = features
        for i in 0..<owned {
            let v = mixed + i * L.planes * 6 * f, into = adjoint + i * L.planes * 6 * f, k = context + i * L.planes * 3 * f
            let n = input + i * L.planes * 2 * f + f, a = inputAdjoint + i * L.planes * 2 * f
            let q = q + i * L.planes * f, mu = mu + i * L.planes * 3 * f
            for c in stride(from: 0, to: f, by: L.Plain.laneCount) {
                let V = FeatureVectors<L>(v + c, 2 * f, 6 * f), U = FeatureVectors<L>(v + f + c, 2 * f, 6 * f)
                let zero = FeatureVectors(L.zero, L.zero, L.zero)
                let qc = L.load(q + c, f), p = qc * L.load(k + 2 * f + c, 3 * f)
                let norm = L.load(a + f + c, 2 * f) * L.load(n + c, 2 * f).reciprocal()
                zero.addingProduct(p, U).addingProduct(norm, V).store(into + c, 2 * f, 6 * f)
                var toU = zero.addingProduct(p, V)
                if !isLast { toU = toU.addingProduct(L.load(k + f + c, 3 * f), FeatureVectors(mu + c, f, 3 * f)) }
                toU.store(into + f + c, 2 * f, 6 * f)
                (qc + L.load(a + c, 2 * f)).store(q + c, f)
            }
        }
    }
}
