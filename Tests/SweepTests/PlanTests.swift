import Foundation
import Sweep
import TestSupport
import Testing

@Suite("Plans of sweeps") struct PlanTests {
    static let head = "deck: in.a\n"

    func plan(_ text: String, _ folder: TemporaryFolder) throws -> Plan { try Plan(file: folder.path + "/plan.yaml", text: text) }

    func folder() throws -> TemporaryFolder { try TemporaryFolder(["in.a": "run 1\n", "in.b": "run 2\n"]) }

    @Test("a product of lists, ranges, models and seeds; the last varies fastest") func product() throws {
        let folder = try folder()
        let runs = try plan(
            """
            deck: in.a
            models:
              one: {style: painn, file: one.json}
              two: {style: nep, file: nep.txt, deck: in.b}
            variables:
              temp: {from: 300, to: 500, step: 100}
              dt: {from: 0.0005, to: 0.002, factor: 2}
              steps: 1000
            seeds: 2
            """, folder
        ).runs()
        #expect(runs.count == 2 * 3 * 3 * 2)
        #expect(runs[0].variables.map(\.name) == ["model", "temp", "dt", "seed"])
        #expect(runs[0].variables.map(\.value) == ["one", "300", "0.0005", "1"])
        #expect(runs[1].variables.map(\.value) == ["one", "300", "0.0005", "2"])
        #expect(runs.map { $0.value("dt")! }.prefix(6) == ["0.0005", "0.0005", "0.001", "0.001", "0.002", "0.002"])
        #expect(runs[0].value("file") == "one.json" && runs[0].value("steps") == "1000")
        #expect(runs[0].deck.hasSuffix("/in.a") && runs.last!.deck.hasSuffix("/in.b"))
        #expect(Set(runs.map(\.id)).count == runs.count)
        #expect(runs[0].folder == "model-one_temp-300_dt-0.0005_seed-1.\(runs[0].id)")
    }

    @Test("zip, exclude, decks and rank counts") func others() throws {
        let folder = try folder()
        let runs = try plan(
            """
            decks: {first: in.a, second: in.b}
            variables:
              dt: [0.001, 0.002, 0.004]
              steps: [4000, 2000, 1000]
            zip: [dt, steps]
            ranks: [1, 2]
            exclude:
              - {deck: second, dt: [0.001, 0.004]}
            """, folder
        ).runs()
        #expect(runs.count == 2 * (3 + 1))
        #expect(runs.allSatisfy { Double($0.value("dt")!)! * Double($0.value("steps")!)! == 4 })
        #expect(runs.map { $0.ranks! } == [1, 2, 1, 2, 1, 2, 1, 2])
        #expect(runs.suffix(2).allSatisfy { $0.value("dt") == "0.002" && $0.deck.hasSuffix("in.b") })
    }

    @Test("values stay as they are written, and ranges have no digits too many") func values() throws {
        let folder = try folder()
        let runs = try plan(Self.head + "variables:\n  a: [1.0, 1e-3, yes, '007']\n  b: {from: 0.1, to: 0.5, step: 0.1}\n", folder).runs()
        #expect(runs.map { $0.value("a")! }.filter { $0 == "1.0" }.count == 5)
        #expect(Set(runs.map { $0.value("a")! }) == ["1.0", "1e-3", "yes", "007"])
        #expect(runs.prefix(5).map { $0.value("b")! } == ["0.1", "0.2", "0.3", "0.4", "0.5"])
    }

    @Test("ids stay when runs are added, and do not depend on order, limits or labels") func stableIds() throws {
        let folder = try folder()
        func ids(_ text: String) throws -> Set<String> { Set(try plan(text, folder).runs().map(\.id)) }
        let small = try ids(Self.head + "variables: {temp: 300, dt: [0.001, 0.002]}\nseeds: 2\n")
        let more = try ids(Self.head + "seeds: 5\nlimits: {tries: 9}\nvariables: {dt: [0.002, 0.001, 0.004], temp: [300, 600]}\n")
        #expect(small.count == 4 && more.count == 30 && small.isSubset(of: more))
        let other = try ids(Self.head + "variables: {temp: 301, dt: [0.001, 0.002]}\nseeds: 2\n")
        #expect(other.isDisjoint(with: small))
    }

