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
///     fc = 1 below R - D, 0 above R + D, (1 - sin x) / 2 between, x = pi/2 (r - R) / D
///
/// `mod` (T. Kumagai et al., Comp. Mat. Sci. 39, 457 (2007)): b = (1 + (beta zeta)^n)^(-1 / 2 delta),
/// g = c1 + c2 u / (c3 + u) (1 + c4 exp(-c5 u)), u = (h - cos theta)^2, fc = (1 - 9/8 sin x - 1/8 sin 3x) / 2; `mod/c` (F. Schall et al.):
/// A exp(...) + c0.
///
/// `zbl`: E_ij F(r) + (1 - F(r)) ZBL(r), F = 1 / (1 + exp(-s (r - rc))), ZBL the repulsion of screened nuclei.
///
/// n, beta, lambda1, lambda2, A, B and the bond's cutoff come from entry (i, j, j), the rest from (i, j, k). Forces are continuous; the
/// cutoff's second derivative jumps at R - D and R + D (`mod`: continuous too). A bond's energy is shared equally by its atoms, as in
/// LAMMPS.
/// `shift d` (pair_style): distances enter as r + d.
protocol TersoffFunction: ThreeBodyFunction {
    /// Cutoff function, angular function and bond order of Kumagai et al.
    static var isModified: Bool { get }
    /// Screened nuclei at short distances.
    static var hasNuclei: Bool { get }
}

/// m gamma lambda3 c d cos(theta0) n beta lambda2 B R D lambda1 A
enum PlainTersoff: TersoffFunction {
    static let style = "tersoff"
    static let numbers = 14
    static let isModified = false
    static let hasNuclei = false
}

/// The same, then Z_i Z_j ZBLcut ZBLexpscale.
enum TersoffZBL: TersoffFunction {
    static let style = "tersoff/zbl"
    static let numbers = 18
    static let isModified = false
    static let hasNuclei = true
}

/// beta lambda3 h n ... in the order m lambda3 h n beta lambda2 B R D lambda1 A delta c1 c2 c3 c4 c5.
enum TersoffMOD: TersoffFunction {
    static let style = "tersoff/mod"
    static let numbers = 17
    static let isModified = true
    static let hasNuclei = false
}

/// The same, then c0.
enum TersoffMODC: TersoffFunction {
    static let style = "tersoff/mod/c"
    static let numbers = 18
    static let isModified = true
    static let hasNuclei = false
}

extension TersoffFunction {
    static var size: Int { 22 }
    static var energies: [Int] { isModified ? [6, 10] + (numbers > 17 ? [17] : []) : [9, 13] }
    static var options: [String] { ["shift"] }

    // 0 (R + D)^2  1 R - D  2 R + D  3 R  4 pi / 2D  5 lambda1  6 A  7 lambda2  8 B  9 beta  10 n  11 1/2n  12 lambda3  13 m
    // plain: 14 gamma (1 + c^2/d^2)  15 gamma c^2  16 d^2  17 h   zbl: 18 Z Z e^2 / 4 pi epsilon0  19 1/a  20 s  21 rc
    // mod: 14 c1  15 c2  16 c3  17 h  18 c4  19 c5  20 c0

