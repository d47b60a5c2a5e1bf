/* Arithmetic on vectors of 4 and 8 doubles or floats, for Swift's SIMD4 and SIMD8.
 *
 * Why C: Swift writes the operators of a SIMD type lane by lane and leaves it to the optimiser to find the vector again, which it
 * gives up on in long kernels, and a square root or a select becomes a branch in each lane. These functions are the vector
 * instructions themselves; they inline into Swift and cost nothing. A mask is an integer vector of the same width, each lane 0 or -1.
 *
 * Names: lanes_<operation>_<d|f><width>; d1 and f1 are the scalars.
 */
#ifndef MDRUN_CLANES_H
#define MDRUN_CLANES_H
#include <stdint.h>

typedef double lanes_d4 __attribute__((ext_vector_type(4)));
typedef double lanes_d8 __attribute__((ext_vector_type(8)));
typedef float lanes_f4 __attribute__((ext_vector_type(4)));
typedef float lanes_f8 __attribute__((ext_vector_type(8)));
typedef int64_t lanes_i64x4 __attribute__((ext_vector_type(4)));
typedef int64_t lanes_i64x8 __attribute__((ext_vector_type(8)));
typedef int32_t lanes_i32x4 __attribute__((ext_vector_type(4)));
typedef int32_t lanes_i32x8 __attribute__((ext_vector_type(8)));

#define LANES_INLINE static inline __attribute__((always_inline, const))

#define LANES_VECTOR(S, V, I)                                                                                         \
    LANES_INLINE V lanes_add_##S(V a, V b) { return a + b; }                                                          \
    LANES_INLINE V lanes_subtract_##S(V a, V b) { return a - b; }                                                     \
    LANES_INLINE V lanes_multiply_##S(V a, V b) { return a * b; }                                                     \
    LANES_INLINE V lanes_divide_##S(V a, V b) { return a / b; }                                                       \
    LANES_INLINE V lanes_negate_##S(V a) { return -a; }                                                               \
    LANES_INLINE V lanes_fma_##S(V a, V b, V c) { return __builtin_elementwise_fma(a, b, c); }                        \
    LANES_INLINE V lanes_sqrt_##S(V a) { return __builtin_elementwise_sqrt(a); }                                      \
    LANES_INLINE V lanes_abs_##S(V a) { return __builtin_elementwise_abs(a); }                                        \
    LANES_INLINE V lanes_round_##S(V a) { return __builtin_elementwise_roundeven(a); }                                \
    LANES_INLINE V lanes_copysign_##S(V a, V b) { return __builtin_elementwise_copysign(a, b); }                      \
    /* Comparisons are false where either side is NaN. */                                                             \
    LANES_INLINE I lanes_less_##S(V a, V b) { return a < b; }                                                         \
    LANES_INLINE I lanes_lessEqual_##S(V a, V b) { return a <= b; }                                                   \
    LANES_INLINE I lanes_equal_##S(V a, V b) { return a == b; }                                                       \
    LANES_INLINE V lanes_select_##S(I mask, V a, V b) { return mask ? a : b; }                                        \
    /* a where a < b, else b: NaN in a gives b. */                                                                    \
    LANES_INLINE V lanes_min_##S(V a, V b) { return a < b ? a : b; }                                                  \
    LANES_INLINE V lanes_max_##S(V a, V b) { return a > b ? a : b; }                                                  \
    LANES_INLINE I lanes_and_##S(I a, I b) { return a & b; }                                                          \
    LANES_INLINE I lanes_or_##S(I a, I b) { return a | b; }                                                           \
    LANES_INLINE I lanes_not_##S(I a) { return ~a; }                                                                  \
    LANES_INLINE _Bool lanes_any_##S(I a) { return __builtin_reduce_or(a) != 0; }                                     \
    LANES_INLINE _Bool lanes_all_##S(I a) { return __builtin_reduce_and(a) != 0; }

LANES_VECTOR(d4, lanes_d4, lanes_i64x4)
LANES_VECTOR(d8, lanes_d8, lanes_i64x8)
LANES_VECTOR(f4, lanes_f4, lanes_i32x4)
LANES_VECTOR(f8, lanes_f8, lanes_i32x8)

/* Sums in pairs, always in the same order: (0 + 2) + (1 + 3), after folding 8 lanes to 4. */
LANES_INLINE double lanes_sum_d4(lanes_d4 a) { return (a.x + a.z) + (a.y + a.w); }
LANES_INLINE float lanes_sum_f4(lanes_f4 a) { return (a.x + a.z) + (a.y + a.w); }
LANES_INLINE double lanes_sum_d8(lanes_d8 a) { return lanes_sum_d4(a.lo + a.hi); }
LANES_INLINE float lanes_sum_f8(lanes_f8 a) { return lanes_sum_f4(a.lo + a.hi); }

/* Bits, for range reduction; a cast between vectors of the same size reinterprets. n is integer-valued.
 *   pow2         2^n, for n of a normal result (double -1022 ... 1023, float -126 ... 127)
 *   odd, half    masks of bits 0 and 1 of n, |n| < 2^51 (double) or 2^22 (float): n + 1.5 * 2^52 has n in the low bits of its significand
 *   exponent, significand    x = significand * 2^exponent of a positive normal x, significand in [sqrt(1/2), sqrt(2))
 */
