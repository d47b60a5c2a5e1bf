/// Owned and ghost atoms sorted into cells, from which neighbour lists are built in time linear in the number of atoms.
///
/// Cells are half the list distance wide and numbered with x fastest, so the cells near an atom are at most 25 contiguous runs of
/// the sorted arrays. Owned atoms and ghosts are sorted apart: a half list then takes, of the owned atoms, only those that follow
/// in sorted order, and looks at ids only for ghosts.
public final class CellGrid {
    /// Atoms in order of their cells: cell c's are start[c] ..< start[c + 1].
    private struct Sorted: ~Copyable {
        var start = Column<Int32>()
        var order = Column<Int32>()
        /// Coordinates apart, so that the distance loop is a plain vector loop.
        var x = Column<Double>()
        var y = Column<Double>()
        var z = Column<Double>()

        var pointers: SortedPointers {
            SortedPointers(start: start.pointer, order: order.pointer, x: x.pointer, y: y.pointer, z: z.pointer)
        }

        /// Room for three more, because they are read in fours.
        mutating func resize(to count: Int) {
            order.resize(to: count + 3, filling: 0)
            x.resize(to: count + 3, filling: 0)
            y.resize(to: count + 3, filling: 0)
            z.resize(to: count + 3, filling: 0)
        }
    }

    private var origin = Vector.zero
    private var inverseWidth = Vector.zero
    private var cells = SIMD4<Int32>(1, 1, 1, 0)
    private var owned = Sorted()
    private var ghosts = Sorted()
    private var cellOf = Column<Int32>()
    /// Where each owned atom stands in sorted order.
    private var slot = Column<Int32>()
    /// Scratch: squared distances and indices of one atom's candidates.
    private var squares = Column<Double>()
    private var indices = Column<Int32>()

    public init() {}

    /// Fills `list` with the neighbours of every owned atom, without pairs for which `isExcluded` holds, and with bonded neighbours dealt
    /// with as `special` says.
    public func build(
        _ list: NeighbourList, _ atoms: borrowing Atoms, without isExcluded: ((Int, Int) -> Bool)? = nil, special: SpecialFilter? = nil
    ) {
        lay(atoms, width: list.distance / 2)
        slot.resize(to: atoms.owned, filling: 0)
        sort(atoms, 0..<atoms.owned, areOwned: true, into: &owned)
        sort(atoms, atoms.owned..<atoms.count, areOwned: false, into: &ghosts)
        fill(list, atoms)
        if let isExcluded { list.remove(where: isExcluded) }
        if let special { list.removeSpecial(atoms, special) }
        list.wasBuilt(atoms)
    }

    /// Chooses cells that cover all atoms. They get wider than asked when atoms are so far flung that most cells would be empty, so
    /// the grid's memory stays in proportion to the atoms. Atoms that are nowhere (not finite) are put into some cell and, since
    /// their distances compare false, are nobody's neighbours.
    private func lay(_ atoms: borrowing Atoms, width: Double) {
        let x = atoms.position.pointer
        var lo = Vector(repeating: .infinity), hi = Vector(repeating: -.infinity)
        for i in 0..<atoms.count {
            // Beyond this coordinates have no digits left for distances, and sums of squares would overflow.
            guard (x[i].xyz.max() < 1e100) && (x[i].xyz.min() > -1e100) else { continue }
            lo = pointwiseMin(lo, x[i])
            hi = pointwiseMax(hi, x[i])
        }
        if !(lo.x <= hi.x) { (lo, hi) = (.zero, .zero) }
        origin = lo
        let extent = hi - lo
        let most = Double(max(4096, 8 * atoms.count))
        var wide = max(width, 1e-6)
        func number(_ d: Int) -> Double { max(1, (extent[d] / wide).rounded(.down)) }
        while number(0) * number(1) * number(2) > most { wide *= 1.26 }
        for d in 0..<3 {
            cells[d] = Int32(number(d))
            inverseWidth[d] = extent[d] > 0 ? number(d) / extent[d] : 0
        }
    }

    /// Counting sort, stable.
    private func sort(_ atoms: borrowing Atoms, _ range: Range<Int>, areOwned: Bool, into sorted: inout Sorted) {
        let total = Int(cells.x) * Int(cells.y) * Int(cells.z)
        sorted.start.removeAll()
        sorted.start.resize(to: total + 2, filling: 0)
        cellOf.resize(to: range.count, filling: 0)
        sorted.resize(to: range.count)
        let position = atoms.position.pointer + range.lowerBound
        let cellOf = self.cellOf.pointer, slot = self.slot.pointer
        // Numbers of atoms stand two places late, so that sums stand one late, and placing atoms moves them to their places.
        let start = sorted.start.pointer
        let (origin, inverseWidth, cells) = (self.origin, self.inverseWidth, self.cells)
        for i in 0..<range.count {
            let c = CellGrid.cell(of: position[i], origin, inverseWidth, cells)
            let number = (c.z * cells.y + c.y) * cells.x + c.x
            cellOf[i] = number
            start[Int(number) + 2] += 1
        }
        for c in 1...total + 1 { start[c] += start[c - 1] }
        let order = sorted.order.pointer, x = sorted.x.pointer, y = sorted.y.pointer, z = sorted.z.pointer
        for i in 0..<range.count {
            let at = Int(start[Int(cellOf[i]) + 1])
            start[Int(cellOf[i]) + 1] += 1
            order[at] = Int32(range.lowerBound + i)
            (x[at], y[at], z[at]) = (position[i].x, position[i].y, position[i].z)
            if areOwned { slot[i] = Int32(at) }
        }
    }

    @inline(__always)
    static func cell(of x: Vector, _ origin: Vector, _ inverseWidth: Vector, _ cells: SIMD4<Int32>) -> SIMD4<Int32> {
        let s = (x - origin) * inverseWidth
        // Clamped while it is a number: converting a huge one or NaN to an integer would trap.
        @inline(__always) func index(_ s: Double) -> Int32 { Int32(s > 0 ? (s < 1e9 ? s : 1e9) : 0) }
        return pointwiseMin(SIMD4(index(s.x), index(s.y), index(s.z), 0), cells &- 1)
    }

    private func fill(_ list: NeighbourList, _ atoms: borrowing Atoms) {
        // How many cells the distance spans: 2 or 3 at the nominal width, fewer where cells are wider.
        var reach = SIMD4<Int32>.zero
        for d in 0..<3 {
            reach[d] = inverseWidth[d] > 0 ? Int32(min(1e9, (list.distance * inverseWidth[d]).rounded(.up))) : 0
        }
        // An atom's candidates are at most all atoms; three more, because they are handled in fours.
        indices.resize(to: atoms.count + 3, filling: 0)
        squares.resize(to: atoms.count + 3, filling: 0)
        list.offsets.removeAll()
        list.offsets.resize(to: atoms.owned + 1, filling: 0)
        list.neighbours.removeAll()
        let search = CellSearch(
            origin: origin, inverseWidth: inverseWidth, cells: cells, reach: reach, limit: list.distance * list.distance,
            isHalf: list.kind == .half, owned: owned.pointers, ghosts: ghosts.pointers, slot: slot.pointer,
            indices: indices.pointer, squares: squares.pointer)
        search.fill(&list.neighbours, &list.offsets, atoms)
    }
}
