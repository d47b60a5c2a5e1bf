import Deck
import Domain
import Integrators
import Potentials

/// `fix numdiff`: forces as central differences of the energy, to check a potential with: f_ID[1..3] of each atom of the group, every N
/// steps
///
///     F_ia = -(E(x_ia + delta) - E(x_ia - delta)) / (2 delta)
///
/// six evaluations of the potential an atom, on all ranks together. Dynamics go on with the potential's own forces.
public final class NumDiff: Fix {
    static let entry = ObservingFixStyle(
        name: "numdiff", usage: "fix ID GROUP numdiff N DELTA"
    ) { words, setup, observation in
        let every = try words.positiveInt("the number of steps between differences")
        return NumDiff(setup, every: every, delta: try words.positiveDouble("the displacement"), observation)
    }

    public let id: String
    public let style = "numdiff"
    public var group: Group
    private let every: Int
    private let delta: Double
    private let found: AtomProperty
    private unowned let observation: Observation

    init(_ setup: FixSetup, every: Int, delta: Double, _ observation: Observation) {
        (id, group, self.every, self.delta, self.observation) = (setup.id, setup.group, every, delta, observation)
        found = setup.system.atoms.claimProperty("f_\(setup.id)", width: 3).property
    }

    public func prepare(_ system: System) throws { try observation.checkDifferences(of: "fix \(id) (\(style))") }
    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        guard system.step % every == 0, let simulation = observation.host?.watchedSimulation else { return }
        found.values.fill(0)
        // Owned atom or ghost, every copy of an atom moves.
        var copies: [Int64: [Int]] = [:]
        for i in 0..<system.atoms.count { copies[system.atoms.id[i], default: []].append(i) }
        let ids = try system.memberIDs(of: group)
        for id in ids {
            let own = copies[id] ?? []
            let owner = own.first { $0 < system.atoms.owned }
            for d in 0..<system.box.dimension {
                var energies = [0.0, 0.0]
                let before = own.map { system.atoms.position[$0][d] }
                for (side, sign) in [1.0, -1.0].enumerated() {
                    for (k, i) in own.enumerated() { system.atoms.position[i][d] = before[k] + sign * delta }
                    energies[side] = simulation.energyNow()
                }
                for (k, i) in own.enumerated() { system.atoms.position[i][d] = before[k] }
                if let owner { found.values[3 * owner + d] = (energies[1] - energies[0]) * (0.5 / delta) }
            }
        }
    }

    public var atomProperty: AtomProperty? { found }
}

/// `fix numdiff/virial`: the stress as a central difference of the energy by strain: f_ID[1..6] = xx yy zz yz xz xy of the virial part of
/// the pressure, pressure units, every N steps
///
///     P_ab = -(E(x_a + delta (x_b - c_b)) - E(x_a - delta (x_b - c_b))) / (2 delta V),   c: middle of the box when the fix is made
public final class NumDiffVirial: Fix {
    static let entry = ObservingFixStyle(
        name: "numdiff/virial", usage: "fix ID all numdiff/virial N DELTA"
    ) { words, setup, observation in
        guard setup.group == .all else { throw words.error("fix numdiff/virial is of group all") }
        let every = try words.positiveInt("the number of steps between differences")
        return NumDiffVirial(setup, every: every, delta: try words.positiveDouble("the strain"), observation)
    }

    public let id: String
    public let style = "numdiff/virial"
    public var group: Group
    private let every: Int
    private let delta: Double
    private let middle: Vector
    private unowned let observation: Observation
    public private(set) var vector = [Double](repeating: 0, count: 6)

    init(_ setup: FixSetup, every: Int, delta: Double, _ observation: Observation) {
        (id, group, self.every, self.delta, self.observation) = (setup.id, setup.group, every, delta, observation)
        middle = (setup.system.box.lo + setup.system.box.hi) * 0.5
    }

    public func prepare(_ system: System) throws { try observation.checkDifferences(of: "fix \(id) (\(style))") }
    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        guard system.step % every == 0, let simulation = observation.host?.watchedSimulation else { return }
        let before = system.atoms.position.copy()
        for (k, (a, b)) in [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)].enumerated() {
            var energies = [0.0, 0.0]
            for (side, sign) in [1.0, -1.0].enumerated() {
                for i in 0..<system.atoms.count {
                    system.atoms.position[i][a] = before[i][a] + delta * sign * (before[i][b] - middle[b])
                }
                energies[side] = simulation.energyNow()
            }
            for i in 0..<system.atoms.count { system.atoms.position[i] = before[i] }
            vector[k] = (energies[0] - energies[1]) * (-0.5 / delta / system.box.volume * system.units.nktv2p)
        }
    }
}

extension Observation {
    fileprivate func checkDifferences(of what: String) throws {
        guard let potential = try requireHost().watchedPotential, potential.lacks(.energy) == nil else {
            throw DeckError("\(what) takes differences of the energy, which the potential does not have", at: nil)
        }
    }
}

extension Simulation {
    /// The potential's energy at the present positions, of all ranks. Collective.
    fileprivate func energyNow() -> Double {
        var forces = Forces()
        evaluate(.energy, into: &forces)
        return system.communicator.sum(forces.energy)
    }
}

extension System {
    /// Ids of a group's atoms on all ranks, sorted. Collective.
    fileprivate func memberIDs(of group: Group) throws -> [Int64] {
        var most = 0
        for i in 0..<atoms.owned { most = max(most, Int(atoms.id[i])) }
        most = communicator.all(.max, most)
        guard most <= 10_000_000 else { throw DeckError("fix numdiff: differences for ids up to \(most) would take for ever", at: nil) }
        var isMember = [Int](repeating: 0, count: most + 1)
        for i in 0..<atoms.owned where atoms.mask[i] & group.bit != 0 { isMember[Int(atoms.id[i])] = 1 }
        communicator.all(.sum, &isMember)
        return isMember.indices.filter { isMember[$0] > 0 }.map(Int64.init)
    }
}
