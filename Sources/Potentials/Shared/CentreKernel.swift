import Domain

/// What a pass over centre atoms reads and writes: the forces of sum_i a_i e_i on plain lanes; on duals the derivative of those forces
/// along -field, with seeds 1 + t a_i.
struct CentrePass<L: EdgeLane>: BitwiseCopyable {
    typealias S = L.Single
    typealias P = L.Plain
    typealias Sums = CentreSums<P>

    let owned: Int
    let position: UnsafePointer<Vector>
    let groups: SpeciesGroups.View
    let seeds: UnsafePointer<Double>?
    let field: UnsafePointer<Vector>?
    let force: UnsafeMutablePointer<Vector>
    let wantsVirial: Bool
    /// Null unless wanted.
    let atomEnergy: UnsafeMutablePointer<Double>?
    let atomVirial: UnsafeMutablePointer<Tensor>?
    /// Whether values of `AtomReporting` are wanted.
    let wantsQuantities: Bool

    @inline(__always)
    func seed(_ i: Int) -> S { .seed(seeds, i) }

    // MARK: - Neighbours

    /// Copies centre i's neighbours of species b within the cutoff to `edges` (x_j - x_i, and its square in w) and `indices`, from place
    /// n on. A distance that is not a number counts as within.
    ///
    /// Every neighbour is written and the end moved on only if it is within: half of them are not, in no order that a branch could be
    /// predicted from.
    /// - Returns: the place behind the last one.
    @inline(__always)
    func select(
        _ i: Int, _ b: Int, cutoffSquared: Double, _ edges: UnsafeMutablePointer<Vector>, _ indices: UnsafeMutablePointer<Int32>,
        from n: Int
    ) -> Int {
        let xi = position[i], limit = cutoffSquared.bitPattern
        let row = i &* groups.species &+ b
        var n = n, k = Int(groups.starts[row])
        let last = Int(groups.starts[row &+ 1])
        while k < last {
            let j = groups.neighbours[k]
            var d = position[Int(j)] - xi
            let square = d * d
            d.w = square.x + square.y + square.z
            edges[n] = d
            indices[n] = j
            n &+= Self.isWithin(d.w, limit)
            k &+= 1
        }
        return n
    }

    /// 1 if square < limit or square is NaN, else 0. The bits of non-negative numbers are ordered as the numbers are, NaN above all.
    @inline(__always)
    static func isWithin(_ square: Double, _ limit: UInt64) -> Int {
        let bits = square.bitPattern & ~(1 << 63)
        let below = (bits &- limit) >> 63, isNaN = (Double.infinity.bitPattern &- bits) >> 63
        return Int(truncatingIfNeeded: below | isNaN)
    }

    /// Fills up to whole lanes with edges of length r, where everything is zero, of the centre with itself.
    /// - Returns: the place behind the last one.
    @inline(__always)
    func pad(
        _ i: Int, length r: Double, _ edges: UnsafeMutablePointer<Vector>, _ indices: UnsafeMutablePointer<Int32>, from n: Int
    ) -> Int {
        var n = n
        while n % L.laneCount != 0 {
            edges[n] = Vector(r, 0, 0, r * r)
            indices[n] = Int32(truncatingIfNeeded: i)
            n &+= 1
        }
        return n
    }

