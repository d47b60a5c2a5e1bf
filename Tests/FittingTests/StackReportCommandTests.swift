import Domain
import Fitting
import Foundation
import TestSupport
import Testing

/// mdfit as a user runs it.
@Suite struct StackReportCommandTests {
    private static let deck = """
        units metal
        labelmap atom 1 Cu 2 O
        pair_style ensemble/committee lj/cut 4.0 lj/cut 3.5
        pair_coeff * * lj/cut 1 0.2 2.3
        pair_coeff * * lj/cut 2 0.3 2.1
        """

    /// A folder with a deck and two data sets: distorted lattices with forces that have nothing to do with the deck's.
    private func withInputs(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fitting-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.deck.write(toFile: folder + "/two.in", atomically: true, encoding: .utf8)
        var random = SeededGenerator(8)
        func number() -> Double { 2 * random.uniform() - 1 }
        var frames: [Frame] = []
        for n in 0..<30 {
            var positions: [Vector] = []
            for i in 0..<27 {
                let site = Vector(Double(i % 3), Double(i / 3 % 3), Double(i / 9), 0)
                positions.append(site * 2.5 + Vector(number(), number(), number(), 0) * 0.2)
            }
            frames.append(
                Frame(
                    elements: (0..<27).map { ($0 + n) % 4 == 0 ? "O" : "Cu" }, positions: positions,
                    cell: Tensor(x: Vector(7.5, 0, 0, 0), y: Vector(0, 7.5, 0, 0), z: Vector(0, 0, 7.5, 0)), energy: number(),
                    forces: positions.map { _ in Vector(number(), number(), number(), 0) }))
        }
        try frames[..<20].map(\.extendedXYZ).joined().write(toFile: folder + "/train.xyz", atomically: true, encoding: .utf8)
        try frames[20...].map(\.extendedXYZ).joined().write(toFile: folder + "/test.xyz", atomically: true, encoding: .utf8)
        try body(folder)
    }

    private func mdfit(_ words: [String], ranks: Int = 1) throws -> String {
        try RankHarness.run(words, ranks: ranks, executable: "mdfit")
    }

    @Test("help is that of the command asked for", arguments: ["train", "stack", "stack train", "stack report", "evaluate", "cost"])
    func help(command: String) throws {
        let words = command.split(separator: " ").map(String.init)
        for asked in [words + ["--help"], ["help"] + words] {
            let text = try mdfit(asked)
            #expect(text.contains("USAGE: mdfit \(command)"), "\(asked)")
        }
    }

    @Test("what passes cost: every pass of the potential, copies of the frame, one pass alone, a pass that there is not")
    func cost() throws {
        try withInputs { folder in
            let deck = "units metal\nlabelmap atom 1 Cu 2 O\npair_style lj/cut 4.0\npair_coeff * * 0.2 2.3\n"
            try deck.write(toFile: folder + "/lj.in", atomically: true, encoding: .utf8)
            let words = ["cost", "\(folder)/lj.in", "\(folder)/test.xyz"]
            let text = try mdfit(words + ["--copies", "2", "1", "3", "--rounds", "3"])
            #expect(text.contains("# 162 atoms, "))
            let rows = text.split(separator: "\n").drop { !$0.hasPrefix("pass") }.dropFirst().map { $0.split(separator: " ") }
            #expect(rows.map { $0[0] } == Pass.allCases.map { Substring($0.rawValue) })
            #expect(rows.allSatisfy { (Double($0[1]) ?? 0) > 0 && (Double($0[2]) ?? 0) > 0.2 })
            #expect(try mdfit(words + ["--only", "pullback", "--rounds", "2"]) == "")
            expectFailure("no pass 'forcs'") { _ = try mdfit(words + ["--only", "forcs"]) }
        }
    }

