import CZlib

/// An array of numbers from an .npy file or a member of an .npz file.
public struct NumpyArray: Sendable {
    public let shape: [Int]
    public let type: NumpyType
    /// File and array, for messages.
    public let name: String
    private let bytes: [UInt8]
    private let header: NumpyHeader

    public var count: Int { shape.reduce(1, *) }

    /// - Throws: `NumpyFileError` for anything but an array of numbers of just this many bytes.
    public init(_ name: String, _ bytes: [UInt8]) throws(NumpyFileError) {
        do {
            header = try NumpyHeader(bytes)
            guard let type = NumpyType(header.descr) else {
                throw NumpyError("holds elements of type '\(header.descr)'; only numbers are read", at: 10)
            }
            let needed = try header.bytes(elementSize: type.size)
            guard bytes.count - header.length == needed else {
                throw NumpyError(
                    "has \(bytes.count - header.length) bytes of numbers where its shape \(header.shape) needs \(needed)", at: header.length
                )
            }
            (shape, self.type, self.name, self.bytes) = (header.shape, type, name, bytes)
        } catch {
            throw NumpyFileError("\(name): \(error)")
        }
    }

    /// All numbers in C order (the last index runs fastest).
    public var numbers: [Double] {
        bytes.withUnsafeBytes { raw in places.map { type.double(raw, at: header.length + $0 * type.size) } }
    }

    /// All numbers in C order, as integers.
    /// - Throws: `NumpyFileError` where one is not.
    public func integers() throws(NumpyFileError) -> [Int] {
        let found: [Int?] = bytes.withUnsafeBytes { raw in places.map { type.integer(raw, at: header.length + $0 * type.size) } }
        guard let bad = found.firstIndex(of: nil) else { return found.map { $0! } }
        throw NumpyFileError("\(name): element \(bad) is not an integer (at byte \(header.length + places[bad] * type.size))")
    }

    /// Where in the file the elements are, in C order.
    private var places: [Int] {
        guard header.isFortranOrder, shape.count > 1 else { return Array(0..<count) }
        // In Fortran order the first index runs fastest.
        var strides = [1]
        for extent in shape.dropLast() { strides.append(strides.last! * extent) }
        return (0..<count).map { position in
            var rest = position, place = 0
            for axis in shape.indices.reversed() {
                place += rest % shape[axis] * strides[axis]
                rest /= shape[axis]
            }
            return place
        }
    }
}

/// What is wrong with a file of arrays: file, array, byte.
public struct NumpyFileError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// The arrays of an .npz file: a zip archive of .npy members, stored or deflated. Nothing in it is trusted: sizes are checked against the
/// file and limits before memory is taken, every member against its CRC, and nothing is ever unpickled.
///
/// Layout: PKWARE's APPNOTE.TXT. The central directory at the end says where members are.
public struct NumpyArchive: Sendable {
    public struct Limits: Sendable {
        /// Bytes of all members, unpacked.
        public var total = 1 << 30
        /// Unpacked over packed bytes of a member that is larger than 16 MiB; deflate cannot pack more than 1,032 times.
        public var ratio = 500
        public var members = 4096
        public init() {}
    }

    public let name: String
    private let file: [UInt8]
    private var members: [String: Member] = [:]

    private struct Member: Sendable {
        let offset: Int
        let packed: Int
        let unpacked: Int
        let isDeflated: Bool
        let crc: UInt32
    }

    /// The arrays' names, without `.npy`, sorted.
    public var arrays: [String] { members.keys.sorted() }

