import Deck
import Domain

/// What `ensemble/direct` and `ensemble/conservative` share: the deck's words, members, the file and its network, and the features made
/// from members' completed forces.
///
///     pair_style ensemble/... FILE.safetensors [options] STYLE ARGS STYLE ARGS ...
///     pair_coeff * * STYLE [k] ARGS
///
/// The first K members are the file's bases, in its order. Members beyond them only observe: they are evaluated at steps that want the
/// spread of the members (`out_freq`), and move nothing.
final class StackedCore {
    let style: String
    let memberSet: MemberSet
    let judge: MemberJudge
    let configuration: StackConfiguration
    let evaluator: StackEvaluator<Double>
    let clock = StackClock()
    private let file: StackFile?
    let place: SourceLocation?
    private let hasCoefficients: Bool
    /// For each deck type the element's index; -1: not seen.
    private(set) var rows: [Int32] = []
    private var ranks = 1
    /// One electronvolt and one Angstrom in the deck's units.
    private(set) var scales = (energy: 1.0, length: 1.0)
    private(set) var requirements = Requirements(cutoff: 0, list: .full)

    /// How many members are bases.
    var bases: Int { configuration.members }
    /// One eV/Angstrom in the deck's unit.
    var forceScale: Double { scales.energy / scales.length }

    static let usage = "STYLE ARGS STYLE ARGS ...\npair_coeff * * STYLE [k] ARGS          k: which one, if the style occurs more than once"

    /// Reads the words behind the file and the style's own options.
    /// - Parameter own: the style's own options, for messages.
    init(
        _ style: String, _ file: StackFile, at word: Word, _ words: inout Words, _ options: DeviationOptions, own: [String] = [],
        _ setup: PotentialSetup
    ) throws {
        // A network that was trained without bases is a potential by itself.
        let isAlone = file.configuration.bases.isEmpty && words.isAtEnd
        let memberSet =
            isAlone
            ? MemberSet([any Potential]()) : try MemberSet.read(&words, setup, owner: style, options: own + DeviationOptions.keywords)
        (self.style, self.file, place, self.memberSet) = (style, file, word.location, memberSet)
        configuration = file.configuration
        judge = try MemberJudge(memberSet, options)
        hasCoefficients = false
        let names = memberSet.potentials.map(\.style), expected = configuration.bases.map { String($0.prefix { $0 != ":" }) }
        guard names.count >= expected.count, Array(names.prefix(expected.count)) == expected else {
            throw DeckError(
                "\(file.path) was trained on \(configuration.bases.joined(separator: " ")); the members here are "
                    + memberSet.names.joined(separator: " "), at: memberSet.members.first?.location ?? word.location)
        }
        evaluator = StackEvaluator(try StackNetwork(configuration, file.tensors))
    }

    /// Of members that are ready, in code.
    init(_ style: String, _ members: [any Potential], _ configuration: StackConfiguration, _ source: some TensorSource) throws {
        (self.style, file, place, memberSet) = (style, nil, nil, MemberSet(members))
        self.configuration = configuration
        judge = MemberJudge(memberSet)
        hasCoefficients = true
        evaluator = StackEvaluator(try StackNetwork(configuration, source))
    }

    /// - Throws: `DeckError` for a member without coefficients, units without a scale, or a type whose element the file does not know.
    func prepare(_ setup: PotentialSetup) throws {
        if !hasCoefficients { try memberSet.requireCoefficients(of: style) }
        try memberSet.prepare(setup)
        guard let energy = setup.units.electronvolt, let length = setup.units.angstrom else {
            throw DeckError("\(style) is in eV and Angstrom; units lj has no scale for these", at: place)
        }
        scales = (energy, length)
        ranks = setup.communicator.size
        let elements = memberSet.elements(setup), name = file?.path ?? style
        rows = [-1]
        for type in 1...max(1, setup.typeCount) where type < elements.count {
            guard let element = elements[type] else {
                throw DeckError("\(style): type \(type) has no element; name it by labelmap", at: place)
            }
            guard let row = configuration.elements.firstIndex(of: element) else {
                throw DeckError(
                    "element '\(element)' of type \(type) is not in \(name), which has \(configuration.elements.joined(separator: " "))",
                    at: place)
            }
            rows.append(Int32(row))
        }
        let own = memberSet.requirements, cutoff = configuration.cutoff * length
        requirements = Requirements(
            cutoff: max(own.cutoff, cutoff), list: .full,
            interactionRange: own.interactionRange + cutoff * Double(configuration.interactions), haloDepth: max(own.haloDepth, cutoff))
        memberSet.resetSeconds()
        clock.reset()
    }

