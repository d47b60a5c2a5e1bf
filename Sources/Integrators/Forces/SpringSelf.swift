import Deck
import Domain

/// `fix spring/self`: ties each atom of a group to where it was when the fix was made, in unwrapped coordinates.
///
///     E = sum_i K (x_i - x_i0)^2 / 2, along the chosen directions
///
/// f_ID is E (extensive); `fix_modify ID energy yes` adds it to the potential energy. The places go into restarts.
public final class SpringSelf: Fix {
    public let id: String
    public let style = "spring/self"
    public var group: Group
    public let actsInMinimization = true
    public let isExtensive = true
    private let stiffness: Double
    private let isActive: [Bool]
    private let origin: AtomProperty
    private var parts = AddedParts(energy: true, virial: false)
    private var energy = StepSums(count: 1)

    init(_ setup: FixSetup, stiffness: Double, isActive: [Bool]) {
        (id, group, self.stiffness, self.isActive) = (setup.id, setup.group, stiffness, isActive)
        origin = setup.system.claimPositions("f_\(setup.id)", of: setup.group)
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool { parts.modify(keyword, value) }

    public func setup(_ system: System) { postForce(system) }

    public func postForce(_ system: System) {
        let f = system.forces.force.pointer, origin = origin.values.pointer
        var sum = 0.0
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let x = system.unwrapped(i)
            var d = Vector.zero
            for k in 0..<3 where isActive[k] { d[k] = x[k] - origin[3 * i + k] }
            f[i] = f[i].xyz - d * stiffness
            sum += stiffness * (d.x * d.x + d.y * d.y + d.z * d.z)
        }
        energy.set([sum * 0.5], system.communicator)
    }

    public var scalar: Double? { energy.totals[0] }
    public var potentialEnergy: Double { parts.addsEnergy ? energy.totals[0] : 0 }
}

extension FixStyle {
    static let springSelf = FixStyle("spring/self", usage: "fix ID GROUP spring/self K [xyz|xy|xz|yz|x|y|z]") { words, setup in
        let stiffness = try words.positiveDouble("the spring constant")
        var isActive = [true, true, true]
        if !words.isAtEnd {
            let directions = ["xyz", "xy", "xz", "yz", "x", "y", "z"]
            let chosen = try words.choice("the directions", directions.map { ($0, $0) })
            isActive = ["x", "y", "z"].map { chosen.contains($0) }
        }
        return SpringSelf(setup, stiffness: stiffness, isActive: isActive)
    }
}

extension System {
    /// Unwrapped positions as a property of that name: those of a restart, else the present ones of the group's atoms, 0 for others.
    public func claimPositions(_ name: String, of group: Group) -> AtomProperty {
        let (property, isRestored) = atoms.claimProperty(name, width: 3)
        guard !isRestored else { return property }
        let map = FractionalMap(box)
        for i in 0..<atoms.owned where atoms.mask[i] & group.bit != 0 {
            let x = map.unwrapped(atoms.position[i], atoms.image[i])
            for d in 0..<3 { property.values[3 * i + d] = x[d] }
        }
        return property
    }
}
