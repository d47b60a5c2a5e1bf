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

    public init(group: Group) { self.group = group }

    /// Counts atoms. Collective; called before each run.
    public func prepare(_ system: System, removed: Double) {
        let dimension = Double(system.box.dimension)
        degreesOfFreedom = max(0, dimension * Double(system.count(group)) - (extra ?? dimension) - removed)
        self.removed = removed
    }

    /// T in temperature units; 0 without degrees of freedom. Collective.
    @discardableResult
    public func evaluate(_ system: System) -> Double {
        if isDynamic { prepare(system, removed: removed) }
        let twice = system.communicator.sum(twiceKineticEnergy(system.atoms, group.bit))
        value = degreesOfFreedom > 0 ? twice * (system.units.mvv2e / (degreesOfFreedom * system.units.boltzmann)) : 0
        return value
    }

    /// sum m v^2 (x) v of the group in energy units. Collective.
    public func kineticTensor(_ system: System) -> Tensor {
        var t = Tensor.zero
        let v = system.atoms.velocity.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            t.add(v[i], v[i] * system.atoms.mass(of: i))
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
