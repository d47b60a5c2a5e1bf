import Deck
import Domain
import Potentials
import TestSupport
import Testing

/// The grammar that ensembles and hybrids share, and LAMMPS' rules on which member acts between which types.
@Suite struct HybridTests {
    private let system = TestSystem.liquid(count: 60, distance: 0.95, typeCount: 2).inReducedUnits()

    private func make(_ style: String, _ lines: [String]) throws -> any Potential {
        let setup = system.setup()
        var words = deckWords(style)
        let potential = try PotentialRegistry().make(&words, setup)
        try words.finish()
        for line in lines {
            var words = deckWords(line, of: "pair_coeff")
            try potential.coefficients(&words, setup)
            try words.finish()
        }
        try potential.prepare(setup)
        return potential
    }

    private func evaluate(_ potential: any Potential) -> Evaluation { Evaluator(system, potential).evaluate() }

    @Test("is the sum of its members")
    func sum() throws {
        let one = evaluate(try make("lj/cut 2.5", ["* * 1.0 1.0"])), two = evaluate(try make("lj/cut 1.7", ["* * 0.4 0.9"]))
        let both = evaluate(
            try make("hybrid/overlay lj/cut 2.5 lj/cut 1.7 zero 2.0", ["* * lj/cut 1 1.0 1.0", "* * lj/cut 2 0.4 0.9", "* * zero"]))
        #expect((both.energy - one.energy - two.energy).magnitude <= 1e-12 * both.energyMagnitude)
        for (f, (a, b)) in zip(both.forces, zip(one.forces, two.forces)) {
            let d = f - (a + b)
            #expect(d.dot(d).squareRoot() <= 1e-12 * max(1, one.largestForce))
        }
    }

    @Test("pairs that no line names are mixed only within one member")
    func pairs() throws {
        // 1-2 is named for nothing else, and both 1-1 and 2-2 belong to lj/cut: mixed as without a hybrid.
        let plain = evaluate(try make("lj/cut 2.5", ["1 1 1.0 1.0", "2 2 0.5 0.9"]))
        let mixed = evaluate(try make("hybrid/overlay lj/cut 2.5 zero 2.5", ["1 1 lj/cut 1.0 1.0", "2 2 lj/cut 0.5 0.9", "1 1 none", "1 1 lj/cut 1.0 1.0"]
            + ["1 1 none", "1 1 lj/cut 1.0 1.0", "1 2 none", "1 2 zero"]))
        // 1-2 is zero's: lj/cut leaves it alone, although it could mix.
        let apart = evaluate(try make("lj/cut 2.5", ["1 1 1.0 1.0", "2 2 0.5 0.9", "1 2 0.0 1.0"]))
        #expect(mixed.forceDistance(apart) <= 1e-13)
        let within = evaluate(try make("hybrid/overlay lj/cut 2.5", ["1 1 lj/cut 1.0 1.0", "2 2 lj/cut 0.5 0.9"]))
        #expect(within.forceDistance(plain) <= 1e-13)
        let error = deckError {
            _ = try make("hybrid/overlay lj/cut 2.5 lj/cut 2.0", ["1 1 lj/cut 1 1.0 1.0", "2 2 lj/cut 2 0.5 0.9"])
        }
        #expect(error?.message.contains("types 1 and 2") == true)
    }

    @Test("hybrid/scaled is an ensemble with constant weights")
    func scaled() throws {
        let lines = ["* * lj/cut 1 1.0 1.0", "* * lj/cut 2 0.4 0.9"]
        let scaled = evaluate(try make("hybrid/scaled 0.3 lj/cut 2.5 0.7 lj/cut 1.7", lines))
        let ensemble = evaluate(try make("ensemble/committee weights 0.3 0.7 lj/cut 2.5 lj/cut 1.7", lines))
        #expect((scaled.energy - ensemble.energy).magnitude <= 1e-13 * scaled.energyMagnitude)
        #expect(scaled.forceDistance(ensemble) <= 1e-12 * max(1, ensemble.largestForce))
    }

    @Test("in hybrid a pair belongs to the member that is named last")
    func exclusive() throws {
        let hybrid = evaluate(
            try make("hybrid lj/cut 2.5 lj/cut 1.7", ["* * lj/cut 1 1.0 1.0", "1 2 lj/cut 2 0.4 0.9", "2 2 lj/cut 2 0.5 0.8"]))
        let overlay = evaluate(
            try make(
                "hybrid/overlay lj/cut 2.5 lj/cut 1.7",
                ["* * lj/cut 1 1.0 1.0", "1 2 none", "2 2 none", "1 2 lj/cut 2 0.4 0.9", "2 2 lj/cut 2 0.5 0.8"]))
        #expect(hybrid.forceDistance(overlay) <= 1e-13)
        for (line, message) in [
            ("hybrid/scaled lj/cut 2.5", "pair_style"), ("hybrid/scaled a lj/cut 2.5", "a number"),
            ("hybrid/scaled 0.5", "a scale and a pair style"),
        ] {
            let error = deckError { _ = try make(line, []) }
            #expect(error != nil, "\(line)")
            #expect(error?.message.contains(message) == true, "\(line): \(error?.message ?? "")")
        }
    }

