import Domain
import TestSupport
import Testing

/// Migration, halo and lists against brute force: in this process, and on ranks through `mdcheck domain`.
@Suite struct ExchangeTests {
    @Test func onOneRank() {
        let results = DomainChecks.all(SerialCommunicator())
        #expect(results.failures.isEmpty, "\n\(results.failures.table)")
        #expect(results.count > 300)
    }

    @Test(arguments: [1, 2, 3, 4, 7]) func onRanks(ranks: Int) throws {
        // A failure ends with status 1, which the harness throws with the table.
        let table = try RankHarness.run(["domain"], ranks: ranks)
        #expect(table.split(separator: "\n").filter { $0.hasPrefix("ok") }.count > 300)
    }

    @Test(arguments: [[7, 1, 1], [1, 2, 2], [1, 1, 3], [2, 1, 2]]) func onUnevenBricks(grid: [Int]) throws {
        _ = try RankHarness.run(["domain", "-u", "-p"] + grid.map { "\($0)" }, ranks: grid.reduce(1, *))
    }

    @Test(arguments: [[4, 1, 1], [1, 4, 1], [1, 1, 4], [2, 1, 2]]) func onGrids(grid: [Int]) throws {
        _ = try RankHarness.run(["domain", "-p"] + grid.map { "\($0)" }, ranks: 4)
    }
}

@Suite struct AtomsTests {
    private func some(_ count: Int) -> Atoms {
        var atoms = Atoms(typeCount: 2)
        atoms.extras = [AtomProperty(name: "x", width: 2, count: 0)]
        var random = SeededGenerator(9)
        for i in 0..<count {
            atoms.append(
                id: Int64(i + 1), type: Int32(i % 2 + 1), position: random.vector(4) + Vector(xyz: 5, 5, 5),
                velocity: Vector(xyz: Double(i), 0, 0), image: SIMD4(Int32(i), 0, 0, 0), mask: UInt32(i))
            atoms.extras[0].values[2 * i] = Double(i)
            atoms.extras[0].values[2 * i + 1] = Double(-i)
        }
        return atoms
    }

    /// Every column must have moved with the id.
    private func expectWhole(_ atoms: borrowing Atoms) {
        for a in 0..<atoms.owned {
            let i = Int(atoms.id[a]) - 1
            #expect(atoms.type[a] == Int32(i % 2 + 1) && atoms.position[a].w == Double(i % 2 + 1))
            #expect(atoms.velocity[a].x == Double(i) && atoms.image[a].x == Int32(i) && atoms.mask[a] == UInt32(i))
            #expect(atoms.extras[0].values[2 * a] == Double(i) && atoms.extras[0].values[2 * a + 1] == Double(-i))
        }
    }

    @Test func removes() {
        var atoms = some(20)
        atoms.remove { $0 % 3 == 0 }
        #expect(atoms.owned == 13 && atoms.extras[0].values.count == 26)
        let ids = atoms.id.array()
        let kept: [Int64] = [2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20]
        #expect(ids == kept)
        expectWhole(atoms)
    }

    @Test func sortsInSpace() {
        var atoms = some(500)
        let box = Box(lo: .zero, hi: Vector(xyz: 10, 10, 10))
        atoms.sortSpatially(box: box, cellWidth: 1)
        #expect(Set(atoms.id.array()).count == 500)
        expectWhole(atoms)
        // Neighbours in memory are near in space: the mean step is shorter than between random places.
        var sum = 0.0
        for i in 1..<500 {
            let d = atoms.position[i] - atoms.position[i - 1]
            sum += d.dot(d).squareRoot()
        }
        #expect(sum / 499 < 3)
    }

    @Test func sortingSparseOrLostAtomsCostsNoMemory() {
        let box = Box(lo: .zero, hi: Vector(xyz: 1e7, 1e7, 1e7))
        var atoms = some(10)
        for i in 0..<10 { atoms.position[i] *= Vector(1e6, 1e6, 1e6, 1) }
        atoms.sortSpatially(box: box, cellWidth: 1)
        expectWhole(atoms)
        atoms.position[3].x = .nan
        atoms.sortSpatially(box: box, cellWidth: 1)
        #expect(Set(atoms.id.array()).count == 10)
    }
}
