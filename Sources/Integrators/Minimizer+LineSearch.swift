import Domain

/// Line searches along the minimiser's direction, with LAMMPS' constants. Each leaves positions, forces and energy of the place that it
/// chose, and returns nil, or goes back to the start and says why it failed.
extension Minimizer {
    func searchLine() throws -> MinimizationEnd? {
        // Slope of the energy along the direction, and the longest step that is allowed.
        let slope = dots([(.force, .direction)])[0] / divisor
        if slope <= 0 { return .uphill }
        let h = direction.values.pointer
        var largest = 0.0
        for k in 0..<3 * system.atoms.owned { largest = max(largest, h[k].magnitude) }
        largest = system.communicator.max(largest)
        var longest = settings.dmax / largest
        if settings.line != .forcezero { longest = min(1.0, longest) }
        if let relax {
            longest = min(longest, relax.longestStep(boxDirection))
            largest = boxDirection.reduce(largest) { max($0, $1.magnitude) }
        }
        if largest == 0 { return .noForce }
        try store()
        return switch settings.line {
        case .backtrack: try backtrack(energy, slope, longest)
        case .quadratic: try quadratic(energy, slope, longest)
        case .forcezero: try forceZero(energy, slope, longest, largest)
        }
    }

    /// A step that lowers the energy by less than this part of the slope's promise is too long.
    private static let sufficient = 0.4
    private static let reduction = 0.5
    /// Changes of the energy below this are rounding.
    private static let tiny = 1e-8

    private func succeed() throws -> MinimizationEnd? {
        if let relax, relax.renewReference(system) { energy = try evaluate() }
        return nil
    }

    /// Halves the step until the energy falls enough (Nocedal and Wright, Numerical Optimization, procedure 3.1).
    private func backtrack(_ start: Double, _ slope: Double, _ longest: Double) throws -> MinimizationEnd? {
        alpha = longest
        while true {
            energy = try step(to: alpha)
            let ideal = -Self.sufficient * alpha * slope
            let change = energy - start
            if change <= ideal { return try succeed() }
            alpha *= Self.reduction
            if alpha <= 0 || ideal >= -Self.tiny {
                energy = try step(to: 0)
                return change < 0 ? .energy : .noStep
            }
        }
    }

    /// The same, but where the energy is nearly a parabola in alpha, a secant step to the place without slope.
    private func quadratic(_ start: Double, _ slope: Double, _ longest: Double) throws -> MinimizationEnd? {
        alpha = longest
        var lastSlope = slope, lastEnergy = start, lastAlpha = 0.0
        while true {
            energy = try step(to: alpha)
            let here = dots([(.force, .direction)])[0] / divisor
            let change = here - lastSlope
            if here.magnitude < 1e-28 || change.magnitude < 1e-28 {
                energy = try step(to: 0)
                return .flat
            }
            let error = (1.0 - (0.5 * (alpha - lastAlpha) * (here + lastSlope) + energy) / lastEnergy).magnitude
            let projected = alpha - (alpha - lastAlpha) * here / change
            if error <= 0.1 && projected > 0 && projected < longest {
                energy = try step(to: projected)
                if energy - start < Self.tiny { return try succeed() }
            }
            let ideal = -Self.sufficient * alpha * slope
            if energy - start <= ideal { return try succeed() }
            (lastSlope, lastEnergy, lastAlpha) = (here, energy, alpha)
            alpha *= Self.reduction
            if alpha <= 0 || ideal >= -Self.tiny {
                energy = try step(to: 0)
                return .noStep
            }
        }
    }

    /// Newton steps to the place where the force along the direction is a tenth of what it was; the energy must not rise.
    private func forceZero(_ start: Double, _ slope: Double, _ longest: Double, _ largest: Double) throws -> MinimizationEnd? {
        var here = slope, energyHere = start
        alpha = 0
        // A first guess that would lower the energy to nine tenths.
        var increment = min(0.1 * start.magnitude / slope, 0.5 * longest)
        while true {
            let (lastSlope, lastEnergy) = (here, energyHere)
            alpha += increment
            if alpha > longest {
                alpha -= increment
                return try succeed()
            }
            energyHere = try step(to: alpha)
            energy = energyHere
            here = dots([(.force, .direction)])[0] / divisor
            let rises = energyHere - lastEnergy >= 1e-12
            if !rises && (here / slope).magnitude <= 0.1 { return try succeed() }
            guard rises || here < 0 else {
                // Next by linearising the force, but not too far near an inflection.
                increment *= lastSlope > here ? min(here / (lastSlope - here), 4.0) : 4.0
                continue
            }
            alpha -= increment
            increment *= here < 0 ? lastSlope / (lastSlope - here) : 0.1
            (energyHere, energy, here) = (lastEnergy, lastEnergy, lastSlope)
            if largest * increment <= 1e-14 {
                energy = try step(to: 0)
                return .noStep
            }
        }
    }
}
