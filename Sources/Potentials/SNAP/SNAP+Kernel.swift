import Domain

/// As many centres at a time as there are lanes.
///
/// Wigner matrices have neighbours side by side in lanes, products of matrices have centres. Three things make it fast. The recursion has
/// no coefficients (`SNAPTables`). Forces need no derivatives of matrices: with q the neighbour's point on the 3-sphere and Y the adjoint
/// of the density, the change of sum conj(Y) u(q) when q turns about x, y, z is the same sum with rows of Y mixed, so that four sums a
/// neighbour, of Y and its three mixtures with the matrix that is there already, give the whole gradient. And Y is made without any Z:
/// each run of products of two matrices serves all j at once (`SNAPTables`), and the energy of a linear model is a third of sum conj(U) Y.
struct SNAPKernel<L: EdgeLane>: CentreKernel {
    typealias S = L.Single
    typealias P = L.Plain
    typealias Sums = CentreSums<P>

    static var batch: Int { L.laneCount }

    let view: SNAPView
    let scratch: SNAPScratch<L>
    /// [owned atom][component], null unless wanted.
    let bispectrum: UnsafeMutablePointer<Double>?
    let pass: CentrePass<L>

    @inline(__always)
    func begin(_ batch: CentreBatch) {
        guard batch.count < L.laneCount else { return }
        for u in 0..<view.channels * view.stride { scratch.totals[u] = .zero }
    }

    @inline(__always)
    func read(_ i: Int, _ a: Int, lane c: Int) {
        select(i, a, c)
        matrices(i, c)
        sumMatrices(a, c)
    }

    /// Copies the neighbours within the cutoff to the scratch edges of lane c, by channel.
    @inline(__always)
    func select(_ i: Int, _ a: Int, _ c: Int) {
        let base = c &* scratch.capacity
        let near = scratch.near.from(base), pairs = scratch.pairs + base
        let groups = scratch.groups + c &* (view.channels &+ 1)
        let cutoffs = view.cutoffs + a &* view.species
        var n = 0
        for channel in 0..<view.channels {
            groups[channel] = Int32(truncatingIfNeeded: n / L.laneCount)
            var k = n
            for b in 0..<view.species where view.channels == 1 || view.channelOf[b] == channel {
                let rc = cutoffs[b], pair = a &* view.species &+ b
                n = pass.select(i, b, cutoffSquared: rc * rc, into: near, from: n)
                let numbers = Vector(rc, view.speciesWeights[b], view.innerCentres[pair], view.innerWidths[pair])
                while k < n {
                    pairs[k] = numbers
                    k &+= 1
                }
            }
            // Padding has no weight.
            let rc = cutoffs[a]
            n = pass.pad(i, length: rc, near, from: n)
            while k < n {
                pairs[k] = Vector(rc, 0, 0, 1)
                k &+= 1
            }
        }
        groups[view.channels] = Int32(truncatingIfNeeded: n / L.laneCount)
    }

    // MARK: - Matrices of neighbours

    /// Wigner matrices and geometry of the neighbours of lane c.
    @inline(__always)
    func matrices(_ i: Int, _ c: Int) {
        let base = c * scratch.capacity, width = L.laneCount
        for chunk in 0..<Int(scratch.groups[c * (view.channels + 1) + view.channels]) {
            let at = base + chunk * width
            let (x, y, z, r, inverse) = pass.geometry(i, scratch.near, at)
            let pair = P.components(scratch.pairs + at)
            let slope = P(view.angleFactor * .pi) / (pair.x - P(view.innerRadius))
            let fraction = (r - L(view.innerRadius)).scaled(by: P(1) / (pair.x - P(view.innerRadius)))
            let (sine, cosine) = fraction.scaled(by: P(view.angleFactor * .pi)).sineCosine()
            let (w, wSlope) = weight(r, fraction, pair)
            let g = scratch.geometry + (c * scratch.chunks + chunk) * SNAPScratch<L>.geometryStride
            g[0] = x
            g[1] = y
            g[2] = z
            g[3] = inverse
            g[4] = sine
            g[5] = cosine
            g[6] = L(plain: slope)
            g[7] = w
            g[8] = wSlope
            layers(cosine, z * sine, y * sine, x * sine, into: scratch.matrices + (c * scratch.chunks + chunk) * view.stride)
        }
    }

