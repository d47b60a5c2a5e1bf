import Domain

extension NEPKernel {
    /// q_n for n = 0 ... radialCount - 1, from sums over neighbours of fc T_k by species.
    @inline(__always)
    func radialSums(_ i: Int, _ a: Int) {
        let width = L.laneCount, basis = view.radialBasis, count = view.radialCount
        for n in 0..<count { scratch.q[n] = .zero }
        for b in 0..<view.species {
            let first = Int(scratch.radialGroups[b]), last = Int(scratch.radialGroups[b + 1])
            guard last > first else { continue }
            let pair = a * view.species + b
            let rc = view.radialCutoff[pair]
            let sums = scratch.basis
            for k in 0..<basis { sums[k] = .zero }
            for chunk in first..<last {
                let e = pass.geometry(i, scratch.radial, chunk * width)
                let (y, fc, slope) = cutoff(e.r, rc)
                let store = scratch.radialChunks + chunk * NEPScratch<L>.radialStride
                store[0] = y
                store[1] = fc
                store[2] = slope
                store[3] = e.x
                store[4] = e.y
                store[5] = e.z
                // fc T_k by the recurrence of T_k, which is linear.
                let x = (y * y).scaled(by: P(2)) - L(1)
                let twice = x + x
                var before = fc, now = x * fc
                sums[0] = sums[0] + fc
                guard basis > 1 else { continue }
                sums[1] = sums[1] + now
                for k in 2..<max(basis, 2) {
                    let next = (-before).addingProduct(twice, now)
                    sums[k] = sums[k] + next
                    before = now
                    now = next
                }
            }
            for k in 0..<basis { scratch.sums[k] = sums[k].sum() }
            let c = view.radial + pair * count * basis
            for n in 0..<count {
                var q = scratch.q[n]
                for k in 0..<basis { q.add(scratch.sums[k], timesPlain: S.Plain(c[n * basis + k])) }
                scratch.q[n] = q
            }
        }
    }

    /// The edge gradient sum_n f_n g_n'(r) u: with b_k = sum_n f_n c_nk, g' = fc' sum_k b_k T_k(x) + fc x' sum_k b_k k U_k-1(x), both
    /// series by Clenshaw's recurrence; x' = 4 (r / rc - 1) / rc.
    @inline(__always)
    func radialForces(_ i: Int, _ a: Int, _ sums: inout Sums) {
        let basis = view.radialBasis, count = view.radialCount
        for b in 0..<view.species {
            let first = Int(scratch.radialGroups[b]), last = Int(scratch.radialGroups[b + 1])
            guard last > first else { continue }
            let pair = a * view.species + b
            let c = view.radial + pair * count * basis
            let scale = 4 / view.radialCutoff[pair]
            // As lanes, so that the loop below only loads.
            let series = scratch.basis, slopes = scratch.slopes
            for k in 0..<basis {
                var sum = S.zero
                for n in 0..<count { sum.add(scratch.f[n], timesPlain: S.Plain(c[n * basis + k])) }
                series[k] = L(broadcast: sum)
                if k > 0 { slopes[k - 1] = L(broadcast: sum.scaled(by: S.Plain(Double(k) * scale))) }
            }
            for chunk in first..<last {
                let store = scratch.radialChunks + chunk * NEPScratch<L>.radialStride
                let y = store[0]
                let x = (y * y).scaled(by: P(2)) - L(1)
                let twice = x + x
                var t1 = L.zero, t2 = L.zero, u1 = L.zero, u2 = L.zero
                var k = basis - 1
                while k > 0 {
                    let t = (series[k] - t2).addingProduct(twice, t1)
                    let u = (slopes[k - 1] - u2).addingProduct(twice, u1)
                    t2 = t1
                    t1 = t
                    u2 = u1
                    u1 = u
                    k -= 1
                }
                let value = (series[0] - t2).addingProduct(x, t1)
                let g = (store[2] * value).addingProduct(store[1] * y, u1)
                add(
                    i, g * store[3], g * store[4], g * store[5], scratch.radial, chunk, &sums)
            }
        }
    }
}
