extension Atoms {
    /// Owned atoms in their order as bytes: positions, velocities, images, ids, types, masks, then each extra property.
    ///
    /// - Parameter more: other columns of the owned atoms that go with them.
    public borrowing func ownedBytes(_ more: [[Vector]] = []) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes += RestartFile.number(owned)
        func put<T: BitwiseCopyable>(_ column: borrowing Column<T>, _ count: Int) {
            bytes += UnsafeRawBufferPointer(start: column.pointer, count: count * MemoryLayout<T>.stride)
        }
        put(position, owned)
        put(velocity, owned)
        put(image, owned)
        put(id, owned)
        put(type, owned)
        put(mask, owned)
        for extra in extras { put(extra.values, owned * extra.width) }
        for column in more { column.withUnsafeBytes { bytes += $0 } }
        return bytes
    }

    /// Appends the atoms of `ownedBytes` for which `isWanted` says so of their positions; `extras` must be those of the writer.
    /// - Returns: of the atoms that were kept, the other columns.
    /// - Throws: `StateError` when the lengths do not fit.
    public mutating func append(
        _ bytes: [UInt8], columns: Int, where isWanted: (Vector) -> Bool
    ) throws(StateError) -> [[Vector]] {
        let vector = MemoryLayout<Vector>.stride
        guard bytes.count >= 8 else { throw StateError() }
        let count = bytes.withUnsafeBytes { Int(Int64(bitPattern: $0.loadUnaligned(as: UInt64.self).littleEndian)) }
        let width = 2 * vector + 16 + 8 + 4 + 4 + 8 * extras.reduce(0) { $0 + $1.width } + columns * vector
        guard count >= 0, count <= bytes.count / width, bytes.count == 8 + count * width else { throw StateError() }
        precondition(ghosts == 0, "atoms are added before ghosts are made")
        return bytes.withUnsafeBytes { raw in
            var start = 8
            /// Element i of the next column of `count * each` elements.
            func column<T: BitwiseCopyable>(_: T.Type, each: Int = 1) -> (Int) -> T {
                let first = start
                start += count * each * MemoryLayout<T>.stride
                return { raw.loadUnaligned(fromByteOffset: first + $0 * MemoryLayout<T>.stride, as: T.self) }
            }
            let (x, v, images) = (column(Vector.self), column(Vector.self), column(SIMD4<Int32>.self))
            let (ids, types, masks) = (column(Int64.self), column(Int32.self), column(UInt32.self))
            let properties = extras.map { column(Double.self, each: $0.width) }
            let others = (0..<columns).map { _ in column(Vector.self) }
            var kept = [[Vector]](repeating: [], count: columns)
            for i in 0..<count where isWanted(x(i)) {
                position.append(x(i))
                velocity.append(v(i))
                image.append(images(i))
                id.append(ids(i))
                type.append(types(i))
                mask.append(masks(i))
                for (extra, value) in zip(extras, properties) {
                    for k in 0..<extra.width { extra.values.append(value(i * extra.width + k)) }
                }
                for (c, value) in others.enumerated() { kept[c].append(value(i)) }
                owned += 1
            }
            return kept
        }
    }

    /// A digest of ids, types and positions of the owned atoms in their order.
    public borrowing func digest() -> UInt64 {
        var sum = Checksum()
        sum.add(UnsafeRawBufferPointer(start: position.pointer, count: owned * MemoryLayout<Vector>.stride))
        sum.add(UnsafeRawBufferPointer(start: id.pointer, count: owned * MemoryLayout<Int64>.stride))
        return sum.value
    }
}
