#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// General triclinic boxes: any three right-handed edge vectors, in the frame of data files and dumps. Inside everything is in the
/// restricted frame, where a is along x and b in the xy plane; `Box.rotation` leads from one to the other. The origin is the same point in
/// both.
extension Box {
    /// The restricted box of three edges.
    /// - Throws: `GeneralBoxError` for edges that are not right-handed.
    public init(general a: Vector, _ b: Vector, _ c: Vector, origin: Vector) throws(GeneralBoxError) {
        let (rotation, turned) = try Self.restriction(a, b, c)
        self.init(
            lo: origin, hi: Vector(origin.x + turned[0].x, origin.y + turned[1].y, origin.z + turned[2].z, 0), xy: turned[1].x,
            xz: turned[2].x,
            yz: turned[2].y, isTriclinic: true)
        self.rotation = rotation
    }

    /// The rotation that turns a onto +x, then b about x into the upper half of the xy plane, and the turned edges.
    ///
    /// By quaternions, in LAMMPS' order of operations (Domain::general_to_restricted_rotation), so that boxes have its digits.
    /// - Throws: `GeneralBoxError` for edges that are not right-handed.
    static func restriction(_ a: Vector, _ b: Vector, _ c: Vector) throws(GeneralBoxError) -> (rotation: Tensor, edges: [Vector]) {
        guard a.cross(b).dot(c) > 0 else { throw GeneralBoxError() }
        let normal = a.cross(Vector(1, 0, 0, 0)), length = normal.dot(normal)
        // An edge along x needs no first turn; one along -x half a turn about z.
        let axis = length > 0 ? normal * (1.0 / length.squareRoot()) : Vector(0, 0, 1, 0)
        let first = quaternion(axis, length > 0 || a.x < 0 ? acos(a.x / a.dot(a).squareRoot()) : 0)
        let b1 = matrix(first).times(b), across = (b1.y * b1.y + b1.z * b1.z).squareRoot()
        let angle = acos(max(-1, min(1, b1.y / across)))
        let second = quaternion(Vector(1, 0, 0, 0), b1.z > 0 ? -angle : angle)
        let rotation = matrix(product(second, first))
        return (rotation, [a, b, c].map(rotation.times))
    }

    /// w, x, y, z of a turn about a unit vector.
    private static func quaternion(_ axis: Vector, _ angle: Double) -> [Double] {
        let half = 0.5 * angle, s = sin(half)
        return [cos(half), axis.x * s, axis.y * s, axis.z * s]
    }

    private static func product(_ a: [Double], _ b: [Double]) -> [Double] {
        let w = a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3]
        let x = a[0] * b[1] + b[0] * a[1] + a[2] * b[3] - a[3] * b[2]
        let y = a[0] * b[2] + b[0] * a[2] + a[3] * b[1] - a[1] * b[3]
        return [w, x, y, a[0] * b[3] + b[0] * a[3] + a[1] * b[2] - a[2] * b[1]]
    }

    private static func matrix(_ q: [Double]) -> Tensor {
        let (w2, i2, j2, k2) = (q[0] * q[0], q[1] * q[1], q[2] * q[2], q[3] * q[3])
        let (ij, ik, jk) = (2.0 * q[1] * q[2], 2.0 * q[1] * q[3], 2.0 * q[2] * q[3])
        let (iw, jw, kw) = (2.0 * q[1] * q[0], 2.0 * q[2] * q[0], 2.0 * q[3] * q[0])
        return Tensor(
            x: Vector(w2 + i2 - j2 - k2, ij - kw, jw + ik, 0), y: Vector(ij + kw, w2 - i2 + j2 - k2, jk - iw, 0),
            z: Vector(ik - jw, jk + iw, w2 - i2 - j2 + k2, 0))
    }

    /// A vector (velocity, force) of the general frame in the restricted one; unchanged for a box that was made as a restricted one.
    public func restricted(vector v: Vector) -> Vector { rotation?.times(v) ?? v }

    /// A vector of the restricted frame in the general one.
    public func general(vector v: Vector) -> Vector { rotation?.transposedTimes(v) ?? v }

    /// A place of the general frame in the restricted one.
    public func restricted(_ x: Vector) -> Vector { rotation.map { $0.times(x - lo) + lo } ?? x }

    /// A place of the restricted frame in the general one.
    public func general(_ x: Vector) -> Vector { rotation.map { $0.transposedTimes(x - lo) + lo } ?? x }

    /// Edges a, b, c in the general frame.
    public var generalEdges: [Vector] { [a, b, c].map { general(vector: $0) } }
}

/// Edge vectors that make no box.
public struct GeneralBoxError: Error, CustomStringConvertible {
    public var description: String { "the edge vectors a, b, c of a general triclinic box must be right-handed and span space" }
}

extension Tensor {
    /// T v, each component summed from x to z.
    @inlinable public func times(_ v: Vector) -> Vector {
        Vector(x.x * v.x + x.y * v.y + x.z * v.z, y.x * v.x + y.y * v.y + y.z * v.z, z.x * v.x + z.y * v.y + z.z * v.z, 0)
    }

    /// The transposed tensor times v.
    @inlinable public func transposedTimes(_ v: Vector) -> Vector {
        Vector(x.x * v.x + y.x * v.y + z.x * v.z, x.y * v.x + y.y * v.y + z.y * v.z, x.z * v.x + y.z * v.y + z.z * v.z, 0)
    }
}
