import CLanes

/// `Double` or `Float`: supplies the vector instructions of its SIMD4 and SIMD8 (from CLanes) and the elementary functions at its
/// precision (from VectorMath).
///
/// The conformance of SIMD4 to `Lane` has to be one for all scalars, and Swift's own generic SIMD operators are scalar loops; so
/// each operation goes through its scalar type to the instruction.
public protocol LaneScalar: PlainLane, SIMDScalar, Codable, Hashable
where
    Scalar == Self, Mask == Bool, SIMD4Storage: BitwiseCopyable, SIMD8Storage: BitwiseCopyable,
    Bits.SIMD4Storage: BitwiseCopyable, Bits.SIMD8Storage: BitwiseCopyable
{
    associatedtype Bits: SIMDScalar, FixedWidthInteger, BitwiseCopyable, Sendable
    typealias Vector4 = SIMD4<Self>
    typealias Vector8 = SIMD8<Self>
    typealias Mask4 = SIMD4<Bits>
    typealias Mask8 = SIMD8<Bits>
    init(_ value: Double)

    static func exponential<L: PlainLane>(_ x: L) -> L where L.Scalar == Self
    static func logarithm<L: PlainLane>(_ x: L) -> L where L.Scalar == Self
    static func hyperbolicTangent<L: PlainLane>(_ x: L) -> L where L.Scalar == Self
    static func sineCosine<L: PlainLane>(_ x: L) -> (sine: L, cosine: L) where L.Scalar == Self

    static func add(_ a: Vector4, _ b: Vector4) -> Vector4
    static func subtract(_ a: Vector4, _ b: Vector4) -> Vector4
    static func multiply(_ a: Vector4, _ b: Vector4) -> Vector4
    static func divide(_ a: Vector4, _ b: Vector4) -> Vector4
    static func negate(_ a: Vector4) -> Vector4
    static func fma(_ a: Vector4, _ b: Vector4, _ c: Vector4) -> Vector4
    static func sqrt(_ a: Vector4) -> Vector4
    static func abs(_ a: Vector4) -> Vector4
    static func round(_ a: Vector4) -> Vector4
    static func copysign(_ a: Vector4, _ b: Vector4) -> Vector4
    static func less(_ a: Vector4, _ b: Vector4) -> Mask4
    static func lessEqual(_ a: Vector4, _ b: Vector4) -> Mask4
    static func equal(_ a: Vector4, _ b: Vector4) -> Mask4
    static func select(_ a: Mask4, _ b: Vector4, _ c: Vector4) -> Vector4
    static func min(_ a: Vector4, _ b: Vector4) -> Vector4
    static func max(_ a: Vector4, _ b: Vector4) -> Vector4
    static func and(_ a: Mask4, _ b: Mask4) -> Mask4
    static func or(_ a: Mask4, _ b: Mask4) -> Mask4
    static func not(_ a: Mask4) -> Mask4
    static func any(_ a: Mask4) -> Bool
    static func all(_ a: Mask4) -> Bool
    static func sum(_ a: Vector4) -> Self
    static func pow2(_ a: Vector4) -> Vector4
    static func odd(_ a: Vector4) -> Mask4
    static func half(_ a: Vector4) -> Mask4
    static func exponent(_ a: Vector4) -> Vector4
    static func significand(_ a: Vector4) -> Vector4
    static func add(_ a: Vector8, _ b: Vector8) -> Vector8
    static func subtract(_ a: Vector8, _ b: Vector8) -> Vector8
    static func multiply(_ a: Vector8, _ b: Vector8) -> Vector8
    static func divide(_ a: Vector8, _ b: Vector8) -> Vector8
    static func negate(_ a: Vector8) -> Vector8
    static func fma(_ a: Vector8, _ b: Vector8, _ c: Vector8) -> Vector8
    static func sqrt(_ a: Vector8) -> Vector8
    static func abs(_ a: Vector8) -> Vector8
    static func round(_ a: Vector8) -> Vector8
    static func copysign(_ a: Vector8, _ b: Vector8) -> Vector8
    static func less(_ a: Vector8, _ b: Vector8) -> Mask8
    static func lessEqual(_ a: Vector8, _ b: Vector8) -> Mask8
    static func equal(_ a: Vector8, _ b: Vector8) -> Mask8
    static func select(_ a: Mask8, _ b: Vector8, _ c: Vector8) -> Vector8
    static func min(_ a: Vector8, _ b: Vector8) -> Vector8
    static func max(_ a: Vector8, _ b: Vector8) -> Vector8
    static func and(_ a: Mask8, _ b: Mask8) -> Mask8
    static func or(_ a: Mask8, _ b: Mask8) -> Mask8
    static func not(_ a: Mask8) -> Mask8
    static func any(_ a: Mask8) -> Bool
    static func all(_ a: Mask8) -> Bool
    static func sum(_ a: Vector8) -> Self
    static func pow2(_ a: Vector8) -> Vector8
    static func odd(_ a: Vector8) -> Mask8
    static func half(_ a: Vector8) -> Mask8
    static func exponent(_ a: Vector8) -> Vector8
    static func significand(_ a: Vector8) -> Vector8
}

