import Domain
import Foundation

/// The plain form of an atomic cluster expansion, straight from its definition; what the fast kernel is tested against.
///
///     A_(b n l m) = sum_j R_nl(r_ij) Y_lm(r_ij),   rho_p = sum_f c~_fp Re prod_t A_(b_t n_t l_t m_t)   (b_j = b, Y_00 = 1)
///     e_i = E0 + f(rho_core) sum_p w_p F(rho_p, m_p) + rho_core
///
/// R. Drautz, Phys. Rev. B 99, 014104 (2019); Y. Lysogorskiy et al., npj Comput. Mater. 7, 97 (2021). Lanes 0, 1, 2 of tangents are
/// derivatives along x, y, z.
final class ACEReference {
    private typealias Edge = Dual<SIMD4<Double>>
    private struct Complex {
        var re: Double
        var im: Double
        static func * (a: Self, b: Self) -> Self { Self(re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re) }
    }

    /// One neighbour: all that depends on its edge, and the derivatives.
    private struct Neighbour {
        var atom: Int
        var species: Int
        var edge: Vector
        /// [n][l]
        var radial: [[Edge]]
        var basis: [Edge]
        var core: Edge
        var distance: Edge
        /// [l][m], m >= 0
        var harmonics: [[(re: Edge, im: Edge)]]
    }

    let model: ACEModel
    private let top: Int
    private let legendre: (recursion: [Double], diagonal: [Double])

    init(_ model: ACEModel) {
        self.model = model
        top = model.functions.joined().flatMap(\.factors).map(\.l).max() ?? 0
        legendre = ACETables.legendre(top)
    }

    /// Adds energies, forces and virials as `ACE.compute` promises. `species[type]` is -1 for types that the model does not see.
    func compute(
        species: [Int32], _ atoms: borrowing Atoms, _ list: NeighbourList, seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        for i in 0..<atoms.owned {
            let a = Int(species[Int(atoms.type[i])])
            guard a >= 0 else { continue }
            var near: [Neighbour] = []
            for k in Int(list.offsets[i])..<Int(list.offsets[i + 1]) {
                let j = Int(list.neighbours[k]), b = Int(species[Int(atoms.type[j])])
                guard b >= 0, let bond = model.bond(a, b) else { continue }
                let d = (atoms.position[j] - atoms.position[i]).xyz
                guard !(d.dot(d) >= bond.cutoff * bond.cutoff) else { continue }
                near.append(neighbour(j, a, b, bond, d))
            }
            let seed = seeds.map { $0[i] } ?? 1
            let (energy, gradients) = evaluate(a, near)
            for (neighbour, gradient) in zip(near, gradients) {
                forces.add(i, neighbour.atom, edge: neighbour.edge.xyz, gradient: gradient.xyz * seed, centreShare: 0.5)
            }
            forces.energy += energy * seed
            if forces.wanted.contains(.atomEnergy) { forces.atomEnergy[i] += energy * seed }
        }
    }

    private func neighbour(_ j: Int, _ a: Int, _ b: Int, _ bond: ACEBond, _ d: Vector) -> Neighbour {
        let x = Edge(SIMD4(repeating: d.x), tangent: SIMD4(1, 0, 0, 0))
        let y = Edge(SIMD4(repeating: d.y), tangent: SIMD4(0, 1, 0, 0))
        let z = Edge(SIMD4(repeating: d.z), tangent: SIMD4(0, 0, 1, 0))
        let r = (x * x + y * y + z * z).squareRoot()
        let radial = ACERadial(
            bond: bond, inner: model.innerCutoff,
            numbers: (Elements.number(of: model.elements[a]) ?? 0, Elements.number(of: model.elements[b]) ?? 0))
        let last = bond.nodeCount(model.spacing), step = bond.cutoff / Double(last)
        let basisCount = max(
            bond.coefficients.first?.first?.count ?? 0,
            (model.functions[a].filter { $0.rank == 1 }.map { $0.factors[0].n }.max() ?? -1) + 1)
        // Hermite's polynomial between two nodes.
        let place = r.value[0] / step, node = max(1, min(Int(place), last - 1)), t = place - Double(node)
        func nodes(_ at: Int) -> [ACERadial.Value] {
            let r = step * Double(at)
            return at >= last ? Array(repeating: .zero, count: basisCount + 1) : radial.basis(r, count: basisCount) + [radial.core(r)]
        }
        let values = zip(nodes(node), nodes(node + 1)).map { f, g -> Edge in
            let (d0, d1, df) = (f.slope * step, g.slope * step, g.value - f.value)
            let c2: Double = 3 * df - d1 - 2 * d0
            let c3: Double = d1 + d0 - 2 * df
            let value: Double = f.value + t * (d0 + t * (c2 + t * c3))
            let slope: Double = (d0 + t * (2 * c2 + t * 3 * c3)) / step
            return Edge(SIMD4(repeating: value), tangent: r.tangent * slope)
        }
        let rows = bond.coefficients.map { row in
            row.map { c -> Edge in
                var sum = Edge.zero
                for (k, factor) in c.enumerated() { sum = sum.addingProduct(values[k], plain: SIMD4(repeating: factor)) }
                return sum
            }
        }
        return Neighbour(
            atom: j, species: b, edge: d, radial: rows, basis: Array(values.dropLast()), core: values[basisCount], distance: r,
            harmonics: harmonics(x / r, y / r, z / r))
    }

