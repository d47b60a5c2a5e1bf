import Deck
import Domain
import Integrators

/// `compute momentum`: the total momentum of a group, sum m v, as c_ID[1..3] (extensive), mass velocity.
public final class MomentumCompute: Compute {
    public static let entry = ComputeStyle("momentum", usage: "compute ID GROUP momentum", help: "total momentum: x, y, z") { id, group, words, _ in
        try words.finish()
        return MomentumCompute(id: id, group: group)
    }

    public let id: String
    public let style = "momentum"
    public let group: Group
    public let shape = ComputeShape(vector: 3, isExtensive: (false, true))

    init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let system = snapshot.system
        var sums = [0.0, 0, 0]
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let m = system.atoms.mass[Int(system.atoms.type[i])] ?? 0
            for d in 0..<3 { sums[d] += m * system.atoms.velocity[i][d] }
        }
        system.communicator.all(.sum, &sums)
        return sums
    }
}
