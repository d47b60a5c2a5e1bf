import Domain

/// Kinetic temperature of a group: T = sum m v^2 / (dof k_B), dof = d N - extra - what fixes and constraints take.
///
/// in d dimensions. `extra` is d by default, the centre of mass's (`compute_modify extra/dof`).
public final class Temperature {
    public var group: Group
    /// nil: the number of dimensions.
    public var extra: Double?
    /// Counts the degrees of freedom again at every evaluation (`compute_modify dynamic/dof`).
    public var isDynamic = false
    public private(set) var degreesOfFreedom: Double = 0
    private var removed = 0.0
    /// Last computed.
    public private(set) var value: Double = 0

    /// What of the velocities is not thermal motion, and left out.
    public enum Bias: Sendable {
        case none
        /// The velocity of the group's centre of mass (`compute temp/com`).
        case centreOfMass
        /// Components with a 0: only those with a 1 count (`compute temp/partial`).
        case components(Vector)
        /// All atoms that are not in the region at that moment (`compute temp/region`).
        case outside(any Region)
        /// One component that grows along an axis (`compute temp/ramp`).
        case ramp(VelocityRamp)
        /// What the box's deformation does to a point that moves with it (`compute temp/deform`).
        case streaming
        /// The mean velocity of the atom's bin (`compute temp/profile`).
        case binned(VelocityBins)
    }
    public let bias: Bias
    public var isBiased: Bool { if case .none = bias { false } else { true } }

    public init(group: Group, bias: Bias = .none) { (self.group, self.bias) = (group, bias) }

    /// The thermal part of the velocity of owned atom i. Collective.
    public func thermal(_ system: System) -> (Int) -> Vector {
        switch bias {
        case .none: return { system.atoms.velocity[$0] }
        case .ramp(let ramp): return { system.atoms.velocity[$0].xyz - ramp.velocity(at: system.atoms.position[$0]) }
        case .streaming:
            guard let rate = system.boxRate else { return { system.atoms.velocity[$0].xyz } }
            let map = FractionalMap(system.box)
            return { system.atoms.velocity[$0].xyz - rate.streaming(map.fractional(system.atoms.position[$0])) }
        case .binned(let bins):
            let profile = bins.profile(system, group)
            return { i in
                system.atoms.mask[i] & self.group.bit != 0 ? system.atoms.velocity[i].xyz - profile.mean(i) : system.atoms.velocity[i].xyz
            }
        case .components(let chosen): return { system.atoms.velocity[$0] * chosen }
        case .outside(let region):
            return { region.contains(system.atoms.position[$0].xyz) ? system.atoms.velocity[$0] : .zero }
        case .centreOfMass:
            var sums = [0.0, 0, 0, 0]
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                let m = system.atoms.mass(of: i), v = system.atoms.velocity[i]
                sums[0] += m
                for d in 0..<3 { sums[1 + d] += v[d] * m }
            }
            system.communicator.all(.sum, &sums)
            guard sums[0] > 0 else { return { system.atoms.velocity[$0] } }
            let drift = Vector(sums[1] / sums[0], sums[2] / sums[0], sums[3] / sums[0], 0)
            return { system.atoms.velocity[$0] - drift }
        }
    }

    /// Multiplies the thermal part of a group's velocities, and leaves the rest as it is: what thermostats do. Collective.
    func scale(_ system: System, _ group: Group, by factor: Double) {
        let v = system.atoms.velocity.pointer, mask = system.atoms.mask.pointer
        guard isBiased else {
            for i in 0..<system.atoms.owned where mask[i] & group.bit != 0 { v[i] *= factor }
            return
        }
        let thermal = thermal(system)
        for i in 0..<system.atoms.owned where mask[i] & group.bit != 0 {
            let u = thermal(i)
            v[i] = v[i] - u + u * factor
        }
    }

    /// Counts atoms. Collective; called before each run.
    public func prepare(_ system: System, removed: Double) {
        let dimension = Double(system.box.dimension)
        self.removed = removed
        if case .outside(let region) = bias {
            var inside = 0
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                if region.contains(system.atoms.position[i].xyz) { inside += 1 }
            }
            // As in LAMMPS, what fixes take is not taken off.
            degreesOfFreedom = max(0, dimension * Double(system.communicator.sum(inside)) - (extra ?? dimension))
            return
        }
        if case .binned(let bins) = bias {
            let taken = (extra ?? dimension - bins.meanCount) + removed + bins.removedDegreesOfFreedom
            degreesOfFreedom = max(0, dimension * Double(system.count(group)) - taken)
            return
        }
        var directions = dimension
        if case .components(let chosen) = bias { directions = chosen.xyz.sum() }
        let taken = (extra ?? dimension) + removed
        degreesOfFreedom = max(
            0, directions * Double(system.count(group)) - (directions == dimension ? taken : directions / dimension * taken))
    }

    /// T in temperature units; 0 without degrees of freedom. Collective.
    @discardableResult
    public func evaluate(_ system: System) -> Double {
        if isDynamic { prepare(system, removed: removed) }
        let twice = system.communicator.sum(!isBiased ? twiceKineticEnergy(system.atoms, group.bit) : twiceThermalEnergy(system))
        value = degreesOfFreedom > 0 ? twice * (system.units.mvv2e / (degreesOfFreedom * system.units.boltzmann)) : 0
        return value
    }

    private func twiceThermalEnergy(_ system: System) -> Double {
        let thermal = thermal(system)
        var sum = 0.0
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let u = thermal(i)
            sum += (u.x * u.x + u.y * u.y + u.z * u.z) * system.atoms.mass(of: i)
        }
        return sum
    }

    /// sum m v (x) v of the group in energy units. Collective.
    public func kineticTensor(_ system: System) -> Tensor {
        var t = Tensor.zero
        let thermal = thermal(system)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let v = thermal(i)
            t.add(v, v * system.atoms.mass(of: i))
        }
        var flat = [t.x.x, t.x.y, t.x.z, t.y.x, t.y.y, t.y.z, t.z.x, t.z.y, t.z.z].map { $0 * system.units.mvv2e }
        system.communicator.all(.sum, &flat)
        return Tensor(
            x: Vector(flat[0], flat[1], flat[2], 0), y: Vector(flat[3], flat[4], flat[5], 0), z: Vector(flat[6], flat[7], flat[8], 0))
    }
}

/// sum m v^2 over this rank's atoms of a group, mass x velocity^2, summed atom by atom as LAMMPS does.
public func twiceKineticEnergy(_ atoms: borrowing Atoms, _ bit: UInt32) -> Double {
    let v = atoms.velocity.pointer, type = atoms.type.pointer, mask = atoms.mask.pointer
    let mass = atoms.mass.map { $0 ?? 0 }
    var sum = 0.0
    for i in 0..<atoms.owned where mask[i] & bit != 0 {
        let u = v[i]
        sum += (u.x * u.x + u.y * u.y + u.z * u.z) * mass[Int(type[i])]
    }
    return sum
}
