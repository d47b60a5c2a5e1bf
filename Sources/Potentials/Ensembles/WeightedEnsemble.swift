import Deck
import Domain

/// `pair_style ensemble/weighted` with weights by element: each atom's site energies are weighted by what the atom is.
///
///     E = sum_i sum_k c_k(z_i) e_ki,   F = -dE/dx by seeding each member's site energies with a_i = c_k(z_i)
///
/// The weights are constants, so forces and virial are exact derivatives of E (the linear weighted average, LWA, by element). How a
/// member divides its energy among atoms is a gauge: two members of equal total energy that divide it differently give different E
/// here, unless all elements have the same weights. A type's element is its label, else what a member's pair_coeff line names.
///
/// With one weight a member the style is a `Committee` with the file's weights; there is no gauge in that.
public final class WeightedEnsemble: Potential, MemberReporting {
    public static let entry = PotentialStyle(
        "ensemble/weighted",
        usage: """
            pair_style ensemble/weighted FILE.json [unnormalised] \(DeviationOptions.usage)
                STYLE ARGS STYLE ARGS ...
            pair_coeff * * STYLE [k] ARGS          k: which one, if the style occurs more than once
            """
    ) { words, setup in
        let word = try words.word("the file of weights")
        var options = DeviationOptions(), isNormalised = true, isOption = true
        while isOption {
            if words.optional("unnormalised") { isNormalised = false } else { isOption = try options.read(&words) }
        }
        let file = try WeightFile(word, setup, isNormalised: isNormalised)
        let memberSet = try MemberSet.read(
            &words, setup, owner: "ensemble/weighted", options: ["unnormalised"] + DeviationOptions.keywords)
        try file.check(memberSet)
        let judge = try MemberJudge(memberSet, options)
        switch file.weights {
        case .global(let weights): return Committee(judge, weights: weights, style: "ensemble/weighted", hasCoefficients: false)
        case .byElement(let weights): return WeightedEnsemble(judge, byElement: weights, file: word)
        }
    }

    public let style = "ensemble/weighted"
    public let judge: MemberJudge
    public let memberSet: MemberSet
    public private(set) var requirements = Requirements(cutoff: 0, list: .half)
    public private(set) var capabilities = Capabilities.all
    /// c_k of each type (index 0 unused).
    public private(set) var weights: [[Double]]
    /// Where the deck names the file, and its rows; nil when made in code, of members that are ready.
    private let source: (byElement: [String: [Double]], file: Word)?
    private var seeds = Column<Double>()

    /// - Parameter weights: c_k of each type, from type 1.
    public init(_ memberSet: MemberSet, weights: [[Double]], statistics: MemberStatistics = MemberStatistics()) {
        self.memberSet = memberSet
        judge = MemberJudge(memberSet, statistics: statistics)
        self.weights = [[]] + weights
        source = nil
        settle()
    }

    init(_ judge: MemberJudge, byElement: [String: [Double]], file: Word) {
        (self.judge, memberSet, weights) = (judge, judge.memberSet, [])
        source = (byElement, file)
        settle()
    }

    public var members: [any Potential] { memberSet.potentials }
    public func culprit(atom i: Int) -> String { memberSet.culprit(atom: i) }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws { try memberSet.coefficients(&words, setup) }

    /// - Throws: `DeckError` at a member whose site energies cannot be weighted, or at the file when it has no row for a type's element.
    public func prepare(_ setup: PotentialSetup) throws {
        if source != nil { try memberSet.requireCoefficients(of: style) }
        try memberSet.prepare(setup)
        for member in memberSet.members {
            guard let lacking = member.potential.lackingSiteEnergies else { continue }
            throw DeckError("\(style): \(lacking.style) has no site energies to be weighted by element", at: member.location)
        }
        if let source {
            let elements = memberSet.elements(setup)
            weights = [[]]
            for type in 1...max(setup.typeCount, 1) where type < elements.count {
                guard let element = elements[type] else {
                    throw DeckError("\(style): type \(type) has no element; name it by labelmap", at: source.file.location)
                }
                guard let row = source.byElement[element] else {
                    let known = source.byElement.keys.sorted().joined(separator: " ")
                    throw DeckError(
                        "\(source.file.text) has no weights for \(element) (type \(type)); it has \(known)", at: source.file.location)
                }
                weights.append(row)
            }
        }
        settle()
        memberSet.resetSeconds()
    }

    private func settle() {
        requirements = memberSet.requirements
        capabilities = memberSet.potentials.reduce(.all) { $0.intersection($1.capabilities) }
    }

    // MARK: - Evaluation

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        if context.wanted.contains(.members) {
            // Members' own forces are not weighted, so they cost a pass of their own at the steps that want them.
            memberSet.evaluateEach(atoms, list, context.wanting(context.wanted.subtracting(.members)))
            judge.complete(atoms, context)
            judge.judge(atoms, context)
        }
        seed(atoms, list, context, into: &forces) { _ in 1 }
    }

    /// Members seeded with a_i c_k(z_i).
    private func seed(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces, _ a: (Int) -> Double
    ) {
        let inner = context.wanting(context.wanted.subtracting(.members))
        for k in memberSet.members.indices where weights.dropFirst().contains(where: { $0[k] != 0 }) {
            seeds.resize(to: atoms.count, filling: 0)
            for i in 0..<atoms.count { seeds[i] = a(i) * weights[Int(atoms.type[i])][k] }
            memberSet.evaluateSeeded(k, atoms, list, inner, seeds: seeds, into: &forces)
        }
    }

    // MARK: - Log

    public var summary: String {
        let rows =
            source.map { source in
                source.byElement.keys.sorted().map { "  weights of \($0): " + source.byElement[$0]!.map { "\($0)" }.joined(separator: " ") }
            } ?? []
        let lines = memberSet.members.map { "  \($0.name): \($0.potential.summary)" }
        return (["\(style): \(memberSet.count) members, site energies weighted by element"] + rows + lines).joined(separator: "\n")
    }
}

/// The pullback is the central difference of seeded forces: the Hessian of sum_i c_k(z_i) e_ki is not the member's own, so members' dual
/// kernels do not give it.
extension WeightedEnsemble: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces
    ) {
        let values = a.pointer
        seed(atoms, list, context, into: &forces) { values[$0] }
    }
}
