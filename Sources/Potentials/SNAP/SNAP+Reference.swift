import Domain

/// The plain form of the bispectrum, straight from its definition; what the fast kernel is tested against and what computes use.
///
///     U_j = delta + sum_j' w f(r) u_j(theta_0, r / |r|)                    Wigner matrices of the density on the 3-sphere
///     Z_j1 j2 j = C U_j1 U_j2 C,   B_j1 j2 j = sum_ma,mb conj(U_j) Z_j1 j2 j
///     e_i = c_0 + sum_k c_k B_k (+ 1/2 sum_kl alpha_kl B_k B_l)
///
/// A. P. Thompson et al., J. Comput. Phys. 285, 316 (2015); M. A. Wood and A. P. Thompson, J. Chem. Phys. 148, 241721 (2018) (quadratic);
/// M. A. Cusentino et al., J. Phys. Chem. A 124, 5456 (2020) (multi-element). Lanes 0, 1, 2 of tangents are derivatives along x, y, z.
public final class SNAPReference {
    typealias Edge = Dual<SIMD4<Double>>
    struct Complex { var re: Edge, im: Edge }

    public let descriptor: SNAPDescriptor
    let couplings: SNAPCouplings
    /// [product][m1][m2]
    private let coefficients: [[[Double]]]

    public init(_ descriptor: SNAPDescriptor) {
        self.descriptor = descriptor
        let couplings = SNAPCouplings(descriptor.twoJMax)
        self.couplings = couplings
        coefficients = couplings.products.map { t in
            (0...t.j1).map { m1 in (0...t.j2).map { m2 in SNAPCouplings.clebschGordan(t, m1, m2) } }
        }
    }

    public struct Neighbour: Sendable {
        /// r_j - r_i, shorter than the cutoff.
        public var edge: Vector
        public var species: Int
        public init(_ edge: Vector, species: Int) { (self.edge, self.species) = (edge, species) }
    }

    /// Components of an atom of a species, and if wanted their derivatives by each neighbour's edge: gradients[neighbour][component].
    public func evaluate(_ a: Int, _ neighbours: [Neighbour], wantsGradients: Bool) -> (values: [Double], gradients: [[Vector]]) {
        let n = descriptor.channelCount, size = couplings.elementCount
        var total = [[(Double, Double)]](repeating: Array(repeating: (0, 0), count: size), count: n)
        for c in 0..<n where c == descriptor.channel(a) || descriptor.countsSelfInAll {
            for j in 0...couplings.twoJMax { for m in 0...j { total[c][couplings.block[j] + m * (j + 2)].0 = 1 } }
        }
        var matrices: [[Complex]] = []
        for neighbour in neighbours {
            let u = matrix(neighbour, a), c = descriptor.channel(neighbour.species)
            for k in 0..<size {
                total[c][k].0 += u[k].re.value[0]
                total[c][k].1 += u[k].im.value[0]
            }
            if wantsGradients { matrices.append(u) }
        }

        // Z of all products and pairs of channels.
        var z = [[[(Double, Double)]]](repeating: [], count: n * n)
        for c in 0..<n * n { z[c] = couplings.products.indices.map { product($0, total[c / n], total[c % n]) } }

        let triples = couplings.triples
        var values = [Double](repeating: 0, count: descriptor.count)
        for (k, t) in triples.enumerated() {
            let p = couplings.productIndex[t]!
            for a12 in 0..<n * n {
                for c in 0..<n {
                    var sum = 0.0
                    for m in 0..<(t.j + 1) * (t.j + 1) {
                        let u = total[c][couplings.block[t.j] + m], y = z[a12][p][m]
                        sum += u.0 * y.0 + u.1 * y.1
                    }
                    let isSelf = descriptor.countsSelfInAll || (a12 == descriptor.channel(a) * (n + 1) && c == descriptor.channel(a))
                    values[(a12 * n + c) * triples.count + k] = sum - (isSelf ? descriptor.isolated(t.j) : 0)
                }
            }
        }
        guard wantsGradients else { return (values, []) }

        let gradients = zip(neighbours, matrices).map { neighbour, u in
            var result = [Vector](repeating: .zero, count: descriptor.count)
            let own = descriptor.channel(neighbour.species)
            /// sum conj(du_j) Z over the whole matrix.
            func contract(_ j1: Int, _ j2: Int, _ j: Int, _ a: Int, _ b: Int) -> Vector {
                let y = z[a * n + b][couplings.productIndex[SNAPTriple(j1: j1, j2: j2, j: j)]!]
                var sum = Vector.zero
                for m in 0..<(j + 1) * (j + 1) {
                    let du = u[couplings.block[j] + m]
                    sum += du.re.tangent * y[m].0 + du.im.tangent * y[m].1
                }
                return sum
            }
            for (k, t) in triples.enumerated() {
                let f1 = descriptor.isNormalised ? 1 : Double(t.j + 1) / Double(t.j1 + 1)
                let f2 = descriptor.isNormalised ? 1 : Double(t.j + 1) / Double(t.j2 + 1)
                for a in 0..<n {
                    for b in 0..<n {
                        // The neighbour's density as each of the three factors.
                        result[((a * n + b) * n + own) * triples.count + k] += contract(t.j1, t.j2, t.j, a, b)
                        result[((own * n + b) * n + a) * triples.count + k] += contract(t.j, t.j2, t.j1, a, b) * f1
                        result[((a * n + own) * n + b) * triples.count + k] += contract(t.j, t.j1, t.j2, b, a) * f2
                    }
                }
            }
            return result
        }
        return (values, gradients)
    }

