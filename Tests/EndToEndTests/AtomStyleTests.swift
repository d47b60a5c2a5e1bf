import Foundation
import TestSupport
import Testing

/// Charges and molecule numbers of richer atom styles: read, changed, copied, shown and written as in LAMMPS.
@Suite struct AtomStyleTests {
    private static let data = """
        test

        4 atoms
        2 atom types
        0 10 xlo xhi
        0 11 ylo yhi
        0 12 zlo zhi

        Masses

        1 1.0
        2 2.0

        Atoms # full

        3 2 1 -0.5 1 2 3
        1 1 2 0.25 4 5 6
        2 1 1 0.25 7.5 8 9
        4 2 2 0.1 2 9 11.5

        """
    /// Of LAMMPS 22 Jul 2025, by the same deck.
    private static let rows = """
        1 1 2 0.25 4 5 6
        2 1 1 0.25 7.5 8 9
        3 2 1 -0.5 1 2 3
        4 2 2 0.1 2 9 11.5
        5 3 2 0.75 14 5 6
        6 9 1 0.25 17.5 8 9
        7 4 1 -0.5 11 2 3
        8 4 2 0.1 12 9 11.5
        """

    @Test(arguments: [1, 2, 4]) func full(ranks: Int) throws {
        let deck = """
            units lj
            atom_style full
            read_data full.data
            replicate 2 1 1
            set atom 5 charge 0.75
            set atom 6 mol 9
            pair_style zero 2.0
            pair_coeff * *
            dump d all custom 1 f.dump id mol type q x y z
            dump_modify d sort id
            run 0
            write_data written
            write_restart r
            clear
            read_restart r
            pair_style zero 2.0
            pair_coeff * *
            dump e all custom 1 e.dump id mol type q x y z
            dump_modify e sort id
            run 0
            clear
            atom_style full
            read_data written
            pair_style zero 2.0
            pair_coeff * *
            dump g all custom 1 g.dump id mol type q x y z
            dump_modify g sort id
            run 0

            """
        let result = try DeckRunner.run(deck, files: ["full.data": Self.data], ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        for name in ["f.dump", "e.dump", "g.dump"] {
            let lines = try result.file(name).split(separator: "\n").drop { !$0.hasPrefix("ITEM: ATOMS") }.dropFirst()
            #expect(lines.map { $0.trimmingCharacters(in: .whitespaces) } == Self.rows.split(separator: "\n").map(String.init), "\(name)")
        }
    }

    @Test("what an atom style does not have is told at its word", arguments: [
        ("atom_style sphere", "in.deck:2:12"), ("read_data full.data\nset atom 1 charge 1.0", "in.deck:3:12"),
        ("read_data full.data\ndump a all custom 1 a id mol", "in.deck:3:26"),
    ]) func refused(lines: String, place: String) throws {
        let result = try DeckRunner.run("units lj\n" + lines + "\n", files: ["full.data": Self.data])
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 1 && result.errors.contains(place), "\(result.errors)")
    }
}
