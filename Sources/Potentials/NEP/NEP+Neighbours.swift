import Domain

/// The neighbour list once more, each centre's neighbours grouped by species: within a group expansion coefficients and cutoffs are
/// the same, so that lanes share them. Made once for each list build; as large as the list. Types that the model does not see are
/// left out, as neighbours and as centres. Whoever changes an atom's type rebuilds the list.
final class NEPNeighbours {
    private var list: NeighbourList?
    private var generation = -1
    /// Neighbours of species b of centre i: indices[starts[i * species + b] ..< starts[i * species + b + 1]].
    private(set) var starts = Column<Int32>()
    private(set) var indices = Column<Int32>()
    /// The largest number of neighbours of a centre.
    private(set) var largest = 0

    func update(_ list: NeighbourList, _ atoms: borrowing Atoms, species: [Int32], count: Int) {
        // The list is kept, not only its address, which a later list could have again.
        if self.list === list && generation == list.generation && starts.count == atoms.owned * count + 1 { return }
        self.list = list
        generation = list.generation
        starts.removeAll()
        starts.resize(to: atoms.owned * count + 1, filling: 0)
        indices.resize(to: list.pairs, filling: 0)
        largest = 0
        species.withUnsafeBufferPointer { map in
            largest = Self.fill(
                atoms, list.offsets.pointer, list.neighbours.pointer, map.baseAddress!, count, starts.pointer, indices.pointer)
        }
    }

    private static func fill(
        _ atoms: borrowing Atoms, _ offsets: UnsafePointer<Int32>, _ neighbours: UnsafePointer<Int32>, _ map: UnsafePointer<Int32>,
        _ count: Int, _ starts: UnsafeMutablePointer<Int32>, _ indices: UnsafeMutablePointer<Int32>
    ) -> Int {
        let type = atoms.type.pointer
        var at: Int32 = 0, largest = 0
        for i in 0..<atoms.owned {
            let first = at
            for b in 0..<count {
                starts[i * count + b] = at
                guard map[Int(type[i])] >= 0 else { continue }
                for k in Int(offsets[i])..<Int(offsets[i + 1]) where map[Int(type[Int(neighbours[k])])] == Int32(b) {
                    indices[Int(at)] = neighbours[k]
                    at += 1
                }
            }
            largest = max(largest, Int(at - first))
        }
        starts[atoms.owned * count] = at
        return largest
    }
}

/// Memory for one centre, kept from call to call.
final class NEPWorkspace<L: EdgeLane> {
    private var lanes = Column<L>()
    private var singles = Column<L.Single>()
    private var edges = Column<Vector>()
    private var indices = Column<Int32>()
    private var groups = Column<Int32>()

    func scratch(_ view: NEPView, largest: Int) -> NEPScratch<L> {
        // Every group is padded to whole lanes.
        let neighbours = largest + view.species * L.laneCount
        let chunks = neighbours / L.laneCount + 1
        let moments = view.angularCount * NEPInvariants.momentCount
        let angularStride = 5 + 2 * view.angularCount + NEPInvariants.momentCount
        let basis = max(view.radialBasis, view.angularBasis) + 2
        lanes.resize(
            to: chunks * (NEPScratch<L>.radialStride + angularStride) + 3 * basis + NEPInvariants.momentCount + view.neurons,
            filling: .zero)
        singles.resize(to: 2 * view.dimension + 2 * moments + 3 * basis, filling: .zero)
        edges.resize(to: 2 * neighbours, filling: .zero)
        indices.resize(to: 2 * neighbours, filling: 0)
        groups.resize(to: 2 * view.species + 2, filling: 0)
        let l = lanes.pointer, s = singles.pointer
        let afterChunks = l + chunks * (NEPScratch<L>.radialStride + angularStride)
        return NEPScratch(
            radialEdges: edges.pointer, angularEdges: edges.pointer + neighbours, radialIndices: indices.pointer,
            angularIndices: indices.pointer + neighbours, radialGroups: groups.pointer, angularGroups: groups.pointer + view.species + 1,
            radialChunks: l, angularChunks: l + chunks * NEPScratch<L>.radialStride, angularStride: angularStride,
            basis: afterChunks, slopes: afterChunks + basis, harmonics: afterChunks + 3 * basis,
            hidden: afterChunks + 3 * basis + NEPInvariants.momentCount,
            q: s, f: s + view.dimension, moments: s + 2 * view.dimension, adjoint: s + 2 * view.dimension + moments,
            sums: s + 2 * view.dimension + 2 * moments, slopeSums: s + 2 * view.dimension + 2 * moments + basis)
    }
}

/// Where the parts of a workspace are.
struct NEPScratch<L: EdgeLane>: BitwiseCopyable {
    typealias S = L.Single
    static var radialStride: Int { 6 }

    /// x_j - x_i and |.|^2 in w of the neighbours within the cutoff, by species, each group padded to whole lanes.
    let radialEdges: UnsafeMutablePointer<Vector>
    let angularEdges: UnsafeMutablePointer<Vector>
    let radialIndices: UnsafeMutablePointer<Int32>
    let angularIndices: UnsafeMutablePointer<Int32>
    /// First chunk of each species, and the end.
    let radialGroups: UnsafeMutablePointer<Int32>
    let angularGroups: UnsafeMutablePointer<Int32>
    /// Each radial chunk: r/rc - 1, fc, fc', unit vector.
    let radialChunks: UnsafeMutablePointer<L>
    /// Each angular chunk: unit vector, 1 / r, r, g_n, g_n', harmonics.
    let angularChunks: UnsafeMutablePointer<L>
    let angularStride: Int
    let basis: UnsafeMutablePointer<L>
    let slopes: UnsafeMutablePointer<L>
    let harmonics: UnsafeMutablePointer<L>
    let hidden: UnsafeMutablePointer<L>
    /// Descriptors and the energy's derivatives by them.
    let q: UnsafeMutablePointer<S>
    let f: UnsafeMutablePointer<S>
    /// [n][24]
    let moments: UnsafeMutablePointer<S>
    let adjoint: UnsafeMutablePointer<S>
    let sums: UnsafeMutablePointer<S>
    let slopeSums: UnsafeMutablePointer<S>
}