    private func harmonics(_ x: Edge, _ y: Edge, _ z: Edge) -> [[(re: Edge, im: Edge)]] {
        var result = (0...top).map { Array(repeating: (re: Edge.zero, im: Edge.zero), count: $0 + 1) }
        var re = Edge(1), im = Edge.zero
        for m in 0...top {
            if m > 0 { (re, im) = (re * x - im * y, re * y + im * x) }
            var p = [Edge](repeating: .zero, count: top + 1)
            for l in m...top {
                if l == m {
                    p[l] = Edge(legendre.diagonal[m])
                } else {
                    let row = 2 * (l * (top + 1) + m)
                    let before = l >= m + 2 ? p[l - 2] : .zero
                    let sum: Edge = (z * p[l - 1]).addingProduct(before, plain: SIMD4(repeating: legendre.recursion[row + 1]))
                    p[l] = sum.scaled(by: SIMD4(repeating: legendre.recursion[row]))
                }
                result[l][m] = (p[l] * re, p[l] * im)
            }
        }
        return result
    }

    /// The energy, and its gradient by each edge.
    private func evaluate(_ a: Int, _ near: [Neighbour]) -> (Double, [Vector]) {
        let embedding = model.embeddings[a], densities = embedding.densities
        func values(_ neighbour: Neighbour, _ f: ACEFunction.Factor, _ m: Int) -> (re: Edge, im: Edge)? {
            guard neighbour.species == f.species, f.n < neighbour.radial.count, f.l < neighbour.radial[f.n].count else { return nil }
            let r = neighbour.radial[f.n][f.l], y = neighbour.harmonics[f.l][abs(m)]
            let sign: Double = m < 0 && m % 2 != 0 ? -1 : 1
            let re: Edge = (r * y.re).scaled(by: SIMD4(repeating: sign))
            let im: Edge = (r * y.im).scaled(by: SIMD4(repeating: m < 0 ? -sign : sign))
            return (re, im)
        }
        struct Key: Hashable {
            var factor: ACEFunction.Factor
            var m: Int
        }
        var sums: [Key: Complex] = [:]
        func sum(_ key: Key) -> Complex {
            if let found = sums[key] { return found }
            var result = Complex(re: 0, im: 0)
            for neighbour in near {
                guard let v = values(neighbour, key.factor, key.m) else { continue }
                result = Complex(re: result.re + v.re.value[0], im: result.im + v.im.value[0])
            }
            sums[key] = result
            return result
        }
        let y00 = legendre.diagonal[0]
        var rho = [Double](repeating: 0, count: densities)
        for function in model.functions[a] {
            if function.rank == 1 {
                let f = function.factors[0]
                for neighbour in near where neighbour.species == f.species {
                    for p in 0..<densities { rho[p] += function.coefficients[0][p] * neighbour.basis[f.n].value[0] * y00 }
                }
                continue
            }
            for (m, c) in zip(function.orders, function.coefficients) {
                let product = zip(function.factors, m).reduce(Complex(re: 1, im: 0)) { $0 * sum(Key(factor: $1.0, m: $1.1)) }
                for p in 0..<densities { rho[p] += c[p] * product.re }
            }
        }

        var energy = 0.0, slopes: [Double] = []
        for (p, (weight, exponent)) in embedding.parameters.enumerated() {
            let (f, slope) = embedding.kind == .shiftedScaled ? Self.shifted(rho[p], exponent) : Self.plain(rho[p], exponent)
            energy += weight * f
            slopes.append(weight * slope)
        }
        let core = near.reduce(0) { $0 + $1.core.value[0] }
        var fraction = 1.0, coreSlope = 1.0, total = energy
        var nearest: (index: Int, slope: Double)?
        if model.innerCutoff == .zbl {
            coreSlope = 0
            let gaps = near.map { n in
                let inner = model.bond(a, n.species)!.inner
                return n.distance.value[0] - (inner.cutoff - inner.width)
            }
            if let closest = gaps.indices.min(by: { gaps[$0] < gaps[$1] }) {
                let width = model.bond(a, near[closest].species)!.inner.width
                let step = ACERadial.step(width - gaps[closest], width, width)
                fraction = step.value
                coreSlope = 1 - fraction
                nearest = (closest, -(energy - core) * step.slope)
            }
            total = energy * fraction + core * (1 - fraction)
        } else {
            let step = ACERadial.step(core, embedding.coreCutoff, embedding.coreWidth)
            fraction = step.value
            coreSlope = 1 + energy * step.slope
            total = energy * fraction + core
        }

        // dE/dA, as the derivative by Re and Im; then by edges.
        var gradients = near.map { $0.core.tangent * coreSlope }
        if let nearest { gradients[nearest.index] += near[nearest.index].distance.tangent * nearest.slope }
        var weights: [Key: Complex] = [:]
        for function in model.functions[a] {
            if function.rank == 1 {
                let f = function.factors[0]
                let weight = (0..<densities).reduce(0) { $0 + slopes[$1] * function.coefficients[0][$1] } * fraction * y00
                for (k, neighbour) in near.enumerated() where neighbour.species == f.species {
                    gradients[k] += neighbour.basis[f.n].tangent * weight
                }
                continue
            }
            for (m, c) in zip(function.orders, function.coefficients) {
                let weight = (0..<densities).reduce(0) { $0 + slopes[$1] * c[$1] } * fraction
                for t in function.factors.indices {
                    var rest = Complex(re: weight, im: 0)
                    for s in function.factors.indices where s != t { rest = rest * sum(Key(factor: function.factors[s], m: m[s])) }
                    let key = Key(factor: function.factors[t], m: m[t])
                    let old = weights[key] ?? Complex(re: 0, im: 0)
                    weights[key] = Complex(re: old.re + rest.re, im: old.im - rest.im)
                }
            }
        }
        for (key, weight) in weights {
            for (k, neighbour) in near.enumerated() {
                if let v = values(neighbour, key.factor, key.m) { gradients[k] += v.re.tangent * weight.re + v.im.tangent * weight.im }
            }
        }
        return (total + model.constants[a], gradients)
    }

    private static func plain(_ rho: Double, _ m: Double) -> (Double, Double) {
        let w = 1e6, line = pow(1 / w, m - 1), a = abs(rho)
        guard a > 1e-10 else { return (line * rho, line) }
        let power = pow(a, m), cube = pow(w * a, 3), g = cube > 30 ? 0 : exp(-cube)
        let f = (1 - g) * power + line * g * a, dg = -3 * w * w * w * a * a * g
        return (rho < 0 ? -f : f, m * pow(a, m - 1) * (1 - g) - power * dg + line * dg * a + line * g)
    }

    private static func shifted(_ rho: Double, _ m: Double) -> (Double, Double) {
        guard abs(m - 1) >= 1e-10 else { return (rho, 1) }
        let a = abs(rho), e = exp(-a), n = 1 / m
        let x = pow(n, n / (1 - n)) * e, y = pow(n, 1 / (1 - n)) * e
        let f = pow(x + a, m) - y
        return (rho < 0 ? -f : f, y + m * (1 - x) * pow(x + a, m - 1))
    }
}
