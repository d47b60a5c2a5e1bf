/// SIMD4 and SIMD8 of Double and Float as lanes.

extension SIMD4: Lane, PlainLane where Scalar: LaneScalar {
    public typealias Mask = SIMD4<Scalar.Bits>
    public typealias Plain = Self
    public typealias Single = Scalar

    @inlinable @inline(__always) public static var laneCount: Int { 4 }
    @inlinable @inline(__always) public init(_ constant: Double) { self.init(repeating: Scalar(constant)) }
    @inlinable @inline(__always) public init(broadcast single: Scalar) { self.init(repeating: single) }

    @inlinable @inline(__always) public static func + (a: Self, b: Self) -> Self { Scalar.add(a, b) }
    @inlinable @inline(__always) public static func - (a: Self, b: Self) -> Self { Scalar.subtract(a, b) }
    @inlinable @inline(__always) public static func * (a: Self, b: Self) -> Self { Scalar.multiply(a, b) }
    @inlinable @inline(__always) public static func / (a: Self, b: Self) -> Self { Scalar.divide(a, b) }
    @inlinable @inline(__always) public static prefix func - (a: Self) -> Self { Scalar.negate(a) }
    // Again here, or they would be ambiguous between Lane's and SIMD's.
    @inlinable @inline(__always) public static var zero: Self { Self() }
    @inlinable @inline(__always) public static func += (a: inout Self, b: Self) { a = a + b }
    @inlinable @inline(__always) public static func -= (a: inout Self, b: Self) { a = a - b }
    @inlinable @inline(__always) public static func *= (a: inout Self, b: Self) { a = a * b }
    @inlinable @inline(__always) public func addingProduct(_ a: Self, _ b: Self) -> Self { Scalar.fma(a, b, self) }
    @inlinable @inline(__always) public func squareRoot() -> Self { Scalar.sqrt(self) }
    @inlinable @inline(__always) public func absolute() -> Self { Scalar.abs(self) }
    @inlinable @inline(__always) public func nearestInteger() -> Self { Scalar.round(self) }
    @inlinable @inline(__always) public func withSign(of b: Self) -> Self { Scalar.copysign(self, b) }
    @inlinable @inline(__always) public static func minimum(_ a: Self, _ b: Self) -> Self { Scalar.min(a, b) }
    @inlinable @inline(__always) public static func maximum(_ a: Self, _ b: Self) -> Self { Scalar.max(a, b) }

    @inlinable @inline(__always) public func less(than b: Self) -> Mask { Scalar.less(self, b) }
    @inlinable @inline(__always) public func lessOrEqual(_ b: Self) -> Mask { Scalar.lessEqual(self, b) }
    @inlinable @inline(__always) public func equal(_ b: Self) -> Mask { Scalar.equal(self, b) }
    @inlinable @inline(__always) public static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self { Scalar.select(mask, a, b) }
    @inlinable @inline(__always) public static func both(_ a: Mask, _ b: Mask) -> Mask { Scalar.and(a, b) }
    @inlinable @inline(__always) public static func either(_ a: Mask, _ b: Mask) -> Mask { Scalar.or(a, b) }
    @inlinable @inline(__always) public static func not(_ a: Mask) -> Mask { Scalar.not(a) }
    @inlinable @inline(__always) public static func any(_ mask: Mask) -> Bool { Scalar.any(mask) }
    @inlinable @inline(__always) public static func all(_ mask: Mask) -> Bool { Scalar.all(mask) }

    @inlinable @inline(__always) public func sum() -> Scalar { Scalar.sum(self) }
    @inlinable @inline(__always) public subscript(lane lane: Int) -> Scalar {
        get { self[lane] }
        set { self[lane] = newValue }
    }

    @inlinable @inline(__always) public static func load(_ base: UnsafePointer<Scalar>) -> Self {
        UnsafeRawPointer(base).loadUnaligned(as: Self.self)
    }
    @inlinable @inline(__always) public func store(_ base: UnsafeMutablePointer<Scalar>) {
        UnsafeMutableRawPointer(base).storeBytes(of: self, as: Self.self)
    }

