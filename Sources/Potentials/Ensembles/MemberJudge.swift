import Domain

/// Completes the forces of an ensemble's members and says how far they disagree; every ensemble has one.
///
/// A step that wants members: `memberSet.evaluateEach`, then `complete`, then `judge`. The first sums ghosts' parts of all members'
/// forces onto their owners by one packed message, three numbers a member and ghost; a deviation taken before that would count
/// half-summed forces at the borders between ranks.
public final class MemberJudge {
    public let memberSet: MemberSet
    /// Which members' spread is reported.
    public let chosen: [Int]
    public let statistics: MemberStatistics
    /// The file of deviations that the deck asked for.
    public let output: DeviationOutput?
    /// Of the last `judge`; equal on every rank.
    public private(set) var report = MemberReport()

    /// Member forces, 3 K numbers an atom: complete on owned atoms; on ghosts only when forwarded.
    private var packed = Column<Double>()
    private var deviations = Column<Double>()

    /// - Parameter chosen: members whose spread is reported; nil is all.
    public init(
        _ memberSet: MemberSet, chosen: [Int]? = nil, statistics: MemberStatistics = MemberStatistics(), output: DeviationOutput? = nil
    ) {
        self.memberSet = memberSet
        self.chosen = chosen ?? Array(memberSet.members.indices)
        self.statistics = statistics
        self.output = output
    }

    /// Sums ghosts' parts of all members' forces of the last `evaluateEach` onto owners, in one message; with `forwarding` a second one
    /// gives ghosts their owners' sums. Collective.
    public func complete(_ atoms: borrowing Atoms, _ context: ComputeContext, forwarding: Bool = false) {
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
        if forwarding { context.halo.forward(&packed, stride: stride) }
    }

    /// Deviations of owned atoms from completed forces, then the global numbers: two reductions, however many members there are.
    /// Collective.
    public func judge(_ atoms: borrowing Atoms, _ context: ComputeContext) {
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

    /// sigma_i of owned atom i at the last `judge`.
    public func forceDeviation(atom i: Int) -> Double { deviations[i] }

    /// Force of member k on atom i, complete: an owned atom, or a ghost after forwarding.
    public func memberForce(_ k: Int, atom i: Int) -> Vector {
        let at = (i * memberSet.count + k) * 3
        return Vector(packed[at], packed[at + 1], packed[at + 2], 0)
    }
}
