import Deck
import Domain
import Integrators

/// `compute com`: the centre of mass of a group, unwrapped, as c_ID[1..3], length units.
public final class CentreOfMassCompute: Compute {
    public static let entry = ComputeStyle("com", usage: "compute ID GROUP com", help: "centre of mass: x, y, z") { id, group, words, _ in
        try words.finish()
        return CentreOfMassCompute(id: id, group: group)
    }

    public let id: String
    public let style = "com"
    public let group: Group
    public let shape = ComputeShape(vector: 3)

    init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let centre = snapshot.system.centreOfMass(of: group).centre
        return [centre.x, centre.y, centre.z]
    }
}

/// `compute gyration`: the radius of gyration of a group about its centre of mass c, and the tensor behind it,
///
///     R_ab = sum_i m_i (x_i - c)_a (x_i - c)_b / sum_i m_i,   R = sqrt(tr R_ab)
///
/// with unwrapped positions: c_ID = R, c_ID[1..6] = xx yy zz xy xz yz.
public final class GyrationCompute: Compute {
    public static let entry = ComputeStyle(
        "gyration", usage: "compute ID GROUP gyration", help: "radius of gyration, and its squared tensor"
    ) { id, group, words, _ in
        try words.finish()
        return GyrationCompute(id: id, group: group)
    }

    public let id: String
    public let style = "gyration"
    public let group: Group
    public let shape = ComputeShape(scalar: true, vector: 6)

    init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        let r = try vector(snapshot)
        return (r[0] + r[1] + r[2]).squareRoot()
    }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let system = snapshot.system, map = FractionalMap(system.box)
        let (mass, centre) = system.centreOfMass(of: group)
        var sums = [0.0, 0, 0, 0, 0, 0]
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let m = system.atoms.mass[Int(system.atoms.type[i])] ?? 0
            let d = map.unwrapped(system.atoms.position[i], system.atoms.image[i]) - centre
            for (k, (a, b)) in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)].enumerated() { sums[k] += d[a] * d[b] * m }
        }
        system.communicator.all(.sum, &sums)
        return mass > 0 ? sums.map { $0 / mass } : sums
    }
}

/// `compute heat/flux`: sum_i e_i v_i - sum_i s_i v_i over a group, energy x velocity, from computes of kinetic and potential energy and of
/// stress of each atom: c_ID[1..3] = x, y, z of the whole, c_ID[4..6] of the first, convective, part.
///
/// For potentials of more than two bodies, whose virial cannot be shared among atoms uniquely, the second part is one choice of several
/// (Boone, Babaei and Wilmer, J. Chem. Theory Comput. 15, 5579 (2019)).
public final class HeatFluxCompute: Compute {
    public static let entry = ComputeStyle(
        "heat/flux", usage: "compute ID GROUP heat/flux KE-ID PE-ID STRESS-ID", help: "heat flux: x, y, z, and its convective part"
    ) { id, group, words, observation in
        func input(_ style: String, _ words: inout Words) throws -> String {
            let word = try words.word("the id of a compute \(style)")
            guard try observation.requireCompute(word).style == style else {
                throw words.error("compute '\(word.text)' is no \(style)", at: word)
            }
            return word.text
        }
        let inputs = [try input("ke/atom", &words), try input("pe/atom", &words), try input("stress/atom", &words)]
        try words.finish()
        return HeatFluxCompute(id: id, group: group, inputs)
    }

    public let id: String
    public let style = "heat/flux"
    public let group: Group
    public let inputs: [String]
    public let shape = ComputeShape(vector: 6, isExtensive: (false, true))

    init(id: String, group: Group, _ inputs: [String]) { (self.id, self.group, self.inputs) = (id, group, inputs) }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let system = snapshot.system
        let kinetic = try snapshot.atoms(inputs[0]).values, potential = try snapshot.atoms(inputs[1]).values
        let stress = try snapshot.atoms(inputs[2]).values
        var convective = Vector.zero, virial = Vector.zero
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let v = system.atoms.velocity[i].xyz
            convective += v * (kinetic[i] + potential[i])
            let s = (0..<6).map { stress[6 * i + $0] }
            virial -= Vector(
                s[0] * v.x + s[3] * v.y + s[4] * v.z, s[3] * v.x + s[1] * v.y + s[5] * v.z, s[4] * v.x + s[5] * v.y + s[2] * v.z, 0)
        }
        let whole = convective + virial / system.units.nktv2p
        var result = [whole.x, whole.y, whole.z, convective.x, convective.y, convective.z]
        system.communicator.all(.sum, &result)
        return result
    }
}
