/// The head of a netCDF file in the classic format with 64-bit offsets (CDF-2), and where its records are: what `dump netcdf` needs of
/// netCDF, after the format's specification (NetCDF User's Guide, "The NetCDF Classic Format Specification").
///
/// libnetcdf is not used: it would bring HDF5, curl and XML with it, keeps its own buffers, so that a killed run loses frames, and
/// would be asked for a fixed head and records of fixed size, which these lines are.
struct NetCDFClassic {
    enum Kind: Int32 {
        case character = 2, int = 4, float = 5, double = 6
        var size: Int { self == .character ? 1 : self == .double ? 8 : 4 }
    }
    enum Attribute {
        case text(String)
        case float(Float)
    }
    struct Variable {
        var name: String
        var kind: Kind
        /// Indices into `dimensions`; the first is 0 for what every record has.
        var dimensions: [Int]
        var attributes: [(String, Attribute)] = []
        /// Contents of a variable that is not of records.
        var values: [UInt8] = []
    }

    /// The first is that of records, without a length of its own.
    var dimensions: [(name: String, length: Int)] = []
    var attributes: [(String, Attribute)] = []
    var variables: [Variable] = []

    func isRecord(_ variable: Variable) -> Bool { variable.dimensions.first == 0 }

    /// Bytes of a variable (of one record), filled up to a multiple of four.
    func size(_ variable: Variable) -> Int {
        let count = variable.dimensions.filter { $0 != 0 }.reduce(1) { $0 * dimensions[$1].length }
        return (count * variable.kind.size + 3) / 4 * 4
    }

    var recordSize: Int { variables.filter(isRecord).reduce(0) { $0 + size($1) } }

    /// Head and variables that are not of records; records follow it.
    func head(records: Int) -> [UInt8] {
        let length = encoded(records, start: 0).count
        var bytes = encoded(records, start: length)
        for variable in variables where !isRecord(variable) {
            bytes += variable.values + [UInt8](repeating: 0, count: max(0, size(variable) - variable.values.count))
        }
        return bytes
    }

    /// Where the number of records is, for writing it over.
    static let recordCountOffset = 4
    static func recordCount(_ records: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.putBig(UInt32(records))
        return bytes
    }

    private func encoded(_ records: Int, start: Int) -> [UInt8] {
        var bytes: [UInt8] = [0x43, 0x44, 0x46, 2]
        bytes.putBig(UInt32(records))
        bytes.putBig(UInt32(0x0A))
        bytes.putBig(UInt32(dimensions.count))
        for (k, dimension) in dimensions.enumerated() {
            bytes.putName(dimension.name)
            bytes.putBig(UInt32(k == 0 ? 0 : dimension.length))
        }
        Self.put(attributes, &bytes)
        bytes.putBig(UInt32(0x0B))
        bytes.putBig(UInt32(variables.count))
        let fixed = variables.filter { !isRecord($0) }.reduce(0) { $0 + size($1) }
        var fixedAt = start, recordAt = start + fixed
        for variable in variables {
            bytes.putName(variable.name)
            bytes.putBig(UInt32(variable.dimensions.count))
            for dimension in variable.dimensions { bytes.putBig(UInt32(dimension)) }
            Self.put(variable.attributes, &bytes)
            bytes.putBig(UInt32(variable.kind.rawValue))
            bytes.putBig(UInt32(clamping: size(variable)))
            bytes.putBig(UInt64(isRecord(variable) ? recordAt : fixedAt))
            if isRecord(variable) { recordAt += size(variable) } else { fixedAt += size(variable) }
        }
        return bytes
    }

    private static func put(_ attributes: [(String, Attribute)], _ bytes: inout [UInt8]) {
        bytes.putBig(UInt32(attributes.isEmpty ? 0 : 0x0C))
        bytes.putBig(UInt32(attributes.count))
        for (name, value) in attributes {
            bytes.putName(name)
            switch value {
            case .text(let text):
                bytes.putBig(UInt32(Kind.character.rawValue))
                bytes.putName(text)
            case .float(let number):
                bytes.putBig(UInt32(Kind.float.rawValue))
                bytes.putBig(UInt32(1))
                bytes.putBig(number.bitPattern)
            }
        }
    }
}

extension [UInt8] {
    /// Big-endian, as netCDF has everything.
    mutating func putBig<T: FixedWidthInteger>(_ value: T) { Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) } }

    /// Length, bytes, and zeros up to a multiple of four.
    fileprivate mutating func putName(_ name: String) {
        putBig(UInt32(name.utf8.count))
        append(contentsOf: Array(name.utf8))
        while count % 4 != 0 { append(0) }
    }
}
