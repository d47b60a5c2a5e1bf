import Domain

/// What happens to the centres of one batch, which lie side by side in lanes.
extension ACEKernel {
    /// From the density's coefficients to their adjoints, seeds included. Returns the energies, seeds included.
    @inline(__always)
    func energies(_ batch: CentreBatch, _ seeds: L, _ sums: inout Sums) -> L {
        let own = view.species[batch.species]
        multiply(own)
        let densities = own.densities
        for p in 0..<densities { scratch.densities[p] = .zero }
        if densities == 1 { collect(own) } else { for p in stride(from: 0, to: densities, by: 2) { collect(own, p) } }
        for s in 0..<own.sums {
            let sum = scratch.sums[s], c = own.sumCoefficients + s * densities
            for p in 0..<densities { scratch.densities[p].add(sum, timesPlain: P(c[p])) }
        }

        var energy = L.zero
        for p in 0..<densities {
            let (weight, exponent) = (own.embedding[2 * p], own.embedding[2 * p + 1])
            let (f, slope) = own.isShifted ? shifted(scratch.densities[p], exponent) : plain(scratch.densities[p], exponent)
            energy.add(f, timesPlain: P(weight))
            scratch.slopes[p] = slope.scaled(by: P(weight))
        }
        if let grading {
            for c in 0..<batch.count { grading.add(Int(batch.centres[c]), own, scratch, c) }
        }
        // What the core leaves of it.
        let core = scratch.core[0]
        var fraction: L
        if view.hasNearest {
            let width = scratch.nearest[1]
            let (f, slope) = step(width - scratch.nearest[0], width, width)
            fraction = f
            let rest: L = energy - core
            scratch.nearest[2] = -(rest * slope) * seeds
            scratch.core[1] = (L(1) - f) * seeds
            energy = core.addingProduct(energy - core, f)
        } else {
            let (f, slope) = step(core, L(own.coreCutoff), L(own.coreWidth))
            fraction = f
            scratch.core[1] = L(1).addingProduct(energy, slope) * seeds
            energy = (energy * f) + core
        }
        energy = (energy + L(own.constant)) * seeds

        fraction = fraction * seeds
        for p in 0..<densities { scratch.slopes[p] = scratch.slopes[p] * fraction }
        for s in 0..<own.sums {
            let c = own.sumCoefficients + s * densities
            var sum = L.zero
            for p in 0..<densities { sum.add(scratch.slopes[p], timesPlain: P(c[p])) }
            scratch.sumAdjoints[s] = sum
        }
        for u in 0..<2 * own.nodes { scratch.adjoints[u] = .zero }
        switch densities {
        case 1: distribute(own)
        case 2: distributeTwo(own)
        default: distributeMany(own)
        }
        unwind(own)
        return energy
    }

    /// All products, from the density's coefficients on.
    @inline(__always)
    func multiply(_ own: ACESpeciesView) {
        let nodes = scratch.nodes
        var into = nodes + 2 &* own.slots
        for k in 0..<own.productCount {
            let p = own.products[k]
            let x = nodes + 2 &* Int(p.x), y = nodes + 2 &* Int(p.y)
            let im = y[1].scaled(by: P(p.sign))
            into[0] = (x[0] * y[0]) - x[1] * im
            into[1] = (x[0] * im).addingProduct(x[1], y[0])
            into += 2
        }
    }

    /// Adjoints of the factors of all products, the last product first.
    @inline(__always)
    func unwind(_ own: ACESpeciesView) {
        let nodes = scratch.nodes, adjoints = scratch.adjoints
        var k = own.productCount - 1
        while k >= 0 {
            let p = own.products[k]
            let z = adjoints + 2 &* (own.slots &+ k), sign = P(p.sign)
            let zr = z[0], zi = z[1]
            let x = nodes + 2 &* Int(p.x), y = nodes + 2 &* Int(p.y)
            let ax = adjoints + 2 &* Int(p.x), ay = adjoints + 2 &* Int(p.y)
            let im = y[1].scaled(by: sign)
            ax[0] = ax[0].addingProduct(zr, y[0]).addingProduct(zi, im)
            ax[1] = (ax[1] - zr * im).addingProduct(zi, y[0])
            ay[0] = ay[0].addingProduct(zr, x[0]).addingProduct(zi, x[1])
            ay[1] = ay[1].addingProduct((zi * x[0]) - zr * x[1], plain: sign)
            k -= 1
        }
    }

