import Domain

/// The plain kernel, one neighbour at a time and straight from the definitions: what the fast one is tested against.
///
///     g_n(r) = sum_k c_nk f_k(r),   f_k = (T_k(2 (r / rc - 1)^2 - 1) + 1) / 2  fc(r),   fc = (1 + cos(pi r / rc)) / 2
///     q_n = sum_j g_n(r_ij),   s_n,lm = sum_j g_n(r_ij) Y_lm(r_ij / |r_ij|),   e_i = network(q, invariants of s)
///
/// Lanes 0, 1, 2 of the tangents are the derivatives along x, y, z of the edge r_ij = x_j - x_i, so that no derivative is written out.
struct NEPReference {
    private typealias Edge = Dual<SIMD4<Double>>

    /// Adds energies, forces and virials as `NEP.compute` promises. `species[type]` is -1 for types that the model does not see.
    static func compute(
        _ p: NEPParameters, _ tables: NEPTables, species: [Int32], _ atoms: borrowing Atoms, _ list: NeighbourList,
        seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        let view = tables.view
        var radial: [Edge] = [], angular: [Edge] = [], radialAtoms: [Int] = [], angularAtoms: [Int] = []
        var q = [Double](repeating: 0, count: view.dimension)
        var s = [Double](repeating: 0, count: p.angularCount * NEPInvariants.momentCount)
        var adjoint = s
        for i in 0..<atoms.owned {
            let a = Int(species[Int(atoms.type[i])])
            guard a >= 0 else { continue }
            radial.removeAll(keepingCapacity: true)
            angular.removeAll(keepingCapacity: true)
            radialAtoms.removeAll(keepingCapacity: true)
            angularAtoms.removeAll(keepingCapacity: true)
            for d in q.indices { q[d] = 0 }
            for m in s.indices { s[m] = 0 }
            var energy = 0.0, gradients: [(Int, Vector)] = []
            let seed = seeds.map { $0[i] } ?? 1

            for k in Int(list.offsets[i])..<Int(list.offsets[i + 1]) {
                let j = Int(list.neighbours[k])
                let b = Int(species[Int(atoms.type[j])])
                guard b >= 0 else { continue }
                let pair = a * p.speciesCount + b
                let (x, y, z, r) = edge(atoms.position[i], atoms.position[j])
                if !(r.value[0] >= view.radialCutoff[pair]) {
                    radialAtoms.append(j)
                    let f = basis(r, cutoff: view.radialCutoff[pair], count: p.radialBasis)
                    for n in 0..<p.radialCount {
                        let g = expand(f, p.radialCoefficients, n, pair, p)
                        radial.append(g)
                        q[n] += g.value[0]
                    }
                }
                if !(r.value[0] >= view.angularCutoff[pair]) {
                    angularAtoms.append(j)
                    let f = basis(r, cutoff: view.angularCutoff[pair], count: p.angularBasis)
                    let harmonics = harmonics(x / r, y / r, z / r)
                    for n in 0..<p.angularCount {
                        let g = expand(f, p.angularCoefficients, n, pair, p)
                        for m in 0..<NEPInvariants.momentCount {
                            let term = g * harmonics[m]
                            angular.append(term)
                            s[n * NEPInvariants.momentCount + m] += term.value[0]
                        }
                    }
                    if p.hasRepulsion, r.value[0] < view.repulsion[pair * NEPParameters.repulsionWidth + 1] {
                        let row = view.repulsion + pair * NEPParameters.repulsionWidth
                        // Along the edge, as a dual of one lane.
                        let e = nepRepulsion(Dual<Double>(r.value[0], tangent: 1), row)
                        energy += e.value
                        gradients.append((j, r.tangent * e.tangent))
                    }
                }
            }

            q.withUnsafeMutableBufferPointer { view.invariants.values(s, into: $0.baseAddress! + p.radialCount) }
            let (network, slopes) = network(q, species: a, view, p)
            energy += network
            slopes.withUnsafeBufferPointer { f in
                view.invariants.adjoint(s, f.baseAddress! + p.radialCount, into: &adjoint)
            }
            for (t, j) in radialAtoms.enumerated() {
                var g = Vector.zero
                for n in 0..<p.radialCount { g += radial[t * p.radialCount + n].tangent * slopes[n] }
                gradients.append((j, g))
            }
            for (t, j) in angularAtoms.enumerated() {
                var g = Vector.zero
                for m in adjoint.indices { g += angular[t * adjoint.count + m].tangent * adjoint[m] }
                gradients.append((j, g))
            }

            // d e_i / d r_ij pulls i towards where the energy falls: F_i += gradient, F_j -= gradient.
            for (j, g) in gradients {
                forces.add(i, j, edge: (atoms.position[j] - atoms.position[i]).xyz, gradient: g * seed, centreShare: 0)
            }
            forces.energy += energy * seed
            if forces.wanted.contains(.atomEnergy) { forces.atomEnergy[i] += energy * seed }
        }
    }

