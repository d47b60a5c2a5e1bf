import Domain

/// m_i = sum_j h_j W(d_ij) for all owned centres (Schuett et al. 2018, eq. (5)): elementwise products, both directions of a pair at
/// once. Rows [atom][plane][feature]; ghosts' rows of m receive what their owners compute for themselves, and are not read.
///
/// Cost: pairs x features x (6 + 2) multiply-adds.
@inline(never)
func schNetMessages<L: FeatureLane>(
    _ lane: L.Type, _ pairs: PairTable<L.Scalar>, _ table: FilterTable<L.Scalar>, interaction: Int, owned: Int,
    features h: UnsafePointer<L.Scalar>, messages m: UnsafeMutablePointer<L.Scalar>
) {
    let plane = table.features, atom = L.planes * plane, width = table.tileWidth, rowStride = table.rowStride
    let start = pairs.start.pointer, neighbour = pairs.neighbour.pointer, base = pairs.base.pointer
    let factors = UnsafePointer(pairs.factors.pointer), factorStride = L.planes * 16
    for tile in 0..<table.tiles {
        let rows = table.rows(interaction: interaction, tile: tile)
        for i in 0..<owned {
            let hi = h + i * atom + tile * width, mi = m + i * atom + tile * width
            for p in Int(start[i])..<Int(start[i + 1]) {
                let j = Int(neighbour[p])
                let hj = h + j * atom + tile * width, mj = m + j * atom + tile * width
                let row = rows + Int(base[p]) * rowStride
                let weights = FilterWeights<L>(factors + p * factorStride, 16)
                for c in stride(from: 0, to: width, by: L.Plain.laneCount) {
                    let w = weights.filter(FilterRows<L.Plain>(row + c, rowStride))
                    L.load(mi + c, plane).addingProduct(L.load(hj + c, plane), w).store(mi + c, plane)
                    L.load(mj + c, plane).addingProduct(L.load(hi + c, plane), w).store(mj + c, plane)
                }
            }
        }
    }
}

/// The reverse of `schNetMessages`: with m' = dE/dm (zero on ghosts, whose messages are not this rank's)
///
///     h'_j += m'_i W,  h'_i += m'_j W,  dE/dd += sum_f (m'_i h_j + m'_j h_i) dW/dd
///
/// `wantsFeatures` is false in the first interaction, whose features do not depend on positions.
/// Cost: pairs x features x (12 + 4) multiply-adds.
@inline(never)
func schNetAdjoints<L: FeatureLane>(
    _ lane: L.Type, _ pairs: PairTable<L.Scalar>, _ table: FilterTable<L.Scalar>, interaction: Int, owned: Int,
    features h: UnsafePointer<L.Scalar>, messageAdjoints m: UnsafePointer<L.Scalar>, featureAdjoints g: UnsafeMutablePointer<L.Scalar>,
    wantsFeatures: Bool
) {
    let plane = table.features, atom = L.planes * plane, width = table.tileWidth, rowStride = table.rowStride
    let start = pairs.start.pointer, neighbour = pairs.neighbour.pointer, base = pairs.base.pointer
    let factors = UnsafePointer(pairs.factors.pointer), factorStride = L.planes * 16
    let gradient = pairs.gradient.pointer, gradientTangent = pairs.gradientTangent.pointer
    for tile in 0..<table.tiles {
        let rows = table.rows(interaction: interaction, tile: tile)
        for i in 0..<owned {
            let offset = i * atom + tile * width
            let hi = h + offset, mi = m + offset, gi = g + offset
            for p in Int(start[i])..<Int(start[i + 1]) {
                let there = Int(neighbour[p]) * atom + tile * width
                let hj = h + there, mj = m + there, gj = g + there
                let row = rows + Int(base[p]) * rowStride
                let weights = FilterWeights<L>(factors + p * factorStride, 16)
                let slopes = FilterWeights<L>(factors + p * factorStride + 6, 16)
                var derivative = L.zero
                for c in stride(from: 0, to: width, by: L.Plain.laneCount) {
                    let filterRows = FilterRows<L.Plain>(row + c, rowStride)
                    let slope = slopes.filter(filterRows)
                    let mic = L.load(mi + c, plane), mjc = L.load(mj + c, plane)
                    let both = (mic * L.load(hj + c, plane)).addingProduct(mjc, L.load(hi + c, plane))
                    derivative = derivative.addingProduct(both, slope)
                    if wantsFeatures {
                        let w = weights.filter(filterRows)
                        L.load(gj + c, plane).addingProduct(mic, w).store(gj + c, plane)
                        L.load(gi + c, plane).addingProduct(mjc, w).store(gi + c, plane)
                    }
                }
                let sums = derivative.sums
                gradient[p].w += sums.x
                if L.planes == 2 { gradientTangent[p].w += sums.y }
            }
        }
    }
}
