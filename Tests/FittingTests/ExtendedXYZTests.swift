import Deck
import Domain
import Fitting
import TestSupport
import Testing

@Suite struct ExtendedXYZTests {
    private func frames(_ text: String) throws -> [Frame] {
        try withFile(Array(text.utf8), "data.xyz") { path in
            let data = try openDataset(path)
            var frames: [Frame] = []
            while let frame = try data.next() { frames.append(frame) }
            return frames
        }
    }

    @Test("what is written reads back to the same bits")
    func roundTrip() throws {
        var random = SeededGenerator(3)
        var text = "", written: [Frame] = []
        for n in 1...4 {
            var frame = Frame(
                elements: (0..<n).map { ["Cu", "O", "H"][$0 % 3] }, positions: (0..<n).map { _ in random.vector(9) },
                cell: n == 4 ? nil : Tensor(x: random.vector(5), y: random.vector(5), z: random.vector(5)),
                isPeriodic: n == 4 ? [false, false, false] : [true, n == 2, true], energy: random.uniform() * 1e-7,
                forces: n == 3 ? nil : (0..<n).map { _ in random.vector(1e-3) })
            if n == 1 { frame.virial = Tensor(x: random.vector(1), y: random.vector(1), z: random.vector(1)) }
            written.append(frame)
            text += frame.extendedXYZ
        }
        let read = try frames(text)
        #expect(read.count == 4)
        for (a, b) in zip(read, written) {
            #expect(a.elements == b.elements && a.positions == b.positions && a.isPeriodic == b.isPeriodic)
            #expect(a.energy == b.energy && a.forces == b.forces && a.cell == b.cell && a.virial == b.virial)
        }
    }

    @Test("keys under their common spellings; columns in any order")
    func spellings() throws {
        let frame = try frames(
            """
            2
            config_type="a \\"quoted\\" name" lattice="[[2, 0, 0], [0, 3, 0], [0, 0, 4]]" properties=Z:I:1:tag:I:1:forces:R:3:REF_forces:R:3:pos:R:3 dft_energy=-1e-1 free_energy=7 stress="1 2 3 4 5 6" pbc=[T, F, T] flag
            29 0 9 9 9  1 2 3  0.5 0.25 0.125
            1\t0 8 8 8 -1 -2 -3 1.5 1.25 1.125

            """)[0]
        #expect(frame.elements == ["Cu", "H"] && frame.energy == -0.1 && frame.isPeriodic == [true, false, true])
        #expect(frame.forces![0] == Vector(9, 9, 9, 0) && frame.positions[1] == Vector(1.5, 1.25, 1.125, 0))
        // W = -V stress; six numbers are xx yy zz yz xz xy.
        #expect(frame.virial!.x == Vector(-24, -144, -120, 0) && frame.virial!.z == Vector(-120, -96, -72, 0))
    }

    @Test("plain XYZ has four columns and no cell")
    func plain() throws {
        let frame = try frames("1\na comment = of no \"meaning\"\nAr 1 2 3\n\n\n")[0]
        #expect(frame.cell == nil && frame.isPeriodic == [false, false, false] && frame.energy == nil && frame.forces == nil)
    }

    @Test("skipping reads no values")
    func skip() throws {
        try withFile(Array("1\n\nnonsense\n1\n\nAr 1 2 3\n".utf8)) { path in
            let data = try openDataset(path)
            #expect(try data.skip())
            #expect(try data.next()?.elements == ["Ar"])
            #expect(try !data.skip())
        }
    }

    @Test(
        "errors have line and column",
        arguments: [
            ("two\n", 1, 1, "number of atoms"),
            ("-1\n\n", 1, 1, "number of atoms"),
            ("999999999999\n\n", 1, 1, "number of atoms"),
            ("2\n\nAr 1 2 3\n", 3, 1, "ends within a frame of 2 atoms"),
            ("1\n", 1, 1, "ends within a frame"),
            ("1\n\nAr 1 2\n", 3, 1, "expected 4 columns, found 3"),
            ("1\n\nAr 1 2 x3\n", 3, 8, "finite number, not 'x3'"),
            ("1\n\nAr 1 nan 3\n", 3, 6, "finite number"),
            ("1\nenergy=1 Lattice=\"1 2 3 4\"\nAr 1 2 3\n", 2, 10, "Lattice must be 3 or 9"),
            ("1\nenergy=-\nAr 1 2 3\n", 2, 1, "energy must be 1 finite number"),
            ("1\nx=1 Lattice=\"1 2\nAr 1 2 3\n", 2, 13, "quote is not closed"),
            ("1\nx=[1, 2\nAr 1 2 3\n", 2, 3, "bracket is not closed"),
            ("1\nProperties=species:S:1\nAr\n", 2, 1, "must name species"),
            ("1\nProperties=species:S\nAr\n", 2, 1, "must be like"),
            ("1\nProperties=species:S:1:pos:R:2\nAr 1 2\n", 2, 1, "pos must have 3"),
            ("1\nProperties=species:S:1:pos:R:-3\nAr 1 2\n", 2, 1, "COLUMNS"),
            ("1\nProperties=Z:I:1:pos:R:3\n300 1 2 3\n", 3, 1, "atomic number"),
            ("1\nstress=\"1 2 3 4 5 6\"\nAr 1 2 3\n", 2, 1, "needs a Lattice"),
            ("1\npbc=\"T T\"\nAr 1 2 3\n", 2, 1, "pbc"),
        ])
    func errors(text: String, line: Int, column: Int, expected: String) {
        do {
            _ = try frames(text)
            Issue.record("no error")
        } catch let error as DeckError {
            #expect(error.message.contains(expected), "\(error.message)")
            #expect(error.location?.line == line && error.location?.column == column, "\(error)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test("damaged text never crashes")
    func fuzz() throws {
        let good = Array("2\nLattice=\"5 0 0 0 5 0 0 0 5\" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 pbc=\"T T T\"\nCu 0 0 0 1 0 0\nO 1 1 1 0 0 1\n".utf8)
        var random = SeededGenerator(11)
        #expect(try withFile([]) { try openDataset($0).next() } == nil)
        for _ in 0..<300 {
            var bytes = good
            for _ in 0..<3 {
                let at = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: at)
                default: bytes.insert(Array("[{\"'=:,- 9\n".utf8)[Int(random.next() % 11)], at: at)
                }
            }
            _ = try? frames(String(decoding: bytes, as: UTF8.self))
        }
    }
}
