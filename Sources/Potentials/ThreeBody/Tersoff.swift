import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Tersoff, Phys. Rev. B 37, 6991 (1988) and 39, 5566 (1989):
///
///     E = 1/2 sum_i sum_j fc(r_ij) (A exp(-lambda1 r_ij) - b_ij B exp(-lambda2 r_ij))
///     b = (1 + (beta zeta)^n)^(-1 / 2n)
///     zeta_ij = sum_k fc(r_ik) g(theta_ijk) exp((lambda3 (r_ij - r_ik))^m)
///     g = gamma (1 + c^2 / d^2 - c^2 / (d^2 + (h - cos theta)^2))
///     fc = 1 below R - D, 0 above R + D, (1 - sin(pi/2 (r - R) / D)) / 2 between
///
/// n, beta, lambda1, lambda2, A, B and the bond's cutoff come from entry (i, j, j), the rest from (i, j, k). Forces are continuous; the
/// cutoff's second derivative jumps at R - D and R + D. A bond's energy is shared equally by its atoms, as in LAMMPS.
enum Tersoff: ThreeBodyFunction {
    static let style = "tersoff"
    /// m gamma lambda3 c d h n beta lambda2 B R D lambda1 A
    static let numbers = 14
    static let size = 18
    static let energies = [9, 13]

    // 0 (R + D)^2  1 R - D  2 R + D  3 R  4 pi / 2D  5 lambda1  6 A  7 lambda2  8 B  9 beta  10 n  11 1/2n  12 lambda3  13 m
    // 14 gamma (1 + c^2/d^2)  15 gamma c^2  16 d^2  17 h

    static func row(_ e: [Double], units: Units) throws -> (cutoff: Double, row: [Double]) {
        let (m, gamma, lambda3, c, d, h) = (e[0], e[1], e[2], e[3], e[4], e[5])
        let cutoff = e[10] + e[11]
        guard m == 1 || m == 3 else { throw DeckError("the exponent m of Tersoff's potential must be 1 or 3, not \(m)", at: nil) }
        guard !e.enumerated().contains(where: { $0.offset != 5 && $0.element < 0 }), e[11] <= e[10], d > 0, cutoff > 0 else {
            throw DeckError("a Tersoff parameter is negative, d is zero, or D is larger than R", at: nil)
        }
        let frequency: Double = e[11] > 0 ? Double.pi / (2 * e[11]) : 0, exponent: Double = e[6] > 0 ? 1 / (2 * e[6]) : 0
        let ratio = c / d, whole: Double = gamma * (1 + ratio * ratio), part: Double = gamma * c * c
        let radial: [Double] = [cutoff * cutoff, e[10] - e[11], cutoff, e[10], frequency, e[12], e[13], e[8], e[9], e[7], e[6], exponent]
        let angular: [Double] = [lambda3, m, whole, part, d * d, h]
        return (cutoff, radial + angular)
    }

    /// fc and its derivative.
    @inline(__always)
    private static func cutoff<L: EdgeLane, R: ParameterRow>(_ r: L, _ p: R) -> (L, L) where R.Value == L.Plain {
        let isInner = r.value.less(than: p[1])
        if L.all(isInner) { return (L(1), L.zero) }
        let (sine, cosine) = (r - L(plain: p[3])).scaled(by: p[4]).sineCosine()
        let isBeyond = p[2].less(than: r.value), half = L.Plain(0.5)
        return (
            L.select(isInner, L(1), L.select(isBeyond, L.zero, (L(1) - sine).scaled(by: half))),
            L.select(isInner, L.zero, L.select(isBeyond, L.zero, -cosine.scaled(by: p[4] * half)))
        )
    }

    /// b(zeta) and its derivative.
    @inline(__always)
    private static func bondOrder<L: EdgeLane, R: ParameterRow>(_ zeta: L, _ p: R) -> (L, L) where R.Value == L.Plain {
        let t = zeta.scaled(by: p[9])
        // Below this (beta zeta)^n counts for nothing, and without neighbours zeta is 0.
        let isFree = L.not(L.Plain(1e-100).less(than: t.value))
        let z = L.select(isFree, L(1), zeta)
        let power = (L.select(isFree, L(1), t).logarithm()).scaled(by: p[10]).exponential(), whole = power + L(1)
        let b = (-whole.logarithm().scaled(by: p[11])).exponential()
        let slope = -(b * power / (whole * z)).scaled(by: L.Plain(0.5))
        return (L.select(isFree, L(1), b), L.select(isFree, L.zero, slope))
    }