    static func row(_ e: [Double], units: Units) throws -> (cutoff: Double, row: [Double]) {
        let (m, lambda3, h) = isModified ? (e[0], e[1], e[2]) : (e[0], e[2], e[5])
        // n beta lambda2 B R D lambda1 A
        let p = isModified ? Array(e[3...10]) : Array(e[6...13])
        guard m == 1 || m == 3 else { throw DeckError("the exponent m of Tersoff's potential must be 1 or 3, not \(m)", at: nil) }
        let cutoff = p[4] + p[5]
        guard p.allSatisfy({ $0 >= 0 }), p[5] <= p[4], cutoff > 0 else {
            throw DeckError("a Tersoff parameter is negative, or D is larger than R", at: nil)
        }
        let frequency: Double = p[5] > 0 ? Double.pi / (2 * p[5]) : 0
        let power = isModified ? e[11] : p[0], exponent: Double = power > 0 ? 1 / (2 * power) : 0
        let radial: [Double] = [
            cutoff * cutoff, p[4] - p[5], cutoff, p[4], frequency, p[6], p[7], p[2], p[3], p[1], p[0], exponent, lambda3, m,
        ]
        if isModified { return (cutoff, radial + [e[12], e[13], e[14], h, e[15], e[16], numbers > 17 ? e[17] : 0, 0]) }
        let (gamma, c, d) = (e[1], e[3], e[4])
        guard gamma >= 0, lambda3 >= 0, c >= 0, d > 0 else { throw DeckError("a Tersoff parameter is negative, or d is zero", at: nil) }
        let ratio = c / d, whole: Double = gamma * (1 + ratio * ratio), part: Double = gamma * c * c
        let angular = [whole, part, d * d, h]
        guard hasNuclei else { return (cutoff, radial + angular + [0, 0, 0, 0]) }
        guard e[14] >= 1, e[15] >= 1, e[16] >= 0, e[17] >= 0 else {
            throw DeckError("a nuclear charge is below 1, or a ZBL parameter is negative", at: nil)
        }
        return (cutoff, radial + angular + [try nuclei(e[14], e[15], units), inverseScreening(e[14], e[15]), e[17], e[16]])
    }

    /// Z Z e^2 / (4 pi epsilon0), with LAMMPS' constants for this style.
    private static func nuclei(_ z1: Double, _ z2: Double, _ units: Units) throws -> Double {
        switch units.name {
        case .metal: return z1 * z2 / (4 * Double.pi * 0.00552635)
        case .real: return z1 * z2 / (4 * Double.pi * 0.00552635 * 0.043365121)
        default: throw DeckError("pair_style \(style) needs units metal or real", at: nil)
        }
    }

    private static func inverseScreening(_ z1: Double, _ z2: Double) -> Double { (pow(z1, 0.23) + pow(z2, 0.23)) / (0.8854 * 0.529) }

    /// fc and its derivative.
    @inline(__always)
    private static func cutoff<L: EdgeLane, R: ParameterRow>(_ r: L, _ p: R) -> (L, L) where R.Value == L.Plain {
        let isInner = r.value.less(than: p[1])
        if L.all(isInner) { return (L(1), L.zero) }
        let (sine, cosine) = (r - L(plain: p[3])).scaled(by: p[4]).sineCosine()
        let isBeyond = p[2].less(than: r.value), half = L.Plain(0.5)
        var value: L = (L(1) - sine).scaled(by: half), slope: L = -cosine.scaled(by: p[4] * half)
        if isModified {
            // sin 3x = 3 s - 4 s^3, cos 3x = 4 c^3 - 3 c
            let triple: L = sine * (L(3) - (sine * sine).scaled(by: L.Plain(4))),
                other: L = cosine * ((cosine * cosine).scaled(by: L.Plain(4)) - L(3))
            let both: L = sine.scaled(by: L.Plain(1.125)) + triple.scaled(by: L.Plain(0.125))
            let steep: L = cosine.scaled(by: L.Plain(1.125)) + other.scaled(by: L.Plain(0.375))
            value = (L(1) - both).scaled(by: half)
            slope = -steep.scaled(by: p[4] * half)
        }
        return (L.select(isInner, L(1), L.select(isBeyond, L.zero, value)), L.select(isInner, L.zero, L.select(isBeyond, L.zero, slope)))
    }

    /// g and its derivative by the cosine.
    @inline(__always)
    private static func angular<L: EdgeLane, R: ParameterRow>(_ cosine: L, _ p: R) -> (L, L) where R.Value == L.Plain {
        let off = L(plain: p[17]) - cosine, square: L = off * off
        let q: L = (square + L(plain: p[16])).reciprocal()
        guard isModified else {
            return (L(plain: p[14]) - q.scaled(by: p[15]), -(off * q * q).scaled(by: p[15] + p[15]))
        }
        let gaussian: L = (-square.scaled(by: p[19])).exponential().scaled(by: p[18]), whole: L = L(1) + gaussian
        let rational: L = (square * q).scaled(by: p[15])
        // By u: c2 c3 / (c3 + u)^2 (1 + ...) - c2 u / (c3 + u) c4 c5 exp(-c5 u); u by the cosine: -2 (h - cos).
        let first: L = (q * q).scaled(by: p[15] * p[16]) * whole, second: L = (rational * gaussian).scaled(by: p[19])
        let byCosine: L = -(off + off)
        return (L(plain: p[14]) + rational * whole, byCosine * (first - second))
    }

