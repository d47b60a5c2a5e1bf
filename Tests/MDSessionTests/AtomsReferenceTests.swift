import Foundation
import Testing

/// Decks that make atoms, against LAMMPS' own: the same bits (`scripts/reference/make_atoms_reference.sh`), on any number of ranks.
@Suite struct AtomsReferenceTests {
    static let folder = testsFolder + "/Reference/lammps/atoms"
    static let decks = try! FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0.hasSuffix(".in") }.map { String($0.dropLast(3)) }.sorted()

    static func golden(_ name: String) throws -> Snapshot {
        let lines = try String(contentsOfFile: "\(folder)/\(name).golden", encoding: .utf8).split(separator: "\n")
        return Snapshot(
            box: lines[1].split(separator: " ").map { Double($0)! }, atoms: lines.dropFirst(2).map(AtomLine.init))
    }

    @Test(arguments: decks, [1, 2, 3, 8])
    func sameBits(_ name: String, _ ranks: Int) throws {
        let deck = try String(contentsOfFile: "\(Self.folder)/\(name).in", encoding: .utf8)
        let wanted = try Self.golden(name)
        let made = try run(deck, folder: Self.folder, ranks: ranks)
        #expect(made.box == wanted.box, "\(name)")
        #expect(made.atoms.count == wanted.atoms.count, "\(name)")
        if let k = zip(made.atoms, wanted.atoms).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            Issue.record("\(name) on \(ranks) ranks: \(made.atoms[k]) instead of \(wanted.atoms[k])")
        }
    }
}
