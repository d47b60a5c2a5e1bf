import Deck
import Domain
import Integrators
import Observers
import Potentials

/// From what a deck has gathered to a simulation that runs.
extension Session {
    /// The simulation with everything current, all requirements checked.
    /// - Throws: `DeckError` at the command for what is missing: box, atoms' masses, potential, coefficients.
    public func prepareSimulation(at location: SourceLocation) throws -> Simulation {
        let system = try requireSystem("run", at: location)
        guard let potential else { throw DeckError("run needs a potential: use pair_style and pair_coeff", at: location) }
        for type in 1...system.atoms.typeCount where system.atoms.mass[type] == nil {
            throw DeckError("the mass of atom type \(type) is not set: use mass, or a Masses section", at: location)
        }
        do {
            try potential.prepare(potentialSetup)
        } catch let error as DeckError {
            throw DeckError(error.message, at: error.location ?? potentialLines.last ?? location)
        }
        if simulation?.potential !== potential { output.line(potential.summary) }
        let simulation: Simulation
        if let existing = self.simulation, existing.system === system {
            simulation = existing
            simulation.potential = potential
            simulation.neighbours = neighbours
            simulation.processors = processors
        } else {
            simulation = try Simulation(system: system, potential: potential, neighbours: neighbours, processors: processors)
            self.simulation = simulation
        }
        (simulation.sortEvery, simulation.respa) = (sortEvery, respa)
        simulation.fixes = fixes
        try checkTopology(simulation, at: location)
        try updateDeviationFile(of: potential)
        simulation.observers = observation.observers + (restarts.map { [$0] } ?? [])
        simulation.signature = signature(of: simulation)
        compareModels()
        if let checkpoint = restored.checkpoint {
            if checkpoint.signature != simulation.signature {
                output.warn(
                    "potential, fixes or neighbour settings are not those that wrote the restart file: this run does not go on bit for bit")
            }
            simulation.checkpoint = checkpoint
            restored.checkpoint = nil
        }
        try checkFixes(simulation, at: location)
        return simulation
    }

    private func checkFixes(_ simulation: Simulation, at location: SourceLocation) throws {
        let integrators = fixes.filter(\.integrates)
        for (k, fix) in integrators.enumerated() {
            for other in integrators[..<k] {
                let both = fix.group.bit | other.group.bit
                var overlaps = false
                for i in 0..<simulation.system.atoms.owned where simulation.system.atoms.mask[i] & both == both { overlaps = true }
                if fix.group == other.group { overlaps = overlaps || simulation.system.atoms.owned > 0 }
                if communicator.any(overlaps) {
                    output.warn("fixes \(other.id) and \(fix.id) both integrate some of the same atoms")
                }
            }
        }
        try checkBoxes(at: location)
        try checkGradient(at: location)
        if !potential!.capabilities.contains(.virial), let fix = fixes.first(where: \.needsVirial) {
            throw DeckError("fix \(fix.id) \(fix.style) needs a virial, which \(potential!.style) does not have", at: location)
        }
    }

    /// Two fixes must not both set a component of the box.
    private func checkBoxes(at location: SourceLocation) throws {
        for (k, fix) in fixes.enumerated() {
            for other in fixes[..<k] where !fix.boxComponents.isDisjoint(with: other.boxComponents) {
                throw DeckError(
                    "fixes \(other.id) (\(other.style)) and \(fix.id) (\(fix.style)) both change the same part of the box", at: location)
            }
        }
    }

    /// Forces that are not the gradient of the energy: barostats are refused, and what thermo shows is said to be of something else.
    private func checkGradient(at location: SourceLocation) throws {
        guard let potential, !potential.capabilities.contains(.gradient) else { return }
        if let fix = fixes.first(where: \.needsVirial) {
            throw DeckError("fix \(fix.id) \(fix.style) needs the virial of the forces; \(potential.style) has none", at: location)
        }
        if let whose = potential.energyIsOf {
            output.warn("\(potential.style): potential energy, pressure and stress are those of \(whose)")
        }
        if fixes.contains(where: { $0.style == "nve" }), !fixes.contains(where: { $0.style == "langevin" }) {
            output.warn("the forces of \(potential.style) are not the gradient of an energy: with fix nve the total energy will drift")
        }
    }

    /// What must be the same for a continued run to be the same run.
    private func signature(of simulation: Simulation) -> String {
        let n = neighbours
        return dynamics.signature
            + "\nlist \(simulation.listDistance) \(simulation.haloWidth) \(n.every) \(n.delay) \(n.checksDistance) \(n.once) \(n.exclusions) \(sortEvery)"
            + (respa.map { "\nrespa \($0)" } ?? "")
    }

    /// Runs and reports.
    /// - Throws: `Interrupted` when a signal has ended the run, after a restart file has been written.
    func run(_ simulation: Simulation, _ run: Run) throws {
        output.write(RunReport.setup(simulation, observation))
        defer { output.endTable() }
        try simulation.run(run)
        if let stop = simulation.system.stop {
            skipsRuns = skipsRuns || stop.skipsLaterRuns
            endStatus = endStatus ?? stop.status
            if let message = stop.message { output.line(message) }
        }
        output.write(RunReport.summary(simulation, run, observation))
        try endInterrupted(simulation)
    }

    /// Evaluates a trajectory and reports.
    func rerun(_ simulation: Simulation, _ run: Run, _ source: SnapshotSource) throws {
        output.write(RunReport.neighbourChanges(simulation, observation))
        // Without an interval every frame has a row, as in LAMMPS.
        let schedule = observation.thermo.schedule
        if schedule.kind == .never { observation.thermo.schedule = Schedule(.every(1)) }
        defer {
            observation.thermo.schedule = schedule
            output.endTable()
        }
        let frames = try simulation.replay(run, source)
        output.write(RunReport.summary(simulation, simulation.current, observation, steps: frames))
    }

    func endInterrupted(_ simulation: Simulation) throws {
        switch simulation.interruption {
        case nil: break
        case .timeout:
            limits.confirm(.timeout)
            output.line("Wall time limit reached at step \(simulation.system.step): later runs are skipped")
        case .signal:
            let path = restarts?.nextPath(simulation.system.step) ?? "mdrun.restart"
            try writeRestart(path, at: nil)
            output.line("Asked to stop: at step \(simulation.system.step); go on with read_restart \(path)")
            throw Interrupted()
        }
    }
}
