import Domain

/// m_i = sum_j h_j W(d_ij) for all owned centres, the continuous-filter convolution of Schuett et al. 2018: elementwise products, both
/// directions of a pair at once. Rows [atom][feature]; ghosts' rows of m receive what their owners compute for themselves, and are
/// not read.
///
/// Cost: pairs x features x (6 + 2) multiply-adds.
@inline(never)
func schNetMessages<L: FeatureLane>(
    _ lane: L.Type, _ pairs: PairTable<L.Scalar>, _ table: FilterTable<L.Scalar>, interaction: Int, owned: Int,
    features: FeatureRows<L.Scalar>, messages: FeatureRows<L.Scalar>
) {
    let h = features.values, hp = features.plane, m = messages.values, mp = messages.plane
    let atom = table.features, width = table.tileWidth, rowStride = table.rowStride
    let start = pairs.start.pointer, neighbour = pairs.neighbour.pointer, base = pairs.base.pointer
    let factors = UnsafePointer(pairs.factors.pointer), factorStride = L.isDual ? 32 : 16
    for tile in 0..<table.tiles {
        let rows = table.rows(interaction: interaction, tile: tile)
        for i in 0..<owned {
            let hi = h + i * atom + tile * width, mi = m + i * atom + tile * width
            for p in Int(start[i])..<Int(start[i + 1]) {
                let j = Int(neighbour[p])
                let hj = h + j * atom + tile * width, mj = m + j * atom + tile * width
                let row = rows + Int(base[p]) * rowStride
                let weights = FilterWeights<L>(factors + p * factorStride, 16)
                for c in stride(from: 0, to: width, by: L.laneCount) {
                    let w = weights.filter(FilterRows<L.Plain>(row + c, rowStride))
                    L.load(mi + c, mp).addingProduct(L.load(hj + c, hp), w).store(mi + c, mp)
                    L.load(mj + c, mp).addingProduct(L.load(hi + c, hp), w).store(mj + c, mp)
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
    features: FeatureRows<L.Scalar>, messageAdjoints: FeatureRows<L.Scalar>, featureAdjoints: FeatureRows<L.Scalar>,
    wantsFeatures: Bool
) {
    let h = features.values, hp = features.plane, m = messageAdjoints.values, mp = messageAdjoints.plane
    let g = featureAdjoints.values, gp = featureAdjoints.plane
    let atom = table.features, width = table.tileWidth, rowStride = table.rowStride
    let start = pairs.start.pointer, neighbour = pairs.neighbour.pointer, base = pairs.base.pointer
    let factors = UnsafePointer(pairs.factors.pointer), factorStride = L.isDual ? 32 : 16
    let gradient = L.isDual ? pairs.gradientTangent.pointer : pairs.gradient.pointer
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
                for c in stride(from: 0, to: width, by: L.laneCount) {
                    let filterRows = FilterRows<L.Plain>(row + c, rowStride)
                    let slope = slopes.filter(filterRows)
                    let mic = L.load(mi + c, mp), mjc = L.load(mj + c, mp)
                    let both = (mic * L.load(hj + c, hp)).addingProduct(mjc, L.load(hi + c, hp))
                    derivative = derivative.addingProduct(both, slope)
                    if wantsFeatures {
                        let w = weights.filter(filterRows)
                        L.load(gj + c, gp).addingProduct(mic, w).store(gj + c, gp)
                        L.load(gi + c, gp).addingProduct(mjc, w).store(gi + c, gp)
                    }
                }
                gradient[p].w += derivative.total
            }
        }
    }
}
