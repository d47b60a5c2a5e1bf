import Domain

/// What a pass over the pairs of an embedded-atom model reads and writes.
struct EAMPass<L: EdgeLane> where L.Plain == Vector {
    typealias S = L.Single

    let owned: Int
    let position: UnsafePointer<Vector>
    let type: UnsafePointer<Int32>
    /// Element of each type, or -1.
    let species: UnsafePointer<Int32>
    let elements: Int
    let isSingle: Bool
    let cutoffSquared: Double
    let inverseStep: Double
    let lastRow: Double
    let rowCount: Int
    let densityTable: UnsafePointer<Vector>
    let pairTable: UnsafePointer<Vector>
    let starts: UnsafePointer<Int32>
    let neighbours: UnsafePointer<Int32>
    /// Neighbours within the cutoff, of each atom from `firsts[i]` on, filled up to four with the last one.
    let firsts: UnsafeMutablePointer<Int32>
    let counts: UnsafeMutablePointer<Int32>
    let near: UnsafeMutablePointer<Int32>
    let edges: NearNeighbours
    /// rho and s F'(rho), owned and ghost.
    let density: UnsafeMutablePointer<S>
    let slope: UnsafeMutablePointer<S>
    let seeds: UnsafePointer<Double>?
    let field: UnsafePointer<Vector>?
    let force: UnsafeMutablePointer<Vector>
    let wantsVirial: Bool
    let atomEnergy: UnsafeMutablePointer<Double>?
    let atomVirial: UnsafeMutablePointer<Tensor>?

    /// Rows m of the splines at four distances, and the fractions of a step from there.
    @inline(__always)
    func place(_ r: L) -> (rows: SIMD4<Int64>, p: L) {
        let at = r.scaled(by: Vector(repeating: inverseStep)) + L(1)
        // NaN goes to the last row; its force is NaN all the same.
        let m = Vector.maximum(Vector.minimum(at.value, Vector(repeating: lastRow)), Vector(repeating: 1)).rounded(.down)
        // The bits of 2^52 + m end in m.
        let rows = unsafeBitCast(m + Vector(repeating: 0x1p52), to: SIMD4<Int64>.self) & SIMD4(repeating: 0xFFFF_FFFF)
        return (rows, L.minimum(at - L(plain: m), L(1)))
    }

    @inline(__always)
    func cubics(_ table: UnsafePointer<Vector>, _ at: SIMD4<Int64>) -> (x: Vector, y: Vector, z: Vector, w: Vector) {
        Vector.columns(table + Int(at.x), table + Int(at.y), table + Int(at.z), table + Int(at.w))
    }

    @inline(__always)
    func value(_ c: (x: Vector, y: Vector, z: Vector, w: Vector), _ p: L) -> L {
        L(plain: c.x).addingProduct(p, L(plain: c.y).addingProduct(p, L(plain: c.z).addingProduct(p, plain: c.w)))
    }

    /// By p.
    @inline(__always)
    func derivative(_ c: (x: Vector, y: Vector, z: Vector, w: Vector), _ p: L) -> L {
        L(plain: c.y).addingProduct(p, L(plain: c.z + c.z).addingProduct(p, plain: 3 * c.w))
    }

    /// Where the tables of the pairs (a, species of each neighbour) begin, in rows.
    @inline(__always)
    func tables(_ a: Int, _ indices: UnsafePointer<Int32>) -> SIMD4<Int64> {
        let b = SIMD4<Int64>(
            Int64(species[Int(type[Int(indices[0])])]), Int64(species[Int(type[Int(indices[1])])]),
            Int64(species[Int(type[Int(indices[2])])]), Int64(species[Int(type[Int(indices[3])])]))
        return (b &+ SIMD4(repeating: Int64(a &* elements))) &* SIMD4(repeating: Int64(rowCount))
    }

    /// The distance's dual from the plain edge.
    @inline(__always)
    func tangents(
        _ i: Int, _ d: (x: Vector, y: Vector, z: Vector), _ indices: UnsafePointer<Int32>, _ left: Int
    ) -> (Vector, Vector, Vector) {
        let v = Vector.components(field!, indices), vi = field![i], weights = laneWeights(left)
        return (
            (v.x - Vector(repeating: vi.x)) * weights, (v.y - Vector(repeating: vi.y)) * weights, (v.z - Vector(repeating: vi.z)) * weights
        )
    }