    @inline(__always)
    static func energy<L: EdgeLane, R: TripleRows>(
        _ pass: ThreeBodyPass<L>, _ chunk: inout ThreeBodyPass<L>.Chunk, _: R.Type, isWeighted: Bool
    ) -> L where L.Plain == Vector {
        let edges = pass.edges, n = chunk.neighbours
        let half = Vector(repeating: 0.5), terms = pass.terms
        var sum = L.zero
        if R.isSingle {
            // One entry: the cutoff function of a neighbour is the same for all bonds.
            let p = R(pass.table, pass.size, .zero)
            for k in 0..<n { (edges[k].a, edges[k].b) = cutoff(edges[k].r, p) }
        }
        for j in 0..<n {
            let bond = R(pass.table, pass.size, pass.triples(chunk, edges[j].species, edges[j].species))
            let rj = edges[j].r, isBond = (rj.value * rj.value).less(than: bond[0])
            var zeta = L.zero
            for k in 0..<n where k != j {
                let p = R(pass.table, pass.size, pass.triples(chunk, edges[j].species, edges[k].species))
                let rk = edges[k].r
                let (fc, slope) = R.isSingle ? (edges[k].a, edges[k].b) : cutoff(rk, p)
                let isNear = (rk.value * rk.value).less(than: p[0])
                let cosine = (edges[j].ux * edges[k].ux).addingProduct(edges[j].uy, edges[k].uy).addingProduct(edges[j].uz, edges[k].uz)
                let off = L(plain: p[17]) - cosine, q = (off * off + L(plain: p[16])).reciprocal()
                let g = L(plain: p[14]) - q.scaled(by: p[15])
                let turn = -(off * q * q).scaled(by: p[15] + p[15])
                // exp((lambda3 (rj - rk))^m) and the logarithm's derivative.
                var e = L(1), steep = L.zero
                if L.Plain.any(L.Plain.zero.less(than: p[12])) {
                    let x = (rj - rk).scaled(by: p[12]), isCubic = L.Plain(2).less(than: p[13])
                    let y = L.select(isCubic, x * x * x, x), limit = L.Plain(69.0776)
                    let isHuge = limit.less(than: y.value), isTiny = y.value.less(than: -limit)
                    e = L.select(isHuge, L(1e30), L.select(isTiny, L.zero, L.select(isHuge, L.zero, y).exponential()))
                    steep = L.select(isCubic, (x * x).scaled(by: 3 * p[12]), L(plain: p[12]))
                }
                let fe = L.select(isNear, fc * e, L.zero), se = L.select(isNear, slope * e, L.zero)
                zeta = zeta + fe * g
                let place = terms + 3 &* (j &* n &+ k)
                // Derivatives of zeta by rj, rk and the cosine.
                place[0] = fe * g * steep
                place[1] = se * g - place[0]
                place[2] = fe * turn
            }
            let (fc, fcSlope) = R.isSingle ? (edges[j].a, edges[j].b) : cutoff(rj, bond)
            let repulsive = (-rj.scaled(by: bond[5])).exponential().scaled(by: bond[6] * half)
            let attractive = (-rj.scaled(by: bond[7])).exponential().scaled(by: bond[8] * half)
            let (b, bSlope) = bondOrder(zeta, bond)
            let bound: L = b * attractive
            let whole: L = repulsive - bound
            let decay: L = repulsive.scaled(by: bond[5]) - bound.scaled(by: bond[7])
            var f: L = fcSlope * whole - fc * decay
            var byZeta: L = -(fc * attractive * bSlope)
            f = L.select(isBond, f, L.zero)
            byZeta = L.select(isBond, byZeta, L.zero)
            if isWeighted {
                let e = L.select(isBond, fc * whole, L.zero)
                let share = e.scaled(by: half), mean = (chunk.seed + edges[j].seed).scaled(by: half)
                chunk.share = chunk.share + share
                edges[j].share = edges[j].share + share
                sum = sum + mean * e
                f = f * mean
                byZeta = byZeta * mean
                pass.addAtomVirial(chunk, pair: j, f)
            }
            for k in 0..<n where k != j {
                let place = terms + 3 &* (j &* n &+ k)
                let cosine = (edges[j].ux * edges[k].ux).addingProduct(edges[j].uy, edges[k].uy).addingProduct(edges[j].uz, edges[k].uz)
                let a = byZeta * place[0], c = byZeta * place[1], s = byZeta * place[2]
                f = f + a
                edges[k].add(along: c)
                edges[j].add(turning: s, cosine, towards: edges[k])
                edges[k].add(turning: s, cosine, towards: edges[j])
                if isWeighted { pass.addAtomVirial(chunk, j, k, a, c, s, cosine) }
            }
            edges[j].add(along: f)
        }
        return sum
    }