    /// Adds energies, forces and virials as `SNAP.compute` promises. `species[type]` is -1 for types that the model does not see.
    func compute(
        _ p: SNAPParameters, species: [Int32], _ atoms: borrowing Atoms, _ list: NeighbourList, seeds: UnsafePointer<Double>?,
        components: UnsafeMutablePointer<Double>?, into forces: inout Forces
    ) {
        let count = descriptor.count
        for i in 0..<atoms.owned {
            let a = Int(species[Int(atoms.type[i])])
            guard a >= 0 else { continue }
            var near: [Neighbour] = [], indices: [Int] = []
            for k in Int(list.offsets[i])..<Int(list.offsets[i + 1]) {
                let j = Int(list.neighbours[k]), b = Int(species[Int(atoms.type[j])])
                guard b >= 0 else { continue }
                let d = (atoms.position[j] - atoms.position[i]).xyz
                guard !(d.dot(d) >= descriptor.cutoff(a, b) * descriptor.cutoff(a, b)) else { continue }
                near.append(Neighbour(d, species: b))
                indices.append(j)
            }
            let (b, gradients) = evaluate(a, near, wantsGradients: true)
            if let components { for k in 0..<count { components[i * count + k] = b[k] } }
            let c = p.coefficients[a]
            var energy = c[0], slopes = Array(c[1..<count + 1])
            for k in 0..<count { energy += c[k + 1] * b[k] }
            if p.isQuadratic {
                var at = count + 1
                for k in 0..<count {
                    for l in k..<count {
                        energy += c[at] * b[k] * b[l] * (k == l ? 0.5 : 1)
                        slopes[k] += c[at] * b[l]
                        if l != k { slopes[l] += c[at] * b[k] }
                        at += 1
                    }
                }
            }
            let seed = seeds.map { $0[i] } ?? 1
            for (j, rows) in zip(indices, gradients) {
                var g = Vector.zero
                for k in 0..<count { g += rows[k].xyz * slopes[k] }
                forces.add(i, j, edge: (atoms.position[j] - atoms.position[i]).xyz, gradient: g * seed, centreShare: 0.5)
            }
            forces.energy += energy * seed
            if forces.wanted.contains(.atomEnergy) { forces.atomEnergy[i] += energy * seed }
        }
    }

