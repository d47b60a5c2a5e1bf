import Domain
import Potentials
import TestSupport
import Testing

/// Every case of `PotentialCase.all` through `checkPotential`, and on ranks.
@Suite struct ConformanceTests {
    @Test("conforms", arguments: PotentialCase.all.map(\.name))
    func conforms(name: String) throws {
        let results = try PotentialCase.named(name)!.conformance()
        #expect(results.failures.isEmpty, "\n\(results.failures.table)")
    }

    @Test("is the same on 1, 2, 3 and 4 ranks", arguments: PotentialCase.all.map(\.name))
    func ranks(name: String) throws {
        let known = PotentialCase.named(name)!
        let system = known.system()
        let serial = Evaluator(system, try known.make(system.setup())).evaluate()
        for ranks in [1, 2, 3, 4] {
            let parallel = try RankHarness.evaluate(name, ranks: ranks)
            let results = compareRanks(serial, parallel, "\(ranks) ranks", known.options)
            #expect(results.failures.isEmpty, "\n\(results.failures.table)")
        }
    }
}
