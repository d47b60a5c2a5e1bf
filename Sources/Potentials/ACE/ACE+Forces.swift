import Domain

extension ACEKernel {
    /// Forces of centre i in lane c on itself and its neighbours, from the adjoints of the density's coefficients.
    @inline(__always)
    func addForces(_ i: Int, _ a: Int, lane c: Int, _ sums: inout Sums) {
        let own = view.species[a], groups = scratch.groups + c &* (view.elements &+ 1)
        for u in 0..<2 * own.slots { scratch.weights[u] = scratch.adjoints[u][lane: c] }
        let coreWeight = L(broadcast: scratch.core[1][lane: c])
        for b in 0..<view.elements {
            let bond = own.bonds[b]
            let first = Int(groups[b]), last = Int(groups[b + 1])
            guard first < last else { continue }
            for k in 0..<Int(bond.basisCount) {
                scratch.sumWeights[k] = scratch.sumAdjoints[Int(bond.firstSum) &+ k][lane: c].scaled(by: S.Plain(view.diagonal[0]))
            }
            for chunk in first..<last {
                let g = scratch.geometry + (c &* scratch.chunks &+ chunk) &* 4
                let radial = UnsafePointer(scratch.radial + (c &* scratch.chunks &+ chunk) &* 2 &* view.functions)
                let (x, y, z, inverse) = (g[0], g[1], g[2], g[3])
                var (along, gx, gy, gz) = gradient(bond, radial, x, y, z, inverse)
                var basis = radial + 2 &* Int(bond.firstBasis)
                for k in 0..<Int(bond.basisCount) {
                    along.add(basis[1], times: L(broadcast: scratch.sumWeights[k]))
                    basis += 2
                }
                if bond.core >= 0 { along.add(radial[2 &* Int(bond.core) &+ 1], times: coreWeight) }
                if view.hasNearest {
                    let n = Int(scratch.closest[c]) - chunk &* L.laneCount
                    if n >= 0 && n < L.laneCount { along[lane: n] = along[lane: n] + scratch.nearest[2][lane: c] }
                }
                let inner = (x * gx).addingProduct(y, gy).addingProduct(z, gz)
                let radialPart = along - inner * inverse
                let fx = (radialPart * x).addingProduct(gx, inverse)
                let fy = (radialPart * y).addingProduct(gy, inverse)
                let fz = (radialPart * z).addingProduct(gz, inverse)
                let at = c &* scratch.capacity &+ chunk &* L.laneCount
                pass.add(i, (fx.outcome, fy.outcome, fz.outcome), scratch.near, at, centreShare: 0.5, &sums)
            }
        }
    }

    /// The derivatives along the distance and by the components of the unit vector of sum_nlm w_nlm R_n(r) Y_lm.
    @inline(__always)
    func gradient(
        _ bond: ACEBondView, _ radial: UnsafePointer<L>, _ x: L, _ y: L, _ z: L, _ inverse: L
    ) -> (along: L, x: L, y: L, z: L) {
        guard bond.top >= 0 else { return (.zero, .zero, .zero, .zero) }
        // The tangent of the distance.
        let rate: P = L.hasTangent ? -inverse.outcome / (inverse.value * inverse.value) : .zero
        var weight = UnsafePointer(scratch.weights + 2 &* Int(bond.firstNode))
        let zonal = L.hasTangent ? dualSums(0, bond, radial, z, rate, &weight) : sums(0, bond, radial, z, &weight)
        var along = zonal.tr, gx = L.zero, gy = L.zero, gz = zonal.vr
        // (x + i y)^m and the power before it.
        var re = L(1), im = L.zero
        for m in stride(from: 1, through: Int(bond.top), by: 1) {
            let reBefore = re, imBefore = im
            (re, im) = ((re * x) - im * y, (re * y).addingProduct(im, x))
            let s = L.hasTangent ? dualSums(m, bond, radial, z, rate, &weight) : sums(m, bond, radial, z, &weight)
            along = along.addingProduct(s.tr, re).addingProduct(s.ti, im)
            gz = gz.addingProduct(s.vr, re).addingProduct(s.vi, im)
            let order = P(Double(m))
            gx.add((s.ur * reBefore).addingProduct(s.ui, imBefore), timesPlain: order)
            gy.add((s.ui * reBefore) - s.ur * imBefore, timesPlain: order)
        }
        return (along, gx, gy, gz)
    }

    /// Of one m: sums over n and l of w R p, w R p' and w R' p, with p_l(z) the Legendre part. m = 0 has real parts only.
    typealias OrderSums = (ur: L, ui: L, vr: L, vi: L, tr: L, ti: L)

    @inline(__always)
    func sums(_ m: Int, _ bond: ACEBondView, _ radial: UnsafePointer<L>, _ z: L, _ weight: inout UnsafePointer<S>) -> OrderSums {
        var p = L(view.diagonal[m]), pBefore = L.zero, dp = L.zero, dpBefore = L.zero
        var ur = L.zero, ui = L.zero, vr = L.zero, vi = L.zero, tr = L.zero, ti = L.zero
        for l in m...Int(bond.top) {
            if l > m {
                let row = view.recursion + 2 &* (l &* (view.top &+ 1) &+ m)
                let next = (z * p).addingProduct(pBefore, plain: P(row[1])).scaled(by: P(row[0]))
                let dnext = p.addingProduct(z, dp).addingProduct(dpBefore, plain: P(row[1])).scaled(by: P(row[0]))
                (pBefore, p) = (p, next)
                (dpBefore, dp) = (dp, dnext)
            }
            let shell = bond.shells[l]
            var f = radial + 2 &* Int(shell.first)
            var sr = L.zero, si = L.zero, dr = L.zero, di = L.zero
            for _ in 0..<Int(shell.count) {
                let wr = L(broadcast: weight[0])
                sr.add(f[0], times: wr)
                dr.add(f[1], times: wr)
                if m > 0 {
                    let wi = L(broadcast: weight[1])
                    si.add(f[0], times: wi)
                    di.add(f[1], times: wi)
                }
                f += 2
                weight += 2
            }
            ur.add(sr, times: p)
            vr.add(sr, times: dp)
            tr.add(dr, times: p)
            if m > 0 {
                ui.add(si, times: p)
                vi.add(si, times: dp)
                ti.add(di, times: p)
            }
        }
        return (ur, ui, vr, vi, tr, ti)
    }
}
