/// From ids to this rank's owned and ghost atoms: open addressing, and a chain of an atom's images.
public struct AtomMap: ~Copyable {
    private var table: Column<Int32>
    private var next: Column<Int32>
    private let mask: Int

    public init(_ atoms: borrowing Atoms) {
        let count = atoms.count
        var size = 16
        while size < 2 * count { size *= 2 }
        mask = size - 1
        table = Column(repeating: -1, count: size)
        next = Column(repeating: -1, count: max(count, 1))
        let ids = atoms.id.pointer
        // Backwards, so that owned atoms are found first.
        for i in stride(from: count - 1, through: 0, by: -1) {
            let slot = find(ids[i], ids)
            next[i] = table[slot]
            table[slot] = Int32(i)
        }
    }

    /// The slot of an id, or the empty one where it would be.
    private borrowing func find(_ id: Int64, _ ids: UnsafePointer<Int64>) -> Int {
        var slot = Int(truncatingIfNeeded: UInt64(bitPattern: id) &* 0x9E37_79B9_7F4A_7C15 >> 20) & mask
        while table[slot] >= 0, ids[Int(table[slot])] != id { slot = (slot + 1) & mask }
        return slot
    }

    /// The image of the atom of that id that is nearest to atom i; nil when this rank sees none.
    public borrowing func nearest(_ id: Int64, to i: Int, _ atoms: borrowing Atoms) -> Int? {
        var j = Int(table[find(id, atoms.id.pointer)])
        guard j >= 0 else { return nil }
        let x = atoms.position.pointer
        var best = j, least = Double.infinity
        while j >= 0 {
            let d = (x[i] - x[j]).xyz, square = d.dot(d)
            if square < least { (best, least) = (j, square) }
            j = Int(next[j])
        }
        return best
    }
}
