import Domain
import TestSupport
import Testing

@Suite struct DecompositionTests {
    static let cube = Box(lo: .zero, hi: Vector(xyz: 10, 10, 10))
    static let rod = Box(lo: .zero, hi: Vector(xyz: 2, 3, 100))

    @Test func cutsWithTheLeastSurface() {
        #expect(Set(Decomposition(box: Self.cube, rank: 0, size: 8)!.grid) == [2])
        #expect(Decomposition(box: Self.rod, rank: 0, size: 8)!.grid == [1, 1, 8])
        let flat = Box(lo: .zero, hi: Vector(xyz: 40, 20, 1))
        #expect(Decomposition(box: flat, rank: 0, size: 8)!.grid == [4, 2, 1])
        for size in 1...30 {
            let best = Decomposition(box: Self.rod, rank: 0, size: size)!.grid
            #expect(best[0] * best[1] * best[2] == size)
            func surface(_ g: [Int]) -> Double {
                let l = [2 / Double(g[0]), 3 / Double(g[1]), 100 / Double(g[2])]
                return l[0] * l[1] + l[1] * l[2] + l[0] * l[2]
            }
            for i in 1...size where size % i == 0 {
                for j in 1...(size / i) where size / i % j == 0 {
                    #expect(surface(best) <= surface([i, j, size / i / j]) * (1 + 1e-9))
                }
            }
        }
    }

    @Test func obeysProcessors() {
        #expect(Decomposition(box: Self.cube, rank: 0, size: 6, wanted: [1, 6, 1])!.grid == [1, 6, 1])
        #expect(Decomposition(box: Self.cube, rank: 0, size: 6, wanted: [nil, 1, nil])!.grid[1] == 1)
        #expect(Decomposition(box: Self.cube, rank: 0, size: 6, wanted: [4, nil, nil]) == nil)
        #expect(Decomposition(box: Self.cube, rank: 0, size: 6, wanted: [1, 2, 2]) == nil)
    }

    @Test func everyPlaceHasOneRankAndRingsClose() {
        for size in [1, 2, 6, 12] {
            var seen = Set<[Int]>()
            for rank in 0..<size {
                let d = Decomposition(box: Self.cube, rank: rank, size: size)!
                #expect(d.rank(at: d.place) == rank)
                seen.insert(d.place)
                for axis in 0..<3 {
                    let up = Decomposition(box: Self.cube, rank: d.neighbour(axis, 1), size: size)!
                    #expect(up.neighbour(axis, -1) == rank)
                }
            }
            #expect(seen.count == size)
        }
    }

    @Test func planesThatWereMoved() {
        let cuts = [[0, 0.1, 0.15, 1], [0, 1], [0, 0.75, 1]]
        let all = (0..<6).map { Decomposition(cuts: cuts, rank: $0, size: 6)! }
        #expect(all[0].grid == [3, 1, 2] && all[3].place == [1, 0, 1])
        #expect(all[3].lower(0) == 0.1 && all[3].upper(0) == 0.15 && all[3].lower(2) == 0.75)
        #expect(all[0].owner(of: Vector(xyz: 0.1, 0.5, 0.75)) == 3 && all[0].owner(of: Vector(xyz: 0.0999, 0.5, 0.7499)) == 0)
        #expect(all[0].owner(of: Vector(xyz: 2, -1, 0.5)) == 4 && all[0].owner(of: Vector(xyz: .nan, 0, .nan)) == 0)
        // From the widest brick a depth of 0.12 reaches over both others; around the ring it ends in the wide one.
        #expect(all[0].hops(0, depth: 0.049, isPeriodic: true) == 1)
        #expect(all[0].hops(0, depth: 0.12, isPeriodic: true) == 2)
        #expect(all[0].hops(0, depth: 0.16, isPeriodic: true) == 3)
        #expect(all[0].hops(0, depth: 0.16, isPeriodic: false) == 2)
        #expect(all[0].hops(1, depth: 2.5, isPeriodic: true) == 3 && all[0].hops(1, depth: 2.5, isPeriodic: false) == 0)
        // Equal bricks: as many as cover the depth.
        let equal = Decomposition(box: Self.rod, rank: 0, size: 8)!
        for depth in [0.01, 0.124, 0.126, 0.9, 1.01, 2.3] { #expect(equal.hops(2, depth: depth, isPeriodic: true) == Int((depth * 8).rounded(.up))) }
        #expect(Decomposition(cuts: cuts, rank: 0, size: 5) == nil)
        #expect(Decomposition(cuts: [[0, 0.5, 0.5, 1], [0, 1], [0, 1]], rank: 0, size: 3) == nil)
        #expect(Decomposition(cuts: [[0, 0.5], [0, 1], [0, 1]], rank: 0, size: 1) == nil)
    }

    @Test func eachPositionHasOneOwner() {
        var random = SeededGenerator(2)
        let all = (0..<12).map { Decomposition(box: Self.cube, rank: $0, size: 12)! }
        for _ in 0..<500 {
            let s = Vector(xyz: random.uniform(), random.uniform(), random.uniform())
            let owner = all[0].owner(of: s)
            for d in 0..<3 { #expect(s[d] >= all[owner].lower(d) && s[d] < all[owner].upper(d)) }
        }
        // Beyond a face, at it, and nowhere: some rank all the same.
        for odd in [-0.5, 1, 1.5, 1e300, -1e300, .infinity, .nan] {
            #expect((0..<12).contains(all[0].owner(of: Vector(xyz: odd, 0.5, odd))))
        }
    }
}
