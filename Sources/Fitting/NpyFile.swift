import Domain

/// An array in NumPy's file format of floating-point numbers (2, 4 or 8 bytes): read row by row, never trusted. `NumpyHeader` has the
/// layout,
/// `NumpyArchive` whole files and archives.
public final class NpyFile {
    public let path: String
    public let shape: [Int]
    public let isFortranOrder: Bool
    private let type: NumpyType
    private let file: InputFile
    private let start: Int
    private var whole: [Double]?

    /// - Throws: `DataError` for anything that is not such a file, or whose size is not that of its numbers.
    public init(_ path: String) throws {
        self.path = path
        file = try InputFile(path)
        let header: NumpyHeader, bytes: Int
        do {
            let length = try NumpyHeader.length(try file.read(NumpyHeader.prefix, at: 0))
            header = try NumpyHeader(try file.read(length, at: 0))
            bytes = try header.bytes(elementSize: NumpyType(header.descr)?.size ?? 1)
        } catch let error as NumpyError {
            throw DataError(path, error.message)
        }
        guard let type = NumpyType(header.descr), type.kind == .float else {
            throw DataError(path, "holds numbers of type '\(header.descr)'; floating point such as '<f8' or '<f4' is expected")
        }
        (self.type, start, shape, isFortranOrder) = (type, header.length, header.shape, header.isFortranOrder)
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
        return try numbers(rowSize, at: start + i * rowSize * type.size)
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
        let bytes = try file.read(count * type.size, at: offset)
        guard bytes.count == count * type.size else { throw DataError(path, "ends early") }
        return bytes.withUnsafeBytes { raw in (0..<count).map { type.double(raw, at: type.size * $0) } }
    }
}
