import Domain

// How PaiNN's rows lie in memory, with F padded features:
//
//     messages [atom][6][F]: the three parts of the context c, then mu along x, y, z
//     q [atom][F],  mu [atom][3][F]
//
// What a kernel needs of an atom in one message: a halo exchange carries six rows of features.

/// Three vectors of features along x, y, z.
struct FeatureVectors<L: FeatureLane> {
    var x: L, y: L, z: L

    @inline(__always) init(_ x: L, _ y: L, _ z: L) { (self.x, self.y, self.z) = (x, y, z) }
    @inline(__always) init(_ p: UnsafePointer<L.Scalar>, _ stride: Int, _ plane: Int) {
        x = L.load(p, plane)
        y = L.load(p + stride, plane)
        z = L.load(p + 2 * stride, plane)
    }
    @inline(__always) func store(_ p: UnsafeMutablePointer<L.Scalar>, _ stride: Int, _ plane: Int) {
        x.store(p, plane)
        y.store(p + stride, plane)
        z.store(p + 2 * stride, plane)
    }
    @inline(__always) func dot(_ o: Self) -> L { (x * o.x).addingProduct(y, o.y).addingProduct(z, o.z) }
    /// self + a v and self - a v
    @inline(__always) func addingProduct(_ a: L, _ v: Self) -> Self {
        Self(x.addingProduct(a, v.x), y.addingProduct(a, v.y), z.addingProduct(a, v.z))
    }
    @inline(__always) func subtractingProduct(_ a: L, _ v: Self) -> Self {
        Self(x.subtractingProduct(a, v.x), y.subtractingProduct(a, v.y), z.subtractingProduct(a, v.z))
    }
}

/// The messages of one interaction for all owned centres, both directions of a pair at once (the message block of Schuett et al.
/// 2021, fig. 2):
///
///     q_i += sum_j W1 c1_j,   mu_i += sum_j (W2 c2_j) u_ij + (W3 c3_j) mu_j,   W = W(d_ij), u_ij = (x_j - x_i) / d_ij
///
/// `hasVectors` is false in the first interaction, where mu = 0. Ghosts' rows of q and mu receive rubbish, and are not read.
/// Cost: pairs x features x (18 + 2 x 8) multiply-adds.
@inline(never)
func painnMessages<L: FeatureLane>(
    _ lane: L.Type, _ pairs: PairTable<L.Scalar>, _ table: FilterTable<L.Scalar>, interaction: Int, owned: Int, hasVectors: Bool,
    messages: FeatureRows<L.Scalar>, q scalars: FeatureRows<L.Scalar>, mu vectors: FeatureRows<L.Scalar>
) {
    let f = table.features
    let m = messages.values, mp = messages.plane, q = scalars.values, qp = scalars.plane, mu = vectors.values, vp = vectors.plane
    let width = table.tileWidth, rowStride = table.rowStride
    let start = pairs.start.pointer, neighbour = pairs.neighbour.pointer, base = pairs.base.pointer
    let factors = UnsafePointer(pairs.factors.pointer), factorStride = L.isDual ? 32 : 16
    for tile in 0..<table.tiles {
        let rows = table.rows(interaction: interaction, tile: tile)
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
                    let w1 = weights.filter(FilterRows<L.Plain>(row + c, rowStride))
                    L.load(qi + c, qp).addingProduct(w1, L.load(mj + c, mp)).store(qi + c, qp)
                    L.load(qj + c, qp).addingProduct(w1, L.load(mi + c, mp)).store(qj + c, qp)
                    let w2 = weights.filter(FilterRows<L.Plain>(row + width + c, rowStride))
                    var toI = FeatureVectors<L>(vi + c, f, vp).addingProduct(w2 * L.load(mj + f + c, mp), u)
                    var toJ = FeatureVectors<L>(vj + c, f, vp).subtractingProduct(w2 * L.load(mi + f + c, mp), u)
                    if hasVectors {
                        let w3 = weights.filter(FilterRows<L.Plain>(row + 2 * width + c, rowStride))
                        toI = toI.addingProduct(w3 * L.load(mj + 2 * f + c, mp), FeatureVectors(mj + 3 * f + c, f, mp))
                        toJ = toJ.addingProduct(w3 * L.load(mi + 2 * f + c, mp), FeatureVectors(mi + 3 * f + c, f, mp))
                    }
                    toI.store(vi + c, f, vp)
                    toJ.store(vj + c, f, vp)
                }
            }
        }
    }
}