    @Test(
        "errors say where, what was expected and what is near",
        arguments: [
            ("deck: in.a\nvariabels: {a: 1}\n", ["plan.yaml:2:1", "unknown key 'variabels'", "did you mean 'variables'"]),
            ("deck: in.none\n", [":1:7", "no such file"]),
            ("variables: {a: 1}\n", ["no deck"]),
            ("deck: in.a\nvariables: {a: [1, 2], b: [1, 2, 3]}\nzip: [a, b]\n", ["as many values"]),
            ("deck: in.a\nvariables: {temp: [1, 2]}\nzip: [temp, tmp]\n", ["no variable 'tmp'"]),
            ("deck: in.a\nvariables:\n  dt: {from: 1, to: 2, factor: 0.5}\n", [":3:7", "never reaches"]),
            ("deck: in.a\nvariables:\n  dt: [1, 2, 1]\n", ["twice"]),
            ("deck: in.a\nvariables:\n  dt: {from: 1, too: 2}\n", [":3:17", "unknown key 'too'", "did you mean 'to'"]),
            ("deck: in.a\nlimits: {walltime: soon}\n", [":2:20", "a time such as"]),
            ("deck: in.a\nseeds: 0\n", [":2:8", "at least 1"]),
            ("deck: in.a\nseeds: 3\nreport: {by: [sead]}\n", ["no variable 'sead'", "did you mean 'seed'"]),
            ("deck: in.a\npolicy: {order: shufled}\n", ["did you mean 'shuffled'"]),
            ("deck: in.a\ndeck: in.b\n", ["twice"]),
            ("deck: [in.a\n", ["plan.yaml:"]),
            ("deck: in.a\nmodels:\n  m: {temp: 3}\nvariables: {temp: [1, 2]}\n", [":3:3", "sets 'temp'"]),
            ("deck: in.a\nvariables: {a: [1, 2]}\nexclude: [{a: [1, 2]}]\n", ["everything is excluded"]),
        ]) func errors(text: String, parts: [String]) throws {
        let folder = try folder()
        let error = #expect(throws: (any Error).self) { _ = try plan(text, folder).runs() }
        for part in parts { #expect("\(error!)".contains(part), "\(error!)") }
    }

    @Test("times") func durations() {
        for (text, seconds) in [("90", 90.0), ("90 s", 90), ("30 min", 1800), ("2h", 7200), ("1.5 h", 5400), ("1:30:00", 5400), ("1 d", 86400)] {
            #expect(Duration.seconds(text) == seconds)
        }
        for text in ["", "soon", "-1 h", "1 fortnight", "1:2:3:4"] { #expect(Duration.seconds(text) == nil) }
    }
}

@Suite("The plans in inputs/sweeps") struct InputPlanTests {
    static let plans: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: DeckRunner.root + "/inputs/sweeps")) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    @Test("all of them are here") func isComplete() {
        #expect(Set(["nve-timestep.yaml", "methane-stability.yaml", "methanol-stability.yaml"]).isSubset(of: Set(Self.plans)))
    }

    @Test("every model of a plan runs its deck, for a few steps", arguments: plans) func runs(name: String) throws {
        let runs = try Plan(file: DeckRunner.root + "/inputs/sweeps/" + name).runs()
        var done: Set<String> = []
        for run in runs where done.insert(run.value("model") ?? "").inserted {
            var words: [String] = []
            for setting in run.variables + run.settings where setting.name != "model" {
                // Short: few steps, or a short time.
                let value = ["steps": "4", "length": "0.004"][setting.name] ?? setting.value
                words += ["-var", setting.name, value]
            }
            let result = try DeckRunner.run(file: run.deck, arguments: words, ranks: 1)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status == 0, "\(run.folder): \(result.errors)")
            let last = try #require(result.log.contains("Loop time of") ? result.table(name.hasPrefix("nve") ? 1 : 0).last : nil)
            #expect((last["TotEng"] ?? .nan).isFinite)
        }
        #expect(done.count >= 4)
    }
}
