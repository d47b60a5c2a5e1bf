import Deck
import Domain

/// `pair_style ensemble/committee`: a weighted mean of potentials, and how far they disagree.
///
///     E = sum_k c_k E_k,   F_i = sum_k c_k F_ki,   W = sum_k c_k W_k     and so for each atom's energy and virial
///
/// The weights c_k are constants, so the forces are the gradient of E and no member needs more than forces. With `drive NAME` one
/// member alone moves the atoms and the others are evaluated only at steps where their disagreement is wanted, as DeePMD-kit does.
public final class Committee: Potential, MemberReporting {
    public static let entry = PotentialStyle("ensemble/committee", usage: CommitteeOptions.usage) { words, setup in
        try Committee(&words, setup)
    }

    public let style: String
    public let memberSet: MemberSet
    /// c_k; 0 for a member that only observes.
    public let weights: [Double]
    public let judge: MemberJudge
    public private(set) var requirements = Requirements(cutoff: 0, list: .half)
    public private(set) var capabilities = Capabilities.all
    /// Whether members were ready when the ensemble was made: in code, not by a deck.
    private let hasCoefficients: Bool

    /// - Parameters:
    ///   - weights: c_k; nil is 1/K for each.
    ///   - chosen: members whose spread is reported; nil is all.
    public convenience init(
        _ memberSet: MemberSet, weights: [Double]? = nil, chosen: [Int]? = nil, statistics: MemberStatistics = MemberStatistics(),
        output: DeviationOutput? = nil
    ) {
        let judge = MemberJudge(memberSet, chosen: chosen, statistics: statistics, output: output)
        let uniform = Array(repeating: 1 / Double(memberSet.count), count: memberSet.count)
        self.init(judge, weights: weights ?? uniform, style: "ensemble/committee", hasCoefficients: true)
    }

    init(_ judge: MemberJudge, weights: [Double], style: String, hasCoefficients: Bool) {
        (self.judge, memberSet, self.weights) = (judge, judge.memberSet, weights)
        (self.style, self.hasCoefficients) = (style, hasCoefficients)
        settle()
    }

    /// Reads options, then `STYLE ARGS STYLE ARGS ...`.
    convenience init(_ words: inout Words, _ setup: PotentialSetup) throws {
        let options = try CommitteeOptions(&words)
        let memberSet = try MemberSet.read(
            &words, setup, owner: "ensemble/committee", options: CommitteeOptions.keywords + DeviationOptions.keywords)
        self.init(
            try MemberJudge(memberSet, options.deviations), weights: try options.weights(for: memberSet), style: "ensemble/committee",
            hasCoefficients: false)
    }

    public var members: [any Potential] { memberSet.potentials }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        try memberSet.coefficients(&words, setup)
    }

    public func prepare(_ setup: PotentialSetup) throws {
        if !hasCoefficients { try memberSet.requireCoefficients(of: style) }
        try memberSet.prepare(setup)
        settle()
        memberSet.resetSeconds()
    }

    private func settle() {
        requirements = memberSet.requirements
        // What drives must be able to do what is asked; an observer that has no virial only leaves its deviation out.
        capabilities = memberSet.members.indices.filter { weights[$0] != 0 }
            .reduce(.all) { $0.intersection(memberSet.members[$1].potential.capabilities) }
    }

    public func culprit(atom i: Int) -> String { memberSet.culprit(atom: i) }

    // MARK: - Evaluation

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        let inner = context.wanting(context.wanted.subtracting(.members))
        guard context.wanted.contains(.members) else {
            memberSet.accumulate(atoms, list, inner, weights: weights, into: &forces)
            return
        }
        memberSet.evaluateEach(atoms, list, inner)
        for k in weights.indices where weights[k] != 0 { memberSet.add(k, weight: weights[k], into: &forces) }
        judge.complete(atoms, context)
        judge.judge(atoms, context)
    }

    // MARK: - Log

    /// One line for the committee, then one a member: what it does, when, and the model that it loaded.
    public var summary: String {
        let lines = memberSet.members.indices.map { k in
            let role = weights[k] == 0 ? "observes" : "drives with weight \(weights[k]) every step"
            let period = weights[k] != 0 ? "" : judge.output.map { " every \($0.period) steps" } ?? " when asked"
            return "  \(memberSet.names[k]): \(role)\(period); \(memberSet.members[k].potential.summary)"
        }
        let file = judge.output.map { "; deviations to \($0.path) every \($0.period) steps" } ?? ""
        return (["\(style): \(memberSet.count) members\(file)"] + lines).joined(separator: "\n")
    }
}

/// Seeds and pullback are linear in their arguments, so the weights go into those instead of a pass over the forces:
///
///     sum_k c_k (-sum_i a_i d(e_ki)/dx + H_k v) = sum_k (-sum_i (c_k a_i) d(e_ki)/dx + H_k (c_k v))
///
/// Whoever uses these asks `lackingSiteEnergies` or `lackingPullback` first; a member without them is passed over here.
extension Committee: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces
    ) {
        let lists = memberSet.trimmed(list, context, atoms)
        for k in weights.indices where weights[k] != 0 {
            guard let member = memberSet.members[k].potential as? any SiteEnergies else { continue }
            member.computeSeeded(atoms, lists[k], context, seeds: a.scaled(by: weights[k]), into: &forces)
        }
    }

    public func pullback(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        weights a: borrowing Column<Double>, field v: borrowing Column<Vector>, into forces: inout Forces
    ) {
        let lists = memberSet.trimmed(list, context, atoms)
        for k in weights.indices where weights[k] != 0 {
            guard let member = memberSet.members[k].potential as? any DifferentiablePotential else { continue }
            member.pullback(
                atoms, lists[k], context, weights: a.scaled(by: weights[k]), field: v.scaled(by: weights[k]), into: &forces)
        }
    }
}

extension Column where Element == Double {
    borrowing func scaled(by factor: Double) -> Column {
        var other = copy()
        if factor != 1 { for i in other.indices { other[i] *= factor } }
        return other
    }
}

extension Column where Element == Vector {
    borrowing func scaled(by factor: Double) -> Column {
        var other = copy()
        if factor != 1 { for i in other.indices { other[i] *= factor } }
        return other
    }
}