    @inlinable @inline(__always) public static func powerOfTwo(_ n: Self) -> Self { Scalar.pow2(n) }
    @inlinable @inline(__always) public static func isOdd(_ n: Self) -> Mask { Scalar.odd(n) }
    @inlinable @inline(__always) public static func hasBitOne(_ n: Self) -> Mask { Scalar.half(n) }
    @inlinable @inline(__always) public func exponentAndSignificand() -> (exponent: Self, significand: Self) {
        (Scalar.exponent(self), Scalar.significand(self))
    }
}

extension SIMD8: Lane, PlainLane where Scalar: LaneScalar {
    public typealias Mask = SIMD8<Scalar.Bits>
    public typealias Plain = Self
    public typealias Single = Scalar

    @inlinable @inline(__always) public static var laneCount: Int { 8 }
    @inlinable @inline(__always) public init(_ constant: Double) { self.init(repeating: Scalar(constant)) }
    @inlinable @inline(__always) public init(broadcast single: Scalar) { self.init(repeating: single) }

    @inlinable @inline(__always) public static func + (a: Self, b: Self) -> Self { Scalar.add(a, b) }
    @inlinable @inline(__always) public static func - (a: Self, b: Self) -> Self { Scalar.subtract(a, b) }
    @inlinable @inline(__always) public static func * (a: Self, b: Self) -> Self { Scalar.multiply(a, b) }
    @inlinable @inline(__always) public static func / (a: Self, b: Self) -> Self { Scalar.divide(a, b) }
    @inlinable @inline(__always) public static prefix func - (a: Self) -> Self { Scalar.negate(a) }
    // Again here, or they would be ambiguous between Lane's and SIMD's.
    @inlinable @inline(__always) public static var zero: Self { Self() }
    @inlinable @inline(__always) public static func += (a: inout Self, b: Self) { a = a + b }
    @inlinable @inline(__always) public static func -= (a: inout Self, b: Self) { a = a - b }
    @inlinable @inline(__always) public static func *= (a: inout Self, b: Self) { a = a * b }
    @inlinable @inline(__always) public func addingProduct(_ a: Self, _ b: Self) -> Self { Scalar.fma(a, b, self) }
    @inlinable @inline(__always) public func squareRoot() -> Self { Scalar.sqrt(self) }
    @inlinable @inline(__always) public func absolute() -> Self { Scalar.abs(self) }
    @inlinable @inline(__always) public func nearestInteger() -> Self { Scalar.round(self) }
    @inlinable @inline(__always) public func withSign(of b: Self) -> Self { Scalar.copysign(self, b) }
    @inlinable @inline(__always) public static func minimum(_ a: Self, _ b: Self) -> Self { Scalar.min(a, b) }
    @inlinable @inline(__always) public static func maximum(_ a: Self, _ b: Self) -> Self { Scalar.max(a, b) }

    @inlinable @inline(__always) public func less(than b: Self) -> Mask { Scalar.less(self, b) }
    @inlinable @inline(__always) public func lessOrEqual(_ b: Self) -> Mask { Scalar.lessEqual(self, b) }
    @inlinable @inline(__always) public func equal(_ b: Self) -> Mask { Scalar.equal(self, b) }
    @inlinable @inline(__always) public static func select(_ mask: Mask, _ a: Self, _ b: Self) -> Self { Scalar.select(mask, a, b) }
    @inlinable @inline(__always) public static func both(_ a: Mask, _ b: Mask) -> Mask { Scalar.and(a, b) }
    @inlinable @inline(__always) public static func either(_ a: Mask, _ b: Mask) -> Mask { Scalar.or(a, b) }
    @inlinable @inline(__always) public static func not(_ a: Mask) -> Mask { Scalar.not(a) }
    @inlinable @inline(__always) public static func any(_ mask: Mask) -> Bool { Scalar.any(mask) }
    @inlinable @inline(__always) public static func all(_ mask: Mask) -> Bool { Scalar.all(mask) }

