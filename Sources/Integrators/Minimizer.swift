import Domain
import Potentials

/// One minimisation under way: positions (and the box, with fix box/relax) as variables, energy and forces of them.
///
/// Vectors of all atoms are atom properties, so they migrate with the atoms when a list is rebuilt.
final class Minimizer {
    let simulation: Simulation
    let system: System
    let settings: MinimizerSettings
    let limits: MinimizationLimits
    /// Number by which energies are divided, 1 or the number of atoms, as in the table.
    let divisor: Double
    let relax: BoxRelax?

    /// Positions at the start of a line search, with image flags; gradient; direction.
    let origin: AtomProperty
    let gradient: AtomProperty
    let direction: AtomProperty
    private var originBox: Box
    /// The same of the box.
    var boxForce: [Double]
    var boxGradient: [Double]
    var boxDirection: [Double]

    var energy = 0.0
    var previous = 0.0
    var alpha = 0.0
    var iterations = 0
    var evaluations = 0

    static let owner = "minimize"

    init(_ simulation: Simulation, _ settings: MinimizerSettings, _ limits: MinimizationLimits, divisor: Double, relax: BoxRelax?) {
        (self.simulation, system, self.settings, self.limits) = (simulation, simulation.system, settings, limits)
        (self.divisor, self.relax) = (divisor, relax)
        func property(_ what: String, _ width: Int) -> AtomProperty {
            simulation.system.atoms.claimProperty("\(Self.owner)/\(what)", width: width).property
        }
        (origin, gradient, direction) = (property("x", 6), property("g", 3), property("h", 3))
        originBox = simulation.system.box
        boxForce = [Double](repeating: 0, count: relax?.freedoms ?? 0)
        (boxGradient, boxDirection) = (boxForce, boxForce)
    }

    func run() throws -> MinimizationEnd {
        switch settings.style {
        case .cg: try descend(isConjugate: true)
        case .sd: try descend(isConjugate: false)
        case .fire: try fire()
        case .quickmin: try quickmin()
        }
    }

    // MARK: - Energy and forces

    /// The energy now, forces left in place. Collective.
    func evaluate() throws -> Double {
        if simulation.needsRebuildInMinimization() {
            for fix in simulation.fixes where fix.actsInMinimization || fix.balances { try fix.preExchange(system) }
            simulation.rebuild()
            followImages()
        } else {
            simulation.forwardPositions()
        }
        var wanted = simulation.wantedNow().union(.energy)
        if relax != nil { wanted.formUnion(.virial) }
        try simulation.computeForces(wanted)
        try simulation.checkFinite()
        for fix in simulation.fixes where fix.actsInMinimization { try fix.postForce(system) }
        return try measure()
    }

    /// The energy of forces that have been computed.
    func measure() throws -> Double {
        var energy = system.communicator.sum(system.forces.energy)
        for fix in simulation.fixes where fix.actsInMinimization { energy += fix.potentialEnergy }
        if let relax {
            let box = try relax.energyAndForce(system)
            energy += box.energy
            boxForce = box.force
        }
        return energy / divisor
    }

    /// Moves the origin of atoms that were wrapped into the box, so that x - origin stays what it was.
    private func followImages() {
        let values = origin.values.pointer
        for i in 0..<system.atoms.owned {
            let image = system.atoms.image[i]
            let old = SIMD4<Int32>(Int32(values[6 * i + 3]), Int32(values[6 * i + 4]), Int32(values[6 * i + 5]), 0)
            let moved = image &- old
            guard moved != .zero else { continue }
            let shift = originBox.shift(moved)
            for d in 0..<3 {
                values[6 * i + d] -= shift[d]
                values[6 * i + 3 + d] = Double(image[d])
            }
        }
    }

    /// Remembers where atoms and box are.
    func store() throws {
        originBox = system.box
        let values = origin.values.pointer
        for i in 0..<system.atoms.owned {
            for d in 0..<3 {
                values[6 * i + d] = system.atoms.position[i][d]
                values[6 * i + 3 + d] = Double(system.atoms.image[i][d])
            }
        }
        relax?.store(system)
    }

    /// Moves from the origin by alpha along the direction, and evaluates there.
    func step(to alpha: Double) throws -> Double {
        try relax?.step(0, boxDirection, system)
        let x = system.atoms.position.pointer, from = origin.values.pointer, h = direction.values.pointer
        for i in 0..<system.atoms.owned { for d in 0..<3 { x[i][d] = from[6 * i + d] } }
        if alpha > 0 {
            try relax?.step(alpha, boxDirection, system)
            for i in 0..<system.atoms.owned { for d in 0..<3 { x[i][d] += alpha * h[3 * i + d] } }
        }
        evaluations += 1
        return try evaluate()
    }

