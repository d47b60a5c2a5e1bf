import Domain
import Potentials

/// df/dx at 0 by the five-point formula.
func derivative(step h: Double, _ f: (Double) -> Double) -> Double {
    (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)
}

extension Conformance {
    /// Atoms whose forces are compared: the first, the last, and others between.
    var probed: [Int] {
        guard system.count > options.atomsMoved else { return Array(system.positions.indices) }
        return (0..<options.atomsMoved).map { $0 * (system.count - 1) / max(1, options.atomsMoved - 1) }
    }

    func checkDerivatives() {
        guard hasEnergy else {
            skip(.gradient, "it has no energy")
            return
        }
        let h = options.step
        if applies(.gradient) {
            reportGradient(.gradient, "", of: { self.evaluate($0, .energy).energy }, forces: plain.forces)
        }
        guard applies(.strain), hasVirial else { return }
        reportStrain(.strain, "", of: { self.evaluate($0, .energy).energy }, virial: plain.virial, step: h)
        // A rotation changes no energy, so the virial is symmetric: that is the other triangle.
        let asymmetry = (0..<3).reduce(0) { worst, a in
            (0..<3).reduce(worst) { worse($0, (plain.virial[a, $1] - plain.virial[$1, a]).magnitude) }
        }
        report(.strain, "symmetric", asymmetry, options.movedForceTolerance * max(energyScale, plain.virial.largest))
    }

    /// Compares -dE/dx, for any scalar E of the system, with forces by id.
    func reportGradient(_ property: Property, _ detail: String, of energy: (TestSystem) -> Double, forces: [Vector]) {
        var worst = 0.0, largest = 1.0
        for i in probed {
            let force = forces[rank(of: system.ids[i])]
            largest = max(largest, force.dot(force).squareRoot())
            for d in 0..<3 {
                let slope = derivative(step: options.step) { t in
                    var by = Vector.zero
                    by[d] = t
                    return energy(system.moved(i, by: by))
                }
                worst = worse(worst, (force[d] + slope).magnitude)
            }
        }
        report(property, detail, worst, options.derivativeTolerance * max(largest, forceScale))
    }

    /// Compares W_ba = -dE/dstrain_ab for the six strains that keep the box upper triangular.
    func reportStrain(
        _ property: Property, _ detail: String, of energy: (TestSystem) -> Double, virial: Tensor, step: Double
    ) {
        var worst = 0.0
        // As large as atoms are moved for forces, at the edge of the interaction range.
        let reach = potential.requirements.cutoff > 0 ? max(1, potential.requirements.cutoff) : 10
        let h = step / reach
        for a in 0..<3 {
            for b in a..<3 {
                let slope = derivative(step: h) { energy(system.strained(a, b, $0)) }
                worst = worse(worst, (virial[b, a] + slope).magnitude)
            }
        }
        report(property, detail, worst, options.derivativeTolerance * max(energyScale, virial.largest))
    }

    /// Where an id stands among the ascending ids, which is the order of an evaluation.
    func rank(of id: Int64) -> Int { plain.ids.firstIndex(of: id)! }

    func checkBookkeeping() {
        if applies(.sums) {
            if potential.capabilities.contains(.atomEnergy) {
                report(
                    .sums, "energy", (plain.atomEnergies.reduce(0, +) - plain.energy).magnitude, 10 * options.energyTolerance * energyScale)
            }
            if potential.capabilities.contains(.atomVirial) {
                var sum = Tensor.zero
                for w in plain.atomVirials { sum += w }
                report(.sums, "virial", sum.distance(plain.virial), options.forceTolerance * max(energyScale, plain.virial.largest))
            }
        }
        if applies(.wanted) {
            var worst = 0.0
            for wanted: Wanted in [[], [.energy], [.virial], [.energy, .virial], [.atomEnergy], [.atomVirial]] {
                guard wanted.isSubset(of: Evaluator(system, potential).able) else { continue }
                let other = evaluate(system, wanted)
                worst = worse(worst, plain.forceDistance(other) / (options.forceTolerance * forceScale))
                if wanted.contains(.energy) {
                    worst = worse(worst, (plain.energy - other.energy).magnitude / (options.energyTolerance * energyScale))
                }
                if wanted.contains(.virial) {
                    let scale = max(energyScale, plain.virial.largest)
                    worst = worse(worst, plain.virial.distance(other.virial) / (options.forceTolerance * scale))
                }
            }
            report(.wanted, "", worst, 1, note: "in units of the tolerance")
        }
        if applies(.repetition) {
            let evaluator = Evaluator(system, potential)
            let first = evaluator.evaluate(), second = evaluator.evaluate()
            report(.repetition, "", first == second ? 0 : 1, 0)
        }
        if applies(.accumulation) {
            let twice = Evaluator(system, potential).evaluateTwice()
            var half = twice
            half.energy /= 2
            half.virial = twice.virial * 0.5
            half.forces = twice.forces.map { $0 * 0.5 }
            half.atomEnergies = twice.atomEnergies.map { $0 / 2 }
            half.atomVirials = []
            reportSame(.accumulation, "", half, plain, moved: false)
        }
        if applies(.skin) {
            let thin = evaluate(system, skin: 1e-9), thick = evaluate(system, skin: 1.1)
            reportSame(.skin, "none", thin, plain, moved: false)
            reportSame(.skin, "thick", thick, plain, moved: false)
        }
        if applies(.netForce) {
            let sum = plain.forces.reduce(.zero, +)
            let scale = plain.forces.reduce(1) { $0 + $1.dot($1).squareRoot() }
            let tolerance = options.precision == .double ? 1e-12 : 1e-5
            report(.netForce, "", sum.dot(sum).squareRoot(), tolerance * scale)
        }
    }

    func compare(with reference: any Potential) {
        guard applies(.reference) else { return }
        let other = Evaluator(system, reference).evaluate()
        reportSame(.reference, "", plain, other, moved: false)
        var quiet = Evaluator(system, reference).evaluate([])
        quiet.energy = plain.energy
        quiet.virial = plain.virial
        reportSame(.reference, "forces only", evaluate(system, []).with(energyAndVirialOf: plain), quiet, moved: false)
    }
}

extension Evaluation {
    func with(energyAndVirialOf other: Evaluation) -> Evaluation {
        var result = self
        result.energy = other.energy
        result.virial = other.virial
        return result
    }
}