    /// First pass: neighbours within the cutoff, and the density.
    @inline(__always)
    func addDensities(isSingle: Bool) {
        var at = 0
        let limit = cutoffSquared
        for i in 0..<owned {
            firsts[i] = Int32(truncatingIfNeeded: at)
            let a = Int(species[Int(type[i])])
            let first = Int(starts[i]), all = Int(starts[i + 1]) - first
            let indices = near + at
            let own = NearNeighbours(x: edges.x, y: edges.y, z: edges.z, square: edges.square, indices: indices)
            let count =
                isSingle
                ? selectNeighbours(i, position, neighbours + first, all, components: L.hasTangent, into: own) { _ in limit }
                : a < 0
                    ? 0
                    : selectNeighbours(i, position, neighbours + first, all, components: L.hasTangent, into: own) {
                        species[Int(type[$0])] < 0 ? 0 : limit
                    }
            counts[i] = Int32(truncatingIfNeeded: count)
            at += (count + 3) & ~3
            var sum = L.zero
            var k = 0
            while k < count {
                let square = Vector.load(edges.square + k)
                var r2 = L(plain: square)
                if L.hasTangent {
                    let d = edges.edges(k)
                    let t = tangents(i, (d.x, d.y, d.z), indices + k, count - k)
                    r2 = L(square, tangent: 2 * (d.x * t.0 + d.y * t.1 + d.z * t.2))
                }
                var (rows, p) = place(r2.squareRoot())
                let weights = laneWeights(count - k)
                let there: L
                if isSingle {
                    let rho = value(cubics(densityTable, rows), p).scaled(by: weights)
                    sum = sum + rho
                    there = rho
                } else {
                    rows = (rows &+ tables(a, indices + k)) &<< 1
                    sum = sum + value(cubics(densityTable, rows), p).scaled(by: weights)
                    there = value(cubics(densityTable + 1, rows), p).scaled(by: weights)
                }
                for lane in 0..<4 {
                    let j = Int(indices[k + lane])
                    density[j] = density[j] + there[lane: lane]
                }
                k &+= 4
            }
            density[i] = density[i] + sum.sum()
        }
    }

