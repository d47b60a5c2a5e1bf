import Deck
import Domain
import Integrators

/// `compute msd`: c_ID[1..4] = means over a group's atoms of dx^2, dy^2, dz^2 and their sum, length^2, d being how far an atom has come
/// since the compute was made, unwrapped. `com yes`: relative to the group's centre of mass; `average yes`: from the mean of all
/// positions at which it was evaluated. The references go into restarts.
public final class MeanSquareDisplacement: Compute {
    public static let entry = ComputeStyle(
        "msd", usage: "compute ID GROUP msd [com yes|no] [average yes|no]", help: "mean squared displacement: x, y, z, total"
    ) { id, group, words, observation in
        var isRelative = false, isAveraged = false
        while !words.isAtEnd {
            switch try words.choice("a keyword of compute msd", [("com", true), ("average", false)]) {
            case true: isRelative = try words.flag("yes or no")
            case false: isAveraged = try words.flag("yes or no")
            }
        }
        return MeanSquareDisplacement(
            id: id, group: group, try observation.requireSystem(), isRelative: isRelative, isAveraged: isAveraged)
    }

    public let id: String
    public let style = "msd"
    public let group: Group
    public let shape = ComputeShape(vector: 4)
    private let reference: AtomProperty
    private let isRelative: Bool
    private let isAveraged: Bool
    private var averaged = 0
    /// Where a run goes on after a restart: what was evaluated there has been so before it, and adds nothing to the mean.
    private var restartStep: Int?
    private var isRestored = false

    init(id: String, group: Group, _ system: System, isRelative: Bool, isAveraged: Bool) {
        (self.id, self.group, self.isRelative, self.isAveraged) = (id, group, isRelative, isAveraged)
        let isRestored = system.atoms.extras.contains { $0.name == "c_\(id)" && $0.width == 3 && $0.isRestored }
        reference = system.claimPositions("c_\(id)", of: group)
        guard isRelative, !isRestored else { return }
        let centre = system.centreOfMass(of: group).centre
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            for d in 0..<3 { reference.values[3 * i + d] -= centre[d] }
        }
    }

    public func save(_ state: inout StateWriter) { state.put(averaged) }

    public func restore(_ state: inout StateReader) throws {
        averaged = try state.int()
        isRestored = true
    }

    public func prepare(_ snapshot: Snapshot) {
        if isRestored { restartStep = snapshot.step }
        isRestored = false
    }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let system = snapshot.system, map = FractionalMap(system.box)
        let centre = isRelative ? system.centreOfMass(of: group).centre : .zero
        let adds = isAveraged && system.step != restartStep
        if adds { averaged += 1 }
        let weight = Double(averaged), inverse = 1 / (Double(averaged) + 1)
        var sums = [0.0, 0, 0, 0, 0]
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let x = map.unwrapped(system.atoms.position[i], system.atoms.image[i]) - centre
            var d = Vector.zero
            for k in 0..<3 {
                if adds { reference.values[3 * i + k] = (reference.values[3 * i + k] * weight + x[k]) * inverse }
                d[k] = x[k] - reference.values[3 * i + k]
                sums[k] += d[k] * d[k]
            }
            sums[3] += d.x * d.x + d.y * d.y + d.z * d.z
            sums[4] += 1
        }
        system.communicator.all(.sum, &sums)
        return sums[0..<4].map { sums[4] > 0 ? $0 / sums[4] : $0 }
    }
}

/// `compute vacf`: c_ID[1..4] = means over a group's atoms of v_x(t) v_x(0), y, z and their sum, velocity^2; time 0 is when the compute was
/// made. The velocities of then go into restarts.
public final class VelocityAutocorrelation: Compute {
    public static let entry = ComputeStyle(
        "vacf", usage: "compute ID GROUP vacf", help: "velocity autocorrelation: x, y, z, total"
    ) { id, group, words, observation in
        try words.finish()
        return VelocityAutocorrelation(id: id, group: group, try observation.requireSystem())
    }

    public let id: String
    public let style = "vacf"
    public let group: Group
    public let shape = ComputeShape(vector: 4)
    private let reference: AtomProperty

