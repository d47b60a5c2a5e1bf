import Domain

extension ACEKernel {
    /// What `sums` gives, on duals: the tangents of its sums are sums of the same kind. With s = sum_n w R and the like for w', R' and R'',
    ///
    ///     d(sum_l s p) = sum_l (sum_n w' R) p + r' sum_l (sum_n w R') p + z' sum_l s p'
    ///
    /// where r' and z' are the tangents of distance and direction. So everything over n and l is in plain numbers: 10 products for each
    /// n, l and m where dual numbers take 12, and 16 for each l and m instead of 18, and no tangents in the recursion of p.
    ///
    /// - Parameter rate: r'.
    @inline(__always)
    func dualSums(
        _ m: Int, _ bond: ACEBondView, _ radial: UnsafePointer<L>, _ z: L, _ rate: P, _ weight: inout UnsafePointer<S>
    ) -> OrderSums {
        let place = z.value, turn = z.outcome
        // p and its first two derivatives.
        var p = P(view.diagonal[m]), pBefore = P.zero, dp = P.zero, dpBefore = P.zero, ddp = P.zero, ddpBefore = P.zero
        var re = ACEDualSums<P>(), im = ACEDualSums<P>()
        for l in m...Int(bond.top) {
            if l > m {
                let row = view.recursion + 2 &* (l &* (view.top &+ 1) &+ m)
                let a = P(row[0]), b = P(row[1])
                let next = a * (place * p).addingProduct(pBefore, b)
                let dnext = a * p.addingProduct(place, dp).addingProduct(dpBefore, b)
                let ddnext = a * (dp + dp).addingProduct(place, ddp).addingProduct(ddpBefore, b)
                (pBefore, dpBefore, ddpBefore) = (p, dp, ddp)
                (p, dp, ddp) = (next, dnext, ddnext)
            }
            let shell = bond.shells[l]
            var f = radial + 2 &* Int(shell.first)
            var r = ACERadialSums<P>(), i = ACERadialSums<P>()
            for _ in 0..<Int(shell.count) {
                // The tangent of R' is r' R''.
                r.add(f[0].value, f[1].value, f[1].outcome, weight[0].value[lane: 0], weight[0].outcome[lane: 0])
                if m > 0 { i.add(f[0].value, f[1].value, f[1].outcome, weight[1].value[lane: 0], weight[1].outcome[lane: 0]) }
                f += 2
                weight += 2
            }
            re.add(r, p, dp, ddp)
            if m > 0 { im.add(i, p, dp, ddp) }
        }
        let a = re.duals(L.self, rate, turn)
        guard m > 0 else { return (a.u, .zero, a.v, .zero, a.t, .zero) }
        let b = im.duals(L.self, rate, turn)
        return (a.u, b.u, a.v, b.v, a.t, b.t)
    }
}

/// Sums over n: w R, w R', r' w R'', w' R, w' R'.
private struct ACERadialSums<P: EdgeVector> {
    var s = P.zero, d = P.zero, bend = P.zero, ds = P.zero, dd = P.zero

    @inline(__always)
    mutating func add(_ value: P, _ slope: P, _ second: P, _ weight: P.Scalar, _ tangent: P.Scalar) where P.Single == P.Scalar {
        let w = P(broadcast: weight), t = P(broadcast: tangent)
        s = s.addingProduct(value, w)
        d = d.addingProduct(slope, w)
        bend = bend.addingProduct(second, w)
        ds = ds.addingProduct(value, t)
        dd = dd.addingProduct(slope, t)
    }
}

/// Sums over l of those times p, p', p''.
private struct ACEDualSums<P: EdgeVector> {
    private var u = P.zero, v = P.zero, bent = P.zero, t = P.zero, mixed = P.zero, du = P.zero, dv = P.zero, dt = P.zero

    @inline(__always)
    mutating func add(_ n: ACERadialSums<P>, _ p: P, _ dp: P, _ ddp: P) {
        u = u.addingProduct(n.s, p)
        v = v.addingProduct(n.s, dp)
        bent = bent.addingProduct(n.s, ddp)
        t = t.addingProduct(n.d, p)
        mixed = mixed.addingProduct(n.d, dp)
        du = du.addingProduct(n.ds, p)
        dv = dv.addingProduct(n.ds, dp)
        dt = dt.addingProduct(n.dd + n.bend, p)
    }

    /// w R p, w R p', w R' p.
    @inline(__always)
    func duals<L: EdgeLane>(_: L.Type, _ rate: P, _ turn: P) -> (u: L, v: L, t: L) where L.Plain == P {
        (
            L(u, tangent: du.addingProduct(rate, t).addingProduct(turn, v)),
            L(v, tangent: dv.addingProduct(rate, mixed).addingProduct(turn, bent)),
            L(t, tangent: dt.addingProduct(turn, mixed))
        )
    }
}
