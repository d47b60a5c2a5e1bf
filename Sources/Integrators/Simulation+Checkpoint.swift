import Domain
import Potentials

/// Going on from a restart file.
extension Simulation {
    /// The present state. Forces are those of the last step.
    /// - Returns: nil before the first set-up.
    public func makeCheckpoint() -> Checkpoint? {
        let owned = system.atoms.owned
        guard isPrepared, lastBuild.positions.count == owned, system.forces.force.count >= owned else { return nil }
        var result = Checkpoint(
            forces: (0..<owned).map { system.forces.force[$0] }, positionsAtBuild: (0..<owned).map { lastBuild.positions[$0] },
            boxAtBuild: lastBuild.box, lastBuild: lastBuild.step, nextSort: nextSort, counters: counters, cuts: decomposition.cuts)
        result.signature = signature
        result.evaluated = (
            system.forces.wanted, system.forces.energy, system.forces.parts, system.forces.virial, system.forces.addedVirial
        )
        return result
    }

    /// The checkpoint if it fits what there is, on every rank; else nil. It is used once. Collective.
    func takeCheckpoint() -> Checkpoint? {
        defer { checkpoint = nil }
        let fits = checkpoint.map { $0.signature == signature && $0.digest == system.atoms.digest() && system.atoms.ghosts == 0 } ?? false
        return system.communicator.any(!fits) ? nil : checkpoint
    }

    /// Ghosts and list as they were made from the positions of back then, then the positions of now.
    func rebuild(from checkpoint: Checkpoint) throws {
        guard let old = Decomposition(cuts: checkpoint.cuts, rank: system.communicator.rank, size: system.communicator.size) else {
            throw SimulationError("the restart file's bricks do not fit \(system.communicator.size) ranks")
        }
        decomposition = old
        let owned = system.atoms.owned
        let (now, box) = ((0..<owned).map { system.atoms.position[$0] }, system.box)
        for i in 0..<owned { system.atoms.position[i] = checkpoint.positionsAtBuild[i] }
        system.box = checkpoint.boxAtBuild
        buildHaloAndList()
        // Ensembles trim the list for their members, and some potentials sort it, at the first evaluation after a build: it must see the
        // positions of the build, or pairs that have come nearer since would be lost.
        try computeForces([])
        system.box = box
        halo.box = box
        for i in 0..<owned { system.atoms.position[i] = now[i] }
        halo.forwardPositions(&system.atoms)
        (lastBuild.step, nextSort) = (checkpoint.lastBuild, checkpoint.nextSort)
    }

    func goOn(from checkpoint: Checkpoint) throws {
        for i in 0..<system.atoms.owned { system.forces.force[i] = checkpoint.forces[i] }
        // Fixes may have changed box and positions since the forces were computed (fix deform): energy and virial are those of the step.
        let (known, energy, parts, virial, added) = checkpoint.evaluated
        if known.contains(.energy) { (system.forces.energy, system.forces.parts) = (energy, parts) }
        if known.contains(.virial) { (system.forces.virial, system.forces.addedVirial) = (virial, added) }
        counters = checkpoint.counters
        for fix in fixes {
            guard let bytes = checkpoint.fixes[fix.id] else { continue }
            var state = StateReader(bytes)
            try fix.restore(&state)
        }
    }
}
