import Domain

/// Memory for one centre, kept from call to call.
final class NEPWorkspace<L: EdgeLane> {
    private var lanes = Column<L>()
    private var singles = Column<L.Single>()
    private let near = NeighbourScratch()
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
        let room = neighbours + 4, near = near.reserve(2 * room)
        groups.resize(to: 2 * view.species + 2, filling: 0)
        let l = lanes.pointer, s = singles.pointer
        let afterChunks = l + chunks * (NEPScratch<L>.radialStride + angularStride)
        return NEPScratch(
            radial: near, angular: near.from(room), radialGroups: groups.pointer, angularGroups: groups.pointer + view.species + 1,
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

    /// The neighbours within the cutoffs, by species, each group padded to whole lanes.
    let radial: NearNeighbours
    let angular: NearNeighbours
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
