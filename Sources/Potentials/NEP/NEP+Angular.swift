import Domain

extension NEPKernel {
    /// Moments s_n,lm of the centre and their invariants q. Keeps g_n, g_n' and the harmonics of every neighbour for the way back.
    @inline(__always)
    func angularMoments(_ i: Int, _ a: Int) {
        let width = L.laneCount, basis = view.angularBasis, count = view.angularCount
        let stride = scratch.angularStride
        for b in 0..<view.species {
            let first = Int(scratch.angularGroups[b]), last = Int(scratch.angularGroups[b + 1])
            guard last > first else { continue }
            let pair = a * view.species + b
            let rc = view.angularCutoff[pair], scale = 4 / rc
            let c = view.angular + pair * count * basis
            for chunk in first..<last {
                let e = pass.geometry(i, scratch.angular, chunk * width)
                let (y, fc, slope) = cutoff(e.r, rc)
                let store = scratch.angularChunks + chunk * stride
                store[0] = e.x
                store[1] = e.y
                store[2] = e.z
                store[3] = e.inverse
                store[4] = e.r

                // fc T_k, whose tangent nobody needs, and its derivative fc' T_k + fc x' k U_k-1.
                let x = (y * y).scaled(by: P(2)) - L(1)
                let twice = x + x
                let inner = (fc * y).scaled(by: P(scale))
                let f = scratch.basis, d = scratch.slopes
                var before = L(1), now = x, slopeBefore = L.zero, slopeNow = L(1)
                f[0] = L(plain: fc.value)
                d[0] = slope
                for k in 1..<max(basis, 1) {
                    f[k] = L(plain: fc.value * now.value)
                    d[k] = (slope * now).addingProduct((inner * slopeNow), plain: P(Double(k)))
                    let next = (-before).addingProduct(twice, now), slopeNext = (-slopeBefore).addingProduct(twice, slopeNow)
                    before = now
                    now = next
                    slopeBefore = slopeNow
                    slopeNow = slopeNext
                }
                expand(f, d, c, along: e.r, into: store + 5)
                nepHarmonics(e.x, e.y, e.z, into: store + 5 + 2 * count)
            }
        }
        sumMoments()
        view.invariants.values(scratch.moments, into: scratch.q + view.radialCount)
    }

    /// g_n = sum_k c_nk f_k and g_n' likewise, two n at a time. A dual's tangent of g_n is g_n' times that of r.
    @inline(__always)
    func expand(_ f: UnsafePointer<L>, _ d: UnsafePointer<L>, _ c: UnsafePointer<Double>, along r: L, into g: UnsafeMutablePointer<L>) {
        let basis = view.angularBasis, count = view.angularCount
        var n = 0
        while n + 1 < count {
            var g0 = P.zero, g1 = P.zero, d0 = L.zero, d1 = L.zero
            let c0 = c + n * basis, c1 = c0 + basis
            for k in 0..<basis {
                let fk = f[k].value, dk = d[k], p0 = P(broadcast: c0[k]), p1 = P(broadcast: c1[k])
                g0 = g0.addingProduct(fk, p0)
                d0.add(dk, timesPlain: p0)
                g1 = g1.addingProduct(fk, p1)
                d1.add(dk, timesPlain: p1)
            }
            g[n] = L(g0, tangent: d0.value * r.outcome)
            g[n + 1] = L(g1, tangent: d1.value * r.outcome)
            g[count + n] = d0
            g[count + n + 1] = d1
            n += 2
        }
        if n < count {
            var g0 = P.zero, d0 = L.zero
            for k in 0..<basis {
                let p0 = P(broadcast: c[n * basis + k])
                g0 = g0.addingProduct(f[k].value, p0)
                d0.add(d[k], timesPlain: p0)
            }
            g[n] = L(g0, tangent: d0.value * r.outcome)
            g[count + n] = d0
        }
    }

    /// s_n,lm = sum over neighbours of g_n Y_lm, in tiles of one n and four lm.
    @inline(__always)
    func sumMoments() {
        let count = view.angularCount, stride = scratch.angularStride
        let chunks = Int(scratch.angularGroups[view.species])
        for n in 0..<count {
            var m = 0
            while m < NEPInvariants.momentCount {
                var s0 = L.zero, s1 = L.zero, s2 = L.zero, s3 = L.zero
                var store = UnsafePointer(scratch.angularChunks)
                for _ in 0..<chunks {
                    let g = store[5 + n], y = store + (5 + 2 * count + m)
                    s0.add(y[0], times: g)
                    s1.add(y[1], times: g)
                    s2.add(y[2], times: g)
                    s3.add(y[3], times: g)
                    store += stride
                }
                let into = scratch.moments + n * NEPInvariants.momentCount + m
                into[0] = s0.sum()
                into[1] = s1.sum()
                into[2] = s2.sum()
                into[3] = s3.sum()
                m += 4
            }
        }
    }

