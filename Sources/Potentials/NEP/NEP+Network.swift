import Domain

extension NEPKernel {
    /// seed (sum_m w_m tanh(W_m q - b_m) - b), and its derivatives by q in scratch.f. Lanes are neurons.
    @inline(__always)
    func network(_ a: Int, _ seed: S) -> S {
        let neurons = view.neurons, width = L.laneCount, dimension = view.dimension
        let weights = view.weights + a * dimension * neurons
        let biases = view.biases + a * neurons, outputs = view.outputs + a * neurons
        let scale = L(broadcast: seed)
        var sum = L.zero
        var at = 0
        while at < neurons {
            // Two rows of neurons at a time; their number is padded to fit.
            var x0 = -L(plain: P.load(biases + at)), x1 = -L(plain: P.load(biases + at + width))
            for d in 0..<dimension {
                let q = L(broadcast: scratch.q[d])
                x0.add(q, timesPlain: P.load(weights + d * neurons + at))
                x1.add(q, timesPlain: P.load(weights + d * neurons + at + width))
            }
            let w0 = scale.scaled(by: P.load(outputs + at)), w1 = scale.scaled(by: P.load(outputs + at + width))
            let h0 = x0.hyperbolicTangent(), h1 = x1.hyperbolicTangent()
            sum = sum.addingProduct(h0, w0).addingProduct(h1, w1)
            scratch.hidden[at / width] = w0 - w0 * (h0 * h0)
            scratch.hidden[at / width + 1] = w1 - w1 * (h1 * h1)
            at += 2 * width
        }
        var d = 0
        while d < dimension {
            // The last one is done twice where their number is odd.
            let e = min(d + 1, dimension - 1)
            var f0 = L.zero, f1 = L.zero
            for block in 0..<neurons / width {
                let t = scratch.hidden[block]
                f0.add(t, timesPlain: P.load(weights + d * neurons + block * width))
                f1.add(t, timesPlain: P.load(weights + e * neurons + block * width))
            }
            scratch.f[d] = f0.sum()
            scratch.f[e] = f1.sum()
            d += 2
        }
        return sum.sum() - seed.scaled(by: S.Plain(view.outputBias))
    }

    /// The repulsion among the angular neighbours, one at a time: few are within its cutoff.
    @inline(__always)
    func repulsion(_ i: Int, _ a: Int, _ seed: S, _ energy: inout S, _ sums: inout Sums) {
        let width = L.laneCount
        for b in 0..<view.species {
            let row = view.repulsion + (a * view.species + b) * NEPParameters.repulsionWidth
            let limit = row[1] * row[1]
            for k in Int(scratch.angularGroups[b]) * width..<Int(scratch.angularGroups[b + 1]) * width {
                let near = scratch.angular, j = Int(near.indices[k])
                guard !(near.square[k] >= limit) else { continue }
                let edge = Vector(near.x[k], near.y[k], near.z[k], 0), d = -edge
                let v = pass.field.map { $0[i] - $0[j] } ?? .zero
                let x = S(S.Plain(d.x), tangent: S.Plain(v.x)), y = S(S.Plain(d.y), tangent: S.Plain(v.y))
                let z = S(S.Plain(d.z), tangent: S.Plain(v.z))
                let r = (x * x + y * y + z * z).squareRoot()
                let e = nepRepulsionWithSlope(r, row)
                energy = energy.addingProduct(seed, e.value)
                let factor = seed * e.slope / r
                let g = Vector(
                    (factor * x).outcome[lane: 0], (factor * y).outcome[lane: 0], (factor * z).outcome[lane: 0], 0)
                pass.force[i] += g
                pass.force[j] -= g
                if pass.wantsVirial { sums.addVirial(edge, g) }
                pass.atomVirial?[j].add(edge, g)
            }
        }
    }
}
