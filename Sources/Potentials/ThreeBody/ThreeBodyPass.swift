import Domain

/// One neighbour of each of four centres.
struct ThreeBodyEdge<L: EdgeLane>: BitwiseCopyable where L.Plain == Vector {
    /// x_j - x_i and its unit vector.
    var dx = Vector.zero, dy = Vector.zero, dz = Vector.zero
    var ux = L.zero, uy = L.zero, uz = L.zero
    var r = L.zero, inverse = L.zero
    /// dE/dr_j so far, seeds included.
    var gx = L.zero, gy = L.zero, gz = L.zero
    /// The neighbour's share of the energy without seeds, and its seed.
    var share = L.zero, seed = L.zero
    var species = SIMD4<Int64>.zero
    var atom = SIMD4<Int32>.zero
    /// What the function keeps.
    var a = L.zero, b = L.zero
    /// How many neighbours the lanes have, less this one's number: positive where it is one of them.
    var left = SIMD4<Int64>.zero

    /// Gradient along the edge: f (dx, dy, dz) / r.
    @inline(__always)
    mutating func add(along f: L) {
        gx = gx.addingProduct(f, ux)
        gy = gy.addingProduct(f, uy)
        gz = gz.addingProduct(f, uz)
    }

    /// Gradient of s cos(angle) by this edge's end: s (u_other - cos u) / r.
    @inline(__always)
    mutating func add(turning s: L, _ cosine: L, towards other: ThreeBodyEdge) {
        let f = s * inverse
        gx = gx.addingProduct(f, other.ux - cosine * ux)
        gy = gy.addingProduct(f, other.uy - cosine * uy)
        gz = gz.addingProduct(f, other.uz - cosine * uz)
    }
}

/// The energies of centres with their neighbours' pairs: what Stillinger and Weber's and Tersoff's potentials are.
///
/// Four centres are computed side by side, so that all lanes are busy although a centre has few neighbours; lanes with fewer
/// neighbours than others have them masked.
struct ThreeBodyPass<L: EdgeLane> where L.Plain == Vector {
    let position: UnsafePointer<Vector>
    let type: UnsafePointer<Int32>
    /// Element of each type, or -1.
    let species: UnsafePointer<Int32>
    let elements: Int
    /// elements^3 rows.
    let table: UnsafePointer<Double>
    let size: Int
    let centres: UnsafePointer<Int32>
    let centreCount: Int
    let firsts: UnsafePointer<Int32>
    let counts: UnsafePointer<Int32>
    let near: UnsafePointer<Int32>
    /// What is added to distances before they enter the functions.
    let shift: Double
    /// Farther than any cutoff: where neighbours stand that lanes do not have.
    let far: Double
    let edges: UnsafeMutablePointer<ThreeBodyEdge<L>>
    /// 3 neighbours^2.
    let terms: UnsafeMutablePointer<L>
    let seeds: UnsafePointer<Double>?
    let field: UnsafePointer<Vector>?
    let force: UnsafeMutablePointer<Vector>
    let wantsVirial: Bool
    let atomEnergy: UnsafeMutablePointer<Double>?
    let atomVirial: UnsafeMutablePointer<Tensor>?

    /// Four centres.
    struct Chunk {
        var atom: SIMD4<Int32>
        var species: SIMD4<Int64>
        var neighbours: Int
        var seed: L
        var share = L.zero
    }

    /// Numbers of the triples (centre, b, c) of elements.
    @inline(__always)
    func triples(_ chunk: Chunk, _ b: SIMD4<Int64>, _ c: SIMD4<Int64>) -> SIMD4<Int64> {
        let n = SIMD4<Int64>(repeating: Int64(elements))
        let pairs: SIMD4<Int64> = chunk.species &* n &+ b
        return pairs &* n &+ c
    }

    @inline(__always)
    func seedLanes(_ atoms: SIMD4<Int32>) -> L {
        guard let seeds else { return L.hasTangent ? L(Vector(repeating: 1), tangent: .zero) : L(1) }
        let a = Vector(seeds[Int(atoms.x)], seeds[Int(atoms.y)], seeds[Int(atoms.z)], seeds[Int(atoms.w)])
        return L.hasTangent ? L(Vector(repeating: 1), tangent: a) : L(plain: a)
    }

