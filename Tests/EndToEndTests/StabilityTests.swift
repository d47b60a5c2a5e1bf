import Foundation
import TestSupport
import Testing

/// `fix stability`: which rule fires when, by which atoms, on any number of ranks and after a restart; and how the program ends.
@Suite struct StabilityTests {
    private struct Verdict: Decodable, Equatable {
        var unstable: Bool
        var rule: String?
        var atoms: [Int]?
        var value: Double?
        var threshold: Double?
        var step: Int
        var steps: Int
        var time: Double
    }

    /// A Lennard-Jones crystal that melts: 108 atoms at twice the melting temperature.
    private func deck(_ rules: String, steps: Int = 200, before: String = "", after: String = "") -> String {
        """
        units lj
        lattice fcc 0.8442
        region box block 0 3 0 3 0 3
        create_box 1 box
        create_atoms 1 box
        mass 1 1
        pair_style lj/cut 2.5
        pair_coeff 1 1 1 1
        velocity all create 3 87287 loop geom
        group some id 1:8
        \(before)
        fix integrate all nve
        fix judge \(rules.hasPrefix("bond") ? "some" : "all") stability 10 \(rules)
        thermo_style custom step temp pe f_judge f_judge[1]
        thermo 50
        run \(steps)
        \(after)
        """
    }

    private func verdict(_ result: DeckRunner.Result, file: String = "stability.json") throws -> Verdict {
        try JSONDecoder().decode(Verdict.self, from: Data(result.file(file).utf8))
    }

