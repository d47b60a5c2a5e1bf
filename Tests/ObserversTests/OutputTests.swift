import Foundation
import TestSupport
import Testing

/// Output that LAMMPS does not have, and what happens when output cannot be had.
@Suite struct OutputTests {
    static let crystal = """
        units metal
        lattice fcc 5.3
        region box block 0 3 0 3 0 3
        create_box 1 box
        create_atoms 1 box
        mass 1 39.95
        velocity all create 60 4928
        pair_style lj/cut 7.0
        pair_coeff * * 0.0104 3.4
        fix 1 all nve

        """

    private func run(_ lines: String, ranks: Int = 1) throws -> DeckRunner.Result {
        try DeckRunner.run(Self.crystal + lines + "\n", ranks: ranks, timeout: 60)
    }

    private func numbers(_ text: Substring) -> [Double] { text.split(separator: " ").compactMap { Double($0) } }

    /// Numbers in extxyz are the ones of the run, all digits; energy and stress are those of the table in eV and eV/A^3.
    @Test(arguments: [1, 3]) func extendedXYZ(ranks: Int) throws {
        let result = try run(
            """
            dump x all extxyz 5 x.extxyz
            dump_modify x sort id element Ar
            dump c all custom 5 x.custom id x y z vx vy vz fx fy fz
            dump_modify c sort id format float %.17g
            thermo_style custom step pe c_virial[1] c_virial[4] vol
            thermo_modify format float %.16g
            thermo 5
            run 5
            """.replacing("dump x", with: "compute virial all pressure NULL virial\ndump x", maxReplacements: 1), ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let lines = try result.file("x.extxyz").split(separator: "\n")
        #expect(lines.count == 2 * 110)
        let custom = try result.file("x.custom").split(separator: "\n").filter { !$0.hasPrefix("ITEM") && $0.split(separator: " ").count == 10 }
        #expect(custom.count == 216)
        for frame in 0..<2 {
            #expect(lines[110 * frame] == "108")
            for i in 0..<108 {
                let row = lines[110 * frame + 2 + i]
                #expect(row.hasPrefix("Ar "))
                #expect(numbers(row) == Array(numbers(custom[108 * frame + i]).dropFirst()))
            }
            let comment = String(lines[110 * frame + 1])
            let table = result.table()[frame]
            let energyText = comment.firstMatch(of: /energy=([^ ]*)/)?.1 ?? ""
            let energy: Double = Double(energyText) ?? .nan
            let expected: Double = table["PotEng"] ?? .nan
            #expect(abs(energy - expected) < 1e-12)
            let stress = numbers(comment.firstMatch(of: /stress="([^"]*)"/)?.1 ?? "")
            #expect(stress.count == 9)
            // bar to eV/A^3, tension positive.
            let xx: Double = stress[0] + (table["c_virial[1]"] ?? .nan) / 1.6021765e6
            let xy: Double = stress[1] + (table["c_virial[4]"] ?? .nan) / 1.6021765e6
            #expect(abs(xx) < 1e-13)
            #expect(abs(xy) < 1e-13)
            let isSymmetric = stress[1] == stress[3] && stress[2] == stress[6] && stress[5] == stress[7]
            #expect(isSymmetric)
            let ending = "pbc=\"T T T\" step=\(5 * frame) "
            #expect(comment.contains(ending))
        }
    }

    @Test func driftOfTheConservedQuantity() throws {
        let result = try run("thermo 10\nrun 200")
        defer { DeckRunner.cleanUp(result) }
        let line = result.log.firstMatch(of: /Conserved energy: drift ([^ ]*) meV\/atom\/ps, fluctuation ([^ ]*) meV\/atom/)
        let drift = line.flatMap { Double($0.1) } ?? .nan, fluctuation = line.flatMap { Double($0.2) } ?? .nan
        #expect(abs(drift) < 0.1)
        #expect(fluctuation > 0)
    }

    @Test func appendingAndNewFiles() throws {
        let result = try run(
            """
            dump a all custom 2 a id
            dump b all custom 2 b id
            run 4
            undump a
            undump b
            dump a all custom 2 a id
            dump_modify a append yes
            dump b all custom 2 b id
            run 2
            """)
        defer { DeckRunner.cleanUp(result) }
        func steps(_ file: String) throws -> [String] {
            let lines = try result.file(file).split(separator: "\n")
            return lines.indices.filter { lines[$0] == "ITEM: TIMESTEP" }.map { String(lines[$0 + 1]) }
        }
        #expect(try steps("a") == ["0", "2", "4", "4", "6"])
        #expect(try steps("b") == ["4", "6"])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let lines: String
        let message: String
        var testDescription: String { lines }
        init(_ lines: String, _ message: String) { (self.lines, self.message) = (lines, message) }
    }

    static let cases = [
        Case("dump a all custom 2 /dev/full id x\nrun 2", "cannot write to '/dev/full': No space left on device"),
        Case("dump a all custom 2 no/such/folder id x\nrun 2", "cannot write 'no/such/folder': No such file or directory"),
        Case("dump a all custom 2 ./in.deck id x\nrun 2", "is an input of this run and is not overwritten"),
        Case("write_dump all custom in.deck id x", "is an input of this run and is not overwritten"),
        Case("dump a all custom 2 a.gz id\nrun 2", "in.deck:11:21"),
        Case("dump a all custom 2 a idd", "did you mean 'id'"),
        Case("thermo_style custom step tmep", "in.deck:11:26: unknown thermo keyword 'tmep'; did you mean 'temp'"),
        Case("thermo_style custom step c_tmp", "in.deck:11:26"),
        Case("thermo_style custom step f_1\nrun 1", "no scalar value"),
        Case("compute a all pe/atm", "did you mean 'pe/atom'"),
        Case("compute a all pe/atom\nthermo_style custom step c_a", "compute reduce makes one"),
        Case("compute a all stress/atom NULL\ndump d all custom 1 d c_a", "c_a[1] to c_a[6]"),
        Case("compute a all temp\nthermo_style custom step c_a\nuncompute a\nrun 1", "there is no compute 'a'"),
        Case("thermo_modify format float %s", "must have %g"),
        Case("dump a all custom 2 a id\ndump_modify a sort colour", "off, id, or a column"),
        Case("print $(press)", "use run 0 before"),
        Case("variable n equal 3\ndump a all custom 2 a id\ndump_modify a every v_n\nrun 9", "must name a step after"),
    ]

    @Test(arguments: cases) func isRefused(_ bad: Case) throws {
        let result = try run(bad.lines)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status != 0)
        #expect(result.errors.contains(bad.message), "\(result.errors)")
        let deck = try result.file("in.deck")
        #expect(deck.hasPrefix("units metal"), "the deck was overwritten")
    }

    /// A full disk ends all ranks with one message.
    @Test func failureOnRanks() throws {
        let result = try run("dump a all custom 1 /dev/full id x\nrun 2", ranks: 2)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status != 0 && result.status != 124)
        #expect(result.errors.components(separatedBy: "ERROR").count == 2, "\(result.errors)")
    }
}
