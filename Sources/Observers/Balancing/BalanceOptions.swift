import Deck
import Domain
import Integrators

/// What `balance` and `fix balance` have in common.
public struct BalanceOptions {
    public static let usage = "[\(LoadWeights.usage)]... [out FILE] [sort yes|no]"

    public var weights: LoadWeights
    /// File for the bricks' edges.
    public var path: String?

    /// Reads the keywords after the style.
    public init(_ words: inout Words, _ system: System, _ observation: Observation) throws {
        weights = LoadWeights(observation)
        while !words.isAtEnd {
            switch try words.choice("a keyword", ["weight", "out", "sort"].map { ($0, $0) }) {
            case "weight": try weights.read(&words, groups: system.groups)
            case "out": path = try words.string("a file name")
            // The order of atoms never depends on that of messages here.
            default: _ = try words.flag("yes or no")
            }
        }
    }

    /// Reads `DIMS NITER STOPTHRESH` after the word `shift`.
    public static func shift(_ words: inout Words, dimension: Int, interpolates: Bool) throws -> Balancer {
        let word = try words.word("the dimensions: x, y, z in the order of balancing")
        let dimensions = word.text.map { Array("xyz").prefix(dimension).firstIndex(of: $0) }
        guard !dimensions.isEmpty, !dimensions.contains(nil), Set(dimensions).count == dimensions.count else {
            throw words.error(
                "expected each of \(dimension == 2 ? "x, y" : "x, y, z") at most once, such as x or \(dimension == 2 ? "xy" : "zx")",
                at: word)
        }
        let iterations = try words.positiveInt("the number of iterations")
        let stop = try words.double("the imbalance at which to stop", in: 1.0...)
        return Balancer(dimensions: dimensions.map { $0! }, iterations: iterations, stop: stop, interpolates: interpolates)
    }

    /// Why `rcb` is refused.
    public static let rcb =
        "style rcb is not supported: ranks share the box by planes right across it (comm_style brick), not by "
        + "recursive bisection (comm_style tiled); use shift"

    /// Writes the bricks' corners to a file of its own. Collective.
    /// - Throws: `OutputError` with the reason, on all ranks.
    public static func write(_ path: String, _ cuts: [[Double]], _ system: System, _ host: any ObservationHost) throws {
        _ = try system.communicator.valueOnFirstRank {
            let file = try OutputFile(path, .replace, isInput: host.isInput)
            try file.write(Array(mesh(cuts, system.box, step: system.step).utf8))
            try file.endFrame()
            return 0
        }
    }

    /// The bricks' corners in the format that LAMMPS writes (Pizza.py's mesh).
    public static func mesh(_ cuts: [[Double]], _ box: Box, step: Int) -> String {
        let g = NumberFormat.table("%g")
        let map = FractionalMap(box), l = box.hi - box.lo
        let isFlat = box.dimension == 2
        let grid = cuts.map { $0.count - 1 }, count = grid.reduce(1, *), corners = isFlat ? 4 : 8
        var text = "ITEM: TIMESTEP\n\(step)\nITEM: NUMBER OF NODES\n\(corners * count)\nITEM: BOX BOUNDS\n"
        for d in 0..<3 { text += "\(g.string(box.lo[d])) \(g.string(box.hi[d]))\n" }
        text += "ITEM: NODES\n"
        var node = 0
        for brick in 0..<count {
            let place = [brick / (grid[1] * grid[2]), brick / grid[2] % grid[1], brick % grid[2]]
            // Around each face of an orthogonal brick; row by row of a tilted one.
            let order = box.isTriclinic ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, 3, 2, 4, 5, 7, 6]
            for corner in order.prefix(corners) {
                var x = Vector.zero
                for d in 0..<3 { x[d] = cuts[d][place[d] + (corner >> d & 1)] }
                if box.isTriclinic {
                    x = map.cartesian(x)
                } else {
                    for d in 0..<3 { x[d] = x[d] == 1 ? box.hi[d] : box.lo[d] + l[d] * x[d] }
                }
                node += 1
                text += "\(node) 1 \(g.string(x.x)) \(g.string(x.y)) \(isFlat ? "0" : g.string(x.z))\n"
            }
        }
        text +=
            "ITEM: TIMESTEP\n\(step)\nITEM: NUMBER OF \(isFlat ? "SQUARES" : "CUBES")\n\(count)\nITEM: \(isFlat ? "SQUARES" : "CUBES")\n"
        for brick in 0..<count {
            text += "\(brick + 1) 1" + (1...corners).map { " \(brick * corners + $0)" }.joined() + "\n"
        }
        return text
    }
}