    /// b(zeta) and its derivative.
    @inline(__always)
    private static func bondOrder<L: EdgeLane, R: ParameterRow>(_ zeta: L, _ p: R) -> (L, L) where R.Value == L.Plain {
        let t = zeta.scaled(by: p[9])
        // Below this (beta zeta)^n counts for nothing, and without neighbours zeta is 0.
        let isFree = L.not(L.Plain(1e-100).less(than: t.value))
        let z = L.select(isFree, L(1), zeta), log: L = (L.select(isFree, L(1), t).logarithm()).scaled(by: p[10])
        // (beta zeta)^n beyond 1e130: 1 counts for nothing beside it.
        let isHuge = L.Plain(300).less(than: log.value)
        let power = L.select(isHuge, L(1), log).exponential(), whole = power + L(1)
        let b = (-(L.select(isHuge, log, whole.logarithm())).scaled(by: p[11])).exponential()
        let share = L.select(isHuge, L(1), power / whole)
        let slope = -(b * share / z).scaled(by: p[10] * p[11])
        return (L.select(isFree, L(1), b), L.select(isFree, L.zero, slope))
    }

    /// 1/2 ZBL and the switch F, with their derivatives.
    @inline(__always)
    private static func nuclear<L: EdgeLane, R: ParameterRow>(_ r: L, _ p: R) -> (e: L, slope: L, f: L, fSlope: L)
    where R.Value == L.Plain {
        let x: L = r.scaled(by: p[19]), half = L.Plain(0.5)
        let e0: L = (-x.scaled(by: L.Plain(3.2))).exponential().scaled(by: L.Plain(0.1818))
        let e1: L = (-x.scaled(by: L.Plain(0.9423))).exponential().scaled(by: L.Plain(0.5099))
        let e2: L = (-x.scaled(by: L.Plain(0.4029))).exponential().scaled(by: L.Plain(0.2802))
        let e3: L = (-x.scaled(by: L.Plain(0.2016))).exponential().scaled(by: L.Plain(0.02817))
        let phi: L = e0 + e1 + e2 + e3
        let steep: L =
            e0.scaled(by: L.Plain(3.2)) + e1.scaled(by: L.Plain(0.9423)) + e2.scaled(by: L.Plain(0.4029)) + e3.scaled(by: L.Plain(0.2016))
        let inverse: L = r.reciprocal().scaled(by: p[18] * half)
        let e: L = inverse * phi, slope: L = -(e / r) - (inverse * steep).scaled(by: p[19])
        // exp of a large number is inf and F 0; its slope is taken from F so that it stays finite.
        let f: L = (L(1) + (-(r - L(plain: p[21])).scaled(by: p[20])).exponential()).reciprocal()
        return (e, slope, f, (f * (L(1) - f)).scaled(by: p[20]))
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
                let (g, turn) = angular(cosine, p)
                // exp((lambda3 (rj - rk))^m) and the logarithm's derivative.
                var e = L(1), steep = L.zero
                if L.Plain.any(L.Plain.not(p[12].equal(L.Plain.zero))) {
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
            var whole: L = repulsive - bound
            if isModified { whole = whole + L(plain: bond[20] * half) }
            let decay: L = repulsive.scaled(by: bond[5]) - bound.scaled(by: bond[7])
            var e: L = fc * whole
            var f: L = fcSlope * whole - fc * decay
            var byZeta: L = -(fc * attractive * bSlope)
            if hasNuclei {
                let (z, zSlope, s, sSlope) = nuclear(rj, bond)
                f = sSlope * (e - z) + s * f + (L(1) - s) * zSlope
                e = s * e + (L(1) - s) * z
                byZeta = byZeta * s
            }
            e = L.select(isBond, e, L.zero)
            f = L.select(isBond, f, L.zero)
            byZeta = L.select(isBond, byZeta, L.zero)
            if isWeighted {
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
}
