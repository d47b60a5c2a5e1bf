import Foundation
import TestSupport
import Testing

/// Fixes that end a run, on ranks: `fix halt` and `fix uncertainty`.
@Suite struct HaltTests {
    private static func deck(_ lines: String, pair: String = "pair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0") -> String {
        """
        units lj
        lattice fcc 0.8442
        region box block 0 3 0 3 0 3
        create_box 1 box
        create_atoms 1 box
        mass 1 1.0
        velocity all create 1.44 87287 loop geom
        \(pair)
        neighbor 0.3 bin
        fix 1 all nve
        compute k all ke/atom
        compute m all reduce max c_k
        thermo 5
        \(lines)

        """
    }

    private func run(_ lines: String, ranks: Int, pair: String? = nil) throws -> DeckRunner.Result {
        try DeckRunner.run(pair.map { Self.deck(lines, pair: $0) } ?? Self.deck(lines), ranks: ranks, timeout: 60)
    }

    private static let two = """
        variable t equal step+0*c_m
        fix h all halt 3 v_t >= 6 error MODE
        run 10
        print "$(temp:%.7f) $(etotal:%.6f) pe $(pe:%.6f)"
        run 10
        print "the end"
        """
    private static let met = "Fix halt condition for fix-id h met on step 6 with value 6"

    /// LAMMPS 22 Jul 2025 prints no row of the last step either; temperature and energy of step 6 are its own with `thermo 1`.
    @Test("soft: no row off the interval, later commands, no later run", arguments: [1, 2])
    func soft(ranks: Int) throws {
        let result = try run(Self.two.replacingOccurrences(of: "MODE", with: "soft"), ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.table().map { $0["Step"] } == [0, 5])
        #expect(result.log.contains(Self.met + "\nLoop time of") && result.log.contains("for 6 steps with 108 atoms"))
        #expect(result.log.contains("\n1.3478848 -4.633747 pe -6.636854\n") && result.log.contains("\nthe end\n"))
        #expect(result.table(1).isEmpty && result.log.contains("Run skipped"))
    }

    @Test("continue: later runs too, from where the first one ended", arguments: [1, 2])
    func proceed(ranks: Int) throws {
        let result = try run(Self.two.replacingOccurrences(of: "MODE", with: "continue message no"), ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.table(0).map { $0["Step"] } == [0, 5])
        #expect(result.table(1).map { $0["Step"] } == [6] && result.log.contains("for 3 steps with 108 atoms"))
        #expect(!result.log.contains("Fix halt condition") && result.log.contains("\nthe end\n"))
    }

    @Test("hard: an error of all ranks, told once", arguments: [1, 2])
    func hard(ranks: Int) throws {
        let result = try run(Self.two.replacingOccurrences(of: "MODE", with: "hard"), ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 1)
        #expect(result.errors.components(separatedBy: Self.met).count == 2, "\(result.errors)")
        #expect(!result.log.contains("the end"))
    }

    @Test("operators", arguments: [("<", 6.0), ("<=", 6), (">", 3), (">=", 3), ("==", 3), ("!=", 3), ("|^", 3)])
    func operators(name: String, step: Double) throws {
        // At 3, 6, 9: 5 - step/3 = 4, 3, 2 against 4, or against 0.
        let value = ["<": "4", "<=": "3", ">": "3", ">=": "4", "==": "4", "!=": "5", "|^": "0"][name]!
        let result = try run("thermo 3\nvariable t equal 5-step/3\nfix h all halt 3 v_t \(name) \(value)\nrun 10", ranks: 1)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.table().last?["Step"] == step, "\(result.log)\(result.errors)")
    }

    @Test("wall time and disk space", arguments: [1, 2])
    func attributes(ranks: Int) throws {
        let result = try run(
            "fix d all halt 2 diskfree < 0 path \".\"\nfix h all halt 10 tlimit > 0.2\nrun 1000000\nunfix h\nfix d all halt 4 diskfree > 0\nrun 10",
            ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let last = result.table().last?["Step"] ?? 0
        #expect(last > 0 && last < 1_000_000 && last.truncatingRemainder(dividingBy: 10) == 0)
        let told = result.log.components(separatedBy: "for fix-id h met on step \(Int(last)) with value ")
        #expect(told.count == 2 && Double(told.last!.prefix { $0 != "\n" }) ?? 0 > 0.2)
    }

    @Test(
        "what is wrong is said at its word",
        arguments: [
            ("fix h all halt 0 tlimit > 1", ":15:16", "positive"), ("fix h all halt 1 bondmax > 1", ":15:18", "no bonds"),
            ("fix h all halt 1 tlimits > 1", ":15:18", "did you mean 'tlimit'"), ("fix h all halt 1 v_no > 1", ":15:18", "no"),
            ("fix h all halt 1 tlimit => 1", ":15:25", "operator"), ("fix h all halt 1 tlimit > 1 error sot", ":15:35", "did you mean 'soft'"),
            ("fix h all halt 1 tlimit > 1 path .", ":15:34", "diskfree"), ("fix h all halt 1 diskfree > 1 path no/where", ":15:36", "no/where"),
            ("fix u all uncertainty 5 lo 0.1 file f.extxyz", ":15:23", "lj/cut is not an ensemble"),
        ])
    func wrong(line: String, place: String, message: String) throws {
        let result = try run(line, ranks: 1)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 1 && result.errors.contains(place) && result.errors.contains(message), "\(result.errors)")
    }

    // MARK: - Uncertainty

    private static let pair = """
        pair_style ensemble/committee drive lj/cut 1 calibrate 2 lj/cut 2.5 lj/cut 2.3
        pair_coeff * * lj/cut 1 1.0 1.0
        pair_coeff * * lj/cut 2 1.02 1.0
        """

    @Test("the same frames on any number of ranks, and the same end", arguments: [1, 2, 4])
    func uncertainty(ranks: Int) throws {
        let result = try run(
            """
            fix u all uncertainty 2 lo 0.4 hi 1.3 file f.extxyz max 2 stop continue
            compute d all ensemble/deviation
            thermo_style custom step pe f_u f_u[1] c_d
            run 20
            unfix u
            thermo_style one
            run 2
            """, ranks: ranks, pair: Self.pair)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let table = result.table(), last = table.last ?? [:]
        // Worked out by `thermo 1` without the fix: 0.27 at step 5, 0.40 at 6, 0.77 at 8, 1.52 at 10.
        #expect(last["Step"] == 10 && last["f_u"] == 2 && table[1]["f_u"] == 0, "\(table)")
        #expect(last["f_u[1]"] == last["c_d"] && (last["c_d"] ?? 0) > 1.3)
        #expect(result.log.contains("Fix uncertainty condition for fix-id u met on step 10 with value 1.5"))
        let frames = try result.file("f.extxyz").split(separator: "\n")
        #expect(frames.count == 2 * 110)
        #expect(frames[1].contains("forces:R:3:force_deviation:R:1 max_force_deviation="))
        #expect(frames[1].contains(" energy=-") && frames[1].contains("step=6 ") || frames[1].contains("step=8 "))
        let deviations = frames[2..<110].map { Double($0.split(separator: " ").last!)! }
        let most = frames[1].split(separator: " ").first { $0.hasPrefix("max_force_deviation=") }.flatMap { Double($0.dropFirst(20)) }
        #expect(deviations.max() == most && (most ?? 0) > 0.4)
        #expect(result.table(1).count == 2)
    }
}