    static func reference(_ pass: ThreeBodyReference, into forces: inout Forces) {
        func cutoff(_ r: Double, _ p: UniformRow<Double>) -> (Double, Double) {
            r < p[1] ? (1, 0) : r > p[2] ? (0, 0) : (0.5 * (1 - sin(p[4] * (r - p[3]))), -0.5 * p[4] * cos(p[4] * (r - p[3])))
        }
        for i in 0..<pass.owned where pass.species(of: i) >= 0 {
            let a = pass.species(of: i), all = pass.neighbours(of: i)
            for (m, j) in all.enumerated() {
                let p = pass.row(a, j.species, j.species), uj = j.d * (1 / j.r)
                guard j.r * j.r < p[0] else { continue }
                var zeta = 0.0
                var parts: [(atom: Int, d: Vector, gradient: Vector, onBond: Vector)] = []
                for (l, k) in all.enumerated() where l != m {
                    let t = pass.row(a, j.species, k.species), uk = k.d * (1 / k.r), cosine = uj.dot(uk)
                    guard k.r * k.r < t[0] else { continue }
                    let (fc, slope) = cutoff(k.r, t), off = t[17] - cosine, q = t[16] + off * off
                    let g = t[14] - t[15] / q, turn = -2 * t[15] * off / (q * q), y = pow(t[12] * (j.r - k.r), t[13])
                    let e = y > 69.0776 ? 1e30 : y < -69.0776 ? 0 : exp(y)
                    let steep = t[13] * pow(t[12], t[13]) * pow(j.r - k.r, t[13] - 1) * e
                    zeta += fc * g * e
                    let s: Double = fc * turn * e, stretch: Double = fc * g * steep
                    let onNeighbour: Vector = uk * (slope * g * e - stretch) + (uj - uk * cosine) * (s / k.r)
                    let onBond: Vector = uj * stretch + (uk - uj * cosine) * (s / j.r)
                    parts.append((k.atom, k.d, onNeighbour, onBond))
                }
                let (fc, slope) = cutoff(j.r, p), fr = 0.5 * p[6] * exp(-p[5] * j.r), fa = 0.5 * p[8] * exp(-p[7] * j.r)
                let tn = zeta > 0 ? pow(p[9] * zeta, p[10]) : 0, b = tn > 0 ? pow(1 + tn, -p[11]) : 1
                let bSlope = tn > 0 ? -0.5 * b * tn / ((1 + tn) * zeta) : 0
                let whole: Double = fr - b * fa, along: Double = slope * whole - fc * (p[5] * fr - p[7] * b * fa)
                pass.add(fc * whole, i, [(j.atom, j.d, uj * along)], into: &forces)
                for k in parts { addAngle(-fc * fa * bSlope, i, j.atom, j.d, k, pass, into: &forces) }
            }
        }
    }

    /// Gradients of zeta times the bond's derivative by it: weighted as the bond, shared by the three atoms.
    private static func addAngle(
        _ byZeta: Double, _ i: Int, _ j: Int, _ d: Vector, _ k: (atom: Int, d: Vector, gradient: Vector, onBond: Vector),
        _ pass: ThreeBodyReference, into forces: inout Forces
    ) {
        let s = byZeta * 0.5 * (pass.seed(i) + pass.seed(j)), fj = k.onBond * -s, fk = k.gradient * -s
        forces.force[j] += fj
        forces.force[k.atom] += fk
        forces.force[i] -= fj + fk
        var w = Tensor.zero
        w.add(d, fj)
        w.add(k.d, fk)
        forces.virial += w
        if forces.wanted.contains(.atomVirial) { for atom in [i, j, k.atom] { forces.atomVirial[atom] += w * (1.0 / 3) } }
    }
}
