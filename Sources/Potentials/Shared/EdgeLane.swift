import CLanes
import Domain

/// Plain lanes that move between columns of `Vector`s (x, y, z and a fourth number of one atom together) and lanes (one component of
/// several atoms together).
public protocol EdgeVector: PlainLane, EdgeLane where Scalar == Double {
    /// `laneCount` consecutive vectors, component by component.
    static func components(_ rows: UnsafePointer<Vector>) -> (x: Self, y: Self, z: Self, w: Self)
    /// The vectors `rows[indices[lane]]`, component by component.
    static func components(_ rows: UnsafePointer<Vector>, _ indices: UnsafePointer<Int32>) -> (x: Self, y: Self, z: Self, w: Self)
    /// One vector a lane, component by component.
    static func components(_ row: (Int) -> Vector) -> (x: Self, y: Self, z: Self, w: Self)
    /// rows[indices[lane]] -= (x, y, z, 0), lane after lane, so that an index may appear twice.
    static func subtract(_ x: Self, _ y: Self, _ z: Self, from rows: UnsafeMutablePointer<Vector>, _ indices: UnsafePointer<Int32>)
}

/// Lanes that a kernel over neighbours runs on: plain for forces, dual for `pullback`.
///
/// Written once, the kernel adds up `outcome`: the forces themselves on plain lanes, their derivative along the tangents on duals.
public protocol EdgeLane: Lane where Scalar == Double, Plain: EdgeVector, Single: EdgeLane {
    static var hasTangent: Bool { get }
    /// A plain lane does not evaluate the tangent.
    init(_ value: Plain, tangent: @autoclosure () -> Plain)
    var value: Plain { get }
    /// The value of a plain lane, the tangent of a dual.
    var outcome: Plain { get }
}

extension EdgeVector where Plain == Self {
    @inlinable @inline(__always) public static var hasTangent: Bool { false }
    @inlinable @inline(__always) public init(_ value: Self, tangent: @autoclosure () -> Self) { self = value }
    @inlinable @inline(__always) public var value: Self { self }
    @inlinable @inline(__always) public var outcome: Self { self }
}

extension Dual: EdgeLane where Value: EdgeVector {
    @inlinable @inline(__always) public static var hasTangent: Bool { true }
    @inlinable @inline(__always) public init(_ value: Value, tangent: @autoclosure () -> Value) {
        self.value = value
        self.tangent = tangent()
    }
    @inlinable @inline(__always) public var outcome: Value { tangent }
}

extension Double: EdgeVector {
    @inlinable @inline(__always) public static func components(_ rows: UnsafePointer<Vector>) -> (
        x: Double, y: Double, z: Double, w: Double
    ) {
        let a = rows[0]
        return (a.x, a.y, a.z, a.w)
    }
    @inlinable @inline(__always) public static func components(
        _ rows: UnsafePointer<Vector>, _ indices: UnsafePointer<Int32>
    ) -> (x: Double, y: Double, z: Double, w: Double) { components(rows + Int(indices[0])) }
    @inlinable @inline(__always) public static func components(_ row: (Int) -> Vector) -> (x: Double, y: Double, z: Double, w: Double) {
        let a = row(0)
        return (a.x, a.y, a.z, a.w)
    }
    @inlinable @inline(__always) public static func subtract(
        _ x: Double, _ y: Double, _ z: Double, from rows: UnsafeMutablePointer<Vector>, _ indices: UnsafePointer<Int32>
    ) { rows[Int(indices[0])] -= Vector(x, y, z, 0) }
}

