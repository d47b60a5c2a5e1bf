/// Vectors of three are SIMD4<Double> whose w is free: a type, a charge or zero. A full SIMD4 is one aligned register.
public typealias Vector = SIMD4<Double>

extension SIMD4 where Scalar == Double {
    @inlinable @inline(__always) public init(xyz x: Double, _ y: Double, _ z: Double) { self.init(x, y, z, 0) }

    /// x, y, z with w = 0.
    @inlinable @inline(__always) public var xyz: SIMD4<Double> { replacing(with: 0, where: SIMDMask(.init(0, 0, 0, -1))) }

    /// Scalar product of the first three components.
    @inlinable @inline(__always) public func dot(_ other: SIMD4<Double>) -> Double {
        let p = self * other
        return p.x + p.y + p.z
    }

    @inlinable public func cross(_ b: SIMD4<Double>) -> SIMD4<Double> {
        SIMD4(y * b.z - z * b.y, z * b.x - x * b.z, x * b.y - y * b.x, 0)
    }
}

/// A 3 x 3 tensor in rows; row a, component b is T_ab.
public struct Tensor: BitwiseCopyable, Sendable, Equatable {
    public var x: Vector
    public var y: Vector
    public var z: Vector

    @inlinable public init(x: Vector = .zero, y: Vector = .zero, z: Vector = .zero) {
        self.x = x
        self.y = y
        self.z = z
    }

    @inlinable public static var zero: Tensor { Tensor() }

    /// T += r (x) f, that is T_ab += r_a f_b. With f the force on an atom and r its position (or, for a pair, f the force on i and
    /// r = r_i - r_j) this is the virial in LAMMPS' sign.
    @inlinable @inline(__always) public mutating func add(_ r: Vector, _ f: Vector) {
        x.addProduct(r.x, f)
        y.addProduct(r.y, f)
        z.addProduct(r.z, f)
    }

    @inlinable public static func += (a: inout Tensor, b: Tensor) {
        a.x += b.x
        a.y += b.y
        a.z += b.z
    }

    @inlinable public static func * (a: Tensor, s: Double) -> Tensor { Tensor(x: a.x * s, y: a.y * s, z: a.z * s) }

    @inlinable public subscript(a: Int, b: Int) -> Double {
        get { a == 0 ? x[b] : a == 1 ? y[b] : z[b] }
        set {
            if a == 0 { x[b] = newValue } else if a == 1 { y[b] = newValue } else { z[b] = newValue }
        }
    }

    @inlinable public var trace: Double { x.x + y.y + z.z }

    /// xx yy zz xy xz yz as they are; the lower triangle is left out.
    public var upper: [Double] { [x.x, y.y, z.z, x.y, x.z, y.z] }

    /// xx yy zz xy xz yz, the off-diagonal ones as means of ab and ba (they are equal for a rotation-invariant energy).
    public var voigt: [Double] { [x.x, y.y, z.z, 0.5 * (x.y + y.x), 0.5 * (x.z + z.x), 0.5 * (y.z + z.y)] }
}

extension SIMD4 where Scalar == Double {
    @inlinable @inline(__always) mutating func addProduct(_ s: Double, _ v: SIMD4<Double>) {
        self = addingProduct(SIMD4(repeating: s), v)
    }
}

/// What `Halo.reverse` can sum.
public protocol Summable: BitwiseCopyable {
    static func += (a: inout Self, b: Self)
    static var zeroValue: Self { get }
}

extension Double: Summable { public static var zeroValue: Double { 0 } }
extension Float: Summable { public static var zeroValue: Float { 0 } }
extension Int32: Summable { public static var zeroValue: Int32 { 0 } }
extension SIMD4: Summable where Scalar == Double {
    public static var zeroValue: SIMD4 { .zero }
}
extension Tensor: Summable { public static var zeroValue: Tensor { .zero } }
