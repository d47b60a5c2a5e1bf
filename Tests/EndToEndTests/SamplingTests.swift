import Foundation
import TestSupport
import Testing

/// Fixes that change forces, fixes that sample and computes: LAMMPS' numbers for the decks of Tests/Reference/lammps/sampling, on any number
/// of ranks.
@Suite struct SamplingTests {
    static let folder = DeckRunner.root + "/Tests/Reference/lammps/sampling"

    private func run(_ deck: String, ranks: Int) throws -> DeckRunner.Result {
        let result = try DeckRunner.run(file: "\(Self.folder)/in.\(deck)", arguments: ["-var", "dir", "."], ranks: ranks)
        #expect(result.status == 0, "\(result.errors)")
        return result
    }

    private struct Table {
        var names: [Substring] = []
        var rows: [[Double]] = []
    }

    /// The tables in a text that begins one with a line of heads. What follows a table's rows is not part of it.
    private func tables(_ text: some StringProtocol) -> [Table] {
        var tables: [Table] = []
        var isInside = false
        for line in text.split(separator: "\n").map({ $0.split(separator: " ") }) {
            if line.first == "Step" {
                tables.append(Table(names: line.map { Substring($0) }))
                isInside = true
            } else if isInside, line.count == tables[tables.count - 1].names.count, case let row = line.compactMap({ Double($0) }), row.count == line.count {
                tables[tables.count - 1].rows.append(row)
            } else if line.first == "Loop" {
                isInside = false
            }
        }
        return tables
    }

    /// Every column agrees to `tolerance` of its largest number.
    private func expectSameTables(_ result: DeckRunner.Result, _ deck: String, tolerance: Double, without: Set<Substring> = []) throws {
        let ours = tables(result.log), theirs = tables(try String(contentsOfFile: "\(Self.folder)/\(deck)/table", encoding: .utf8))
        try #require(!theirs.isEmpty && ours.count == theirs.count)
        for (a, b) in zip(ours, theirs) {
            try #require(a.names == b.names && a.rows.count == b.rows.count && !b.rows.isEmpty)
            for k in b.names.indices where !without.contains(b.names[k]) {
                let scale = b.rows.map { $0[k].magnitude }.max() ?? 0
                for (x, y) in zip(a.rows, b.rows) {
                    #expect((x[k] - y[k]).magnitude <= tolerance * scale, "\(deck), \(b.names[k]) at step \(y[0]): \(x[k]), not \(y[k])")
                }
            }
        }
    }