    /// The unit vectors, distances and their inverses of one chunk of edges; a dual's tangent is that of -(v_j - v_i).
    @inline(__always)
    func geometry(
        _ i: Int, _ edges: UnsafePointer<Vector>, _ indices: UnsafePointer<Int32>
    ) -> (x: L, y: L, z: L, r: L, inverse: L) {
        let d = P.components(edges)
        if L.hasTangent, let field {
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

    // MARK: - Forces

    /// Adds the gradient g of one chunk of edges: to the centre, minus to the neighbours, and -r (x) g to the virial.
    /// - Parameter centreShare: how much of an edge's virial is the centre's; the rest is the neighbour's.
    @inline(__always)
    func add(
        _ i: Int, _ g: (x: P, y: P, z: P), _ edges: UnsafePointer<Vector>, _ indices: UnsafePointer<Int32>, centreShare: Double,
        _ sums: inout Sums
    ) {
        sums.addForce(g.x, g.y, g.z)
        P.subtract(g.x, g.y, g.z, from: force, indices)
        guard wantsVirial || atomVirial != nil else { return }
        if wantsVirial { sums.addVirial(P.components(edges), g.x, g.y, g.z) }
        if let atomVirial {
            for lane in 0..<L.laneCount {
                let edge = -edges[lane].xyz, gradient = Vector(g.x[lane: lane], g.y[lane: lane], g.z[lane: lane], 0)
                if centreShare > 0 { atomVirial[i].add(edge, gradient * centreShare) }
                atomVirial[Int(indices[lane])].add(edge, gradient * (1 - centreShare))
            }
        }
    }
}

/// The energies of centre atoms as functions of their neighbours within a cutoff, and their gradients by the neighbours' edges: what a
/// descriptor potential has to say. The loop over centres is written once, in `run`.
///
/// A conforming type is generic over the lanes; `run` is inlined where it is called with concrete ones.
protocol CentreKernel<L> {
    associatedtype L: EdgeLane

    /// How many centres are computed together, at most `L.laneCount`: kernels that have centres side by side in lanes take so many,
    /// others one.
    static var batch: Int { get }

    var pass: CentrePass<L> { get }

    /// Before a batch's centres are read.
    func begin(_ batch: CentreBatch)

    /// Reads centre i of species a into lane c: chooses its neighbours and sums what the energy is a function of.
    func read(_ i: Int, _ a: Int, lane c: Int)

    /// From these sums to the energies of the batch's centres, lane by lane, and the derivatives that `addForces` needs, seeds included.
    func energies(_ batch: CentreBatch, _ seeds: L, _ sums: inout CentreSums<L.Plain>) -> L

    /// Hands the gradients of all edges of centre i, in lane c, to `pass.add`.
    func addForces(_ i: Int, _ a: Int, lane c: Int, _ sums: inout CentreSums<L.Plain>)
}

/// Centres of one species that are computed together.
struct CentreBatch: BitwiseCopyable {
    let species: Int
    let centres: UnsafePointer<Int32>
    let count: Int
}

extension CentreKernel {
    /// All centres. Adds to the pass's forces and values per atom, and to the two totals.
    @inline(__always)
    func run(_ energy: inout Double, _ virial: inout Tensor) {
        var sums = CentreSums<L.Plain>()
        for a in 0..<pass.groups.species {
            var at = Int(pass.groups.centreStarts[a])
            let last = Int(pass.groups.centreStarts[a + 1])
            while at < last {
                let batch = CentreBatch(species: a, centres: pass.groups.centres + at, count: min(Self.batch, last - at))
                begin(batch)
                var seeds = L.zero
                for c in 0..<batch.count {
                    let i = Int(batch.centres[c])
                    seeds[lane: c] = pass.seed(i)
                    read(i, a, lane: c)
                }
                let energies = energies(batch, seeds, &sums)
                for c in 0..<batch.count {
                    let i = Int(batch.centres[c])
                    sums.beginCentre()
                    addForces(i, a, lane: c, &sums)
                    pass.force[i] += sums.force
                    let e = energies[lane: c]
                    energy += e.value
                    if let atomEnergy = pass.atomEnergy { atomEnergy[i] += e.outcome }
                }
                at &+= Self.batch
            }
        }
        if pass.wantsVirial { virial += sums.virial }
    }
}

/// What a kernel sums over the edges of a centre, lane by lane: the force on the centre, and the virial of all centres so far.
struct CentreSums<P: EdgeVector> {
    private var x = P.zero, y = P.zero, z = P.zero
    private var xx = P.zero, xy = P.zero, xz = P.zero
    private var yx = P.zero, yy = P.zero, yz = P.zero
    private var zx = P.zero, zy = P.zero, zz = P.zero

    @inline(__always)
    mutating func beginCentre() {
        x = .zero
        y = .zero
        z = .zero
    }

    /// Adds the edge gradient g of one chunk to the centre's force.
    @inline(__always)
    mutating func addForce(_ gx: P, _ gy: P, _ gz: P) {
        x = x + gx
        y = y + gy
        z = z + gz
    }

    /// Adds -d (x) g to the virial.
    @inline(__always)
    mutating func addVirial(_ d: (x: P, y: P, z: P, w: P), _ gx: P, _ gy: P, _ gz: P) {
        xx = xx.addingProduct(-d.x, gx)
        xy = xy.addingProduct(-d.x, gy)
        xz = xz.addingProduct(-d.x, gz)
        yx = yx.addingProduct(-d.y, gx)
        yy = yy.addingProduct(-d.y, gy)
        yz = yz.addingProduct(-d.y, gz)
        zx = zx.addingProduct(-d.z, gx)
        zy = zy.addingProduct(-d.z, gy)
        zz = zz.addingProduct(-d.z, gz)
    }

    /// The same of a single edge d.
    @inline(__always)
    mutating func addVirial(_ d: Vector, _ g: Vector) {
        xx[lane: 0] -= d.x * g.x
        xy[lane: 0] -= d.x * g.y
        xz[lane: 0] -= d.x * g.z
        yx[lane: 0] -= d.y * g.x
        yy[lane: 0] -= d.y * g.y
        yz[lane: 0] -= d.y * g.z
        zx[lane: 0] -= d.z * g.x
        zy[lane: 0] -= d.z * g.y
        zz[lane: 0] -= d.z * g.z
    }

    /// The force on the centre.
    @inline(__always)
    var force: Vector { Vector(x.sum(), y.sum(), z.sum(), 0) }

    @inline(__always)
    var virial: Tensor {
        Tensor(
            x: Vector(xx.sum(), xy.sum(), xz.sum(), 0), y: Vector(yx.sum(), yy.sum(), yz.sum(), 0),
            z: Vector(zx.sum(), zy.sum(), zz.sum(), 0))
    }
}

extension EdgeLane {
    /// The seed of a centre's energy: the given weight, on duals 1 with the weight as tangent; without weights 1, on duals with tangent 0.
    @inline(__always)
    static func seed(_ weights: UnsafePointer<Double>?, _ i: Int) -> Self {
        let given = weights.map { $0[i] } ?? (hasTangent ? 0 : 1)
        return hasTangent ? Self(Plain(1), tangent: Plain(given)) : Self(Plain(given), tangent: Plain(0))
    }
}

extension Forces {
    /// What the plain kernels add for the edge r = x_j - x_i of centre i: the energy's gradient g by it, seeds included.
    /// - Parameter centreShare: as in `CentrePass.add`.
    mutating func add(_ i: Int, _ j: Int, edge r: Vector, gradient g: Vector, centreShare: Double) {
        force[i] += g
        force[j] -= g
        if wanted.contains(.virial) { virial.add(-r, g) }
        guard wanted.contains(.atomVirial) else { return }
        var w = Tensor.zero
        w.add(-r, g)
        if centreShare > 0 { atomVirial[i] += w * centreShare }
        atomVirial[j] += w * (1 - centreShare)
    }
}
