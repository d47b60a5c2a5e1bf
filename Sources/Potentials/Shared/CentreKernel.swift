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

    /// Copies centre i's neighbours of species b within the cutoff to `near`, from place n on. A distance that is not a number counts as
    /// within.
    /// - Returns: the place behind the last one. Beyond it four more may have been written.
    @inline(__always)
    func select(_ i: Int, _ b: Int, cutoffSquared: Double, into near: NearNeighbours, from n: Int) -> Int {
        let row = i &* groups.species &+ b, first = Int(groups.starts[row]), count = Int(groups.starts[row &+ 1]) &- first
        return n &+ selectNeighbours(i, position, groups.neighbours + first, count, into: near.from(n)) { _ in cutoffSquared }
    }

    /// Fills up to whole lanes with edges of length r, where everything is zero, of the centre with itself.
    /// - Returns: the place behind the last one.
    @inline(__always)
    func pad(_ i: Int, length r: Double, _ near: NearNeighbours, from n: Int) -> Int {
        var n = n
        while n % L.laneCount != 0 {
            (near.x[n], near.y[n], near.z[n], near.square[n]) = (-r, 0, 0, r * r)
            near.indices[n] = Int32(truncatingIfNeeded: i)
            n &+= 1
        }
        return n
    }

    /// The unit vectors from the centre to one chunk of neighbours, distances and their inverses; a dual's tangent is that of
    /// -(v_j - v_i).
    @inline(__always)
    func geometry(_ i: Int, _ near: NearNeighbours, _ at: Int) -> (x: L, y: L, z: L, r: L, inverse: L) {
        let ex = P.load(near.x + at), ey = P.load(near.y + at), ez = P.load(near.z + at)
        if L.hasTangent, let field {
            let v = P.components(field, near.indices + at), vi = field[i]
            let x = L(-ex, tangent: P(vi.x) - v.x), y = L(-ey, tangent: P(vi.y) - v.y), z = L(-ez, tangent: P(vi.z) - v.z)
            let r = (x * x).addingProduct(y, y).addingProduct(z, z).squareRoot()
            let inverse = r.reciprocal()
            return (x * inverse, y * inverse, z * inverse, r, inverse)
        }
        let r = L(plain: P.load(near.square + at)).squareRoot()
        let inverse = r.reciprocal(), back = -inverse
        return (back.scaled(by: ex), back.scaled(by: ey), back.scaled(by: ez), r, inverse)
    }

    // MARK: - Forces

    /// Adds the gradient g of one chunk of edges: to the centre, minus to the neighbours, and (x_i - x_j) (x) g to the virial.
    /// - Parameter centreShare: how much of an edge's virial is the centre's; the rest is the neighbour's.
    @inline(__always)
    func add(_ i: Int, _ g: (x: P, y: P, z: P), _ near: NearNeighbours, _ at: Int, centreShare: Double, _ sums: inout Sums) {
        sums.addForce(g.x, g.y, g.z)
        P.subtract(g.x, g.y, g.z, from: force, near.indices + at)
        guard wantsVirial || atomVirial != nil else { return }
        if wantsVirial { sums.addVirial((P.load(near.x + at), P.load(near.y + at), P.load(near.z + at)), g) }
        if let atomVirial {
            for lane in 0..<L.laneCount {
                let edge = Vector(near.x[at + lane], near.y[at + lane], near.z[at + lane], 0)
                let gradient = Vector(g.x[lane: lane], g.y[lane: lane], g.z[lane: lane], 0)
                if centreShare > 0 { atomVirial[i].add(edge, gradient * centreShare) }
                atomVirial[Int(near.indices[at + lane])].add(edge, gradient * (1 - centreShare))
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

    /// Adds e (x) g to the virial, e from the neighbours to the centre.
    @inline(__always)
    mutating func addVirial(_ e: (x: P, y: P, z: P), _ g: (x: P, y: P, z: P)) {
        xx = xx.addingProduct(e.x, g.x)
        xy = xy.addingProduct(e.x, g.y)
        xz = xz.addingProduct(e.x, g.z)
        yx = yx.addingProduct(e.y, g.x)
        yy = yy.addingProduct(e.y, g.y)
        yz = yz.addingProduct(e.y, g.z)
        zx = zx.addingProduct(e.z, g.x)
        zy = zy.addingProduct(e.z, g.y)
        zz = zz.addingProduct(e.z, g.z)
    }

    /// The same of a single edge.
    @inline(__always)
    mutating func addVirial(_ e: Vector, _ g: Vector) {
        xx[lane: 0] += e.x * g.x
        xy[lane: 0] += e.x * g.y
        xz[lane: 0] += e.x * g.z
        yx[lane: 0] += e.y * g.x
        yy[lane: 0] += e.y * g.y
        yz[lane: 0] += e.y * g.z
        zx[lane: 0] += e.z * g.x
        zy[lane: 0] += e.z * g.y
        zz[lane: 0] += e.z * g.z
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
