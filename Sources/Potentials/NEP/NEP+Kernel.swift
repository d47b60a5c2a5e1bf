import Domain

/// One centre at a time, several neighbours side by side.
///
/// For each centre: pick the neighbours within the cutoffs, by species; sum the radial basis and the angular moments; evaluate the
/// network; then go over the neighbours again with the energy's derivatives by these sums. Two rearrangements make it fast. Within a
/// species the radial sums are over basis functions, not over n, since q_n = sum_k c_nk (sum_j f_k(r_j)); on the way back one series
/// sum_k (sum_n dE/dq_n c_nk) f_k'(r) serves all n. And the angular gradient contracts the adjoint of the moments with the harmonics
/// first, so that the gradients of the harmonics are needed once, not for each n.
struct NEPKernel<L: EdgeLane>: CentreKernel {
    typealias S = L.Single
    typealias P = L.Plain
    typealias Sums = CentreSums<P>

    static var batch: Int { 1 }

    let view: NEPView
    let scratch: NEPScratch<L>
    let pass: CentrePass<L>

    @inline(__always)
    func begin(_ batch: CentreBatch) {}

    @inline(__always)
    func read(_ i: Int, _ a: Int, lane c: Int) {
        select(i, a)
        radialSums(i, a)
        angularMoments(i, a)
    }

    @inline(__always)
    func energies(_ batch: CentreBatch, _ seeds: L, _ sums: inout Sums) -> L {
        let i = Int(batch.centres[0]), a = batch.species, seed = seeds[lane: 0]
        var e = network(a, seed)
        view.invariants.adjoint(scratch.moments, scratch.f + view.radialCount, into: scratch.adjoint)
        if view.hasRepulsion { repulsion(i, a, seed, &e, &sums) }
        var energies = L.zero
        energies[lane: 0] = e
        return energies
    }

    @inline(__always)
    func addForces(_ i: Int, _ a: Int, lane c: Int, _ sums: inout Sums) {
        radialForces(i, a, &sums)
        angularForces(i, a, &sums)
    }

    /// Adds the gradient of one chunk of edges.
    @inline(__always)
    func add(_ i: Int, _ gx: L, _ gy: L, _ gz: L, _ near: NearNeighbours, _ chunk: Int, _ sums: inout Sums) {
        pass.add(i, (gx.outcome, gy.outcome, gz.outcome), near, chunk * L.laneCount, centreShare: 0, &sums)
    }

    /// Chooses the neighbours within the two cutoffs, by species.
    @inline(__always)
    func select(_ i: Int, _ a: Int) {
        let width = L.laneCount, near = scratch.radial, inner = scratch.angular
        var radial = 0, angular = 0
        for b in 0..<view.species {
            scratch.radialGroups[b] = Int32(truncatingIfNeeded: radial / width)
            scratch.angularGroups[b] = Int32(truncatingIfNeeded: angular / width)
            let pair = a &* view.species &+ b
            let rc = view.radialCutoff[pair], ra = view.angularCutoff[pair], first = radial
            radial = pass.select(i, b, cutoffSquared: rc * rc, into: near, from: radial)
            if ra <= rc {
                // Usually all angular neighbours are among the radial ones.
                angular &+= selectNeighbours(
                    i, pass.position, near.indices + first, radial - first, into: inner.from(angular)) { _ in ra * ra }
            } else {
                angular = pass.select(i, b, cutoffSquared: ra * ra, into: inner, from: angular)
            }
            radial = pass.pad(i, length: rc, near, from: radial)
            angular = pass.pad(i, length: ra, inner, from: angular)
        }
        scratch.radialGroups[view.species] = Int32(truncatingIfNeeded: radial / width)
        scratch.angularGroups[view.species] = Int32(truncatingIfNeeded: angular / width)
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