    /// w f(r) and its derivative. `pair`: cutoff, w, centre and width of the inner switch.
    @inline(__always)
    func weight(_ r: L, _ fraction: L, _ pair: (x: P, y: P, z: P, w: P)) -> (L, L) {
        var f = L(plain: pair.y), slope = L.zero
        if view.isSwitched {
            let (sine, cosine) = fraction.scaled(by: P(.pi)).sineCosine()
            let within = P(view.innerRadius).less(than: r.value), beyond = pair.x.lessOrEqual(r.value)
            let half = (cosine + L(1)).scaled(by: P(0.5) * pair.y)
            let halfSlope = sine.scaled(by: P(-0.5 * .pi) * pair.y / (pair.x - P(view.innerRadius)))
            f = L.select(beyond, .zero, L.select(within, half, f))
            slope = L.select(beyond, .zero, L.select(within, halfSlope, .zero))
        }
        guard view.isInnerSwitched else { return (f, slope) }
        let scale = P(.pi / 2) / pair.w
        let (sine, cosine) = (r - L(plain: pair.z)).scaled(by: scale).sineCosine()
        let above = (pair.z + pair.w).lessOrEqual(r.value), below = r.value.lessOrEqual(pair.z - pair.w)
        let half = (sine + L(1)).scaled(by: P(0.5)), halfSlope = cosine.scaled(by: P(0.5) * scale)
        let g = L.select(above, L(1), L.select(below, .zero, half))
        let gSlope = L.select(above, .zero, L.select(below, .zero, halfSlope))
        return (f * g, (slope * g).addingProduct(f, gSlope))
    }

    /// v of all layers from conj a = ar + i ai and conj b = br + i bi, layer by layer: row mb times (conj a - conj b t), and the middle row
    /// from the last one before it times (b + a t).
    @inline(__always)
    func layers(_ ar: L, _ ai: L, _ br: L, _ bi: L, into v: UnsafeMutablePointer<L>) {
        let nai = -ai, nbr = -br, nbi = -bi
        v[0] = L(1)
        v[1] = .zero
        var before = UnsafePointer(v), now = v + 2
        var j = 1
        while j <= view.twoJMax {
            let whole = j % 2 == 0 ? j / 2 : (j - 1) / 2
            let layer = now
            for _ in 0..<whole {
                var lastRe = L.zero, lastIm = L.zero
                for ma in 0..<j {
                    let re = before[2 &* ma], im = before[2 &* ma &+ 1]
                    now[2 &* ma] = (ar * re).addingProduct(nai, im).addingProduct(nbr, lastRe).addingProduct(bi, lastIm)
                    now[2 &* ma &+ 1] = (ar * im).addingProduct(ai, re).addingProduct(nbr, lastIm).addingProduct(nbi, lastRe)
                    (lastRe, lastIm) = (re, im)
                }
                now[2 &* j] = (nbr * lastRe).addingProduct(bi, lastIm)
                now[2 &* j &+ 1] = (nbr * lastIm).addingProduct(nbi, lastRe)
                before += 2 &* j
                now += 2 &* (j &+ 1)
            }
            if j % 2 == 0 {
                // Elements 0 ... j/2 of the middle row, from the last row of the layer before.
                let old = before - 2 &* j
                var lastRe = L.zero, lastIm = L.zero
                for ma in 0..<j / 2 + 1 {
                    let re = old[2 &* ma], im = old[2 &* ma &+ 1]
                    now[2 &* ma] = (br * re).addingProduct(bi, im).addingProduct(ar, lastRe).addingProduct(ai, lastIm)
                    now[2 &* ma &+ 1] = (br * im).addingProduct(nbi, re).addingProduct(ar, lastIm).addingProduct(nai, lastRe)
                    (lastRe, lastIm) = (re, im)
                }
                now += 2 &* (j / 2 + 1)
            } else {
                // The last row, from a middle row whose second half mirrors its first.
                let middle = (j - 1) / 2
                var lastRe = L.zero, lastIm = L.zero
                for ma in 0..<j {
                    var re: L, im: L
                    if ma <= middle {
                        (re, im) = (before[2 &* ma], before[2 &* ma &+ 1])
                    } else {
                        let m = 2 &* middle &- ma
                        (re, im) = (before[2 &* m], before[2 &* m &+ 1])
                        if (ma - middle) % 2 == 0 { im = -im } else { re = -re }
                    }
                    now[2 &* ma] = (ar * re).addingProduct(nai, im).addingProduct(nbr, lastRe).addingProduct(bi, lastIm)
                    now[2 &* ma &+ 1] = (ar * im).addingProduct(ai, re).addingProduct(nbr, lastIm).addingProduct(nbi, lastRe)
                    (lastRe, lastIm) = (re, im)
                }
                now[2 &* j] = (nbr * lastRe).addingProduct(bi, lastIm)
                now[2 &* j &+ 1] = (nbr * lastIm).addingProduct(nbi, lastRe)
                now += 2 &* (j &+ 1)
            }
            before = UnsafePointer(layer)
            j += 1
        }
    }

