import Deck
import Domain

/// `pair_style ensemble/committee`: a weighted mean of potentials, and how far they disagree.
///
///     E = sum_k c_k E_k,   F_i = sum_k c_k F_ki,   W = sum_k c_k W_k     and so for each atom's energy and virial
///
/// The weights c_k are constants, so the forces are the gradient of E and no member needs more than forces. With `drive NAME` one
/// member alone moves the atoms and the others are evaluated only at steps where their disagreement is wanted, as DeePMD-kit does.
///
/// At such a step every member's forces are completed on their owners by one packed message, three numbers a member and ghost;
/// a deviation taken before that would count half-summed forces at the borders between ranks.
public final class Committee: Potential, MemberReporting {
    public static let entry = PotentialStyle("ensemble/committee", usage: CommitteeOptions.usage) { words, setup in
        try Committee(&words, setup)
    }

    public let style = "ensemble/committee"
    public let memberSet: MemberSet
    /// c_k; 0 for a member that only observes.
    public let weights: [Double]
    public let statistics: MemberStatistics
    public let deviationOutput: DeviationOutput?
    /// Which members' spread is reported.
    public let chosen: [Int]
    public private(set) var requirements = Requirements(cutoff: 0, list: .half)
    public private(set) var capabilities = Capabilities.all
    public private(set) var report = MemberReport()

    /// Complete member forces on owned atoms, 3 K numbers an atom; ghosts' entries follow.
    private var packed = Column<Double>()
    private var deviations = Column<Double>()
    private var hasCoefficients = true

    /// - Parameters:
    ///   - weights: c_k; nil is 1/K for each.
    ///   - chosen: members whose spread is reported; nil is all.
    public init(
        _ memberSet: MemberSet, weights: [Double]? = nil, chosen: [Int]? = nil, statistics: MemberStatistics = MemberStatistics(),
        output: DeviationOutput? = nil
    ) {
        self.memberSet = memberSet
        self.weights = weights ?? Array(repeating: 1 / Double(memberSet.count), count: memberSet.count)
        self.chosen = chosen ?? Array(memberSet.members.indices)
        self.statistics = statistics
        deviationOutput = output
        settle()
    }

    /// Reads options, then `STYLE ARGS STYLE ARGS ...`.
    convenience init(_ words: inout Words, _ setup: PotentialSetup) throws {
        let options = try CommitteeOptions(&words)
        let memberSet = try MemberSet(&words, setup, owner: "ensemble/committee")
        let weights = try options.weights(for: memberSet)
        self.init(
            memberSet, weights: weights, chosen: try options.chosen(of: memberSet), statistics: options.statistics, output: options.output)
        hasCoefficients = false
    }

    public var members: [any Potential] { memberSet.potentials }
    public var memberNames: [String] { memberSet.names }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        let types = (try words.word("a type"), try words.word("a type"))
        let style = try words.word("the member that the line is for: \(memberSet.names.joined(separator: ", "))")
        try memberSet.coefficients(types, style, &words, setup)
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
        complete(atoms, context)
        judge(atoms, context)
    }

    /// Sums ghosts' parts of all members' forces onto owners in one message.
    private func complete(_ atoms: borrowing Atoms, _ context: ComputeContext) {
        let stride = 3 * memberSet.count, count = atoms.count
        packed.resize(to: count * stride, filling: 0)
        let into = packed.pointer
        for k in 0..<memberSet.count {
            memberSet.withForces(k) { forces in
                let f = forces.force.pointer
                for i in 0..<count {
                    let at = into + i * stride + 3 * k
                    (at[0], at[1], at[2]) = (f[i].x, f[i].y, f[i].z)
                }
            }
        }
        context.halo.reverse(&packed, stride: stride)
    }

    /// Deviations of owned atoms, then the global numbers: three reductions, however many members there are.
    private func judge(_ atoms: borrowing Atoms, _ context: ComputeContext) {
        let K = memberSet.count, owned = atoms.owned
        deviations.resize(to: owned, filling: 0)
        var largest = 0.0, smallest = Double.infinity, sum = 0.0
        for i in 0..<owned {
            let sigma = statistics.forceDeviation(packed.pointer + i * 3 * K, chosen: chosen)
            deviations[i] = sigma
            largest = Swift.max(largest, sigma)
            smallest = Swift.min(smallest, sigma)
            sum += sigma
        }
        // Energies, virials, sum of sigma, number of atoms.
        var sums: [Double] = []
        for k in 0..<K {
            memberSet.withForces(k) { forces in
                sums.append(forces.wanted.contains(.energy) ? forces.energy : .nan)
                for c in 0..<9 { sums.append(forces.wanted.contains(.virial) ? forces.virial[c / 3, c % 3] : .nan) }
            }
        }
        sums += [sum, Double(owned)]
        context.communicator.all(.sum, &sums)
        var extremes = [largest, -smallest]
        context.communicator.all(.max, &extremes)

        var report = MemberReport()
        report.step = context.step
        report.atoms = Int(sums[10 * K + 1])
        report.energies = (0..<K).map { sums[10 * $0] }
        report.virials = (0..<K).map { k in
            var w = Tensor.zero
            for c in 0..<9 { w[c / 3, c % 3] = sums[10 * k + 1 + c] }
            return w
        }
        report.energyDeviation = statistics.deviation(chosen.map { report.energies[$0] })
        report.force = Spread(
            max: extremes[0], min: report.atoms > 0 ? -extremes[1] : 0, mean: sums[10 * K] / Double(Swift.max(report.atoms, 1)))
        if chosen.allSatisfy({ k in memberSet.withForces(k) { $0.wanted.contains(.virial) } }) {
            report.virial = statistics.virialSpread(chosen.map { report.virials[$0] }, atoms: report.atoms)
        }
        self.report = report
    }

    public func forceDeviation(atom i: Int) -> Double { deviations[i] }

    public func memberForce(_ k: Int, atom i: Int) -> Vector {
        let at = (i * memberSet.count + k) * 3
        return Vector(packed[at], packed[at + 1], packed[at + 2], 0)
    }

    // MARK: - Log

    /// One line for the committee, then one a member: what it does, when, and the model that it loaded.
    public var summary: String {
        let lines = memberSet.members.indices.map { k in
            let role = weights[k] == 0 ? "observes" : "drives with weight \(weights[k]) every step"
            let period = weights[k] != 0 ? "" : deviationOutput.map { " every \($0.period) steps" } ?? " when asked"
            return "  \(memberSet.names[k]): \(role)\(period); \(memberSet.members[k].potential.summary)"
        }
        let file = deviationOutput.map { "; deviations to \($0.path) every \($0.period) steps" } ?? ""
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
