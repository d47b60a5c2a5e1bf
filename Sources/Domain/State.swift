/// What a fix, compute or observer must keep so that a continued run equals an uninterrupted one bit for bit: numbers in the order written.
///
/// Written on every rank alike (global state); values per atom travel as `AtomProperty` instead.
public struct StateWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    public init() {}

    public mutating func put(_ value: Double) { put(bits: value.bitPattern) }
    public mutating func put(_ value: Int) { put(bits: UInt64(bitPattern: Int64(value))) }
    public mutating func put(_ value: Bool) { put(value ? 1 : 0) }

    public mutating func put(_ values: [Double]) {
        put(values.count)
        for value in values { put(value) }
    }

    public mutating func put(_ text: String) {
        let utf8 = Array(text.utf8)
        put(utf8.count)
        bytes += utf8
    }

    public mutating func put(_ vector: Vector) { for d in 0..<4 { put(vector[d]) } }

    private mutating func put(bits: UInt64) { withUnsafeBytes(of: bits.littleEndian) { bytes += $0 } }
}

/// Reads what a `StateWriter` wrote, in the same order.
public struct StateReader: Sendable {
    private let bytes: [UInt8]
    private var at = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public var isAtEnd: Bool { at == bytes.count }

    /// What has not been read yet.
    public var rest: [UInt8] { Array(bytes[at...]) }

    /// - Throws: `StateError` when nothing, or something else, is left; so do all others.
    public mutating func double() throws(StateError) -> Double { Double(bitPattern: try bits()) }
    public mutating func int() throws(StateError) -> Int { Int(Int64(bitPattern: try bits())) }
    public mutating func bool() throws(StateError) -> Bool { try int() != 0 }

    public mutating func doubles() throws(StateError) -> [Double] {
        let count = try length(of: 8)
        var values: [Double] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try double()) }
        return values
    }

    public mutating func text() throws(StateError) -> String {
        let count = try length(of: 1)
        defer { at += count }
        return String(decoding: bytes[at..<at + count], as: UTF8.self)
    }

    public mutating func vector() throws(StateError) -> Vector {
        Vector(try double(), try double(), try double(), try double())
    }

    private mutating func length(of width: Int) throws(StateError) -> Int {
        let count = try int()
        guard count >= 0, count <= (bytes.count - at) / width else { throw StateError() }
        return count
    }

    private mutating func bits() throws(StateError) -> UInt64 {
        guard bytes.count - at >= 8 else { throw StateError() }
        var value: UInt64 = 0
        for k in 0..<8 { value |= UInt64(bytes[at + k]) << (8 * UInt64(k)) }
        at += 8
        return value
    }
}

/// A saved state that is shorter than, or different from, what is read.
public struct StateError: Error, CustomStringConvertible {
    public var description: String { "its saved state does not fit" }
    public init() {}
}
