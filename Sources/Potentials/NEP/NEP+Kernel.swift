import Domain

/// What is computed: the forces of sum_i seed_i e_i on plain lanes; on duals the derivative of those forces along -field, with seeds
/// 1 + t seed_i.
struct NEPInput: BitwiseCopyable {
    let position: UnsafePointer<Vector>
    let type: UnsafePointer<Int32>
    let owned: Int
    let species: UnsafePointer<Int32>
    let starts: UnsafePointer<Int32>
    let neighbours: UnsafePointer<Int32>
    let seeds: UnsafePointer<Double>?
    let field: UnsafePointer<Vector>?
}

/// One pass over all centres, several neighbours side by side.
///
/// For each centre: pick the neighbours within the cutoffs, by species; sum the radial basis and the angular moments; evaluate the
/// network; then go over the neighbours again with the energy's derivatives by these sums. Two rearrangements make it fast. Within a
/// species the radial sums are over basis functions, not over n, since q_n = sum_k c_nk (sum_j f_k(r_j)); on the way back one series
/// sum_k (sum_n dE/dq_n c_nk) f_k'(r) serves all n. And the angular gradient contracts the adjoint of the moments with the harmonics
/// first, so that the gradients of the harmonics are needed once, not for each n.
struct NEPPass<L: EdgeLane> {
    typealias S = L.Single
    typealias P = L.Plain

    let view: NEPView
    let input: NEPInput
    let scratch: NEPScratch<L>
    let force: UnsafeMutablePointer<Vector>
    let wantsVirial: Bool
    /// Null unless wanted.
    let atomEnergy: UnsafeMutablePointer<Double>?
    let atomVirial: UnsafeMutablePointer<Tensor>?

    @inline(__always)
    func run(energy: inout Double, virial: inout Tensor) {
        var sums = Accumulator()
        for i in 0..<input.owned {
            let a = Int(input.species[Int(input.type[i])])
            guard a >= 0 else { continue }
            sums.x = .zero
            sums.y = .zero
            sums.z = .zero
            select(i, a)
            radialSums(i, a)
            angularMoments(i, a)
            let seed = seed(i)
            var e = network(a, seed)
            view.invariants.adjoint(scratch.moments, scratch.f + view.radialCount, into: scratch.adjoint)
            radialForces(i, a, &sums)
            angularForces(i, a, &sums)
            if view.hasRepulsion { repulsion(i, a, seed, &e, &sums) }
            force[i] += sums.force
            energy += e.value
            if let atomEnergy { atomEnergy[i] += e.outcome }
        }
        if wantsVirial { virial += sums.virial }
    }

    typealias Accumulator = CentreSums<P>

    @inline(__always)
    func seed(_ i: Int) -> S { .seed(input.seeds, i) }

    // MARK: - Neighbours

    /// Copies the neighbours within the cutoffs to the scratch edges. A distance that is not a number counts as within.
    ///
    /// Every neighbour is written and the end moved on only if it is within: half of them are not, in no order that a branch could be
    /// predicted from.
    @inline(__always)
    func select(_ i: Int, _ a: Int) {
        let width = L.laneCount
        let xi = input.position[i]
        let radialEdges = scratch.radialEdges, radialIndices = scratch.radialIndices
        let angularEdges = scratch.angularEdges, angularIndices = scratch.angularIndices
        var radial = 0, angular = 0
        for b in 0..<view.species {
            scratch.radialGroups[b] = Int32(truncatingIfNeeded: radial / width)
            scratch.angularGroups[b] = Int32(truncatingIfNeeded: angular / width)
            let pair = a &* view.species &+ b
            let rc = view.radialCutoff[pair], ra = view.angularCutoff[pair]
            let start = radial
            let first = Int(input.starts[i &* view.species &+ b]), last = Int(input.starts[i &* view.species &+ b &+ 1])
            // Usually all angular neighbours are among the radial ones.
            let isNested = ra <= rc
            let radialLimit = (rc * rc).bitPattern, angularLimit = (ra * ra).bitPattern
            var k = first
            while k < last {
                let j = input.neighbours[k]
                let d = edge(xi, input.position[Int(j)])
                radialEdges[radial] = d
                radialIndices[radial] = j
                radial &+= isWithin(d.w, radialLimit)
                k &+= 1
            }
            if isNested {
                k = start
                while k < radial {
                    let d = radialEdges[k]
                    angularEdges[angular] = d
                    angularIndices[angular] = radialIndices[k]
                    angular &+= isWithin(d.w, angularLimit)
                    k &+= 1
                }
            } else {
                k = first
                while k < last {
                    let j = input.neighbours[k]
                    let d = edge(xi, input.position[Int(j)])
                    angularEdges[angular] = d
                    angularIndices[angular] = j
                    angular &+= isWithin(d.w, angularLimit)
                    k &+= 1
                }
            }
            // Padding stands at the cutoff, where everything is zero, and belongs to the centre itself.
            while radial % width != 0 {
                radialEdges[radial] = Vector(rc, 0, 0, rc * rc)
                radialIndices[radial] = Int32(truncatingIfNeeded: i)
                radial &+= 1
            }
            while angular % width != 0 {
                angularEdges[angular] = Vector(ra, 0, 0, ra * ra)
                angularIndices[angular] = Int32(truncatingIfNeeded: i)
                angular &+= 1
            }
        }
        scratch.radialGroups[view.species] = Int32(truncatingIfNeeded: radial / width)
        scratch.angularGroups[view.species] = Int32(truncatingIfNeeded: angular / width)
    }