    /// Densities p and p + 1: for each group sum c y, kept for the adjoints, and its real part with x.
    @inline(__always)
    func collect(_ own: ACESpeciesView, _ p: Int) {
        let nodes = scratch.nodes, densities = own.densities
        let both = p + 1 < densities, second = both ? p + 1 : p
        var first = L.zero, other = L.zero
        for g in 0..<own.groupCount {
            let group = own.groups[g]
            var index = own.others + Int(group.first)
            var c = own.coefficients + Int(group.first) &* densities
            var r0 = L.zero, i0 = L.zero, r1 = L.zero, i1 = L.zero
            var s0 = L.zero, j0 = L.zero, s1 = L.zero, j1 = L.zero
            var left = Int(group.count)
            while left >= 2 {
                let y = nodes + 2 &* Int(index[0]), z = nodes + 2 &* Int(index[1])
                let c0 = P(c[p]), c1 = P(c[second]), d0 = P(c[densities &+ p]), d1 = P(c[densities &+ second])
                r0.add(y[0], timesPlain: c0)
                i0.add(y[1], timesPlain: c0)
                r1.add(y[0], timesPlain: c1)
                i1.add(y[1], timesPlain: c1)
                s0.add(z[0], timesPlain: d0)
                j0.add(z[1], timesPlain: d0)
                s1.add(z[0], timesPlain: d1)
                j1.add(z[1], timesPlain: d1)
                index += 2
                c += 2 &* densities
                left -= 2
            }
            if left > 0 {
                let y = nodes + 2 &* Int(index[0])
                let c0 = P(c[p]), c1 = P(c[second])
                r0.add(y[0], timesPlain: c0)
                i0.add(y[1], timesPlain: c0)
                r1.add(y[0], timesPlain: c1)
                i1.add(y[1], timesPlain: c1)
            }
            r0 += s0
            i0 += j0
            r1 += s1
            i1 += j1
            let x = nodes + 2 &* Int(group.x)
            // Re(x y) = xr yr - xi yi, with conj(y) the other sign.
            let im = x[1].scaled(by: P(-group.sign))
            let into = scratch.groupSums + 2 &* (g &* densities &+ p)
            into[0] = r0
            into[1] = i0
            first = first.addingProduct(x[0], r0).addingProduct(im, i0)
            if both {
                into[2] = r1
                into[3] = i1
                other = other.addingProduct(x[0], r1).addingProduct(im, i1)
            }
        }
        scratch.densities[p] = first
        if both { scratch.densities[p + 1] = other }
    }

    /// The same for a single density.
    @inline(__always)
    func collect(_ own: ACESpeciesView) {
        let nodes = scratch.nodes
        var density = L.zero
        for g in 0..<own.groupCount {
            let group = own.groups[g]
            var index = own.others + Int(group.first), c = own.coefficients + Int(group.first)
            var r0 = L.zero, i0 = L.zero, r1 = L.zero, i1 = L.zero
            var left = Int(group.count)
            while left >= 2 {
                let y = nodes + 2 &* Int(index[0]), z = nodes + 2 &* Int(index[1])
                let c0 = P(c[0]), c1 = P(c[1])
                r0.add(y[0], timesPlain: c0)
                i0.add(y[1], timesPlain: c0)
                r1.add(z[0], timesPlain: c1)
                i1.add(z[1], timesPlain: c1)
                index += 2
                c += 2
                left -= 2
            }
            if left > 0 {
                let y = nodes + 2 &* Int(index[0])
                r0.add(y[0], timesPlain: P(c[0]))
                i0.add(y[1], timesPlain: P(c[0]))
            }
            r0 += r1
            i0 += i1
            let x = nodes + 2 &* Int(group.x)
            let im = x[1].scaled(by: P(-group.sign))
            scratch.groupSums[2 &* g] = r0
            scratch.groupSums[2 &* g &+ 1] = i0
            density = density.addingProduct(x[0], r0).addingProduct(im, i0)
        }
        scratch.densities[0] = density
    }

    /// Adjoints of the two nodes of every term.
    @inline(__always)
    func distribute(_ own: ACESpeciesView) {
        let slope = scratch.slopes[0]
        for g in 0..<own.groupCount {
            let group = own.groups[g], sign = P(-group.sign)
            let sums = scratch.groupSums + 2 &* g
            let (xr, xi) = head(group, slope * sums[0], slope * sums[1])
            let index = own.others + Int(group.first), c = own.coefficients + Int(group.first)
            let re = slope * xr, im = slope * xi.scaled(by: sign)
            for k in 0..<Int(group.count) {
                let into = scratch.adjoints + 2 &* Int(index[k]), factor = P(c[k])
                into[0].add(re, timesPlain: factor)
                into[1].add(im, timesPlain: factor)
            }
        }
    }

    @inline(__always)
    func distributeTwo(_ own: ACESpeciesView) {
        let slope0 = scratch.slopes[0], slope1 = scratch.slopes[1]
        for g in 0..<own.groupCount {
            let group = own.groups[g], sign = P(-group.sign)
            let sums = scratch.groupSums + 4 &* g
            let (re, xi) = head(
                group, (slope0 * sums[0]).addingProduct(slope1, sums[2]), (slope0 * sums[1]).addingProduct(slope1, sums[3]))
            let im = xi.scaled(by: sign)
            let index = own.others + Int(group.first), c = own.coefficients + 2 &* Int(group.first)
            for k in 0..<Int(group.count) {
                let into = scratch.adjoints + 2 &* Int(index[k])
                let factor = slope0.scaled(by: P(c[2 &* k])).addingProduct(slope1, plain: P(c[2 &* k &+ 1]))
                into[0].add(re, times: factor)
                into[1].add(im, times: factor)
            }
        }
    }