    /// Measured: 5e-12 at worst, of shifts by rounding.
    @Test("forces, energies and virials that fixes add", arguments: [1, 2, 4]) func forces(ranks: Int) throws {
        let result = try run("forces", ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        // Where all cancel (a perfect lattice) only rounding is left: columns are compared by their largest number.
        try expectSameTables(result, "forces", tolerance: 5e-11)
    }

    /// Measured: 1e-13.
    @Test("computes, averages, histograms and correlations, and what goes to files", arguments: ["computes", "histograms", "chunks"], [1, 2, 4])
    func computes(deck: String, ranks: Int) throws {
        let result = try run(deck, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        try expectSameTables(result, deck, tolerance: 1e-11)
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/\(deck)").filter { $0 != "table" }
        #expect(files.count >= 4)
        for file in files {
            let golden = try String(contentsOfFile: "\(Self.folder)/\(deck)/\(file)", encoding: .utf8)
            #expect(try result.file(file) == golden, "\(file)")
        }
    }

    /// Columns of fixes and computes in a dump, formulas of them, reduced ones.
    @Test("values of atoms", arguments: [1, 3]) func atoms(ranks: Int) throws {
        let result = try run("atoms", ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        try expectSameTables(result, "atoms", tolerance: 1e-11)
        func words(_ text: String) -> [[Substring]] { text.split(separator: "\n").map { $0.split(separator: " ") } }
        let ours = words(try result.file("d.out"))
        let theirs = words(try String(contentsOfFile: "\(Self.folder)/atoms/d.out", encoding: .utf8))
        try #require(ours.count == theirs.count && theirs.count > 700)
        for (a, b) in zip(ours, theirs) where a != b {
            try #require(a.count == b.count)
            for (x, y) in zip(a, b) {
                guard let x = Double(x), let y = Double(y) else {
                    #expect(x == y)
                    continue
                }
                // Nine digits are printed; sums that vanish leave rounding.
                #expect((x - y).magnitude <= 2e-9 * y.magnitude + 1e-11, "\(a.joined(separator: " "))\nnot\n\(b.joined(separator: " "))")
            }
        }
    }

    @Test("momentum removed, a minimisation with added energies, thermostats on biased temperatures", arguments: ["minimize", "bias"], [1, 2])
    func dynamics(deck: String, ranks: Int) throws {
        let result = try run(deck, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        try expectSameTables(result, deck, tolerance: 1e-10)
    }

    /// Differences of energies lose half of the digits; measured: 2e-10.
    @Test("differences of the energy", arguments: [1, 3]) func differences(ranks: Int) throws {
        let result = try run("numdiff", ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        try expectSameTables(result, "numdiff", tolerance: 2e-9, without: ["c_d"])
        for table in tables(result.log) {
            let place = Dictionary(uniqueKeysWithValues: table.names.enumerated().map { ($1, $0) })
            for row in table.rows {
                func value(_ name: Substring) -> Double { place[name].map { row[$0] } ?? .nan }
                // Against forces and virial by the potential itself: the error of a central difference.
                #expect(value("c_d") < 2e-6)
                for (k, v) in [1, 2, 3, 6, 5, 4].enumerated() {
                    let difference: Double = value(Substring("f_nv[\(k + 1)]")) - value(Substring("c_v[\(v)]"))
                    #expect(difference.magnitude < 1e-8 * value("f_nv[2]").magnitude)
                }
            }
        }
    }

    // MARK: - What LAMMPS has no numbers for

    private static let melt = """
        units lj
        lattice fcc 0.8442
        region box block 0 3 0 3 0 3
        create_box 1 box
        create_atoms 1 box
        mass 1 1.0
        velocity all create 1.44 87287 loop geom
        PAIR
        fix 1 all nve

        """

    private func melt(_ lines: String, pair: String = "pair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0", ranks: Int = 1) throws -> DeckRunner.Result {
        try DeckRunner.run(Self.melt.replacingOccurrences(of: "PAIR", with: pair) + lines + "\n", ranks: ranks, timeout: 60)
    }

    @Test("quantities of potentials by fix pair, and members' energies", arguments: [1, 2]) func quantities(ranks: Int) throws {
        let result = try melt(
            """
            fix g all pair 5 ensemble/committee deviation 1 forces 0
            compute e all ensemble/atom
            compute m all reduce max f_g[1] c_e
            variable d atom (f_g[2]+f_g[5]-2*fx)^2+(f_g[4]+f_g[7]-2*fz)^2
            compute d all reduce max v_d
            compute a all pair lj/cut 1
            compute b all pair lj/cut 2
            compute en all ensemble/energy
            thermo_style custom step pe c_m[1] c_m[2] c_d c_a c_b c_en[1] c_en[2]
            thermo_modify norm no format float %.14g
            thermo 5
            run 10
            """,
            pair: """
                pair_style ensemble/committee lj/cut 2.5 lj/cut 2.3
                pair_coeff * * lj/cut 1 1.0 1.0
                pair_coeff * * lj/cut 2 1.02 1.0
                """, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let table = result.table()
        #expect(table.count == 3)
        for row in table {
            func value(_ name: String) -> Double { row[name] ?? .nan }
            #expect(value("c_m[1]") == value("c_m[2]"))
            // The committee's force is the mean of its members'.
            #expect(value("c_d") < 1e-18)
            for (one, member) in [("c_a", "c_en[1]"), ("c_b", "c_en[2]")] {
                #expect((value(one) - value(member)).magnitude < 1e-11 * value(member).magnitude)
            }
        }
        #expect((table.last?["c_m[1]"] ?? 0) > 0.1)
    }

    /// Averages, references and reference positions: a run in two parts, with a restart file between them, is the run in one.
    @Test("samples go on after a restart, bit for bit", arguments: [1, 2]) func restart(ranks: Int) throws {
        let sampling = """
            compute msd all msd average yes
            compute vacf all vacf
            compute d all displace/atom
            fix s all store/state 4 x vx
            fix k all spring/self 0.1
            fix_modify k energy yes
            fix aa all ave/atom 2 3 9 x c_d[4]
            """.replacingOccurrences(of: "3 9", with: "3 10") + """

            compute r all reduce sum f_aa[1] f_aa[2] f_s[1] f_s[2]
            fix t all ave/time 2 5 10 c_vacf[4] c_r[*] f_k ave window 3
            fix r all ave/time 2 5 10 c_msd[*] ave running
            fix v all vector 3 c_thermo_temp
            fix h all ave/histo 2 3 10 -3 3 6 vx ave running
            fix c all ave/correlate 2 4 10 c_vacf[1] c_vacf[2] ave running
            variable v equal sum(f_v)
            thermo_style custom step temp pe c_msd[4] c_vacf[4] c_r[*] f_t[*] f_r[*] f_h[2][2] f_h[3] f_c[2][3] f_c[4][4] f_k v_v
            thermo_modify format float %.17g
            thermo 5

            """
        let whole = try melt(sampling + "restart 28 half.*\nrun 60", ranks: ranks)
        defer { DeckRunner.cleanUp(whole) }
        #expect(whole.status == 0, "\(whole.errors)")
        let half = try Data(contentsOf: URL(fileURLWithPath: whole.folder + "/half.28"))
        let second = try DeckRunner.run(
            "units lj\nread_restart half\npair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0\nfix 1 all nve\n" + sampling + "run 60 upto\n",
            bytes: ["half": [UInt8](half)], ranks: ranks, timeout: 60)
        defer { DeckRunner.cleanUp(second) }
        #expect(second.status == 0, "\(second.errors)")
        let steps = whole.tableLines.filter { line in ["30", "35", "45", "60"].contains(line.split(separator: " ").first ?? "") }
        #expect(steps.count == 4)
        for line in steps { #expect(second.tableLines.contains(line), "\(line)\n\(second.tableLines.joined(separator: "\n"))") }
    }

    /// Chunks that are kept, running averages of them, a controller, heat and exchanges: a run in two parts is the run in one.
    @Test("chunks and exchanges go on after a restart, bit for bit", arguments: [1, 2]) func restartOfChunks(ranks: Int) throws {
        let sampling = """
            variable t internal 1.2
            compute b all chunk/atom bin/1d z lower 0.2 units reduced
            compute o all chunk/atom bin/1d x lower 0.25 units reduced ids once
            compute n all chunk/atom bin/1d y lower 0.25 units reduced ids nfreq
            compute m all msd/chunk o
            fix a all ave/chunk 2 5 10 b vx temp density/number
            fix r all ave/chunk 5 2 10 o vz ave running
            fix n all ave/chunk 3 3 15 n vy ave window 2
            fix h all heat 3 0.5
            fix v all viscosity 4 x y 6
            fix k all thermal/conductivity 6 z 6 swap 2
            fix c all controller 5 1.0 0.2 0.1 0.1 c_thermo_temp 1.0 t
            fix s all temp/rescale 7 v_t 1.0 0.01 0.5
            fix d all dt/reset 9 0.001 0.004 0.01 units box
            thermo_style custom step dt temp pe f_a[2][2] f_a[3][3] f_a[5][5] f_r[1][3] f_r[4][2] f_n[2][3] c_m[1][4] c_m[3][1] f_h f_v f_k f_c[*] f_s f_d v_t
            thermo_modify format float %.17g
            thermo 5

            """
        let whole = try melt(sampling + "restart 28 half.*\nrun 60", ranks: ranks)
        defer { DeckRunner.cleanUp(whole) }
        #expect(whole.status == 0, "\(whole.errors)")
        let half = try Data(contentsOf: URL(fileURLWithPath: whole.folder + "/half.28"))
        let second = try DeckRunner.run(
            "units lj\nread_restart half\npair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0\nfix 1 all nve\n" + sampling + "run 60 upto\n",
            bytes: ["half": [UInt8](half)], ranks: ranks, timeout: 60)
        defer { DeckRunner.cleanUp(second) }
        #expect(second.status == 0, "\(second.errors)")
        let steps = whole.tableLines.filter { line in ["30", "35", "45", "60"].contains(line.split(separator: " ").first ?? "") }
        #expect(steps.count == 4)
        for line in steps { #expect(second.tableLines.contains(line), "\(line)\n\(second.tableLines.joined(separator: "\n"))") }
    }

    /// MC by `set` between runs without set-up, as LAMMPS' example MC/in.mc does it; and a command that makes a set-up necessary.
    @Test("atoms may be moved between runs without set-up", arguments: [1, 2]) func moves(ranks: Int) throws {
        let result = try melt(
            """
            unfix 1
            velocity all set 0 0 0
            thermo_style custom step pe
            thermo_modify norm no format float %.15g
            run 0
            set atom 1 x 0.05 y 0.02
            run 1 pre no
            run 0
            set atom 7 type 1
            run 0 pre no
            displace_atoms all move 0.1 0.1 0.1 units box
            run 0 pre no
            """, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let energies = (0..<5).flatMap { table in result.table(table).compactMap { $0["PotEng"] } }
        try #require(energies.count >= 5)
        #expect(energies[0] < (energies.last ?? 0) - 0.05)
        for energy in energies.dropFirst(2) { #expect((energy - energies.last!).magnitude < 1e-10 * energies[0].magnitude, "\(energies)") }
    }

    @Test(
        "wrong words are told at their place",
        arguments: [
            ("fix a all addforce 1 2 v_no", ":11:24", "unknown variable 'no'"),
            ("fix a all addforce 1 2 3 regoin x", ":11:26", "did you mean 'region'"),
            ("fix a all addforce 1 2 3 region x", ":11:33", "unknown region"),
            ("variable e atom x\nfix a all addforce 1 2 3 energy v_e", ":12:33", "variable forces only"),
            ("variable e atom x\nfix a all aveforce v_e 0 0", ":12:20", "equal-style"),
            ("fix a all spring couple all 1 0 0 0 0", ":11:25", "two different groups"),
            ("fix a all wall/reflect xlo EDGE", ":11:24", "periodic direction x"),
            ("fix a all ave/time 3 2 4 c_thermo_temp", ":11:24", "multiple of Nevery"),
            ("fix a all ave/time 2 3 4 c_thermo_temp", ":11:24", "at least Nrepeat x Nevery"),
            ("fix a all ave/time 1 1 1 c_thermo_tmp", ":11:26", "did you mean 'thermo_temp'"),
            ("fix a all ave/time 1 1 1 c_thermo_temp[9]", ":11:26", "index must be from 1 to 6"),
            ("fix a all ave/time 1 1 1 c_thermo_temp overwrite", ":11:40", "ave running"),
            ("fix a all ave/time 1 1 1 c_thermo_temp file in.deck\nrun 1", "", "is not overwritten"),
            ("fix a all print 10 \"$(pe)\" fil x", ":11:28", "did you mean 'file'"),
            ("fix a all pair 10 lj/cut gamma 1", ":11:19", "no quantities of its own"),
            ("fix a all pair 10 nep gamma 1", ":11:19", "known: lj/cut"),
            ("fix a all property/atom i_one", ":11:11", "not supported"),
            ("compute a all msd comm yes", ":11:19", "did you mean 'com'"),
            ("compute a all rdf 10 cutoff 5.0\nrun 0", "", "comm_modify cutoff 5.3"),
            ("compute a all reduce max x y replace 1 1", ":11:40", "two different inputs"),
            ("compute a all temp/partial 1 0 2", ":11:32", "from 0 to 1"),
            ("compute a all centroid/stress/atom NULL", ":11:15", "not supported"),
            ("compute a all pair nep", ":11:20", "known: lj/cut"),
            ("compute a all heat/flux thermo_temp b c", ":11:25", "is no ke/atom"),
            ("fix a all indent 10 sphere 1 1 1", ":11:33", "the radius"),
            ("fix a all indent 10 cone z 1 1 1 1 0 1", ":11:21", "not supported"),
            ("fix a all wall/lj93 xlo EDGE 1 1 2.5", ":11:21", "pbc yes"),
            ("fix a all wall/lj39 xlo EDGE 1 1 2.5", ":11:11", "did you mean 'wall/lj93'"),
            ("fix a all viscosity 5 x y 5", ":11:27", "even"),
            ("fix a all nvt/sllod temp 1 1 1\nunfix 1\nrun 1", "", "fix deform with remap v"),
            ("fix a all controller 5 1 1 1 1 c_thermo_temp 1.0 t", ":11:50", "internal-style"),
            ("fix a all ave/chunk 1 1 1 thermo_temp vx", ":11:27", "no chunk/atom"),
            ("compute c all chunk/atom bin/1d z lower 0.1\nfix a all ave/chunk 1 1 1 c x", ":12:29", "no value of fix ave/chunk"),
            ("compute c all chunk/atom bin/1d z lover 0.1", ":11:35", "lower, center, upper"),
            ("compute c all chunk/atom molecule", ":11:26", "no molecules"),
            ("compute c all chunk/atom type\ncompute d all property/chunk c coord1", ":12:32", "0 coordinates"),
            ("compute a all temp/profile 1 1 1 w 3", ":11:34", "axes"),
            ("compute a all orientorder/atom degrees 1 4 components 6", ":11:44", "none of the degrees"),
            ("min_style hftn", ":11:11", "Hessian"),
            ("min_style fire/old", ":11:11", "use fire"),
            ("neigh_modify exclude type 1 3", ":11:29", "within 1 to 1"),
            ("neigh_modify exclude molecule/intra all", ":11:22", "type or group"),
            ("fix m all move linear 1 0 0\nfix_modify m energy yes", ":12:14", "no 'energy' to modify"),
        ])
    func isRefused(line: String, place: String, message: String) throws {
        let result = try melt(line)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 1 && (place.isEmpty || result.errors.contains(place)) && result.errors.contains(message), "\(result.errors)")
    }
}