    @Test("an ensemble may be the last member, and a hybrid a committee's")
    func nested() throws {
        let potential = try make(
            "hybrid/overlay zero 1.0 ensemble/committee weights 0.5 0.5 lj/cut 2.5 lj/cut 2.0",
            ["* * zero", "* * ensemble/committee lj/cut 1 1.0 1.0", "* * ensemble/committee lj/cut 2 1.0 1.0"])
        #expect(potential.members.map(\.style) == ["zero", "ensemble/committee"])
        #expect(potential.memberReporting?.memberNames == ["lj/cut:1", "lj/cut:2"])
        #expect(potential.requirements == Requirements(cutoff: 2.5, list: .half))
    }

    @Test(
        "errors point at the word",
        arguments: [
            ("hybrid/overlay", 15, "styles"),
            ("hybrid/overlay lj/cuts 2.5", 16, "did you mean 'lj/cut'"),
            ("hybrid/overlay lj/cut 2.5 hybrid/overlay zero 1", 27, "not a member of a hybrid"),
            ("hybrid/overlay lj/cut zero 1.0", 23, "cutoff"),
            ("ensemble/committee weights 0.5 0.6 zero 1.0 zero 1.0", 28, "add up to 1.1"),
            ("ensemble/committee weights 0.5 0.25 0.25 zero 1.0 zero 1.0", 28, "3 weights for 2 members"),
            ("ensemble/committee weights 0 0 unnormalised zero 1.0 zero 1.0", 28, "every weight is 0"),
            ("ensemble/committee drive lj/cut zero 1.0 zero 1.0", 26, "unknown member"),
            ("ensemble/committee drive zero zero 1.0 zero 1.0", 26, "from 1 to 2"),
            ("ensemble/committee drive zero 3 zero 1.0 zero 1.0", 31, "from 1 to 2"),
            ("ensemble/committee out_freq x zero 1.0", 29, "whole number"),
            ("ensemble/committee ddof 2 zero 1.0", 25, "ddof"),
            ("ensemble/committee ddof 1 zero 1.0", 25, "two members"),
            ("ensemble/committee members 1 3 zero 1.0 zero 1.0", 30, "no member 3"),
            ("ensemble/committee atomc zero 1.0", 20, "unknown pair_style"),
        ])
    func styleErrors(line: String, column: Int, message: String) {
        let error = deckError { _ = try make(line, []) }
        let found = error?.message ?? "no error"
        if column == 25 && message == "ddof" {
            #expect(error?.location?.column == 25, "\(found)")
        } else {
            #expect(found.contains(message), "\(found)")
            #expect(error?.location?.column == column, "\(found)")
        }
    }

    @Test(
        "pair_coeff errors point at the word",
        arguments: [
            ("* * lj/cut 1.0 1.0", 12, "which lj/cut is meant"),
            ("* * lj/cut 3 1.0 1.0", 12, "from 1 to 2"),
            ("* * zeros", 5, "did you mean 'zero'"),
            ("* * lj/cut 2 1.0", 17, "sigma"),
            ("* * none lj/cut", 10, "unexpected word"),
            ("* 3 lj/cut 1 1.0 1.0", 3, "type"),
        ])
    func coefficientErrors(line: String, column: Int, message: String) {
        let error = deckError { _ = try make("hybrid/overlay lj/cut 2.5 lj/cut 2.0 zero 1.0", [line]) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "no error")")
        #expect(error?.location?.column == column, "\(error?.message ?? "no error")")
    }

    @Test("a member without pair_coeff is named")
    func missing() {
        let error = deckError {
            _ = try make("ensemble/committee lj/cut 2.5 lj/cut 2.0", ["* * lj/cut 1 1.0 1.0"])
        }
        #expect(error?.message.contains("lj/cut:2 has no pair_coeff line") == true)
        #expect(error?.location?.column == 31)
    }

    @Test("options of a committee")
    func options() throws {
        let lines = ["* * lj/cut 1 1.0 1.0", "* * lj/cut 2 1.0 1.0"]
        let driven = try make(
            "ensemble/committee drive lj/cut 2 out_freq 50 out_file devi.out atomic relative 0.5 members 1 2 lj/cut 2.5 lj/cut 2.0", lines)
            as? Committee
        #expect(driven?.weights == [0, 1])
        #expect(driven?.deviationOutput == DeviationOutput(path: "devi.out", period: 50, isAtomic: true))
        #expect(driven?.statistics == MemberStatistics(relativeLevel: 0.5))
        #expect(driven?.summary.contains("lj/cut:1: observes every 50 steps") == true)
        let scaled = try make("ensemble/committee weights 1.0 -0.5 unnormalised lj/cut 2.5 lj/cut 2.0", lines) as? Committee
        #expect(scaled?.weights == [1.0, -0.5])
        #expect(scaled?.deviationOutput == nil)
        let uniform = try make("ensemble/committee weights uniform drive mean out_freq 10 lj/cut 2.5 lj/cut 2.0", lines) as? Committee
        #expect(uniform?.weights == [0.5, 0.5])
        #expect(uniform?.deviationOutput?.path == "model_devi.out")
        let silent = try make("ensemble/committee out_freq 0 lj/cut 2.5 lj/cut 2.0", lines) as? Committee
        #expect(silent?.deviationOutput == nil)
    }
}
