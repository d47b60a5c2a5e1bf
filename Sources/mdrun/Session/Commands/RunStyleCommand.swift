import Deck
import Integrators
import Potentials

/// `run_style`: velocity Verlet, or several time steps for several parts of the forces.
struct RunStyleCommand: DeckCommand {
    static let name = "run_style"
    static let usage = """
        run_style verlet
        run_style respa N N1 ... [hybrid LEVEL LEVEL ...] [pair LEVEL] [inner LEVEL R1 R2] [middle LEVEL R3 R4] [outer LEVEL]
                                 [bond|angle|dihedral|improper|kspace LEVEL]
        N levels, 1 the innermost; level k does Nk steps for each of level k + 1 (N - 1 numbers), the outermost has the time step. hybrid: a level for
        each style of pair_style hybrid*. pair (default N): one level for the whole potential. inner, middle, outer: parts of the forces of pairs without
        charges by distance, of which the first falls to zero from R1 to R2, the second from R3 to R4. bond (default 1) and the like: levels of these, each
        the one before it where nothing is said. There is no kspace, so its level is empty.
        """

    private let levels: RespaLevels?
    private let report: String

    init(_ words: inout Words, _ session: Session) throws {
        let word = try words.word("a run style: verlet or respa")
        guard word.text == "respa" else {
            guard word.text == "verlet" else {
                if word.text.hasPrefix("verlet/") || word.text.hasPrefix("respa/") {
                    throw words.error("run_style \(word.text) is not supported; use verlet or respa", at: word)
                }
                throw DeckError.unknown("run style", word, known: ["verlet", "respa"])
            }
            (levels, report) = (nil, "")
            return
        }
        let count = try words.int("the number of levels", in: 1...100)
        var loops: [Int] = []
        for level in 1..<count { loops.append(try words.positiveInt("the number of steps of level \(level) for one of level \(level + 1)")) }
        var others = [1, nil, nil, nil] as [Int?], kspace: Int?, pair: Int?, members: [Int]?
        var inner: Int?, middle: Int?, outer: Int?, cutoffs: [Double] = []
        let topology = ["bond", "angle", "dihedral", "improper"]
        while let keyword = words.peek {
            switch try words.choice("a keyword of run_style respa", (topology + ["kspace", "pair", "hybrid", "inner", "middle", "outer"]).map { ($0, $0) }) {
            case "pair": pair = try words.int("the level", in: 1...count)
            case "kspace": kspace = try words.int("the level", in: 1...count)
            case "hybrid":
                guard let hybrid = session.potential as? Hybrid else {
                    throw words.error("hybrid needs a pair_style hybrid, hybrid/overlay or hybrid/scaled, and a box, before it", at: keyword)
                }
                members = try hybrid.members.indices.map { try words.int("the level of style \($0 + 1), \(hybrid.members[$0].style)", in: 1...count) }
            case "inner":
                inner = try words.int("the level", in: 1...count)
                cutoffs = try Self.range(&words) + cutoffs.suffix(2)
            case "middle":
                guard inner != nil else { throw words.error("middle comes behind inner", at: keyword) }
                middle = try words.int("the level", in: 1...count)
                cutoffs = try cutoffs.prefix(2) + Self.range(&words)
                guard cutoffs[2] >= cutoffs[1] else { throw words.error("the middle part must not fall before the inner one has ended", at: keyword) }
            case "outer": outer = try words.int("the level", in: 1...count)
            default: others[topology.firstIndex(of: keyword.text)!] = try words.int("the level", in: 1...count)
            }
        }
        guard pair == nil || members == nil else { throw words.error("pair and hybrid cannot both be given") }
        guard (inner == nil) == (outer == nil) else { throw words.error("inner and outer go together") }
        guard inner == nil || pair == nil && members == nil else { throw words.error("inner and outer go with neither pair nor hybrid") }
        // Each follows the one before it unless the deck says otherwise.
        var bonded: [Int] = []
        for level in others { bonded.append(level ?? bonded.last ?? 1) }
        let pairs = inner.map { [$0, middle, outer].compactMap { $0 } } ?? members.map { [$0.min() ?? count, $0.max() ?? count] } ?? [pair ?? count]
        // The styles of a hybrid may have levels in any order.
        let order = members == nil ? bonded + pairs + (kspace.map { [$0] } ?? []) : bonded
        guard zip(order, order.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw words.error("levels must not decrease from bond, angle, dihedral, improper to pair (inner, middle, outer) and kspace")
        }
        let whole = pair ?? count
        let forces: RespaLevels.Forces =
            if let inner, let outer {
                .shells(inner: inner - 1, middle: middle.map { $0 - 1 }, outer: outer - 1, cutoffs: cutoffs)
            } else {
                members.map { .members(levels: $0.map { $0 - 1 }) } ?? .whole(level: whole - 1)
            }
        levels = RespaLevels(loops: loops + [1], forces: forces, bonded: bonded.map { $0 - 1 })
        var text = "Respa levels:"
        for level in 1...count {
            text += "\n  \(level) ="
            for (k, name) in topology.enumerated() where bonded[k] == level { text += " \(name)" }
            if members == nil, inner == nil, whole == level { text += " pair" }
            for (name, own) in [("inner", inner), ("middle", middle), ("outer", outer)] where own == level { text += " pair-\(name)" }
            for (k, own) in (members ?? []).enumerated() where own == level { text += " hybrid-\(k + 1)" }
            if (kspace ?? members?.max() ?? outer ?? whole) == level { text += " kspace" }
        }
        report = text
    }

    /// Where a part begins to fall and where it has ended.
    private static func range(_ words: inout Words) throws -> [Double] {
        let first = try words.positiveDouble("the distance at which the part begins to fall")
        return [first, try words.double("the distance at which the part ends", "not below \(first)") { $0 >= first }]
    }

    func execute(_ session: Session) {
        session.respa = levels
        if levels != nil { session.output.line(report) }
    }
}
