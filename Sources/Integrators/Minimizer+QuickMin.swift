import Domain

/// QuickMin (Sheppard, Terrell and Henkelman, J. Chem. Phys. 128, 134106 (2008)): explicit Euler steps of velocities that are projected on
/// the forces, and stopped when they go uphill.
extension Minimizer {
    func quickmin() throws -> MinimizationEnd {
        let delay = 5
        var lastUphill = system.step
        for _ in 0..<limits.iterations {
            simulation.interruption = simulation.askedToStop()
            if simulation.interruption != nil { return .interrupted }
            system.step += 1
            iterations += 1
            let power = sum { $0.dot($1) }
            if power >= 0 {
                let force = sum { _, f in f.dot(f) }
                turnVelocities((0, force == 0 ? 0 : power / force))
            } else {
                lastUphill = system.step
                setVelocities(0)
            }
            let limited = limitedStep(system.timestep)
            move(limited)
            kickAll(limited)
            previous = energy
            energy = try count()
            if limits.energy > 0, system.step - lastUphill > delay, energyHasConverged() { return .energy }
            if forceHasConverged() { return .force }
            try simulation.observeDue()
        }
        return .iterations
    }
}
