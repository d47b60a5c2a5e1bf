import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The box: its chain, its strain rates, what they do to velocities and positions.
extension NoseHoover {
    // MARK: - Targets

    func setPressureTarget(_ system: System) {
        let fraction = system.run.fraction(system.step)
        hydrostatic = 0
        for d in stress.range where stress.isControlled[d] {
            pressureTarget[d] = stress.start[d] + fraction * (stress.stop[d] - stress.start[d])
            if d < 3 { hydrostatic += pressureTarget[d] }
        }
        if stress.lengths > 0 { hydrostatic /= Double(stress.lengths) }
        if stress.isDeviatoric { setSigma(system) }
    }

    func takeReference(_ system: System) {
        referenceVolume = system.box.volume
        referenceInverse = system.box.inverseEntries
    }

    /// sigma = V_0 h_0^-1 (P - p) h_0^-T, p being the mean of the targets; upper half.
    private func setSigma(_ system: System) {
        if settings.resetEvery > 0, (system.step - system.run.rampFirst) % settings.resetEvery == 0 { takeReference(system) }
        let h = referenceInverse, v = referenceVolume, t = pressureTarget
        let (xx, yy, zz) = (t[0] - hydrostatic, t[1] - hydrostatic, t[2] - hydrostatic)
        let first = h[0] * (xx * h[0] + t[5] * h[5] + t[4] * h[4])
        let second = h[5] * (t[5] * h[0] + yy * h[5] + t[3] * h[4])
        let third = h[4] * (t[4] * h[0] + t[3] * h[5] + zz * h[4])
        sigma[0] = v * (first + second + third)
        sigma[1] = v * (h[1] * (yy * h[1] + t[3] * h[3]) + h[3] * (t[3] * h[1] + zz * h[3]))
        sigma[2] = v * (h[2] * (zz * h[2]))
        sigma[3] = v * (h[1] * (t[3] * h[2]) + h[3] * (zz * h[2]))
        sigma[4] = v * (h[0] * (t[4] * h[2]) + h[5] * (t[3] * h[2]) + h[4] * (zz * h[2]))
        let a = h[0] * (t[5] * h[1] + t[4] * h[3]), b = h[5] * (yy * h[1] + t[3] * h[3])
        sigma[5] = v * (a + b + h[4] * (t[3] * h[1] + zz * h[3]))
    }

    /// tr(sigma h h^T) / 2, energy units.
    var strainEnergy: Double {
        let h = cell, s = sigma
        let x = s[0] * (h[0] * h[0] + h[5] * h[5] + h[4] * h[4]) + s[5] * (h[1] * h[5] + h[3] * h[4]) + s[4] * (h[2] * h[4])
        let y = s[5] * (h[5] * h[1] + h[4] * h[3]) + s[1] * (h[1] * h[1] + h[3] * h[3]) + s[3] * (h[2] * h[3])
        let z = s[4] * (h[4] * h[2]) + s[3] * (h[3] * h[2]) + s[2] * (h[2] * h[2])
        return 0.5 * (x + y + z) / units.nktv2p
    }

    /// The upper half of h sigma h^T, pressure x volume.
    private func deviatoricForce(_ h: [Double]) -> [Double] {
        let s = sigma
        let xx0 = h[0] * (s[0] * h[0] + s[5] * h[5] + s[4] * h[4]), xx1 = h[5] * (s[5] * h[0] + s[1] * h[5] + s[3] * h[4])
        let xx = xx0 + xx1 + h[4] * (s[4] * h[0] + s[3] * h[5] + s[2] * h[4])
        let yy = h[1] * (s[1] * h[1] + s[3] * h[3]) + h[3] * (s[3] * h[1] + s[2] * h[3])
        let zz = h[2] * (s[2] * h[2])
        let yz = h[1] * (s[3] * h[2]) + h[3] * (s[2] * h[2])
        let xz = h[0] * (s[4] * h[2]) + h[5] * (s[3] * h[2]) + h[4] * (s[2] * h[2])
        let xy0 = h[0] * (s[5] * h[1] + s[4] * h[3]), xy1 = h[5] * (s[1] * h[1] + s[3] * h[3])
        return [xx, yy, zz, yz, xz, xy0 + xy1 + h[4] * (s[3] * h[1] + s[2] * h[3])]
    }

