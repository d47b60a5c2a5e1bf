/// A number, or several side by side, that a kernel computes with: `Double`, `Float`, their `SIMD4` and `SIMD8`, and `Dual` of any
/// of these.
///
/// A kernel written once over `Lane` runs one neighbour at a time (`Double`), four or eight at a time (`SIMD4<Double>`), and with
/// directional derivatives (`Dual<SIMD4<Double>>`). Keep such a kernel in this module, `@inline(__always)` where it is small, with
/// concrete entry points: unspecialised it is a hundred times slower.
///
///     func energy<L: Lane>(_ r: L) -> L { (L(1) / r).addingProduct(r, plain: L.Plain(0.5)) }
///
/// There is no comparison operator, since a comparison gives a mask, one truth value a lane: `L.select(a.less(than: b), x, y)`.
public protocol Lane: BitwiseCopyable, Sendable {
    /// What a lane's value is made of: `Double` or `Float`.
    associatedtype Scalar: LaneScalar
    /// The same lanes without tangents: parameters of a model, which have no derivative. `Self` unless this is a dual.
    associatedtype Plain: PlainLane where Plain.Scalar == Scalar, Plain.Mask == Mask
    /// One lane: `Double` for `SIMD4<Double>`, `Dual<Double>` for `Dual<SIMD4<Double>>`. Quantities of a centre are singles.
    associatedtype Single: Lane where Single.Single == Single, Single.Scalar == Scalar, Single.Plain == Scalar
    associatedtype Mask: BitwiseCopyable, Sendable

    static var laneCount: Int { get }

    /// The same constant in every lane, with no tangent.
    init(_ constant: Double)
    init(plain: Plain)
    /// The same single in every lane.
    init(broadcast single: Single)

    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self
    static prefix func - (a: Self) -> Self

    /// self + a b, rounded once.
    func addingProduct(_ a: Self, _ b: Self) -> Self
    /// self + a b with a factor that has no derivative: for a dual two operations instead of three.
    func addingProduct(_ a: Self, plain b: Plain) -> Self
    /// self * b with a factor that has no derivative.
    func scaled(by b: Plain) -> Self

    func squareRoot() -> Self
    func absolute() -> Self
    /// e^x, ln x, tanh x, (sin x, cos x): see VectorMath for domains and errors.
    func exponential() -> Self
    func logarithm() -> Self
    func hyperbolicTangent() -> Self
    func sineCosine() -> (sine: Self, cosine: Self)

    /// Lane by lane the smaller value (`b` where either is NaN); a dual brings its tangent along.
    static func minimum(_ a: Self, _ b: Self) -> Self
    static func maximum(_ a: Self, _ b: Self) -> Self

    /// Lane by lane a < b, a <= b; false where either is NaN. A dual compares values.
    func less(than b: Self) -> Mask
    func lessOrEqual(_ b: Self) -> Mask
    /// a where the mask is true, b elsewhere.
    static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self
    static func both(_ a: Mask, _ b: Mask) -> Mask
    static func either(_ a: Mask, _ b: Mask) -> Mask
    static func not(_ a: Mask) -> Mask
    static func any(_ mask: Mask) -> Bool
    static func all(_ mask: Mask) -> Bool

    /// The lanes' sum, always in the same order.
    func sum() -> Single

    /// One lane.
    subscript(lane lane: Int) -> Single { get set }

    /// `laneCount` singles from memory, consecutive or at `base[indices[lane]]`.
    static func load(_ base: UnsafePointer<Single>) -> Self
    static func gather(_ base: UnsafePointer<Single>, _ indices: UnsafePointer<Int32>) -> Self
    func store(_ base: UnsafeMutablePointer<Single>)
}

extension Lane {
    @inlinable @inline(__always) public static var zero: Self { Self(0) }
    @inlinable @inline(__always) public static var one: Self { Self(1) }
    @inlinable @inline(__always) public func reciprocal() -> Self { Self(1) / self }
    @inlinable @inline(__always) public func squared() -> Self { self * self }

    @inlinable @inline(__always) public static func += (a: inout Self, b: Self) { a = a + b }
    @inlinable @inline(__always) public static func -= (a: inout Self, b: Self) { a = a - b }
    @inlinable @inline(__always) public static func *= (a: inout Self, b: Self) { a = a * b }

    /// self += a b.
    @inlinable @inline(__always) public mutating func add(_ a: Self, times b: Self) { self = addingProduct(a, b) }
    /// self += a b with a factor that has no derivative.
    @inlinable @inline(__always) public mutating func add(_ a: Self, timesPlain b: Plain) { self = addingProduct(a, plain: b) }

    @inlinable @inline(__always) public static func load(_ base: UnsafePointer<Single>) -> Self {
        var result = Self(0)
        for lane in 0..<laneCount { result[lane: lane] = base[lane] }
        return result
    }

    @inlinable @inline(__always) public static func gather(_ base: UnsafePointer<Single>, _ indices: UnsafePointer<Int32>) -> Self {
        var result = Self(0)
        for lane in 0..<laneCount { result[lane: lane] = base[Int(indices[lane])] }
        return result
    }

    @inlinable @inline(__always) public func store(_ base: UnsafeMutablePointer<Single>) {
        for lane in 0..<Self.laneCount { base[lane] = self[lane: lane] }
    }
}

/// A lane without tangents, with the bit operations that range reductions need. n stands for an integer-valued lane.
public protocol PlainLane: Lane where Plain == Self, Single == Scalar {
    /// To the nearest integer, ties to even.
    func nearestInteger() -> Self
    func withSign(of b: Self) -> Self
    func equal(_ b: Self) -> Mask
    /// 2^n where that is a normal number.
    static func powerOfTwo(_ n: Self) -> Self
    /// Bit 0 and bit 1 of n.
    static func isOdd(_ n: Self) -> Mask
    static func hasBitOne(_ n: Self) -> Mask
    /// x = significand 2^exponent for positive normal x, with the significand in [sqrt(1/2), sqrt(2)).
    func exponentAndSignificand() -> (exponent: Self, significand: Self)
}

extension PlainLane {
    @inlinable @inline(__always) public init(plain: Self) { self = plain }
    @inlinable @inline(__always) public func addingProduct(_ a: Self, plain b: Self) -> Self { addingProduct(a, b) }
    @inlinable @inline(__always) public func scaled(by b: Self) -> Self { self * b }
    @inlinable @inline(__always) public func exponential() -> Self { Scalar.exponential(self) }
    @inlinable @inline(__always) public func logarithm() -> Self { Scalar.logarithm(self) }
    @inlinable @inline(__always) public func hyperbolicTangent() -> Self { Scalar.hyperbolicTangent(self) }
    @inlinable @inline(__always) public func sineCosine() -> (sine: Self, cosine: Self) { Scalar.sineCosine(self) }
}
