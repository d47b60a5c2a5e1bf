import Domain

/// A smooth part of pair forces by distance, w(r) F(r), for integrators with a time step for each part (`run_style respa ... inner middle outer`).
///
///     w = 0 for r <= rise.off,   s^2 (3 - 2 s), s = (r - rise.off) / (rise.on - rise.off), up to rise.on,   1,
///         1 + s^2 (2 s - 3), s = (r - fall.on) / (fall.off - fall.on), from fall.on to fall.off,   0 beyond
///
/// M. Tuckerman, B. J. Berne, G. J. Martyna, J. Chem. Phys. 97, 1990 (1992).
public struct DistanceWindow: Sendable, Equatable {
    public let rise: (off: Double, on: Double)?
    public let fall: (on: Double, off: Double)?
    /// Whether energy and virial, of the whole interaction, are told with this part.
    public let tellsEnergy: Bool

    public init(rise: (off: Double, on: Double)?, fall: (on: Double, off: Double)?, tellsEnergy: Bool) {
        (self.rise, self.fall, self.tellsEnergy) = (rise, fall, tellsEnergy)
    }

    public static func == (a: DistanceWindow, b: DistanceWindow) -> Bool {
        a.rise?.off == b.rise?.off && a.rise?.on == b.rise?.on && a.fall?.on == b.fall?.on && a.fall?.off == b.fall?.off
            && a.tellsEnergy == b.tellsEnergy
    }

    func weight(_ r2: Double) -> Double {
        if let fall, r2 >= fall.off * fall.off { return 0 }
        var w = 1.0
        if let rise, r2 < rise.on * rise.on {
            guard r2 > rise.off * rise.off else { return 0 }
            let s = (r2.squareRoot() - rise.off) / (rise.on - rise.off)
            w *= s * s * (3 - 2 * s)
        }
        if let fall, r2 > fall.on * fall.on {
            let s = (r2.squareRoot() - fall.on) / (fall.off - fall.on)
            w *= 1 + s * s * (2 * s - 3)
        }
        return w
    }
}

/// A potential of pairs that gives parts of its forces by distance.
public protocol DistanceSplitting: PairInteraction {
    /// What `pair_modify tail yes` adds to energy and virial. Collective.
    func addTail(_ atoms: borrowing Atoms, _ context: ComputeContext, into forces: inout Forces)
}

extension DistanceSplitting {
    /// The part of the forces that lies in a window. Where the window tells the energy, energy and virial are those of the whole interaction.
    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, window: DistanceWindow, into forces: inout Forces
    ) {
        let starts = list.offsets.pointer, neighbours = list.neighbours.pointer
        for i in 0..<atoms.owned {
            for k in Int(starts[i])..<Int(starts[i + 1]) { add(i, Int(neighbours[k]), factor: 1, atoms, window, into: &forces) }
        }
        for at in list.special.pairs.indices {
            let pair = list.special.pairs[at]
            add(Int(pair.i), Int(pair.j), factor: pair.lj, atoms, window, into: &forces)
        }
        if window.tellsEnergy { addTail(atoms, context, into: &forces) }
    }

    private func add(_ i: Int, _ j: Int, factor: Double, _ atoms: borrowing Atoms, _ window: DistanceWindow, into forces: inout Forces) {
        let d = (atoms.position[i] - atoms.position[j]).xyz, r2 = d.dot(d), w = window.weight(r2)
        guard w != 0 || window.tellsEnergy, let (e, g) = interaction(Int(atoms.type[i]), Int(atoms.type[j]), distanceSquared: r2) else { return }
        if w != 0 {
            let force = d * (factor * g * w)
            forces.force[i] += force
            forces.force[j] -= force
        }
        guard window.tellsEnergy, !forces.wanted.isEmpty else { return }
        forces.energy += factor * e
        var virial = Tensor.zero
        virial.add(d, d * (factor * g))
        forces.virial += virial
        if forces.wanted.contains(.atomEnergy) {
            forces.atomEnergy[i] += 0.5 * factor * e
            forces.atomEnergy[j] += 0.5 * factor * e
        }
        if forces.wanted.contains(.atomVirial) {
            forces.atomVirial[i] += virial * 0.5
            forces.atomVirial[j] += virial * 0.5
        }
    }
}
