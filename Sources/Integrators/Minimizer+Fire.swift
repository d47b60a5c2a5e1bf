import Domain

/// FIRE: dynamics whose velocities are turned towards the forces while they go downhill, and stopped when they go uphill.
extension Minimizer {
    func fire() throws -> MinimizationEnd {
        let initial = system.timestep
        var step = initial, mixing = settings.alpha
        let first = system.step
        var lastUphill = first, uphillInRow = 0
        var isAtRest = true
        if settings.integrator == .leapfrog {
            energy = try count()
            setVelocities(-0.5 * step)
        }
        for _ in 0..<limits.iterations {
            simulation.interruption = simulation.askedToStop()
            if simulation.interruption != nil { return .interrupted }
            system.step += 1
            iterations += 1
            let power = sum { $0.dot($1) }
            var turn: (keep: Double, force: Double)?
            if power > 0 {
                uphillInRow = 0
                let velocity = sum { v, _ in v.dot(v) }, force = sum { _, f in f.dot(f) }
                turn = (1.0 - mixing, force <= 1e-20 ? 0 : mixing * (velocity / force).squareRoot())
                if system.step - lastUphill > settings.delaySteps {
                    step = min(step * settings.growth, settings.largestStep * initial)
                    system.timestep = step
                    mixing *= settings.alphaShrinkage
                }
            } else {
                lastUphill = system.step
                if !(system.step - first < settings.delaySteps && settings.delaysAtStart) {
                    mixing = settings.alpha
                    if step * settings.shrinkage >= settings.smallestStep * initial {
                        step *= settings.shrinkage
                        system.timestep = step
                    }
                }
                uphillInRow += 1
                if settings.uphillLimit > 0 && uphillInRow > settings.uphillLimit { return .stuck }
                if settings.stepsHalfBack { move(-0.5 * step) }
                setVelocities(0)
                isAtRest = true
            }
            if isAtRest {
                // What velocities will be, to see how far atoms would move.
                energy = try count()
                setVelocities(step)
            }
            let limited = limitedStep(step)
            if isAtRest { setVelocities(0) }
            isAtRest = false
            previous = energy
            try advance(limited, turn)
            if limits.energy > 0, system.step - lastUphill > settings.delaySteps, energyHasConverged() { return .energy }
            if forceHasConverged() { return .force }
            try simulation.observeDue()
        }
        return .iterations
    }

    func count() throws -> Double {
        evaluations += 1
        return try evaluate()
    }

    /// One step of the chosen integrator.
    private func advance(_ dt: Double, _ turn: (keep: Double, force: Double)?) throws {
        switch settings.integrator {
        case .eulerimplicit, .leapfrog:
            kickAll(dt)
            turnVelocities(turn)
            move(dt)
            energy = try count()
        case .verlet:
            kickAll(0.5 * dt)
            turnVelocities(turn)
            move(dt)
            energy = try count()
            kickAll(0.5 * dt)
        case .eulerexplicit:
            turnVelocities(turn)
            move(dt)
            kickAll(dt)
            energy = try count()
        }
    }

    func kickAll(_ dt: Double) { kick(&system.atoms, system.forces, by: dt * system.units.ftm2v, .all) }
    func move(_ dt: Double) { drift(&system.atoms, by: dt, .all) }

    /// v = dt f / m
    func setVelocities(_ dt: Double) {
        for i in 0..<system.atoms.owned { system.atoms.velocity[i] = .zero }
        if dt != 0 { kickAll(dt) }
    }

    func turnVelocities(_ turn: (keep: Double, force: Double)?) {
        guard let turn else { return }
        let v = system.atoms.velocity.pointer, f = system.forces.force.pointer
        for i in 0..<system.atoms.owned { v[i] = turn.keep * v[i].xyz + turn.force * f[i].xyz }
    }

    /// Sum over all atoms of a function of velocity and force.
    func sum(_ term: (Vector, Vector) -> Double) -> Double {
        let v = system.atoms.velocity.pointer, f = system.forces.force.pointer
        var sum = 0.0
        for i in 0..<system.atoms.owned { sum += term(v[i].xyz, f[i].xyz) }
        return system.communicator.sum(sum)
    }

    /// The time step in which no atom moves farther than dmax along a coordinate.
    func limitedStep(_ dt: Double) -> Double {
        let v = system.atoms.velocity.pointer
        var dt = dt
        for i in 0..<system.atoms.owned {
            let u = v[i]
            let fastest = max(u.x.magnitude, u.y.magnitude, u.z.magnitude)
            if dt * fastest > settings.dmax { dt = settings.dmax / fastest }
        }
        return system.communicator.min(dt)
    }
}
