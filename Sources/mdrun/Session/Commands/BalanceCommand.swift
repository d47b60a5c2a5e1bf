import Deck
import Domain
import Integrators
import Observers

/// `balance`: moves the planes between ranks' bricks once, where the largest load is at least a threshold times the average.
struct BalanceCommand: DeckCommand {
    static let name = "balance"
    static let usage = """
        balance THRESH x|y|z uniform|CUT... [y ...] [z ...] \(BalanceOptions.usage)
        balance THRESH shift DIMS NITER STOPTHRESH \(BalanceOptions.usage)
        CUT...: the planes between bricks as fractions of the edge, one fewer than bricks. DIMS: dimensions in the order of balancing, such as xz.
        """

    private enum Style {
        /// Planes of each dimension; nil: as they are.
        case planes([[Double]?])
        case shift(Balancer)
    }

    private let threshold: Double
    private let style: Style
    private let options: BalanceOptions
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        let system = try session.requireSystem(Self.name, at: location)
        threshold = try words.nonNegativeDouble("the imbalance from which to balance")
        let word = try words.word("a style: x, y, z or shift")
        switch word.text {
        case "shift": style = .shift(try BalanceOptions.shift(&words, dimension: system.box.dimension, interpolates: false))
        case "x", "y", "z": style = .planes(try Self.planes(word, &words, system, try session.decomposition(at: location).grid))
        case "rcb": throw words.error(BalanceOptions.rcb, at: word)
        default: throw DeckError.unknown("style of balance", word, known: ["x", "y", "z", "shift"])
        }
        options = try BalanceOptions(&words, system, session.observation)
    }

    private static func planes(_ first: Word, _ words: inout Words, _ system: System, _ grid: [Int]) throws -> [[Double]?] {
        var cuts: [[Double]?] = [nil, nil, nil]
        var axis: Word? = first
        while let word = axis {
            let d = ["x", "y", "z"].firstIndex(of: word.text)!
            guard d < system.box.dimension else { throw words.error("there are no planes across z in two dimensions", at: word) }
            if words.optional("uniform") {
                cuts[d] = Decomposition.equalCuts(grid[d])
            } else {
                var edge = [0.0]
                while edge.count < grid[d] {
                    let last = edge.last!
                    edge.append(
                        try words.double(
                            "plane \(edge.count) of \(grid[d] - 1) across \(word.text)", "above the one before it (or 0) and below 1",
                            where: { $0 > last && $0 < 1 }))
                }
                cuts[d] = edge + [1]
            }
            axis = words.peek.flatMap { ["x", "y", "z"].contains($0.text) ? $0 : nil }
            if axis != nil { _ = try words.word("a dimension") }
        }
        return cuts
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem(Self.name, at: location), communicator = session.communicator
        session.output.line("Balancing ...")
        let start = Timings.now()
        system.atoms.removeGhosts()
        if system.box.hasShrinkWrap { system.box.shrinkWrap(system.atoms, communicator) }
        let old = try session.decomposition(at: location)
        system.atoms.migrate(box: system.box, decomposition: old, communicator: communicator)
        var weights = options.weights
        let load = Balancer.Load(system.atoms, system.box, try weights.evaluate(system), communicator)
        let before = load.imbalance()
        guard before.factor >= threshold else { return }
        var cuts = old.cuts, iterations = 0
        switch style {
        case .planes(let given): cuts = zip(given, old.cuts).map { $0 ?? $1 }
        case .shift(let balancer):
            (cuts, iterations) = balancer.balance(load, cuts: cuts, lengths: system.box.lengths, skin: session.neighbours.skin)
        }
        system.cuts = cuts
        let after = load.imbalance(cuts)
        system.atoms.migrate(box: system.box, decomposition: try session.decomposition(at: location), communicator: communicator)
        if let path = options.path { try write(path, cuts, system, session) }
        var text = " rebalancing time: \(Self.fixed.string(Timings.now() - start)) seconds\n  iteration count = \(iterations)\n"
        text += options.weights.report
        text += "  initial/final maximal load/proc = \(session.short(before.largest)) \(session.short(after.largest))\n"
        text += "  initial/final imbalance factor  = \(session.short(before.factor)) \(session.short(after.factor))\n"
        text += zip(["x", "y", "z"], cuts).map { name, edge in
            "  \(name) cuts:" + edge.map { " " + session.short($0) }.joined()
        }.joined(separator: "\n")
        session.output.line(text)
    }

    private static let fixed = try! NumberFormat("%.3f")

    private func write(_ path: String, _ cuts: [[Double]], _ system: System, _ session: Session) throws {
        guard !session.isDryRun else { return }
        try BalanceOptions.write(path, cuts, system, session)
    }
}

/// `comm_style brick`: ranks share the box by planes right across it.
struct CommStyleCommand: DeckCommand {
    static let name = "comm_style"
    static let usage = "comm_style brick   (the only one)"

    init(_ words: inout Words, _ session: Session) throws {
        let word = try words.word("a communication style: brick")
        if word.text == "tiled" {
            throw words.error(
                "comm_style tiled is not supported: ranks share the box by planes right across it; balance ... shift moves them", at: word)
        }
        guard word.text == "brick" else { throw DeckError.unknown("communication style", word, known: ["brick"]) }
    }

    func execute(_ session: Session) {}
}