extension Double {
    public typealias Bits = Int64

    @inlinable @inline(__always) public static func add(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_add_d4(a, b) }
    @inlinable @inline(__always) public static func subtract(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_subtract_d4(a, b) }
    @inlinable @inline(__always) public static func multiply(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_multiply_d4(a, b) }
    @inlinable @inline(__always) public static func divide(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_divide_d4(a, b) }
    @inlinable @inline(__always) public static func negate(_ a: Vector4) -> Vector4 { lanes_negate_d4(a) }
    @inlinable @inline(__always) public static func fma(_ a: Vector4, _ b: Vector4, _ c: Vector4) -> Vector4 { lanes_fma_d4(a, b, c) }
    @inlinable @inline(__always) public static func sqrt(_ a: Vector4) -> Vector4 { lanes_sqrt_d4(a) }
    @inlinable @inline(__always) public static func abs(_ a: Vector4) -> Vector4 { lanes_abs_d4(a) }
    @inlinable @inline(__always) public static func round(_ a: Vector4) -> Vector4 { lanes_round_d4(a) }
    @inlinable @inline(__always) public static func copysign(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_copysign_d4(a, b) }
    @inlinable @inline(__always) public static func less(_ a: Vector4, _ b: Vector4) -> Mask4 { lanes_less_d4(a, b) }
    @inlinable @inline(__always) public static func lessEqual(_ a: Vector4, _ b: Vector4) -> Mask4 { lanes_lessEqual_d4(a, b) }
    @inlinable @inline(__always) public static func equal(_ a: Vector4, _ b: Vector4) -> Mask4 { lanes_equal_d4(a, b) }
    @inlinable @inline(__always) public static func select(_ a: Mask4, _ b: Vector4, _ c: Vector4) -> Vector4 { lanes_select_d4(a, b, c) }
    @inlinable @inline(__always) public static func min(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_min_d4(a, b) }
    @inlinable @inline(__always) public static func max(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_max_d4(a, b) }
    @inlinable @inline(__always) public static func and(_ a: Mask4, _ b: Mask4) -> Mask4 { lanes_and_d4(a, b) }
    @inlinable @inline(__always) public static func or(_ a: Mask4, _ b: Mask4) -> Mask4 { lanes_or_d4(a, b) }
    @inlinable @inline(__always) public static func not(_ a: Mask4) -> Mask4 { lanes_not_d4(a) }
    @inlinable @inline(__always) public static func any(_ a: Mask4) -> Bool { lanes_any_d4(a) }
    @inlinable @inline(__always) public static func all(_ a: Mask4) -> Bool { lanes_all_d4(a) }
    @inlinable @inline(__always) public static func sum(_ a: Vector4) -> Double { lanes_sum_d4(a) }
    @inlinable @inline(__always) public static func pow2(_ a: Vector4) -> Vector4 { lanes_pow2_d4(a) }
    @inlinable @inline(__always) public static func odd(_ a: Vector4) -> Mask4 { lanes_odd_d4(a) }
    @inlinable @inline(__always) public static func half(_ a: Vector4) -> Mask4 { lanes_half_d4(a) }
    @inlinable @inline(__always) public static func exponent(_ a: Vector4) -> Vector4 { lanes_exponent_d4(a) }
    @inlinable @inline(__always) public static func significand(_ a: Vector4) -> Vector4 { lanes_significand_d4(a) }

