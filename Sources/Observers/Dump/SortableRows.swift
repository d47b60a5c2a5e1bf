/// Rows with what they are sorted by: the key, and the id among equal keys.
struct SortableRows {
    private var text: [UInt8] = []
    private var entries: [(key: Double, id: Int64, start: Int, end: Int)] = []

    mutating func append(key: Double, id: Int64, _ row: (inout [UInt8]) -> Void) {
        let start = text.count
        row(&text)
        entries.append((key, id, start, text.count))
    }

    /// Number of rows, then key, id and length of each, then the text.
    var packed: [UInt8] {
        guard !entries.isEmpty else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + 24 * entries.count + 8)
        func put<T: BitwiseCopyable>(_ value: T) { withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) } }
        put(Int64(entries.count))
        for entry in entries {
            put(entry.key)
            put(entry.id)
            put(Int64(entry.end - entry.start))
        }
        return bytes + text
    }

    mutating func unpack(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        var start = text.count
        bytes.withUnsafeBytes { raw in
            let count = Int(raw.loadUnaligned(as: Int64.self))
            for k in 0..<count {
                let at = 8 + 24 * k
                let length = Int(raw.loadUnaligned(fromByteOffset: at + 16, as: Int64.self))
                entries.append(
                    (
                        raw.loadUnaligned(fromByteOffset: at, as: Double.self), raw.loadUnaligned(fromByteOffset: at + 8, as: Int64.self),
                        start, start + length
                    ))
                start += length
            }
            text.append(contentsOf: raw[(8 + 24 * count)...])
        }
    }

    func inOrder() -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        // Not-a-numbers come last, so that the order is one.
        for entry in entries.sorted(by: { a, b in
            if a.key != b.key { return a.key.isNaN ? false : b.key.isNaN || a.key < b.key }
            return a.id < b.id
        }) { result.append(contentsOf: text[entry.start..<entry.end]) }
        return result
    }
}
