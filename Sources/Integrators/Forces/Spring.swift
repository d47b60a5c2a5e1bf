import Deck
import Domain

/// `fix spring`: a spring between a group's centre of mass and a point (tether), or between the centres of two groups (couple).
///
///     E = K (r - R0)^2 / 2,   r = |centre - point|, or |centre2 - centre1 - offset|; NULL components are left out of r
///
/// The force is shared by the group's atoms in proportion to their masses. f_ID is E; f_ID[1..3] the force on the group, f_ID[4] its
/// magnitude, negative where the spring pushes (all extensive). `fix_modify ID energy yes` adds E to the potential energy.
public final class Spring: Fix {
    public let id: String
    public let style = "spring"
    public var group: Group
    public let actsInMinimization = true
    public let isExtensive = true
    public let isVectorExtensive = true
    /// nil: a tether.
    private let partner: Group?
    private let stiffness: Double
    private let place: [Double?]
    private let length: Double
    private var parts = AddedParts(energy: true, virial: false)
    private var energy = 0.0
    private var total = [0.0, 0, 0, 0]

    init(_ setup: FixSetup, partner: Group?, stiffness: Double, place: [Double?], length: Double) {
        (id, group, self.partner, self.stiffness) = (setup.id, setup.group, partner, stiffness)
        (self.place, self.length) = (place, length)
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool { parts.modify(keyword, value) }

    public func setup(_ system: System) { postForce(system) }

    public func postForce(_ system: System) {
        let own = system.centre(of: group)
        let other = partner.map { system.centre(of: $0) }
        // From the group to what pulls at it, seen from the group (couple), or the other way round (tether), as in LAMMPS.
        var d = other.map { $0.centre - own.centre } ?? own.centre
        for k in 0..<3 { d[k] = place[k].map { d[k] - $0 } ?? 0 }
        let r = max(d.dot(d).squareRoot(), 1e-10)
        let stretch = r - length
        let force = Vector(stiffness * d.x * stretch / r, stiffness * d.y * stretch / r, stiffness * d.z * stretch / r, 0)
        let sign = partner == nil ? -1.0 : 1.0
        let magnitude = force.dot(force).squareRoot()
        total = [sign * force.x, sign * force.y, sign * force.z, stretch < 0 ? -magnitude : magnitude]
        energy = 0.5 * stiffness * stretch * stretch
        push(system, group, force * (own.mass > 0 ? sign / own.mass : 0))
        if let partner, let other { push(system, partner, force * (other.mass > 0 ? -1 / other.mass : 0)) }
    }

    /// F_i += m_i a
    private func push(_ system: System, _ group: Group, _ acceleration: Vector) {
        let f = system.forces.force.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            f[i] = f[i].xyz + acceleration * system.atoms.mass(of: i)
        }
    }

    public var scalar: Double? { energy }
    public var vector: [Double] { total }
    public var potentialEnergy: Double { parts.addsEnergy ? energy : 0 }
}

extension FixStyle {
    static let spring = FixStyle(
        "spring",
        usage: """
            fix ID GROUP spring tether K X Y Z R0
            fix ID GROUP spring couple GROUP2 K X Y Z R0   (X Y Z: each a number or NULL)
            """
    ) { words, setup in
        let couples = try words.choice("tether or couple", [("tether", false), ("couple", true)])
        var partner: Group?
        if couples {
            let word = try words.word("the second group")
            partner = setup.system.groups[word.text]
            guard partner != nil else { throw DeckError.unknown("group", word, known: setup.system.groups.names) }
            guard partner != setup.group else { throw words.error("fix spring couple needs two different groups", at: word) }
        }
        let stiffness = try words.double("the spring constant")
        let place: [Double?] = try ["x", "y", "z"].map { axis in
            words.optional("NULL") ? nil : try words.double("\(axis) of the \(couples ? "offset" : "point"), or NULL")
        }
        return Spring(
            setup, partner: partner, stiffness: stiffness, place: place, length: try words.nonNegativeDouble("the length R0"))
    }
}