    // MARK: - Evaluation

    /// Members' site energies, K numbers an atom: complete on owned atoms. Only with a gate.
    private var sites = Column<Double>()

    /// Evaluates bases (and, where members are wanted, observers), completes their forces on owners, adds sum_k c_k F_k with what is wanted
    /// to `forces` (unless a gate weights them atom by atom), and passes the network forward.
    func forward(_ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces) {
        let wantsMembers = context.wanted.contains(.members)
        var wanted = context.wanted.subtracting(.members)
        if evaluator.isGated { wanted.insert(.atomEnergy) }
        memberSet.evaluateEach(atoms, list, context.wanting(wanted), only: wantsMembers ? nil : 0..<bases)
        if !evaluator.isGated {
            for k in 0..<bases where configuration.weights[k] != 0 { memberSet.add(k, weight: configuration.weights[k], into: &forces) }
        }
        let start = ContinuousClock.now
        if wantsMembers || evaluator.members > 0 { judge.complete(atoms, context) }
        if evaluator.isGated { completeSites(atoms, context) }
        clock.add(.exchange, since: start)
        if wantsMembers { judge.judge(atoms, context) }
        clock.measure(.network) {
            let perForce = 1 / forceScale
            evaluator.prepare(atoms, list, rows: rows, length: scales.length) { k, i in
                judge.memberForce(k, atom: i) * perForce
            } energy: { k, i in
                sites[i * bases + k] / scales.energy
            }
            evaluator.forward(context.halo)
        }
    }

    private func completeSites(_ atoms: borrowing Atoms, _ context: ComputeContext) {
        let K = bases, count = atoms.count
        sites.resize(to: count * K, filling: 0)
        let into = sites.pointer
        for k in 0..<K {
            memberSet.withForces(k) { forces in
                let e = forces.atomEnergy.pointer
                for i in 0..<count { into[i * K + k] = e[i] }
            }
        }
        context.halo.reverse(&sites, stride: K)
    }

    func culprit(atom i: Int) -> String {
        // The set looks for the suspect only where there are several to choose from.
        let isMember = memberSet.suspect != nil || memberSet.count == 1 && !memberSet.withForces(0) { $0.isFinite }
        if isMember { return memberSet.culprit(atom: i) }
        return "the network \(file?.path ?? style) of \(style)" + (ranks > 1 ? ", or a member on a neighbouring rank" : "")
    }

    // MARK: - Log

    func summary(_ lines: [String]) -> String {
        let c = configuration
        let name = file.map { "\($0.path): " } ?? ""
        let size =
            "\(c.interactions) interactions of \(c.width) features, cutoff \(c.cutoff) Angstrom, elements \(c.elements.joined(separator: " "))"
        let members = memberSet.members.indices.map { k in
            let role =
                k < bases
                ? "base with weight \(format(c.weights[k]))"
                : "observes\(judge.output.map { " every \($0.period) steps" } ?? " when asked")"
            return "  \(memberSet.names[k]): \(role); \(memberSet.members[k].potential.summary)"
        }
        return (["\(style): \(name)\(size)"] + lines.map { "  \($0)" } + members).joined(separator: "\n")
    }

    private func format(_ x: Double) -> String { "\((x * 1e4).rounded() / 1e4)" }
}

/// Seconds that a stacked ensemble spends beyond its members' passes.
public final class StackClock {
    public enum Part: String, CaseIterable {
        case network = "network", exchange = "members' exchange", pullback = "pullbacks"
    }
    public private(set) var seconds = [Double](repeating: 0, count: Part.allCases.count)

    func reset() { seconds = seconds.map { _ in 0 } }

    func measure(_ part: Part, _ body: () -> Void) {
        let start = ContinuousClock.now
        body()
        add(part, since: start)
    }

    func add(_ part: Part, since start: ContinuousClock.Instant) {
        seconds[Part.allCases.firstIndex(of: part)!] += (ContinuousClock.now - start).inSeconds
    }

    var rows: [(name: String, seconds: Double)] { zip(Part.allCases, seconds).filter { $1 > 0 }.map { ($0.rawValue, $1) } }
}