    // MARK: - The barostat's own chain

    private var pressureDrag: Double { 1.0 - timestep * highestFrequency * settings.drag / Double(settings.pressureLoops) }

    func setPressureMasses() {
        let kT = units.boltzmann * target
        guard settings.pressureChain > 0 else { return }
        for j in 0..<settings.pressureChain { etapMass[j] = kT / (highestFrequency * highestFrequency) }
        for j in 1..<max(settings.pressureChain, 1) {
            etapDotDot[j] = (etapMass[j - 1] * etapDot[j - 1] * etapDot[j - 1] - kT) / etapMass[j]
        }
    }

    func integratePressureChain() {
        let kT = units.boltzmann * target, chain = settings.pressureChain, fraction = 1.0 / Double(settings.pressureLoops)
        let half = 0.5 * timestep, quarter = 0.25 * timestep, eighth = 0.125 * timestep, drag = pressureDrag
        let controlled = stress.range.filter { stress.isControlled[$0] }
        let targetEnergy = stress.shape == .isotropic ? kT : Double(controlled.count) * kT
        func drive() {
            let twice = controlled.reduce(0.0) { $0 + omegaMass[$1] * omegaDot[$1] * omegaDot[$1] }
            etapDotDot[0] = (twice - targetEnergy) / etapMass[0]
        }
        drive()
        for _ in 0..<settings.pressureLoops {
            var factor = 1.0
            for j in stride(from: chain - 1, through: 0, by: -1) {
                factor = exp(-fraction * eighth * etapDot[j + 1])
                etapDot[j] *= factor
                etapDot[j] += etapDotDot[j] * fraction * quarter
                etapDot[j] *= drag
                etapDot[j] *= factor
            }
            for j in 0..<chain { etap[j] += fraction * half * etapDot[j] }
            let scale = exp(-fraction * half * etapDot[0])
            for d in controlled { omegaDot[d] *= scale }
            drive()
            etapDot[0] *= factor
            etapDot[0] += etapDotDot[0] * fraction * quarter
            etapDot[0] *= factor
            for j in 1..<max(chain, 1) {
                let factor = exp(-fraction * eighth * etapDot[j + 1])
                etapDot[j] *= factor
                etapDotDot[j] = (etapMass[j - 1] * etapDot[j - 1] * etapDot[j - 1] - kT) / etapMass[j]
                etapDot[j] += etapDotDot[j] * fraction * quarter
                etapDot[j] *= factor
            }
        }
    }

    // MARK: - Strain rates

    /// omega' += dt/2 ((P - p) V + the kinetic term of Martyna, Tobias and Klein - the strain's force) / W
    func integrateOmega(_ system: System) {
        let volume = system.box.volume, half = 0.5 * timestep, drag = pressureDrag
        let dimensions = Double(stress.lengths)
        let deviatoric = stress.isDeviatoric ? deviatoricForce(system.box.entries) : nil
        var kinetic = 0.0
        if settings.hasMTKTerms {
            if stress.shape == .isotropic {
                kinetic = degreesOfFreedom * units.boltzmann * current
            } else {
                for d in 0..<3 where stress.isControlled[d] { kinetic += kineticTensor[d] }
            }
            kinetic /= dimensions * atoms
            // Only tilts are controlled.
            if dimensions == 0 { kinetic = 0 }
        }
        for d in 0..<3 where stress.isControlled[d] {
            var force = (acting[d] - hydrostatic) * volume / (omegaMass[d] * units.nktv2p) + kinetic / omegaMass[d]
            if let deviatoric { force -= deviatoric[d] / (omegaMass[d] * units.nktv2p) }
            omegaDot[d] += force * half
            omegaDot[d] *= drag
        }
        mtk = 0
        if settings.hasMTKTerms && dimensions > 0 {
            for d in 0..<3 where stress.isControlled[d] { mtk += omegaDot[d] }
            mtk /= dimensions * atoms
        }
        for d in 3..<6 where stress.isControlled[d] {
            var force = acting[d] * volume / (omegaMass[d] * units.nktv2p)
            if let deviatoric { force -= deviatoric[d] / (omegaMass[d] * units.nktv2p) }
            omegaDot[d] += force * half
            omegaDot[d] *= drag
        }
    }

