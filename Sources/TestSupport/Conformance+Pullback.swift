import Domain
import Potentials

extension Conformance {
    /// Smooth enough not to hide mistakes behind symmetry, the same for an id on every rank.
    private func weight(_ id: Int64, _ seed: UInt64) -> Double {
        var random = SeededGenerator(seed &* 1_000_003 &+ UInt64(id))
        return 2 * random.uniform() - 0.7
    }

    private func field(_ id: Int64, _ seed: UInt64) -> Vector {
        var random = SeededGenerator(seed &* 7_000_003 &+ UInt64(id))
        return random.vector(0.3)
    }

    func checkSeeds() {
        guard applies(.seeds), potential is any SiteEnergies else { return }
        let evaluator = Evaluator(system, potential)
        let ones = evaluator.seeded { _ in 1 }
        reportSame(.seeds, "all 1", ones, plain, moved: false)
        let a = evaluator.seeded { weight($0, 1) }, b = evaluator.seeded { weight($0, 2) }
        let both = evaluator.seeded { 2 * weight($0, 1) - 3 * weight($0, 2) }
        reportSame(.seeds, "linear", both, a.combined(2, b, -3), moved: false)
        // Energy is sum a_i e_i, with the per-atom energies that the potential reports.
        if potential.capabilities.contains(.atomEnergy) {
            let sum = zip(plain.ids, plain.atomEnergies).reduce(0) { $0 + weight($1.0, 1) * $1.1 }
            report(.seeds, "energy = sum a e", (sum - a.energy).magnitude, 10 * options.energyTolerance * energyScale)
            let worst = zip(zip(plain.ids, plain.atomEnergies), a.atomEnergies).reduce(0) { most, row in
                worse(most, (weight(row.0.0, 1) * row.0.1 - row.1).magnitude)
            }
            report(.seeds, "atom's energy = a e", worst, 10 * options.energyTolerance * energyScale)
        }
        guard hasEnergy else { return }
        let energy = { (system: TestSystem) in Evaluator(system, self.potential).seeded({ self.weight($0, 1) }, .energy).energy }
        reportGradient(.seeds, "force = -d(sum a e)/dx", of: energy, forces: a.forces)
        if hasVirial { reportStrain(.seeds, "virial = strain derivative", of: energy, virial: a.virial, step: options.step) }
    }

    func checkPullback() {
        guard applies(.pullback), let potential = potential as? any DifferentiablePotential, hasEnergy else { return }
        guard options.precision == .double else {
            skip(.pullback, "differences need double precision")
            return
        }
        let evaluator = Evaluator(system, potential)
        let a = { (id: Int64) in self.weight(id, 1) }, v = { (id: Int64) in self.field(id, 1) }
        let full = evaluator.pullback(a, v)
        let scale = max(forceScale, full.largestForce)
        let tolerance = options.derivativeTolerance

        let differences = evaluator.pullback(a, v, byDifference: true)
        report(.pullback, "= differences, forces", full.forceDistance(differences), tolerance * scale)
        let virialScale = max(energyScale, full.virial.largest)
        report(.pullback, "= differences, virial", full.virial.distance(differences.virial), 10 * tolerance * virialScale)
        report(.pullback, "leaves energy alone", full.energy.magnitude, 0)

        if potential.capabilities.contains(.atomEnergy) {
            let sites = evaluator.pullback(a, v, [.virial, .atomEnergy])
            let reference = evaluator.pullback(a, v, byDifference: true, [.virial, .atomEnergy])
            let worst = zip(sites.atomEnergies, reference.atomEnergies).reduce(0) { worse($0, ($1.0 - $1.1).magnitude) }
            report(.pullback, "= differences, site energies", worst, tolerance * max(energyScale, scale))
            report(.pullback, "the same forces with site energies", sites.forceDistance(full), options.forceTolerance * scale)
        }

        let weightsOnly = evaluator.pullback(a) { _ in .zero }
        let seeded = evaluator.seeded(a, [.virial])
        report(.pullback, "v = 0 is a seeded pass", weightsOnly.forceDistance(seeded), options.forceTolerance * scale)

        let a2 = { (id: Int64) in self.weight(id, 2) }, v2 = { (id: Int64) in self.field(id, 2) }
        let other = evaluator.pullback(a2, v2)
        let both = evaluator.pullback({ 2 * a($0) - 3 * a2($0) }, { v($0) * 2 - v2($0) * 3 })
        let sum = full.combined(2, other, -3)
        report(.pullback, "linear in (a, v), forces", both.forceDistance(sum), tolerance * scale)
        report(.pullback, "linear in (a, v), virial", both.virial.distance(sum.virial), 10 * tolerance * virialScale)

        // The force is -d/dx (sum a e + v . F(x)) at constant a and v, the virial the same scalar's strain derivative.
        let wanted = potential.capabilities.contains(.energy) ? Wanted.energy : []
        let scalar = { (system: TestSystem) -> Double in
            let evaluator = Evaluator(system, potential)
            let plain = evaluator.evaluate(wanted)
            let work = zip(plain.ids, plain.forces).reduce(0) { $0 + v($1.0).dot($1.1) }
            return evaluator.seeded(a, wanted).energy + work
        }
        reportGradient(.pullback, "force = -d(sum a e + v.F)/dx", of: scalar, forces: full.forces)
        reportStrain(.pullback, "virial = its strain derivative", of: scalar, virial: full.virial, step: options.step)
    }
}

extension Evaluation {
    /// s self + t other
    func combined(_ s: Double, _ other: Evaluation, _ t: Double) -> Evaluation {
        var result = self
        result.energy = s * energy + t * other.energy
        result.virial = virial * s
        result.virial += other.virial * t
        result.forces = zip(forces, other.forces).map { $0 * s + $1 * t }
        result.atomEnergies = zip(atomEnergies, other.atomEnergies).map { $0 * s + $1 * t }
        result.atomVirials = []
        return result
    }
}
