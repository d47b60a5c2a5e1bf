import Domain

/// What a Nose-Hoover fix tells, and keeps for a restart.
extension NoseHoover {
    public var isExtensive: Bool { true }
    public var conservedEnergy: Double { scalar ?? 0 }

    /// One length that stands for d of them is one degree of freedom, with k T etap_1 of its chain; LAMMPS counts that d times.
    public var conservedEnergyCorrection: Double {
        guard hasBarostat, stress.shape == .isotropic, settings.pressureChain > 0 else { return 0 }
        return -Double(stress.lengths - 1) * units.boltzmann * target * etap[0]
    }

    public var scalar: Double? {
        var energy = 0.0
        let kT = units.boltzmann * target
        if hasThermostat {
            energy += kineticTarget * eta[0] + 0.5 * etaMass[0] * etaDot[0] * etaDot[0]
            for j in 1..<max(settings.chain, 1) { energy += kT * eta[j] + 0.5 * etaMass[j] * etaDot[j] * etaDot[j] }
        }
        guard hasBarostat else { return energy }
        var chainEnergy = 0.0
        for d in stress.range where stress.isControlled[d] {
            energy += 0.5 * omegaDot[d] * omegaDot[d] * omegaMass[d]
            if d < 3 { energy += hydrostatic * (volume - referenceVolume) / (Double(stress.lengths) * units.nktv2p) }
            chainEnergy += kT
        }
        if settings.pressureChain > 0 {
            energy += chainEnergy * etap[0] + 0.5 * etapMass[0] * etapDot[0] * etapDot[0]
            for j in 1..<settings.pressureChain { energy += kT * etap[j] + 0.5 * etapMass[j] * etapDot[j] * etapDot[j] }
        }
        if stress.isDeviatoric { energy += strainEnergy }
        return energy
    }

    /// In LAMMPS' order.
    public var vector: [Double] {
        let kT = units.boltzmann * target
        let entries = stress.shape == .isotropic ? 1 : stress.shape == .anisotropic ? 3 : 6
        func kinetic(_ mass: [Double], _ velocity: [Double]) -> [Double] { zip(mass, velocity).map { 0.5 * $0 * $1 * $1 } }
        func potential(_ positions: [Double], first: Double) -> [Double] { positions.enumerated().map { ($0 == 0 ? first : kT) * $1 } }
        var values: [Double] = []
        if hasThermostat { values += eta + etaDot.dropLast() }
        if hasBarostat { values += omega[..<entries] + omegaDot[..<entries] + etap + etapDot.dropLast() }
        if hasThermostat { values += potential(eta, first: kineticTarget) + kinetic(etaMass, etaDot) }
        guard hasBarostat else { return values }
        let work = hydrostatic * (volume - referenceVolume)
        for d in 0..<entries {
            let share = entries == 1 ? work / units.nktv2p : work / (Double(stress.lengths) * units.nktv2p)
            values.append(d < 3 && stress.isControlled[d] ? share : 0)
        }
        for d in 0..<entries {
            let energy = stress.isControlled[d] ? 0.5 * omegaDot[d] * omegaDot[d] * omegaMass[d] : 0
            values.append(entries == 1 ? Double(stress.lengths) * energy : energy)
        }
        values += potential(etap, first: kT) + kinetic(etapMass, etapDot)
        if stress.isDeviatoric { values.append(strainEnergy) }
        return values
    }

    public func save(_ state: inout StateWriter) {
        state.put(current)
        for values in columns { state.put(self[keyPath: values]) }
        state.put(referenceVolume)
        state.put(referenceTemperature)
        // The middle of the box that the fix was made in, by default.
        state.put(settings.fixedPoint)
    }

    public func restore(_ state: inout StateReader) throws {
        current = try state.double()
        for column in columns {
            let values = try state.doubles()
            guard values.count == self[keyPath: column].count else { throw StateError() }
            self[keyPath: column] = values
        }
        referenceVolume = try state.double()
        referenceTemperature = try state.double()
        settings.fixedPoint = try state.vector()
    }

    private var columns: [ReferenceWritableKeyPath<NoseHoover, [Double]>] {
        [
            \.eta, \.etaDot, \.etaDotDot, \.etaMass, \.omega, \.omegaDot, \.omegaMass, \.etap, \.etapDot, \.etapDotDot, \.etapMass,
            \.referenceInverse,
        ]
    }
}
