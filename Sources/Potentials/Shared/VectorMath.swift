/// Elementary functions of lanes: branch free, the same bits in every lane width, so that a kernel's plain and SIMD versions agree.
///
/// Each reduces its argument to a short interval around zero and sums a Taylor polynomial there with fused multiply-adds. Largest
/// error found against the correctly rounded result (Tests/PotentialsTests/VectorMathTests holds them to these bounds):
///
/// | | double | float | domain |
/// |---|---|---|---|
/// | exponential | 1.1 ulp | 1.1 ulp | all; subnormal results within 1 ulp of theirs; overflow gives infinity, underflow zero |
/// | logarithm | 1 ulp | 1 ulp | all; subnormals too; log 0 = -infinity, of a negative number NaN |
/// | hyperbolicTangent | 3 ulp | 3 ulp | all |
/// | sineCosine | 1.5 ulp | 1.5 ulp | |x| <= 1e9 (double), 1e5 (float); NaN beyond, rather than a wrong angle |
///
/// NaN in a lane gives NaN in that lane. sin(-0) is +0.
///
/// Methods: W. J. Cody and W. Waite, Software Manual for the Elementary Functions (1980), for the reductions; the logarithm sums
/// ln((1 + s) / (1 - s)) = 2 (s + s^3/3 + ...).
extension Double {
    /// x = n ln 2 + r, |r| <= ln 2 / 2. The first product is exact: x and n ln2 (53 bits of it) are multiples of 2^-54 that nearly cancel.
    @inlinable @inline(__always)
    static func reduceByLog2<L: PlainLane>(_ x: L) -> (n: L, r: L) where L.Scalar == Double {
        let n = (x * L(1.4426950408889634)).nearestInteger()
        return (n, x.addingProduct(-n, L(0x1.62e42fefa39efp-1)).addingProduct(-n, L(0x1.abc9e3b39803fp-56)))
    }

    /// (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2: 1/2! + r/3! + ... + r^11/13!, truncated below 2^-57.
    @inlinable @inline(__always)
    static func exponentialTail<L: PlainLane>(_ r: L) -> L where L.Scalar == Double {
        var p = L(1.0 / 6_227_020_800)
        p = L(1.0 / 479_001_600).addingProduct(p, r)
        p = L(1.0 / 39_916_800).addingProduct(p, r)
        p = L(1.0 / 3_628_800).addingProduct(p, r)
        p = L(1.0 / 362_880).addingProduct(p, r)
        p = L(1.0 / 40_320).addingProduct(p, r)
        p = L(1.0 / 5_040).addingProduct(p, r)
        p = L(1.0 / 720).addingProduct(p, r)
        p = L(1.0 / 120).addingProduct(p, r)
        p = L(1.0 / 24).addingProduct(p, r)
        p = L(1.0 / 6).addingProduct(p, r)
        return L(0.5).addingProduct(p, r)
    }

    @inlinable @inline(__always)
    public static func exponential<L: PlainLane>(_ x: L) -> L where L.Scalar == Double {
        // Beyond these the result is 0 or infinity; select, unlike min, keeps NaN.
        var x = L.select(x.less(than: L(-746)), L(-746), x)
        x = L.select(L(710).less(than: x), L(710), x)
        let (n, r) = reduceByLog2(x)
        let p = L(1) + r.addingProduct(r * r, exponentialTail(r))
        // Two factors, since 2^n itself may be no normal number where the result is one.
        let half = (n * L(0.5)).nearestInteger()
        return p * L.powerOfTwo(half) * L.powerOfTwo(n - half)
    }

