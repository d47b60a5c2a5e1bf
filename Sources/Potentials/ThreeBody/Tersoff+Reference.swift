import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension TersoffFunction {
    /// fc and its derivative.
    private static func plainCutoff(_ r: Double, _ p: UniformRow<Double>) -> (Double, Double) {
        if r < p[1] { return (1, 0) }
        if r > p[2] { return (0, 0) }
        let x = p[4] * (r - p[3])
        guard isModified else { return (0.5 * (1 - sin(x)), -0.5 * p[4] * cos(x)) }
        return (0.5 * (1 - 1.125 * sin(x) - 0.125 * sin(3 * x)), -0.5 * p[4] * (1.125 * cos(x) + 0.375 * cos(3 * x)))
    }

    /// g and its derivative by the cosine.
    private static func plainAngular(_ cosine: Double, _ p: UniformRow<Double>) -> (Double, Double) {
        let off = p[17] - cosine, u = off * off, q = p[16] + u
        guard isModified else { return (p[14] - p[15] / q, -2 * p[15] * off / (q * q)) }
        let gaussian = p[18] * exp(-p[19] * u)
        let byU: Double = p[15] * p[16] / (q * q) * (1 + gaussian) - p[15] * u / q * gaussian * p[19]
        return (p[14] + p[15] * u / q * (1 + gaussian), -2 * off * byU)
    }

    /// 1/2 ZBL and the switch, with their derivatives.
    private static func plainNuclear(_ r: Double, _ p: UniformRow<Double>) -> (Double, Double, Double, Double) {
        let terms = [(0.1818, 3.2), (0.5099, 0.9423), (0.2802, 0.4029), (0.02817, 0.2016)]
        var phi = 0.0, slope = 0.0
        for (c, d) in terms {
            let e = c * exp(-d * r * p[19])
            phi += e
            slope -= d * p[19] * e
        }
        let f = 1 / (1 + exp(-p[20] * (r - p[21])))
        return (0.5 * p[18] / r * phi, 0.5 * p[18] * (slope / r - phi / (r * r)), f, p[20] * f * (1 - f))
    }

    static func reference(_ pass: ThreeBodyReference, into forces: inout Forces) {
        for i in 0..<pass.owned where pass.species(of: i) >= 0 {
            let a = pass.species(of: i), all = pass.neighbours(of: i)
            for (m, j) in all.enumerated() {
                let p = pass.row(a, j.species, j.species), uj = j.d * (1 / j.r), rj = j.r + pass.shift
                guard rj * rj < p[0] else { continue }
                var zeta = 0.0
                var parts: [(atom: Int, d: Vector, gradient: Vector, onBond: Vector)] = []
                for (l, k) in all.enumerated() where l != m {
                    let t = pass.row(a, j.species, k.species), uk = k.d * (1 / k.r), cosine = uj.dot(uk), rk = k.r + pass.shift
                    guard rk * rk < t[0] else { continue }
                    let (fc, slope) = plainCutoff(rk, t), (g, turn) = plainAngular(cosine, t), y = pow(t[12] * (rj - rk), t[13])
                    let e = y > 69.0776 ? 1e30 : y < -69.0776 ? 0 : exp(y)
                    let steep = t[13] * pow(t[12], t[13]) * pow(rj - rk, t[13] - 1) * e
                    zeta += fc * g * e
                    let s: Double = fc * turn * e, stretch: Double = fc * g * steep
                    let onNeighbour: Vector = uk * (slope * g * e - stretch) + (uj - uk * cosine) * (s / k.r)
                    let onBond: Vector = uj * stretch + (uk - uj * cosine) * (s / j.r)
                    parts.append((k.atom, k.d, onNeighbour, onBond))
                }
                let (fc, slope) = plainCutoff(rj, p), fr = 0.5 * p[6] * exp(-p[5] * rj), fa = 0.5 * p[8] * exp(-p[7] * rj)
                let tn = zeta > 0 ? pow(p[9] * zeta, p[10]) : 0, b = tn > 0 ? pow(1 + tn, -p[11]) : 1
                let bSlope: Double = tn > 0 ? -p[10] * p[11] * b * tn / ((1 + tn) * zeta) : 0
                let whole: Double = fr - b * fa + (isModified ? 0.5 * p[20] : 0)
                var energy = fc * whole, along: Double = slope * whole - fc * (p[5] * fr - p[7] * b * fa), byZeta = -fc * fa * bSlope
                if hasNuclei {
                    let (z, zSlope, f, fSlope) = plainNuclear(rj, p)
                    along = fSlope * (energy - z) + f * along + (1 - f) * zSlope
                    energy = f * energy + (1 - f) * z
                    byZeta *= f
                }
                pass.add(energy, i, [(j.atom, j.d, uj * along)], into: &forces)
                for k in parts { addAngle(byZeta, i, j.atom, j.d, k, pass, into: &forces) }
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
