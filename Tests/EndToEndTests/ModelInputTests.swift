import Foundation
import TestSupport
import Testing

/// Decks with models and data files: what can be wrong with them, told with the place, on every rank.
@Suite struct ModelInputTests {
    static let models = DeckRunner.root + "/inputs/methanol"

    static func deck(coefficients: String = "* * \(models)/painn-b.json Cu C O H", data: String = "\(models)/start.data") -> String {
        """
        units metal
        read_data \(data)
        pair_style painn
        pair_coeff \(coefficients)
        fix 1 all nve
        run 0
        """
    }

    private func expectRefusal(_ deck: String, files: [String: String] = [:], ranks: Int = 2, _ words: [String]) throws {
        let result = try DeckRunner.run(deck, files: files, ranks: ranks, timeout: 120)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status != 0 && result.status != 124, "status \(result.status)")
        for word in words { #expect(result.errors.contains(word), "expected '\(word)' in: \(result.errors)") }
    }

    @Test func runs() throws {
        let result = try DeckRunner.run(Self.deck(), ranks: 2, timeout: 120)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.table().count == 1)
    }

    @Test func speciesOrderSwappedAgainstMasses() throws {
        try expectRefusal(
            Self.deck(coefficients: "* * \(Self.models)/painn-b.json Cu O C H"), ["in.deck:4:", "type 2 is mapped to O", "mass of C"])
    }

    @Test func elementNotInTheModel() throws {
        try expectRefusal(Self.deck(coefficients: "* * \(Self.models)/painn-b.json Cu C O Xx"), ["in.deck:4:", "Xx"])
    }

    @Test func tooFewElements() throws {
        try expectRefusal(Self.deck(coefficients: "* * \(Self.models)/painn-b.json Cu C O"), ["in.deck:4:", "type 4"])
    }

    @Test func missingModel() throws {
        try expectRefusal(Self.deck(coefficients: "* * nothing.json Cu C O H"), ["in.deck:4:", "nothing.json"])
    }

    @Test func truncatedModel() throws {
        let json = try String(contentsOfFile: Self.models + "/painn-b.json", encoding: .utf8)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mdrun-truncated-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let weights = try Data(contentsOf: URL(fileURLWithPath: Self.models + "/painn-b.safetensors"))
        try weights.prefix(weights.count / 2).write(to: folder.appendingPathComponent("painn-b.safetensors"))
        try json.write(to: folder.appendingPathComponent("painn-b.json"), atomically: false, encoding: .utf8)
        try expectRefusal(Self.deck(coefficients: "* * \(folder.path)/painn-b.json Cu C O H"), ["painn-b.safetensors"])
    }

    @Test func notANumberInData() throws {
        var data = try String(contentsOfFile: Self.models + "/start.data", encoding: .utf8)
        let line = data.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.hasPrefix("7 1 ") }!
        var lines = data.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines[line] = "7 1 nan 1.0 16.8"
        data = lines.joined(separator: "\n")
        try expectRefusal(Self.deck(data: "bad.data"), files: ["bad.data": data], ["bad.data:\(line + 1):", "nan"])
    }

    @Test(arguments: [1, 2]) func overlappingAtoms(ranks: Int) throws {
        var lines = try String(contentsOfFile: Self.models + "/start.data", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let first = lines.firstIndex { $0.hasPrefix("1 1 ") }!, second = lines.firstIndex { $0.hasPrefix("2 1 ") }!
        lines[second] = "2" + lines[first].dropFirst()
        try expectRefusal(
            Self.deck(data: "overlap.data"), files: ["overlap.data": lines.joined(separator: "\n")], ranks: ranks, ["step 0", "not finite", "painn"])
    }
}