#define LANES_BITS(S, V, I, INT, MAGIC, BIAS, SHIFT, ROOT_HALF, EXPONENT_MASK)                                        \
    LANES_INLINE V lanes_pow2_##S(V n) { return (V)((I)(n + (V)(MAGIC + BIAS)) << SHIFT); }                           \
    LANES_INLINE I lanes_odd_##S(V n) { return -((I)(n + (V)(MAGIC)) & (I)(INT)1); }                                  \
    LANES_INLINE I lanes_half_##S(V n) { return -(((I)(n + (V)(MAGIC)) >> 1) & (I)(INT)1); }                          \
    LANES_INLINE V lanes_exponent_##S(V x) {                                                                          \
        I e = ((I)x - (I)(INT)(ROOT_HALF)) >> SHIFT;                                                                  \
        return (V)(e + (I)(V)(MAGIC)) - (V)(MAGIC);                                                                   \
    }                                                                                                                 \
    LANES_INLINE V lanes_significand_##S(V x) {                                                                       \
        I e = ((I)x - (I)(INT)(ROOT_HALF)) & (I)(INT)(EXPONENT_MASK);                                                 \
        return (V)((I)x - e);                                                                                         \
    }

LANES_BITS(d4, lanes_d4, lanes_i64x4, int64_t, 0x1.8p52, 1023.0, 52, 0x3FE6A09E667F3BCDll, 0xFFF0000000000000ull)
LANES_BITS(d8, lanes_d8, lanes_i64x8, int64_t, 0x1.8p52, 1023.0, 52, 0x3FE6A09E667F3BCDll, 0xFFF0000000000000ull)
LANES_BITS(f4, lanes_f4, lanes_i32x4, int32_t, 0x1.8p23f, 127.0f, 23, 0x3F3504F3, 0xFF800000u)
LANES_BITS(f8, lanes_f8, lanes_i32x8, int32_t, 0x1.8p23f, 127.0f, 23, 0x3F3504F3, 0xFF800000u)

/* Rows to columns: x, y, z and w of four vectors of three with a fourth number as they lie in memory, and back. The shuffles that
 * two of the four share are done once after inlining. */
LANES_INLINE lanes_d4 lanes_column0_d4(lanes_d4 a, lanes_d4 b, lanes_d4 c, lanes_d4 d) {
    return __builtin_shufflevector(__builtin_shufflevector(a, b, 0, 4, 2, 6), __builtin_shufflevector(c, d, 0, 4, 2, 6), 0, 1, 4, 5);
}
LANES_INLINE lanes_d4 lanes_column1_d4(lanes_d4 a, lanes_d4 b, lanes_d4 c, lanes_d4 d) {
    return __builtin_shufflevector(__builtin_shufflevector(a, b, 1, 5, 3, 7), __builtin_shufflevector(c, d, 1, 5, 3, 7), 0, 1, 4, 5);
}
LANES_INLINE lanes_d4 lanes_column2_d4(lanes_d4 a, lanes_d4 b, lanes_d4 c, lanes_d4 d) {
    return __builtin_shufflevector(__builtin_shufflevector(a, b, 0, 4, 2, 6), __builtin_shufflevector(c, d, 0, 4, 2, 6), 2, 3, 6, 7);
}
LANES_INLINE lanes_d4 lanes_column3_d4(lanes_d4 a, lanes_d4 b, lanes_d4 c, lanes_d4 d) {
    return __builtin_shufflevector(__builtin_shufflevector(a, b, 1, 5, 3, 7), __builtin_shufflevector(c, d, 1, 5, 3, 7), 2, 3, 6, 7);
}

/* The first and the second half of four such vectors in memory, two and two: with these a load does what a shuffle would, and loads are
 * cheaper. low and high then give the columns. */
#define LANES_READ static inline __attribute__((always_inline, pure))
typedef double lanes_d2 __attribute__((ext_vector_type(2)));
LANES_READ lanes_d4 lanes_halves_d4(const double *a, const double *b) {
    lanes_d2 low, high;
    __builtin_memcpy(&low, a, sizeof low);
    __builtin_memcpy(&high, b, sizeof high);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3);
}
LANES_INLINE lanes_d4 lanes_low_d4(lanes_d4 a, lanes_d4 b) { return __builtin_shufflevector(a, b, 0, 4, 2, 6); }
LANES_INLINE lanes_d4 lanes_high_d4(lanes_d4 a, lanes_d4 b) { return __builtin_shufflevector(a, b, 1, 5, 3, 7); }

/* Packing: the lanes that a mask chooses to the front, in order; what follows them is of no meaning. `bits` has one bit a lane. */
extern const int32_t lanes_packed_i4[16][4];
extern const int32_t lanes_packed_d4[16][8];
LANES_INLINE int lanes_bits_d4(lanes_i64x4 mask) {
#ifdef __AVX__
    return __builtin_ia32_movmskpd256((lanes_d4)mask);
#else
    return (mask.x & 1) | (mask.y & 2) | (mask.z & 4) | (mask.w & 8);
#endif
}
LANES_INLINE lanes_d4 lanes_pack_d4(lanes_d4 a, int bits) {
#ifdef __AVX2__
    return (lanes_d4)__builtin_ia32_permvarsi256((lanes_i32x8)a, *(const lanes_i32x8 *)lanes_packed_d4[bits]);
#else
    const int32_t *from = lanes_packed_i4[bits];
    return (lanes_d4){a[from[0]], a[from[1]], a[from[2]], a[from[3]]};
#endif
}
LANES_INLINE lanes_i32x4 lanes_pack_i4(lanes_i32x4 a, int bits) {
#ifdef __AVX__
    return (lanes_i32x4)__builtin_ia32_vpermilvarps((lanes_f4)a, *(const lanes_i32x4 *)lanes_packed_i4[bits]);
#else
    const int32_t *from = lanes_packed_i4[bits];
    return (lanes_i32x4){a[from[0]], a[from[1]], a[from[2]], a[from[3]]};
#endif
}

#endif
