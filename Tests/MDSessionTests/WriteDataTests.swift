import Foundation
import Testing

/// write_data against LAMMPS' own files, and back through read_data.
@Suite struct WriteDataTests {
    static let decks = AtomsReferenceTests.decks.filter {
        FileManager.default.fileExists(atPath: "\(AtomsReferenceTests.folder)/\($0).data.golden")
    }

    private func written(_ name: String, _ ranks: Int, before: String = "", _ extra: String = "") throws -> String {
        let path = NSTemporaryDirectory() + "mdrun-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let deck = try String(contentsOfFile: "\(AtomsReferenceTests.folder)/\(name).in", encoding: .utf8)
        _ = try run(deck + "\n\(before)\nwrite_data \(path) nocoeff \(extra)", folder: AtomsReferenceTests.folder, ranks: ranks)
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    private func body(_ text: String) -> Substring { text[(text.firstIndex(of: "\n") ?? text.startIndex)...] }

    /// The same bytes but for the first line.
    @Test(arguments: decks, [1, 2, 4])
    func sameBytes(_ name: String, _ ranks: Int) throws {
        let wanted = try String(contentsOfFile: "\(AtomsReferenceTests.folder)/\(name).data.golden", encoding: .utf8)
        let made = try written(name, ranks)
        #expect(body(made) == body(wanted))
    }

    /// What is read back and written again is the same file, labels and all.
    @Test func readsBack() throws {
        #expect(Self.decks.count >= 5)
        let folder = NSTemporaryDirectory() + "mdrun-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try written("read", 2, before: "labelmap atom 3 C", "types labels")
        #expect(first.contains("Atom Type Labels"))
        try first.write(toFile: folder + "/a.data", atomically: false, encoding: .utf8)
        _ = try run("units metal\nread_data a.data\nwrite_data \(folder)/b.data types labels", folder: folder, ranks: 3)
        #expect(try String(contentsOfFile: folder + "/b.data", encoding: .utf8) == first)
    }
}