/// The reverse of `painnMessages`: from adjoints q', mu' of what an interaction adds to (zero on ghosts), for i receiving from j
///
///     c1'_j += W1 q'_i,   c2'_j += W2 (u . mu'_i),   c3'_j += W3 (mu_j . mu'_i),   mu'_j += (W3 c3_j) mu'_i
///     dE/dd += W1' c1_j q'_i + W2' c2_j (u . mu'_i) + W3' c3_j (mu_j . mu'_i),   dE/du += (W2 c2_j) mu'_i
///
/// summed over features, and the same for j receiving from i with -u. `adjoints` are laid out as messages. In the first
/// interaction (`hasVectors` false) neither contexts nor mu depend on positions, so only the pairs' gradient is formed.
/// Cost: pairs x features x (36 + 2 x 30) multiply-adds.
@inline(never)
func painnAdjoints<L: FeatureLane>(
    _ lane: L.Type, _ pairs: PairTable<L.Scalar>, _ table: FilterTable<L.Scalar>, interaction: Int, owned: Int, hasVectors: Bool,
    messages: FeatureRows<L.Scalar>, q scalars: FeatureRows<L.Scalar>, mu vectors: FeatureRows<L.Scalar>,
    adjoints: FeatureRows<L.Scalar>
) {
    let f = table.features
    let m = messages.values, mp = messages.plane, q = scalars.values, qp = scalars.plane, mu = vectors.values, vp = vectors.plane
    let a = adjoints.values, ap = adjoints.plane
    let width = table.tileWidth, rowStride = table.rowStride
    let start = pairs.start.pointer, neighbour = pairs.neighbour.pointer, base = pairs.base.pointer
    let factors = UnsafePointer(pairs.factors.pointer), factorStride = L.isDual ? 32 : 16
    let gradient = L.isDual ? pairs.gradientTangent.pointer : pairs.gradient.pointer
    for tile in 0..<table.tiles {
        let rows = table.rows(interaction: interaction, tile: tile)
        let at = tile * width
        for i in 0..<owned {
            let mi = m + i * 6 * f + at, ai = a + i * 6 * f + at, qi = q + i * f + at, vi = mu + i * 3 * f + at
            for p in Int(start[i])..<Int(start[i + 1]) {
                let j = Int(neighbour[p])
                let mj = m + j * 6 * f + at, aj = a + j * 6 * f + at, qj = q + j * f + at, vj = mu + j * 3 * f + at
                let row = rows + Int(base[p]) * rowStride
                let weights = FilterWeights<L>(factors + p * factorStride, 16)
                let slopes = FilterWeights<L>(factors + p * factorStride + 6, 16)
                let direction = factors + p * factorStride + 12
                let u = FeatureVectors(L.broadcast(direction, 16), L.broadcast(direction + 1, 16), L.broadcast(direction + 2, 16))
                var byDistance = L.zero
                var byDirection = FeatureVectors(L.zero, L.zero, L.zero)
                for c in stride(from: 0, to: width, by: L.laneCount) {
                    let qic = L.load(qi + c, qp), qjc = L.load(qj + c, qp)
                    let vic = FeatureVectors<L>(vi + c, f, vp), vjc = FeatureVectors<L>(vj + c, f, vp)
                    let rows1 = FilterRows<L.Plain>(row + c, rowStride)
                    let rows2 = FilterRows<L.Plain>(row + width + c, rowStride)
                    byDistance = byDistance.addingProduct(
                        slopes.filter(rows1), (qic * L.load(mj + c, mp)).addingProduct(qjc, L.load(mi + c, mp)))
                    let alongI = u.dot(vic), alongJ = L.zero - u.dot(vjc)
                    let c2i = L.load(mi + f + c, mp), c2j = L.load(mj + f + c, mp)
                    byDistance = byDistance.addingProduct(slopes.filter(rows2), (alongI * c2j).addingProduct(alongJ, c2i))
                    let w2 = weights.filter(rows2)
                    byDirection = byDirection.addingProduct(w2 * c2j, vic).subtractingProduct(w2 * c2i, vjc)
                    guard hasVectors else { continue }
                    let w1 = weights.filter(rows1)
                    L.load(aj + c, ap).addingProduct(w1, qic).store(aj + c, ap)
                    L.load(ai + c, ap).addingProduct(w1, qjc).store(ai + c, ap)
                    L.load(aj + f + c, ap).addingProduct(w2, alongI).store(aj + f + c, ap)
                    L.load(ai + f + c, ap).addingProduct(w2, alongJ).store(ai + f + c, ap)
                    let rows3 = FilterRows<L.Plain>(row + 2 * width + c, rowStride)
                    let c3i = L.load(mi + 2 * f + c, mp), c3j = L.load(mj + 2 * f + c, mp)
                    let innerI = FeatureVectors<L>(mj + 3 * f + c, f, mp).dot(vic)
                    let innerJ = FeatureVectors<L>(mi + 3 * f + c, f, mp).dot(vjc)
                    byDistance = byDistance.addingProduct(slopes.filter(rows3), (innerI * c3j).addingProduct(innerJ, c3i))
                    let w3 = weights.filter(rows3)
                    L.load(aj + 2 * f + c, ap).addingProduct(w3, innerI).store(aj + 2 * f + c, ap)
                    L.load(ai + 2 * f + c, ap).addingProduct(w3, innerJ).store(ai + 2 * f + c, ap)
                    FeatureVectors<L>(aj + 3 * f + c, f, ap).addingProduct(w3 * c3j, vic).store(aj + 3 * f + c, f, ap)
                    FeatureVectors<L>(ai + 3 * f + c, f, ap).addingProduct(w3 * c3i, vjc).store(ai + 3 * f + c, f, ap)
                }
                gradient[p] += Vector(byDirection.x.total, byDirection.y.total, byDirection.z.total, byDistance.total)
            }
        }
    }
}
