import Foundation
import TestSupport
import Testing

/// Every deck in inputs/ as it is, for a few steps on two ranks.
@Suite struct InputDeckTests {
    static let decks: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: DeckRunner.root + "/inputs")) ?? []
        return names.filter { $0.hasPrefix("in.") }.sorted()
    }()

    @Test("all of them are here") func isComplete() {
        #expect(Set(["in.melt", "in.methane", "in.methanol", "in.methanol.direct"]).isSubset(of: Set(Self.decks)))
    }

    @Test("runs as it is", arguments: decks)
    func runs(name: String) throws {
        let result = try DeckRunner.run(file: DeckRunner.root + "/inputs/" + name, arguments: ["-var", "steps", "10"], ranks: 2)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let table = result.table()
        let first = try #require(table.first), last = try #require(table.last)
        #expect(last["Step"] == 10)
        let energy = try #require(first.keys.contains("TotEng") ? first["TotEng"] : nil)
        #expect(energy.isFinite && (last["TotEng"] ?? .nan).isFinite)
    }

    /// The stacked decks print what each base does, and the direct one that its energies are another's.
    @Test("stacked decks say what they are") func stacked() throws {
        for (name, line) in [
            ("in.methanol", "exact gradient of U"), ("in.methane", "exact gradient of U"), ("in.methanol.direct", "not the gradient of an energy"),
        ] {
            let result = try DeckRunner.run(file: DeckRunner.root + "/inputs/" + name, arguments: ["-var", "steps", "0"], ranks: 2)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status == 0 && result.log.contains(line), "\(name): \(result.errors)")
        }
    }
}
