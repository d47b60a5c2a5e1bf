/// Random numbers keyed by what they are for, not by who asks: a counter-based generator, Philox4x32-10 (Salmon, Moraes, Dror and
/// Shaw, SC '11, doi:10.1145/2063384.2063405). The same seed, atom id and step give the same numbers on any rank, in any order and
/// after a restart.
public struct KeyedRandom: Sendable {
    private let key: (UInt32, UInt32)

    /// - Parameter stream: tells uses of one seed apart (a thermostat, a barostat ...).
    public init(seed: Int, stream: UInt32 = 0) {
        let s = UInt64(bitPattern: Int64(seed))
        key = (UInt32(truncatingIfNeeded: s) ^ (stream &* 0x9E37_79B9), UInt32(truncatingIfNeeded: s >> 32) ^ stream)
    }

    /// Four 32-bit words for (id, step).
    public func words(id: Int64, step: Int) -> SIMD4<UInt32> {
        let a = UInt64(bitPattern: id), b = UInt64(bitPattern: Int64(step))
        var c = SIMD4<UInt32>(
            UInt32(truncatingIfNeeded: a), UInt32(truncatingIfNeeded: a >> 32), UInt32(truncatingIfNeeded: b),
            UInt32(truncatingIfNeeded: b >> 32))
        var (k0, k1) = key
        for _ in 0..<10 {
            let p = UInt64(0xD251_1F53) * UInt64(c.x), q = UInt64(0xCD9E_8D57) * UInt64(c.z)
            c = SIMD4(
                UInt32(truncatingIfNeeded: q >> 32) ^ c.y ^ k0, UInt32(truncatingIfNeeded: q),
                UInt32(truncatingIfNeeded: p >> 32) ^ c.w ^ k1, UInt32(truncatingIfNeeded: p))
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return c
    }

    /// Three numbers uniform in (0, 1), in x, y, z.
    public func uniform(id: Int64, step: Int) -> Vector {
        let w = words(id: id, step: step)
        return Vector((Double(w.x) + 0.5) * 0x1p-32, (Double(w.y) + 0.5) * 0x1p-32, (Double(w.z) + 0.5) * 0x1p-32, 0)
    }
}
