/// The element type of a NumPy array: numbers and truth values only; nothing that would have to be unpickled.
public struct NumpyType: Sendable, Equatable {
    public enum Kind: Character, Sendable { case float = "f", signed = "i", unsigned = "u", truth = "b" }

    public let kind: Kind
    /// Bytes of an element.
    public let size: Int
    public let isBigEndian: Bool

    /// - Parameter descr: as in an npy header: `<f8`, `>i4`, `|u1`. nil for types that are no numbers.
    public init?(_ descr: String) {
        let parts = Array(descr)
        guard parts.count == 3, "<>|=".contains(parts[0]), let kind = Kind(rawValue: parts[1]), let size = parts[2].wholeNumberValue else {
            return nil
        }
        switch kind {
        case .float: guard [2, 4, 8].contains(size) else { return nil }
        case .signed, .unsigned: guard [1, 2, 4, 8].contains(size) else { return nil }
        case .truth: guard size == 1 else { return nil }
        }
        guard parts[0] != "|" || size == 1 else { return nil }
        (self.kind, self.size, isBigEndian) = (kind, size, parts[0] == ">")
    }

    private func bits(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        var value: UInt64 = 0
        for k in 0..<size { value = value << 8 | UInt64(bytes[offset + (isBigEndian ? k : size - 1 - k)]) }
        return value
    }

    /// The number at a byte offset; integers beyond 2^53 are rounded.
    public func double(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Double {
        let value = bits(bytes, offset)
        switch (kind, size) {
        case (.float, 8): return Double(bitPattern: value)
        case (.float, 4): return Double(Float(bitPattern: UInt32(truncatingIfNeeded: value)))
        case (.float, _): return Self.half(UInt16(truncatingIfNeeded: value))
        case (.signed, _): return Double(signed(value))
        default: return Double(value)
        }
    }

    /// The integer at a byte offset; nil for floating-point numbers that are not whole and for what `Int` does not hold.
    public func integer(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        switch kind {
        case .float: Int(exactly: double(bytes, at: offset))
        case .signed: signed(bits(bytes, offset))
        default: Int(exactly: bits(bytes, offset))
        }
    }

    private func signed(_ value: UInt64) -> Int {
        let unused = UInt64(64 - 8 * size)
        return Int(truncatingIfNeeded: Int64(bitPattern: value << unused) >> Int64(unused))
    }

    /// IEEE 754 binary16.
    private static func half(_ bits: UInt16) -> Double {
        let exponent = Int(bits >> 10 & 31), fraction = Double(bits & 1023), sign: Double = bits >> 15 == 0 ? 1 : -1
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
        }
    }
}

/// The head of an npy file, versions 1 to 3 (numpy/lib/format.py): `\x93NUMPY`, major, minor, header length (2 bytes in version 1, 4 in 2
/// and 3, little endian), a Python dictionary as text with `descr`, `fortran_order` and `shape`.
public struct NumpyHeader: Sendable {
    public let descr: String
    public let isFortranOrder: Bool
    public let shape: [Int]
    /// Where the numbers begin.
    public let length: Int

    /// NumPy writes headers of at most a few hundred bytes for plain arrays.
    public static let longest = 1 << 16
    /// As many bytes as are needed to know the header's length.
    public static let prefix = 12

    /// How long the head is.
    /// - Throws: `NumpyError` when the first bytes are not an npy file's.
    public static func length(_ head: some Collection<UInt8>) throws(NumpyError) -> Int {
        let head = Array(head.prefix(prefix))
        guard head.count >= 10, Array(head[..<6]) == [0x93] + Array("NUMPY".utf8) else { throw NumpyError("is not an npy file", at: 0) }
        guard (1...3).contains(head[6]), head[7] == 0 else {
            throw NumpyError("has npy version \(head[6]).\(head[7]); 1.0, 2.0 and 3.0 are known", at: 6)
        }
        let isShort = head[6] == 1
        guard isShort || head.count == 12 else { throw NumpyError("ends within its header", at: head.count) }
        let text = isShort ? Int(head[8]) | Int(head[9]) << 8 : (0..<4).reduce(0) { $0 | Int(head[8 + $1]) << (8 * $1) }
        guard text <= longest else { throw NumpyError("has a header of \(text) bytes; at most 65536 are read", at: 8) }
        return (isShort ? 10 : 12) + text
    }

    /// - Parameter bytes: the file's, at least up to the end of the head.
    /// - Throws: `NumpyError` for anything that is not such a head, or whose size overflows.
    public init(_ bytes: some Collection<UInt8>) throws(NumpyError) {
        length = try Self.length(bytes)
        let head = Array(bytes.prefix(length))
        guard head.count == length else { throw NumpyError("ends within its header", at: head.count) }
        let start = head[6] == 1 ? 10 : 12
        var parser = NumpyHeaderParser(Array(head[start...]))
        guard let parsed = parser.parse() else {
            throw NumpyError("has a header that is not {'descr': ..., 'fortran_order': ..., 'shape': ...}", at: start)
        }
        (descr, isFortranOrder, shape) = parsed
    }

    /// Bytes of all numbers, with elements of that size.
    public func bytes(elementSize: Int) throws(NumpyError) -> Int {
        var bytes = elementSize
        for extent in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw NumpyError("claims a shape of \(shape), which is too large", at: 8) }
            bytes = product
        }
        return bytes
    }
}

/// What is wrong with an array, and at which byte of it.
public struct NumpyError: Error, CustomStringConvertible {
    public let message: String
    public let byte: Int
    public init(_ message: String, at byte: Int) { (self.message, self.byte) = (message, byte) }
    public var description: String { "\(message) (at byte \(byte))" }
}

/// Reads the one dictionary that an npy header is; nothing else of Python.
private struct NumpyHeaderParser {
    private let text: [UInt8]
    private var at = 0

    init(_ text: [UInt8]) { self.text = text }

    mutating func parse() -> (descr: String, isFortranOrder: Bool, shape: [Int])? {
        var descr: String?, order: Bool?, shape: [Int]?
        guard take("{") else { return nil }
        while !take("}") {
            guard let key = string(), take(":") else { return nil }
            switch key {
            case "descr": descr = string()
            case "fortran_order": order = take("False") ? false : take("True") ? true : nil
            case "shape": shape = tuple()
            default: return nil
            }
            if !take(",") {
                guard take("}") else { return nil }
                break
            }
        }
        skipSpace()
        guard at == text.count, let descr, let order, let shape else { return nil }
        return (descr, order, shape)
    }

    private mutating func skipSpace() { while at < text.count, text[at] == 32 || (9...13).contains(text[at]) { at += 1 } }

    private mutating func take(_ word: String) -> Bool {
        skipSpace()
        guard text[at...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return true
    }

    private mutating func string() -> String? {
        skipSpace()
        guard at < text.count, text[at] == 39 || text[at] == 34, let end = text[(at + 1)...].firstIndex(of: text[at]) else { return nil }
        defer { at = end + 1 }
        return String(decoding: text[(at + 1)..<end], as: UTF8.self)
    }

    private mutating func tuple() -> [Int]? {
        guard take("(") else { return nil }
        var values: [Int] = []
        while !take(")") {
            skipSpace()
            let digits = text[at...].prefix { (48...57).contains($0) }
            guard let value = Int(String(decoding: digits, as: UTF8.self)), values.count < 32 else { return nil }
            at += digits.count
            values.append(value)
            if !take(",") {
                guard take(")") else { return nil }
                break
            }
        }
        return values
    }
}
