import Deck
import Domain
import Integrators

/// A bond is longer or shorter than it was at the start by more than Delta (0.5 Angstrom in Fu et al., "Forces are not enough",
/// Trans. Mach. Learn. Res. 2023, equation 3):
///
///     | |r_i - r_j| - b_ij | > Delta,   b_ij: the length at the fix's first set-up
///
/// Bonds are the pairs of the group that are then nearer than `scale` times the sum of their covalent radii (Cordero et al., Dalton Trans.
/// 2008, 2832), or than a distance. Each atom carries its partners' ids with it, at most eight.
final class BondRule: StabilityRule {
    enum Reach {
        /// Times the sum of covalent radii.
        case scale(Double)
        case distance(Double)
    }
    static let slots = 8

    let name = "bond"
    private let id: String
    private let group: Group
    private let most: Double
    private let reach: Reach
    private let location: SourceLocation?
    /// Of each atom: pairs of partner's id (0: none) and reference length.
    private var bonds: AtomProperty

    init(_ setup: FixSetup, most: Double, _ reach: Reach, at location: SourceLocation?) {
        (id, group, self.most, self.reach, self.location) = (setup.id, setup.group, most, reach, location)
        bonds = setup.system.atoms.claimProperty("f_\(setup.id)/bonds", width: 2 * Self.slots).property
    }

    func prepare(_ snapshot: Snapshot) throws {
        let longest = try limits(snapshot.system).joined().max() ?? 0
        try placing(at: location) { try snapshot.checkReach(longest, of: "fix \(id) (bonds)") }
    }

    /// The distance below which two types are bonded, in length units.
    private func limits(_ system: System) throws -> [[Double]] {
        let types = 0...system.atoms.typeCount
        switch reach {
        case .distance(let distance): return types.map { _ in types.map { _ in distance } }
        case .scale(let scale):
            let used = Set((0..<system.atoms.owned).filter { system.atoms.mask[$0] & group.bit != 0 }.map { Int(system.atoms.type[$0]) })
            let radii = try zip(types, [""] + elementNames(system, DumpSettings())).map { type, element -> Double in
                guard let radius = Elements.covalentRadius(of: element) else {
                    guard used.contains(type) else { return 0 }
                    throw DeckError(
                        "atom type \(type) is of no known element, so its bonds cannot be told: use labelmap, or bond DELTA within R",
                        at: location)
                }
                return radius * (system.units.angstrom ?? 1)
            }
            return radii.map { a in radii.map { b in scale * (a + b) } }
        }
    }

    func begin(_ snapshot: Snapshot) throws {
        let system = snapshot.system
        let limits = try limits(system)
        let near = try Neighbourhood(snapshot, limits.joined().max() ?? 0, of: group, for: "fix \(id) (bonds)")
        var crowded: Int64 = 0, number = 0
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            var slot = 0
            near.forEach(i) { j, d in
                let length = d.dot(d).squareRoot()
                guard length < limits[Int(system.atoms.type[i])][Int(system.atoms.type[j])] else { return }
                if slot < Self.slots {
                    bonds.values[bonds.width * i + 2 * slot] = Double(system.atoms.id[j])
                    bonds.values[bonds.width * i + 2 * slot + 1] = length
                } else {
                    crowded = system.atoms.id[i]
                }
                slot += 1
            }
            number += slot
        }
        let worst = system.communicator.all(.max, Int(crowded))
        guard worst == 0 else {
            throw DeckError("atom \(worst) has more than \(Self.slots) bonds: use a group of molecules, without metals", at: location)
        }
        guard system.communicator.sum(number) > 0 else {
            throw DeckError("there are no bonds in group '\(group.name)' that fix \(id) could watch", at: location)
        }
    }

    func look(_ snapshot: Snapshot) throws -> Violation? {
        let system = snapshot.system, atoms = system.atoms.owned
        var partners: [Int64: [Int]] = [:]
        for i in 0..<atoms {
            for k in 0..<Self.slots where bonds.values[bonds.width * i + 2 * k] > 0 {
                partners[Int64(bonds.values[bonds.width * i + 2 * k])] = []
            }
        }
        for j in 0..<system.atoms.count where partners[system.atoms.id[j]] != nil { partners[system.atoms.id[j]]!.append(j) }
        var worst: Violation?, largest = most
        for i in 0..<atoms {
            for k in 0..<Self.slots {
                let partner = Int64(bonds.values[bonds.width * i + 2 * k]), reference = bonds.values[bonds.width * i + 2 * k + 1]
                guard partner > 0 else { break }
                // A partner beyond the ghosts is infinitely far.
                var length = Double.infinity
                for j in partners[partner] ?? [] {
                    let d = (system.atoms.position[j] - system.atoms.position[i]).xyz
                    length = min(length, d.dot(d).squareRoot())
                }
                guard !((length - reference).magnitude <= largest) else { continue }
                largest = (length - reference).magnitude
                worst = Violation(
                    value: length, threshold: length > reference ? reference + most : reference - most,
                    atoms: [system.atoms.id[i], partner].sorted())
            }
        }
        return .worst(worst, system.communicator)
    }
}

/// Two atoms of the group are nearer to each other than a distance.
final class DistanceRule: StabilityRule {
    let name = "distance"
    private let id: String
    private let group: Group
    private let least: Double
    private let location: SourceLocation?

    init(_ setup: FixSetup, least: Double, at location: SourceLocation?) {
        (id, group, self.least, self.location) = (setup.id, setup.group, least, location)
    }

    func prepare(_ snapshot: Snapshot) throws {
        try placing(at: location) { try snapshot.checkReach(least, of: "fix \(id) (distance)") }
    }

    func look(_ snapshot: Snapshot) throws -> Violation? {
        let system = snapshot.system
        let near = try Neighbourhood(snapshot, least, of: group, for: "fix \(id) (distance)")
        var worst: Violation?, least = least * least
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            near.forEach(i) { j, d in
                guard d.dot(d) < least else { return }
                least = d.dot(d)
                worst = Violation(
                    value: least.squareRoot(), threshold: self.least, atoms: [system.atoms.id[i], system.atoms.id[j]].sorted())
            }
        }
        return .worst(worst, system.communicator)
    }
}
