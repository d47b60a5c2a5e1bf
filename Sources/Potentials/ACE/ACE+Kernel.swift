import Domain

/// As many centres at a time as there are lanes.
///
/// Radial functions, spherical harmonics and forces have neighbours side by side in lanes; everything that the expansion makes of the
/// density (`ACEPlan`) has centres. Forces need no derivatives of spherical harmonics: with Y_lm = P_lm(z) (x + i y)^m, the sums over l of
/// the adjoint times R, R' and P, P' come first, and each m is differentiated once.
struct ACEKernel<L: EdgeLane>: CentreKernel {
    typealias S = L.Single
    typealias P = L.Plain
    typealias Sums = CentreSums<P>

    static var batch: Int { L.laneCount }

    let view: ACEView
    let scratch: ACEScratch<L>
    let grading: ACEGrading?
    let pass: CentrePass<L>

    @inline(__always)
    func begin(_ batch: CentreBatch) {
        let own = view.species[batch.species]
        for u in 0..<2 * own.slots { scratch.nodes[u] = .zero }
        for u in 0..<own.sums { scratch.sums[u] = .zero }
        scratch.core[0] = .zero
        scratch.nearest[0] = L(1e300)
    }

    @inline(__always)
    func read(_ i: Int, _ a: Int, lane c: Int) {
        let own = view.species[a]
        select(i, own, c)
        neighbours(i, own, c)
        sum(own, c)
    }

    // MARK: - Neighbours

    /// Copies the neighbours within the cutoff to the scratch edges of lane c, by species, with their places in the radial tables.
    @inline(__always)
    func select(_ i: Int, _ own: ACESpeciesView, _ c: Int) {
        let base = c &* scratch.capacity
        let near = scratch.near.from(base), rows = scratch.rows + base, fractions = scratch.fractions + base
        let groups = scratch.groups + c &* (view.elements &+ 1)
        scratch.closest[c] = -1
        var gap = Double.infinity
        var n = 0
        for b in 0..<view.elements {
            groups[b] = Int32(truncatingIfNeeded: n / L.laneCount)
            let bond = own.bonds[b]
            guard bond.cutoffSquared > 0 else { continue }
            let stride = 2 &* Int(bond.quads), nodes = Double(bond.nodes)
            var k = n
            n = pass.select(i, b, cutoffSquared: bond.cutoffSquared, into: near, from: n)
            while k < n {
                let r = near.square[k].squareRoot(), x = r * bond.scale
                // Below the first node its polynomial goes on; what is not a number stays so.
                let node = x < nodes ? max(1, Int(x)) : Int(bond.nodes)
                rows[k] = Int32(truncatingIfNeeded: node &* stride)
                fractions[k] = x - Double(node)
                if view.hasNearest, r - (bond.inner.cutoff - bond.inner.width) < gap {
                    gap = r - (bond.inner.cutoff - bond.inner.width)
                    scratch.closest[c] = Int32(truncatingIfNeeded: k)
                    scratch.closestSpecies[c] = Int32(truncatingIfNeeded: b)
                }
                k &+= 1
            }
            // Padding is beyond the last node.
            n = pass.pad(i, length: 2 * bond.cutoffSquared.squareRoot(), near, from: n)
            while k < n {
                rows[k] = Int32(truncatingIfNeeded: Int(bond.nodes) &* stride)
                fractions[k] = 0
                k &+= 1
            }
        }
        groups[view.elements] = Int32(truncatingIfNeeded: n / L.laneCount)
    }

    /// Unit vectors, radial functions and spherical harmonics of the neighbours of lane c.
    @inline(__always)
    func neighbours(_ i: Int, _ own: ACESpeciesView, _ c: Int) {
        let base = c &* scratch.capacity, width = L.laneCount, groups = scratch.groups + c &* (view.elements &+ 1)
        for b in 0..<view.elements {
            let bond = own.bonds[b]
            for chunk in Int(groups[b])..<Int(groups[b + 1]) {
                let at = base &+ chunk &* width
                let (x, y, z, r, inverse) = pass.geometry(i, scratch.near, at)
                let g = scratch.geometry + (c &* scratch.chunks &+ chunk) &* 4
                g[0] = x
                g[1] = y
                g[2] = z
                g[3] = inverse
                radial(bond, r, at, scratch.radial + (c &* scratch.chunks &+ chunk) &* 2 &* view.functions)
                harmonics(Int(bond.top), x, y, z, scratch.harmonics + chunk &* 2 &* view.harmonics)
            }
        }
        if view.hasNearest, scratch.closest[c] >= 0 {
            let n = Int(scratch.closest[c]), chunk = n / width, lane = n % width
            let inner = own.bonds[Int(scratch.closestSpecies[c])].inner
            let inverse = scratch.geometry[(c &* scratch.chunks &+ chunk) &* 4 &+ 3][lane: lane]
            scratch.nearest[0][lane: c] = inverse.reciprocal() - S(inner.cutoff - inner.width)
            scratch.nearest[1][lane: c] = S(inner.width)
        } else {
            scratch.nearest[1][lane: c] = S(1)
        }
    }