    @inlinable @inline(__always) public func sum() -> Scalar { Scalar.sum(self) }
    @inlinable @inline(__always) public subscript(lane lane: Int) -> Scalar {
        get { self[lane] }
        set { self[lane] = newValue }
    }

    @inlinable @inline(__always) public static func load(_ base: UnsafePointer<Scalar>) -> Self {
        UnsafeRawPointer(base).loadUnaligned(as: Self.self)
    }
    @inlinable @inline(__always) public func store(_ base: UnsafeMutablePointer<Scalar>) {
        UnsafeMutableRawPointer(base).storeBytes(of: self, as: Self.self)
    }

    @inlinable @inline(__always) public static func powerOfTwo(_ n: Self) -> Self { Scalar.pow2(n) }
    @inlinable @inline(__always) public static func isOdd(_ n: Self) -> Mask { Scalar.odd(n) }
    @inlinable @inline(__always) public static func hasBitOne(_ n: Self) -> Mask { Scalar.half(n) }
    @inlinable @inline(__always) public func exponentAndSignificand() -> (exponent: Self, significand: Self) {
        (Scalar.exponent(self), Scalar.significand(self))
    }
}

// Double and Float themselves: one lane.

extension Double: LaneScalar {
    public typealias Scalar = Double
    public typealias Mask = Bool
    public typealias Plain = Double
    public typealias Single = Double

    @inlinable @inline(__always) public static var laneCount: Int { 1 }
    @inlinable @inline(__always) public init(broadcast single: Double) { self = single }
    @inlinable @inline(__always) public func absolute() -> Double { Double(bitPattern: bitPattern & (UInt64.max >> 1)) }
    @inlinable @inline(__always) public func nearestInteger() -> Double { self.rounded(.toNearestOrEven) }
    @inlinable @inline(__always) public func withSign(of b: Double) -> Double {
        Double(bitPattern: bitPattern & (UInt64.max >> 1) | b.bitPattern & ~(UInt64.max >> 1))
    }
    @inlinable @inline(__always) public static func minimum(_ a: Double, _ b: Double) -> Double { a < b ? a : b }
    @inlinable @inline(__always) public static func maximum(_ a: Double, _ b: Double) -> Double { a > b ? a : b }
    @inlinable @inline(__always) public func less(than b: Double) -> Bool { self < b }
    @inlinable @inline(__always) public func lessOrEqual(_ b: Double) -> Bool { self <= b }
    @inlinable @inline(__always) public func equal(_ b: Double) -> Bool { self == b }
    @inlinable @inline(__always) public static func select(_ mask: Bool, _ a: Double, _ b: Double) -> Double { mask ? a : b }
    @inlinable @inline(__always) public static func both(_ a: Bool, _ b: Bool) -> Bool { a && b }
    @inlinable @inline(__always) public static func either(_ a: Bool, _ b: Bool) -> Bool { a || b }
    @inlinable @inline(__always) public static func not(_ a: Bool) -> Bool { !a }
    @inlinable @inline(__always) public static func any(_ mask: Bool) -> Bool { mask }
    @inlinable @inline(__always) public static func all(_ mask: Bool) -> Bool { mask }
    @inlinable @inline(__always) public func sum() -> Double { self }
    @inlinable @inline(__always) public subscript(lane lane: Int) -> Double {
        get { self }
        set { self = newValue }
    }
    @inlinable @inline(__always) public static func load(_ base: UnsafePointer<Double>) -> Double { base.pointee }
    @inlinable @inline(__always) public func store(_ base: UnsafeMutablePointer<Double>) { base.pointee = self }

