import Deck
import Domain
import Potentials

/// `fix aveforce`: gives every atom of a group (those in a region, where one is given) the mean force of all of them, plus a constant or
/// equal-style variable; a nil component is left alone. f_ID[1..3]: their total force before that.
public final class AveForce: Fix {
    public let id: String
    public let style = "aveforce"
    public var group: Group
    public let actsInMinimization = true
    public let isVectorExtensive = true
    private let components: [FixValue?]
    private let region: (any Region)?
    private var before = [0.0, 0, 0]

    init(_ setup: FixSetup, _ components: [FixValue?], region: (any Region)?) {
        (id, group, self.components, self.region) = (setup.id, setup.group, components, region)
    }

    public func wants(at step: Int) -> Wanted { components.reduce([]) { $0.union($1?.wants() ?? []) } }

    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        let f = system.forces.force.pointer
        let chosen = (0..<system.atoms.owned).filter { i in
            system.atoms.mask[i] & group.bit != 0 && region?.contains(system.atoms.position[i].xyz) ?? true
        }
        var sums = [0.0, 0, 0, Double(chosen.count)]
        for i in chosen { for d in 0..<3 { sums[d] += f[i][d] } }
        system.communicator.all(.sum, &sums)
        before = Array(sums[0..<3])
        guard sums[3] > 0 else { return }
        for d in 0..<3 {
            guard let component = components[d] else { continue }
            let mean = sums[d] / sums[3] + (try component.evaluate()(0))
            for i in chosen { f[i][d] = mean }
        }
    }

    public var vector: [Double] { before }
}

extension FixStyle {
    static let aveforce = FixStyle(
        "aveforce", usage: "fix ID GROUP aveforce FX FY FZ [region ID]   (each a number, NULL or v_NAME of an equal-style variable)"
    ) { words, setup in
        let first = words.location
        let components = try words.components("the force", setup)
        guard !components.contains(where: { $0?.isPerAtom == true }) else {
            throw DeckError("fix aveforce takes equal-style variables: all atoms get the same force", at: first)
        }
        return AveForce(setup, components, region: try words.regionOption(setup))
    }
}
