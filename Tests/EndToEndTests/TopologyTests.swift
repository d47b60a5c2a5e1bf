import Foundation
import TestSupport
import Testing

/// Molecules: bonds, angles, dihedrals, impropers, special neighbours. Numbers of LAMMPS (22 Jul 2025, one rank, `lmp -in in.deck`) for the same decks
/// and files.
@Suite struct TopologyTests {
    /// Four branched chains of seven atoms, three of them across faces of the box.
    static let head = """
        own molecules, units = lj

        28 atoms
        2 atom types
        24 bonds
        2 bond types
        24 angles
        2 angle types
        16 dihedrals
        2 dihedral types
        4 impropers
        1 improper types

        0 9 xlo xhi
        0 8.5 ylo yhi
        0 8 zlo zhi

        Masses

        1 1
        2 1.5


        """
    static let body = """
        Atoms # full

        1 1 2 0.3 2.9145 1.2822 5.2075 0 0 0
        2 1 1 -0.3 3.731 0.3296 4.8673 0 0 0
        3 1 2 0.2 4.6513 1.206 4.5934 0 0 0
        4 1 1 -0.2 5.4678 0.2534 4.2531 0 0 0
        5 1 2 0.1 6.3881 1.1298 3.9793 0 0 0
        6 1 1 -0.2 7.2046 0.1772 3.639 0 0 0
        7 1 2 0.1 4.8513 1.506 5.6934 0 0 0
        8 2 2 0.3 0.6519 4.555 2.9255 0 0 0
        9 2 1 -0.3 1.5753 3.6932 2.6177 0 0 0
        10 2 2 0.2 2.6064 4.4788 2.7159 0 0 0
        11 2 1 -0.2 3.4767 3.6665 3.2381 0 0 0
        12 2 2 0.1 4.4927 4.4406 2.9962 0 0 0
        13 2 1 -0.2 5.4386 3.5578 3.1223 0 0 0
        14 2 2 0.1 2.8064 4.7788 3.8159 0 0 0
        15 3 2 0.3 0.522 4.3132 0.3 0 0 0
        16 3 1 -0.3 1.3385 3.3606 7.9597 0 0 -1
        17 3 2 0.2 2.2162 4.1964 0.4299 0 0 0
        18 3 1 -0.2 3.0573 3.2152 0.5701 0 0 0
        19 3 2 0.1 3.9775 4.0916 0.2962 0 0 0
        20 3 1 -0.2 4.7378 3.2046 0.8664 0 0 0
        21 3 2 0.1 2.4162 4.4964 1.5299 0 0 0
        22 4 2 0.3 3.9028 0.5938 0.7257 0 0 0
        23 4 1 -0.3 4.8262 8.232 0.4179 0 -1 0
        24 4 2 0.2 5.8422 0.5061 0.176 0 0 0
        25 4 1 -0.2 6.7655 8.1443 7.8682 0 -1 -1
        26 4 2 0.1 7.7815 0.4184 7.6263 0 0 -1
        27 4 1 -0.2 8.7049 8.0566 7.3185 0 -1 -1
        28 4 2 0.1 6.0422 0.8061 1.276 0 0 0

        Bonds

        1 1 1 2
        2 2 2 3
        3 1 3 4
        4 2 4 5
        5 1 5 6
        6 2 3 7
        7 1 8 9
        8 2 9 10
        9 1 10 11
        10 2 11 12
        11 1 12 13
        12 2 10 14
        13 1 15 16
        14 2 16 17
        15 1 17 18
        16 2 18 19
        17 1 19 20
        18 2 17 21
        19 1 22 23
        20 2 23 24
        21 1 24 25
        22 2 25 26
        23 1 26 27
        24 2 24 28

        Angles

        1 1 1 2 3
        2 1 2 3 4
        3 1 3 4 5
        4 2 4 5 6
        5 2 2 3 7
        6 2 4 3 7
        7 1 8 9 10
        8 1 9 10 11
        9 1 10 11 12
        10 2 11 12 13
        11 2 9 10 14
        12 2 11 10 14
        13 1 15 16 17
        14 1 16 17 18
        15 1 17 18 19
        16 2 18 19 20
        17 2 16 17 21
        18 2 18 17 21
        19 1 22 23 24
        20 1 23 24 25
        21 1 24 25 26
        22 2 25 26 27
        23 2 23 24 28
        24 2 25 24 28

        Dihedrals

        1 1 1 2 3 4
        2 2 2 3 4 5
        3 2 3 4 5 6
        4 1 1 2 3 7
        5 1 8 9 10 11
        6 2 9 10 11 12
        7 2 10 11 12 13
        8 1 8 9 10 14
        9 1 15 16 17 18
        10 2 16 17 18 19
        11 2 17 18 19 20
        12 1 15 16 17 21
        13 1 22 23 24 25
        14 2 23 24 25 26
        15 2 24 25 26 27
        16 1 22 23 24 28

        Impropers

        1 1 2 3 4 7
        2 1 9 10 11 14
        3 1 16 17 18 21
        4 1 23 24 25 28

        """
    static let harmonic = "Bond Coeffs # harmonic\n\n1 80 1.2\n2 60 1.25\n\n"
    static var data: String { head + harmonic + body }
    /// The same with atom_style molecular, without coefficients.
    static var uncharged: String {
        var isAtoms = false
        let lines = (head + body).split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            if line.hasPrefix("Atoms") { isAtoms = true } else if line.hasPrefix("Bonds") { isAtoms = false }
            var words = line.split(separator: " ")
            if isAtoms, words.count == 10 { words.remove(at: 3) }
            return line.hasPrefix("Atoms") ? "Atoms # molecular" : words.joined(separator: " ")
        }
        return lines.joined(separator: "\n")
    }

    static let full = """
        units lj
        atom_style full
        newton on
        pair_style lj/cut/coul/cut 2.5 3.0
        bond_style harmonic
        angle_style harmonic
        dihedral_style opls
        improper_style harmonic
        special_bonds lj 0.1 0.25 0.5 coul 0 0 0.8
        read_data mol.data
        pair_coeff 1 1 0.4 0.9
        pair_coeff 2 2 0.5 1.0
        angle_coeff 1 10 110
        angle_coeff 2 12 115
        dihedral_coeff * 0.5 -0.3 0.4 0.1
        improper_coeff 1 5 20
        velocity all create 0.4 4321 loop geom
        fix 1 all nve
        timestep 0.002

        """
    static let columns = """
        compute b all pressure NULL bond
        compute a all pe/atom angle
        compute s all reduce sum c_a
        thermo_style custom step temp evdwl ecoul ebond eangle edihed eimp emol epair pe etotal press pxx pyy pzz pxy pxz pyz c_b c_s bonds angles dihedrals impropers
        thermo_modify norm no format float %.13g
        thermo 25

        """

    /// Compares rows with LAMMPS' within `tolerance` of each column's largest value.
    private func compare(_ result: DeckRunner.Result, _ expected: [[Double]], _ tolerance: Double = 1e-10, _ what: String = "") {
        #expect(result.status == 0, "\(what)\(result.errors)")
        let rows = result.tableLines.dropFirst().map { $0.split(separator: " ").compactMap { Double($0) } }.filter { $0.count == expected[0].count }
        #expect(rows.count == expected.count, "\(what)\(result.tableLines)")
        for (k, (row, wanted)) in zip(rows, expected).enumerated() {
            for c in wanted.indices {
                let scale = expected.map { $0[c].magnitude }.max()!
                // Single printed digits at step 0; later rows have followed the dynamics.
                let limit = (k == 0 ? 1e-12 : tolerance) * max(scale, 1e-3)
                #expect((row[c] - wanted[c]).magnitude <= limit, "\(what)row \(k) column \(c): \(row[c]), LAMMPS \(wanted[c])")
            }
        }
    }

    private static let fullRows: [[Double]] = [
        [0, 0.4, -1.540283366971, -0.01589485335965, 12.84705572156, 32.46349367912, 1.516819603657, 48.77401826404, 95.60138726838, -1.556178220331, 94.04520904805, 110.245209048, -0.1278557637889, -0.07719311724751, -0.3575794438511, 0.05120526973189, 0.1117384067247, -0.04331992097107, -0.004724809915706, -0.1419437183669, 32.46349367912, 24, 24, 16, 4],
        [25, 0.8007180749369, -1.560033857747, -0.01253253731103, 5.524608752351, 25.13525111559, 1.484797653578, 47.24237726213, 79.38703478365, -1.572566395059, 77.81446838859, 110.2435504235, -0.02972302576386, 0.002081578387119, -0.1565649257831, 0.06531427010439, 0.01021327751344, -0.05173558721543, -0.02002317761609, -0.06124905226688, 25.13525111559, 24, 24, 16, 4],
        [50, 1.09891607127, -1.664987415354, -0.02874958664242, 8.744257247628, 15.21306647728, 1.377881262435, 42.08633016742, 67.42153515476, -1.693737001996, 65.72779815276, 110.2338990392, 0.1098873908066, 0.148625968226, 0.1191443661803, 0.06189183801337, -0.1282175481737, -0.07240537877178, -0.01808586076613, 0.065097441905, 15.21306647728, 24, 24, 16, 4],
    ]

    /// Coulomb cutoffs shorter than the pair's: beyond them the factors of bonded neighbours take nothing from a damped Coulomb energy.
    private static let damped: [(style: String, coefficients: String, rows: [[Double]])] = [
        (
            "lj/cut/coul/dsf 0.3 2.5 1.9", "pair_coeff 1 1 0.4 0.9\npair_coeff 2 2 0.5 1.0",
            [
                [0, 0.4, -1.540283366971, -0.1772157944843, -1.717499161456, 95.60138726838, 110.0838881069, -0.1277310033213],
                [25, 0.8003683333261, -1.559984417043, -0.1866835218501, -1.746667938893, 79.39290423219, 110.061153793, -0.02967602331877],
                [50, 1.098363073926, -1.664848490571, -0.1590878874597, -1.823936378031, 67.41514045189, 110.0749085679, 0.1098514390125],
            ]
        ),
        (
            "born/coul/dsf 0.3 2.5 1.9", "pair_coeff * * 0.4 0.3 0.9 0.5 0.1",
            [
                [0, 0.4, 0.07856024214039, -0.1772158174141, -0.09865557527375, 95.60138726838, 111.7027316931, -0.1242593191371],
                [25, 0.7987310247434, 0.07954654810236, -0.186740812128, -0.1071942640256, 79.43860110835, 111.6800133464, -0.02630090268783],
                [50, 1.096391579991, 0.05207921542739, -0.1592776970598, -0.1071984816324, 67.38901941741, 111.6856799254, 0.112492234134],
            ]
        ),
        (
            "born/coul/wolf 0.3 2.5 1.9", "pair_coeff * * 0.4 0.3 0.9 0.5 0.1",
            [
                [0, 0.4, 0.07856024214039, 0.00597096569941, 0.0845312078398, 95.60138726838, 111.8859184762, -0.1242593191371],
                [25, 0.7987310247434, 0.07954654810236, -0.01160214461451, 0.06794440348785, 79.43860110835, 111.8551520139, -0.02630090268783],
                [50, 1.096391579991, 0.05207921542739, -0.003029420525026, 0.04904979490237, 67.38901941741, 111.841928202, 0.112492234134],
            ]
        ),
        (
            "lj/cut/coul/debye 0.4 2.5 1.9", "pair_coeff 1 1 0.4 0.9 2.5 2.0\npair_coeff 2 2 0.5 1.0",
            [
                [0, 0.4, -1.540283366971, 0.02354649753876, -1.516736869432, 95.60138726838, 110.2846503989, -0.1278256741892],
                [25, 0.8007423121746, -1.560036828025, 0.02771550265869, -1.532321325367, 79.3866876299, 110.2844299476, -0.02969083982385],
                [50, 1.099005764417, -1.664998075026, 0.02820641570247, -1.636791659324, 67.41857316701, 110.2915149666, 0.1099287330433],
            ]
        ),
    ]

    @Test(arguments: 0..<4) func dampedCoulombOfBondedNeighbours(place: Int) throws {
        let (style, coefficients, rows) = Self.damped[place]
        let deck = Self.full.replacingOccurrences(of: "lj/cut/coul/cut 2.5 3.0", with: style)
            .replacingOccurrences(of: "coul 0 0 0.8", with: "coul 0 0.3 0.8")
            .replacingOccurrences(of: "pair_coeff 1 1 0.4 0.9\npair_coeff 2 2 0.5 1.0", with: coefficients)
        let columns = """
            thermo_style custom step temp evdwl ecoul epair emol etotal press
            thermo_modify norm no format float %.13g
            thermo 25
            run 50

            """
        let result = try DeckRunner.run(deck + columns, files: ["mol.data": Self.data], ranks: 2)
        defer { DeckRunner.cleanUp(result) }
        compare(result, rows, 1e-10, style)
    }

    @Test(arguments: [1, 2, 4]) func allKinds(ranks: Int) throws {
        let result = try DeckRunner.run(Self.full + Self.columns + "run 50\n", files: ["mol.data": Self.data], ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        compare(result, Self.fullRows)
        for line in [
            "Finding 1-2 1-3 1-4 neighbors ...", "  special bond factors lj:    0.1      0.25     0.5", "     3 = max # of 1-2 neighbors",
            "     3 = max # of 1-3 neighbors", "     4 = max # of 1-4 neighbors", "     6 = max # of special neighbors", "  24 bonds",
        ] { #expect(result.log.contains(line), "\(line)") }
    }

    /// A restart in the middle, and a data file that is written and read again, go on as if nothing had been.
    @Test(arguments: [1, 2]) func restartAndData(ranks: Int) throws {
        let first = Self.full + Self.columns + "run 25\nwrite_restart r\nwrite_data written\nrun 25\n"
            + "clear\nread_restart r\nfix 1 all nve\n" + Self.columns + "run 25\nclear\n"
            + Self.full.replacing("read_data mol.data", with: "read_data written").replacing("velocity all create 0.4 4321 loop geom\n", with: "")
            + Self.columns + "run 25\n"
        let result = try DeckRunner.run(first, files: ["mol.data": Self.data], ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let rows = result.tableLines.filter { $0.contains("  50  ") }
        #expect(rows.count == 2 && Set(rows).count == 1, "a continued run is the same to the last digit: \(rows)")
        let again = result.table(3)
        #expect(again.count == 2)
        let written = try result.file("written")
        for text in ["24 bonds", "2 bond types", "Bond Coeffs # harmonic\n\n1 80 1.2\n2 60 1.25\n", "Impropers\n"] {
            #expect(written.contains(text), "\(text)")
        }
        for (name, column) in [("E_bond", 4), ("E_angle", 5), ("E_dihed", 6), ("E_impro", 7)] {
            #expect(((again.last?[name] ?? 0) - Self.fullRows[2][column]).magnitude < 1e-8, "\(name)")
        }
    }

    private static let molecular = """
        units lj
        atom_style molecular
        pair_style lj/cut 1.12
        pair_modify shift yes
        bond_style fene
        angle_style cosine
        dihedral_style harmonic
        improper_style cvff
        special_bonds fene
        comm_modify cutoff 3.5
        read_data chain.data
        pair_coeff * * 1 1
        bond_coeff 1 30 2.0 1 1
        bond_coeff 2 25 2.2 1 1.05
        angle_coeff * 1.5
        dihedral_coeff 1 0.6 -1 3
        dihedral_coeff 2 0.4 1 2
        improper_coeff 1 0.8 -1 2
        velocity all create 0.4 4321 loop geom
        fix 1 all nve
        timestep 0.002
        thermo_style custom step temp evdwl ebond eangle edihed eimp etotal press pxy
        thermo_modify norm no format float %.13g
        thermo 25
        run 50

        """

    @Test(arguments: [1, 4]) func fene(ranks: Int) throws {
        let result = try DeckRunner.run(Self.molecular, files: ["chain.data": Self.uncharged], ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        compare(
            result,
            [
                [0, 0.4, 0, 681.6818520976, 32.27896985278, 14.02181128349, 5.529431993585, 749.7120652274, -0.9366100133544, 0.3787931067811],
                [25, 3.860712235432, 0, 546.1019373914, 27.517907429, 14.48353506864, 5.223108009359, 749.6853334334, -0.5368365770316, 0.1346831455096],
                [50, 5.8900530263, 0, 478.9879838003, 16.08620191592, 13.41076506382, 2.60410939771, 749.6362077429, 0.9842563407387, -0.8071996897052],
            ], 1e-8)
    }

    /// hybrid styles, Urey-Bradley, phases, trimmed special neighbours, replicate and delete_atoms.
    @Test(arguments: [1, 2, 4]) func hybridReplicatedAndCut(ranks: Int) throws {
        let deck = """
            units lj
            atom_style full
            bond_style hybrid harmonic morse
            angle_style charmm
            dihedral_style charmm
            improper_style none
            special_bonds lj/coul 0 0 0.5 dihedral yes angle yes
            read_data mol.data nocoeff
            bond_coeff 1 harmonic 80 1.2
            bond_coeff 2 morse 40 1.5 1.25
            angle_coeff 1 10 110 5 2.1
            angle_coeff 2 12 115 0 0
            dihedral_coeff 1 0.7 2 160 0
            dihedral_coeff 2 0.5 3 90 0
            pair_style lj/cut 2.5
            pair_coeff 1 1 0.4 0.9
            pair_coeff 2 2 0.5 1.0
            replicate 2 1 2
            group gone id 5
            delete_atoms group gone bond yes mol no
            velocity all create 0.4 4321 loop geom
            fix 1 all nve
            timestep 0.002
            thermo_style custom step temp evdwl ebond eangle edihed eimp etotal press pxy bonds angles dihedrals impropers
            thermo_modify norm no format float %.13g
            thermo 25
            run 50

            """
        let result = try DeckRunner.run(deck, files: ["mol.data": Self.data], ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        compare(
            result,
            [
                [0, 0.4, -2.861324603507, 58.21339112383, 138.5577168577, 41.96989865271, 0, 301.8796820307, -0.08530391217111, 0.113291721426, 94, 94, 62, 16],
                [25, 0.7473374689355, -2.917188225475, 27.05035596176, 113.4931646382, 40.91232440244, 0, 301.8493391513, -0.005381886710145, 0.05884897901183, 94, 94, 62, 16],
                [50, 1.020093949831, -2.936164286732, 26.50148320676, 71.45779410286, 38.49856447457, 0, 301.8371792196, 0.1343810376302, -0.05486813325973, 94, 94, 62, 16],
            ], 1e-9)
        for line in [
            "  76 = # of 1-4 neighbors before dihedral trim", "  32 = # of 1-4 neighbors after dihedral trim",
            "  128 = # of 1-4 neighbors after dihedral trim", "Deleted 2 bonds, new total = 94", "Impropers are defined but no improper style is set",
        ] { #expect(result.log.contains(line), "\(line)") }
    }

    @Test func mistakes() throws {
        let start = "units lj\natom_style full\npair_style zero 3.0\n"
        func refused(_ deck: String, _ data: String, _ words: [String], ranks: Int = 2) throws {
            let result = try DeckRunner.run(deck, files: ["mol.data": data], ranks: ranks, timeout: 60)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status != 0)
            for text in words { #expect(result.errors.contains(text), "\(text): \(result.errors)") }
        }
        try refused(start + "bond_style harmnic\nread_data mol.data nocoeff\n", Self.data, ["in.deck:4:12", "harmonic"])
        try refused(start + "read_data mol.data\n", Self.data, ["mol.data:", "needs a bond_style before read_data"])
        try refused("units lj\natom_style bond\nread_data mol.data nocoeff\n", Self.data.replacing("Atoms # full", with: "Atoms # full"), ["Angles needs an atom style with angles"])
        try refused(start + "bond_style harmonic\nread_data mol.data nocoeff\nbond_coeff 3 1 1\n", Self.data, ["in.deck:6:12", "within 1 to 2"])
        try refused(
            start + "bond_style harmonic\nread_data mol.data nocoeff\npair_coeff * *\nbond_coeff 1 1 1\nrun 0\n", Self.data,
            ["in.deck:4:12", "no bond_coeff for type 2"])
        try refused(start + "bond_style harmonic\nread_data mol.data nocoeff\n", Self.data.replacing("1 1 1 2\n", with: "1 7 1 2\n"), ["bond type 7 is not from 1 to 2"])
        try refused(start + "bond_style harmonic\nread_data mol.data nocoeff\n", Self.data.replacing("1 1 1 2\n", with: "1 1 77 2\n"), ["1 lines of Bonds", "no atom has"])
        try refused(start + "special_bonds lj 0 0 2\n", Self.data, ["in.deck:4:22", "from 0.0 to 1.0"], ranks: 1)
    }
}
