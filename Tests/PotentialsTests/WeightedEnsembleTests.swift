import Deck
import Domain
import Potentials
import TestSupport
import Testing

@Suite struct WeightedEnsembleTests {
    private let system = TestSystem.liquid(count: 120, distance: 0.95, typeCount: 2).inReducedUnits()

    private func lj(cutoff: Double = 2.5, epsilon: Double = 1) throws -> LennardJones {
        let lj = LennardJones(globalCutoff: cutoff, typeCount: 2)
        for i in 1...2 { for j in i...2 { lj.set(i, j, .init(epsilon: epsilon, sigma: 1, cutoff: cutoff)) } }
        try lj.prepare(system.setup())
        return lj
    }

    private func make(_ line: String, files: [String: String] = [:], labels: [String?] = [nil, "Cu", "O"]) throws -> any Potential {
        let base = system.setup()
        let setup = PotentialSetup(
            units: base.units, typeCount: 2, masses: base.masses, labels: labels, communicator: base.communicator,
            read: { path, at in
                guard let text = files[path] else { throw DeckError("no file \(path)", at: at) }
                return Array(text.utf8)
            }, warn: { _ in })
        var words = deckWords(line)
        let potential = try PotentialRegistry().make(&words, setup)
        for k in 1...2 {
            var words = deckWords("* * lj/cut \(k) \(k).0 1.0", of: "pair_coeff")
            try potential.coefficients(&words, setup)
        }
        try potential.prepare(setup)
        return potential
    }

    private static let head = #""format": "mdrun-weights", "version": 1, "bases": ["lj/cut", "lj/cut"]"#
    private static let tail = "lj/cut 2.5 lj/cut 2.0"

    @Test("energies are sums of weighted site energies, and equal rows are a committee")
    func definition() throws {
        let weights = [[0.5, 0.5], [-0.25, 1.25]]
        let one = Evaluator(system, try lj()).evaluate(), two = Evaluator(system, FullListMorse()).evaluate()
        let evaluator = Evaluator(system, WeightedEnsemble(MemberSet([try lj(), FullListMorse()]), weights: weights))
        let mixed = evaluator.evaluate([.everything, .members])
        var expected = 0.0
        for i in 0..<evaluator.atoms.owned {
            let id = Int(evaluator.atoms.id[i]) - 1, c = weights[Int(evaluator.atoms.type[i]) - 1]
            let e = c[0] * one.atomEnergies[id] + c[1] * two.atomEnergies[id]
            #expect((mixed.atomEnergies[id] - e).magnitude <= 1e-12 * one.energyMagnitude)
            expected += e
        }
        #expect((mixed.energy - expected).magnitude <= 1e-12 * one.energyMagnitude)
        // Members are reported as they are, not weighted.
        let report = (evaluator.potential as? any MemberReporting)?.report
        #expect(((report?.energies[1] ?? 0) - two.energy).magnitude <= 1e-12 * one.energyMagnitude)
        let same = WeightedEnsemble(MemberSet([try lj(), FullListMorse()]), weights: [[0.3, 0.7], [0.3, 0.7]])
        let committee = Committee(MemberSet([try lj(), FullListMorse()]), weights: [0.3, 0.7])
        #expect(Evaluator(system, same).evaluate().forceDistance(Evaluator(system, committee).evaluate()) <= 1e-12 * one.largestForce)
    }

