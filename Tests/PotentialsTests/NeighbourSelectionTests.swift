import Domain
import Potentials
import TestSupport
import Testing

/// The packed selection against a plain loop.
struct NeighbourSelectionTests {
    /// Every number of neighbours up to three chunks, and every choice of those within, in any mixture of species.
    @Test func selectsWhatAPlainLoopSelects() {
        var generator = SeededGenerator(7)
        for count in 0...13 {
            for round in 0..<64 {
                let share = Double(round) / 63
                var positions = [Vector(0.5, -0.25, 1, 3)]
                for _ in 0..<count {
                    let length = Double.random(in: 0..<1, using: &generator) < share ? 0.5 : 2.0
                    positions.append(positions[0] + Vector(0, length, 0.125 * Double.random(in: -1...1, using: &generator), 1))
                }
                check(positions, Array(1..<Int32(positions.count)).shuffled(using: &generator)) { $0 % 5 == 4 ? 0 : 1 }
            }
        }
    }

    /// A distance that is not a number must reach the force.
    @Test(arguments: 0..<7) func aDistanceThatIsNotANumberIsWithin(at bad: Int) {
        var positions = (0...7).map { Vector(Double($0), 0, 0, 1) }
        positions[bad + 1].y = .nan
        check(positions, Array(1...7)) { _ in 4 }
    }

    private func check(_ positions: [Vector], _ neighbours: [Int32], limit: (Int) -> Double) {
        let room = neighbours.count + 8
        var numbers = [Double](repeating: .infinity, count: 4 * room), indices = [Int32](repeating: -1, count: room)
        let expected = neighbours.filter { j in
            let d = positions[0] - positions[Int(j)], square = d.x * d.x + d.y * d.y + d.z * d.z
            return !(square >= limit(Int(j)))
        }
        let found = numbers.withUnsafeMutableBufferPointer { numbers in
            indices.withUnsafeMutableBufferPointer { indices in
                let start = numbers.baseAddress!
                return selectNeighbours(
                    0, positions, neighbours, neighbours.count,
                    into: NearNeighbours(
                        x: start, y: start + room, z: start + 2 * room, square: start + 3 * room, indices: indices.baseAddress!),
                    limit: limit)
            }
        }
        #expect(Array(indices[..<found]) == expected)
        let filled = (found + 3) & ~3
        for k in 0..<filled {
            let d = positions[0] - positions[Int(indices[k])], isPadding = k >= found
            #expect(indices[k] == expected[min(k, found - 1)])
            for c in 0..<3 { #expect(numbers[c * room + k].bitPattern == (isPadding ? 0 : d[c].bitPattern)) }
            #expect(numbers[3 * room + k].bitPattern == (d.x * d.x + d.y * d.y + d.z * d.z).bitPattern)
        }
    }
}
