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

    /// In the frame of the edges: the file that LAMMPS wrote, read and written again, but for the order of atoms and rounding.
    @Test(arguments: [1, 3]) func generalTriclinic(_ ranks: Int) throws {
        let file = try String(contentsOfFile: "\(AtomsReferenceTests.folder)/read_general.data", encoding: .utf8)
        let made = try written("read_general", ranks, "triclinic/general")
        func lines(_ text: String) -> [[Double]] {
            text.split(separator: "\n").dropFirst().map { $0.split(separator: " ").compactMap { Double($0) } }.filter { $0.count > 2 }
        }
        let (a, b) = (lines(made), lines(file))
        try #require(a.count == b.count && a.count == 4 + 2 * 36)
        for (x, y) in zip(a, b) {
            #expect(x.count == y.count && zip(x, y).allSatisfy { ($0 - $1).magnitude < 1e-13 * max(1, $1.magnitude) }, "\(x) \(y)")
        }
        // Without the keyword it is the restricted box.
        #expect(try written("read_general", ranks).contains("xy xz yz"))
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
