import Domain

/// The gradient of a training objective with respect to the rows of a `FilterTable` of splines.
///
/// A filter is a sum of six rows with weights w_k(d), so its rows' gradient is w_k times the filter's, and the parameters' gradient
/// follows from the rows' by the (linear) map from parameters to rows: see `TrainableFilters`.
final class FilterGradient<S: FeatureScalar> {
    let kind: GradientKind
    /// [interaction][tile][row][component][feature in tile], as the table.
    private(set) var rows: Column<S>
    private let table: FilterTable<S>

    init(_ table: FilterTable<S>, _ kind: GradientKind) {
        (self.table, self.kind) = (table, kind)
        rows = Column(repeating: 0, count: table.table.count)
    }

    func clear() { rows.fill(0) }

    func rows(interaction: Int, tile: Int) -> UnsafeMutablePointer<S> {
        rows.pointer + table.offset(interaction: interaction, tile: tile)
    }

    /// [interaction][row][component][feature]
    func plainRows() -> [Double] {
        var plain = [Double](repeating: 0, count: rows.count)
        let from = rows.pointer
        table.forEachNumber { plain[$1] = Double(from[$0]) }
        return plain
    }
}

/// Adds to the filters' gradient what one interaction of a PaiNN contributes, for i receiving from j and the reverse:
///
///     W1' = c1_j q'_i,   W2' = c2_j (u . mu'_i),   W3' = c3_j (mu_j . mu'_i),   row'_k += w_k W'
///
/// or on duals the tangents of these products. Arguments as those of `painnAdjoints`.
/// Cost: pairs x features x (16 + 18) multiply-adds, three times that on duals.
@inline(never)
func painnFilterGradient<L: FeatureLane>(
    _ lane: L.Type, _ pairs: PairTable<L.Scalar>, _ table: FilterTable<L.Scalar>, interaction: Int, owned: Int,
    messages: FeatureRows<L.Scalar>, q scalars: FeatureRows<L.Scalar>, mu vectors: FeatureRows<L.Scalar>,
    into gradient: FilterGradient<L.Scalar>
) {
    let f = table.features
    let m = messages.values, mp = messages.plane, q = scalars.values, qp = scalars.plane, mu = vectors.values, vp = vectors.plane
    let width = table.tileWidth, rowStride = table.rowStride
    let start = pairs.start.pointer, neighbour = pairs.neighbour.pointer, base = pairs.base.pointer
    let factors = UnsafePointer(pairs.factors.pointer), factorStride = L.isDual ? 32 : 16
    for tile in 0..<table.tiles {
        let rows = gradient.rows(interaction: interaction, tile: tile)
        let at = tile * width
        for i in 0..<owned {
            let mi = m + i * 6 * f + at, qi = q + i * f + at, vi = mu + i * 3 * f + at
            for p in Int(start[i])..<Int(start[i + 1]) {
                let j = Int(neighbour[p])
                let mj = m + j * 6 * f + at, qj = q + j * f + at, vj = mu + j * 3 * f + at
                let row = rows + Int(base[p]) * rowStride
                let weights = FilterWeights<L>(factors + p * factorStride, 16)
                let direction = factors + p * factorStride + 12
                let u = FeatureVectors(L.broadcast(direction, 16), L.broadcast(direction + 1, 16), L.broadcast(direction + 2, 16))
                for c in stride(from: 0, to: width, by: L.laneCount) {
                    let vic = FeatureVectors<L>(vi + c, f, vp), vjc = FeatureVectors<L>(vj + c, f, vp)
                    let w1 = (L.load(qi + c, qp) * L.load(mj + c, mp)).addingProduct(L.load(qj + c, qp), L.load(mi + c, mp))
                    weights.scatter(w1, into: row + c, rowStride)
                    let w2 = (u.dot(vic) * L.load(mj + f + c, mp)).subtractingProduct(u.dot(vjc), L.load(mi + f + c, mp))
                    weights.scatter(w2, into: row + width + c, rowStride)
                    let innerI = FeatureVectors<L>(mj + 3 * f + c, f, mp).dot(vic)
                    let innerJ = FeatureVectors<L>(mi + 3 * f + c, f, mp).dot(vjc)
                    let w3 = (innerI * L.load(mj + 2 * f + c, mp)).addingProduct(innerJ, L.load(mi + 2 * f + c, mp))
                    weights.scatter(w3, into: row + 2 * width + c, rowStride)
                }
            }
        }
    }
}

/// The same for one interaction of a SchNet: W' = m'_i h_j + m'_j h_i. Arguments as those of `schNetAdjoints`.
/// Cost: pairs x features x (2 + 6) multiply-adds, three times that on duals.
@inline(never)
func schNetFilterGradient<L: FeatureLane>(
    _ lane: L.Type, _ pairs: PairTable<L.Scalar>, _ table: FilterTable<L.Scalar>, interaction: Int, owned: Int,
    features: FeatureRows<L.Scalar>, messageAdjoints: FeatureRows<L.Scalar>, into gradient: FilterGradient<L.Scalar>
) {
    let h = features.values, hp = features.plane, m = messageAdjoints.values, mp = messageAdjoints.plane
    let atom = table.features, width = table.tileWidth, rowStride = table.rowStride
    let start = pairs.start.pointer, neighbour = pairs.neighbour.pointer, base = pairs.base.pointer
    let factors = UnsafePointer(pairs.factors.pointer), factorStride = L.isDual ? 32 : 16
    for tile in 0..<table.tiles {
        let rows = gradient.rows(interaction: interaction, tile: tile)
        for i in 0..<owned {
            let hi = h + i * atom + tile * width, mi = m + i * atom + tile * width
            for p in Int(start[i])..<Int(start[i + 1]) {
                let there = Int(neighbour[p]) * atom + tile * width
                let hj = h + there, mj = m + there
                let row = rows + Int(base[p]) * rowStride
                let weights = FilterWeights<L>(factors + p * factorStride, 16)
                for c in stride(from: 0, to: width, by: L.laneCount) {
                    let w = (L.load(mi + c, mp) * L.load(hj + c, hp)).addingProduct(L.load(mj + c, mp), L.load(hi + c, hp))
                    weights.scatter(w, into: row + c, rowStride)
                }
            }
        }
    }
}

extension FilterWeights {
    /// row'_k += w_k g, or the tangent of that.
    @inline(__always) func scatter(_ g: L, into row: UnsafeMutablePointer<L.Scalar>, _ stride: Int) {
        func add(_ w: L, _ p: UnsafeMutablePointer<L.Scalar>) { (L.Plain.load(p, 0) + (w * g).active).store(p, 0) }
        add(w0, row)
        add(w1, row + stride)
        add(w2, row + 2 * stride)
        add(w3, row + 3 * stride)
        add(w4, row + 4 * stride)
        add(w5, row + 5 * stride)
    }
}
