import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Stillinger and Weber, Phys. Rev. B 31, 5262 (1985):
///
///     E = sum_{i<j} A epsilon (B (sigma / r)^p - (sigma / r)^q) exp(sigma / (r - a sigma))
///       + sum_i sum_{j<k} lambda epsilon (cos theta_ijk - cos theta_0)^2 G(r_ij) G(r_ik),   G = exp(gamma sigma / (r - a sigma))
///
/// In the file an entry (i, j, j) gives the pair's numbers and the radial parts, (i, j, k) lambda epsilon and cos theta_0. `tol` shortens
/// the cutoff a sigma to where the exponentials are that small. All derivatives are continuous.
/// Each atom of a pair has half its energy, each of a triple a third, as in LAMMPS.
enum StillingerWeber: ThreeBodyFunction {
    static let style = "sw"
    /// epsilon sigma a lambda gamma cos(theta0) A B p q tol
    static let numbers = 11
    static let size = 13
    static let energies = [0]
    static let options = ["threebody"]
    static func withoutTriples(_ row: [Double]) -> [Double] { row.enumerated().map { $0.offset == 8 ? 0 : $0.element } }

    // 0 cutoff squared  1 a sigma  2 sigma  3 gamma sigma  4 A epsilon B sigma^p  5 A epsilon sigma^q  6 p  7 q  8 lambda epsilon
    // 9 cos theta0  10 whether p = 4 and q = 0  11 p c4  12 q c5

    static func row(_ e: [Double], units: Units) throws -> (cutoff: Double, row: [Double]) {
        let (epsilon, sigma, a, lambda, gamma) = (e[0], e[1], e[2], e[3], e[4])
        guard !e.enumerated().contains(where: { $0.offset != 5 && $0.element < 0 }) else {
            throw DeckError("a Stillinger-Weber parameter is negative", at: nil)
        }
        var cutoff = a * sigma
        if e[10] > 0 {
            let tolerance = min(e[10], 0.01)
            cutoff += (gamma < 1 ? gamma * sigma : sigma) / log(tolerance)
        }
        let c4 = e[6] * epsilon * e[7] * pow(sigma, e[8]), c5 = e[6] * epsilon * pow(sigma, e[9])
        return (
            cutoff,
            [
                cutoff * cutoff, a * sigma, sigma, gamma * sigma, c4, c5, e[8], e[9], lambda * epsilon, e[5],
                e[8] == 4 && e[9] == 0 ? 1 : 0, e[8] * c4, e[9] * c5,
            ]
        )
    }

    /// An angle does not know the order of its ends: lambda epsilon and cos theta0 of (i, j, k) and (i, k, j) become their mean where they
    /// differ by the file's rounding.
    static func check(_ entries: inout [[Double]], elements: [String]) throws {
        let n = elements.count
        for a in 0..<n {
            for b in 0..<n {
                for c in 0..<b {
                    let here = (a * n + b) * n + c, there = (a * n + c) * n + b
                    let one = entries[here][0] * entries[here][3], other = entries[there][0] * entries[there][3]
                    let difference = (entries[here][5] - entries[there][5]).magnitude
                    guard (one - other).magnitude <= 1e-5 * max(one, other), difference <= 1e-5 else {
                        throw DeckError(
                            "the entries \(elements[a]) \(elements[b]) \(elements[c]) and \(elements[a]) \(elements[c]) \(elements[b]) "
                                + "have different lambda epsilon or cos theta0: an angle would depend on the order of its ends", at: nil)
                    }
                    guard one != other || difference > 0 else { continue }
                    let strength = 0.5 * (one + other), cosine = 0.5 * (entries[here][5] + entries[there][5])
                    for place in [here, there] where entries[place][0] > 0 {
                        entries[place][3] = strength / entries[place][0]
                        entries[place][5] = cosine
                    }
                }
            }
        }
    }

    /// r^-p and r^-q.
    @inline(__always)
    private static func inversePowers<L: EdgeLane, R: ParameterRow>(
        _ r: L, _ inverse: L, _ p: R, areFourAndZero: Bool
    ) -> (L, L) where R.Value == L.Plain {
        if areFourAndZero {
            let square = inverse * inverse
            return (square * square, L(1))
        }
        let log = -r.logarithm()
        return (log.scaled(by: p[6]).exponential(), log.scaled(by: p[7]).exponential())
    }

