/// Which pairs a list holds. `half`: each pair once, seen from one of its atoms. `full`: every neighbour of every owned atom.
public enum ListKind: Sendable, Hashable { case half, full }

/// Neighbours of each owned atom, owned and ghost ones, within a distance: atom i's are
/// `neighbours[offsets[i] ..< offsets[i + 1]]`.
///
/// The distance includes the skin, so a kernel checks its own cutoff. A half list holds a pair of owned atoms at either of them
/// (the one first in the grid's order, or of smaller index when trimmed from a full list), and an owned-ghost pair on one of the two sides
/// that see it, chosen by ids and, between images of one atom, by the integer box shift; never by comparing coordinates, which rounding
/// could make both sides win or lose.
public final class NeighbourList {
    public let kind: ListKind
    /// Cutoff plus skin.
    public let distance: Double
    public internal(set) var offsets = Column<Int32>(repeating: 0, count: 1)
    public internal(set) var neighbours = Column<Int32>()
    /// Pairs that are not in the list since they interact with factors (`special_bonds`): a half list, shared with what is trimmed from
    /// this one.
    public private(set) var special = SpecialPairs()
    /// Counts builds, so that whoever derives something from the list knows when it is stale.
    public internal(set) var generation = 0
    private var derived: [Key: NeighbourList] = [:]

    private struct Key: Hashable {
        let kind: ListKind
        let distance: Double
    }

    public init(kind: ListKind, distance: Double) {
        self.kind = kind
        self.distance = distance
    }

    public var pairs: Int { neighbours.count }

    /// The grid has filled this list: lists trimmed from it are trimmed again at once. (Doing it when one is next asked for would
    /// use positions that have moved since, and miss pairs that come within reach before the next build.)
    func wasBuilt(_ atoms: borrowing Atoms, generation: Int? = nil) {
        self.generation = generation ?? self.generation + 1
        for list in derived.values { list.trim(self, atoms) }
    }

    /// Takes out pairs for which `isExcluded`, of an owned atom and its neighbour, holds. Called before anything is trimmed from the list.
    func remove(where isExcluded: (Int, Int) -> Bool) {
        var kept = 0, first = 0
        for i in 0..<offsets.count - 1 {
            let last = Int(offsets[i + 1])
            for k in first..<last where !isExcluded(i, Int(neighbours[k])) {
                neighbours[kept] = neighbours[k]
                kept += 1
            }
            first = last
            offsets[i + 1] = Int32(kept)
        }
        neighbours.assume(count: kept)
    }

    /// The pairs of this list that are within `distance`, kept until the next build; this list itself when nothing would differ.
    /// An ensemble builds one list and gives each member its own. The first request for a distance must come before atoms have
    /// moved since the list was built; later builds renew what was asked for.
    public func trimmed(kind: ListKind, distance: Double, _ atoms: borrowing Atoms) -> NeighbourList {
        precondition(distance <= self.distance * (1 + 1e-12), "a list is trimmed, never widened")
        precondition(self.kind == .full || kind == .half, "a half list does not hold a full one")
        if kind == self.kind && distance == self.distance { return self }
        let key = Key(kind: kind, distance: distance)
        if let list = derived[key] { return list }
        let list = NeighbourList(kind: kind, distance: distance)
        list.special = special
        list.trim(self, atoms)
        derived[key] = list
        return list
    }

    private func trim(_ parent: NeighbourList, _ atoms: borrowing Atoms) {
        let limit = distance * distance
        offsets.removeAll()
        offsets.append(0)
        neighbours.removeAll()
        neighbours.reserve(parent.kind == kind ? parent.pairs : parent.pairs / 2 + 1)
        let halve = parent.kind == .full && kind == .half
        let x = atoms.position.pointer
        let start = parent.offsets.pointer, other = parent.neighbours.pointer
        for i in 0..<atoms.owned {
            for k in Int(start[i])..<Int(start[i + 1]) {
                let j = Int(other[k])
                let d = (x[i] - x[j]).xyz
                if d.dot(d) < limit, !halve || atoms.holdsPair(i, j) { neighbours.append(Int32(j)) }
            }
            offsets.append(Int32(neighbours.count))
        }
        wasBuilt(atoms, generation: parent.generation)
    }
}

extension Atoms {
    /// Whether the half list holds the pair of owned atom i and neighbour j at i.
    @inlinable public func holdsPair(_ i: Int, _ j: Int) -> Bool {
        if j < owned { return i < j }
        let a = id[i], b = id[j]
        // Parity spreads the pairs over both sides.
        if a != b { return (a + b) & 1 == 0 ? a < b : a > b }
        let n = ghostShift[j - owned]
        return n.x != 0 ? n.x > 0 : n.y != 0 ? n.y > 0 : n.z > 0
    }
}
