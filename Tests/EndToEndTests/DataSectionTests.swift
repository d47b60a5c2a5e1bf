import Foundation
import TestSupport
import Testing

/// Pair coefficients in data files, with the energies of LAMMPS (22 Jul 2025, `lmp -in in.deck`) for the same files; mistakes are told in the data file.
@Suite struct DataSectionTests {
    private static let head = "test\n\n4 atoms\n2 atom types\n\n0 10 xlo xhi\n0 10 ylo yhi\n0 10 zlo zhi\n\nMasses\n\n1 10\n2 20\n\n"
    private static let atoms = "\nAtoms # atomic\n\n1 1 1 1 1\n2 2 4 1 1\n3 1 1 4 1\n4 2 4 4 1\n"

    private func run(_ section: String, _ pair: String, _ options: String = "", ranks: Int = 1) throws -> DeckRunner.Result {
        try DeckRunner.run(
            "units metal\n\(pair)\nread_data a.data \(options)\npair_modify mix arithmetic\nthermo_style custom step pe press\nrun 0\n",
            files: ["a.data": Self.head + section + Self.atoms], ranks: ranks, timeout: 60)
    }

    @Test(arguments: [
        ("Pair Coeffs # lj/cut\n\n1 0.1 3.0\n2 0.2 3.2 4.5\n", "pair_style lj/cut 5.0", "0.71072737     14577.572"),
        ("Pair Coeffs\n\n2 0.2 3.2 4.5\n1 0.1 3.0\n", "pair_style lj/cut 5.0", "0.71072737     14577.572"),
        ("PairIJ Coeffs # lj/cut\n\n1 1 0.1 3.0\n1 2 0.15 3.3 4.8\n2 2 0.2 3.2 4.5\n", "pair_style lj/cut 5.0", "1.9905749      25478.05"),
        ("Pair Coeffs # hybrid\n\n1 lj/cut 0.1 3.0\n2 lj/cut 0.2 3.2 4.5\n", "pair_style hybrid lj/cut 5.0", "0.71072737     14577.572"),
    ])
    func energies(_ section: String, _ pair: String, _ row: String) throws {
        for ranks in [1, 2] {
            let result = try run(section, pair, ranks: ranks)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status == 0 && result.log.contains(row), "\(result.errors)\(result.tableLines)")
            #expect(!result.log.contains("differs from"))
        }
    }

    @Test func skippedOrOverridden() throws {
        let section = "Pair Coeffs # lj/cut\n\n1 0.1 3.0\n2 0.2 3.2 4.5\n"
        // nocoeff: the coefficients are missing.
        let skipped = try run(section, "pair_style lj/cut 5.0", "nocoeff")
        defer { DeckRunner.cleanUp(skipped) }
        #expect(skipped.status != 0 && skipped.errors.contains("pair_coeff"), "\(skipped.errors)")
        // A later pair_coeff of the deck wins.
        let deck = "units metal\npair_style lj/cut 5.0\nread_data a.data\npair_coeff * * 0 3.0\nthermo_style custom step pe press\nrun 0\n"
        let other = try DeckRunner.run(deck, files: ["a.data": Self.head + section + Self.atoms])
        defer { DeckRunner.cleanUp(other) }
        #expect(other.status == 0 && other.table().first?["PotEng"] == 0, "\(other.errors)")
        // Another style than the section's is said to be one, as LAMMPS does.
        let warned = try run("Pair Coeffs # morse\n\n1 0.1 3.0\n2 0.2 3.2 4.5\n", "pair_style lj/cut 5.0")
        defer { DeckRunner.cleanUp(warned) }
        #expect(warned.status == 0 && warned.log.contains("Pair style morse in data file differs from currently defined pair style lj/cut"))
    }

    @Test func mistakes() throws {
        let lj = "pair_style lj/cut 5.0"
        for (section, pair, place, words) in [
            ("Pair Coeffs\n\n1 0.1 abc\n2 0.2 3.2\n", lj, "a.data:17:7", "sigma must be a number, not 'abc'"),
            ("Pair Coeffs\n\n1 0.1 3.0\n3 0.2 3.2\n", lj, "a.data:18:1", "atom type 3 is not from 1 to 2"),
            ("Pair Coeffs\n\n1 0.1 3.0\n", lj, "a.data:19:", "Pair Coeffs"), ("Pair Coeffs\n\n1\n2 1 1\n", lj, "a.data:17:", "epsilon"),
            ("Pair Coeffs\n\n1 0.1 3.0\n2 0.2 3.2\n", "", "a.data:15:1", "needs a pair_style before read_data"),
            ("Bond Coeffs\n\n1 0.1 3.0\n", lj, "a.data:15:1", "section Bond Coeffs is not supported"),
            ("Angle Coeffs\n\n1 0.1 3.0\n", lj, "a.data:15:1", "nocoeff"), ("Bonds\n\n1 1 1 2\n", lj, "a.data:15:1", "section Bonds is not supported"),
            ("Pair Coefs\n\n1 0.1 3.0\n", lj, "a.data:15:1", "Pair Co"),
        ] {
            let result = try run(section, pair, ranks: 2)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status != 0 && result.errors.contains(place) && result.errors.contains(words), "\(section): \(result.errors)")
        }
    }

    /// Edges in a data file instead of bounds.
    @Test func generalBoxes() throws {
        let body = "\nMasses\n\n1 1\n\nAtoms # atomic\n\n1 1 0.5 0.5 0.5\n"
        for (box, words) in [
            ("1 0 0 avec\n0 0 1 bvec\n0 1 0 cvec\n", "right-handed"), ("1 0 0 avec\n0 1 0 bvec\n", "no line 'X Y Z cvec'"),
            ("1 0 0 avec\n0 1 0 bvec\n0 0 1 cvec\n0 1 xlo xhi\n", "both edge vectors"), ("0 0 0 abc origin\n0 1 xlo xhi\n0 1 ylo yhi\n0 1 zlo zhi\n", "abc origin"),
            ("1 0 x avec\n0 1 0 bvec\n0 0 1 cvec\n", "a.data:5:5"),
        ] {
            let result = try DeckRunner.run("read_data a.data\n", files: ["a.data": "t\n\n1 atoms\n1 atom types\n\(box)" + body], ranks: 2, timeout: 60)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status != 0 && result.errors.contains(words), "\(box): \(result.errors)")
        }
        let lattice = "lattice custom 1.0 a1 1 0.2 0 a2 0 1 0 a3 0 0 1 basis 0 0 0"
        let general = "\(lattice) triclinic/general\ncreate_box 1 NULL 0 3 0 3 0 3\n"
        let block = "region b block 0 3 0 3 0 3\ncreate_box 1 b\n"
        for (deck, place, words) in [
            ("\(lattice)\ncreate_box 1 NULL 0 3 0 3 0 3\n", "in.deck:2:14", "triclinic/general before it"),
            ("\(lattice) triclinic/general origin 0.1 0 0\n", "in.deck:1:", "default origin"), ("lattice fcc 1.0 triclinic/general\n", "in.deck:1:17", "only for lattice custom"),
            ("lattice custom 1.0 a1 1 0 0 a2 0 0 1 a3 0 1 0 basis 0 0 0 triclinic/general\n", "in.deck:1:", "right-handed"),
            (general + "lattice sc 1.0\ncreate_atoms 1 box\n", "in.deck:4:16", "general triclinic box is filled"),
            ("\(lattice) triclinic/general\n\(block)create_atoms 1 box\n", "in.deck:4:16", "fills only a general triclinic box"),
            ("lattice sc 1.0\n\(block)write_data x triclinic/general\n", "in.deck:4:14", "made as a general triclinic one"),
            ("lattice sc 1.0\n\(block)thermo_modify triclinic/general yes\n", "in.deck:4:", "made as a general triclinic one"),
            ("lattice sc 1.0\n\(block)dump 1 all custom 1 d x\ndump_modify 1 triclinic/general yes\n", "in.deck:5:15", "made as a general triclinic one"),
            (general + "create_atoms 1 box\ndump 1 all xyz 1 d\ndump_modify 1 triclinic/general yes\n", "in.deck:5:", "does not have triclinic/general"),
        ] {
            let result = try DeckRunner.run(deck, timeout: 60)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status != 0 && result.errors.contains(place) && result.errors.contains(words), "\(deck): \(result.errors)")
        }
    }
}
