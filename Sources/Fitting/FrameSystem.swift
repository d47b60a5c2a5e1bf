import Domain
import Potentials

/// One frame made ready for potentials: atoms, ghosts and list on one rank, by the same decomposition, halo and list code as a run.
/// Atom i is the frame's: one rank keeps their order.
final class FrameSystem {
    let shape: FrameBox
    var atoms: Atoms
    let halo: Halo
    let list: NeighbourList

    /// - Parameters:
    ///   - types: of each atom, from 1. - needs: of whoever computes.
    /// - Throws: `DataError` for a cell without volume.
    init(_ frame: Frame, types: ArraySlice<Int32>, labels: [String?], masses: [Double?], needs: Requirements) throws {
        shape = try FrameBox(frame)
        atoms = Atoms(typeCount: labels.count - 1)
        (atoms.mass, atoms.labels) = (masses, labels)
        for (i, type) in types.enumerated() { atoms.append(id: Int64(i + 1), type: type, position: shape.toBox(frame.positions[i])) }
        atoms.total = frame.count
        let communicator = SerialCommunicator()
        guard let decomposition = Decomposition(box: shape.box, rank: 0, size: 1) else {
            throw DataError(frame.place, "the cell cannot be decomposed")
        }
        atoms.migrate(box: shape.box, decomposition: decomposition, communicator: communicator)
        halo = Halo(communicator: communicator, box: shape.box)
        halo.build(&atoms, decomposition: decomposition, width: needs.haloDepth)
        list = NeighbourList(kind: needs.list, distance: needs.cutoff)
        if needs.cutoff > 0 { CellGrid().build(list, atoms) }
    }
}