    /// Third pass: forces from the pair energy and s F'(rho).
    @inline(__always)
    func addForces(isSingle: Bool, tally: Bool, _ sums: inout PairPass.Sums) {
        var energy = Vector.zero, centre = CentreSums<Vector>()
        let inverseStep = Vector(repeating: inverseStep)
        for i in 0..<owned {
            let a = Int(species[Int(type[i])]), count = Int(counts[i]), indices = near + Int(firsts[i])
            let xi = position[i]
            let px = Vector(repeating: xi.x), py = Vector(repeating: xi.y), pz = Vector(repeating: xi.z)
            let own = L(broadcast: slope[i])
            centre.beginCentre()
            var k = 0
            while k < count {
                let other = Vector.components(position, indices + k)
                let weights = laneWeights(count - k)
                let ex = px - other.x, ey = py - other.y, ez = pz - other.z
                var dx = L(plain: ex), dy = L(plain: ey), dz = L(plain: ez)
                let square = ex * ex + ey * ey + ez * ez
                var r2 = L(plain: square)
                if L.hasTangent {
                    let t = tangents(i, (ex, ey, ez), indices + k, count - k)
                    dx = L(ex, tangent: t.0)
                    dy = L(ey, tangent: t.1)
                    dz = L(ez, tangent: t.2)
                    r2 = L(square, tangent: 2 * (ex * t.0 + ey * t.1 + ez * t.2))
                }
                let r = r2.squareRoot(), inverse = r.reciprocal()
                var (rows, p) = place(r)
                let his = L.gather(slope, indices + k)
                var psi: L
                let z: (x: Vector, y: Vector, z: Vector, w: Vector)
                if isSingle {
                    rows = rows &<< 1
                    psi = (own + his) * derivative(cubics(pairTable, rows), p)
                    z = cubics(pairTable + 1, rows)
                } else {
                    rows = (rows &+ tables(a, indices + k)) &* SIMD4(repeating: 3)
                    psi = (own * derivative(cubics(pairTable, rows), p)).addingProduct(his, derivative(cubics(pairTable + 1, rows), p))
                    z = cubics(pairTable + 2, rows)
                }
                let phi = value(z, p) * inverse
                var slope = (derivative(z, p).scaled(by: inverseStep) - phi) * inverse
                if tally {
                    var e = phi.scaled(by: weights)
                    if L.hasTangent || seeds != nil {
                        let ai = Vector(repeating: seeds![i])
                        let aj = Vector(
                            seeds![Int(indices[k])], seeds![Int(indices[k + 1])], seeds![Int(indices[k + 2])], seeds![Int(indices[k + 3])])
                        if let atomEnergy {
                            let si = L.hasTangent ? L(Vector(repeating: 1), tangent: ai) : L(plain: ai)
                            let sj = L.hasTangent ? L(Vector(repeating: 1), tangent: aj) : L(plain: aj)
                            atomEnergy[i] += 0.5 * (si * e).outcome.sum()
                            let ej = (sj * e).outcome
                            for lane in 0..<4 { atomEnergy[Int(indices[k + lane])] += 0.5 * ej[lane] }
                        }
                        let mean = 0.5 * (ai + aj)
                        let s = L.hasTangent ? L(Vector(repeating: 1), tangent: mean) : L(plain: mean)
                        slope = s * slope
                        e = s * e
                    } else if let atomEnergy {
                        atomEnergy[i] += 0.5 * e.value.sum()
                        for lane in 0..<4 { atomEnergy[Int(indices[k + lane])] += 0.5 * e.value[lane] }
                    }
                    energy += e.value
                }
                psi = slope.addingProduct(psi, plain: inverseStep)
                let g = -(psi * inverse).scaled(by: weights)
                let gx = (g * dx).outcome, gy = (g * dy).outcome, gz = (g * dz).outcome
                centre.addForce(gx, gy, gz)
                Vector.subtract(gx, gy, gz, from: force, indices + k)
                if tally {
                    if wantsVirial { centre.addVirial((ex, ey, ez), (gx, gy, gz)) }
                    if let atomVirial {
                        for lane in 0..<min(4, count - k) {
                            var w = Tensor.zero
                            w.add(Vector(xyz: ex[lane], ey[lane], ez[lane]), Vector(xyz: gx[lane], gy[lane], gz[lane]) * 0.5)
                            atomVirial[i] += w
                            atomVirial[Int(indices[k + lane])] += w
                        }
                    }
                }
                k &+= 4
            }
            force[i] += centre.force
        }
        if tally {
            sums.energy += energy.sum()
            if wantsVirial { sums.virial += centre.virial }
        }
    }
}

// The concrete entry points.

@inline(never)
func eamDensities(_ pass: EAMPass<Vector>) {
    if pass.isSingle { pass.addDensities(isSingle: true) } else { pass.addDensities(isSingle: false) }
}

@inline(never)
func eamDensities(_ pass: EAMPass<Dual<Vector>>) {
    if pass.isSingle { pass.addDensities(isSingle: true) } else { pass.addDensities(isSingle: false) }
}

@inline(never)
func eamForces(_ pass: EAMPass<Vector>, tally: Bool, _ sums: inout PairPass.Sums) {
    switch (pass.isSingle, tally) {
    case (true, false): pass.addForces(isSingle: true, tally: false, &sums)
    case (true, true): pass.addForces(isSingle: true, tally: true, &sums)
    case (false, false): pass.addForces(isSingle: false, tally: false, &sums)
    case (false, true): pass.addForces(isSingle: false, tally: true, &sums)
    }
}

@inline(never)
func eamForces(_ pass: EAMPass<Dual<Vector>>, tally: Bool, _ sums: inout PairPass.Sums) {
    if pass.isSingle {
        pass.addForces(isSingle: true, tally: true, &sums)
    } else {
        pass.addForces(isSingle: false, tally: true, &sums)
    }
}