extension SIMD4: EdgeLane where Scalar == Double {}
extension SIMD4: EdgeVector where Scalar == Double {
    @inlinable @inline(__always) static func transposed(_ a: Self, _ b: Self, _ c: Self, _ d: Self) -> (x: Self, y: Self, z: Self, w: Self)
    {
        (lanes_column0_d4(a, b, c, d), lanes_column1_d4(a, b, c, d), lanes_column2_d4(a, b, c, d), lanes_column3_d4(a, b, c, d))
    }
    /// Four rows anywhere in memory, component by component.
    @inlinable @inline(__always) static func columns(
        _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, _ c: UnsafePointer<Self>, _ d: UnsafePointer<Self>
    ) -> (x: Self, y: Self, z: Self, w: Self) {
        @inline(__always) func halves(_ p: UnsafePointer<Self>, _ q: UnsafePointer<Self>, _ first: Int) -> Self {
            lanes_halves_d4(
                UnsafeRawPointer(p).assumingMemoryBound(to: Double.self) + first, UnsafeRawPointer(q).assumingMemoryBound(to: Double.self) + first)
        }
        let xy = (halves(a, c, 0), halves(b, d, 0)), zw = (halves(a, c, 2), halves(b, d, 2))
        return (lanes_low_d4(xy.0, xy.1), lanes_high_d4(xy.0, xy.1), lanes_low_d4(zw.0, zw.1), lanes_high_d4(zw.0, zw.1))
    }
    @inlinable @inline(__always) public static func components(_ rows: UnsafePointer<Vector>) -> (x: Self, y: Self, z: Self, w: Self) {
        columns(rows, rows + 1, rows + 2, rows + 3)
    }
    @inlinable @inline(__always) public static func components(
        _ rows: UnsafePointer<Vector>, _ i: UnsafePointer<Int32>
    ) -> (x: Self, y: Self, z: Self, w: Self) {
        columns(rows + Int(i[0]), rows + Int(i[1]), rows + Int(i[2]), rows + Int(i[3]))
    }
    @inlinable @inline(__always) static func components(
        _ rows: UnsafePointer<Vector>, _ i: SIMD4<Int32>
    ) -> (x: Self, y: Self, z: Self, w: Self) {
        columns(rows + Int(i.x), rows + Int(i.y), rows + Int(i.z), rows + Int(i.w))
    }
    @inlinable @inline(__always) public static func components(_ row: (Int) -> Vector) -> (x: Self, y: Self, z: Self, w: Self) {
        transposed(row(0), row(1), row(2), row(3))
    }
    @inlinable @inline(__always) public static func subtract(
        _ x: Self, _ y: Self, _ z: Self, from rows: UnsafeMutablePointer<Vector>, _ i: UnsafePointer<Int32>
    ) {
        let t = transposed(x, y, z, Vector())
        rows[Int(i[0])] -= t.x
        rows[Int(i[1])] -= t.y
        rows[Int(i[2])] -= t.z
        rows[Int(i[3])] -= t.w
    }
}

extension SIMD8: EdgeLane where Scalar == Double {}
extension SIMD8: EdgeVector where Scalar == Double {
    @inlinable @inline(__always) public static func components(_ rows: UnsafePointer<Vector>) -> (x: Self, y: Self, z: Self, w: Self) {
        let a = Vector.components(rows), b = Vector.components(rows + 4)
        return (
            SIMD8(lowHalf: a.x, highHalf: b.x), SIMD8(lowHalf: a.y, highHalf: b.y), SIMD8(lowHalf: a.z, highHalf: b.z),
            SIMD8(lowHalf: a.w, highHalf: b.w)
        )
    }
    @inlinable @inline(__always) public static func components(
        _ rows: UnsafePointer<Vector>, _ i: UnsafePointer<Int32>
    ) -> (x: Self, y: Self, z: Self, w: Self) {
        let a = Vector.components(rows, i), b = Vector.components(rows, i + 4)
        return (
            SIMD8(lowHalf: a.x, highHalf: b.x), SIMD8(lowHalf: a.y, highHalf: b.y), SIMD8(lowHalf: a.z, highHalf: b.z),
            SIMD8(lowHalf: a.w, highHalf: b.w)
        )
    }
    @inlinable @inline(__always) public static func components(_ row: (Int) -> Vector) -> (x: Self, y: Self, z: Self, w: Self) {
        let a = Vector.components(row), b = Vector.components { row($0 &+ 4) }
        return (
            SIMD8(lowHalf: a.x, highHalf: b.x), SIMD8(lowHalf: a.y, highHalf: b.y), SIMD8(lowHalf: a.z, highHalf: b.z),
            SIMD8(lowHalf: a.w, highHalf: b.w)
        )
    }
    @inlinable @inline(__always) public static func subtract(
        _ x: Self, _ y: Self, _ z: Self, from rows: UnsafeMutablePointer<Vector>, _ i: UnsafePointer<Int32>
    ) {
        Vector.subtract(x.lowHalf, y.lowHalf, z.lowHalf, from: rows, i)
        Vector.subtract(x.highHalf, y.highHalf, z.highHalf, from: rows, i + 4)
    }
}