    /// The edge gradient of sum A_n,lm g_n(r) Y_lm(u): u sum_lm D_lm Y_lm + (1 - u u) grad_u (sum_lm H_lm Y_lm) / r, where
    /// H_lm = sum_n A_n,lm g_n and D_lm = sum_n A_n,lm g_n'.
    @inline(__always)
    func angularForces(_ i: Int, _ a: Int, _ sums: inout Sums) {
        let count = view.angularCount, stride = scratch.angularStride
        let chunks = Int(scratch.angularGroups[view.species])
        let adjoint = UnsafePointer(scratch.adjoint)
        for chunk in 0..<chunks {
            let store = UnsafePointer(scratch.angularChunks) + chunk * stride
            let r = store[4], g = store + 5, d = g + count, y = d + count
            let h = scratch.harmonics
            var along = L.zero
            var m = 0
            while m < NEPInvariants.momentCount {
                if L.hasTangent {
                    // Two at a time, for which there are registers.
                    along = contract(adjoint + m, g, d, r, y + m, into: h + m, along)
                    along = contract(adjoint + m + 2, g, d, r, y + m + 2, into: h + m + 2, along)
                } else {
                    var h0 = L.zero, h1 = L.zero, h2 = L.zero, h3 = L.zero
                    var d0 = L.zero, d1 = L.zero, d2 = L.zero, d3 = L.zero
                    var from = adjoint + m
                    for n in 0..<count {
                        let gn = g[n], dn = d[n]
                        let a0 = L(broadcast: from[0]), a1 = L(broadcast: from[1])
                        h0.add(a0, times: gn)
                        d0.add(a0, times: dn)
                        h1.add(a1, times: gn)
                        d1.add(a1, times: dn)
                        let a2 = L(broadcast: from[2]), a3 = L(broadcast: from[3])
                        h2.add(a2, times: gn)
                        d2.add(a2, times: dn)
                        h3.add(a3, times: gn)
                        d3.add(a3, times: dn)
                        from += NEPInvariants.momentCount
                    }
                    h[m] = h0
                    h[m + 1] = h1
                    h[m + 2] = h2
                    h[m + 3] = h3
                    along = along.addingProduct(d0, y[m]).addingProduct(d1, y[m + 1]).addingProduct(d2, y[m + 2])
                        .addingProduct(d3, y[m + 3])
                }
                m += 4
            }
            let (ux, uy, uz) = (store[0], store[1], store[2])
            let v = nepHarmonicGradient(UnsafePointer(h), ux, uy, uz)
            let inverse = store[3]
            let radial = along - (v.x * ux).addingProduct(v.y, uy).addingProduct(v.z, uz) * inverse
            add(
                i, (v.x * inverse).addingProduct(radial, ux), (v.y * inverse).addingProduct(radial, uy),
                (v.z * inverse).addingProduct(radial, uz), scratch.angular, chunk, &sums)
        }
    }

    /// H and D of two moments on duals, and `along` with D Y added. The tangent of H is sum_n A'_n g_n + r' D: five multiply-adds for
    /// each n instead of the six of two products of duals.
    @inline(__always)
    func contract(
        _ adjoint: UnsafePointer<S>, _ g: UnsafePointer<L>, _ d: UnsafePointer<L>, _ r: L, _ y: UnsafePointer<L>,
        into h: UnsafeMutablePointer<L>, _ along: L
    ) -> L {
        var h0 = L.zero, h1 = L.zero, d0 = L.zero, d1 = L.zero
        var from = adjoint
        for n in 0..<view.angularCount {
            let gn = g[n].value, dn = d[n]
            let a0 = L(broadcast: from[0]), a1 = L(broadcast: from[1])
            h0.add(a0, timesPlain: gn)
            d0.add(a0, times: dn)
            h1.add(a1, timesPlain: gn)
            d1.add(a1, times: dn)
            from += NEPInvariants.momentCount
        }
        h[0] = L(h0.value, tangent: h0.outcome.addingProduct(d0.value, r.outcome))
        h[1] = L(h1.value, tangent: h1.outcome.addingProduct(d1.value, r.outcome))
        return along.addingProduct(d0, y[0]).addingProduct(d1, y[1])
    }
}

