import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix nvt`: velocity Verlet with a Nose-Hoover chain on the group's temperature.
///
/// Equations of Martyna, Klein and Tuckerman, J. Chem. Phys. 97, 2635 (1992); time-reversible half steps as in Tuckerman et al.,
/// J. Phys. A 39, 5629 (2006), in LAMMPS' order. Chain masses Q_1 = dof k T damp^2, Q_j = k T damp^2. Conserved:
/// E + sum_j Q_j v_j^2 / 2 + dof k T eta_1 + k T sum_{j>1} eta_j.
public final class NoseHooverChain: Fix {
    public struct Settings: Sendable {
        /// Target temperature at the start and the end of the run (of the ramp).
        public var start: Double
        public var stop: Double
        /// Relaxation time, time units.
        public var damp: Double
        public var chain = 3
        public var loops = 1
        public var drag = 0.0

        public init(start: Double, stop: Double, damp: Double) { (self.start, self.stop, self.damp) = (start, stop, damp) }
    }

    public let id: String
    public let style = "nvt"
    public var group: Group
    public var integrates: Bool { true }
    public let settings: Settings
    public private(set) var temperature: Temperature
    /// Chain positions eta_j and velocities; one velocity more than the chain is long, always 0, closes the recursion.
    private var eta: [Double]
    private var etaDot: [Double]
    private var etaDotDot: [Double]
    private var etaMass: [Double]
    private var target = 0.0
    private var current = 0.0

    public init(id: String, group: Group, settings: Settings) {
        (self.id, self.group, self.settings) = (id, group, settings)
        temperature = Temperature(group: group)
        eta = Array(repeating: 0, count: settings.chain)
        etaDotDot = eta
        etaMass = eta
        etaDot = Array(repeating: 0, count: settings.chain + 1)
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool {
        guard keyword == "temp", case .temperature(let other) = value else { return false }
        temperature = other
        return true
    }

    public func prepare(_ system: System) throws {
        temperature.prepare(system, removed: 0)
        guard temperature.degreesOfFreedom > 0 else {
            throw SimulationError("fix \(id) nvt: its temperature has no degrees of freedom (group \(group.name) is too small)")
        }
    }

    public func setup(_ system: System) {
        current = temperature.evaluate(system)
        setTarget(system)
        setMasses(system)
        for j in 1..<max(settings.chain, 1) where settings.chain > 1 {
            etaDotDot[j] = (etaMass[j - 1] * etaDot[j - 1] * etaDot[j - 1] - system.units.boltzmann * target) / etaMass[j]
        }
    }

    private func setTarget(_ system: System) {
        target = settings.start + system.run.fraction(system.step) * (settings.stop - settings.start)
    }

    private func setMasses(_ system: System) {
        let kT = system.units.boltzmann * target, square = settings.damp * settings.damp
        etaMass[0] = temperature.degreesOfFreedom * kT * square
        for j in 1..<max(settings.chain, 1) { etaMass[j] = kT * square }
    }

    public func initialIntegrate(_ system: System) {
        setTarget(system)
        integrateChain(system)
        kick(&system.atoms, system.forces, by: 0.5 * system.timestep * system.units.ftm2v, group)
        drift(&system.atoms, by: system.timestep, group)
    }

    public func finalIntegrate(_ system: System) {
        kick(&system.atoms, system.forces, by: 0.5 * system.timestep * system.units.ftm2v, group)
        current = temperature.evaluate(system)
        integrateChain(system)
    }

    /// Half a step of the chain, scaling the group's velocities.
    private func integrateChain(_ system: System) {
        let k = system.units.boltzmann, dof = temperature.degreesOfFreedom, loops = Double(settings.loops)
        let half = 0.5 * system.timestep / loops, quarter = 0.5 * half, eighth = 0.5 * quarter
        let drag = 1 - system.timestep / settings.damp * settings.drag / loops
        setMasses(system)
        func driveFirst() { etaDotDot[0] = etaMass[0] > 0 ? (dof * k * current - dof * k * target) / etaMass[0] : 0 }
        driveFirst()
        for _ in 0..<settings.loops {
            for j in stride(from: settings.chain - 1, through: 0, by: -1) {
                let factor = exp(-eighth * etaDot[j + 1])
                etaDot[j] = ((etaDot[j] * factor) + etaDotDot[j] * quarter) * drag * factor
            }
            let scale = exp(-half * etaDot[0])
            let v = system.atoms.velocity.pointer
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 { v[i] *= scale }
            current *= scale * scale
            driveFirst()
            for j in 0..<settings.chain { eta[j] += half * etaDot[j] }
            for j in 0..<settings.chain {
                let factor = exp(-eighth * etaDot[j + 1])
                etaDot[j] *= factor
                if j > 0 { etaDotDot[j] = (etaMass[j - 1] * etaDot[j - 1] * etaDot[j - 1] - k * target) / etaMass[j] }
                etaDot[j] = (etaDot[j] + etaDotDot[j] * quarter) * factor
            }
        }
    }

    public var conservedEnergy: Double { scalar ?? 0 }

    public var scalar: Double? {
        guard etaMass[0] > 0 else { return 0 }
        let square = settings.damp * settings.damp
        let dofkT = etaMass[0] / square, kT = dofkT / temperature.degreesOfFreedom
        var energy = dofkT * eta[0] + 0.5 * etaMass[0] * etaDot[0] * etaDot[0]
        for j in 1..<max(settings.chain, 1) { energy += kT * eta[j] + 0.5 * etaMass[j] * etaDot[j] * etaDot[j] }
        return energy
    }
}