    /// Values and slopes of all functions of the table: [function][value, slope]. Between its nodes an edge has four functions at a time;
    /// then edges come side by side.
    @inline(__always)
    func radial(_ bond: ACEBondView, _ r: L, _ at: Int, _ into: UnsafeMutablePointer<L>) {
        let rows = scratch.rows + at, fractions = scratch.fractions + at
        let scale = Vector(bond.scale), next = 2 &* Int(bond.quads)
        for quad in 0..<Int(bond.quads) {
            let table = bond.table + 2 &* quad, target = into + 8 &* quad
            /// Hermite's polynomial as f0 + t (d0 + t (c2 + t c3)).
            @inline(__always) func polynomial(_ lane: Int) -> (f0: Vector, d0: Vector, c2: Vector, c3: Vector, t: Vector) {
                let row = table + Int(rows[lane]), f0 = row[0], d0 = row[1], d1 = row[next &+ 1]
                let df = row[next] - f0
                let c2: Vector = (Vector(3) * df) - (d1 + (d0 + d0))
                let c3: Vector = (d1 + d0) - (df + df)
                return (f0, d0, c2, c3, Vector(broadcast: fractions[lane]))
            }
            let value = P.components { lane in
                let p = polynomial(lane)
                return p.f0.addingProduct(p.t, p.d0.addingProduct(p.t, p.c2.addingProduct(p.t, p.c3)))
            }
            let slope = P.components { lane in
                let p = polynomial(lane)
                return scale * p.d0.addingProduct(p.t, (p.c2 + p.c2).addingProduct(p.t, Vector(3) * p.c3))
            }
            if L.hasTangent {
                let second = P.components { lane in
                    let p = polynomial(lane)
                    return (scale * scale) * (p.c2 + p.c2).addingProduct(p.t, Vector(6) * p.c3)
                }
                let along = r.outcome
                @inline(__always) func put(_ k: Int, _ f: P, _ d: P, _ s: P) {
                    target[2 &* k] = L(f, tangent: d * along)
                    target[2 &* k &+ 1] = L(d, tangent: s * along)
                }
                put(0, value.x, slope.x, second.x)
                put(1, value.y, slope.y, second.y)
                put(2, value.z, slope.z, second.z)
                put(3, value.w, slope.w, second.w)
            } else {
                target[0] = L(plain: value.x)
                target[1] = L(plain: slope.x)
                target[2] = L(plain: value.y)
                target[3] = L(plain: slope.y)
                target[4] = L(plain: value.z)
                target[5] = L(plain: slope.z)
                target[6] = L(plain: value.w)
                target[7] = L(plain: slope.w)
            }
        }
    }

    /// Y_lm of m >= 0 by m, then l: [re, im].
    @inline(__always)
    func harmonics(_ top: Int, _ x: L, _ y: L, _ z: L, _ into: UnsafeMutablePointer<L>) {
        var re = L(1), im = L.zero
        var target = into
        for m in stride(from: 0, through: top, by: 1) {
            if m > 0 { (re, im) = ((re * x) - im * y, (re * y).addingProduct(im, x)) }
            var now = L(view.diagonal[m]), before = L.zero
            target[0] = now * re
            target[1] = now * im
            target += 2
            for l in stride(from: m + 1, through: top, by: 1) {
                let row = view.recursion + 2 &* (l &* (view.top &+ 1) &+ m)
                let next = (z * now).addingProduct(before, plain: P(row[1])).scaled(by: P(row[0]))
                (before, now) = (now, next)
                target[0] = now * re
                target[1] = now * im
                target += 2
            }
        }
    }