    init(id: String, group: Group, _ system: System) {
        (self.id, self.group) = (id, group)
        let (property, isRestored) = system.atoms.claimProperty("c_\(id)", width: 3)
        reference = property
        guard !isRestored else { return }
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            for d in 0..<3 { property.values[3 * i + d] = system.atoms.velocity[i][d] }
        }
    }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let system = snapshot.system
        var sums = [0.0, 0, 0, 0, 0]
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let v = system.atoms.velocity[i]
            let products = (0..<3).map { v[$0] * reference.values[3 * i + $0] }
            for d in 0..<3 { sums[d] += products[d] }
            sums[3] += products[0] + products[1] + products[2]
            sums[4] += 1
        }
        system.communicator.all(.sum, &sums)
        return sums[0..<4].map { sums[4] > 0 ? $0 / sums[4] : $0 }
    }
}

/// `compute displace/atom`: how far each atom of a group has come since the compute was made, unwrapped: c_ID[1..4] = dx, dy, dz and their
/// magnitude; 0 for others. The references go into restarts. A dump with `dump_modify refresh c_ID` counts those atoms anew, after each of
/// its frames, for which the atom-style variable NAME is not 0.
public final class DisplacementCompute: Compute {
    public static let entry = ComputeStyle(
        "displace/atom", usage: "compute ID GROUP displace/atom [refresh NAME]", help: "displacement of each atom: x, y, z, magnitude"
    ) { id, group, words, observation in
        var refresh: Word?
        if words.optional("refresh") {
            let word = try words.word("an atom-style variable")
            guard try observation.requireHost().variableStyle(word.text) == .atom else {
                throw words.error("refresh needs the name of an atom-style variable, not '\(word.text)'", at: word)
            }
            refresh = word
        }
        try words.finish()
        return DisplacementCompute(id: id, group: group, refresh, try observation.requireSystem())
    }

    public let id: String
    public let style = "displace/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 4)
    private let reference: AtomProperty
    private let variable: Word?
    public var canRefresh: Bool { variable != nil }

    init(id: String, group: Group, _ variable: Word?, _ system: System) {
        (self.id, self.group, self.variable) = (id, group, variable)
        reference = system.claimPositions("c_\(id)", of: group)
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system, map = FractionalMap(system.box)
        var result = AtomValues(width: 4, count: system.atoms.owned)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let x = map.unwrapped(system.atoms.position[i], system.atoms.image[i])
            var d = Vector.zero
            for k in 0..<3 {
                d[k] = x[k] - reference.values[3 * i + k]
                result.values[4 * i + k] = d[k]
            }
            result.values[4 * i + 3] = (d.x * d.x + d.y * d.y + d.z * d.z).squareRoot()
        }
        return result
    }

    public func refresh(_ snapshot: Snapshot) throws {
        guard let variable else { return }
        let isNew = try snapshot.observation.requireHost().atomVariable(variable.text, of: group, at: variable.location)
        let system = snapshot.system, map = FractionalMap(system.box)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 && isNew[i] != 0 {
            let x = map.unwrapped(system.atoms.position[i], system.atoms.image[i])
            for d in 0..<3 { reference.values[3 * i + d] = x[d] }
        }
    }
}

extension Observation {
    func requireSystem() throws -> System {
        guard let system = try requireHost().watchedSystem else { throw DeckError("there is no simulation box yet", at: nil) }
        return system
    }
}

extension System {
    /// Mass and centre of mass of a group, from unwrapped positions. Collective.
    func centreOfMass(of group: Group) -> (mass: Double, centre: Vector) {
        let map = FractionalMap(box)
        var sums = [0.0, 0, 0, 0]
        for i in 0..<atoms.owned where atoms.mask[i] & group.bit != 0 {
            let m = atoms.mass[Int(atoms.type[i])] ?? 0, x = map.unwrapped(atoms.position[i], atoms.image[i])
            sums[0] += m
            for d in 0..<3 { sums[1 + d] += x[d] * m }
        }
        communicator.all(.sum, &sums)
        guard sums[0] > 0 else { return (0, .zero) }
        return (sums[0], Vector(sums[1] / sums[0], sums[2] / sums[0], sums[3] / sums[0], 0))
    }
}
