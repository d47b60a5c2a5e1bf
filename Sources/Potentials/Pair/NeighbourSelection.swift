import Domain

/// Copies the neighbours within a cutoff to `edges` (x_i - x_j, and its square in w) and `indices`: every neighbour is written, and the
/// end moves on only if it is within, since a branch could not be predicted. A distance that is not a number counts as within, so that
/// it shows in the force. Then the last chunk is filled up to four with edges of no extent, of the last neighbour otherwise: they add no
/// force.
/// - Parameter limit: the squared cutoff's bits for neighbour j: `bitPattern`, 0 where the pair does not interact.
/// - Returns: how many are within; room for that many and three more, at least for the whole list, is needed.
@inline(__always)
func selectNeighbours(
    _ i: Int, _ position: UnsafePointer<Vector>, _ neighbours: UnsafePointer<Int32>, _ count: Int,
    edges: UnsafeMutablePointer<Vector>, indices: UnsafeMutablePointer<Int32>, limit: (Int) -> UInt64
) -> Int {
    let xi = position[i]
    var found = 0, k = 0
    while k < count {
        let j = neighbours[k]
        var d = xi - position[Int(j)]
        let square = d * d
        d.w = square.x + square.y + square.z
        edges[found] = d
        indices[found] = j
        // The bits of non-negative numbers are ordered as the numbers are, NaN above all.
        let bits = d.w.bitPattern & ~(1 << 63)
        let below = (bits &- limit(Int(j))) >> 63, isNaN = (Double.infinity.bitPattern &- bits) >> 63
        found &+= Int(truncatingIfNeeded: below | isNaN)
        k &+= 1
    }
    var end = found
    while end % 4 != 0 {
        edges[end] = Vector(0, 0, 0, edges[found &- 1].w)
        indices[end] = indices[found &- 1]
        end &+= 1
    }
    return found
}

/// Lane masks of a last chunk: 1 in the first `left` lanes, else 0.
@inline(__always)
func laneWeights(_ left: Int) -> Vector {
    left >= 4 ? Vector(repeating: 1) : Vector(1, left > 1 ? 1 : 0, left > 2 ? 1 : 0, 0)
}

/// Memory for the neighbours of one atom.
final class NeighbourScratch {
    private(set) var edges = Column<Vector>()
    private(set) var indices = Column<Int32>()

    /// Room for the longest row of a list.
    func reserve(_ list: NeighbourList) {
        var longest = 0
        let offsets = list.offsets.pointer
        for i in 0..<max(0, list.offsets.count - 1) { longest = max(longest, Int(offsets[i + 1] - offsets[i])) }
        edges.reserve(longest + 8)
        indices.reserve(longest + 8)
    }
}
