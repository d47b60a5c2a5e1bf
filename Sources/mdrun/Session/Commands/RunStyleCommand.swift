import Deck
import Integrators
import Potentials

/// `run_style`: velocity Verlet, or several time steps for several parts of the forces.
struct RunStyleCommand: DeckCommand {
    static let name = "run_style"
    static let usage = """
        run_style verlet
        run_style respa N N1 ... [hybrid LEVEL LEVEL ...] [pair LEVEL] [bond|angle|dihedral|improper|kspace LEVEL]
        N levels, 1 the innermost; level k does Nk steps for each of level k + 1 (N - 1 numbers), the outermost has the time step. hybrid: a level for
        each style of pair_style hybrid*. pair (default N): one level for the whole potential. There are no bonds nor kspace, so their levels are empty.
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
        var others = Array(repeating: 1, count: 4), kspace: Int?, pair: Int?, members: [Int]?
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
            case "inner", "middle", "outer":
                throw words.error(
                    "\(keyword.text) is not supported: no pair style here splits its forces by distance; use hybrid/overlay and the keyword hybrid",
                    at: keyword)
            default:
                let level = try words.int("the level", in: 1...count)
                // The next ones follow it unless they say otherwise.
                for k in topology.firstIndex(of: keyword.text)!..<4 { others[k] = level }
            }
        }
        guard pair == nil || members == nil else { throw words.error("pair and hybrid cannot both be given") }
        let whole = pair ?? count
        levels = RespaLevels(loops: loops + [1], forces: members.map { .members(levels: $0.map { $0 - 1 }) } ?? .whole(level: whole - 1))
        var text = "Respa levels:"
        for level in 1...count {
            text += "\n  \(level) ="
            for (k, name) in topology.enumerated() where others[k] == level { text += " \(name)" }
            if members == nil, whole == level { text += " pair" }
            for (k, own) in (members ?? []).enumerated() where own == level { text += " hybrid-\(k + 1)" }
            if (kspace ?? members?.max() ?? whole) == level { text += " kspace" }
        }
        report = text
    }

    func execute(_ session: Session) {
        session.respa = levels
        if levels != nil { session.output.line(report) }
    }
}
