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
