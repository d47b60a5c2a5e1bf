import Deck
import Domain

/// `pair_style hybrid/overlay`: the sum of potentials, with LAMMPS' rules on which of them acts between which types.
///
///     E = sum_k E_k
///
/// A many-body member sees the types that its pair_coeff line maps. A member of pairs (`PairwisePotential`) acts between the pairs of
/// types that its lines name; a pair I J that no line names is mixed only if I I and J J both belong to one and the same member.
/// `pair_coeff I J none` leaves a pair without interaction of pair members.
public final class HybridOverlay: Potential {
    public static let entry = PotentialStyle(
        "hybrid/overlay",
        usage: """
            pair_style hybrid/overlay STYLE ARGS STYLE ARGS ...
            pair_coeff I J STYLE [k] ARGS | none          k: which one, if the style occurs more than once
            """
    ) { words, setup in
        let memberSet = try MemberSet(&words, setup, owner: "hybrid/overlay")
        return HybridOverlay(memberSet, assignment: PairAssignment(members: memberSet.count, typeCount: setup.typeCount))
    }

    public let style = "hybrid/overlay"
    public let memberSet: MemberSet
    public private(set) var requirements = Requirements(cutoff: 0, list: .half)
    public private(set) var capabilities = Capabilities.all
    private let ones: [Double]
    /// nil when made in code, of members that are ready.
    private var assignment: PairAssignment?

    public convenience init(_ potentials: [any Potential]) { self.init(MemberSet(potentials), assignment: nil) }

    init(_ memberSet: MemberSet, assignment: PairAssignment?) {
        self.memberSet = memberSet
        self.assignment = assignment
        ones = Array(repeating: 1, count: memberSet.count)
        settle()
    }

    public var members: [any Potential] { memberSet.potentials }
    public func culprit(atom i: Int) -> String { memberSet.culprit(atom: i) }

    public var summary: String {
        let lines = memberSet.members.map { "  \($0.name): \($0.potential.summary)" }
        return (["\(style): the sum of \(memberSet.count) members"] + lines).joined(separator: "\n")
    }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        let types = (try words.word("a type"), try words.word("a type"))
        var both = Words([types.0, types.1], of: "pair_coeff", end: types.1.location)
        let rows = try both.typeRange("a type", count: setup.typeCount)
        let columns = try both.typeRange("a type", count: setup.typeCount)
        let style = try words.word("the style that the line is for: \(memberSet.names.joined(separator: ", ")), or none")
        if style.text == "none" {
            try words.finish()
            assignment?.clear(rows, columns)
            return
        }
        let (k, line) = try memberSet.coefficients(types, style, &words, setup)
        assignment?.assign(rows, columns, to: k, mappedTypes: line.map(\.text))
    }

    public func prepare(_ setup: PotentialSetup) throws {
        if let assignment {
            try memberSet.requireCoefficients(of: style)
            let pairs = try assignment.settled(style)
            for k in memberSet.members.indices {
                if let member = memberSet.members[k].potential as? any PairwisePotential { member.ownPairs = pairs[k] }
            }
        }
        try memberSet.prepare(setup)
        settle()
        memberSet.resetSeconds()
    }

    private func settle() {
        requirements = memberSet.requirements
        capabilities = memberSet.potentials.reduce(.all) { $0.intersection($1.capabilities) }
    }

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        memberSet.accumulate(atoms, list, context, weights: ones, into: &forces)
    }
}

/// Whoever uses these asks `lackingSiteEnergies` or `lackingPullback` first; a member without them is passed over here.
extension HybridOverlay: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces
    ) {
        let lists = memberSet.trimmed(list, context, atoms)
        for k in memberSet.members.indices {
            guard let member = memberSet.members[k].potential as? any SiteEnergies else { continue }
            member.computeSeeded(atoms, lists[k], context, seeds: a, into: &forces)
        }
    }

    public func pullback(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        weights a: borrowing Column<Double>, field v: borrowing Column<Vector>, into forces: inout Forces
    ) {
        let lists = memberSet.trimmed(list, context, atoms)
        for k in memberSet.members.indices {
            guard let member = memberSet.members[k].potential as? any DifferentiablePotential else { continue }
            member.pullback(atoms, lists[k], context, weights: a, field: v, into: &forces)
        }
    }
}
