import CLanes
import Domain

/// Room for the neighbours of one atom within a cutoff, component by component, so that four of them are a load away.
package struct NearNeighbours: BitwiseCopyable {
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

    /// The same from place n on.
    @inline(__always)
    func from(_ n: Int) -> NearNeighbours { NearNeighbours(x: x + n, y: y + n, z: z + n, square: square + n, indices: indices + n) }

    /// x_i - x_j and its square of four neighbours from k on.
    @inline(__always)
    func edges(_ k: Int) -> (x: Vector, y: Vector, z: Vector, w: Vector) {
        (Vector.load(x + k), Vector.load(y + k), Vector.load(z + k), Vector.load(square + k))
    }
}

/// Copies the neighbours within a cutoff: of four at a time those within are packed to the front of a vector that is written whole, and
/// the end moves on by their number, since a branch could not be predicted. A distance that is not a number counts as within, so that
/// it shows in the force. Behind the last one stand four edges of no extent, of the last neighbour otherwise: they add no force.
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
    while k < count {
        let left = count &- k
        // Copies of the last neighbour in the last chunk do not count.
        let others = four(neighbours, from: k, to: count)
        let there = Vector.components(position, others)
        let dx = px - there.x, dy = py - there.y, dz = pz - there.z
        let square = dx * dx + dy * dy + dz * dz
        let limits = Vector(limit(Int(others.x)), limit(Int(others.y)), limit(Int(others.z)), limit(Int(others.w)))
        let within = lanes_bits_d4(Vector.not(limits.lessOrEqual(square))) & (left >= 4 ? 15 : (1 &<< Int32(left)) &- 1)
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
    guard found > 0 else { return 0 }
    if components {
        Vector.zero.store(near.x + found)
        Vector.zero.store(near.y + found)
        Vector.zero.store(near.z + found)
    }
    Vector(repeating: near.square[found &- 1]).store(near.square + found)
    UnsafeMutableRawPointer(near.indices + found).storeBytes(of: SIMD4(repeating: near.indices[found &- 1]), as: SIMD4<Int32>.self)
    return found
}

/// Four consecutive numbers of atoms.
@inline(__always)
func four(_ indices: UnsafePointer<Int32>) -> SIMD4<Int32> { UnsafeRawPointer(indices).loadUnaligned(as: SIMD4<Int32>.self) }

/// Four entries of a list from k on; what is missing before its end is filled with the last one.
@inline(__always)
func four(_ list: UnsafePointer<Int32>, from k: Int, to end: Int) -> SIMD4<Int32> {
    let left = end &- k
    return left >= 4 ? four(list + k) : SIMD4(list[k], list[k &+ left / 2], list[end &- 1], list[end &- 1])
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
        return reserve(longest + 8)
    }

    func reserve(_ count: Int) -> NearNeighbours {
        if count > room {
            room = count
            edges.reserve(4 * room)
            indices.reserve(room)
        }
        let start = edges.pointer
        return NearNeighbours(x: start, y: start + room, z: start + 2 * room, square: start + 3 * room, indices: indices.pointer)
    }
}
