import Domain
import Foundation
import TestSupport
import Testing

/// What mdrun prints and writes is, character by character, what LAMMPS did for the same decks (Tests/Reference/lammps/output).
@Suite struct LammpsOutputTests {
    static let folder = DeckRunner.root + "/Tests/Reference/lammps/output"

    private func run(_ deck: String, ranks: Int) throws -> DeckRunner.Result {
        let result = try DeckRunner.run(file: "\(Self.folder)/in.\(deck)", arguments: ["-var", "dir", "."], ranks: ranks)
        #expect(result.status == 0, "\(result.errors)")
        return result
    }

    private func golden(_ deck: String, _ file: String) throws -> String {
        try String(contentsOfFile: "\(Self.folder)/\(deck)/\(file)", encoding: .utf8)
    }

    /// The tables, and the counts after them, as the reference script keeps them.
    private func tables(_ log: String) -> String {
        var isTable = false
        let counts = ["Nlocal", "Nghost", "Neighs", "FullNghs", "Histogram", "Total #", "Ave neighs", "Neighbor list builds", "Dangerous"]
        return log.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line -> String? in
            if line.hasPrefix("Per MPI rank memory") {
                isTable = true
                return nil
            }
            if line.hasPrefix("Loop time") { isTable = false }
            guard isTable || counts.contains(where: line.hasPrefix) else { return nil }
            return line.replacing(/CPU = *[0-9.e+-]* \(sec\)/, with: "CPU = 0 (sec)") + "\n"
        }.joined()
    }

    /// The same without what depends on the number of ranks.
    private func tablesOnly(_ text: String) -> String {
        text.split(separator: "\n").filter { !$0.hasPrefix("N") && !$0.hasPrefix("Histogram") }.joined(separator: "\n")
    }

    @Test(arguments: ["thermo", "dumps", "ensemble", "formats", "rerun", "general"]) func tablesOnOneRank(_ deck: String) throws {
        let result = try run(deck, ranks: 1)
        defer { DeckRunner.cleanUp(result) }
        expectSameLines(tables(result.log), try golden(deck, "table"), deck)
    }

    @Test(arguments: ["dumps", "ensemble", "formats", "rerun", "general"], [2, 4]) func tablesOnRanks(_ deck: String, _ ranks: Int) throws {
        let result = try run(deck, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        expectSameLines(tablesOnly(tables(result.log)), tablesOnly(try golden(deck, "table")), "\(deck) on \(ranks) ranks")
    }

    @Test(arguments: [1, 2, 4]) func dumpFiles(ranks: Int) throws {
        for deck in ["dumps", "ensemble", "formats", "rerun", "general"] {
            let result = try run(deck, ranks: ranks)
            defer { DeckRunner.cleanUp(result) }
            let files = try FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/\(deck)").filter { $0 != "table" && $0 != "printed" }
            #expect(!files.isEmpty)
            for file in files {
                if file.hasSuffix(".dcd") {
                    try expectSameFrames("\(result.folder)/\(file)", "\(Self.folder)/\(deck)/\(file)", "\(file) on \(ranks) ranks")
                } else {
                    expectSameLines(try text(result.folder, file), try golden(deck, file), "\(file) on \(ranks) ranks")
                }
            }
            if deck == "formats" {
                // `maxfiles 2`: only the last ones are there.
                let left = try FileManager.default.contentsOfDirectory(atPath: result.folder).filter { $0.hasPrefix("most.") }
                #expect(left.sorted() == ["most.00015.txt", "most.00020.txt"])
            }
        }
    }

    /// A file's text, unpacked where only a packed one is there.
    private func text(_ folder: String, _ file: String) throws -> String {
        let path = "\(folder)/\(file)"
        if FileManager.default.fileExists(atPath: path) { return try String(contentsOfFile: path, encoding: .utf8) }
        return String(decoding: try ByteReader(path + ".gz").all(), as: UTF8.self)
    }

    /// Equal but for the title.
    private func expectSameFrames(_ ours: String, _ theirs: String, _ what: String) throws {
        let a = try ByteReader(ours).all(), b = try ByteReader(theirs).all()
        #expect(a.count == b.count, "\(what): \(a.count) bytes, not \(b.count)")
        let title = 100..<260
        let different = zip(a, b).enumerated().first { !title.contains($0.offset) && $0.element.0 != $0.element.1 }
        #expect(different == nil, "\(what): differs at byte \(different?.offset ?? 0)")
    }

    @Test func printedQuantities() throws {
        let result = try run("thermo", ranks: 1)
        defer { DeckRunner.cleanUp(result) }
        let lines = result.log.split(separator: "\n").map(String.init)
        let printed = lines.indices.filter { lines[$0].hasPrefix("print ") }.map { lines[$0 + 1] + "\n" }.joined()
        let expected = try golden("thermo", "printed")
        #expect(printed == expected)
    }

    private func expectSameLines(_ ours: String, _ theirs: String, _ what: String) {
        let a = ours.split(separator: "\n", omittingEmptySubsequences: false)
        let b = theirs.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(a.count == b.count, "\(what): \(a.count) lines, not \(b.count)")
        for (x, y) in zip(a, b) where x != y {
            Issue.record("\(what):\n\(x)\nnot\n\(y)")
            return
        }
    }
}