    /// The density's coefficients, sums of g_k and the core repulsion, into lane c.
    @inline(__always)
    func sum(_ own: ACESpeciesView, _ c: Int) {
        let groups = scratch.groups + c &* (view.elements &+ 1)
        let radialStride = 2 &* view.functions
        var core = L.zero
        for b in 0..<view.elements {
            let bond = own.bonds[b]
            let first = Int(groups[b]), count = Int(groups[b + 1]) - first
            guard count > 0 else { continue }
            let radial = UnsafePointer(scratch.radial + (c &* scratch.chunks &+ first) &* radialStride)
            var y = UnsafePointer(scratch.harmonics + first &* 2 &* view.harmonics)
            var node = scratch.nodes + 2 &* Int(bond.firstNode)
            for m in stride(from: 0, through: Int(bond.top), by: 1) {
                for l in m...Int(bond.top) {
                    let shell = bond.shells[l], n = Int(shell.count)
                    var f = radial + 2 &* Int(shell.first)
                    var left = n
                    // As many functions at a time as there are registers for their sums.
                    while left > 0 {
                        let n: Int
                        if m == 0 {
                            n = min(left, L.hasTangent ? 4 : 5)
                            sums(n, true, f, y, count, node, c)
                        } else {
                            n = left == 6 ? 3 : min(left, L.hasTangent ? 2 : 5)
                            sums(n, false, f, y, count, node, c)
                        }
                        (node, f, left) = (node + 2 &* n, f + 2 &* n, left &- n)
                    }
                    y += 2
                }
            }
            for k in 0..<Int(bond.basisCount) {
                scratch.sums[Int(bond.firstSum) &+ k][lane: c] =
                    total(radial + 2 &* (Int(bond.firstBasis) &+ k), count, radialStride).scaled(by: S.Plain(view.diagonal[0]))
            }
            if bond.core >= 0 {
                var from = radial + 2 &* Int(bond.core)
                for _ in 0..<count {
                    core += from[0]
                    from += radialStride
                }
            }
        }
        scratch.core[0][lane: c] = core.sum()
    }

    /// `n` coefficients that differ in the radial function, up to 5.
    @inline(__always)
    func sums(
        _ n: Int, _ isReal: Bool, _ f: UnsafePointer<L>, _ y: UnsafePointer<L>, _ count: Int, _ node: UnsafeMutablePointer<L>, _ c: Int
    ) {
        switch n {
        case 5: sum(5, isReal, f, y, count, node, c)
        case 4: sum(4, isReal, f, y, count, node, c)
        case 3: sum(3, isReal, f, y, count, node, c)
        case 2: sum(2, isReal, f, y, count, node, c)
        default: sum(1, isReal, f, y, count, node, c)
        }
    }

    /// The same with constants. Real: m = 0, whose imaginary parts are nought and stay so.
    @inline(__always)
    func sum(
        _ n: Int, _ isReal: Bool, _ f: UnsafePointer<L>, _ y: UnsafePointer<L>, _ count: Int, _ node: UnsafeMutablePointer<L>, _ c: Int
    ) {
        var s0 = L.zero, t0 = L.zero, s1 = L.zero, t1 = L.zero, s2 = L.zero, t2 = L.zero, s3 = L.zero, t3 = L.zero, s4 = L.zero, t4 = L.zero
        var from = f, harmonic = y
        for _ in 0..<count {
            let re = harmonic[0]
            s0.add(from[0], times: re)
            if n > 1 { s1.add(from[2], times: re) }
            if n > 2 { s2.add(from[4], times: re) }
            if n > 3 { s3.add(from[6], times: re) }
            if n > 4 { s4.add(from[8], times: re) }
            if !isReal {
                let im = harmonic[1]
                t0.add(from[0], times: im)
                if n > 1 { t1.add(from[2], times: im) }
                if n > 2 { t2.add(from[4], times: im) }
                if n > 3 { t3.add(from[6], times: im) }
                if n > 4 { t4.add(from[8], times: im) }
            }
            from += 2 &* view.functions
            harmonic += 2 &* view.harmonics
        }
        @inline(__always) func put(_ k: Int, _ s: L, _ t: L) {
            node[2 &* k][lane: c] = s.sum()
            if !isReal { node[2 &* k &+ 1][lane: c] = t.sum() }
        }
        put(0, s0, t0)
        if n > 1 { put(1, s1, t1) }
        if n > 2 { put(2, s2, t2) }
        if n > 3 { put(3, s3, t3) }
        if n > 4 { put(4, s4, t4) }
    }

    @inline(__always)
    func total(_ from: UnsafePointer<L>, _ count: Int, _ stride: Int) -> S {
        var s = L.zero
        for k in 0..<count { s += from[k &* stride] }
        return s.sum()
    }
}
