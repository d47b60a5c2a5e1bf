import Deck
import Domain

/// `fix enforce2d`: zeroes velocities and forces of a group along z, in dynamics and in minimisation.
public final class Enforce2D: Fix {
    public let id: String
    public let style = "enforce2d"
    public var group: Group
    public var actsInMinimization: Bool { true }

    init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func setup(_ system: System) { postForce(system) }

    public func postForce(_ system: System) {
        let v = system.atoms.velocity.pointer, f = system.forces.force.pointer, mask = system.atoms.mask.pointer
        for i in 0..<system.atoms.owned where mask[i] & group.bit != 0 {
            v[i].z = 0
            f[i].z = 0
        }
    }
}

extension FixStyle {
    static let enforce2d = FixStyle("enforce2d", usage: "fix ID GROUP enforce2d") { words, setup in
        guard setup.system.box.dimension == 2 else {
            throw words.error("fix enforce2d is for two dimensions: use 'dimension 2' before the box")
        }
        return Enforce2D(id: setup.id, group: setup.group)
    }
}
