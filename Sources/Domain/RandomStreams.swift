#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// LAMMPS' random stream of Park and Miller: the minimal standard generator, seed <- 16807 seed mod (2^31 - 1), computed by
/// Schrage's method. `velocity create`, `displace_atoms random`, `set type/fraction` and `create_atoms random` draw from it.
public struct ParkMillerStream: Sendable {
    private var state: Int32
    /// Gaussian numbers come in pairs; the second waits here.
    private var spare: Double?

    private static let modulus: Int32 = 2_147_483_647
    private static let scale = 1.0 / Double(modulus)

    /// - Parameter seed: positive and at most 2^31 - 1.
    public init(seed: Int) {
        precondition(seed > 0 && seed <= Int(Int32.max), "a Park-Miller seed is positive")
        state = Int32(seed)
    }

    /// A stream that belongs to a place: its state is a hash (Jenkins' one-at-a-time) of the bytes of the seed and the coordinates.
    public init(seed: Int, at x: Vector) {
        var hash: UInt32 = 0
        // Bytes count as signed, as in C on x86, so those above 127 are subtracted.
        func mix(_ byte: UInt8) {
            hash &+= UInt32(bitPattern: Int32(Int8(bitPattern: byte)))
            hash &+= hash << 10
            hash ^= hash >> 6
        }
        withUnsafeBytes(of: Int32(truncatingIfNeeded: seed).littleEndian) { $0.forEach(mix) }
        for d in 0..<3 { withUnsafeBytes(of: x[d].bitPattern.littleEndian) { $0.forEach(mix) } }
        hash &+= hash << 3
        hash ^= hash >> 11
        hash &+= hash << 15
        state = Int32(hash & 0x7ff_ffff)
        if state == 0 { state = 1 }
        for _ in 0..<5 { _ = uniform() }
    }

    /// The next number in (0, 1).
    public mutating func uniform() -> Double {
        let k = state / 127_773
        state = 16807 &* (state &- k &* 127_773) &- 2836 &* k
        if state < 0 { state &+= Self.modulus }
        return Self.scale * Double(state)
    }

    /// The next number of the normal distribution with mean 0 and variance 1, by the polar method.
    public mutating func gaussian() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        while true {
            let x = 2.0 * uniform() - 1.0
            let y = 2.0 * uniform() - 1.0
            let square = x * x + y * y
            if square >= 1.0 || square == 0.0 { continue }
            let factor = (-2.0 * log(square) / square).squareRoot()
            spare = x * factor
            return y * factor
        }
    }
}