    @Test("files: one weight a member is a committee, one a member and element is not")
    func files() throws {
        let files = [
            "g.json": "{\(Self.head), \"weights\": [0.25, 0.75]}",
            "e.json": "{\(Self.head), \"elements\": [\"O\", \"Cu\"], \"weights\": [[0.25, 0.75], [1.5, -0.5]]}",
            "u.json": "{\(Self.head), \"weights\": [0.25, 0.85]}",
        ]
        let global = try make("ensemble/weighted g.json out_freq 7 calibrate 1.2 \(Self.tail)", files: files) as? Committee
        #expect(global?.weights == [0.25, 0.75] && global?.style == "ensemble/weighted")
        #expect(global?.deviationOutput?.period == 7 && global?.statistics.calibration == 1.2)
        let elements = try make("ensemble/weighted e.json ddof 1 \(Self.tail)", files: files) as? WeightedEnsemble
        #expect(elements?.weights == [[], [1.5, -0.5], [0.25, 0.75]])
        #expect(elements?.statistics.ddof == 1)
        #expect((try make("ensemble/weighted u.json unnormalised atomic \(Self.tail)", files: files) as? Committee)?.weights == [0.25, 0.85])
        let average = try make("ensemble/average members 1 2 \(Self.tail)") as? Committee
        #expect(average?.weights == [0.5, 0.5] && average?.style == "ensemble/average")
    }

    @Test(
        "what is wrong in a file or line is said, at its word",
        arguments: [
            (#"{"format": "x", "version": 1, "bases": [], "weights": []}"#, "format x version 1"),
            (#"{"format": "mdrun-weights", "version": 1, "bases": ["lj/cut", "lj/cut"]}"#, "weights is missing"),
            ("{\(Self.head), \"weights\": [0.5]}", "1 weights for 2 bases"),
            ("{\(Self.head), \"weights\": [0.5, 0.6]}", "add up to 1.1"),
            ("{\(Self.head), \"weights\": [0.5, true]}", "not a Double"),
            ("{\(Self.head), \"elements\": [\"O\"], \"weights\": [[0.5, 0.5]]}", "no weights for Cu (type 1); it has O"),
            ("{\(Self.head), \"elements\": [\"O\", \"O\"], \"weights\": [[0.5, 0.5], [0.5, 0.5]]}", "twice"),
            ("{\(Self.head), \"elements\": [\"O\", \"Cu\"], \"weights\": [[0.5, 0.5], [0.5, 0.4]]}", "of Cu add up to 0.9"),
            ("{", "not valid JSON"),
            (#"{"format": "mdrun-weights", "version": 1, "bases": ["nep", "lj/cut"], "weights": [0.5, 0.5]}"#, "base 1 is nep"),
        ])
    func wrong(text: String, message: String) {
        let error = deckError { _ = try make("ensemble/weighted w.json \(Self.tail)", files: ["w.json": text]) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "no error")")
        // At the file, or at the member that is not the file's.
        #expect(error?.location?.column == (message.hasPrefix("base") ? 26 : 19))
    }

    @Test("a type without an element, and an option that the average does not have")
    func refused() {
        let file = "{\(Self.head), \"elements\": [\"O\", \"Cu\"], \"weights\": [[0.5, 0.5], [0.5, 0.5]]}"
        let error = deckError { _ = try make("ensemble/weighted w.json \(Self.tail)", files: ["w.json": file], labels: [nil, nil, "O"]) }
        #expect(error?.message.contains("type 1 has no element") == true)
        #expect(deckError { _ = try make("ensemble/average weights 0.5 0.5 \(Self.tail)") }?.message.contains("'weights'") == true)
        #expect(deckError { _ = try make("ensemble/average calibrate 0 \(Self.tail)") }?.message.contains("positive") == true)
    }

    @Test("calibration multiplies deviations, and nothing else")
    func calibrated() throws {
        let plain = Committee(MemberSet([try lj(), FullListMorse()]))
        let scaled = Committee(MemberSet([try lj(), FullListMorse()]), statistics: MemberStatistics(calibration: 2.5))
        let a = Evaluator(system, plain).evaluate([.everything, .members]), b = Evaluator(system, scaled).evaluate([.everything, .members])
        #expect(a == b)
        for (x, y) in [
            (plain.report.force.max, scaled.report.force.max), (plain.report.force.mean, scaled.report.force.mean),
            (plain.report.energyDeviation, scaled.report.energyDeviation), (plain.report.virial!.max, scaled.report.virial!.max),
            (plain.forceDeviation(atom: 3), scaled.forceDeviation(atom: 3)),
        ] { #expect((2.5 * x - y).magnitude <= 1e-14 * y) }
    }
}
