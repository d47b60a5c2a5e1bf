/// A sorted set of atoms as the search reads it.
struct SortedPointers {
    let start: UnsafeMutablePointer<Int32>
    let order: UnsafeMutablePointer<Int32>
    let x: UnsafeMutablePointer<Double>
    let y: UnsafeMutablePointer<Double>
    let z: UnsafeMutablePointer<Double>
}

/// The inner loops of `CellGrid`: a value of plain pointers, valid while the grid's columns stay as they are, so that the loops hold
/// everything in registers and pay for no exclusivity checks.
struct CellSearch {
    let origin: Vector
    let inverseWidth: Vector
    let cells: SIMD4<Int32>
    /// Cells that the distance spans along each direction.
    let reach: SIMD4<Int32>
    /// Squared distance.
    let limit: Double
    let isHalf: Bool
    let owned: SortedPointers
    let ghosts: SortedPointers
    /// Where each owned atom stands in sorted order.
    let slot: UnsafeMutablePointer<Int32>
    /// Room for all atoms and three more.
    let indices: UnsafeMutablePointer<Int32>
    let squares: UnsafeMutablePointer<Double>

    func fill(_ neighbours: inout Column<Int32>, _ offsets: inout Column<Int32>, _ atoms: borrowing Atoms) {
        let position = atoms.position.pointer, offset = offsets.pointer
        var count = 0
        for i in 0..<atoms.owned {
            let xi = position[i]
            let c = CellGrid.cell(of: xi, origin, inverseWidth, cells)
            let low = pointwiseMax(c &- reach, .zero), high = pointwiseMin(c &+ reach, cells &- 1)
            let fromOwned = gatherOwned(i, xi, c, low, high)
            neighbours.reserve(count + fromOwned)
            count = keep(fromOwned, neighbours.pointer, count)
            let fromGhosts = gatherGhosts(xi, low, high)
            if fromGhosts > 0 {
                neighbours.assume(count: count)
                neighbours.reserve(count + fromGhosts)
                let before = count
                count = keep(fromGhosts, neighbours.pointer, count)
                if isHalf { count = halve(i, neighbours.pointer, before, count, atoms) }
            }
            neighbours.assume(count: count)
            offset[i + 1] = Int32(count)
        }
    }

    /// Of the owned atoms, a half list takes those that follow in sorted order: all in later rows, and those after it in its own.
    @inline(__always)
    private func gatherOwned(_ i: Int, _ xi: Vector, _ c: SIMD4<Int32>, _ low: SIMD4<Int32>, _ high: SIMD4<Int32>) -> Int {
        var candidates = 0
        var z = isHalf ? c.z : low.z
        while z <= high.z {
            var y = isHalf && z == c.z ? c.y : low.y
            while y <= high.y {
                let row = Int((z &* cells.y &+ y) &* cells.x)
                let from = Int(owned.start[row + Int(low.x)]), to = Int(owned.start[row + Int(high.x) + 1])
                if z == c.z && y == c.y {
                    let own = Int(slot[i])
                    if !isHalf { measure(xi, owned, from, own, &candidates) }
                    measure(xi, owned, own + 1, to, &candidates)
                } else {
                    measure(xi, owned, from, to, &candidates)
                }
                y &+= 1
            }
            z &+= 1
        }
        return candidates
    }

    @inline(__always)
    private func gatherGhosts(_ xi: Vector, _ low: SIMD4<Int32>, _ high: SIMD4<Int32>) -> Int {
        var candidates = 0
        var z = low.z
        while z <= high.z {
            var y = low.y
            while y <= high.y {
                let row = Int((z &* cells.y &+ y) &* cells.x)
                measure(xi, ghosts, Int(ghosts.start[row + Int(low.x)]), Int(ghosts.start[row + Int(high.x) + 1]), &candidates)
                y &+= 1
            }
            z &+= 1
        }
        return candidates
    }

    /// Appends the sorted atoms from ..< to and their squared distances from `xi` to the candidates, four at a time: up to three
    /// entries too many are written, which the next call overwrites.
    @inline(__always)
    private func measure(_ xi: Vector, _ sorted: SortedPointers, _ from: Int, _ to: Int, _ candidates: inout Int) {
        let px = Vector(repeating: xi.x), py = Vector(repeating: xi.y), pz = Vector(repeating: xi.z)
        let squares = UnsafeMutableRawPointer(self.squares + candidates)
        let indices = UnsafeMutableRawPointer(self.indices + candidates)
        let x = UnsafeRawPointer(sorted.x + from), y = UnsafeRawPointer(sorted.y + from), z = UnsafeRawPointer(sorted.z + from)
        let order = UnsafeRawPointer(sorted.order + from)
        var k = 0
        while k < to &- from {
            let dx = x.loadUnaligned(fromByteOffset: 8 &* k, as: Vector.self) - px
            let dy = y.loadUnaligned(fromByteOffset: 8 &* k, as: Vector.self) - py
            let dz = z.loadUnaligned(fromByteOffset: 8 &* k, as: Vector.self) - pz
            let r2 = dx * dx + dy * dy + dz * dz
            squares.storeBytes(of: r2, toByteOffset: 8 &* k, as: Vector.self)
            let four = order.loadUnaligned(fromByteOffset: 4 &* k, as: SIMD4<Int32>.self)
            indices.storeBytes(of: four, toByteOffset: 4 &* k, as: SIMD4<Int32>.self)
            k &+= 4
        }
        if to > from { candidates &+= to &- from }
    }

    /// Writes the candidates that are near enough to `neighbours` from place `count` on, without branching; returns the new count.
    @inline(__always)
    private func keep(_ candidates: Int, _ neighbours: UnsafeMutablePointer<Int32>, _ count: Int) -> Int {
        var count = count, k = 0
        while k < candidates {
            neighbours[count] = indices[k]
            count &+= squares[k] < limit ? 1 : 0
            k &+= 1
        }
        return count
    }

    /// Drops those of the ghosts before ..< count whose pair with i is held on the other side.
    @inline(__always)
    private func halve(
        _ i: Int, _ neighbours: UnsafeMutablePointer<Int32>, _ before: Int, _ count: Int, _ atoms: borrowing Atoms
    ) -> Int {
        var kept = before
        for k in before..<count where atoms.holdsPair(i, Int(neighbours[k])) {
            neighbours[kept] = neighbours[k]
            kept += 1
        }
        return kept
    }
}
