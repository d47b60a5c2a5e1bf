import Domain

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a test's random numbers, the same on every machine, rank and rank count.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in 0 ..< 1.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in the cube -width ..< width.
    public mutating func vector(_ width: Double) -> Vector {
        let x = uniform(), y = uniform(), z = uniform()
        return (Vector(xyz: x, y, z) * 2 - Vector(xyz: 1, 1, 1)) * width
    }

    /// A rotation matrix, uniform over all rotations (from a random unit quaternion).
    public mutating func rotation() -> Tensor {
        var q = Vector.zero
        repeat {
            let v = vector(1)
            q = Vector(v.x, v.y, v.z, 2 * uniform() - 1)
        } while (q * q).sum() > 1 || (q * q).sum() < 0.01
        q /= (q * q).sum().squareRoot()
        let (x, y, z, w) = (q.x, q.y, q.z, q.w)
        return Tensor(
            x: Vector(xyz: 1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
            y: Vector(xyz: 2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
            z: Vector(xyz: 2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)))
    }
}

extension Tensor {
    public var transposed: Tensor {
        Tensor(x: Vector(xyz: x.x, y.x, z.x), y: Vector(xyz: x.y, y.y, z.y), z: Vector(xyz: x.z, y.z, z.z))
    }

    /// R T R^T: this tensor seen after a rotation of the atoms by R.
    public func rotated(by r: Tensor) -> Tensor {
        // Row b is T r_b, so that entry (a, b) of R T R^T is r_a . (T r_b).
        let rows = Tensor(x: times(r.x), y: times(r.y), z: times(r.z))
        return Tensor(
            x: Vector(xyz: r.x.dot(rows.x), r.x.dot(rows.y), r.x.dot(rows.z)),
            y: Vector(xyz: r.y.dot(rows.x), r.y.dot(rows.y), r.y.dot(rows.z)),
            z: Vector(xyz: r.z.dot(rows.x), r.z.dot(rows.y), r.z.dot(rows.z)))
    }

    /// The largest absolute entry of the difference.
    public func distance(_ other: Tensor) -> Double {
        var largest = 0.0
        for a in 0..<3 { for b in 0..<3 { largest = worse(largest, (self[a, b] - other[a, b]).magnitude) } }
        return largest
    }

    public var largest: Double { distance(.zero) }
}

/// The larger of two deviations, where NaN is the largest of all: a comparison with NaN must never pass.
public func worse(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }
