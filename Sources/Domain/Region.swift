/// A part of space, for create_box, create_atoms, group and set.
public protocol Region: Sendable {
    /// Whether the point is inside (boundary included).
    func contains(_ x: Vector) -> Bool
    /// Extent, infinite where open.
    var bounds: (lo: Vector, hi: Vector) { get }
}

/// How far `INF` is.
public let regionInfinity = 1e20

private func open(_ lo: Vector, _ hi: Vector) -> (lo: Vector, hi: Vector) {
    let infinity = Vector(repeating: .infinity)
    return (lo.replacing(with: -infinity, where: lo .<= -regionInfinity), hi.replacing(with: infinity, where: hi .>= regionInfinity))
}

private let everywhere = (lo: Vector(repeating: -.infinity), hi: Vector(repeating: .infinity))

/// A box with axis-parallel faces.
public struct BlockRegion: Region {
    public let lo: Vector
    public let hi: Vector
    /// False for `side out`: all but the block.
    public let isInside: Bool

    public init(lo: Vector, hi: Vector, isInside: Bool = true) { (self.lo, self.hi, self.isInside) = (lo, hi, isInside) }

    public func contains(_ x: Vector) -> Bool {
        let within = x.x >= lo.x && x.x <= hi.x && x.y >= lo.y && x.y <= hi.y && x.z >= lo.z && x.z <= hi.z
        return within == isInside
    }
    public var bounds: (lo: Vector, hi: Vector) { isInside ? open(lo, hi) : everywhere }
}

/// A parallelepiped with edges (xhi - xlo, 0, 0), (xy, yhi - ylo, 0), (xz, yz, zhi - zlo).
public struct PrismRegion: Region {
    public let lo: Vector
    public let hi: Vector
    /// xy, xz, yz
    public let tilt: (xy: Double, xz: Double, yz: Double)
    public let isInside: Bool
    private let inverse: Tensor

    public init(lo: Vector, hi: Vector, tilt: (xy: Double, xz: Double, yz: Double), isInside: Bool = true) {
        (self.lo, self.hi, self.tilt, self.isInside) = (lo, hi, tilt, isInside)
        let l = hi - lo
        inverse = Tensor(
            x: Vector(
                1.0 / l.x, -tilt.xy / (l.x * l.y), (tilt.xy * tilt.yz - tilt.xz * l.y) / (l.x * l.y * l.z), 0),
            y: Vector(0, 1.0 / l.y, -tilt.yz / (l.y * l.z), 0), z: Vector(0, 0, 1.0 / l.z, 0))
    }

    public func contains(_ x: Vector) -> Bool {
        let d = x - lo
        let a = inverse.x.x * d.x + inverse.x.y * d.y + inverse.x.z * d.z
        let b = inverse.y.y * d.y + inverse.y.z * d.z
        let c = inverse.z.z * d.z
        return (a >= 0 && a <= 1 && b >= 0 && b <= 1 && c >= 0 && c <= 1) == isInside
    }

    public var bounds: (lo: Vector, hi: Vector) {
        guard isInside else { return everywhere }
        var low = lo, high = hi
        low.x = min(lo.x, lo.x + tilt.xy)
        low.x = min(low.x, low.x + tilt.xz)
        low.y = min(lo.y, lo.y + tilt.yz)
        high.x = max(hi.x, hi.x + tilt.xy)
        high.x = max(high.x, high.x + tilt.xz)
        high.y = max(hi.y, hi.y + tilt.yz)
        return open(low, high)
    }
}