    @inlinable @inline(__always)
    public static func logarithm<L: PlainLane>(_ x: L) -> L where L.Scalar == Double {
        let isSubnormal = x.less(than: L(0x1p-1022))
        let (e, m) = L.select(isSubnormal, x * L(0x1p54), x).exponentAndSignificand()
        let exponent = L.select(isSubnormal, e - L(54), e)
        let f = m - L(1)
        let s = f / (L(2) + f)
        let z = s * s
        // 2 (z/3 + z^2/5 + ... + z^10/21)
        var p = L(2.0 / 21)
        p = L(2.0 / 19).addingProduct(p, z)
        p = L(2.0 / 17).addingProduct(p, z)
        p = L(2.0 / 15).addingProduct(p, z)
        p = L(2.0 / 13).addingProduct(p, z)
        p = L(2.0 / 11).addingProduct(p, z)
        p = L(2.0 / 9).addingProduct(p, z)
        p = L(2.0 / 7).addingProduct(p, z)
        p = L(2.0 / 5).addingProduct(p, z)
        p = L(2.0 / 3).addingProduct(p, z)
        p = p * z
        // ln(1 + f) = f - f^2/2 + s (f^2/2 + p): the small terms are summed before f, and exponent * (32 bits of ln 2) is exact.
        let h = L(0.5) * f * f
        let small = h - (exponent * L(0x1.a39ef35793c76p-33)).addingProduct(s, h + p)
        let result = (exponent * L(0x1.62e42feep-1)) - (small - f)
        return logarithmOfSpecial(x, result)
    }

    @inlinable @inline(__always)
    public static func hyperbolicTangent<L: PlainLane>(_ x: L) -> L where L.Scalar == Double {
        // tanh |x| = t / (t + 2), t = e^(2|x|) - 1 = 2^n (e^r - 1) + (2^n - 1); from |x| = 20 on it rounds to 1.
        let a = x.absolute()
        let (n, r) = reduceByLog2(L.select(L(20).less(than: a), L(40), a + a))
        let scale = L.powerOfTwo(n)
        let t = (scale - L(1)).addingProduct(scale, r.addingProduct(r * r, exponentialTail(r)))
        return (t / (t + L(2))).withSign(of: x)
    }

    @inlinable @inline(__always)
    public static func sineCosine<L: PlainLane>(_ x: L) -> (sine: L, cosine: L) where L.Scalar == Double {
        let x = L.select(x.absolute().lessOrEqual(L(1e9)), x, L(.nan))
        // x = n pi/2 + r, pi/2 in three parts; the first product is exact as in reduceByLog2.
        let n = (x * L(0.6366197723675814)).nearestInteger()
        let r = x.addingProduct(-n, L(0x1.921fb54442d18p+0)).addingProduct(-n, L(0x1.1a62633145c07p-54))
            .addingProduct(-n, L(-0x1.f1976b7ed8fbcp-110))
        let z = r * r
        // sin r = r - r^3/3! + ... + r^17/17!
        var s = L(1.0 / 355_687_428_096_000)
        s = L(-1.0 / 1_307_674_368_000).addingProduct(s, z)
        s = L(1.0 / 6_227_020_800).addingProduct(s, z)
        s = L(-1.0 / 39_916_800).addingProduct(s, z)
        s = L(1.0 / 362_880).addingProduct(s, z)
        s = L(-1.0 / 5_040).addingProduct(s, z)
        s = L(1.0 / 120).addingProduct(s, z)
        s = L(-1.0 / 6).addingProduct(s, z)
        let sine = r.addingProduct(r * z, s)
        // cos r = 1 - r^2/2 + r^4/4! - ... + r^16/16!, with the rounding error of 1 - r^2/2 put back.
        var c = L(1.0 / 20_922_789_888_000)
        c = L(-1.0 / 87_178_291_200).addingProduct(c, z)
        c = L(1.0 / 479_001_600).addingProduct(c, z)
        c = L(-1.0 / 3_628_800).addingProduct(c, z)
        c = L(1.0 / 40_320).addingProduct(c, z)
        c = L(-1.0 / 720).addingProduct(c, z)
        c = L(1.0 / 24).addingProduct(c, z)
        let cosine = cosineFromTail(z, c)
        return quadrant(n, sine, cosine)
    }
}

extension Float {
    @inlinable @inline(__always)
    static func reduceByLog2<L: PlainLane>(_ x: L) -> (n: L, r: L) where L.Scalar == Float {
        let n = (x * L(1.4426950408889634)).nearestInteger()
        return (n, x.addingProduct(-n, L(0x1.62e430p-1)).addingProduct(-n, L(-0x1.05c610p-29)))
    }

    @inlinable @inline(__always)
    static func exponentialTail<L: PlainLane>(_ r: L) -> L where L.Scalar == Float {
        var p = L(1.0 / 5_040)
        p = L(1.0 / 720).addingProduct(p, r)
        p = L(1.0 / 120).addingProduct(p, r)
        p = L(1.0 / 24).addingProduct(p, r)
        p = L(1.0 / 6).addingProduct(p, r)
        return L(0.5).addingProduct(p, r)
    }

