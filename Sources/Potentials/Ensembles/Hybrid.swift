import Deck
import Domain

/// `pair_style hybrid`, `hybrid/overlay`, `hybrid/scaled`: the sum of potentials, with LAMMPS' rules on which of them acts between which types.
///
///     E = sum_k s_k E_k        s_k = 1, in hybrid/scaled a number or an equal-style variable
///
/// A many-body member sees the types that its pair_coeff line maps. A member of pairs (`PairwisePotential`) acts between the pairs of
/// types that its lines name; a pair I J that no line names is mixed only if I I and J J both belong to one and the same member.
/// `pair_coeff I J none` leaves a pair without interaction of pair members. In `hybrid` a pair belongs to one member, the last one named.
///
/// With variables for s_k, E is no conserved energy while they change: they are read once a step.
public final class Hybrid: Potential, StepDependent {
    public enum Kind: String, Sendable { case hybrid, overlay = "hybrid/overlay", scaled = "hybrid/scaled" }

    public static let entries = [entry(.hybrid), entry(.overlay), entry(.scaled)]

    private static func entry(_ kind: Kind) -> PotentialStyle {
        let member = kind == .scaled ? "SCALE STYLE ARGS" : "STYLE ARGS"
        return PotentialStyle(
            kind.rawValue,
            usage: """
                pair_style \(kind.rawValue) \(member) \(member) ...\(kind == .scaled ? "          SCALE: a number, or v_NAME" : "")
                pair_coeff I J STYLE [k] ARGS | none          k: which one, if the style occurs more than once
                """
        ) { words, setup in
            let (memberSet, prefixes) = try MemberSet.read(&words, setup, owner: kind.rawValue, prefix: kind == .scaled ? "a scale" : nil)
            let assignment = PairAssignment(members: memberSet.count, typeCount: setup.typeCount, isExclusive: kind == .hybrid)
            return Hybrid(kind, memberSet, assignment: assignment, scales: try prefixes.map(setup.value))
        }
    }

    public let kind: Kind
    public var style: String { kind.rawValue }
    public let memberSet: MemberSet
    public private(set) var requirements = Requirements(cutoff: 0, list: .half)
    public private(set) var capabilities = Capabilities.all
    /// s_k of this step.
    private var scales: [Double]
    /// Of `fix adapt ... scale`: a further factor of each member.
    public var factors: [Double]
    /// Where the deck's scales come from; none: they are all 1.
    private let readScales: [() throws -> Double]
    /// nil when made in code, of members that are ready.
    private var assignment: PairAssignment?

    public convenience init(_ potentials: [any Potential]) { self.init(.overlay, MemberSet(potentials), assignment: nil, scales: []) }

    init(_ kind: Kind, _ memberSet: MemberSet, assignment: PairAssignment?, scales readScales: [() throws -> Double]) {
        (self.kind, self.memberSet, self.assignment, self.readScales) = (kind, memberSet, assignment, readScales)
        scales = Array(repeating: 1, count: memberSet.count)
        factors = scales
        settle()
    }

    /// - Throws: what a variable throws.
    public func update() throws {
        let own = try readScales.map { try $0() }
        scales = own.isEmpty ? factors : zip(own, factors).map { $0 * $1 }
    }

    public var members: [any Potential] { memberSet.potentials }
    public func culprit(atom i: Int) -> String { memberSet.culprit(atom: i) }

    public var summary: String {
        let lines = memberSet.members.map { "  \($0.name): \($0.potential.summary)" }
        let what = kind == .scaled ? "the scaled sum" : "the sum"
        return (["\(style): \(what) of \(memberSet.count) members"] + lines).joined(separator: "\n")
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
            for (k, member) in memberSet.members.enumerated() {
                if let pairwise = member.potential as? any PairwisePotential, pairwise.isPairwise {
                    pairwise.ownPairs = pairs[k]
                } else if let lost = assignment.taken(from: k, pairs[k]) {
                    throw DeckError(
                        "\(style): types \(lost.i) and \(lost.j) of \(member.name) were given to another member; a many-body potential "
                            + "acts between all the types it maps (map one to NULL, or use hybrid/overlay)", at: member.location)
                }
            }
        }
        try memberSet.prepare(setup)
        try update()
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
        memberSet.accumulate(atoms, list, context, weights: scales, into: &forces)
    }
}

extension Hybrid {
    /// The same of some members only, for integrators with a time step for each.
    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, members isIncluded: [Bool], into forces: inout Forces
    ) {
        memberSet.accumulate(atoms, list, context, weights: zip(scales, isIncluded).map { $1 ? $0 : 0 }, into: &forces)
    }
}

/// Whoever uses these asks `lackingSiteEnergies` or `lackingPullback` first; a member without them is passed over here.
extension Hybrid: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces
    ) {
        let lists = memberSet.trimmed(list, context, atoms)
        for k in memberSet.members.indices {
            guard let member = memberSet.members[k].potential as? any SiteEnergies else { continue }
            if scales[k] == 1 {
                member.computeSeeded(atoms, lists[k], context, seeds: a, into: &forces)
            } else {
                let scaled = a.scaled(by: scales[k])
                member.computeSeeded(atoms, lists[k], context, seeds: scaled, into: &forces)
            }
        }
    }

    public func pullback(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        weights a: borrowing Column<Double>, field v: borrowing Column<Vector>, into forces: inout Forces
    ) {
        let lists = memberSet.trimmed(list, context, atoms)
        for k in memberSet.members.indices {
            guard let member = memberSet.members[k].potential as? any DifferentiablePotential else { continue }
            if scales[k] == 1 {
                member.pullback(atoms, lists[k], context, weights: a, field: v, into: &forces)
            } else {
                let weights = a.scaled(by: scales[k])
                let field = v.scaled(by: scales[k])
                member.pullback(atoms, lists[k], context, weights: weights, field: field, into: &forces)
            }
        }
    }
}
