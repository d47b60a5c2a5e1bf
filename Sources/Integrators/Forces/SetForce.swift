import Deck
import Domain
import Potentials

/// `fix setforce`: replaces force components of a group's atoms, those in a region where one is given; a nil component is left alone. Held
/// atoms with zero velocity and zero force stay where they are. f_ID[1..3]: the total force on these atoms before it was replaced.
public final class SetForce: Fix {
    public let id: String
    public let style = "setforce"
    public var group: Group
    public let actsInMinimization = true
    public let isVectorExtensive = true
    private let components: [FixValue?]
    private let region: (any Region)?
    private var before = StepSums(count: 3)

    public init(id: String, group: Group, components: [FixValue?], region: (any Region)? = nil) {
        (self.id, self.group, self.components, self.region) = (id, group, components, region)
    }

    public func wants(at step: Int) -> Wanted { components.reduce([]) { $0.union($1?.wants() ?? []) } }

    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        let values = try components.map { try $0?.evaluate() }
        var sums = [0.0, 0, 0]
        let f = system.forces.force.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            if let region, !region.contains(system.atoms.position[i].xyz) { continue }
            for d in 0..<3 {
                sums[d] += f[i][d]
                if let value = values[d] { f[i][d] = value(i) }
            }
        }
        before.set(sums, system.communicator)
    }

    public var vector: [Double] { before.totals }
}

extension FixStyle {
    static let setforce = FixStyle(
        "setforce", usage: "fix ID GROUP setforce FX FY FZ [region ID]   (each a number, NULL or v_NAME)"
    ) { words, setup in
        let components = try words.components("the force", setup)
        return SetForce(id: setup.id, group: setup.group, components: components, region: try words.regionOption(setup))
    }
}

extension Words {
    /// Three numbers, `NULL`s or variables.
    mutating func components(_ what: String, _ setup: FixSetup) throws -> [FixValue?] {
        try ["x", "y", "z"].map { axis in
            let word = try word("\(what) along \(axis): a number, NULL or v_NAME")
            return word.text == "NULL" ? nil : try setup.atomValue(word)
        }
    }

    /// `region ID`, or nothing.
    mutating func regionOption(_ setup: FixSetup) throws -> (any Region)? {
        guard !isAtEnd else { return nil }
        _ = try choice("a keyword", [("region", ())])
        return try setup.region(word("a region"))
    }
}
