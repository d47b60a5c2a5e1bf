import Domain

/// `fix setforce`: replaces force components of a group's atoms; a nil component is left alone. Held atoms with zero velocity and
/// zero force stay where they are. f_ID[1..3]: the group's total force before it was replaced.
public final class SetForce: Fix {
    public let id: String
    public let style = "setforce"
    public var group: Group
    public var actsInMinimization: Bool { true }
    /// Evaluated every step; a constant, or an equal-style variable.
    private let components: [(() throws -> Double)?]
    private var total = [0.0, 0.0, 0.0]

    public init(id: String, group: Group, components: [(() throws -> Double)?]) {
        (self.id, self.group, self.components) = (id, group, components)
    }

    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        var values: [Double?] = [nil, nil, nil]
        for d in 0..<3 {
            if let component = components[d] { values[d] = try component() }
        }
        total = [0, 0, 0]
        let f = system.forces.force.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            for d in 0..<3 {
                total[d] += f[i][d]
                if let value = values[d] { f[i][d] = value }
            }
        }
        system.communicator.all(.sum, &total)
    }

    public var vector: [Double] { total }
}