    private static func edge(_ i: Vector, _ j: Vector) -> (x: Edge, y: Edge, z: Edge, r: Edge) {
        let d = j - i
        let x = Edge(SIMD4<Double>(repeating: d.x), tangent: SIMD4<Double>(1, 0, 0, 0))
        let y = Edge(SIMD4<Double>(repeating: d.y), tangent: SIMD4<Double>(0, 1, 0, 0))
        let z = Edge(SIMD4<Double>(repeating: d.z), tangent: SIMD4<Double>(0, 0, 1, 0))
        return (x, y, z, (x * x + y * y + z * z).squareRoot())
    }

    private static func basis(_ r: Edge, cutoff: Double, count: Int) -> [Edge] {
        let ratio = r.scaled(by: SIMD4<Double>(repeating: 1 / cutoff))
        let fc = Edge(0.5) + Edge(0.5) * (Edge(.pi) * ratio).sineCosine().cosine
        let x = Edge(2) * (ratio - Edge(1)).squared() - Edge(1)
        var t = [Edge(1), x]
        while t.count < count { t.append(Edge(2) * x * t[t.count - 1] - t[t.count - 2]) }
        return t.prefix(count).map { ($0 + Edge(1)) * Edge(0.5) * fc }
    }

    private static func expand(_ f: [Edge], _ c: [Double], _ n: Int, _ pair: Int, _ p: NEPParameters) -> Edge {
        var g = Edge(0)
        for k in f.indices { g += Edge(c[(n * f.count + k) * p.speciesCount * p.speciesCount + pair]) * f[k] }
        return g
    }

    /// NEP's harmonics of a unit vector: (polynomial in z) times the real and imaginary part of (x + i y)^m.
    private static func harmonics(_ x: Edge, _ y: Edge, _ z: Edge) -> [Edge] {
        var result: [Edge] = []
        for rows in polynomials {
            var (re, im) = (x, y)
            for (m, coefficients) in rows.enumerated() {
                var factor = Edge(0)
                for c in coefficients.reversed() { factor = factor * z + Edge(c) }
                if m == 0 {
                    result.append(factor)
                } else {
                    result += [factor * re, factor * im]
                    (re, im) = (re * x - im * y, re * y + im * x)
                }
            }
        }
        return result
    }

    /// [l - 1][m]: coefficients of 1, z, z^2 ...: associated Legendre functions without their (1 - z^2)^(m/2), scaled to small integers.
    private static let polynomials: [[[Double]]] = [
        [[0, 1], [1]],
        [[-1, 0, 3], [0, 1], [1]],
        [[0, -3, 0, 5], [-1, 0, 5], [0, 1], [1]],
        [[3, 0, -30, 0, 35], [0, -3, 0, 7], [-1, 0, 7], [0, 1], [1]],
    ]

    /// sum_m w_m tanh(W_m q - b_m) - b, in the engine's unit, and its gradient by q.
    private static func network(_ q: [Double], species: Int, _ view: NEPView, _ p: NEPParameters) -> (Double, [Double]) {
        var energy = -view.outputBias
        var slopes = [Double](repeating: 0, count: q.count)
        for neuron in 0..<p.neurons {
            func weight(_ d: Int) -> Double { view.weights[(species * q.count + d) * view.neurons + neuron] }
            var x = -view.biases[species * view.neurons + neuron]
            for d in q.indices { x += weight(d) * q[d] }
            let h = x.hyperbolicTangent(), w = view.outputs[species * view.neurons + neuron]
            energy += w * h
            for d in q.indices { slopes[d] += w * (1 - h * h) * weight(d) }
        }
        return (energy, slopes)
    }
}