    @inline(__always)
    func distributeMany(_ own: ACESpeciesView) {
        let densities = own.densities, slopes = scratch.slopes
        for g in 0..<own.groupCount {
            let group = own.groups[g], sign = P(-group.sign)
            let sums = scratch.groupSums + 2 &* g &* densities
            var sr = L.zero, si = L.zero
            for p in 0..<densities {
                sr.add(slopes[p], times: sums[2 &* p])
                si.add(slopes[p], times: sums[2 &* p &+ 1])
            }
            let (re, xi) = head(group, sr, si)
            let im = xi.scaled(by: sign)
            let index = own.others + Int(group.first)
            var c = own.coefficients + densities &* Int(group.first)
            for k in 0..<Int(group.count) {
                let into = scratch.adjoints + 2 &* Int(index[k])
                var factor = L.zero
                for p in 0..<densities { factor.add(slopes[p], timesPlain: P(c[p])) }
                c += densities
                into[0].add(re, times: factor)
                into[1].add(im, times: factor)
            }
        }
    }

    /// Adds to the adjoint of a group's x; returns x.
    @inline(__always)
    func head(_ group: ACEGroup, _ re: L, _ im: L) -> (re: L, im: L) {
        let x = scratch.nodes + 2 &* Int(group.x), into = scratch.adjoints + 2 &* Int(group.x)
        into[0] += re
        into[1].add(im, timesPlain: P(-group.sign))
        return (x[0], x[1])
    }

    // MARK: - Embedding

    /// 1 below `end` - `width`, 0 from `end`; value and derivative.
    @inline(__always)
    func step(_ x: L, _ end: L, _ width: L) -> (L, L) {
        let place: L = (x - end) / width
        let u: L = L(-1).addingProduct(place, plain: P(-2))
        let square = u * u
        let quartic: L = square * square
        let odd: L = L(0.25).addingProduct(square, plain: P(-1.0 / 6)).addingProduct(quartic, plain: P(0.05))
        let even: L = L(0.25).addingProduct(square, plain: P(-0.5)).addingProduct(quartic, plain: P(0.25))
        let value: L = L(0.5).addingProduct(u * odd, plain: P(3.75))
        let slope: L = even.scaled(by: P(-7.5)) / width
        let below = x.lessOrEqual(end - width), above = end.lessOrEqual(x)
        return (L.select(below, L(1), L.select(above, .zero, value)), L.select(below, .zero, L.select(above, .zero, slope)))
    }

    /// F(rho) of FinnisSinclair: sign(rho) |rho|^m, joined to a straight line within 1e-6 of 0.
    @inline(__always)
    func plain(_ rho: L, _ m: Double) -> (L, L) {
        if m == 1 { return (rho, L(1)) }
        let w = 1e6, line = Double.power(1 / w, m - 1)
        let a = L.maximum(rho.absolute(), L(1e-12))
        let power = a.logarithm().scaled(by: P(m)).exponential()
        let cube = (a * a * a).scaled(by: P(w * w * w))
        let g = L.select(L(30).less(than: cube), .zero, (-L.minimum(cube, L(40))).exponential())
        let slopeOfG = (a * a * g).scaled(by: P(-3 * w * w * w))
        let rest = L(1) - g
        let f: L = (rest * power).addingProduct(g * a, plain: P(line))
        let bend: L = power * slopeOfG
        let straight: L = g.addingProduct(slopeOfG, a).scaled(by: P(line))
        let steep: L = (rest * power) / a
        let df: L = steep.scaled(by: P(m)) - bend + straight
        let isTiny = rho.absolute().lessOrEqual(L(1e-10))
        let signed = L.select(rho.less(than: .zero), -f, f)
        return (L.select(isTiny, rho.scaled(by: P(line)), signed), L.select(isTiny, L(line), df))
    }

    /// F(rho) of FinnisSinclairShiftedScaled: |rho|^m shifted so that it starts with a finite slope.
    @inline(__always)
    func shifted(_ rho: L, _ m: Double) -> (L, L) {
        if abs(m - 1) < 1e-10 { return (rho, L(1)) }
        let n = 1 / m
        let a = rho.absolute(), e = (-a).exponential()
        let x = e.scaled(by: P(Double.power(n, n / (1 - n)))), y = e.scaled(by: P(Double.power(n, 1 / (1 - n))))
        let base = x + a
        let power = base.logarithm().scaled(by: P(m)).exponential()
        let f = power - y
        let ratio: L = power / base
        let df: L = y.addingProduct((L(1) - x) * ratio, plain: P(m))
        return (L.select(rho.less(than: .zero), -f, f), df)
    }
}

extension Double {
    /// x^y of positive x.
    static func power(_ x: Double, _ y: Double) -> Double { (x.logarithm() * y).exponential() }
}