    /// Calls `body` for every four centres with `edges` filled, then adds what it leaves there.
    /// - Parameter body: returns the energy of its centres, seeds included, lane by lane.
    @inline(__always)
    func run(isWeighted: Bool, _ sums: inout PairPass.Sums, _ body: (inout Chunk) -> L) {
        var energy = Vector.zero, edgeSums = CentreSums<Vector>()
        var at = 0
        while at < centreCount {
            let left = centreCount - at
            let i0 = centres[at], i1 = left > 1 ? centres[at + 1] : i0, i2 = left > 2 ? centres[at + 2] : i0
            let i3 = left > 3 ? centres[at + 3] : i0
            let c0 = counts[Int(i0)], c1 = left > 1 ? counts[Int(i1)] : 0, c2 = left > 2 ? counts[Int(i2)] : 0
            let c3 = left > 3 ? counts[Int(i3)] : 0
            at &+= 4
            let most = Int(max(max(c0, c1), max(c2, c3)))
            let atom = SIMD4(i0, i1, i2, i3)
            var chunk = Chunk(
                atom: atom,
                species: SIMD4(
                    Int64(species[Int(type[Int(i0)])]), Int64(species[Int(type[Int(i1)])]), Int64(species[Int(type[Int(i2)])]),
                    Int64(species[Int(type[Int(i3)])])),
                neighbours: most, seed: isWeighted ? seedLanes(atom) : L.zero)
            let x0 = position[Int(i0)], x1 = position[Int(i1)], x2 = position[Int(i2)], x3 = position[Int(i3)]
            let n0 = near + Int(firsts[Int(i0)]), n1 = near + Int(firsts[Int(i1)]), n2 = near + Int(firsts[Int(i2)])
            let n3 = near + Int(firsts[Int(i3)])
            let nowhere = Vector(far, 0, 0, 0)
            for n in 0..<most {
                let m = Int32(truncatingIfNeeded: n)
                let j0 = m < c0 ? n0[n] : i0, j1 = m < c1 ? n1[n] : i1, j2 = m < c2 ? n2[n] : i2, j3 = m < c3 ? n3[n] : i3
                let d = Vector.transposed(
                    m < c0 ? position[Int(j0)] - x0 : nowhere, m < c1 ? position[Int(j1)] - x1 : nowhere,
                    m < c2 ? position[Int(j2)] - x2 : nowhere, m < c3 ? position[Int(j3)] - x3 : nowhere)
                var edge = ThreeBodyEdge<L>()
                let held = SIMD4<Int64>(Int64(c0), Int64(c1), Int64(c2), Int64(c3))
                edge.left = held &- SIMD4<Int64>(repeating: Int64(n))
                edge.atom = SIMD4(j0, j1, j2, j3)
                edge.species = SIMD4(
                    Int64(species[Int(type[Int(j0)])]), Int64(species[Int(type[Int(j1)])]), Int64(species[Int(type[Int(j2)])]),
                    Int64(species[Int(type[Int(j3)])]))
                edge.dx = d.x
                edge.dy = d.y
                edge.dz = d.z
                var x = L(plain: d.x), y = L(plain: d.y), z = L(plain: d.z)
                if L.hasTangent, let field {
                    let v = Vector.transposed(
                        field[Int(i0)] - field[Int(j0)], field[Int(i1)] - field[Int(j1)], field[Int(i2)] - field[Int(j2)],
                        field[Int(i3)] - field[Int(j3)])
                    x = L(d.x, tangent: v.x)
                    y = L(d.y, tangent: v.y)
                    z = L(d.z, tangent: v.z)
                }
                edge.r = (x * x).addingProduct(y, y).addingProduct(z, z).squareRoot()
                edge.inverse = edge.r.reciprocal()
                edge.ux = x * edge.inverse
                edge.uy = y * edge.inverse
                edge.uz = z * edge.inverse
                if shift != 0 { edge.r = edge.r + L(shift) }
                if isWeighted { edge.seed = seedLanes(edge.atom) }
                edges[n] = edge
            }
            let e = body(&chunk)
            if isWeighted {
                energy += e.value
                if let atomEnergy {
                    let own = (chunk.seed * chunk.share).outcome
                    for lane in 0..<4 { atomEnergy[Int(atom[lane])] += own[lane] }
                }
            }
            var fx = Vector.zero, fy = Vector.zero, fz = Vector.zero
            for n in 0..<most {
                let gx = edges[n].gx.outcome, gy = edges[n].gy.outcome, gz = edges[n].gz.outcome, j = edges[n].atom
                fx += gx
                fy += gy
                fz += gz
                let rows = Vector.transposed(gx, gy, gz, .zero)
                force[Int(j.x)] -= rows.x
                force[Int(j.y)] -= rows.y
                force[Int(j.z)] -= rows.z
                force[Int(j.w)] -= rows.w
                if isWeighted {
                    if wantsVirial { edgeSums.addVirial((-edges[n].dx, -edges[n].dy, -edges[n].dz), (gx, gy, gz)) }
                    if let atomEnergy {
                        let share = (edges[n].seed * edges[n].share).outcome
                        for lane in 0..<4 { atomEnergy[Int(j[lane])] += share[lane] }
                    }
                }
            }
            let rows = Vector.transposed(fx, fy, fz, .zero)
            force[Int(i0)] += rows.x
            force[Int(i1)] += rows.y
            force[Int(i2)] += rows.z
            force[Int(i3)] += rows.w
        }
        if isWeighted {
            sums.energy += energy.sum()
            if wantsVirial { sums.virial += edgeSums.virial }
        }
    }