    private func product(_ p: Int, _ first: [(Double, Double)], _ second: [(Double, Double)]) -> [(Double, Double)] {
        let t = couplings.products[p], c = coefficients[p]
        var z = [(Double, Double)](repeating: (0, 0), count: (t.j + 1) * (t.j + 1))
        let scale = descriptor.isNormalised ? 1 / Double(t.j + 1) : 1
        func sum(_ m1: Int, _ m2: Int) -> Int? {
            let m = (2 * m1 - t.j1 + 2 * m2 - t.j2 + t.j) / 2
            return 2 * m1 - t.j1 + 2 * m2 - t.j2 + t.j >= 0 && m <= t.j ? m : nil
        }
        for mb1 in 0...t.j1 {
            for mb2 in 0...t.j2 {
                guard let mb = sum(mb1, mb2) else { continue }
                for ma1 in 0...t.j1 {
                    for ma2 in 0...t.j2 {
                        guard let ma = sum(ma1, ma2) else { continue }
                        let u = first[couplings.block[t.j1] + mb1 * (t.j1 + 1) + ma1]
                        let v = second[couplings.block[t.j2] + mb2 * (t.j2 + 1) + ma2]
                        let factor = scale * c[mb1][mb2] * c[ma1][ma2]
                        z[mb * (t.j + 1) + ma].0 += factor * (u.0 * v.0 - u.1 * v.1)
                        z[mb * (t.j + 1) + ma].1 += factor * (u.0 * v.1 + u.1 * v.0)
                    }
                }
            }
        }
        return z
    }

    /// w f u of one neighbour. The left half of each layer comes from the layer before, the right half from
    /// u[j - mb][j - ma] = (-1)^(ma - mb) conj(u[mb][ma]): Varshalovich et al., sections 4.8.2 and 4.4(2).
    private func matrix(_ neighbour: Neighbour, _ a: Int) -> [Complex] {
        let d = neighbour.edge
        let x = Edge(SIMD4(repeating: d.x), tangent: SIMD4(1, 0, 0, 0)), y = Edge(SIMD4(repeating: d.y), tangent: SIMD4(0, 1, 0, 0))
        let z = Edge(SIMD4(repeating: d.z), tangent: SIMD4(0, 0, 1, 0))
        let r = (x * x + y * y + z * z).squareRoot()
        let cutoff = descriptor.cutoff(a, neighbour.species), inner = descriptor.innerRadius
        let fraction = (r - Edge(inner)) / Edge(cutoff - inner)
        let (sine, cosine) = (Edge(descriptor.angleFactor * .pi) * fraction).sineCosine()
        // Cayley-Klein parameters a = cos - i z sin, b = (y - i x) sin, of which conjugates are needed.
        let s = sine / r
        let (ar, ai, br, bi) = (cosine, z * s, y * s, x * s)

        var weight = Edge(descriptor.weights[neighbour.species])
        if descriptor.isSwitched {
            if r.value[0] >= cutoff { weight = .zero } else if r.value[0] > inner {
                weight = weight * (Edge(0.5) + Edge(0.5) * (Edge(.pi) * fraction).sineCosine().cosine)
            }
        }
        if descriptor.isInnerSwitched {
            let centre = 0.5 * (descriptor.innerCentres[a] + descriptor.innerCentres[neighbour.species])
            let width = 0.5 * (descriptor.innerWidths[a] + descriptor.innerWidths[neighbour.species])
            if r.value[0] <= centre - width { weight = .zero } else if r.value[0] < centre + width {
                weight = weight * (Edge(0.5) + Edge(0.5) * ((r - Edge(centre)) * Edge(.pi / (2 * width))).sineCosine().sine)
            }
        }

        var u = [Complex](repeating: Complex(re: .zero, im: .zero), count: couplings.elementCount)
        u[0].re = Edge(1)
        for j in stride(from: 1, through: couplings.twoJMax, by: 1) {
            let now = couplings.block[j], before = couplings.block[j - 1]
            for mb in 0...j / 2 {
                for ma in 0..<j {
                    let old = u[before + mb * j + ma]
                    let p = Edge((Double(j - ma) / Double(j - mb)).squareRoot()), q = Edge((Double(ma + 1) / Double(j - mb)).squareRoot())
                    let at = now + mb * (j + 1) + ma
                    u[at].re += p * (ar * old.re - ai * old.im)
                    u[at].im += p * (ar * old.im + ai * old.re)
                    u[at + 1].re -= q * (br * old.re - bi * old.im)
                    u[at + 1].im -= q * (br * old.im + bi * old.re)
                }
            }
            for mb in 0...j / 2 {
                for ma in 0...j {
                    let left = u[now + mb * (j + 1) + ma], sign = Edge((ma + mb) % 2 == 0 ? 1 : -1)
                    u[now + (j - mb) * (j + 1) + j - ma] = Complex(re: sign * left.re, im: -sign * left.im)
                }
            }
        }
        return u.map { Complex(re: $0.re * weight, im: $0.im * weight) }
    }
}
