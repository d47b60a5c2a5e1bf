/// Owned and ghost atoms sorted into cells, from which neighbour lists are built in time linear in the number of atoms.
///
/// Cells are half the list distance wide and numbered with x fastest, so the cells near an atom are at most 25 contiguous runs of
/// the sorted arrays.
public final class CellGrid {
    private var origin = Vector.zero
    private var inverseWidth = Vector.zero
    private var cells = (x: 1, y: 1, z: 1)
    private var start = Column<Int32>()
    private var order = Column<Int32>()
    private var sorted = Column<Vector>()
    private var cellOf = Column<Int32>()

    public init() {}

    /// Fills `list` with the neighbours of every owned atom.
    public func build(_ list: NeighbourList, _ atoms: borrowing Atoms) {
        sort(atoms, width: list.distance / 2)
        fill(list, atoms)
        list.generation += 1
    }

    private func sort(_ atoms: borrowing Atoms, width: Double) {
        let count = atoms.count
        let x = atoms.position.pointer
        var lo = Vector(repeating: .infinity), hi = Vector(repeating: -.infinity)
        for i in 0..<count {
            lo = pointwiseMin(lo, x[i])
            hi = pointwiseMax(hi, x[i])
        }
        if count == 0 { (lo, hi) = (.zero, .zero) }
        origin = lo
        // Far-flung atoms must not make the grid larger than the number of atoms warrants.
        let most = max(64, Int(Double(count).squareRoot()) * 8)
        let n = (0..<3).map { d in max(1, min(most, Int(max(0, (hi[d] - lo[d])) / width))) }
        cells = (n[0], n[1], n[2])
        for d in 0..<3 { inverseWidth[d] = hi[d] > lo[d] ? Double(n[d]) / (hi[d] - lo[d]) : 0 }
        let total = n[0] * n[1] * n[2]
        start.removeAll()
        start.resize(to: total + 1, filling: 0)
        cellOf.resize(to: count, filling: 0)
        order.resize(to: count, filling: 0)
        sorted.resize(to: count, filling: .zero)
        let start = self.start.pointer, cellOf = self.cellOf.pointer
        for i in 0..<count {
            let c = cell(of: x[i])
            let number = Int32((c.z * cells.y + c.y) * cells.x + c.x)
            cellOf[i] = number
            start[Int(number) + 1] += 1
        }
        for c in 0..<total { start[c + 1] += start[c] }
        let order = self.order.pointer, sorted = self.sorted.pointer
        for i in 0..<count {
            let at = Int(start[Int(cellOf[i])])
            order[at] = Int32(i)
            sorted[at] = x[i]
            start[Int(cellOf[i])] += 1
        }
        // The counting pass left start[c] at the beginning of cell c + 1.
        for c in stride(from: total, to: 0, by: -1) { start[c] = start[c - 1] }
        start[0] = 0
    }

    @inline(__always) private func cell(of x: Vector) -> (x: Int, y: Int, z: Int) {
        let s = (x - origin) * inverseWidth
        return (min(Int(s.x), cells.x - 1), min(Int(s.y), cells.y - 1), min(Int(s.z), cells.z - 1))
    }

    private func fill(_ list: NeighbourList, _ atoms: borrowing Atoms) {
        let limit = list.distance * list.distance
        // How many cells the distance spans: 2 or 3 at the nominal width, fewer when the cap made cells wider.
        let reach = (0..<3).map { d in inverseWidth[d] > 0 ? Int((list.distance * inverseWidth[d]).rounded(.up)) : 0 }
        list.offsets.removeAll()
        list.offsets.reserve(atoms.owned + 1)
        list.offsets.append(0)
        list.neighbours.removeAll()
        let x = atoms.position.pointer, start = self.start.pointer
        let order = self.order.pointer, sorted = self.sorted.pointer
        let half = list.kind == .half
        for i in 0..<atoms.owned {
            let xi = x[i]
            let c = cell(of: xi)
            let firstX = max(0, c.x - reach[0]), lastX = min(cells.x - 1, c.x + reach[0])
            for z in max(0, c.z - reach[2])...min(cells.z - 1, c.z + reach[2]) {
                for y in max(0, c.y - reach[1])...min(cells.y - 1, c.y + reach[1]) {
                    let row = (z * cells.y + y) * cells.x
                    let from = Int(start[row + firstX]), to = Int(start[row + lastX + 1])
                    list.neighbours.reserve(list.neighbours.count + to - from)
                    for k in from..<to {
                        let d = sorted[k] - xi
                        let j = Int(order[k])
                        if d.dot(d) < limit, j != i, !half || atoms.holdsPair(i, j) { list.neighbours.append(Int32(j)) }
                    }
                }
            }
            list.offsets.append(Int32(list.neighbours.count))
        }
    }
}
