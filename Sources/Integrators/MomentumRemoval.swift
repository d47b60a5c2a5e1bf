import Domain

/// `fix momentum`: every N steps takes the group's centre-of-mass velocity (and its rotation) away, optionally rescaling to the
/// kinetic energy that it had.
public final class MomentumRemoval: Fix {
    public let id: String
    public let style = "momentum"
    public var group: Group
    private let every: Int
    /// Components to zero; nil: leave linear momentum alone.
    private let linear: Vector?
    private let angular: Bool
    private let rescales: Bool

    public init(id: String, group: Group, every: Int, linear: Vector?, angular: Bool, rescales: Bool) {
        (self.id, self.group, self.every, self.linear) = (id, group, every, linear)
        (self.angular, self.rescales) = (angular, rescales)
    }

    public func endOfStep(_ system: System) {
        guard system.step % every == 0 else { return }
        let before = rescales ? system.communicator.sum(twiceKineticEnergy(system.atoms, group.bit)) : 0
        let motion = RigidMotion(of: group, in: system)
        guard motion.mass > 0 else { return }
        if let linear { motion.removeLinear(from: system, group, components: linear) }
        if angular { motion.removeAngular(from: system, group) }
        if rescales {
            let after = system.communicator.sum(twiceKineticEnergy(system.atoms, group.bit))
            guard after > 0 else { return }
            let factor = (before / after).squareRoot()
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 { system.atoms.velocity[i] *= factor }
        }
    }
}

/// Centre of mass, its velocity, and the angular velocity of a group, from unwrapped positions. Collective.
public struct RigidMotion: Sendable {
    public private(set) var mass = 0.0
    public private(set) var centre = Vector.zero
    public private(set) var velocity = Vector.zero
    public private(set) var angularMomentum = Vector.zero
    /// omega = I^-1 L; zero when the group is a point; along a line only the components that exist.
    public private(set) var angularVelocity = Vector.zero

    public init(of group: Group, in system: System) {
        var sums = [Double](repeating: 0, count: 7)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let m = system.atoms.mass(of: i), v = system.atoms.velocity[i]
            let x = system.box.unwrapped(system.atoms.position[i], system.atoms.image[i])
            sums[0] += m
            for d in 0..<3 {
                sums[1 + d] += m * x[d]
                sums[4 + d] += m * v[d]
            }
        }
        system.communicator.all(.sum, &sums)
        mass = sums[0]
        guard mass > 0 else { return }
        centre = Vector(sums[1], sums[2], sums[3], 0) * (1 / mass)
        velocity = Vector(sums[4], sums[5], sums[6], 0) * (1 / mass)
        var rotation = [Double](repeating: 0, count: 9)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let m = system.atoms.mass(of: i)
            let r = (system.box.unwrapped(system.atoms.position[i], system.atoms.image[i]) - centre).xyz
            let l = r.cross(system.atoms.velocity[i].xyz) * m
            for d in 0..<3 { rotation[d] += l[d] }
            rotation[3] += m * (r.y * r.y + r.z * r.z)
            rotation[4] += m * (r.x * r.x + r.z * r.z)
            rotation[5] += m * (r.x * r.x + r.y * r.y)
            rotation[6] -= m * r.x * r.y
            rotation[7] -= m * r.y * r.z
            rotation[8] -= m * r.x * r.z
        }
        system.communicator.all(.sum, &rotation)
        angularMomentum = Vector(rotation[0], rotation[1], rotation[2], 0)
        angularVelocity = Self.solve(inertia: Array(rotation[3...8]), angularMomentum)
    }

    /// I omega = L for the symmetric I given as xx yy zz xy yz xz; zero when I is singular.
    private static func solve(inertia i: [Double], _ l: Vector) -> Vector {
        let a = Vector(i[0], i[3], i[5], 0), b = Vector(i[3], i[1], i[4], 0), c = Vector(i[5], i[4], i[2], 0)
        let determinant = a.dot(b.cross(c))
        let scale = max(i[0], i[1], i[2])
        guard determinant.magnitude > 1e-12 * scale * scale * scale else { return .zero }
        return Vector(l.dot(b.cross(c)), l.dot(c.cross(a)), l.dot(a.cross(b)), 0) * (1 / determinant)
    }

    public func removeLinear(from system: System, _ group: Group, components: Vector = Vector(1, 1, 1, 0)) {
        let taken = velocity * components
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 { system.atoms.velocity[i] -= taken.xyz }
    }

    public func removeAngular(from system: System, _ group: Group) {
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let r = (system.box.unwrapped(system.atoms.position[i], system.atoms.image[i]) - centre).xyz
            system.atoms.velocity[i] -= angularVelocity.cross(r)
        }
    }
}
