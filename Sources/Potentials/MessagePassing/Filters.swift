/// The six weights of a pair's filter, or of its derivative, in all lanes.
struct FilterWeights<L: FeatureLane> {
    let w0: L, w1: L, w2: L, w3: L, w4: L, w5: L

    @inline(__always) init(_ p: UnsafePointer<L.Scalar>, _ plane: Int) {
        w0 = L.broadcast(p, plane)
        w1 = L.broadcast(p + 1, plane)
        w2 = L.broadcast(p + 2, plane)
        w3 = L.broadcast(p + 3, plane)
        w4 = L.broadcast(p + 4, plane)
        w5 = L.broadcast(p + 5, plane)
    }

    /// sum_k w_k row[k]
    @inline(__always) func filter(_ rows: FilterRows<L.Plain>) -> L {
        w0.scaled(by: rows.r0).addingProduct(w1, plain: rows.r1).addingProduct(w2, plain: rows.r2)
            .addingProduct(w3, plain: rows.r3).addingProduct(w4, plain: rows.r4).addingProduct(w5, plain: rows.r5)
    }
}

/// The six rows of one component at some features.
struct FilterRows<V: FeatureVector> {
    let r0: V, r1: V, r2: V, r3: V, r4: V, r5: V

    @inline(__always) init(_ p: UnsafePointer<V.Scalar>, _ stride: Int) {
        r0 = V.load(p, 0)
        r1 = V.load(p + stride, 0)
        r2 = V.load(p + 2 * stride, 0)
        r3 = V.load(p + 3 * stride, 0)
        r4 = V.load(p + 4 * stride, 0)
        r5 = V.load(p + 5 * stride, 0)
    }
}