    /// Half a step of what a changing box does to velocities.
    func scaleVelocities(_ system: System) {
        let half = 0.5 * timestep, quarter = 0.25 * timestep
        let factor = Vector(
            exp(-quarter * (omegaDot[0] + mtk)), exp(-quarter * (omegaDot[1] + mtk)), exp(-quarter * (omegaDot[2] + mtk)), 0)
        let v = system.atoms.velocity.pointer, mask = system.atoms.mask.pointer
        let isTriclinic = stress.shape == .triclinic
        // What a biased temperature leaves out of velocities is left as it is.
        let thermal = temperature.isBiased ? temperature.thermal(system) : nil
        for i in 0..<system.atoms.owned where mask[i] & group.bit != 0 {
            let bias = thermal.map { v[i].xyz - $0(i).xyz } ?? .zero
            var u = (v[i].xyz - bias) * factor
            if isTriclinic {
                u.x += -half * (u.y * omegaDot[5] + u.z * omegaDot[4])
                u.y += -half * u.z * omegaDot[3]
            }
            v[i] = u * factor + bias
        }
    }

    // MARK: - The box

    /// Half a step of h' = omega' h; atoms of the dilated group go along.
    func remap(_ system: System) throws {
        let step = 0.5 * timestep
        for d in 0..<6 { omega[d] += step * omegaDot[d] }
        try system.dilate(settings.dilated) { box in
            var h = box.entries
            if stress.shape == .triclinic { shear(&h, step) }
            for d in 0..<3 where stress.isControlled[d] {
                let factor = exp(step * omegaDot[d])
                box.lo[d] = (box.lo[d] - settings.fixedPoint[d]) * factor + settings.fixedPoint[d]
                box.hi[d] = (box.hi[d] - settings.fixedPoint[d]) * factor + settings.fixedPoint[d]
                if d == 1 && stress.scales[5] { h[5] *= factor }
                if d == 2 && stress.scales[4] { h[4] *= factor }
                if d == 2 && stress.scales[3] { h[3] *= factor }
            }
            if stress.shape == .triclinic { shear(&h, step) }
            box.setTilts(h)
            // Beyond this in one step the list no longer covers the box.
            let most = 1.5 * system.box.lengths
            guard h[3].magnitude <= most.y, h[4].magnitude <= most.x, h[5].magnitude <= most.x, (box.hi - box.lo).xyz.max().isFinite else {
                throw SimulationError(
                    "step \(system.step): fix \(id) \(style) has tilted the box too far in one step; it is too far from equilibrium")
            }
        }
    }

    /// The off-diagonal entries, symmetric in time.
    private func shear(_ h: inout [Double], _ step: Double) {
        let half = step / 2.0, quarter = step / 4.0, eighth = step / 8.0
        func xz() {
            guard stress.isControlled[4] else { return }
            let factor = exp(eighth * omegaDot[0])
            h[4] *= factor
            h[4] += quarter * (omegaDot[5] * h[3] + omegaDot[4] * h[2])
            h[4] *= factor
        }
        xz()
        if stress.isControlled[3] {
            let factor = exp(quarter * omegaDot[1])
            h[3] *= factor
            h[3] += half * (omegaDot[3] * h[2])
            h[3] *= factor
        }
        if stress.isControlled[5] {
            let factor = exp(quarter * omegaDot[0])
            h[5] *= factor
            h[5] += half * (omegaDot[5] * h[1])
            h[5] *= factor
        }
        xz()
    }

    /// A tilt of more than 0.6 edges is flipped: a tenth more than needed, so that it does not flip back at once.
    public func preExchange(_ system: System) {
        guard hasBarostat, settings.flips, system.box.isTriclinic else { return }
        let box = system.box
        guard stress.shape == .triclinic || box.xy != 0 || box.xz != 0 || box.yz != 0 else { return }
        system.flipTilts(beyond: 0.5 + 0.1)
    }
}
