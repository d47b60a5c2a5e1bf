import Domain
import TestSupport
import Testing

@Suite struct CellGridTests {
    private func list(_ positions: [Vector], _ kind: ListKind, _ distance: Double) -> [[Int32]] {
        var atoms = Atoms(typeCount: 1)
        for (i, x) in positions.enumerated() { atoms.append(id: Int64(i + 1), type: 1, position: x) }
        let list = NeighbourList(kind: kind, distance: distance)
        CellGrid().build(list, atoms)
        return positions.indices.map { i in
            (Int(list.offsets[i])..<Int(list.offsets[i + 1])).map { list.neighbours[$0] }.sorted()
        }
    }

    @Test func twoAtoms() {
        let x = [Vector.zero, Vector(xyz: 0.9, 0, 0)]
        #expect(list(x, .full, 1) == [[1], [0]])
        #expect(list(x, .half, 1).joined().count == 1)
        #expect(list(x, .full, 0.5) == [[], []])
        #expect(list([], .full, 1) == [] && list([.zero], .full, 1) == [[]])
    }

    @Test func atomsInOnePlaceArePairs() {
        let x = [Vector](repeating: Vector(xyz: 1, 2, 3), count: 3)
        #expect(list(x, .full, 1) == [[1, 2], [0, 2], [0, 1]])
        #expect(list(x, .half, 1).joined().count == 3)
    }

    @Test func aDistanceOfZeroHasNoPairs() {
        #expect(list([.zero, Vector(xyz: 1, 0, 0)], .full, 0) == [[], []])
    }

    /// The grid's memory must follow the number of atoms, not the volume.
    @Test func farFlungAtoms() {
        var random = SeededGenerator(1)
        for scale in [1e3, 1e6, 1e12, 1e40] {
            var x = (0..<200).map { _ in random.vector(2) }
            for i in 0..<5 { x[i] = random.vector(scale) }
            let near = list(x, .full, 1)
            for i in 5..<200 {
                let expected = x.indices.filter { j in
                    let d = x[i] - x[j]
                    return j != i && d.dot(d) < 1
                }
                #expect(near[i] == expected.map(Int32.init))
            }
        }
    }

    @Test func atomsThatAreNowhereHaveNoNeighbours() {
        let fine = [Vector.zero, Vector(xyz: 0.5, 0, 0)]
        for odd in [Double.nan, .infinity, -.infinity, 1e300] {
            let result = list(fine + [Vector(xyz: odd, 0, 0), Vector(xyz: 0.1, odd, odd)], .full, 1)
            #expect(result == [[1], [0], [], []])
        }
    }

    @Test func vacuumAndManyDistances() {
        var random = SeededGenerator(12)
        // Two layers far apart along z, several densities for the number of cells that the distance spans.
        let x = (0..<150).map { i in random.vector(3) * Vector(xyz: 1, 1, 0.3) + Vector(xyz: 0, 0, i % 2 == 0 ? 0 : 80) }
        for distance in [0.05, 0.3, 1, 2.5, 7, 100] {
            let full = list(x, .full, distance), half = list(x, .half, distance)
            for i in x.indices {
                let expected = x.indices.filter { j in
                    let d = x[i] - x[j]
                    return j != i && d.dot(d) < distance * distance
                }
                #expect(full[i] == expected.map(Int32.init))
            }
            #expect(2 * half.joined().count == full.joined().count)
        }
    }
}
