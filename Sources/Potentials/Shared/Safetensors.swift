import Deck
import Foundation

/// Tensors read from a safetensors file: 8 bytes of little-endian header length n, n bytes of JSON
/// {"name": {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ...}, then raw little-endian row-major data.
/// (github.com/huggingface/safetensors, README "Format".)
///
/// Every error names the file and, where there is one, the tensor.
public struct Safetensors {
    private struct Entry {
        let type: ElementType
        let shape: [Int]
        let range: Range<Int>
    }

    private enum ElementType: String {
        case float64 = "F64"
        case float32 = "F32"
        case float16 = "F16"
        case bfloat16 = "BF16"
        case int64 = "I64"
        case int32 = "I32"

        var bytes: Int {
            switch self {
            case .float64, .int64: 8
            case .float32, .int32: 4
            case .float16, .bfloat16: 2
            }
        }
    }

    public let file: String
    private let location: SourceLocation?
    private let bytes: [UInt8]
    private let entries: [String: Entry]
    /// The strings of `__metadata__`; empty when the file has none.
    public let metadata: [String: String]

    public var names: [String] { entries.keys.sorted() }

    /// - Parameter location: the deck word that named the file, for messages.
    public init(_ bytes: [UInt8], file: String, at location: SourceLocation?) throws {
        func fail(_ message: String) -> DeckError { DeckError("\(file): \(message)", at: location) }
        guard bytes.count >= 8 else { throw fail("not a safetensors file: \(bytes.count) bytes, fewer than the 8 of the header's length") }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
        guard length <= UInt64(bytes.count - 8) else {
            throw fail("truncated or not a safetensors file: the header is said to be \(length) bytes long, the file has \(bytes.count)")
        }
        let start = 8 + Int(length)
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes[8..<start])), let header = object as? [String: Any] else {
            throw fail("the header is not a JSON object")
        }
        let metadata = header["__metadata__"] ?? [String: String]()
        guard let strings = metadata as? [String: String] else { throw fail("__metadata__ is not an object of strings") }
        var entries: [String: Entry] = [:]
        for (name, value) in header where name != "__metadata__" {
            guard let fields = value as? [String: Any], let type = fields["dtype"] as? String,
                let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int], offsets.count == 2
            else { throw fail("tensor \(name): the header lacks dtype, shape or data_offsets") }
            guard let element = ElementType(rawValue: type) else { throw fail("tensor \(name): element type \(type) is not supported") }
            guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= bytes.count - start else {
                throw fail("tensor \(name): truncated file: its data end at byte \(offsets[1]) of \(bytes.count - start)")
            }
            guard shape.allSatisfy({ $0 >= 0 && $0 <= 1 << 31 }),
                shape.reduce(1.0, { $0 * Double($1) }) * Double(element.bytes) == Double(offsets[1] - offsets[0])
            else { throw fail("tensor \(name): shape \(shape) of \(type) does not fill its \(offsets[1] - offsets[0]) bytes") }
            entries[name] = Entry(type: element, shape: shape, range: start + offsets[0]..<start + offsets[1])
        }
        (self.file, self.location, self.bytes, self.entries) = (file, location, bytes, entries)
        self.metadata = strings
    }

    public func contains(_ name: String) -> Bool { entries[name] != nil }
    public func shape(_ name: String) -> [Int]? { entries[name]?.shape }

    /// The tensor's numbers, row-major.
    /// - Throws: `DeckError` when there is no such tensor, its shape is another one, or a number is not finite.
    public func tensor(_ name: String, shape: [Int]) throws -> [Double] {
        guard let entry = entries[name] else { throw DeckError("\(file): tensor \(name) of shape \(shape) is missing", at: location) }
        guard entry.shape == shape else {
            throw DeckError("\(file): tensor \(name) has shape \(entry.shape); expected \(shape)", at: location)
        }
        let values = decode(entry)
        if let bad = values.firstIndex(where: { !$0.isFinite }) {
            throw DeckError("\(file): tensor \(name) holds \(values[bad]) at index \(bad)", at: location)
        }
        return values
    }

    private func decode(_ entry: Entry) -> [Double] {
        bytes.withUnsafeBytes { raw in
            let data = UnsafeRawBufferPointer(rebasing: raw[entry.range])
            let count = data.count / entry.type.bytes
            func bits<T: FixedWidthInteger>(_ i: Int, _: T.Type) -> T {
                T(littleEndian: data.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.size, as: T.self))
            }
            return (0..<count).map { i in
                switch entry.type {
                case .float64: Double(bitPattern: bits(i, UInt64.self))
                case .float32: Double(Float(bitPattern: bits(i, UInt32.self)))
                case .bfloat16: Double(Float(bitPattern: UInt32(bits(i, UInt16.self)) << 16))
                case .float16: halfPrecision(bits(i, UInt16.self))
                case .int64: Double(bits(i, Int64.self))
                case .int32: Double(bits(i, Int32.self))
                }
            }
        }
    }
}

/// IEEE 754 binary16, decoded by hand since Float16 is not available on every platform.
private func halfPrecision(_ bits: UInt16) -> Double {
    let sign: Double = bits >> 15 == 1 ? -1 : 1
    let exponent = Int(bits >> 10 & 0x1F), fraction = Double(bits & 0x3FF)
    if exponent == 0x1F { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction * 0x1p-24 }
    return sign * (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
}
