import Foundation
import TestSupport
import Testing

/// Bad input: a message with the place and what was expected, a non-zero exit of every rank, no hang.
@Suite struct BadInputTests {
    /// A small LJ crystal that runs; cases replace a line of it.
    static let good = [
        "units lj", "lattice fcc 0.8442", "region box block 0 4 0 4 0 4", "create_box 1 box", "create_atoms 1 box", "mass 1 1.0",
        "velocity all create 1.44 87287", "pair_style lj/cut 2.5", "pair_coeff 1 1 1.0 1.0", "fix 1 all nve", "run 1",
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let line: Int
        let text: String
        let place: String
        let message: String
        var testDescription: String { name }
        init(_ name: String, line: Int, _ text: String, at place: String, _ message: String) {
            (self.name, self.line, self.text, self.place, self.message) = (name, line, text, place, message)
        }
    }

    static let cases = [
        Case("unknown command", line: 0, "unitz lj", at: "in.deck:1:1", "did you mean 'units'"),
        Case("unknown style", line: 7, "pair_style lj/cutt 2.5", at: "in.deck:8:12", "did you mean 'lj/cut'"),
        Case("too few words", line: 8, "pair_coeff 1 1 1.0", at: "in.deck:9:", "sigma"),
        Case("too many words", line: 9, "fix 1 all nve 3", at: "in.deck:10:15", "unexpected word '3'"),
        Case("not a number", line: 5, "mass 1 heavy", at: "in.deck:6:8", "heavy"),
        Case("unknown group", line: 9, "fix 1 al nve", at: "in.deck:10:7", "did you mean 'all'"),
        Case("unknown fix", line: 9, "fix 1 all nvee", at: "in.deck:10:11", "did you mean 'nve'"),
        Case("missing mass", line: 5, "# no mass", at: "in.deck:7:", "mass"),
        Case("missing file", line: 8, "include nothing.in", at: "in.deck:9:9", "nothing.in"),
        Case("missing coefficients", line: 8, "# none", at: "in.deck:", "pair_coeff"),
        Case("no potential", line: 7, "# none", at: "in.deck:9:1", "pair_style"),
    ]

    @Test(arguments: cases, [1, 2]) func isRefused(_ bad: Case, ranks: Int) throws {
        var lines = Self.good
        lines[bad.line] = bad.text
        let result = try DeckRunner.run(lines.joined(separator: "\n") + "\n", ranks: ranks, timeout: 60)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status != 0 && result.status != 124, "status \(result.status)")
        #expect(result.errors.contains(bad.place), "\(result.errors)")
        #expect(result.errors.contains(bad.message), "\(result.errors)")
        #expect(result.errors.components(separatedBy: "ERROR").count == 2, "one message, not one a rank: \(result.errors)")
    }

    /// Words of decks for LAMMPS that are known and not there, or wrong.
    static let decksOfLAMMPS = [
        Case("adapted name", line: 9, "variable e equal 1\nfix 2 all adapt 1 pair lj/cut epsilo 1 1 v_e", at: "in.deck:11:", "did you mean 'epsilon'"),
        Case("adapted constant", line: 9, "fix 2 all adapt 1 pair lj/cut epsilon 1 1 2.0", at: "in.deck:10:", "v_NAME"),
        Case("adapted bond", line: 9, "fix 2 all adapt 1 bond harmonic k 1 v_e", at: "in.deck:10:", "is not there"),
        Case("scale without a hybrid", line: 9, "variable e equal 1\nfix 2 all adapt 1 pair lj/cut scale * * v_e", at: "in.deck:11:", "members of a hybrid"),
        Case("no pairs", line: 7, "pair_style none", at: "in.deck:9:", "takes no pair_coeff"),
        Case("plane", line: 9, "region p plane 0 0 0 0 0 0", at: "in.deck:10:", "normal must not be 0"),
        Case("cone", line: 9, "region p cone z 0 0 1 1 3 2", at: "in.deck:10:", "lower one first"),
        Case("late dielectric", line: 9, "dielectric 2", at: "in.deck:10:", "before pair_style"),
        Case("wall across", line: 9, "fix 2 all wall/reflect/stochastic diffusive 7 xlo EDGE 1 0 0 0", at: "in.deck:10:", "periodic direction"),
        Case("inner alone", line: 9, "run_style respa 2 2 inner 1 1.5 2.0", at: "in.deck:10:", "inner and outer go together"),
        Case("levels decrease", line: 9, "run_style respa 2 2 bond 2 pair 1", at: "in.deck:10:", "levels must not decrease"),
        Case("inner range", line: 9, "run_style respa 2 2 inner 1 2.0 1.5 outer 2", at: "in.deck:10:", "not below 2.0"),
    ]

    @Test(arguments: decksOfLAMMPS) func isRefusedToo(_ bad: Case) throws { try isRefused(bad, ranks: 1) }

    /// As LAMMPS does, a potential file is looked for by its name in LAMMPS_POTENTIALS.
    @Test func findsPotentialsByName() throws {
        let folder = DeckRunner.root + "/Tests/Reference/lammps/potentials"
        var lines = Self.good
        lines[0] = "units metal"
        lines[1] = "lattice diamond 5.4"
        (lines[7], lines[8]) = ("pair_style sw", "pair_coeff * * ../../nowhere/both.sw Si")
        let deck = lines.joined(separator: "\n") + "\n"
        let found = try DeckRunner.run(deck, environment: ["LAMMPS_POTENTIALS": "/nowhere:\(folder)"], ranks: 2)
        defer { DeckRunner.cleanUp(found) }
        #expect(found.status == 0, "\(found.errors)")
        let lost = try DeckRunner.run(deck, environment: ["LAMMPS_POTENTIALS": "/nowhere"])
        defer { DeckRunner.cleanUp(lost) }
        #expect(lost.status != 0 && lost.errors.contains("cannot read '../../nowhere/both.sw'"), "\(lost.errors)")
    }

    /// Without pairs atoms fly straight.
    @Test func withoutPairs() throws {
        var lines = Self.good
        (lines[7], lines[8], lines[10]) = ("pair_style none", "# none", "run 20")
        let result = try DeckRunner.run(lines.joined(separator: "\n") + "\n", ranks: 2)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let rows = result.table()
        #expect(rows.count == 2 && rows.allSatisfy { ($0["Temp"]! - 1.44).magnitude < 1e-12 && $0["E_pair"] == 0 }, "\(rows)")
    }

    @Test(arguments: [1, 2]) func overlappingAtomsStopTheRun(ranks: Int) throws {
        let deck = """
            units lj
            region box block 0 10 0 10 0 10
            create_box 1 box
            create_atoms 1 single 1 1 1 units box
            create_atoms 1 single 1 1 1 units box
            create_atoms 1 single 6 6 6 units box
            mass 1 1
            pair_style lj/cut 2.5
            pair_coeff 1 1 1 1
            fix 1 all nve
            run 5
            """
        let result = try DeckRunner.run(deck, ranks: ranks, timeout: 60)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status != 0 && result.status != 124)
        for words in ["step 0", "not finite", "lj/cut"] { #expect(result.errors.contains(words), "\(result.errors)") }
    }
}
