import Digest
import Domain

/// The frames of a data set that one rank holds in memory: of the selected ones every `size`-th, beginning with its own rank.
public struct FrameSet: Sendable {
    public let path: String
    public private(set) var frames: [Frame] = []
    /// Place of each frame among the selected ones, from 0.
    public private(set) var places: [Int] = []
    /// Frames that are selected, on all ranks together.
    public let total: Int

    /// Reads without communication; a failure of one rank has to be told to the others (`agree` in mdfit).
    /// - Throws: `DataError` or `DeckError` for data that cannot be read, `DataError` when no frame is selected.
    public init(_ path: String, _ selection: FrameSelection = FrameSelection(), rank: Int = 0, size: Int = 1) throws {
        try self.init(path, numbers: selection.numbers(of: try countFrames(path)), rank: rank, size: size)
    }

    /// The frames of these numbers, ascending.
    package init(_ path: String, numbers: [Int], rank: Int = 0, size: Int = 1) throws {
        self.path = path
        total = numbers.count
        guard total > 0 else { throw DataError(path, "has no frame that is selected") }
        let dataset = try openDataset(path)
        var at = 0
        for (place, number) in numbers.enumerated() where place % size == rank {
            while at < number {
                _ = try dataset.skip()
                at += 1
            }
            guard let frame = try dataset.next() else { throw DataError(path, "has changed: frame \(number) is missing") }
            frames.append(frame)
            places.append(place)
            at += 1
        }
    }

    public var atoms: Int { frames.reduce(0) { $0 + $1.count } }

    /// SHA-256 of the selected frames' elements, positions, cells and periodicity in their order, which is all that predictions depend
    /// on; the same on every rank and for any number of ranks. Collective.
    public func geometryDigest(_ communicator: any Communicator) -> [UInt8] {
        var own: [UInt8] = []
        for frame in frames {
            var hash = SHA256()
            for element in frame.elements { hash.update(element) }
            hash.update(frame.isPeriodic.map { $0 ? 1 : 0 } + [frame.cell == nil ? 0 : 1])
            let rows = frame.positions + (frame.cell.map { [$0.x, $0.y, $0.z] } ?? [])
            hash.update(encoded(rows.flatMap { [$0.x, $0.y, $0.z] }))
            own += hash.digest()
        }
        var all = SHA256()
        if let parts = communicator.gather(own) {
            for place in 0..<total {
                let at = place / communicator.size * 32
                all.update(Array(parts[place % communicator.size][at..<at + 32]))
            }
        }
        return communicator.broadcast(communicator.rank == 0 ? all.digest() : nil)
    }
}

/// The number of frames of a data set, which for text takes a pass over the file.
public func countFrames(_ path: String) throws -> Int {
    let dataset = try openDataset(path)
    if let count = dataset.count { return count }
    var count = 0
    while try dataset.skip() { count += 1 }
    return count
}

/// Little-endian bytes of doubles, and back.
func encoded(_ values: [Double]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 8 * values.count) { buffer, count in
        let raw = UnsafeMutableRawBufferPointer(buffer)
        for (i, x) in values.enumerated() { raw.storeBytes(of: x.bitPattern.littleEndian, toByteOffset: 8 * i, as: UInt64.self) }
        count = 8 * values.count
    }
}

func decoded(_ bytes: [UInt8]) -> [Double] {
    bytes.withUnsafeBytes { raw in
        (0..<raw.count / 8).map { Double(bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))) }
    }
}
