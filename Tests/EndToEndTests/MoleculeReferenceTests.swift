import Foundation
import TestSupport
import Testing

/// Bonded styles and levels of `run_style respa` for them: the numbers of LAMMPS for the same decks (Tests/Reference/lammps/molecules).
@Suite struct MoleculeReferenceTests {
    private static let folder = DeckRunner.root + "/Tests/Reference/lammps/molecules"

    private func rows(_ text: String) -> (head: [String], rows: [[Double]]) {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        guard let start = lines.firstIndex(where: { $0.first == "Step" }) else { return ([], []) }
        let rows = lines[(start + 1)...].prefix { $0.first != "Loop" }.map { $0.compactMap(Double.init) }
        return (lines[start], rows.filter { $0.count == lines[start].count })
    }

    @Test(arguments: ["levels", "fields", "arms", "tables"], [1, 4]) func matches(deck: String, ranks: Int) throws {
        var files: [String: String] = [:]
        for name in ["own.table", "mol.data", "bare.data"] { files[name] = try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8) }
        let result = try DeckRunner.run(file: "\(Self.folder)/in.\(deck)", files: files, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        try #require(result.status == 0, "\(result.errors)")
        let ours = rows(result.log), theirs = rows(try String(contentsOfFile: "\(Self.folder)/\(deck).golden", encoding: .utf8))
        #expect(ours.head == theirs.head)
        try #require(theirs.rows.count == 3 && ours.rows.map { $0[0] } == theirs.rows.map { $0[0] })
        for (column, name) in theirs.head.enumerated() {
            let scale = max(theirs.rows.map { $0[column].magnitude }.max()!, 1e-3)
            let errors = zip(ours.rows, theirs.rows).map { ($0[column] - $1[column]).magnitude }
            #expect(errors[0] <= 1e-11 * scale, "\(deck) on \(ranks) ranks: \(name) is off by \(errors[0]) of \(scale) at first")
            // Rounding grows with the motion.
            #expect(errors.max()! <= 1e-8 * scale, "\(deck) on \(ranks) ranks: \(name) is off by \(errors.max()!) of \(scale)")
        }
    }
}