    /// sum over neighbours of w f v, and the centre's own part, into lane c of the totals.
    @inline(__always)
    func sumMatrices(_ a: Int, _ c: Int) {
        let stride = view.stride, groups = scratch.groups + c * (view.channels + 1)
        for channel in 0..<view.channels {
            let first = Int(groups[channel]), last = Int(groups[channel + 1])
            let v = UnsafePointer(scratch.matrices + (c * scratch.chunks + first) * stride)
            let g = UnsafePointer(scratch.geometry + (c * scratch.chunks + first) * SNAPScratch<L>.geometryStride + 7)
            let into = scratch.totals + channel * stride
            var u = 0
            while u < stride {
                var s0 = L.zero, s1 = L.zero, s2 = L.zero, s3 = L.zero
                var from = v + u, weight = g
                for _ in first..<last {
                    let w = weight[0]
                    s0.add(from[0], times: w)
                    s1.add(from[1], times: w)
                    s2.add(from[2], times: w)
                    s3.add(from[3], times: w)
                    from += stride
                    weight += SNAPScratch<L>.geometryStride
                }
                into[u][lane: c] = s0.sum()
                into[u + 1][lane: c] = s1.sum()
                into[u + 2][lane: c] = s2.sum()
                into[u + 3][lane: c] = s3.sum()
                u += 4
            }
            if view.countsSelfInAll || view.channels == 1 || view.channelOf[a] == channel {
                for k in 0..<view.diagonalCount {
                    let u = 2 * Int(view.diagonal[k])
                    into[u][lane: c] = into[u][lane: c] + S(1)
                }
            }
        }
    }

    // MARK: - Forces

