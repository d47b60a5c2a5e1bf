import Deck
import Domain

/// The potentials that an ensemble or hybrid is made of, and how they are evaluated together.
///
/// One neighbour list serves all: it has the largest member's distance and is full if any member needs a full one; each member gets
/// the part of it that it would have built itself (`NeighbourList.trimmed`), so members of equal needs share one.
public final class MemberSet {
    public struct Member {
        public let potential: any Potential
        /// The style, with its number where the style occurs more than once: `nep`, `lj/cut:2`.
        public let name: String
        /// 1, 2, ... among members of the same style; nil where it is the only one.
        public let instance: Int?
        /// Where the deck names it.
        public let location: SourceLocation?
    }

    public let members: [Member]
    /// Wall seconds spent in each member since `resetSeconds`, on this rank.
    public private(set) var seconds: [Double]
    /// Words after `pair_coeff I J STYLE [k]` of each line that a member was given, for messages.
    public private(set) var coefficientLines: [[[String]]]
    /// The first member of this step's evaluation that gave a force that is not finite on this rank.
    public private(set) var suspect: Int?

    private var own: [MemberForces]
    private let scratch = MemberForces()
    private var lists: [NeighbourList] = []
    private weak var parent: NeighbourList?
    private var generation = -1

    /// Forces are noncopyable, so an array of them is an array of boxes.
    final class MemberForces { var forces = Forces() }

    public init(_ potentials: [(any Potential, SourceLocation?)]) {
        let styles = potentials.map { $0.0.style }
        members = potentials.indices.map { k in
            let (potential, location) = potentials[k]
            let same = styles.indices.filter { styles[$0] == styles[k] }
            let instance = same.count > 1 ? same.firstIndex(of: k)! + 1 : nil
            return Member(
                potential: potential, name: instance.map { "\(styles[k]):\($0)" } ?? styles[k], instance: instance,
                location: location)
        }
        seconds = Array(repeating: 0, count: potentials.count)
        coefficientLines = Array(repeating: [], count: potentials.count)
        own = potentials.map { _ in MemberForces() }
    }

    public convenience init(_ potentials: [any Potential]) { self.init(potentials.map { ($0, nil) }) }

    public var count: Int { members.count }
    public var potentials: [any Potential] { members.map(\.potential) }
    public var names: [String] { members.map(\.name) }
    public func resetSeconds() { seconds = seconds.map { _ in 0 } }

    func note(_ line: [String], for k: Int) { coefficientLines[k].append(line) }

    /// What serves every member. Valid once all are prepared.
    public var requirements: Requirements {
        let all = potentials.map(\.requirements)
        return Requirements(
            cutoff: all.map(\.cutoff).max() ?? 0, list: all.contains { $0.list == .full } ? .full : .half,
            interactionRange: all.map(\.interactionRange).max() ?? 0, haloDepth: all.map(\.haloDepth).max() ?? 0)
    }

    /// Prepares each member.
    /// - Throws: what a member throws; a failure without a position is put at the member's word in the deck.
    public func prepare(_ setup: PotentialSetup) throws {
        for member in members {
            do {
                try member.potential.prepare(setup)
            } catch let error as DeckError where error.location == nil {
                throw DeckError("\(member.name): \(error.message)", at: member.location)
            }
        }
    }

    // MARK: - Evaluation

    /// forces += sum_k weights[k] F_k with everything that is wanted, at the least cost beyond the members': members of equal weight
    /// add up in one place, with weight 1 directly in `forces`; weight 0 is not evaluated.
    public func accumulate(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, weights: [Double], into forces: inout Forces
    ) {
        let lists = trimmed(list, context, atoms)
        suspect = nil
        var distinct: [Double] = []
        for weight in weights where weight != 0 && !distinct.contains(weight) { distinct.append(weight) }
        for weight in distinct {
            let isDirect = weight == 1
            if !isDirect { scratch.forces.clear(count: atoms.count, wanted: forces.wanted) }
            for k in members.indices where weights[k] == weight {
                if isDirect {
                    evaluate(k, atoms, lists[k], context, into: &forces)
                } else {
                    evaluate(k, atoms, lists[k], context, into: &scratch.forces)
                }
            }
            if !isDirect { forces.add(scratch.forces, weight: weight) }
        }
    }

