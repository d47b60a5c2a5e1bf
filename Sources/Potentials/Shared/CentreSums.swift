import Domain

/// What the kernels of centre-atom potentials (NEP, SNAP, ACE) sum over the edges of a centre, lane by lane: the force on the centre, and the
/// virial of all centres so far.
struct CentreSums<P: EdgeVector> {
    var x = P.zero, y = P.zero, z = P.zero
    private var xx = P.zero, xy = P.zero, xz = P.zero
    private var yx = P.zero, yy = P.zero, yz = P.zero
    private var zx = P.zero, zy = P.zero, zz = P.zero

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