    @inlinable @inline(__always)
    public static func exponential<L: PlainLane>(_ x: L) -> L where L.Scalar == Float {
        var x = L.select(x.less(than: L(-104)), L(-104), x)
        x = L.select(L(89).less(than: x), L(89), x)
        let (n, r) = reduceByLog2(x)
        let p = L(1) + r.addingProduct(r * r, exponentialTail(r))
        let half = (n * L(0.5)).nearestInteger()
        return p * L.powerOfTwo(half) * L.powerOfTwo(n - half)
    }

    @inlinable @inline(__always)
    public static func logarithm<L: PlainLane>(_ x: L) -> L where L.Scalar == Float {
        let isSubnormal = x.less(than: L(0x1p-126))
        let (e, m) = L.select(isSubnormal, x * L(0x1p25), x).exponentAndSignificand()
        let exponent = L.select(isSubnormal, e - L(25), e)
        let f = m - L(1)
        let s = f / (L(2) + f)
        let z = s * s
        var p = L(2.0 / 9)
        p = L(2.0 / 7).addingProduct(p, z)
        p = L(2.0 / 5).addingProduct(p, z)
        p = L(2.0 / 3).addingProduct(p, z)
        p = p * z
        let h = L(0.5) * f * f
        let small = h - (exponent * L(0x1.0bfbe8p-15)).addingProduct(s, h + p)
        return logarithmOfSpecial(x, (exponent * L(0x1.62ep-1)) - (small - f))
    }

    @inlinable @inline(__always)
    public static func hyperbolicTangent<L: PlainLane>(_ x: L) -> L where L.Scalar == Float {
        let a = x.absolute()
        let (n, r) = reduceByLog2(L.select(L(10).less(than: a), L(20), a + a))
        let scale = L.powerOfTwo(n)
        let t = (scale - L(1)).addingProduct(scale, r.addingProduct(r * r, exponentialTail(r)))
        return (t / (t + L(2))).withSign(of: x)
    }

    @inlinable @inline(__always)
    public static func sineCosine<L: PlainLane>(_ x: L) -> (sine: L, cosine: L) where L.Scalar == Float {
        let x = L.select(x.absolute().lessOrEqual(L(1e5)), x, L(.nan))
        let n = (x * L(0.6366197723675814)).nearestInteger()
        let r = x.addingProduct(-n, L(0x1.921fb6p+0)).addingProduct(-n, L(-0x1.777a5cp-25)).addingProduct(-n, L(-0x1.ee59dap-50))
        let z = r * r
        var s = L(1.0 / 362_880)
        s = L(-1.0 / 5_040).addingProduct(s, z)
        s = L(1.0 / 120).addingProduct(s, z)
        s = L(-1.0 / 6).addingProduct(s, z)
        let sine = r.addingProduct(r * z, s)
        var c = L(1.0 / 40_320)
        c = L(-1.0 / 720).addingProduct(c, z)
        c = L(1.0 / 24).addingProduct(c, z)
        return quadrant(n, sine, cosineFromTail(z, c))
    }
}

/// 1 - z/2 + z^2 c, adding what rounding took from 1 - z/2.
@inlinable @inline(__always)
func cosineFromTail<L: PlainLane>(_ z: L, _ c: L) -> L {
    let h = L(0.5) * z
    let w = L(1) - h
    return w + ((L(1) - w) - h).addingProduct(z * z, c)
}

/// sin and cos of n pi/2 + r from those of r.
@inlinable @inline(__always)
func quadrant<L: PlainLane>(_ n: L, _ sine: L, _ cosine: L) -> (sine: L, cosine: L) {
    let isOdd = L.isOdd(n)
    let s = L.select(isOdd, cosine, sine), c = L.select(isOdd, sine, cosine)
    return (L.select(L.hasBitOne(n), -s, s), L.select(L.hasBitOne(n + L(1)), -c, c))
}

/// The logarithm's values where there is no exponent to take: 0, negative, infinite, NaN.
@inlinable @inline(__always)
func logarithmOfSpecial<L: PlainLane>(_ x: L, _ ordinary: L) -> L {
    var result = L.select(x.less(than: L(.infinity)), ordinary, x)
    result = L.select(x.equal(L(0)), L(-.infinity), result)
    return L.select(x.less(than: L(0)), L(.nan), result)
}