    /// Forces of centre i in lane c on itself and its neighbours.
    @inline(__always)
    func addForces(_ i: Int, _ a: Int, lane c: Int, _ sums: inout Sums) {
        let half = view.half, stride = view.stride, groups = scratch.groups + c * (view.channels + 1)
        for channel in 0..<view.channels {
            let rows = UnsafePointer(scratch.rows + (c * view.channels + channel) * 8 * half)
            var chunk = Int(groups[channel])
            let last = Int(groups[channel + 1])
            if !L.hasTangent {
                // Two chunks at a time, for which there are registers.
                while chunk + 1 < last {
                    let v = UnsafePointer(scratch.matrices + (c * scratch.chunks + chunk) * stride), w = v + stride
                    var s = L.zero, x = L.zero, y = L.zero, z = L.zero
                    var s2 = L.zero, x2 = L.zero, y2 = L.zero, z2 = L.zero
                    var row = rows
                    for h in 0..<half {
                        let re = v[2 &* h], im = v[2 &* h &+ 1], re2 = w[2 &* h], im2 = w[2 &* h &+ 1]
                        let r0 = L(broadcast: row[0]), r1 = L(broadcast: row[1])
                        s = s.addingProduct(r0, re).addingProduct(r1, im)
                        s2 = s2.addingProduct(r0, re2).addingProduct(r1, im2)
                        let r2 = L(broadcast: row[2]), r3 = L(broadcast: row[3])
                        x = x.addingProduct(r2, re).addingProduct(r3, im)
                        x2 = x2.addingProduct(r2, re2).addingProduct(r3, im2)
                        let r4 = L(broadcast: row[4]), r5 = L(broadcast: row[5])
                        y = y.addingProduct(r4, re).addingProduct(r5, im)
                        y2 = y2.addingProduct(r4, re2).addingProduct(r5, im2)
                        let r6 = L(broadcast: row[6]), r7 = L(broadcast: row[7])
                        z = z.addingProduct(r6, re).addingProduct(r7, im)
                        z2 = z2.addingProduct(r6, re2).addingProduct(r7, im2)
                        row += 8
                    }
                    gradient(i, c, chunk, s, x, y, z, &sums)
                    gradient(i, c, chunk + 1, s2, x2, y2, z2, &sums)
                    chunk += 2
                }
            }
            while chunk < last {
                let v = UnsafePointer(scratch.matrices + (c * scratch.chunks + chunk) * stride)
                var s = L.zero, x = L.zero, y = L.zero, z = L.zero
                var row = rows
                for h in 0..<half {
                    let re = v[2 &* h], im = v[2 &* h &+ 1]
                    s = s.addingProduct(L(broadcast: row[0]), re).addingProduct(L(broadcast: row[1]), im)
                    x = x.addingProduct(L(broadcast: row[2]), re).addingProduct(L(broadcast: row[3]), im)
                    y = y.addingProduct(L(broadcast: row[4]), re).addingProduct(L(broadcast: row[5]), im)
                    z = z.addingProduct(L(broadcast: row[6]), re).addingProduct(L(broadcast: row[7]), im)
                    row += 8
                }
                gradient(i, c, chunk, s, x, y, z, &sums)
                chunk += 1
            }
        }
    }

    /// The edge gradient from s = sum conj(Y) v and its derivatives l by turns of q about x, y, z: with n the unit vector and theta the
    /// third angle, d/dr (w s) = w' s n + w (theta' n (n l) + sin cos / r (l - n (n l)) + sin^2 / r n x l).
    @inline(__always)
    func gradient(_ i: Int, _ c: Int, _ chunk: Int, _ s: L, _ lx: L, _ ly: L, _ lz: L, _ sums: inout Sums) {
        let g = scratch.geometry + (c * scratch.chunks + chunk) * SNAPScratch<L>.geometryStride
        let (nx, ny, nz, sine, w) = (g[0], g[1], g[2], g[4], g[7])
        let along = (nx * lx).addingProduct(ny, ly).addingProduct(nz, lz)
        let scale = w * sine * g[3]
        let turn = scale * g[5], twist = scale * sine
        let radial = (g[8] * s).addingProduct(along, (w * g[6]) - turn)
        let gx = (radial * nx).addingProduct(turn, lx).addingProduct(twist, (ny * lz) - nz * ly)
        let gy = (radial * ny).addingProduct(turn, ly).addingProduct(twist, (nz * lx) - nx * lz)
        let gz = (radial * nz).addingProduct(turn, lz).addingProduct(twist, (nx * ly) - ny * lx)
        let at = c * scratch.capacity + chunk * L.laneCount
        pass.add(i, (gx.outcome, gy.outcome, gz.outcome), scratch.near, at, centreShare: 0.5, &sums)
    }
}
