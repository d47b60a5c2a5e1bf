/// CRC-64 with ECMA-182's polynomial, reflected (the one of xz): every single flipped bit, and every burst of up to 64 bits, changes it.
public struct Checksum: Sendable {
    private var register = ~UInt64(0)

    public init() {}
    public var value: UInt64 { ~register }

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // Eight bytes at a time: table k holds the remainder of a byte with k zero bytes behind it.
        let tables = Self.tables
        tables.withUnsafeBufferPointer { table in
            var i = 0, r = register
            while i + 8 <= bytes.count {
                r ^= bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self).littleEndian
                var next: UInt64 = 0
                for k in 0..<8 { next ^= table[(7 - k) * 256 + Int(UInt8(truncatingIfNeeded: r >> UInt64(8 * k)))] }
                r = next
                i += 8
            }
            while i < bytes.count {
                r = (r >> 8) ^ table[Int(UInt8(truncatingIfNeeded: r) ^ bytes[i])]
                i += 1
            }
            register = r
        }
    }

    public mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

    public static func of(_ bytes: [UInt8]) -> UInt64 {
        var sum = Checksum()
        sum.add(bytes)
        return sum.value
    }

    private static let tables: [UInt64] = {
        var tables = [UInt64](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var r = UInt64(byte)
            for _ in 0..<8 { r = r & 1 == 1 ? (r >> 1) ^ 0xC96C_5795_D787_0F42 : r >> 1 }
            tables[byte] = r
        }
        for k in 1..<8 {
            for byte in 0..<256 {
                let before = tables[(k - 1) * 256 + byte]
                tables[k * 256 + byte] = (before >> 8) ^ tables[Int(UInt8(truncatingIfNeeded: before))]
            }
        }
        return tables
    }()
}
