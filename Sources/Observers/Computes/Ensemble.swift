import Deck
import Domain
import Integrators
import Potentials

/// `compute ensemble/energy`: the members of an ensemble one by one.
///
/// c_ID[k] is member k's total energy in energy units, in the order of the pair_style line; c_ID their standard deviation. It is that
/// of the total energies, so it is neither a sum nor a mean of what atoms show.
public final class MemberEnergyCompute: Compute {
    public static let entry = ComputeStyle(
        "ensemble/energy", usage: "compute ID all ensemble/energy", help: "energy of each member of an ensemble; their deviation"
    ) { id, group, words, observation in
        guard group == .all else { throw words.error("compute ensemble/energy is of group all") }
        let potential = try observation.requireEnsemble(of: "compute ensemble/energy", at: words.location)
        try words.finish()
        return MemberEnergyCompute(id: id, members: potential.memberNames.count)
    }

    public let id: String
    public let style = "ensemble/energy"
    public let group = Group.all
    public let shape: ComputeShape
    public let wants: Wanted = [.members, .energy]

    init(id: String, members: Int) {
        self.id = id
        shape = ComputeShape(scalar: true, vector: members)
    }

    public func scalar(_ snapshot: Snapshot) throws -> Double { try snapshot.members(of: self).report.energyDeviation }
    public func vector(_ snapshot: Snapshot) throws -> [Double] { try snapshot.members(of: self).report.energies }
}

/// `compute ensemble/deviation`: how far the members of an ensemble disagree, with the ensemble's own options (ddof, relative, members).
///
/// c_ID is the largest deviation of the force on an atom of the group. c_ID[1..3] = maximum, minimum and mean of the deviation of the
/// forces, force units. For group all also c_ID[4..6] = maximum, minimum and root mean square of the virial's nine components, energy
/// units an atom, as in DeePMD-kit; 0 in these places for other groups.
public final class MemberDeviationCompute: Compute {
    public static let entry = ComputeStyle(
        "ensemble/deviation", usage: "compute ID GROUP ensemble/deviation",
        help: "max, min, mean deviation of members' forces; max, min, rms of their virials'"
    ) { id, group, words, observation in
        _ = try observation.requireEnsemble(of: "compute ensemble/deviation", at: words.location)
        try words.finish()
        return MemberDeviationCompute(id: id, group: group)
    }

    public let id: String
    public let style = "ensemble/deviation"
    public let group: Group
    public let shape = ComputeShape(scalar: true, vector: 6)
    public var wants: Wanted { group == .all ? [.members, .virial] : .members }

    init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func scalar(_ snapshot: Snapshot) throws -> Double { try vector(snapshot)[0] }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let potential = try snapshot.members(of: self), report = potential.report
        if group == .all {
            let virial = report.virial ?? Spread()
            return [report.force.max, report.force.min, report.force.mean, virial.max, virial.min, virial.mean]
        }
        let system = snapshot.system
        var extremes = [0, -Double.infinity], sums = [0.0, 0.0]
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let sigma = potential.forceDeviation(atom: i)
            extremes = [max(extremes[0], sigma), max(extremes[1], -sigma)]
            sums = [sums[0] + sigma, sums[1] + 1]
        }
        system.communicator.all(.max, &extremes)
        system.communicator.all(.sum, &sums)
        guard sums[1] > 0 else { return [0, 0, 0, 0, 0, 0] }
        return [extremes[0], -extremes[1], sums[0] / sums[1], 0, 0, 0]
    }
}

/// `compute ensemble/atom`: the deviation of the members' forces on each atom, force units; 0 outside the group.
public final class MemberAtomCompute: Compute {
    public static let entry = ComputeStyle(
        "ensemble/atom", usage: "compute ID GROUP ensemble/atom", help: "deviation of members' forces, per atom"
    ) { id, group, words, observation in
        _ = try observation.requireEnsemble(of: "compute ensemble/atom", at: words.location)
        try words.finish()
        return MemberAtomCompute(id: id, group: group)
    }

    public let id: String
    public let style = "ensemble/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 0)
    public let wants: Wanted = .members

    init(id: String, group: Group) { (self.id, self.group) = (id, group) }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let potential = try snapshot.members(of: self), atoms = snapshot.system.atoms.owned
        var values = [Double](repeating: 0, count: atoms)
        for i in values.indices where snapshot.system.atoms.mask[i] & group.bit != 0 { values[i] = potential.forceDeviation(atom: i) }
        return AtomValues(vector: values)
    }
}

extension Observation {
    /// The deck's ensemble: its potential, or the first one below it that reports on members.
    /// - Throws: `DeckError` when the deck's potential has no members to report on.
    func requireEnsemble(of what: String, at location: SourceLocation?) throws -> any MemberReporting {
        guard let potential = host?.watchedPotential else {
            throw DeckError("\(what) needs the pair_style of an ensemble before it", at: location)
        }
        guard let members = potential.memberReporting else { throw DeckError(noEnsemble(what, potential.style), at: location) }
        return members
    }
}

private func noEnsemble(_ what: String, _ style: String) -> String {
    let known = PotentialRegistry.builtin.map(\.name).filter { $0.hasPrefix("ensemble/") }
    return "\(what) needs an ensemble, but pair_style \(style) is not an ensemble; these are: \(known.joined(separator: ", "))"
}

extension Snapshot {
    /// The ensemble, with members evaluated at this step.
    fileprivate func members(of compute: any Compute) throws -> any MemberReporting {
        // An ensemble without a virial still has deviations of its forces.
        try require(compute.wants.subtracting(.virial), for: "compute '\(compute.id)' (\(compute.style))")
        guard let members = potential?.memberReporting else {
            throw DeckError(noEnsemble("compute '\(compute.id)'", potential?.style ?? "none"), at: nil)
        }
        return members
    }
}