    /// x_j - x_i, and its square in w.
    @inline(__always)
    func edge(_ xi: Vector, _ xj: Vector) -> Vector {
        var d = xj - xi
        let square = d * d
        d.w = square.x + square.y + square.z
        return d
    }

    /// 1 if square < limit or square is NaN, else 0. The bits of non-negative numbers are ordered as the numbers are, NaN above all.
    @inline(__always)
    func isWithin(_ square: Double, _ limit: UInt64) -> Int {
        let bits = square.bitPattern & ~(1 << 63)
        let below = (bits &- limit) >> 63, isNaN = (Double.infinity.bitPattern &- bits) >> 63
        return Int(truncatingIfNeeded: below | isNaN)
    }

    /// The unit vectors, distances and their inverses of one chunk of edges; a dual's tangent is that of -(v_j - v_i).
    @inline(__always)
    func edges(
        _ i: Int, _ rows: UnsafePointer<Vector>, _ indices: UnsafePointer<Int32>
    ) -> (ux: L, uy: L, uz: L, r: L, inverse: L) {
        let d = P.components(rows)
        if L.hasTangent, let field = input.field {
            let v = P.components(field, indices), vi = field[i]
            let x = L(d.x, tangent: P(vi.x) - v.x), y = L(d.y, tangent: P(vi.y) - v.y), z = L(d.z, tangent: P(vi.z) - v.z)
            let r = (x * x).addingProduct(y, y).addingProduct(z, z).squareRoot()
            let inverse = r.reciprocal()
            return (x * inverse, y * inverse, z * inverse, r, inverse)
        }
        let r = L(plain: d.w).squareRoot()
        let inverse = r.reciprocal()
        return (inverse.scaled(by: d.x), inverse.scaled(by: d.y), inverse.scaled(by: d.z), r, inverse)
    }

    /// r / rc - 1, the cutoff function and its derivative by r.
    ///
    /// With v = (pi / 2)(r / rc) - pi / 4 in -pi/4 ... pi/4, where no range reduction is needed: fc = 1/2 - sin v cos v and
    /// fc' = -(pi / 2 rc) (cos^2 v - sin^2 v). Zero from the cutoff on.
    @inline(__always)
    func cutoff(_ r: L, _ rc: Double) -> (y: L, fc: L, slope: L) {
        let ratio = r.scaled(by: P(1 / rc))
        let v = ratio.scaled(by: P(.pi / 2)) - L(.pi / 4)
        let z = v * v
        let (sine, cosine) = nepSineCosine(v, z)
        let isOutside = P(rc).lessOrEqual(r.value)
        let fc = L(0.5) - sine * cosine
        let slope = (sine * sine - cosine * cosine).scaled(by: P(.pi / (2 * rc)))
        return (ratio - L(1), L.select(isOutside, .zero, fc), L.select(isOutside, .zero, slope))
    }

    // MARK: - Writing forces

    /// Adds the edge gradient (gx, gy, gz) of one chunk: to the centre, minus to the neighbours, and -r (x) g to the virial.
    @inline(__always)
    func add(
        _ gx: P, _ gy: P, _ gz: P, _ rows: UnsafePointer<Vector>, _ indices: UnsafePointer<Int32>, _ sums: inout Accumulator
    ) {
        sums.addForce(gx, gy, gz)
        P.subtract(gx, gy, gz, from: force, indices)
        guard wantsVirial || atomVirial != nil else { return }
        let d = P.components(rows)
        if wantsVirial { sums.addVirial(d, gx, gy, gz) }
        if let atomVirial {
            for lane in 0..<L.laneCount {
                let g = Vector(gx[lane: lane], gy[lane: lane], gz[lane: lane], 0)
                atomVirial[Int(indices[lane])].add(-rows[lane].xyz, g)
            }
        }
    }
}

/// sin v and cos v for |v| <= pi/4 (a little more for rounding), z = v^2: the Taylor sums of VectorMath without reduction.
@inline(__always)
func nepSineCosine<L: EdgeLane>(_ v: L, _ z: L) -> (L, L) {
    let (s, c) = nepSineCosinePlain(v.value, z.value)
    return (L(s, tangent: c * v.outcome), L(c, tangent: -s * v.outcome))
}

@inline(__always)
private func nepSineCosinePlain<P: PlainLane>(_ v: P, _ z: P) -> (P, P) {
    var s = P(1.0 / 355_687_428_096_000)
    s = P(-1.0 / 1_307_674_368_000).addingProduct(s, z)
    s = P(1.0 / 6_227_020_800).addingProduct(s, z)
    s = P(-1.0 / 39_916_800).addingProduct(s, z)
    s = P(1.0 / 362_880).addingProduct(s, z)
    s = P(-1.0 / 5_040).addingProduct(s, z)
    s = P(1.0 / 120).addingProduct(s, z)
    s = P(-1.0 / 6).addingProduct(s, z)
    var c = P(1.0 / 20_922_789_888_000)
    c = P(-1.0 / 87_178_291_200).addingProduct(c, z)
    c = P(1.0 / 479_001_600).addingProduct(c, z)
    c = P(-1.0 / 3_628_800).addingProduct(c, z)
    c = P(1.0 / 40_320).addingProduct(c, z)
    c = P(-1.0 / 720).addingProduct(c, z)
    c = P(1.0 / 24).addingProduct(c, z)
    return (v.addingProduct(v * z, s), (P(1) - P(0.5) * z).addingProduct(z * z, c))
}