    /// - Parameter name: for messages.
    /// - Throws: `NumpyFileError` for a damaged archive, one that uses anything else of zip, or one beyond the limits.
    public init(_ name: String, _ file: [UInt8], limits: Limits = Limits()) throws(NumpyFileError) {
        (self.name, self.file) = (name, file)
        func fail(_ message: String, _ byte: Int) -> NumpyFileError { NumpyFileError("\(name): \(message) (at byte \(byte))") }
        // The end record is 22 bytes and a comment of at most 65,535.
        var end = file.count - 22
        while end >= 0, end >= file.count - 22 - 65_535, Self.number(file, end, 4) != 0x0605_4b50 { end -= 1 }
        guard end >= 0, end >= file.count - 22 - 65_535 else {
            throw fail("is not a zip archive: there is no central directory", max(0, file.count - 22))
        }
        let count = Self.number(file, end + 10, 2), size = Self.number(file, end + 12, 4), start = Self.number(file, end + 16, 4)
        guard Self.number(file, end + 4, 2) == 0, Self.number(file, end + 8, 2) == count else {
            throw fail("is a part of an archive", end + 4)
        }
        guard count != 0xffff, start != 0xffff_ffff, count <= limits.members else { throw fail("has too many members", end + 10) }
        guard start + size <= end else { throw fail("has a central directory beyond its end", end + 16) }
        var at = start, total = 0
        for _ in 0..<count {
            guard at + 46 <= start + size, Self.number(file, at, 4) == 0x0201_4b50 else {
                throw fail("has a damaged central directory", at)
            }
            let flags = Self.number(file, at + 8, 2), method = Self.number(file, at + 10, 2)
            let packed = Self.number(file, at + 20, 4), unpacked = Self.number(file, at + 24, 4)
            let nameLength = Self.number(file, at + 28, 2), offset = Self.number(file, at + 42, 4)
            let next = at + 46 + nameLength + Self.number(file, at + 30, 2) + Self.number(file, at + 32, 2)
            guard next <= start + size else { throw fail("has a damaged central directory", at) }
            let path = String(decoding: file[at + 46..<at + 46 + nameLength], as: UTF8.self)
            guard flags & 1 == 0 else { throw fail("\(path) is encrypted", at + 8) }
            guard method == 0 || method == 8 else {
                throw fail("\(path) is packed in a way (\(method)) that is not stored or deflate", at + 10)
            }
            guard packed != 0xffff_ffff, unpacked != 0xffff_ffff, offset != 0xffff_ffff else {
                throw fail("\(path) is larger than 4 GiB", at + 20)
            }
            guard method == 8 || packed == unpacked else { throw fail("\(path) is stored with two different sizes", at + 20) }
            total += unpacked
            guard total <= limits.total else { throw fail("unpacks to more than \(limits.total) bytes", at + 24) }
            guard unpacked <= 16 << 20 || unpacked / max(1, packed) <= limits.ratio else {
                throw fail("\(path) unpacks to more than \(limits.ratio) times its size", at + 24)
            }
            // The local header is 30 bytes, a name and extras of its own length.
            guard offset + 30 <= start, Self.number(file, offset, 4) == 0x0403_4b50 else {
                throw fail("\(path) is not where the directory says", at + 42)
            }
            let data = offset + 30 + Self.number(file, offset + 26, 2) + Self.number(file, offset + 28, 2)
            guard data + packed <= start else { throw fail("\(path) reaches into the directory", offset) }
            let array = path.hasSuffix(".npy") ? String(path.dropLast(4)) : path
            guard members[array] == nil else { throw fail("has \(path) twice", at) }
            members[array] = Member(
                offset: data, packed: packed, unpacked: unpacked, isDeflated: method == 8, crc: UInt32(Self.number(file, at + 16, 4)))
            at = next
        }
    }

    private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
        var value = 0
        for k in 0..<count { value |= Int(bytes[at + k]) << (8 * k) }
        return value
    }

    /// An array, nil when there is none of that name.
    /// - Throws: `NumpyFileError` when it is damaged or holds something else than numbers.
    public func array(_ array: String) throws(NumpyFileError) -> NumpyArray? {
        guard let member = members[array] else { return nil }
        let bytes = try unpacked(member, array)
        let crc = bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
        guard crc == member.crc else { throw NumpyFileError("\(name): \(array): the checksum is wrong (at byte \(member.offset))") }
        return try NumpyArray("\(name): \(array)", bytes)
    }

    private func unpacked(_ member: Member, _ array: String) throws(NumpyFileError) -> [UInt8] {
        guard member.isDeflated else { return Array(file[member.offset..<member.offset + member.packed]) }
        var stream = z_stream()
        // -15: deflate without head and tail.
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw NumpyFileError("\(name): zlib cannot start")
        }
        defer { inflateEnd(&stream) }
        var code = Z_OK, written = 0
        let result = [UInt8](unsafeUninitializedCapacity: member.unpacked) { buffer, count in
            file.withUnsafeBufferPointer { source in
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress! + member.offset)
                stream.avail_in = UInt32(member.packed)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(member.unpacked)
                code = inflate(&stream, Z_FINISH)
            }
            written = member.unpacked - Int(stream.avail_out)
            count = written
        }
        guard code == Z_STREAM_END, written == member.unpacked, stream.avail_in == 0 else {
            throw NumpyFileError(
                "\(name): \(array): the packed numbers are damaged (at byte \(member.offset + member.packed - Int(stream.avail_in)))")
        }
        return result
    }
}