    /// Shares the virial of a pair term of neighbour n, whose gradient is f along the edge, between its two atoms.
    @inline(__always)
    func addAtomVirial(_ chunk: Chunk, pair n: Int, _ f: L) {
        guard let atomVirial else { return }
        let e = edges[n], gx = (f * e.ux).outcome, gy = (f * e.uy).outcome, gz = (f * e.uz).outcome
        for lane in 0..<4 where e.left[lane] > 0 {
            var w = Tensor.zero
            w.add(Vector(xyz: e.dx[lane], e.dy[lane], e.dz[lane]), Vector(xyz: gx[lane], gy[lane], gz[lane]) * -0.5)
            atomVirial[Int(chunk.atom[lane])] += w
            atomVirial[Int(e.atom[lane])] += w
        }
    }

    /// Shares the virial of a term of neighbours n and m, with gradients a and b along the edges and s by the cosine, among the three
    /// atoms, as LAMMPS does.
    @inline(__always)
    func addAtomVirial(_ chunk: Chunk, _ n: Int, _ m: Int, _ a: L, _ b: L, _ s: L, _ cosine: L) {
        guard let atomVirial else { return }
        let e = edges[n], o = edges[m], se = s * e.inverse, so = s * o.inverse
        let ex: Vector = (a * e.ux).addingProduct(se, o.ux - cosine * e.ux).outcome
        let ey: Vector = (a * e.uy).addingProduct(se, o.uy - cosine * e.uy).outcome
        let ez: Vector = (a * e.uz).addingProduct(se, o.uz - cosine * e.uz).outcome
        let ox: Vector = (b * o.ux).addingProduct(so, e.ux - cosine * o.ux).outcome
        let oy: Vector = (b * o.uy).addingProduct(so, e.uy - cosine * o.uy).outcome
        let oz: Vector = (b * o.uz).addingProduct(so, e.uz - cosine * o.uz).outcome
        for lane in 0..<4 where e.left[lane] > 0 && o.left[lane] > 0 {
            var w = Tensor.zero
            w.add(Vector(xyz: e.dx[lane], e.dy[lane], e.dz[lane]), Vector(xyz: ex[lane], ey[lane], ez[lane]) * (-1.0 / 3))
            w.add(Vector(xyz: o.dx[lane], o.dy[lane], o.dz[lane]), Vector(xyz: ox[lane], oy[lane], oz[lane]) * (-1.0 / 3))
            atomVirial[Int(chunk.atom[lane])] += w
            atomVirial[Int(e.atom[lane])] += w
            atomVirial[Int(o.atom[lane])] += w
        }
    }
}

/// Rows of four lanes' triples of elements.
protocol TripleRows: ParameterRow where Value == Vector {
    static var isSingle: Bool { get }
    init(_ table: UnsafePointer<Double>, _ size: Int, _ triples: SIMD4<Int64>)
}

extension UniformRow: TripleRows where Value == Vector {
    @inline(__always) init(_ table: UnsafePointer<Double>, _ size: Int, _ triples: SIMD4<Int64>) { self.init(table) }
}

extension FourRows: TripleRows {
    @inline(__always) init(_ table: UnsafePointer<Double>, _ size: Int, _ triples: SIMD4<Int64>) {
        let places: SIMD4<Int64> = triples &* SIMD4<Int64>(repeating: Int64(size))
        self.init(table + Int(places.x), table + Int(places.y), table + Int(places.z), table + Int(places.w))
    }
}
