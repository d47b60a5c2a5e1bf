import Domain

/// Owned atoms and the neighbour list once more, by a model's species: centres of one species one after the other, and each centre's
/// neighbours grouped, so that lanes share what depends on the pair of species. Made once for each list build; as large as the list.
/// Types that the model does not see are left out, as neighbours and as centres. Whoever changes an atom's type rebuilds the list.
final class SpeciesGroups {
    /// The model's species of each type (index 0 unused), or -1.
    let species: [Int32]
    /// Species of the model.
    let count: Int
    /// The largest cutoff of any two species that types are mapped to.
    let cutoff: Double
    private var list: NeighbourList?
    private var generation = -1
    private var centres = Column<Int32>()
    private var centreStarts = Column<Int32>()
    private var starts = Column<Int32>()
    private var neighbours = Column<Int32>()
    private var largest = 0

    /// For types that are not mapped yet.
    convenience init() { self.init([], of: 0) { _, _ in 0 } }

    /// - Parameter cutoff: of neighbours of the second species around centres of the first.
    init(_ species: [Int32], of count: Int, cutoff: (Int, Int) -> Double) {
        (self.species, self.count) = (species, count)
        let present = Set(species.filter { $0 >= 0 }).map(Int.init)
        var largest = 0.0
        for i in present { for j in present { largest = max(largest, cutoff(i, j)) } }
        self.cutoff = largest
    }

    /// Where the groups of a list are.
    struct View: BitwiseCopyable {
        let species: Int
        /// Owned atoms of species a: centres[centreStarts[a] ..< centreStarts[a + 1]].
        let centres: UnsafePointer<Int32>
        let centreStarts: UnsafePointer<Int32>
        /// Neighbours of species b of centre i: neighbours[starts[i * species + b] ..< starts[i * species + b + 1]].
        let starts: UnsafePointer<Int32>
        let neighbours: UnsafePointer<Int32>
        /// The largest number of neighbours of a centre.
        let largest: Int
    }

    /// The groups of a list, made anew if it has been built since.
    func view(_ list: NeighbourList, _ atoms: borrowing Atoms) -> View {
        // The list is kept, not only its address, which a later list could have again.
        if self.list !== list || generation != list.generation || starts.count != atoms.owned * count + 1 {
            self.list = list
            generation = list.generation
            species.withUnsafeBufferPointer { fill(atoms, list, $0.baseAddress!) }
        }
        return View(
            species: count, centres: centres.pointer, centreStarts: centreStarts.pointer, starts: starts.pointer,
            neighbours: neighbours.pointer, largest: largest)
    }

    private func fill(_ atoms: borrowing Atoms, _ list: NeighbourList, _ map: UnsafePointer<Int32>) {
        centres.removeAll()
        centreStarts.removeAll()
        starts.resize(to: atoms.owned * count + 1, filling: 0)
        neighbours.resize(to: list.pairs, filling: 0)
        largest = 0
        let type = atoms.type.pointer, from = list.neighbours.pointer, offsets = list.offsets.pointer
        let starts = starts.pointer, into = neighbours.pointer
        for a in 0..<count {
            centreStarts.append(Int32(centres.count))
            for i in 0..<atoms.owned where map[Int(type[i])] == Int32(a) { centres.append(Int32(i)) }
        }
        centreStarts.append(Int32(centres.count))
        var at: Int32 = 0
        for i in 0..<atoms.owned {
            let first = at
            for b in 0..<count {
                starts[i * count + b] = at
                guard map[Int(type[i])] >= 0 else { continue }
                for k in Int(offsets[i])..<Int(offsets[i + 1]) where map[Int(type[Int(from[k])])] == Int32(b) {
                    into[Int(at)] = from[k]
                    at += 1
                }
            }
            largest = max(largest, Int(at - first))
        }
        starts[atoms.owned * count] = at
    }
}
