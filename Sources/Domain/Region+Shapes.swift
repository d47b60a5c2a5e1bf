/// A ball.
public struct SphereRegion: Region {
    public let centre: Vector
    public let radius: Double
    public let isInside: Bool

    public init(centre: Vector, radius: Double, isInside: Bool = true) {
        (self.centre, self.radius, self.isInside) = (centre, radius, isInside)
    }

    public func contains(_ x: Vector) -> Bool {
        let d = x - centre
        return ((d.x * d.x + d.y * d.y + d.z * d.z).squareRoot() <= radius) == isInside
    }

    public var bounds: (lo: Vector, hi: Vector) {
        guard isInside else { return (Vector(repeating: -.infinity), Vector(repeating: .infinity)) }
        let r = Vector(radius, radius, radius, 0)
        return (centre - r, centre + r)
    }
}

/// A cylinder along x, y or z (axis 0, 1, 2) from `lo` to `hi`; its axis goes through `centre`.
public struct CylinderRegion: Region {
    public let axis: Int
    /// The component along the axis is not used.
    public let centre: Vector
    public let radius: Double
    public let lo: Double
    public let hi: Double
    public let isInside: Bool

    public init(axis: Int, centre: Vector, radius: Double, lo: Double, hi: Double, isInside: Bool = true) {
        (self.axis, self.centre, self.radius) = (axis, centre, radius)
        (self.lo, self.hi, self.isInside) = (lo, hi, isInside)
    }

    private var across: (Int, Int) { axis == 0 ? (1, 2) : axis == 1 ? (0, 2) : (0, 1) }

    public func contains(_ x: Vector) -> Bool {
        let (a, b) = across
        let da = x[a] - centre[a], db = x[b] - centre[b]
        let within = (da * da + db * db).squareRoot() <= radius && x[axis] >= lo && x[axis] <= hi
        return within == isInside
    }

    public var bounds: (lo: Vector, hi: Vector) {
        guard isInside else { return (Vector(repeating: -.infinity), Vector(repeating: .infinity)) }
        var low = centre - radius, high = centre + radius
        low[axis] = lo <= -regionInfinity ? -.infinity : lo
        high[axis] = hi >= regionInfinity ? .infinity : hi
        return (low, high)
    }
}

/// The side of a plane through `point` to which `normal` points.
public struct PlaneRegion: Region {
    public let point: Vector
    /// Of length 1.
    public let normal: Vector
    public let isInside: Bool

    public init(point: Vector, normal: Vector, isInside: Bool = true) {
        (self.point, self.isInside) = (point, isInside)
        self.normal = normal * (1 / normal.dot(normal).squareRoot())
    }

    public func contains(_ x: Vector) -> Bool {
        let d = x - point
        return (d.x * normal.x + d.y * normal.y + d.z * normal.z >= 0) == isInside
    }
    public var bounds: (lo: Vector, hi: Vector) { unbounded }
}

/// An ellipsoid with its axes along x, y, z.
public struct EllipsoidRegion: Region {
    public let centre: Vector
    public let radii: Vector
    public let isInside: Bool

    public init(centre: Vector, radii: Vector, isInside: Bool = true) { (self.centre, self.radii, self.isInside) = (centre, radii, isInside) }

    public func contains(_ x: Vector) -> Bool {
        let d = x - centre
        let a = radii.y * radii.z * d.x, b = radii.x * radii.z * d.y, c = radii.x * radii.y * d.z
        return ((a * a + b * b + c * c).squareRoot() <= radii.x * radii.y * radii.z) == isInside
    }
    public var bounds: (lo: Vector, hi: Vector) { isInside ? (centre - radii, centre + radii) : unbounded }
}

/// A cone along x, y or z (axis 0, 1, 2), cut at `lo` and `hi`, where it has the radii `low` and `high`; its axis goes through `centre`.
public struct ConeRegion: Region {
    public let axis: Int
    /// The component along the axis is not used.
    public let centre: Vector
    public let low: Double
    public let high: Double
    public let lo: Double
    public let hi: Double
    public let isInside: Bool

    public init(axis: Int, centre: Vector, low: Double, high: Double, lo: Double, hi: Double, isInside: Bool = true) {
        (self.axis, self.centre, self.low, self.high) = (axis, centre, low, high)
        (self.lo, self.hi, self.isInside) = (lo, hi, isInside)
    }

    public func contains(_ x: Vector) -> Bool {
        let (a, b) = axis == 0 ? (1, 2) : axis == 1 ? (0, 2) : (0, 1)
        let da = x[a] - centre[a], db = x[b] - centre[b], radius = low + (x[axis] - lo) * (high - low) / (hi - lo)
        let within = (da * da + db * db).squareRoot() <= radius && x[axis] >= lo && x[axis] <= hi
        return within == isInside
    }

    public var bounds: (lo: Vector, hi: Vector) {
        guard isInside else { return unbounded }
        let widest = Vector(repeating: max(low, high))
        var least = centre - widest, most = centre + widest
        (least[axis], most[axis]) = (lo, hi)
        return (least, most)
    }
}

private let unbounded = (lo: Vector(repeating: -.infinity), hi: Vector(repeating: .infinity))

/// What is in any, or in all, of several regions.
public struct CombinedRegion: Region {
    public let parts: [any Region]
    /// True for `intersect`.
    public let needsAll: Bool
    public let isInside: Bool

    public init(_ parts: [any Region], needsAll: Bool, isInside: Bool = true) {
        (self.parts, self.needsAll, self.isInside) = (parts, needsAll, isInside)
    }

    public func contains(_ x: Vector) -> Bool {
        let within = needsAll ? parts.allSatisfy { $0.contains(x) } : parts.contains { $0.contains(x) }
        return within == isInside
    }

    public var bounds: (lo: Vector, hi: Vector) {
        let infinity = Vector(repeating: .infinity)
        guard isInside else { return (-infinity, infinity) }
        let all = parts.map(\.bounds)
        if needsAll {
            return all.reduce((lo: -infinity, hi: infinity)) { (pointwiseMax($0.lo, $1.lo), pointwiseMin($0.hi, $1.hi)) }
        }
        return all.reduce((lo: infinity, hi: -infinity)) { (pointwiseMin($0.lo, $1.lo), pointwiseMax($0.hi, $1.hi)) }
    }
}
