/// A frame's cell as an engine's box, whose edge a is along x and b in the xy plane, and the rotation between the two.
///
/// A left-handed cell is replaced by its mirror image -a, -b, -c, which makes the same lattice. Directions that are not periodic may
/// have a zero edge vector; a frame without a cell gets a box around its atoms.
package struct FrameBox {
    package let box: Box
    /// Rows e1, e2, e3: box coordinates are e . x. nil when the cell has the box's form already, so that no digit changes.
    private let axes: Tensor?

    /// - Throws: `DataError` for a periodic cell without volume.
    package init(_ frame: Frame) throws {
        var lo = Vector.zero, hi = Vector.zero
        if let first = frame.positions.first { (lo, hi) = (first, first) }
        for x in frame.positions {
            lo = pointwiseMin(lo, x)
            hi = pointwiseMax(hi, x)
        }
        let extent = hi - lo
        guard let cell = frame.cell, frame.isPeriodic.contains(true) else {
            let rim = Vector(1, 1, 1, 0)
            var box = Box(lo: lo - rim, hi: hi + rim)
            box.boundary = Array(repeating: (.fixed, .fixed), count: 3)
            (self.box, axes) = (box, nil)
            return
        }
        var edges = [cell.x.xyz, cell.y.xyz, cell.z.xyz]
        let room = extent.dot(extent).squareRoot() + 2
        for d in 0..<3 where !frame.isPeriodic[d] && edges[d] == .zero {
            let others = [edges[(d + 1) % 3], edges[(d + 2) % 3]]
            var normal = others[0].cross(others[1])
            if normal == .zero {
                // Two directions are open: any vectors that complete a basis will do.
                let along = others.first { $0 != .zero } ?? .zero
                normal = along.cross(along.x.magnitude < 0.5 * along.dot(along).squareRoot() ? Vector(1, 0, 0, 0) : Vector(0, 1, 0, 0))
            }
            let length = normal.dot(normal).squareRoot()
            if length > 0 { edges[d] = normal * (room / length) }
        }
        var determinant = edges[0].dot(edges[1].cross(edges[2]))
        if determinant < 0 {
            edges = edges.map { -$0 }
            determinant = -determinant
        }
        let scale = edges.reduce(1.0) { $0 * $1.dot($1).squareRoot() }
        guard determinant.isFinite, determinant > 1e-9 * scale, scale > 0 else {
            throw DataError(frame.place, "the cell has no volume")
        }
        let (a, b, c) = (edges[0], edges[1], edges[2])
        var box: Box
        if a.y == 0, a.z == 0, b.z == 0, a.x > 0, b.y > 0, c.z > 0 {
            box = Box(lo: .zero, hi: Vector(a.x, b.y, c.z, 0), xy: b.x, xz: c.x, yz: c.y)
            axes = nil
        } else {
            let e1 = a / a.dot(a).squareRoot()
            var e2 = b - e1 * b.dot(e1)
            e2 /= e2.dot(e2).squareRoot()
            let e3 = e1.cross(e2)
            box = Box(lo: .zero, hi: Vector(a.dot(e1), b.dot(e2), c.dot(e3), 0), xy: b.dot(e1), xz: c.dot(e1), yz: c.dot(e2))
            axes = Tensor(x: e1, y: e2, z: e3)
        }
        box.boundary = frame.isPeriodic.map { $0 ? (.periodic, .periodic) : (.fixed, .fixed) }
        self.box = box
    }

    /// A vector of the frame in the box's coordinates.
    package func toBox(_ x: Vector) -> Vector {
        guard let axes else { return x.xyz }
        return Vector(axes.x.dot(x), axes.y.dot(x), axes.z.dot(x), 0)
    }

    package func fromBox(_ x: Vector) -> Vector {
        guard let axes else { return x.xyz }
        return axes.x * x.x + axes.y * x.y + axes.z * x.z
    }

    /// R^T T R
    package func fromBox(_ t: Tensor) -> Tensor {
        guard axes != nil else { return t }
        let rows = [fromBox(t.x), fromBox(t.y), fromBox(t.z)]
        func column(_ d: Int) -> Vector { fromBox(Vector(rows[0][d], rows[1][d], rows[2][d], 0)) }
        let columns = (0..<3).map(column)
        return Tensor(
            x: Vector(columns[0].x, columns[1].x, columns[2].x, 0), y: Vector(columns[0].y, columns[1].y, columns[2].y, 0),
            z: Vector(columns[0].z, columns[1].z, columns[2].z, 0))
    }
}
