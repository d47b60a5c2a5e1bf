import Domain

/// An array in NumPy's file format, versions 1 to 3, of 4 or 8 byte floating-point numbers: read row by row, never trusted.
///
/// Layout (numpy/lib/format.py): `\x93NUMPY`, major, minor, header length (2 bytes in version 1, 4 in 2 and 3, little endian), a Python
/// dictionary as text with `descr`, `fortran_order` and `shape`, then the numbers.
public final class NpyFile {
    public let path: String
    public let shape: [Int]
    public let isFortranOrder: Bool
    /// 4 or 8.
    public let elementSize: Int
    private let file: InputFile
    private let start: Int
    private var whole: [Double]?

    /// NumPy writes headers of at most a few hundred bytes for plain arrays.
    private static let longestHeader = 1 << 16

    /// - Throws: `DataError` for anything that is not such a file, or whose size is not that of its numbers.
    public init(_ path: String) throws {
        self.path = path
        file = try InputFile(path)
        let head = try file.read(12, at: 0)
        guard head.count >= 10, Array(head[..<6]) == [0x93] + Array("NUMPY".utf8) else { throw DataError(path, "is not an npy file") }
        guard (1...3).contains(head[6]), head[7] == 0 else {
            throw DataError(path, "has npy version \(head[6]).\(head[7]); 1.0, 2.0 and 3.0 are known")
        }
        let isShort = head[6] == 1
        guard isShort || head.count == 12 else { throw DataError(path, "ends within its header") }
        let length = isShort
            ? Int(head[8]) | Int(head[9]) << 8 : (0..<4).reduce(0) { $0 | Int(head[8 + $1]) << (8 * $1) }
        guard length <= Self.longestHeader else { throw DataError(path, "has a header of \(length) bytes; at most 65536 are read") }
        start = (isShort ? 10 : 12) + length
        let text = try file.read(length, at: start - length)
        guard text.count == length else { throw DataError(path, "ends within its header") }

        var parser = HeaderParser(text)
        guard let header = parser.parse() else {
            throw DataError(path, "has a header that is not {'descr': ..., 'fortran_order': ..., 'shape': ...}")
        }
        switch header.descr {
        case "<f8": elementSize = 8
        case "<f4": elementSize = 4
        default:
            throw DataError(path, "holds numbers of type '\(header.descr)'; little-endian floating point ('<f8' or '<f4') is expected")
        }
        (shape, isFortranOrder) = (header.shape, header.isFortranOrder)
        var bytes = elementSize
        for extent in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw DataError(path, "claims a shape of \(shape), which is too large") }
            bytes = product
        }
        guard file.size - start == bytes else {
            throw DataError(path, "has \(file.size - start) bytes of numbers where its shape \(shape) needs \(bytes)")
        }
    }

    /// Length of the first axis.
    public var rows: Int { shape.first ?? 1 }
    /// Numbers in each row.
    public var rowSize: Int { shape.dropFirst().reduce(1, *) }

    /// Row i of the first axis, in C order.
    public func row(_ i: Int) throws -> [Double] {
        precondition((0..<rows).contains(i))
        if isFortranOrder && shape.count > 1 {
            if whole == nil { whole = try numbers(rows * rowSize, at: start) }
            return transposed(row: i)
        }
        return try numbers(rowSize, at: start + i * rowSize * elementSize)
    }

    /// In Fortran order the first axis runs fastest.
    private func transposed(row i: Int) -> [Double] {
        let inner = Array(shape.dropFirst())
        var strides = [rows]
        for extent in inner.dropLast() { strides.append(strides.last! * extent) }
        return (0..<rowSize).map { position in
            var rest = position, index = i
            for axis in inner.indices.reversed() {
                index += rest % inner[axis] * strides[axis]
                rest /= inner[axis]
            }
            return whole![index]
        }
    }

    private func numbers(_ count: Int, at offset: Int) throws -> [Double] {
        let bytes = try file.read(count * elementSize, at: offset)
        guard bytes.count == count * elementSize else { throw DataError(path, "ends early") }
        return bytes.withUnsafeBytes { raw in
            (0..<count).map { k in
                elementSize == 8
                    ? Double(bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * k, as: UInt64.self)))
                    : Double(Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * k, as: UInt32.self))))
            }
        }
    }
}

/// Reads the one dictionary that an npy header is; nothing else of Python.
private struct HeaderParser {
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