    @inlinable @inline(__always) public static func add(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_add_d8(a, b) }
    @inlinable @inline(__always) public static func subtract(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_subtract_d8(a, b) }
    @inlinable @inline(__always) public static func multiply(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_multiply_d8(a, b) }
    @inlinable @inline(__always) public static func divide(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_divide_d8(a, b) }
    @inlinable @inline(__always) public static func negate(_ a: Vector8) -> Vector8 { lanes_negate_d8(a) }
    @inlinable @inline(__always) public static func fma(_ a: Vector8, _ b: Vector8, _ c: Vector8) -> Vector8 { lanes_fma_d8(a, b, c) }
    @inlinable @inline(__always) public static func sqrt(_ a: Vector8) -> Vector8 { lanes_sqrt_d8(a) }
    @inlinable @inline(__always) public static func abs(_ a: Vector8) -> Vector8 { lanes_abs_d8(a) }
    @inlinable @inline(__always) public static func round(_ a: Vector8) -> Vector8 { lanes_round_d8(a) }
    @inlinable @inline(__always) public static func copysign(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_copysign_d8(a, b) }
    @inlinable @inline(__always) public static func less(_ a: Vector8, _ b: Vector8) -> Mask8 { lanes_less_d8(a, b) }
    @inlinable @inline(__always) public static func lessEqual(_ a: Vector8, _ b: Vector8) -> Mask8 { lanes_lessEqual_d8(a, b) }
    @inlinable @inline(__always) public static func equal(_ a: Vector8, _ b: Vector8) -> Mask8 { lanes_equal_d8(a, b) }
    @inlinable @inline(__always) public static func select(_ a: Mask8, _ b: Vector8, _ c: Vector8) -> Vector8 { lanes_select_d8(a, b, c) }
    @inlinable @inline(__always) public static func min(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_min_d8(a, b) }
    @inlinable @inline(__always) public static func max(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_max_d8(a, b) }
    @inlinable @inline(__always) public static func and(_ a: Mask8, _ b: Mask8) -> Mask8 { lanes_and_d8(a, b) }
    @inlinable @inline(__always) public static func or(_ a: Mask8, _ b: Mask8) -> Mask8 { lanes_or_d8(a, b) }
    @inlinable @inline(__always) public static func not(_ a: Mask8) -> Mask8 { lanes_not_d8(a) }
    @inlinable @inline(__always) public static func any(_ a: Mask8) -> Bool { lanes_any_d8(a) }
    @inlinable @inline(__always) public static func all(_ a: Mask8) -> Bool { lanes_all_d8(a) }
    @inlinable @inline(__always) public static func sum(_ a: Vector8) -> Double { lanes_sum_d8(a) }
    @inlinable @inline(__always) public static func pow2(_ a: Vector8) -> Vector8 { lanes_pow2_d8(a) }
    @inlinable @inline(__always) public static func odd(_ a: Vector8) -> Mask8 { lanes_odd_d8(a) }
    @inlinable @inline(__always) public static func half(_ a: Vector8) -> Mask8 { lanes_half_d8(a) }
    @inlinable @inline(__always) public static func exponent(_ a: Vector8) -> Vector8 { lanes_exponent_d8(a) }
    @inlinable @inline(__always) public static func significand(_ a: Vector8) -> Vector8 { lanes_significand_d8(a) }
}

extension Float {
    public typealias Bits = Int32

    @inlinable @inline(__always) public static func add(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_add_f4(a, b) }
    @inlinable @inline(__always) public static func subtract(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_subtract_f4(a, b) }
    @inlinable @inline(__always) public static func multiply(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_multiply_f4(a, b) }
    @inlinable @inline(__always) public static func divide(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_divide_f4(a, b) }
    @inlinable @inline(__always) public static func negate(_ a: Vector4) -> Vector4 { lanes_negate_f4(a) }
    @inlinable @inline(__always) public static func fma(_ a: Vector4, _ b: Vector4, _ c: Vector4) -> Vector4 { lanes_fma_f4(a, b, c) }
    @inlinable @inline(__always) public static func sqrt(_ a: Vector4) -> Vector4 { lanes_sqrt_f4(a) }
    @inlinable @inline(__always) public static func abs(_ a: Vector4) -> Vector4 { lanes_abs_f4(a) }
    @inlinable @inline(__always) public static func round(_ a: Vector4) -> Vector4 { lanes_round_f4(a) }
    @inlinable @inline(__always) public static func copysign(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_copysign_f4(a, b) }
    @inlinable @inline(__always) public static func less(_ a: Vector4, _ b: Vector4) -> Mask4 { lanes_less_f4(a, b) }
    @inlinable @inline(__always) public static func lessEqual(_ a: Vector4, _ b: Vector4) -> Mask4 { lanes_lessEqual_f4(a, b) }
    @inlinable @inline(__always) public static func equal(_ a: Vector4, _ b: Vector4) -> Mask4 { lanes_equal_f4(a, b) }
    @inlinable @inline(__always) public static func select(_ a: Mask4, _ b: Vector4, _ c: Vector4) -> Vector4 { lanes_select_f4(a, b, c) }
    @inlinable @inline(__always) public static func min(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_min_f4(a, b) }
    @inlinable @inline(__always) public static func max(_ a: Vector4, _ b: Vector4) -> Vector4 { lanes_max_f4(a, b) }
    @inlinable @inline(__always) public static func and(_ a: Mask4, _ b: Mask4) -> Mask4 { lanes_and_f4(a, b) }
    @inlinable @inline(__always) public static func or(_ a: Mask4, _ b: Mask4) -> Mask4 { lanes_or_f4(a, b) }
    @inlinable @inline(__always) public static func not(_ a: Mask4) -> Mask4 { lanes_not_f4(a) }
    @inlinable @inline(__always) public static func any(_ a: Mask4) -> Bool { lanes_any_f4(a) }
    @inlinable @inline(__always) public static func all(_ a: Mask4) -> Bool { lanes_all_f4(a) }
    @inlinable @inline(__always) public static func sum(_ a: Vector4) -> Float { lanes_sum_f4(a) }
    @inlinable @inline(__always) public static func pow2(_ a: Vector4) -> Vector4 { lanes_pow2_f4(a) }
    @inlinable @inline(__always) public static func odd(_ a: Vector4) -> Mask4 { lanes_odd_f4(a) }
    @inlinable @inline(__always) public static func half(_ a: Vector4) -> Mask4 { lanes_half_f4(a) }
    @inlinable @inline(__always) public static func exponent(_ a: Vector4) -> Vector4 { lanes_exponent_f4(a) }
    @inlinable @inline(__always) public static func significand(_ a: Vector4) -> Vector4 { lanes_significand_f4(a) }

