/// Cuts the box into a grid of equal bricks (in fractional coordinates), one a rank, with as little surface as possible.
public struct Decomposition: Sendable, Equatable {
    /// Number of bricks along a, b, c.
    public let grid: [Int]
    /// This rank's brick.
    public let place: [Int]
    public let rank: Int
    public let size: Int

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
        grid = best.grid
        self.rank = rank
        self.size = size
        place = Self.place(of: rank, in: best.grid)
    }

    private static func place(of rank: Int, in grid: [Int]) -> [Int] {
        [rank / (grid[1] * grid[2]), rank / grid[2] % grid[1], rank % grid[2]]
    }

    public func rank(at place: [Int]) -> Int { (place[0] * grid[1] + place[1]) * grid[2] + place[2] }

    /// The rank `step` (+1 or -1) bricks away along dimension d, around the ring.
    public func neighbour(_ d: Int, _ step: Int) -> Int {
        var other = place
        other[d] = (other[d] + step + grid[d]) % grid[d]
        return rank(at: other)
    }

    public func lower(_ d: Int) -> Double { Double(place[d]) / Double(grid[d]) }
    public func upper(_ d: Int) -> Double { Double(place[d] + 1) / Double(grid[d]) }

    /// Which rank owns fractional position s. Atoms beyond a fixed face belong to the brick at that face.
    public func owner(of s: Vector) -> Int {
        var at = [0, 0, 0]
        for d in 0..<3 {
            let cell = (s[d] * Double(grid[d])).rounded(.down)
            at[d] = cell.isFinite ? min(max(Int(max(min(cell, 1e9), -1e9)), 0), grid[d] - 1) : 0
        }
        return rank(at: at)
    }
}
