import Deck
import Domain
import Potentials

/// What a simulation keeps so that it can go on, on the same number of ranks, as if it had never stopped.
///
/// Sums depend on the order of the neighbour list, and that on where atoms were when it was built: so those positions are kept, and the
/// list is rebuilt from them. Forces are kept as fixes have left them, since some depend on velocities in the middle of a step.
public struct Checkpoint: Sendable {
    /// Of this rank's owned atoms, in their order.
    public var forces: [Vector]
    public var positionsAtBuild: [Vector]
    public var boxAtBuild: Box
    public var lastBuild: Int
    public var nextSort: Int
    public var counters: Simulation.Counters
    /// Planes between ranks' bricks.
    public var cuts: [[Double]]
    /// This rank's part of the step's energy and virial, and which of them was computed.
    public var evaluated: (wanted: Wanted, energy: Double, parts: EnergyParts, virial: Tensor, added: Tensor) = (
        [], 0, EnergyParts(), .zero, .zero
    )
    /// Of ids and positions, so that a deck that changes them in between begins anew.
    public var digest: UInt64 = 0
    /// Potential, fixes and whatever else must be the same; made and compared by the session.
    public var signature = ""
    /// State of each fix, by id, to be restored once more after its set-up.
    public var fixes: [String: [UInt8]] = [:]

    public init(
        forces: [Vector], positionsAtBuild: [Vector], boxAtBuild: Box, lastBuild: Int, nextSort: Int, counters: Simulation.Counters,
        cuts: [[Double]]
    ) {
        (self.forces, self.positionsAtBuild, self.boxAtBuild) = (forces, positionsAtBuild, boxAtBuild)
        (self.lastBuild, self.nextSort, self.counters, self.cuts) = (lastBuild, nextSort, counters, cuts)
    }
}

extension Checkpoint {
    /// All but the columns of atoms.
    public func save(_ state: inout StateWriter) {
        boxAtBuild.save(&state)
        for number in [lastBuild, nextSort, counters.builds, counters.dangerousBuilds] { state.put(number) }
        Decomposition.save(cuts, &state)
        state.put(signature)
    }

    public init(_ state: inout StateReader) throws(StateError) {
        let box = try Box(&state)
        let (last, sort) = (try state.int(), try state.int())
        let counters = Simulation.Counters(builds: try state.int(), dangerousBuilds: try state.int())
        let cuts = try Decomposition.restoreCuts(&state)
        self.init(forces: [], positionsAtBuild: [], boxAtBuild: box, lastBuild: last, nextSort: sort, counters: counters, cuts: cuts)
        signature = try state.text()
    }
}

extension Checkpoint {
    /// `evaluated`, which differs between ranks.
    public func saveEvaluated(_ state: inout StateWriter) {
        state.put(evaluated.wanted.rawValue)
        for number in [evaluated.energy, evaluated.parts.coulomb, evaluated.parts.tail] { state.put(number) }
        for tensor in [evaluated.virial, evaluated.added] { for row in [tensor.x, tensor.y, tensor.z] { state.put(row) } }
    }

    public mutating func restoreEvaluated(_ state: inout StateReader) throws(StateError) {
        evaluated.wanted = Wanted(rawValue: try state.int())
        evaluated.energy = try state.double()
        evaluated.parts.coulomb = try state.double()
        evaluated.parts.tail = try state.double()
        evaluated.virial = Tensor(x: try state.vector(), y: try state.vector(), z: try state.vector())
        evaluated.added = Tensor(x: try state.vector(), y: try state.vector(), z: try state.vector())
    }
}