/// NEP's 24 harmonics of the unit vector (x, y, z): Z_lm(z) times the real and imaginary part of (x + i y)^m, l = 1 ... 4.
@inline(__always)
func nepHarmonics<L: EdgeLane>(_ x: L, _ y: L, _ z: L, into h: UnsafeMutablePointer<L>) {
    typealias P = L.Plain
    let zz = z * z
    let c2 = x * x - y * y, s2 = (x * y).scaled(by: P(2))
    let c3 = x * c2 - y * s2, s3 = x * s2 + y * c2
    h[0] = z
    h[1] = x
    h[2] = y
    h[3] = zz.scaled(by: P(3)) - L(1)
    h[4] = z * x
    h[5] = z * y
    h[6] = c2
    h[7] = s2
    let z31 = zz.scaled(by: P(5)) - L(1)
    h[8] = (z31 - L(2)) * z
    h[9] = z31 * x
    h[10] = z31 * y
    h[11] = z * c2
    h[12] = z * s2
    h[13] = c3
    h[14] = s3
    let z42 = zz.scaled(by: P(7)) - L(1)
    h[15] = L(3).addingProduct((z42 + z42 + z42 + z42 + z42) - L(25), zz)
    let z41 = (z42 - L(2)) * z
    h[16] = z41 * x
    h[17] = z41 * y
    h[18] = z42 * c2
    h[19] = z42 * s2
    h[20] = z * c3
    h[21] = z * s3
    h[22] = x * c3 - y * s3
    h[23] = x * s3 + y * c3
}

/// The gradient of sum_lm h_lm Y_lm as a polynomial in x, y, z, by powers of m: sum_m a_m(z) Re (x + i y)^m + b_m(z) Im (x + i y)^m.
@inline(__always)
func nepHarmonicGradient<L: EdgeLane>(_ h: UnsafePointer<L>, _ x: L, _ y: L, _ z: L) -> (x: L, y: L, z: L) {
    typealias P = L.Plain
    let zz = z * z
    let c2 = x * x - y * y, s2 = (x * y).scaled(by: P(2))
    let c3 = x * c2 - y * s2, s3 = x * s2 + y * c2
    let z31 = zz.scaled(by: P(5)) - L(1)
    let z42 = zz.scaled(by: P(7)) - L(1)
    let z41 = (z42 - L(2)) * z
    let d41 = zz.scaled(by: P(21)) - L(3)
    let d31 = z.scaled(by: P(10)), d42 = z.scaled(by: P(14))
    let d40 = (zz.scaled(by: P(140)) - L(60)) * z

    let a1 = h[1].addingProduct(h[4], z).addingProduct(h[9], z31).addingProduct(h[16], z41)
    let b1 = h[2].addingProduct(h[5], z).addingProduct(h[10], z31).addingProduct(h[17], z41)
    let a2 = h[6].addingProduct(h[11], z).addingProduct(h[18], z42)
    let b2 = h[7].addingProduct(h[12], z).addingProduct(h[19], z42)
    let a3 = h[13].addingProduct(h[20], z), b3 = h[14].addingProduct(h[21], z)
    let a4 = h[22], b4 = h[23]

    let first2 = (a2 * x).addingProduct(b2, y), second2 = (b2 * x) - a2 * y
    let first3 = (a3 * c2).addingProduct(b3, s2), second3 = (b3 * c2) - a3 * s2
    let first4 = (a4 * c3).addingProduct(b4, s3), second4 = (b4 * c3) - a4 * s3
    let gx = a1.addingProduct(first2, plain: P(2)).addingProduct(first3, plain: P(3)).addingProduct(first4, plain: P(4))
    let gy = b1.addingProduct(second2, plain: P(2)).addingProduct(second3, plain: P(3)).addingProduct(second4, plain: P(4))

    let slope1 = h[4].addingProduct(h[9], d31).addingProduct(h[16], d41)
    let slope1b = h[5].addingProduct(h[10], d31).addingProduct(h[17], d41)
    let slope0 = h[0].addingProduct(h[3] * z, plain: P(6)).addingProduct(h[8], zz.scaled(by: P(15)) - L(3)).addingProduct(h[15], d40)
    let gz = slope0.addingProduct(slope1, x).addingProduct(slope1b, y)
        .addingProduct(h[11].addingProduct(h[18], d42), c2).addingProduct(h[12].addingProduct(h[19], d42), s2)
        .addingProduct(h[20], c3).addingProduct(h[21], s3)
    return (gx, gy, gz)
}