    @inlinable @inline(__always) public static func add(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_add_f8(a, b) }
    @inlinable @inline(__always) public static func subtract(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_subtract_f8(a, b) }
    @inlinable @inline(__always) public static func multiply(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_multiply_f8(a, b) }
    @inlinable @inline(__always) public static func divide(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_divide_f8(a, b) }
    @inlinable @inline(__always) public static func negate(_ a: Vector8) -> Vector8 { lanes_negate_f8(a) }
    @inlinable @inline(__always) public static func fma(_ a: Vector8, _ b: Vector8, _ c: Vector8) -> Vector8 { lanes_fma_f8(a, b, c) }
    @inlinable @inline(__always) public static func sqrt(_ a: Vector8) -> Vector8 { lanes_sqrt_f8(a) }
    @inlinable @inline(__always) public static func abs(_ a: Vector8) -> Vector8 { lanes_abs_f8(a) }
    @inlinable @inline(__always) public static func round(_ a: Vector8) -> Vector8 { lanes_round_f8(a) }
    @inlinable @inline(__always) public static func copysign(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_copysign_f8(a, b) }
    @inlinable @inline(__always) public static func less(_ a: Vector8, _ b: Vector8) -> Mask8 { lanes_less_f8(a, b) }
    @inlinable @inline(__always) public static func lessEqual(_ a: Vector8, _ b: Vector8) -> Mask8 { lanes_lessEqual_f8(a, b) }
    @inlinable @inline(__always) public static func equal(_ a: Vector8, _ b: Vector8) -> Mask8 { lanes_equal_f8(a, b) }
    @inlinable @inline(__always) public static func select(_ a: Mask8, _ b: Vector8, _ c: Vector8) -> Vector8 { lanes_select_f8(a, b, c) }
    @inlinable @inline(__always) public static func min(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_min_f8(a, b) }
    @inlinable @inline(__always) public static func max(_ a: Vector8, _ b: Vector8) -> Vector8 { lanes_max_f8(a, b) }
    @inlinable @inline(__always) public static func and(_ a: Mask8, _ b: Mask8) -> Mask8 { lanes_and_f8(a, b) }
    @inlinable @inline(__always) public static func or(_ a: Mask8, _ b: Mask8) -> Mask8 { lanes_or_f8(a, b) }
    @inlinable @inline(__always) public static func not(_ a: Mask8) -> Mask8 { lanes_not_f8(a) }
    @inlinable @inline(__always) public static func any(_ a: Mask8) -> Bool { lanes_any_f8(a) }
    @inlinable @inline(__always) public static func all(_ a: Mask8) -> Bool { lanes_all_f8(a) }
    @inlinable @inline(__always) public static func sum(_ a: Vector8) -> Float { lanes_sum_f8(a) }
    @inlinable @inline(__always) public static func pow2(_ a: Vector8) -> Vector8 { lanes_pow2_f8(a) }
    @inlinable @inline(__always) public static func odd(_ a: Vector8) -> Mask8 { lanes_odd_f8(a) }
    @inlinable @inline(__always) public static func half(_ a: Vector8) -> Mask8 { lanes_half_f8(a) }
    @inlinable @inline(__always) public static func exponent(_ a: Vector8) -> Vector8 { lanes_exponent_f8(a) }
    @inlinable @inline(__always) public static func significand(_ a: Vector8) -> Vector8 { lanes_significand_f8(a) }
}
