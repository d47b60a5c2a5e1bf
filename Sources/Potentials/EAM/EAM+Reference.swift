import Domain

/// The plain loops over a half list, one pair at a time, on the samples: what the fast kernel is tested against.
enum EAMReference {
    /// A cubic between samples, at a fraction of the table's range.
    private struct Spline {
        let rows: [Vector]
        let inverseStep: Double

        init(_ samples: [Double], _ step: Double) {
            rows = EAMSpline.rows(samples)
            inverseStep = 1 / step
        }

        func callAsFunction(_ x: Double) -> (value: Double, slope: Double) {
            let at = x * inverseStep + 1
            let m = Swift.max(1, Swift.min(Double(rows.count - 2), at)).rounded(.down), p = Swift.min(at - m, 1), c = rows[Int(m)]
            return (((c.w * p + c.z) * p + c.y) * p + c.x, ((3 * c.w * p + 2 * c.z) * p + c.y) * inverseStep)
        }
    }

    static func compute(
        _ functions: EAMFunctions, _ species: [Int32], _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds: UnsafePointer<Double>?, into forces: inout Forces
    ) {
        let elements = functions.embedding.count, cutoffSquared = functions.cutoff * functions.cutoff
        let embedding = functions.embedding.map { Spline($0, functions.densityStep) }
        let density = functions.density.map { Spline($0, functions.step) }, pair = functions.pair.map { Spline($0, functions.step) }
        let wanted = forces.wanted, largest = Double(functions.densityCount - 1) * functions.densityStep
        var rho = Column<Double>(repeating: 0, count: atoms.count), slope = Column<Double>(repeating: 0, count: atoms.count)
        func seed(_ i: Int) -> Double { seeds?[i] ?? 1 }

        for i in 0..<atoms.owned {
            for k in Int(list.offsets[i])..<Int(list.offsets[i + 1]) {
                let j = Int(list.neighbours[k]), a = Int(species[Int(atoms.type[i])]), b = Int(species[Int(atoms.type[j])])
                let d = (atoms.position[i] - atoms.position[j]).xyz, r2 = d.dot(d)
                guard a >= 0, b >= 0, r2 < cutoffSquared else { continue }
                rho[i] += density[a * elements + b](r2.squareRoot()).value
                rho[j] += density[b * elements + a](r2.squareRoot()).value
            }
        }
        context.halo.reverse(&rho)
        for i in 0..<atoms.owned {
            let a = Int(species[Int(atoms.type[i])])
            guard a >= 0 else { continue }
            var (e, prime) = embedding[a](rho[i])
            if rho[i] > largest { e += prime * (rho[i] - largest) }
            slope[i] = seed(i) * prime
            forces.energy += seed(i) * e
            if wanted.contains(.atomEnergy) { forces.atomEnergy[i] += seed(i) * e }
        }
        context.halo.forward(&slope)
        for i in 0..<atoms.owned {
            for k in Int(list.offsets[i])..<Int(list.offsets[i + 1]) {
                let j = Int(list.neighbours[k]), a = Int(species[Int(atoms.type[i])]), b = Int(species[Int(atoms.type[j])])
                let d = (atoms.position[i] - atoms.position[j]).xyz, r2 = d.dot(d)
                guard a >= 0, b >= 0, r2 < cutoffSquared else { continue }
                let r = r2.squareRoot(), z = pair[a * elements + b](r), phi = z.value / r, mean = 0.5 * (seed(i) + seed(j))
                let psi = slope[i] * density[a * elements + b](r).slope + slope[j] * density[b * elements + a](r).slope
                let force = d * (-(psi + mean * (z.slope - phi) / r) / r)
                forces.force[i] += force
                forces.force[j] -= force
                forces.energy += mean * phi
                if wanted.contains(.virial) { forces.virial.add(d, force) }
                if wanted.contains(.atomEnergy) {
                    forces.atomEnergy[i] += 0.5 * seed(i) * phi
                    forces.atomEnergy[j] += 0.5 * seed(j) * phi
                }
                if wanted.contains(.atomVirial) {
                    var w = Tensor.zero
                    w.add(d, force * 0.5)
                    forces.atomVirial[i] += w
                    forces.atomVirial[j] += w
                }
            }
        }
    }
}