    @inline(__always)
    static func energy<L: EdgeLane, R: TripleRows>(
        _ pass: ThreeBodyPass<L>, _ chunk: inout ThreeBodyPass<L>.Chunk, _: R.Type, isWeighted: Bool
    ) -> L where L.Plain == Vector {
        let edges = pass.edges, n = chunk.neighbours
        let half = Vector(repeating: 0.5)
        var sum = L.zero
        let isSimple = pass.table[10] == 1 && pass.elements == 1
        for j in 0..<n {
            let pair = R(pass.table, pass.size, pass.triples(chunk, edges[j].species, edges[j].species))
            let r = edges[j].r, isNear = (r.value * r.value).less(than: pair[0])
            // Where there is nothing, a distance well within keeps numbers finite.
            let x = (r - L(plain: pair[1])), inverse = L.select(isNear, x, L(-1)).reciprocal()
            let (rp, rq) = inversePowers(r, edges[j].inverse, pair, areFourAndZero: isSimple)
            let e = inverse.scaled(by: pair[2]).exponential().scaled(by: half)
            let pairEnergy: L = (rp.scaled(by: pair[4]) - rq.scaled(by: pair[5])) * e
            let powers: L = rp.scaled(by: pair[11]) - rq.scaled(by: pair[12])
            let steep: L = inverse * inverse.scaled(by: pair[2])
            let slope: L = (powers * edges[j].inverse * e).addingProduct(pairEnergy, steep)
            var f = L.select(isNear, -slope, L.zero)
            let angular = L.select(isNear, inverse.scaled(by: pair[3]).exponential(), L.zero)
            edges[j].a = angular
            // d ln(angular) / dr
            edges[j].b = -(inverse * inverse).scaled(by: pair[3])
            if isWeighted {
                let share = L.select(isNear, pairEnergy, L.zero).scaled(by: half)
                let mean = (chunk.seed + edges[j].seed).scaled(by: half)
                chunk.share = chunk.share + share
                edges[j].share = edges[j].share + share
                sum = sum + mean * (share + share)
                f = f * mean
                pass.addAtomVirial(chunk, pair: j, f)
            }
            edges[j].add(along: f)
        }
        for j in 0..<n {
            for k in 0..<j {
                let triple = R(pass.table, pass.size, pass.triples(chunk, edges[j].species, edges[k].species))
                let cosine = (edges[j].ux * edges[k].ux).addingProduct(edges[j].uy, edges[k].uy).addingProduct(edges[j].uz, edges[k].uz)
                let off = cosine - L(plain: triple[9])
                let strength = (edges[j].a * edges[k].a).scaled(by: triple[8])
                var e = strength * off * off, turn = strength * off
                turn = turn + turn
                if isWeighted {
                    let third = Vector(repeating: 1.0 / 3)
                    let share = e.scaled(by: third)
                    chunk.share = chunk.share + share
                    edges[j].share = edges[j].share + share
                    edges[k].share = edges[k].share + share
                    let mean = (chunk.seed + edges[j].seed + edges[k].seed).scaled(by: third)
                    e = e * mean
                    turn = turn * mean
                    sum = sum + e
                    pass.addAtomVirial(chunk, j, k, e * edges[j].b, e * edges[k].b, turn, cosine)
                }
                edges[j].add(along: e * edges[j].b)
                edges[k].add(along: e * edges[k].b)
                edges[j].add(turning: turn, cosine, towards: edges[k])
                edges[k].add(turning: turn, cosine, towards: edges[j])
            }
        }
        return sum
    }

    static func reference(_ pass: ThreeBodyReference, into forces: inout Forces) {
        for i in 0..<pass.owned where pass.species(of: i) >= 0 {
            let a = pass.species(of: i)
            let near = pass.neighbours(of: i).filter { $0.r * $0.r < pass.row(a, $0.species, $0.species)[0] }
            for j in near {
                let p = pass.row(a, j.species, j.species), x = 1 / (j.r - p[1]), e = exp(p[2] * x)
                let rp = pow(j.r, -p[6]), rq = pow(j.r, -p[7]), energy = 0.5 * (p[4] * rp - p[5] * rq) * e
                let byPowers = -0.5 * (p[6] * p[4] * rp - p[7] * p[5] * rq) / j.r * e
                let slope = byPowers - energy * p[2] * x * x
                pass.add(energy, i, [(j.atom, j.d, j.d * (slope / j.r))], into: &forces)
            }
            for (m, j) in near.enumerated() {
                for k in near[..<m] {
                    let pj = pass.row(a, j.species, j.species), pk = pass.row(a, k.species, k.species)
                    let p = pass.row(a, j.species, k.species)
                    let xj = 1 / (j.r - pj[1]), xk = 1 / (k.r - pk[1]), cosine = j.d.dot(k.d) / (j.r * k.r), off = cosine - p[9]
                    let strength = p[8] * exp(pj[3] * xj) * exp(pk[3] * xk), e = strength * off * off, turn = 2 * strength * off
                    let uj = j.d * (1 / j.r), uk = k.d * (1 / k.r)
                    let gj: Vector = uj * (-e * pj[3] * xj * xj) + (uk - uj * cosine) * (turn / j.r)
                    let gk: Vector = uk * (-e * pk[3] * xk * xk) + (uj - uk * cosine) * (turn / k.r)
                    pass.add(e, i, [(j.atom, j.d, gj), (k.atom, k.d, gk)], into: &forces)
                }
            }
        }
    }
}