    @inlinable @inline(__always) public static func powerOfTwo(_ n: Double) -> Double {
        Double(bitPattern: (n + (0x1.8p52 + 1023)).bitPattern << 52)
    }
    @inlinable @inline(__always) public static func isOdd(_ n: Double) -> Bool { (n + 0x1.8p52).bitPattern & 1 != 0 }
    @inlinable @inline(__always) public static func hasBitOne(_ n: Double) -> Bool { (n + 0x1.8p52).bitPattern & 2 != 0 }
    @inlinable @inline(__always) public func exponentAndSignificand() -> (exponent: Double, significand: Double) {
        let e = Int64(bitPattern: bitPattern) &- 0x3FE6_A09E_667F_3BCD
        return (Double(e >> 52), Double(bitPattern: bitPattern &- UInt64(bitPattern: (e >> 52) << 52)))
    }
}

extension Float: LaneScalar {
    public typealias Scalar = Float
    public typealias Mask = Bool
    public typealias Plain = Float
    public typealias Single = Float

    @inlinable @inline(__always) public static var laneCount: Int { 1 }
    @inlinable @inline(__always) public init(broadcast single: Float) { self = single }
    @inlinable @inline(__always) public func absolute() -> Float { Float(bitPattern: bitPattern & (UInt32.max >> 1)) }
    @inlinable @inline(__always) public func nearestInteger() -> Float { self.rounded(.toNearestOrEven) }
    @inlinable @inline(__always) public func withSign(of b: Float) -> Float {
        Float(bitPattern: bitPattern & (UInt32.max >> 1) | b.bitPattern & ~(UInt32.max >> 1))
    }
    @inlinable @inline(__always) public static func minimum(_ a: Float, _ b: Float) -> Float { a < b ? a : b }
    @inlinable @inline(__always) public static func maximum(_ a: Float, _ b: Float) -> Float { a > b ? a : b }
    @inlinable @inline(__always) public func less(than b: Float) -> Bool { self < b }
    @inlinable @inline(__always) public func lessOrEqual(_ b: Float) -> Bool { self <= b }
    @inlinable @inline(__always) public func equal(_ b: Float) -> Bool { self == b }
    @inlinable @inline(__always) public static func select(_ mask: Bool, _ a: Float, _ b: Float) -> Float { mask ? a : b }
    @inlinable @inline(__always) public static func both(_ a: Bool, _ b: Bool) -> Bool { a && b }
    @inlinable @inline(__always) public static func either(_ a: Bool, _ b: Bool) -> Bool { a || b }
    @inlinable @inline(__always) public static func not(_ a: Bool) -> Bool { !a }
    @inlinable @inline(__always) public static func any(_ mask: Bool) -> Bool { mask }
    @inlinable @inline(__always) public static func all(_ mask: Bool) -> Bool { mask }
    @inlinable @inline(__always) public func sum() -> Float { self }
    @inlinable @inline(__always) public subscript(lane lane: Int) -> Float {
        get { self }
        set { self = newValue }
    }
    @inlinable @inline(__always) public static func load(_ base: UnsafePointer<Float>) -> Float { base.pointee }
    @inlinable @inline(__always) public func store(_ base: UnsafeMutablePointer<Float>) { base.pointee = self }

    @inlinable @inline(__always) public static func powerOfTwo(_ n: Float) -> Float {
        Float(bitPattern: (n + (0x1.8p23 + 127)).bitPattern << 23)
    }
    @inlinable @inline(__always) public static func isOdd(_ n: Float) -> Bool { (n + 0x1.8p23).bitPattern & 1 != 0 }
    @inlinable @inline(__always) public static func hasBitOne(_ n: Float) -> Bool { (n + 0x1.8p23).bitPattern & 2 != 0 }
    @inlinable @inline(__always) public func exponentAndSignificand() -> (exponent: Float, significand: Float) {
        let e = Int32(bitPattern: bitPattern) &- 0x3F35_04F3
        return (Float(e >> 23), Float(bitPattern: bitPattern &- UInt32(bitPattern: (e >> 23) << 23)))
    }
}
