import Deck
import Domain
import Potentials

extension Simulation {
    /// Minimises the energy in the positions of all atoms and, with `fix box/relax`, in the box. Iterations count as steps.
    ///
    /// - Parameters:
    ///   - run: from the present step to as many steps later as there may be iterations.
    ///   - isPerAtom: whether energies are divided by the number of atoms, as in the table.
    /// - Throws: `SimulationError` for what cannot be minimised, or forces that are not finite.
    public func minimize(_ run: Run, _ settings: MinimizerSettings, _ limits: MinimizationLimits, isPerAtom: Bool) throws
        -> MinimizationResult
    {
        let neighbours = self.neighbours, timestep = system.timestep
        defer {
            self.neighbours = neighbours
            // FIRE changes it, and the last row of the table shows its own.
            system.timestep = timestep
            system.atoms.removeProperties(of: Minimizer.owner)
            isRunning = false
        }
        if needsOwnNeighbourSettings { (self.neighbours.every, self.neighbours.delay, self.neighbours.checksDistance) = (1, 0, true) }
        begin(run)
        (checkpoint, interruption) = (nil, nil)
        let relax = try boxRelax()
        for fix in fixes { try fix.prepare(system) }
        for observer in observers { try observer.prepare(self, run) }
        relax?.begin(system)
        if settings.style.isDynamic { for i in 0..<system.atoms.owned { system.atoms.velocity[i] = .zero } }
        try settleRanks()
        for fix in fixes { try fix.setupPreExchange(system) }
        rebuild(isSetup: true)
        try computeForces(wantedNow(atStart: true).union(relax == nil ? .energy : [.energy, .virial]))
        try checkFinite()
        for fix in fixes where fix.actsInMinimization { try fix.setup(system) }
        counters = Counters()
        timings = Timings()
        // As in LAMMPS, f_ID is 0 at step 0.
        if system.step != 0 { _ = try relax?.energyAndForce(system) }
        for observer in observers where observer.looksAtStart(of: run) { try observer.observe(self, run) }

        let divisor = isPerAtom ? Double(system.atoms.total) : 1
        let minimizer = Minimizer(self, settings, limits, divisor: divisor, relax: relax)
        minimizer.energy = try minimizer.measure()
        var result = MinimizationResult()
        result.energies.initial = minimizer.energy
        result.twoNorms.initial = minimizer.squaredNorm(.two).squareRoot()
        result.largestComponents.initial = minimizer.squaredNorm(.inf).squareRoot()
        let start = Timings.now()
        result.end = try minimizer.run()
        if result.end != .iterations { try finishEarly(minimizer) }
        timings.loop = Timings.now() - start
        result.energies.previous = minimizer.previous
        result.energies.final = minimizer.energy
        result.twoNorms.final = minimizer.squaredNorm(.two).squareRoot()
        result.largestComponents.final = minimizer.squaredNorm(.inf).squareRoot()
        (result.alpha, result.iterations, result.evaluations) = (minimizer.alpha, minimizer.iterations, minimizer.evaluations)
        for observer in observers { try observer.finish(self, run) }
        return result
    }

    /// A list that is not looked at in every iteration could miss neighbours: steps are of any length.
    public var needsOwnNeighbourSettings: Bool { neighbours.every != 1 || neighbours.delay != 0 }

    private func boxRelax() throws -> BoxRelax? {
        let all = fixes.compactMap { $0 as? BoxRelax }
        guard all.count <= 1 else { throw SimulationError("only one fix box/relax can act in a minimisation") }
        return all.first
    }

    /// The last step is the present one; everything looks at it, with all that it wants.
    private func finishEarly(_ minimizer: Minimizer) throws {
        current.last = system.step
        minimizer.energy = try minimizer.evaluate()
        for observer in observers { try observer.observe(self, current) }
    }

    /// Observers whose step this is.
    func observeDue() throws {
        try timings.measure(.output) {
            for observer in observers where isDue(observer) { try observer.observe(self, current) }
        }
    }

    /// Iterations evaluate more than once, so the list is checked each time.
    func needsRebuildInMinimization() -> Bool {
        guard !neighbours.once else { return false }
        guard neighbours.checksDistance else { return true }
        let moved = timings.measure(.neighbour) { system.communicator.any(hasMovedTooFar) }
        if moved && evaluationsSinceBuild == 0 { counters.dangerousBuilds += 1 }
        evaluationsSinceBuild = moved ? 0 : evaluationsSinceBuild + 1
        return moved
    }
}