    // MARK: - Vectors

    enum Operand { case force, gradient, direction }

    /// Scalar products, the box's part included. Collective.
    func dots(_ pairs: [(Operand, Operand)]) -> [Double] {
        let f = system.forces.force.pointer, g = gradient.values.pointer, h = direction.values.pointer
        func value(_ operand: Operand, _ i: Int, _ d: Int) -> Double {
            switch operand {
            case .force: f[i][d]
            case .gradient: g[3 * i + d]
            case .direction: h[3 * i + d]
            }
        }
        func box(_ operand: Operand) -> [Double] { operand == .force ? boxForce : operand == .gradient ? boxGradient : boxDirection }
        var sums = pairs.map { a, b in
            var sum = 0.0
            for i in 0..<system.atoms.owned { for d in 0..<3 { sum += value(a, i, d) * value(b, i, d) } }
            return sum
        }
        system.communicator.all(.sum, &sums)
        for (k, (a, b)) in pairs.enumerated() {
            for (x, y) in zip(box(a), box(b)) { sums[k] += x * y }
        }
        return sums
    }

    /// The square of the norm that the force tolerance is about. Collective.
    func squaredNorm(_ norm: MinimizerSettings.Norm) -> Double {
        if norm == .two { return dots([(.force, .force)])[0] }
        let f = system.forces.force.pointer
        var most = 0.0
        for i in 0..<system.atoms.owned {
            let squares = f[i].xyz * f[i].xyz
            most = max(most, norm == .inf ? squares.max() : squares.x + squares.y + squares.z)
        }
        most = system.communicator.max(most)
        return boxForce.reduce(most) { max($0, $1 * $1) }
    }

    func energyHasConverged() -> Bool {
        // A floor, so that an energy of zero does not ask for infinite precision.
        (energy - previous).magnitude < limits.energy * 0.5 * (energy.magnitude + previous.magnitude + 1e-8)
    }

    func forceHasConverged(twoNormSquared: Double? = nil) -> Bool {
        guard limits.force > 0 else { return false }
        let square = settings.norm == .two ? twoNormSquared ?? squaredNorm(.two) : squaredNorm(settings.norm)
        return square < limits.force * limits.force
    }

    // MARK: - Descent

    /// Conjugate gradients (Polak and Ribiere, positive), or steepest descent, with line searches.
    private func descend(isConjugate: Bool) throws -> MinimizationEnd {
        let freedoms = system.communicator.sum(3 * system.atoms.owned) + boxForce.count
        let restart = min(Int(Int32.max), freedoms)
        takeForces(beta: 0, isConjugate)
        var square = dots([(.force, .force)])[0]
        for _ in 0..<limits.iterations {
            simulation.interruption = simulation.askedToStop()
            if simulation.interruption != nil { return .interrupted }
            system.step += 1
            iterations += 1
            previous = energy
            if let end = try searchLine() { return end }
            if evaluations >= limits.evaluations { return .evaluations }
            if energyHasConverged() { return .energy }
            let products = isConjugate ? dots([(.force, .force), (.force, .gradient)]) : []
            if forceHasConverged(twoNormSquared: products.first) { return .force }
            if isConjugate {
                var beta = max(0, (products[0] - products[1]) / square)
                if (iterations + 1) % restart == 0 { beta = 0 }
                square = products[0]
                takeForces(beta: beta, true)
                if dots([(.gradient, .direction)])[0] <= 0 { takeForces(beta: 0, true) }
            } else {
                takeForces(beta: 0, false)
            }
            try simulation.observeDue()
        }
        return .iterations
    }

    /// g = f, h = f + beta h.
    private func takeForces(beta: Double, _ isConjugate: Bool) {
        let f = system.forces.force.pointer, g = gradient.values.pointer, h = direction.values.pointer
        for i in 0..<system.atoms.owned {
            for d in 0..<3 {
                g[3 * i + d] = f[i][d]
                h[3 * i + d] = beta == 0 ? f[i][d] : f[i][d] + beta * h[3 * i + d]
            }
        }
        for k in boxForce.indices {
            boxGradient[k] = boxForce[k]
            boxDirection[k] = boxForce[k] + beta * boxDirection[k]
        }
    }
}
