import Foundation
import MDSession
import Observers
import Potentials
import Testing

/// Ensembles in decks: the deviation file and the computes.
@Suite struct EnsembleDeckTests {
    private func deck(_ file: String, _ tail: String) -> String {
        """
        units lj
        lattice fcc 0.8442
        region box block 0 3 0 3 0 3
        create_box 1 box
        create_atoms 1 box
        mass 1 1.0
        velocity all create 1.44 87287 loop geom
        pair_style ensemble/committee out_freq 5 out_file \(file) lj/cut 2.5 lj/cut 2.3 lj/cut 2.5
        pair_coeff * * lj/cut 1 1.0 1.0
        pair_coeff * * lj/cut 2 1.02 1.0
        pair_coeff * * lj/cut 3 0.97 1.01
        neighbor 0.3 bin
        fix 1 all nve
        \(tail)
        """
    }

    private func withFile(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("devi-\(UUID().uuidString).out").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// The row of DeePMD-kit's own test (source/tests/tf/test_model_devi.py), in the format that its LAMMPS interface writes.
    @Test("header and rows are DeePMD-kit's")
    func format() {
        var report = MemberReport()
        report.virial = Spread(max: 1.670048e-01, min: 4.182279e-04, mean: 8.048649e-02)
        report.force = Spread(max: 5.095047e-01, min: 4.584241e-01, mean: 4.819783e-01)
        #expect(
            DeviationFile.row(step: 0, report)
                == "           0       1.670048e-01       4.182279e-04       8.048649e-02       5.095047e-01       4.584241e-01       4.819783e-01")
        #expect(
            DeviationFile.header(isAtomic: false)
                == "#       step         max_devi_v         min_devi_v         avg_devi_v         max_devi_f         min_devi_f         avg_devi_f")
        #expect(DeviationFile.header(isAtomic: true).hasSuffix("         avg_devi_f      atm_devi_f(N)"))
    }

    @Test("one row for each due step, whatever the runs and ranks")
    func rows() throws {
        try withFile { path in
            _ = try runSession(deck(path, "run 7\nrun 0\nrun 3\nrun 5 pre no"))
            let whole = try lines(path)
            #expect(whole.count == 5)
            #expect(whole.dropFirst().map { Int($0.split(separator: " ")[0]) } == [0, 5, 10, 15])
            _ = try onRanks(3) { _ = try runSession(deck(path, "run 15"), $0) }
            let ranks = try lines(path)
            for (a, b) in zip(whole.dropFirst(), ranks.dropFirst()) {
                let x = a.split(separator: " ").compactMap { Double($0) }, y = b.split(separator: " ").compactMap { Double($0) }
                // Forces of the perfect lattice at step 0 are rounding.
                for (p, q) in zip(x, y) { #expect((p - q).magnitude <= 2e-6 * max(1e-6, p.magnitude), "\(a)\n\(b)") }
            }
        }
    }

    @Test("a run that starts later keeps earlier rows and repeats none")
    func continued() throws {
        try withFile { path in
            _ = try runSession(deck(path, "run 12"))
            #expect(try lines(path).count == 4)
            _ = try runSession(deck(path, "reset_timestep 10\nrun 5"))
            #expect(try lines(path).dropFirst().map { Int($0.split(separator: " ")[0]) } == [0, 5, 10, 15])
            _ = try runSession(deck(path, "run 0"))
            #expect(try lines(path).count == 2)
        }
    }

    @Test("per-atom deviations in the order of ids")
    func atomic() throws {
        try withFile { path in
            let text = deck(path, "run 5").replacingOccurrences(of: "out_freq 5", with: "out_freq 5 atomic")
            _ = try onRanks(2) { _ = try runSession(text, $0) }
            let row = try lines(path)[2].split(separator: " ").map { Double($0)! }
            #expect(row.count == 7 + 108)
            #expect((row[7...].max()! - row[4]).magnitude <= 1e-6 * row[4])
            #expect((row[7...].reduce(0, +) / 108 - row[6]).magnitude <= 2e-6 * row[6])
        }
    }

    @Test("computes agree with the file")
    func computes() throws {
        try withFile { path in
            let session = try runSession(
                deck(
                    path,
                    """
                    compute d all ensemble/deviation
                    compute e all ensemble/energy
                    compute s all ensemble/atom
                    compute m all reduce max c_s
                    thermo_style custom step pe c_d c_d[1] c_d[2] c_d[3] c_d[4] c_d[5] c_d[6] c_e c_e[1] c_e[2] c_e[3] c_m
                    thermo 5
                    run 10
                    """))
            let row = try lines(path)[3].split(separator: " ").map { Double($0)! }
            let snapshot = try session.observation.snapshot()
            let d = try snapshot.vector("d"), e = try snapshot.vector("e")
            for (value, column) in zip(d, [4, 5, 6, 1, 2, 3]) { #expect((value - row[column]).magnitude <= 1e-6 * row[column]) }
            #expect(try snapshot.scalar("d") == d[0])
            #expect(try snapshot.scalar("m") == d[0])
            let mean = e.reduce(0, +) / 3
            #expect((mean - (try snapshot.potentialEnergy())).magnitude <= 1e-12 * mean.magnitude)
            #expect(e.count == 3)
        }
    }

    @Test("observers are evaluated at the steps of the fix that looks at them, and at no other")
    func observers() throws {
        try withFile { path in
            let driven = deck("x", "").replacingOccurrences(of: "out_freq 5 out_file x", with: "drive lj/cut 1")
            func members(_ fix: String) throws -> Committee {
                let session = try runSession(driven + "\n\(fix)\nthermo 1\nrun 10")
                return try #require(session.potential as? Committee)
            }
            let alone = try members("")
            #expect(alone.report.step == -1 && alone.memberSet.seconds[1] == 0 && alone.memberSet.seconds[0] > 0)
            let watched = try members("fix u all uncertainty 4 lo 1e6 file \(path)")
            #expect(watched.report.step == 8 && watched.memberSet.seconds[1] > 0)
            // Step 0 is a multiple of 20, too; the clocks start behind it.
            let rarely = try members("fix u all uncertainty 20 lo 1e6 file \(path)")
            #expect(rarely.report.step == 0 && rarely.memberSet.seconds[1] == 0)
        }
    }

    @Test("weights by element, where pair_coeff lines name the elements")
    func weighted() throws {
        let models = testsFolder + "/../inputs/methanol"
        try withFile { path in
            func energy(_ style: String) throws -> Double {
                let session = try runSession(
                    """
                    units metal
                    read_data \(models)/start.data
                    pair_style \(style) painn schnet
                    pair_coeff * * painn \(models)/painn-b.json Cu C O H
                    pair_coeff * * schnet \(models)/schnet-a.json Cu C O H
                    run 0
                    """)
                return try session.observation.snapshot().potentialEnergy()
            }
            func weights(_ copper: String, _ other: String) throws {
                let rows = "\"elements\": [\"Cu\", \"C\", \"O\", \"H\"], \"weights\": [\(copper), \(other), \(other), \(other)]"
                try "{\"format\": \"mdrun-weights\", \"version\": 1, \"bases\": [\"painn\", \"schnet\"], \(rows)}".write(
                    toFile: path, atomically: true, encoding: .utf8)
            }
            try weights("[0.25, 0.75]", "[0.25, 0.75]")
            let equal = try energy("ensemble/weighted \(path)"), committee = try energy("ensemble/committee weights 0.25 0.75")
            #expect((equal - committee).magnitude <= 1e-11 * committee.magnitude)
            try weights("[1, 0]", "[0.25, 0.75]")
            #expect((try energy("ensemble/weighted \(path)") - equal).magnitude > 1e-3)
        }
    }

    @Test("without an ensemble the computes are refused")
    func refused() {
        let text = deck("x", "compute d all ensemble/deviation").replacingOccurrences(
            of: "ensemble/committee out_freq 5 out_file x lj/cut 2.5 lj/cut 2.3 lj/cut 2.5", with: "hybrid/overlay lj/cut 2.5 lj/cut 2.3 lj/cut 2.5")
        #expect(failure(of: text)?.contains("hybrid/overlay is not an ensemble") == true)
    }
}
