import Domain
import Potentials

/// Ranks, ghosts and the neighbour list: when they are made anew, and how.
extension Simulation {
    /// Decomposes the box anew and sends every atom home.
    public func settleRanks() throws {
        shrinkWrap()
        decomposition = try Self.decompose(system, processors)
        system.atoms.total = system.communicator.sum(system.atoms.owned)
        system.atoms.migrate(box: system.box, decomposition: decomposition, communicator: system.communicator)
        nextSort = 0
    }

    public var listDistance: Double { potential.requirements.cutoff > 0 ? potential.requirements.cutoff + neighbours.skin : 0 }
    public var haloWidth: Double { max(potential.requirements.haloDepth + neighbours.skin, neighbours.minimumHalo, bonded?.reach ?? 0) }

    func rebuild(isSetup: Bool = false) {
        timings.measure(.communication) {
            shrinkWrap()
            if let rate = system.boxRate, rate.remapsVelocities { wrap(rate) }
            followCuts()
            system.atoms.migrate(box: system.box, decomposition: decomposition, communicator: system.communicator)
            if sortEvery > 0, isSetup || system.step >= nextSort {
                system.atoms.sortSpatially(box: system.box, cellWidth: max(listDistance / 2, 1e-6))
                nextSort = (system.step / sortEvery + 1) * sortEvery
            }
        }
        buildHaloAndList()
        lastBuild.step = system.step
        if !isSetup { counters.builds += 1 }
    }

    /// Takes over the planes that balancing has moved.
    private func followCuts() {
        guard let cuts = system.cuts, cuts != decomposition.cuts else { return }
        decomposition = Decomposition(cuts: cuts, rank: decomposition.rank, size: decomposition.size) ?? decomposition
    }

    func buildHaloAndList() {
        timings.measure(.communication) {
            halo.box = system.box
            halo.build(&system.atoms, decomposition: decomposition, width: haloWidth)
        }
        timings.measure(.neighbour) {
            let kind = potential.requirements.list
            if list.kind != kind || list.distance != listDistance { list = NeighbourList(kind: kind, distance: listDistance) }
            if listDistance > 0 {
                grid.build(list, system.atoms, without: neighbours.exclusion(system.atoms, halo), special: specialFilter())
            }
            missingPartner = nil
            do throws(MissingPartner) { try bonded?.rebuild(system.atoms, box: system.box, halo: haloWidth) } catch {
                missingPartner = error
            }
            lastBuild.record(system.atoms, system.box)
        }
    }

    /// What takes bonded neighbours out of the list, where there are any.
    private func specialFilter() -> SpecialFilter? {
        guard system.atoms.special != nil else { return nil }
        return SpecialFilter(
            specialBonds, box: system.box, keepsExcluded: potential.keepsExcludedPairs, scales: potential.specialTreatment == .scaled)
    }

    /// Wraps atoms into a box that is being deformed, with what that does to velocities.
    func wrap(_ rate: BoxRate) {
        for i in 0..<system.atoms.owned {
            let before = system.atoms.image[i]
            system.box.wrap(&system.atoms.position[i], &system.atoms.image[i])
            let moved = system.atoms.image[i] &- before
            if moved != .zero, system.atoms.mask[i] & rate.group.bit != 0 { system.atoms.velocity[i] -= rate.velocity(moved) }
        }
    }

    /// LAMMPS' rule: never before `delay` steps, only every `every`, and with `check` only when an atom has moved half the skin.
    func needsRebuild() -> Bool {
        if fixes.contains(where: { $0.forcesRebuild(at: system.step) }) { return true }
        let age = system.step - lastBuild.step
        guard !neighbours.once, age >= neighbours.delay, age % neighbours.every == 0 else { return false }
        guard neighbours.checksDistance else { return true }
        let moved = timings.measure(.neighbour) { system.communicator.any(hasMovedTooFar) }
        if moved && age == max(neighbours.every, neighbours.delay) { counters.dangerousBuilds += 1 }
        return moved
    }

    /// Whether an atom of this rank has moved too far for the list.
    var hasMovedTooFar: Bool { lastBuild.hasMovedTooFar(system.atoms, system.box, skin: neighbours.skin) }

    /// Moves `s` and `m` faces to the outermost atoms.
    private func shrinkWrap() {
        guard system.box.hasShrinkWrap else { return }
        system.box.shrinkWrap(system.atoms, system.communicator)
    }
}
