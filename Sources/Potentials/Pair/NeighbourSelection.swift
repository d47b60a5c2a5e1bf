import CLanes
import Domain

/// Room for the neighbours of one atom within a cutoff, component by component, so that four of them are a load away.
package struct NearNeighbours {
    /// x_i - x_j, and its square.
    let x: UnsafeMutablePointer<Double>
    let y: UnsafeMutablePointer<Double>
    let z: UnsafeMutablePointer<Double>
    let square: UnsafeMutablePointer<Double>
    let indices: UnsafeMutablePointer<Int32>

    package init(
        x: UnsafeMutablePointer<Double>, y: UnsafeMutablePointer<Double>, z: UnsafeMutablePointer<Double>,
        square: UnsafeMutablePointer<Double>, indices: UnsafeMutablePointer<Int32>
    ) { (self.x, self.y, self.z, self.square, self.indices) = (x, y, z, square, indices) }

    /// x_i - x_j and its square of four neighbours from k on.
    @inline(__always)
    func edges(_ k: Int) -> (x: Vector, y: Vector, z: Vector, w: Vector) {
        (Vector.load(x + k), Vector.load(y + k), Vector.load(z + k), Vector.load(square + k))
    }
}

/// Copies the neighbours within a cutoff: of four at a time those within are packed to the front of a vector that is written whole, and
/// the end moves on by their number, since a branch could not be predicted. A distance that is not a number counts as within, so that
/// it shows in the force. Then the last chunk is filled up to four with edges of no extent, of the last neighbour otherwise: they add no
/// force.
/// - Parameters:
///   - components: whether x, y, z are wanted beside the squares. - near: with room for the whole list and four more.
///   - limit: the squared cutoff for neighbour j, 0 where the pair does not interact.
/// - Returns: how many are within.
@inline(__always)
package func selectNeighbours(
    _ i: Int, _ position: UnsafePointer<Vector>, _ neighbours: UnsafePointer<Int32>, _ count: Int,
    components: Bool = true, into near: NearNeighbours, limit: (Int) -> Double
) -> Int {
    let xi = position[i]
    let px = Vector(repeating: xi.x), py = Vector(repeating: xi.y), pz = Vector(repeating: xi.z)
    var found = 0, k = 0
    while k &+ 4 <= count {
        let others = UnsafeRawPointer(neighbours + k).loadUnaligned(as: SIMD4<Int32>.self)
        let there = Vector.components(position, neighbours + k)
        let dx = px - there.x, dy = py - there.y, dz = pz - there.z
        let square = dx * dx + dy * dy + dz * dz
        let limits = Vector(limit(Int(others.x)), limit(Int(others.y)), limit(Int(others.z)), limit(Int(others.w)))
        let within = lanes_bits_d4(Vector.not(limits.lessOrEqual(square)))
        if components {
            lanes_pack_d4(dx, within).store(near.x + found)
            lanes_pack_d4(dy, within).store(near.y + found)
            lanes_pack_d4(dz, within).store(near.z + found)
        }
        lanes_pack_d4(square, within).store(near.square + found)
        UnsafeMutableRawPointer(near.indices + found).storeBytes(of: lanes_pack_i4(others, within), as: SIMD4<Int32>.self)
        found &+= within.nonzeroBitCount
        k &+= 4
    }
    while k < count {
        let j = neighbours[k], d = xi - position[Int(j)], each = d * d, square = each.x + each.y + each.z
        if components { (near.x[found], near.y[found], near.z[found]) = (d.x, d.y, d.z) }
        (near.square[found], near.indices[found]) = (square, j)
        found &+= limit(Int(j)) <= square ? 0 : 1
        k &+= 1
    }
    var end = found
    while end % 4 != 0 {
        if components { (near.x[end], near.y[end], near.z[end]) = (0, 0, 0) }
        (near.square[end], near.indices[end]) = (near.square[found &- 1], near.indices[found &- 1])
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
    private var edges = Column<Double>()
    private var indices = Column<Int32>()
    private var room = 0

    /// Room for the longest row of a list.
    func reserve(_ list: NeighbourList) -> NearNeighbours {
        var longest = 0
        let offsets = list.offsets.pointer
        for i in 0..<max(0, list.offsets.count - 1) { longest = max(longest, Int(offsets[i + 1] - offsets[i])) }
        if longest + 8 > room {
            room = longest + 8
            edges.reserve(4 * room)
            indices.reserve(room)
        }
        let start = edges.pointer
        return NearNeighbours(x: start, y: start + room, z: start + 2 * room, square: start + 3 * room, indices: indices.pointer)
    }
}