    private func expectNear(_ a: Verdict, _ b: Verdict, _ what: String) {
        #expect(
            a.unstable == b.unstable && a.rule == b.rule && a.atoms == b.atoms && a.step == b.step && a.steps == b.steps && a.threshold == b.threshold,
            "\(what): \(a), \(b)")
        #expect(((a.value ?? 0) - (b.value ?? 0)).magnitude < 1e-8, "\(what): \(a), \(b)")
    }

    @Test(
        "each rule fires, at the same step by the same atoms on 1, 2 and 4 ranks, with exit status 76",
        arguments: [
            ("bond 0.4 within 1.3", "bond"), ("distance 0.9", "distance"), ("temp 2 10", "temp"), ("pe 0.5", "pe"), ("drift 0.0005", "drift"),
            ("rdf 50 2.4 0.2 3", "rdf"), ("value c_thermo_pe -7 -6", "c_thermo_pe"), ("atom c_speed 10", "c_speed"),
        ])
    func rules(words: String, name: String) throws {
        let before = name == "c_speed" ? "compute speed all ke/atom" : ""
        var first: Verdict?
        for ranks in [1, 2, 4] {
            let result = try DeckRunner.run(deck(words, before: before, after: "print \"later commands run\"\nrun 10"), ranks: ranks)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status == 76, "\(words): \(result.errors)")
            let verdict = try verdict(result)
            #expect(verdict.unstable && verdict.rule == name && verdict.step > 0 && verdict.step <= 200 && verdict.step % 10 == 0)
            #expect(result.log.contains("Fix stability judge: unstable at step \(verdict.step): \(name)") && result.log.contains("later commands run"))
            #expect(result.log.components(separatedBy: "Loop time of").count == 2, "later runs are skipped")
            let value = try #require(verdict.value), threshold = try #require(verdict.threshold)
            switch name {
            case "bond": #expect(verdict.atoms?.count == 2 && value > threshold && value < 3)
            case "distance": #expect(verdict.atoms?.count == 2 && value < 0.9 && threshold == 0.9)
            case "temp": #expect(value < 2 && threshold == 2)
            case "pe": #expect(value > 0.5 && threshold == 0.5)
            case "c_speed": #expect(verdict.atoms?.count == 1 && value > 10 && threshold == 10)
            default: break
            }
            if let first { expectNear(first, verdict, "\(words) on \(ranks) ranks") } else { first = verdict }
        }
    }

    @Test("a run that keeps all rules ends as any other, and says so") func stable() throws {
        let result = try DeckRunner.run(deck("temp 0 10 distance 0.5 frames 3 last.extxyz file verdict.json"))
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0)
        let verdict = try verdict(result, file: "verdict.json")
        #expect(!verdict.unstable && verdict.step == 200 && verdict.steps == 200 && (verdict.time - 1).magnitude < 1e-12)
        let steps = try result.file("last.extxyz").split(separator: "\n").filter { $0.contains("Lattice") }.count
        #expect((3...6).contains(steps))
        let lines = try result.file("last.extxyz").split(separator: "\n")
        #expect(lines.count == steps * 110, "whole frames")
        #expect(lines[lines.count - 109].contains("step=200") || lines[lines.count - 109].contains("Step=200"), "\(lines[lines.count - 109])")
    }

    @Test("references and windows go on after a restart") func restarted() throws {
        let rules = "bond 0.4 within 1.3 rdf 50 2.4 0.2 3 frames 2 last.extxyz"
        let whole = try DeckRunner.run(deck(rules))
        defer { DeckRunner.cleanUp(whole) }
        let expected = try verdict(whole)
        let cut = expected.step - 10
        let first = try DeckRunner.run(deck(rules, steps: cut, after: "write_restart state"))
        defer { DeckRunner.cleanUp(first) }
        #expect(first.status == 0)
        let second = try DeckRunner.run(
            """
            read_restart state
            mass 1 1
            pair_style lj/cut 2.5
            pair_coeff 1 1 1 1
            fix integrate all nve
            fix judge some stability 10 \(rules)
            run 200 upto
            """,
            bytes: [
                "state": Array(try Data(contentsOf: URL(fileURLWithPath: first.folder + "/state"))),
                "last.extxyz": Array(try first.file("last.extxyz").utf8),
            ])
        defer { DeckRunner.cleanUp(second) }
        #expect(second.status == 76, "\(second.errors)")
        #expect(try verdict(second) == expected)
        #expect(try second.file("last.extxyz") == whole.file("last.extxyz"))
    }

    @Test("forces and velocities that are not finite, and lost atoms, are verdicts and not errors", arguments: [1, 2, 4]) func breakdowns(ranks: Int) throws {
        let runaway = try DeckRunner.run(deck("distance 0.1", before: "group one id 1\nvelocity one set 1e160 0 0"), ranks: ranks)
        defer { DeckRunner.cleanUp(runaway) }
        #expect(runaway.status == 76, "\(runaway.errors)")
        #expect(try verdict(runaway).rule == "non-finite")
        let text = deck("temp 0 1e30", before: "change_box all boundary f f f\ngroup one id 1\nvelocity one set -200 0 0")
        let lost = try DeckRunner.run(text.replacingOccurrences(of: "thermo 50", with: "thermo 1"), ranks: ranks)
        defer { DeckRunner.cleanUp(lost) }
        #expect(lost.status == 76, "\(lost.errors)")
        #expect(try verdict(lost).rule == "lost")
        let plain = try DeckRunner.run(
            text.replacingOccurrences(of: "fix judge all stability 10 temp 0 1e30\n", with: "").replacingOccurrences(of: " f_judge f_judge[1]", with: ""),
            ranks: ranks)
        defer { DeckRunner.cleanUp(plain) }
        #expect(plain.status == 1 && plain.errors.contains("Lost atoms"), "without the fix it is an error: \(plain.status) \(plain.errors)")
    }

    @Test(
        "mistakes are told at the word",
        arguments: [
            ("bnd 0.5", "did you mean 'bond'?"), ("bond 0.5", "is of no known element"), ("temp 5 1", "is above the highest"),
            ("deviation 0.5", "ensemble"), ("atom c_none 3", "there is no compute 'none'"), ("rdf 50 2.4 0.2 3 reference nowhere", "cannot read 'nowhere'"),
            ("distance 3", "comm_modify cutoff"),
        ]) func mistakes(words: String, message: String) throws {
        let result = try DeckRunner.run(deck(words))
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 1 && result.errors.contains(message) && result.errors.contains("in.deck:13:"), "\(result.errors)")
    }
}