    @Test("the same report on one rank and three, computed and from the cache; a changed deck is computed anew")
    func ranksAndCache() throws {
        try withInputs { folder in
            let words = ["stack", "report", "\(folder)/two.in", "\(folder)/train.xyz", "\(folder)/test.xyz", "--block", "2"]
            let files = ["--csv", "\(folder)/out.csv", "--write-weights", "\(folder)/w.json", "--bases", "all"]
            let one = try mdfit(words + files)
            #expect(one.contains("lj/cut:1+lj/cut:2") && one.contains("keep: "))
            let cached = words + files + ["--cache", "\(folder)/cache"]
            let first = try mdfit(cached, ranks: 3), second = try mdfit(cached, ranks: 2)
            #expect(first == one)
            #expect(second.components(separatedBy: "are those of").count == 3)
            #expect(second.split(separator: "\n").filter { !$0.contains("are those of") } == one.split(separator: "\n").map { $0 })
            let csv = try String(contentsOfFile: folder + "/out.csv", encoding: .utf8).split(separator: "\n")
            #expect(csv.count == 1 + 4 * 3 && Set(csv.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }).count == 1)
            struct Weights: Decodable { var bases: [String], weights: [Double] }
            let weights = try JSONDecoder().decode(Weights.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/w.json")))
            #expect(weights.bases == ["lj/cut:1", "lj/cut:2"] && (weights.weights.reduce(0, +) - 1).magnitude <= 1e-12)
            // Alone in a deck the second is no longer the second.
            let lone = ["--write-weights", "\(folder)/lone.json", "--bases", "lj/cut:2", "--unnormalised"]
            #expect(try mdfit(words + lone).contains("weights of lj/cut:2 are in"))
            let free = try JSONDecoder().decode(Weights.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/lone.json")))
            #expect(free.bases == ["lj/cut"] && free.weights.count == 1 && (free.weights[0] - 1).magnitude > 1e-6)

            try Self.deck.replacingOccurrences(of: "0.3 2.1", with: "0.3 2.2").write(
                toFile: folder + "/two.in", atomically: true, encoding: .utf8)
            let changed = try mdfit(cached, ranks: 2)
            #expect(!changed.contains("are those of") && changed != one)
        }
    }

    @Test("parts of TRAIN are those that mdfit split writes, as text and as a DeePMD-kit folder")
    func parts() throws {
        try withInputs { folder in
            let split = ["split", "\(folder)/train.xyz", "--fraction", "0.7", "--seed", "4", "--block", "2"]
            let text = try mdfit(split + ["--write-a", "\(folder)/a.xyz", "--write-b", "\(folder)/b.extxyz"], ranks: 2)
            #expect(text.contains("a.xyz: 14 frames, 378 atoms") && text.contains("b.extxyz: 6 frames, 162 atoms"))
            func report(_ train: String, _ words: [String]) throws -> [Substring] {
                try mdfit(["stack", "report", "\(folder)/two.in", "\(folder)/\(train)", "\(folder)/test.xyz", "--block", "2"] + words)
                    .split(separator: "\n").filter { !$0.contains("fitted on") || !$0.contains("frames of") }
            }
            let options = ["--fraction", "0.7", "--split-seed", "4"]
            for (part, file) in [("bases", "a.xyz"), ("stack", "b.extxyz")] {
                let own = try report("train.xyz", options + ["--part", part])
                #expect(try own == report(file, options))
            }
            // Frames differ in composition, which such a folder cannot hold.
            expectFailure("one composition") { _ = try mdfit(split + ["--write-a", "\(folder)/a", "--write-b", "\(folder)/b"], ranks: 2) }
        }
    }

    @Test("what is wrong is said once, and all ranks end")
    func errors() throws {
        try withInputs { folder in
            let words = ["stack", "report", "\(folder)/two.in", "\(folder)/train.xyz", "\(folder)/test.xyz"]
            for (more, expected) in [
                (["--write-weights", "\(folder)/w.json", "--bases", "lj/cut:1,nep"], "'nep' is not a base; they are lj/cut:1, lj/cut:2"),
                (["--csv", "\(folder)/nowhere/x.csv"], "cannot be written"), (["--every", "0"], "--every must be positive"),
                (["--per-element"], "--write-weights"), (["--fraction", "1.5"], "between 0 and 1"),
            ] {
                let text = message { _ = try mdfit(words + more, ranks: 2) }
                #expect(text.contains(expected) && text.components(separatedBy: expected).count == 2, "\(text)")
            }
            try "1\nenergy=0\nXx 0 0 0\n".write(toFile: folder + "/odd.xyz", atomically: true, encoding: .utf8)
            expectFailure("'Xx' is not among the potential's labels") {
                _ = try mdfit(["stack", "report", "\(folder)/two.in", "\(folder)/train.xyz", "\(folder)/odd.xyz"], ranks: 3)
            }
        }
    }
}
