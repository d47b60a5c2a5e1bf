import Foundation

/// Makes a safetensors file: the counterpart of `Safetensors`, in F64 or F32, with strings in `__metadata__`.
///
/// Tensors follow each other in the order of `add`, without gaps, and the header is padded by blanks to a multiple of 8 bytes, as the
/// format asks (github.com/huggingface/safetensors, README "Format"). The same content gives the same bytes.
public struct SafetensorsWriter {
    public enum Precision: String, Sendable {
        case double = "F64"
        case single = "F32"
    }

    /// Strings by name, for whatever describes the tensors.
    public var metadata: [String: String]
    private var header: [String: Any] = [:]
    private var data: [UInt8] = []

    public init(metadata: [String: String] = [:]) { self.metadata = metadata }

    /// Adds a tensor, row-major. Single precision rounds to nearest.
    /// - Precondition: the name is new and not `__metadata__`; `values` fill `shape`.
    public mutating func add(_ name: String, shape: [Int], _ values: [Double], _ precision: Precision = .double) {
        precondition(header[name] == nil && name != "__metadata__", "tensor \(name) exists")
        precondition(values.count == shape.reduce(1, *), "tensor \(name) of shape \(shape) has \(values.count) numbers")
        let begin = data.count
        data.reserveCapacity(begin + values.count * (precision == .double ? 8 : 4))
        switch precision {
        case .double: for x in values { withUnsafeBytes(of: x.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
        case .single: for x in values { withUnsafeBytes(of: Float(x).bitPattern.littleEndian) { data.append(contentsOf: $0) } }
        }
        header[name] = ["dtype": precision.rawValue, "shape": shape, "data_offsets": [begin, data.count]] as [String: Any]
    }

    /// The file's content.
    /// - Throws: what `JSONSerialization` throws; a header of strings and integers always has a JSON text.
    public func bytes() throws -> [UInt8] {
        var object = header
        if !metadata.isEmpty { object["__metadata__"] = metadata }
        var text = Array(try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]))
        while text.count % 8 != 0 { text.append(32) }
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
    }
}
