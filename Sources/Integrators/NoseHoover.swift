import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix nvt`, `fix npt`, `fix nph`: velocity Verlet with Nose-Hoover chains on the temperature, on the box, or both.
///
/// Thermostat: Martyna, Klein and Tuckerman, J. Chem. Phys. 97, 2635 (1992), chain masses Q_1 = dof k T damp^2, Q_j = k T damp^2.
/// Barostat: Martyna, Tobias and Klein, J. Chem. Phys. 101, 4177 (1994), with the strain energy of Parrinello and Rahman, J. Appl.
/// Phys. 52, 7182 (1981), where stresses are given apart; masses W = (N + 1) k T damp^2. Time-reversible factorisation as in Tuckerman
/// et al., J. Phys. A 39, 5629 (2006) and Shinoda, Shiga and Mikami, Phys. Rev. B 69, 134103 (2004), in LAMMPS' order of operations:
///
///     barostat's chain; thermostat's chain; omega' += dt/2 ...; v *= exp(-dt/2 (omega' + ...)); v += dt/2 f/m; box by dt/2;
///     x += dt v; box by dt/2; [forces]; v += dt/2 f/m; v *= ...; omega' += ...; thermostat's chain; barostat's chain
///
/// f_ID: what the conserved quantity has beside the energy of the atoms. f_ID[i]: eta, eta', omega, omega', etap, etap', then the
/// potential and kinetic energy of each of the three, and the strain energy; omega has 1, 3 or 6 entries (iso, aniso, tri).
public final class NoseHoover: Fix {
    public struct Settings: Sendable {
        /// Target temperatures at the start and the end of the run, and the relaxation time; nil: no thermostat.
        public var temperature: (start: Double, stop: Double, damp: Double)?
        public var stress: StressControl
        public var chain = 3
        /// 0: no chain on the barostat.
        public var pressureChain = 3
        public var loops = 1
        public var pressureLoops = 1
        public var drag = 0.0
        /// Whether the barostat has the terms of Martyna, Tobias and Klein in 1/N.
        public var hasMTKTerms = true
        /// Steps between renewals of the reference cell of the strain energy; 0 = never.
        public var resetEvery = 0
        public var flips = true
        public var fixedPoint: Vector
        /// Reference temperature of the barostat's masses where there is no thermostat; nil: the temperature at the start.
        public var massTemperature: Double?
        /// Atoms that move with the box.
        public var dilated = Group.all
        /// How the thermostat treats the flow that a deforming box has (`fix nvt/sllod`); nil: there is none.
        public var shear: Shear?

        public init(_ box: Box) {
            stress = StressControl(box)
            fixedPoint = (box.lo + box.hi) * 0.5
        }
    }

    /// The SLLOD equations of motion (Evans and Morriss, Phys. Rev. A 30, 1528 (1984)) in the laboratory's frame: what is added to the
    /// force on the thermal velocity u, with L the velocity gradient of the box: -m L u, or with p-SLLOD (Tuckerman et al., J. Chem. Phys.
    /// 106, 5615 (1997)) -m L v, v being the whole velocity.
    public enum Shear: Sendable { case sllod, pSllod }

    public let id: String
    public let style: String
    public var group: Group
    public var integrates: Bool { true }
    public internal(set) var settings: Settings
    public internal(set) var temperature: Temperature
    var pressure: Pressure

    var hasThermostat: Bool { settings.temperature != nil }
    let hasBarostat: Bool
    var stress: StressControl { settings.stress }

    // Thermostat. One velocity more than the chain is long, always 0, closes the recursion.
    var eta: [Double]
    var etaDot: [Double]
    var etaDotDot: [Double]
    var etaMass: [Double]
    var target = 0.0
    var current = 0.0
    var kineticTarget = 0.0
    var degreesOfFreedom = 0.0

    // Barostat: strain rates of the cell in the order xx yy zz yz xz xy.
    var omega = [Double](repeating: 0, count: 6)
    var omegaDot = [Double](repeating: 0, count: 6)
    var omegaMass = [Double](repeating: 0, count: 6)
    var etap: [Double]
    var etapDot: [Double]
    var etapDotDot: [Double]
    var etapMass: [Double]
    var acting = [Double](repeating: 0, count: 6)
    var kineticTensor = [Double](repeating: 0, count: 6)
    var pressureTarget = [Double](repeating: 0, count: 6)
    var hydrostatic = 0.0
    var mtk = 0.0
    /// Reference temperature of the masses without a thermostat; 0: not known yet.
    var referenceTemperature = 0.0
    var referenceVolume = 0.0
    var referenceInverse = [Double](repeating: 0, count: 6)
    var sigma = [Double](repeating: 0, count: 6)
    let highestFrequency: Double
    /// Last seen, for the energies.
    var volume = 0.0
    var cell = [Double](repeating: 0, count: 6)
    var units = Units.lj
    var atoms = 0.0

    // Of the step.
    var timestep = 0.0

    public init(id: String, style: String, group: Group, settings: Settings) {
        (self.id, self.style, self.group, self.settings) = (id, style, group, settings)
        hasBarostat = settings.stress.isActive
        // The pressure is of all atoms, and so is its temperature.
        temperature = Temperature(group: settings.stress.isActive ? .all : group, bias: settings.shear == nil ? .none : .streaming)
        pressure = Pressure(temperature: temperature)
        eta = Array(repeating: 0, count: settings.chain)
        (etaDotDot, etaMass, etaDot) = (eta, eta, eta + [0])
        etap = Array(repeating: 0, count: settings.pressureChain)
        (etapDotDot, etapMass, etapDot) = (etap, etap, etap + [0])
        let stress = settings.stress
        highestFrequency = stress.range.map { stress.isControlled[$0] ? 1 / stress.period[$0] : 0 }.max()!
    }

    public var needsVirial: Bool { hasBarostat }
    public var changesBox: Bool { hasBarostat }
    public var boxComponents: Set<Int> { Set((0..<6).filter { stress.isControlled[$0] }) }
    public func wants(at step: Int) -> Wanted { hasBarostat ? .virial : [] }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool {
        switch value {
        case .temperature(let other) where keyword == "temp":
            temperature = other
            pressure.temperature = pressure.temperature.map { _ in other }
        case .pressure(let other) where keyword == "press" && hasBarostat: pressure = other
        default: return false
        }
        return true
    }

    // MARK: - Set-up

    public func prepare(_ system: System) throws {
        temperature.prepare(system, removed: 0)
        guard temperature.degreesOfFreedom > 0 else {
            throw SimulationError(
                "fix \(id) \(style): its temperature has no degrees of freedom (group \(temperature.group.name) is too small)")
        }
        (units, timestep) = (system.units, system.timestep)
        atoms = Double(system.communicator.sum(system.atoms.owned))
        if hasBarostat && referenceVolume == 0 { takeReference(system) }
        look(system)
    }

    public func setup(_ system: System) throws {
        if settings.shear != nil {
            guard temperature.isBiased else {
                throw SimulationError("fix \(id) \(style): its temperature must leave out the flow: use temp/deform")
            }
            guard let rate = system.boxRate, rate.remapsVelocities else {
                throw SimulationError("fix \(id) \(style) needs a fix deform with remap v")
            }
        }
        current = temperature.evaluate(system)
        degreesOfFreedom = temperature.degreesOfFreedom
        if hasThermostat {
            setTarget(system)
        } else {
            if referenceTemperature == 0 {
                referenceTemperature = settings.massTemperature ?? current
                guard referenceTemperature >= 1e-6 else {
                    throw SimulationError("fix \(id) \(style): the temperature is too close to zero to set masses by; use ptemp")
                }
            }
            target = referenceTemperature
        }
        if hasBarostat {
            setPressureTarget(system)
            kineticTensor = Pressure.inPlane(temperature.kineticTensor(system).voigt, system)
            acting = try stress.acting(pressure, system, kinetic: kineticTensorOfPressure)
        }
        if hasThermostat { setMasses() }
        for j in 1..<max(settings.chain, 1) where hasThermostat {
            etaDotDot[j] = (etaMass[j - 1] * etaDot[j - 1] * etaDot[j - 1] - units.boltzmann * target) / etaMass[j]
        }
        guard hasBarostat else { return }
        let kT = units.boltzmann * target
        for d in stress.range where stress.isControlled[d] {
            let frequency = 1 / stress.period[d]
            omegaMass[d] = (atoms + 1) * kT / (frequency * frequency)
        }
        setPressureMasses()
        look(system)
    }

    /// What the energies are made of, so that they can be asked for without the system.
    func look(_ system: System) { (volume, cell) = (system.box.volume, system.box.entries) }

    // MARK: - The step

    public func initialIntegrate(_ system: System) throws {
        timestep = system.timestep
        if hasBarostat && settings.pressureChain > 0 { integratePressureChain() }
        if hasThermostat {
            setTarget(system)
            integrateChain(system)
        }
        if hasBarostat {
            // Velocities have been scaled, the virial is the last step's.
            try measurePressure(system)
            setPressureTarget(system)
            integrateOmega(system)
            scaleVelocities(system)
        }
        kick(&system.atoms, system.forces, by: 0.5 * timestep * units.ftm2v, group)
        if hasBarostat { try remap(system) }
        drift(&system.atoms, by: timestep, group)
        if hasBarostat { try remap(system) }
    }

    public func finalIntegrate(_ system: System) throws {
        kick(&system.atoms, system.forces, by: 0.5 * timestep * units.ftm2v, group)
        if hasBarostat { scaleVelocities(system) }
        current = temperature.evaluate(system)
        degreesOfFreedom = temperature.degreesOfFreedom
        if hasBarostat {
            try measurePressure(system, isCurrent: true)
            integrateOmega(system)
        }
        if hasThermostat { integrateChain(system) }
        if hasBarostat && settings.pressureChain > 0 { integratePressureChain() }
        look(system)
    }

    /// - Parameter isCurrent: whether the temperature has just been evaluated.
    private func measurePressure(_ system: System, isCurrent: Bool = false) throws {
        if stress.shape == .isotropic {
            if !isCurrent { temperature.evaluate(system) }
            if let other = pressure.temperature, other !== temperature { other.evaluate(system) }
        } else {
            kineticTensor = Pressure.inPlane(temperature.kineticTensor(system).voigt, system)
        }
        acting = try stress.acting(pressure, system, kinetic: kineticTensorOfPressure)
    }

    /// nil where the pressure has a temperature of its own.
    private var kineticTensorOfPressure: [Double]? { pressure.temperature === temperature ? kineticTensor : nil }

    // MARK: - Thermostat

    func setTarget(_ system: System) {
        guard let ramp = settings.temperature else { return }
        target = ramp.start + system.run.fraction(system.step) * (ramp.stop - ramp.start)
        kineticTarget = degreesOfFreedom * units.boltzmann * target
    }

    private func setMasses() {
        let frequency = 1.0 / settings.temperature!.damp
        let square = frequency * frequency
        etaMass[0] = degreesOfFreedom * units.boltzmann * target / square
        for j in 1..<max(settings.chain, 1) { etaMass[j] = units.boltzmann * target / square }
    }

    /// Half a step of the chain, scaling the group's velocities.
    private func integrateChain(_ system: System) {
        let k = units.boltzmann, fraction = 1.0 / Double(settings.loops)
        let half = 0.5 * timestep, quarter = 0.25 * timestep, eighth = 0.125 * timestep
        let drag = 1.0 - timestep * (1.0 / settings.temperature!.damp) * settings.drag / Double(settings.loops)
        setMasses()
        func drive() { etaDotDot[0] = etaMass[0] > 0 ? (degreesOfFreedom * k * current - kineticTarget) / etaMass[0] : 0 }
        drive()
        for _ in 0..<settings.loops {
            var factor = 1.0
            for j in stride(from: settings.chain - 1, through: 0, by: -1) {
                factor = exp(-fraction * eighth * etaDot[j + 1])
                etaDot[j] *= factor
                etaDot[j] += etaDotDot[j] * fraction * quarter
                etaDot[j] *= drag
                etaDot[j] *= factor
            }
            let scale = exp(-fraction * half * etaDot[0])
            if let shear = settings.shear { scaleSheared(system, shear, by: scale) } else { temperature.scale(system, group, by: scale) }
            current *= scale * scale
            drive()
            for j in 0..<settings.chain { eta[j] += fraction * half * etaDot[j] }
            etaDot[0] *= factor
            etaDot[0] += etaDotDot[0] * fraction * quarter
            etaDot[0] *= factor
            for j in 1..<max(settings.chain, 1) {
                let factor = exp(-fraction * eighth * etaDot[j + 1])
                etaDot[j] *= factor
                etaDotDot[j] = (etaMass[j - 1] * etaDot[j - 1] * etaDot[j - 1] - k * target) / etaMass[j]
                etaDot[j] += etaDotDot[j] * fraction * quarter
                etaDot[j] *= factor
            }
        }
    }

    /// The chain's half step with the flow's part of it: u = factor u - dt/2 L u, with L = h' h^-1 and the thermal velocity u = v - flow.
    private func scaleSheared(_ system: System, _ shear: Shear, by factor: Double) {
        guard let rate = system.boxRate?.rate else { return }
        let h = system.box.entries, half = 0.5 * timestep
        let inverse = [
            1 / h[0], 1 / h[1], 1 / h[2], -h[3] / (h[1] * h[2]), (h[3] * h[5] - h[1] * h[4]) / (h[0] * h[1] * h[2]), -h[5] / (h[0] * h[1]),
        ]
        let gradient = [
            rate[0] * inverse[0], rate[1] * inverse[1], rate[2] * inverse[2], rate[1] * inverse[3] + rate[3] * inverse[2],
            rate[0] * inverse[4] + rate[5] * inverse[3] + rate[4] * inverse[2], rate[0] * inverse[5] + rate[5] * inverse[1],
        ]
        let thermal = temperature.thermal(system), v = system.atoms.velocity.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let u = thermal(i), w = shear == .sllod ? u : v[i]
            let flow = Vector(
                gradient[0] * w.x + gradient[5] * w.y + gradient[4] * w.z, gradient[1] * w.y + gradient[3] * w.z, gradient[2] * w.z, 0)
            v[i] = u.xyz * factor - flow * half + (v[i] - u).xyz
        }
    }
}

/// The chain acts at the outermost level, with its time step.
extension NoseHoover: LevelIntegrator {
    func initialIntegrate(_ system: System, _ level: RespaStep) {
        if level.isOutermost {
            timestep = system.timestep
            setTarget(system)
            integrateChain(system)
        }
        kick(&system.atoms, system.forces, by: 0.5 * level.timestep * units.ftm2v, group)
        if level.isInnermost { drift(&system.atoms, by: level.timestep, group) }
    }

    func finalIntegrate(_ system: System, _ level: RespaStep) throws {
        if level.isOutermost {
            try finalIntegrate(system)
        } else {
            kick(&system.atoms, system.forces, by: 0.5 * level.timestep * units.ftm2v, group)
        }
    }
}
