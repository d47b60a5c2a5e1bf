import Domain

/// Memory for one batch of centres, kept from call to call.
final class ACEWorkspace<L: EdgeLane> {
    private var lanes = Column<L>()
    private var singles = Column<L.Single>()
    private let near = NeighbourScratch()
    private var fractions = Column<Double>()
    private var rows = Column<Int32>()
    private var small = Column<Int32>()

    /// - Parameter largest: neighbours of any centre in the list.
    func scratch(_ view: ACEView, largest: Int) -> ACEScratch<L> {
        let width = L.laneCount
        // Every species is padded to whole lanes.
        let chunks = (largest + width - 1) / width + view.elements, capacity = chunks * width + 4
        let sizes = [
            width * chunks * 4, width * chunks * 2 * view.functions, chunks * 2 * view.harmonics, 2 * view.nodes, 2 * view.nodes, view.sums,
            view.sums, view.densities, view.densities, 2 * view.densities * view.groups, 2, 3,
        ]
        lanes.resize(to: sizes.reduce(0, +), filling: .zero)
        singles.resize(to: 2 * view.nodes + view.sums, filling: .zero)
        fractions.resize(to: width * capacity, filling: 0)
        rows.resize(to: width * capacity, filling: 0)
        small.resize(to: width * (view.elements + 3), filling: 0)
        var at = lanes.pointer
        let starts = sizes.map { size in
            defer { at += size }
            return at
        }
        return ACEScratch(
            capacity: capacity, chunks: chunks, near: near.reserve(width * capacity), fractions: fractions.pointer, rows: rows.pointer,
            groups: small.pointer, closest: small.pointer + width * (view.elements + 1),
            closestSpecies: small.pointer + width * (view.elements + 2), geometry: starts[0], radial: starts[1], harmonics: starts[2],
            nodes: starts[3], adjoints: starts[4], sums: starts[5], sumAdjoints: starts[6], densities: starts[7], slopes: starts[8],
            groupSums: starts[9], core: starts[10], nearest: starts[11], weights: singles.pointer,
            sumWeights: singles.pointer + 2 * view.nodes)
    }
}

/// Where the parts of a workspace are.
struct ACEScratch<L: EdgeLane>: BitwiseCopyable {
    /// Edges and chunks of each lane.
    let capacity: Int
    let chunks: Int
    /// [lane][edge]: neighbours within the cutoff by species, each species padded to whole lanes.
    let near: NearNeighbours
    /// [lane][edge]: place between the nodes of the radial table, and the row of its node.
    let fractions: UnsafeMutablePointer<Double>
    let rows: UnsafeMutablePointer<Int32>
    /// [lane][species]: first chunk, and the end.
    let groups: UnsafeMutablePointer<Int32>
    /// [lane]: the edge that is furthest inside its inner cutoff, and its species; -1: none.
    let closest: UnsafeMutablePointer<Int32>
    let closestSpecies: UnsafeMutablePointer<Int32>
    /// [lane][chunk]: unit vector, 1/r.
    let geometry: UnsafeMutablePointer<L>
    /// [lane][chunk][function][value, slope]
    let radial: UnsafeMutablePointer<L>
    /// [chunk][m, l][re, im] of one lane.
    let harmonics: UnsafeMutablePointer<L>
    /// Lanes are centres from here: [node][re, im] and their adjoints.
    let nodes: UnsafeMutablePointer<L>
    let adjoints: UnsafeMutablePointer<L>
    let sums: UnsafeMutablePointer<L>
    let sumAdjoints: UnsafeMutablePointer<L>
    /// rho_p, and dF/drho_p.
    let densities: UnsafeMutablePointer<L>
    let slopes: UnsafeMutablePointer<L>
    /// [group][density][re, im]
    let groupSums: UnsafeMutablePointer<L>
    /// The density of core repulsion, and its adjoint.
    let core: UnsafeMutablePointer<L>
    /// Distance into the nearest inner cutoff's range, that range, and the derivative by the distance.
    let nearest: UnsafeMutablePointer<L>
    /// Adjoints of one lane.
    let weights: UnsafeMutablePointer<L.Single>
    let sumWeights: UnsafeMutablePointer<L.Single>
}
