import Domain

/// A value and its derivative along one direction: value + t tangent, to first order in t.
///
/// A kernel run on duals, with positions x - t v, gives every quantity together with its derivative along -v. Where a factor has
/// no derivative say so (`addingProduct(_:plain:)`, `scaled(by:)`): two operations instead of three.
public struct Dual<Value: PlainLane>: Lane where Value.Single.Plain == Value.Scalar {
    public typealias Scalar = Value.Scalar
    public typealias Plain = Value
    public typealias Single = Dual<Value.Scalar>
    public typealias Mask = Value.Mask

    public var value: Value
    public var tangent: Value

    @inlinable @inline(__always) public init(_ value: Value, tangent: Value) {
        self.value = value
        self.tangent = tangent
    }

    @inlinable @inline(__always) public static var laneCount: Int { Value.laneCount }
    @inlinable @inline(__always) public init(_ constant: Double) { self.init(Value(constant), tangent: .zero) }
    @inlinable @inline(__always) public init(plain: Value) { self.init(plain, tangent: .zero) }
    @inlinable @inline(__always) public init(broadcast single: Single) {
        self.init(Value(broadcast: single.value), tangent: Value(broadcast: single.tangent))
    }

    @inlinable @inline(__always) public static func + (a: Self, b: Self) -> Self {
        Self(a.value + b.value, tangent: a.tangent + b.tangent)
    }
    @inlinable @inline(__always) public static func - (a: Self, b: Self) -> Self {
        Self(a.value - b.value, tangent: a.tangent - b.tangent)
    }
    @inlinable @inline(__always) public static prefix func - (a: Self) -> Self { Self(-a.value, tangent: -a.tangent) }
    @inlinable @inline(__always) public static func * (a: Self, b: Self) -> Self {
        Self(a.value * b.value, tangent: (a.tangent * b.value).addingProduct(a.value, b.tangent))
    }
    @inlinable @inline(__always) public static func / (a: Self, b: Self) -> Self {
        let q = a.value / b.value
        return Self(q, tangent: a.tangent.addingProduct(-q, b.tangent) / b.value)
    }
    @inlinable @inline(__always) public func addingProduct(_ a: Self, _ b: Self) -> Self {
        Self(
            value.addingProduct(a.value, b.value),
            tangent: tangent.addingProduct(a.tangent, b.value).addingProduct(a.value, b.tangent))
    }
    @inlinable @inline(__always) public func addingProduct(_ a: Self, plain b: Value) -> Self {
        Self(value.addingProduct(a.value, b), tangent: tangent.addingProduct(a.tangent, b))
    }
    @inlinable @inline(__always) public func scaled(by b: Value) -> Self { Self(value * b, tangent: tangent * b) }

    /// d sqrt(x) = dx / (2 sqrt(x)): not finite at 0.
    @inlinable @inline(__always) public func squareRoot() -> Self {
        let root = value.squareRoot()
        return Self(root, tangent: tangent * (Value(0.5) / root))
    }
    @inlinable @inline(__always) public func reciprocal() -> Self {
        let r = Value(1) / value
        return Self(r, tangent: -(r * r) * tangent)
    }
    @inlinable @inline(__always) public func absolute() -> Self {
        Self.select(value.less(than: Value(0)), -self, self)
    }
    @inlinable @inline(__always) public func exponential() -> Self {
        let e = value.exponential()
        return Self(e, tangent: e * tangent)
    }
    @inlinable @inline(__always) public func logarithm() -> Self { Self(value.logarithm(), tangent: tangent / value) }
    @inlinable @inline(__always) public func hyperbolicTangent() -> Self {
        let t = value.hyperbolicTangent()
        return Self(t, tangent: tangent * Value(1).addingProduct(-t, t))
    }
    @inlinable @inline(__always) public func sineCosine() -> (sine: Self, cosine: Self) {
        let (s, c) = value.sineCosine()
        return (Self(s, tangent: c * tangent), Self(c, tangent: -s * tangent))
    }

    @inlinable @inline(__always) public static func minimum(_ a: Self, _ b: Self) -> Self {
        select(a.value.less(than: b.value), a, b)
    }
    @inlinable @inline(__always) public static func maximum(_ a: Self, _ b: Self) -> Self {
        select(b.value.less(than: a.value), a, b)
    }
    @inlinable @inline(__always) public func less(than b: Self) -> Mask { value.less(than: b.value) }
    @inlinable @inline(__always) public func lessOrEqual(_ b: Self) -> Mask { value.lessOrEqual(b.value) }
    @inlinable @inline(__always) public static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self {
        Self(Value.select(mask, a.value, b.value), tangent: Value.select(mask, a.tangent, b.tangent))
    }
    @inlinable @inline(__always) public static func both(_ a: Mask, _ b: Mask) -> Mask { Value.both(a, b) }
    @inlinable @inline(__always) public static func either(_ a: Mask, _ b: Mask) -> Mask { Value.either(a, b) }
    @inlinable @inline(__always) public static func not(_ a: Mask) -> Mask { Value.not(a) }
    @inlinable @inline(__always) public static func any(_ mask: Mask) -> Bool { Value.any(mask) }
    @inlinable @inline(__always) public static func all(_ mask: Mask) -> Bool { Value.all(mask) }

    @inlinable @inline(__always) public func sum() -> Single { Single(value.sum(), tangent: tangent.sum()) }
    @inlinable @inline(__always) public subscript(lane lane: Int) -> Single {
        get { Single(value[lane: lane], tangent: tangent[lane: lane]) }
        set {
            value[lane: lane] = newValue.value
            tangent[lane: lane] = newValue.tangent
        }
    }
}

extension Dual: Summable where Value == Double {
    public static var zeroValue: Self { .zero }
}
