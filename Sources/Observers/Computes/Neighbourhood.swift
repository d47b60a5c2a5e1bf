import Deck
import Domain
import Integrators

/// Neighbours of owned atoms at this moment, found anew from owned atoms and ghosts, for computes that count or sort them.
final class Neighbourhood {
    let system: System
    let list: NeighbourList
    /// Masks of owned atoms and ghosts; empty when all atoms count.
    private var mask = Column<UInt32>()
    private let bit: UInt32

    /// - Parameters:
    ///   - distance: up to the depth of the halo; see `checkReach`.
    ///   - group: the neighbours that count.
    /// - Throws: `DeckError` when ghosts are not there: before the first run, or after atoms have been changed. Collective.
    init(_ snapshot: Snapshot, _ distance: Double, of group: Group, for what: String) throws {
        system = snapshot.system
        bit = group.bit
        guard let simulation = snapshot.simulation, !system.communicator.any(system.forces.force.count != system.atoms.count) else {
            throw DeckError("\(what) has no value yet: neighbours are known from the first run on; use run 0 before", at: nil)
        }
        list = NeighbourList(kind: .full, distance: distance)
        CellGrid().build(list, system.atoms)
        guard group != .all else { return }
        mask.resize(to: system.atoms.count, filling: 0)
        for i in 0..<system.atoms.owned { mask[i] = system.atoms.mask[i] }
        simulation.halo.forward(&mask)
    }

    /// Neighbours of owned atom i in the group, with r_j - r_i.
    @inline(__always) func forEach(_ i: Int, _ body: (_ j: Int, _ d: Vector) -> Void) {
        let x = system.atoms.position.pointer
        for k in Int(list.offsets[i])..<Int(list.offsets[i + 1]) {
            let j = Int(list.neighbours[k])
            if mask.isEmpty || mask[j] & bit != 0 { body(j, (x[j] - x[i]).xyz) }
        }
    }
}

extension Snapshot {
    /// The cutoff of the potential's neighbour list.
    var potentialCutoff: Double { potential?.requirements.cutoff ?? 0 }

    /// Refuses a distance beyond which ghosts may be missing, as LAMMPS does.
    /// - Throws: `DeckError` that says how to get them.
    func checkReach(_ distance: Double, of what: String) throws {
        guard let simulation else { return }
        let needed = distance + simulation.neighbours.skin
        guard needed > simulation.haloWidth * (1 + 1e-12) else { return }
        throw DeckError(
            "\(what): the cutoff \(distance) and the skin reach beyond the ghost atoms, which are \(simulation.haloWidth) deep; "
                + "use comm_modify cutoff \(needed)", at: nil)
    }
}
