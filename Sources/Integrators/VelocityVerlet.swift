import Domain

/// `fix nve`: velocity Verlet at constant energy (Swope et al., J. Chem. Phys. 76, 637 (1982)).
///
///     v += dt/2 f/m;  x += dt v;  [forces]  v += dt/2 f/m
public final class VelocityVerlet: Fix {
    public let id: String
    public let style = "nve"
    public var group: Group
    public var integrates: Bool { true }

    public init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func initialIntegrate(_ system: System) {
        kick(&system.atoms, system.forces, by: 0.5 * system.timestep * system.units.ftm2v, group)
        drift(&system.atoms, by: system.timestep, group)
    }

    public func finalIntegrate(_ system: System) {
        kick(&system.atoms, system.forces, by: 0.5 * system.timestep * system.units.ftm2v, group)
    }
}

extension VelocityVerlet: LevelIntegrator {
    func initialIntegrate(_ system: System, _ level: RespaStep) {
        kick(&system.atoms, system.forces, by: 0.5 * level.timestep * system.units.ftm2v, group)
        if level.isInnermost { drift(&system.atoms, by: level.timestep, group) }
    }

    func finalIntegrate(_ system: System, _ level: RespaStep) {
        kick(&system.atoms, system.forces, by: 0.5 * level.timestep * system.units.ftm2v, group)
    }
}

/// v += (dtf / m) f for a group's owned atoms; dtf = time x ftm2v. In LAMMPS' order of operations.
func kick(_ atoms: inout Atoms, _ forces: borrowing Forces, by dtf: Double, _ group: Group) {
    let v = atoms.velocity.pointer, f = forces.force.pointer
    let type = atoms.type.pointer, mask = atoms.mask.pointer
    let perMass = atoms.mass.map { dtf / ($0 ?? .nan) }
    perMass.withUnsafeBufferPointer { perMass in
        for i in 0..<atoms.owned where mask[i] & group.bit != 0 { v[i] += f[i].xyz * perMass[Int(type[i])] }
    }
}

/// x += dt v for a group's owned atoms; w, the type, stays.
func drift(_ atoms: inout Atoms, by dt: Double, _ group: Group) {
    let x = atoms.position.pointer, v = atoms.velocity.pointer, mask = atoms.mask.pointer
    for i in 0..<atoms.owned where mask[i] & group.bit != 0 { x[i] += v[i].xyz * dt }
}
