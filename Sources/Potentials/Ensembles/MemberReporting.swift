import Domain

/// What an ensemble tells of its members, for computes and deviation files. An ensemble provides its `judge`; the rest follows from it.
///
/// Everything is of the last step at which `Wanted.members` was asked for, and equal on every rank where it is global.
public protocol MemberReporting: MemberTiming, AtomReporting {
    var judge: MemberJudge { get }
}

extension MemberReporting {
    /// In the deck's order.
    public var memberNames: [String] { judge.memberSet.names }
    public var report: MemberReport { judge.report }
    public var statistics: MemberStatistics { judge.statistics }
    /// The file of deviations that the deck asked for.
    public var deviationOutput: DeviationOutput? { judge.output }
    /// sigma_i of owned atom i: how far the members' forces on it spread (`MemberStatistics`).
    public func forceDeviation(atom i: Int) -> Double { judge.forceDeviation(atom: i) }
    /// Force of member k on owned atom i, complete (ghosts' parts summed).
    public func memberForce(_ k: Int, atom i: Int) -> Vector { judge.memberForce(k, atom: i) }
    public var memberSeconds: [(name: String, seconds: Double)] { judge.memberSet.namedSeconds }
    public func resetMemberSeconds() { judge.memberSet.resetSeconds() }

    public var atomQuantities: [PotentialAtomQuantity] {
        [
            PotentialAtomQuantity("deviation", wanted: .members, help: "deviation of the members' forces"),
            PotentialAtomQuantity("forces", columns: 3 * memberNames.count, wanted: .members, help: "force of each member, x y z"),
        ]
    }

    public func atomQuantity(_ name: String, _ atoms: borrowing Atoms) -> [Double] {
        var values: [Double] = []
        for i in 0..<atoms.owned {
            if name == "deviation" {
                values.append(forceDeviation(atom: i))
            } else {
                for k in memberNames.indices {
                    let force = memberForce(k, atom: i)
                    values += [force.x, force.y, force.z]
                }
            }
        }
        return values
    }
}

/// Global numbers on the members of an ensemble at one step.
public struct MemberReport: Sendable {
    public var step = -1
    /// Number of atoms on all ranks.
    public var atoms = 0
    /// Total energy of each member; NaN where it was not wanted or the member has none.
    public var energies: [Double] = []
    /// Virial of each member (LAMMPS' sign), likewise.
    public var virials: [Tensor] = []
    /// Standard deviation of the members' total energies.
    public var energyDeviation = Double.nan
    /// Of sigma_i over all atoms.
    public var force = Spread()
    /// Of the nine components of sigma(W) / N; its mean is the root of the mean square, as in DeePMD-kit. nil without virials.
    public var virial: Spread?

    public init() {}
}

/// Maximum, minimum and mean of something.
public struct Spread: Sendable, Equatable {
    public var max = 0.0
    public var min = 0.0
    public var mean = 0.0
    public init(max: Double = 0, min: Double = 0, mean: Double = 0) { (self.max, self.min, self.mean) = (max, min, mean) }
}

/// `out_file`, `out_freq` and `atomic` of an ensemble.
public struct DeviationOutput: Sendable, Equatable {
    public var path: String
    /// Steps between rows.
    public var period: Int
    /// Also sigma_i of every atom, by id.
    public var isAtomic: Bool
    public init(path: String, period: Int, isAtomic: Bool) { (self.path, self.period, self.isAtomic) = (path, period, isAtomic) }
}

extension Potential {
    /// This potential, or the first one among its members, that reports on members; nil when there is none.
    public var memberReporting: (any MemberReporting)? {
        if let reporting = self as? any MemberReporting { return reporting }
        for member in members { if let found = member.memberReporting { return found } }
        return nil
    }

    /// This potential, or the first model below it, that cannot weight its atoms' energies; nil: `computeSeeded` works.
    public var lackingSiteEnergies: (any Potential)? {
        guard self is any SiteEnergies else { return self }
        for member in members { if let found = member.lackingSiteEnergies { return found } }
        return nil
    }

    /// This potential, or the first model below it, that has no pullback; nil: `pullback` works.
    public var lackingPullback: (any Potential)? {
        guard self is any DifferentiablePotential else { return self }
        for member in members { if let found = member.lackingPullback { return found } }
        return nil
    }
}