    /// Evaluates every member into forces of its own, read by `withForces`, with what it can compute of what is wanted.
    /// - Parameter only: the members that are evaluated; nil: all. Others' forces are zero.
    public func evaluateEach(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, only: Range<Int>? = nil
    ) {
        let lists = trimmed(list, context, atoms)
        suspect = nil
        for k in members.indices {
            let wanted = context.wanted.intersection(members[k].potential.computable)
            own[k].forces.clear(count: atoms.count, wanted: wanted)
            if let only, !only.contains(k) { continue }
            evaluate(k, atoms, lists[k], context.wanting(wanted), into: &own[k].forces)
        }
    }

    /// forces += -sum_i a_i d(e_ki)/dx of one member, whose site energies can be weighted. `list` is the ensemble's.
    public func evaluateSeeded(
        _ k: Int, _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, seeds a: borrowing Column<Double>,
        into forces: inout Forces
    ) {
        guard let member = members[k].potential as? any SiteEnergies else {
            preconditionFailure("\(names[k]) has no site energies: lackingSiteEnergies was not asked")
        }
        let own = trimmed(list, context, atoms)[k]
        time(k) { member.computeSeeded(atoms, own, context, seeds: a, into: &forces) }
        if suspect == nil, count > 1, !forces.isFinite { suspect = k }
    }

    /// The element of each type (index 0 unused): its label, else what the pair_coeff line of a member, at any depth, names; nil where
    /// neither says it.
    func elements(_ setup: PotentialSetup) -> [String?] {
        (0...setup.typeCount).map { type in
            if type == 0 { return nil }
            if type < setup.labels.count, let label = setup.labels[type] { return label }
            return potentials.lazy.compactMap { $0.element(ofType: type) }.first
        }
    }

    /// forces += weight F_k of the last `evaluateEach`.
    public func add(_ k: Int, weight: Double, into forces: inout Forces) { forces.add(own[k].forces, weight: weight) }

    /// Member k's forces of the last `evaluateEach`: owned and ghosts' parts, not yet summed.
    public func withForces<R>(_ k: Int, _ body: (borrowing Forces) -> R) -> R { body(own[k].forces) }

    /// Each member's list for this evaluation, whoever is evaluated: a list trimmed later than its parent was built would miss
    /// pairs, since atoms would have used part of the skin already.
    public func trimmed(_ list: NeighbourList, _ context: ComputeContext, _ atoms: borrowing Atoms) -> [NeighbourList] {
        if parent === list, generation == list.generation { return lists }
        lists = []
        for member in members {
            let needs = member.potential.requirements
            let isTrimmed = needs.cutoff > 0 && list.distance > 0
            lists.append(isTrimmed ? list.trimmed(kind: needs.list, distance: needs.cutoff + context.skin, atoms) : list)
        }
        (parent, generation) = (list, list.generation)
        return lists
    }

    private func evaluate(
        _ k: Int, _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        time(k) { members[k].potential.compute(atoms, list, context, into: &forces) }
        if suspect == nil, count > 1, !forces.isFinite { suspect = k }
    }

    private func time(_ k: Int, _ body: () -> Void) {
        let start = ContinuousClock.now
        body()
        seconds[k] += (ContinuousClock.now - start).inSeconds
    }

    // MARK: - Messages

    /// Which member made the force on local atom i non-finite: found while evaluating, since members that exchange messages cannot
    /// be evaluated again by one rank alone.
    public func culprit(atom i: Int) -> String {
        guard let k = suspect else {
            return count == 1 ? describe(0, atom: i) : "a member on a neighbouring rank; one of " + names.joined(separator: ", ")
        }
        return "member \(k + 1) of \(count), \(describe(k, atom: i))"
    }

    private func describe(_ k: Int, atom i: Int) -> String {
        let inner = members[k].potential.culprit(atom: i), name = members[k].name
        let line = coefficientLines[k].last.map { " (pair_coeff words: \($0.joined(separator: " ")))" } ?? ""
        return (inner == members[k].potential.style ? name : "\(name): \(inner)") + line
    }
}

extension Potential {
    /// The element that a pair_coeff line of this potential, or of the first member that says so, names for a type.
    func element(ofType type: Int) -> String? {
        if let name = (self as? any SpeciesMapping)?.speciesMap?.names[type] { return name.text }
        return members.lazy.compactMap { $0.element(ofType: type) }.first
    }
}

extension Forces {
    /// Whether no force on an owned or ghost atom is infinite or NaN: 0 times such a number is NaN, and so is any sum with it.
    var isFinite: Bool {
        let f = force.pointer, count = force.count
        var a = Vector.zero, b = Vector.zero
        var i = 0
        while i + 1 < count {
            a.addProduct(0, f[i])
            b.addProduct(0, f[i + 1])
            i += 2
        }
        if i < count { a.addProduct(0, f[i]) }
        return (a + b).xyz == .zero
    }
}
