extension Lattice {
    /// Part of the box by which the lower faces are moved down for lattice points that rounding put just outside; twice as much is
    /// taken from the upper ones, so that of two images on opposite faces exactly one is made.
    private static let margin = 1e-6

    /// Calls `body` with the number (from 0) and the place of every basis point inside the box and the region, in LAMMPS' order: basis
    /// points fastest, then cells along a1, a2, a3. Time is linear in the number of cells around the box; every rank does all.
    /// - Throws: `Problem` when there are more cells than could be made.
    public func forEachSite(in box: Box, _ region: (any Region)?, _ body: (_ basis: Int, Vector) -> Void) throws(Problem) {
        let map = FractionalMap(box)
        var lower = box.isTriclinic ? Vector.zero : box.lo, upper = box.isTriclinic ? Vector(1, 1, 1, 0) : box.hi
        for d in 0..<3 where box.isPeriodic(d) {
            let margin = box.isTriclinic ? Self.margin : (box.hi[d] - box.lo[d]) * Self.margin
            lower[d] -= margin
            upper[d] -= 2.0 * margin
        }
        let cells = try isGeneral ? self.cells(around: generalCorners(map)) : self.cells(around: map.bounds, region)
        for k in cells.lo[2]...cells.hi[2] {
            for j in cells.lo[1]...cells.hi[1] {
                for i in cells.lo[0]...cells.hi[0] {
                    let corner = Vector(Double(i), Double(j), Double(k), 0)
                    for m in 0..<basis.count {
                        var x = position(corner + basis[m])
                        if isGeneral { x = box.restricted(x) }
                        if let region, !region.contains(x) { continue }
                        let s = box.isTriclinic ? map.fractional(x) : x
                        guard s.x >= lower.x, s.x < upper.x, s.y >= lower.y, s.y < upper.y, s.z >= lower.z, s.z < upper.z else {
                            continue
                        }
                        body(m, x)
                    }
                }
            }
        }
    }

    /// Ranges of cells that cover the box and the region, a cell wider on every side against rounding.
    private func cells(around bounds: (lo: Vector, hi: Vector), _ region: (any Region)?) throws(Problem) -> (lo: [Int], hi: [Int]) {
        var (lo, hi) = bounds
        if let region {
            let r = region.bounds
            for d in 0..<3 {
                if r.lo[d] > lo[d] { lo[d] = min(r.lo[d], hi[d]) }
                if r.hi[d] < hi[d] { hi[d] = max(r.hi[d], lo[d]) }
            }
        }
        return try cells(around: (0..<8).map { corner in
            Vector(corner & 1 == 0 ? lo.x : hi.x, corner & 2 == 0 ? lo.y : hi.y, corner & 4 == 0 ? lo.z : hi.z, 0)
        })
    }

    /// The box's corners in the general frame.
    private func generalCorners(_ map: FractionalMap) -> [Vector] {
        (0..<8).map { corner -> Vector in
            let s = Vector(Double(corner & 1), Double(corner >> 1 & 1), Double(corner >> 2 & 1), 0)
            return map.box.general(map.cartesian(s))
        }
    }

    private func cells(around corners: [Vector]) throws(Problem) -> (lo: [Int], hi: [Int]) {
        var low = Vector(repeating: .infinity), high = Vector(repeating: -.infinity)
        for corner in corners {
            let s = coordinates(corner)
            low = pointwiseMin(low, s)
            high = pointwiseMax(high, s)
        }
        guard (0..<3).allSatisfy({ low[$0] > -1e9 && high[$0] < 1e9 }) else {
            throw Problem(message: "the box is more than 10^9 lattice cells wide")
        }
        let first = (0..<3).map { Int(low[$0]) - 1 - (low[$0] < 0 ? 1 : 0) }
        let last = (0..<3).map { Int(high[$0]) + 1 }
        let number = (0..<3).reduce(Double(basis.count)) { $0 * Double(last[$1] - first[$1] + 1) }
        guard number < 1e12 else { throw Problem(message: "the box has \(number) lattice points, too many to visit") }
        return (first, last)
    }
}
