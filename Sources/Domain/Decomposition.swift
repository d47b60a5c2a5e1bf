/// Cuts the box into a grid of bricks (in fractional coordinates), one a rank: equal ones with as little surface as possible, or bricks
/// between planes that `balance` has moved.
public struct Decomposition: Sendable, Equatable {
    /// Number of bricks along a, b, c.
    public let grid: [Int]
    /// This rank's brick.
    public let place: [Int]
    public let rank: Int
    public let size: Int
    /// Fractions of the box's edges where bricks meet: along each edge `grid` + 1 ascending numbers, from 0 to 1.
    public let cuts: [[Double]]

    /// Equal bricks.
    /// - Parameter wanted: the deck's `processors` (nil = free).
    /// - Returns: nil when no factorisation of `size` fits `wanted`.
    public init?(box: Box, rank: Int, size: Int, wanted: [Int?] = [nil, nil, nil]) {
        var best: (surface: Double, grid: [Int])?
        // Area of a brick's faces across each edge pair, which is what the halo exchanges.
        let whole = box.lengths.x * box.lengths.y * box.lengths.z
        let area = (0..<3).map { d in whole / box.height(d) }
        for i in 1...size where size % i == 0 && (wanted[0] ?? i) == i {
            for j in 1...(size / i) where (size / i) % j == 0 && (wanted[1] ?? j) == j {
                let k = size / i / j
                guard (wanted[2] ?? k) == k, box.dimension == 3 || k == 1 else { continue }
                let surface = area[0] / Double(j * k) + area[1] / Double(i * k) + area[2] / Double(i * j)
                if best == nil || surface < best!.surface * (1 - 1e-12) { best = (surface, [i, j, k]) }
            }
        }
        guard let best else { return nil }
        self.init(cuts: best.grid.map(Self.equalCuts), rank: rank, size: size)
    }

    /// Bricks between given planes.
    /// - Returns: nil when there are not as many bricks as ranks, or the planes do not ascend from 0 to 1.
    public init?(cuts: [[Double]], rank: Int, size: Int) {
        guard cuts.count == 3, cuts.reduce(1, { $0 * ($1.count - 1) }) == size else { return nil }
        for edge in cuts {
            guard edge.first == 0, edge.last == 1, zip(edge, edge.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
        }
        self.cuts = cuts
        grid = cuts.map { $0.count - 1 }
        (self.rank, self.size) = (rank, size)
        place = Self.place(of: rank, in: grid)
    }

    /// Planes that cut an edge into `count` equal parts.
    public static func equalCuts(_ count: Int) -> [Double] { (0...count).map { Double($0) / Double(count) } }

    private static func place(of rank: Int, in grid: [Int]) -> [Int] {
        [rank / (grid[1] * grid[2]), rank / grid[2] % grid[1], rank % grid[2]]
    }

    public func rank(at place: [Int]) -> Int { rank(place[0], place[1], place[2]) }
    private func rank(_ i: Int, _ j: Int, _ k: Int) -> Int { (i * grid[1] + j) * grid[2] + k }

    /// The rank `step` (+1 or -1) bricks away along dimension d, around the ring.
    public func neighbour(_ d: Int, _ step: Int) -> Int {
        var other = place
        other[d] = (other[d] + step + grid[d]) % grid[d]
        return rank(at: other)
    }

    public func lower(_ d: Int) -> Double { cuts[d][place[d]] }
    public func upper(_ d: Int) -> Double { cuts[d][place[d] + 1] }

    /// Which rank owns fractional position s. Atoms beyond a fixed face belong to the brick at that face.
    public func owner(of s: Vector) -> Int {
        rank(Self.slab(of: s.x, cuts[0]), Self.slab(of: s.y, cuts[1]), Self.slab(of: s.z, cuts[2]))
    }

    /// The part i of an edge with cuts[i] <= s < cuts[i + 1]; the first or last one beyond the ends. Not a number is in the first.
    public static func slab(of s: Double, _ cuts: [Double]) -> Int {
        var low = 0, high = cuts.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if s >= cuts[middle] { low = middle } else { high = middle }
        }
        return low
    }

    /// How many bricks away along d points can be that are within `depth` (a fraction of the edge) of some brick. It is the same number on
    /// every rank: bricks pass on what they receive, so all take part in all hops.
    public func hops(_ d: Int, depth: Double, isPeriodic: Bool) -> Int {
        let n = grid[d], edge = cuts[d]
        precondition(!isPeriodic || depth < 1e6, "a halo is of finite width")
        let turns = isPeriodic ? Int(depth) : 0
        let rest = depth - Double(turns)
        var most = 0
        for start in 0..<n {
            for step in [-1, 1] {
                var covered = 0.0, count = 0, brick = start
                while covered < rest, isPeriodic || (0..<n).contains(brick + step) {
                    brick = (brick + step + n) % n
                    covered += edge[brick + 1] - edge[brick]
                    count += 1
                }
                most = max(most, count)
            }
        }
        return turns * n + most
    }
}

extension Decomposition {
    /// Writes planes into a restart.
    public static func save(_ cuts: [[Double]], _ state: inout StateWriter) {
        for edge in cuts {
            state.put(edge.count)
            for cut in edge { state.put(cut) }
        }
    }

    /// - Throws: `StateError` when this is not what `save` wrote for three dimensions.
    public static func restoreCuts(_ state: inout StateReader) throws(StateError) -> [[Double]] {
        var cuts: [[Double]] = []
        for _ in 0..<3 {
            let count = try state.int()
            guard (2...1 << 24).contains(count) else { throw StateError() }
            var edge: [Double] = []
            for _ in 0..<count { edge.append(try state.double()) }
            cuts.append(edge)
        }
        return cuts
    }
}
