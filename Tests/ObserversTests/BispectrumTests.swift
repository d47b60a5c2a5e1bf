import Foundation
import TestSupport
import Testing

/// compute sna/atom, snad/atom, snav/atom and snap beside LAMMPS (Tests/Reference/snap/computes).
@Suite struct BispectrumTests {
    static let folder = DeckRunner.root + "/Tests/Reference/snap/computes"

    /// Rows of numbers, and heads of columns where the file has them.
    private func numbers(_ text: String) -> (rows: [[Double]], names: [String]) {
        var rows: [[Double]] = [], names: [String] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix("ITEM: ATOMS") { names = Array(words.dropFirst(2)) }
            let values = words.compactMap(Double.init)
            if values.count == words.count { rows.append(values) }
        }
        return (rows.filter { names.isEmpty || $0.count == names.count }, names)
    }

    @Test(arguments: [1, 2, 4]) func computes(ranks: Int) throws {
        let result = try DeckRunner.run(file: "\(Self.folder)/in.bispectrum", arguments: ["-var", "dir", "."], ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        for file in ["atoms", "snap", "rows"] {
            let golden = numbers(try String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8)), ours = numbers(try result.file(file))
            #expect(golden.rows.count > 10 && golden.rows.map(\.count) == ours.rows.map(\.count) && golden.names == ours.names, "\(file)")
            guard golden.rows.map(\.count) == ours.rows.map(\.count) else { continue }
            // Each compute, or the whole matrix, has its scale.
            var scales: [String: Double] = [:]
            func owner(_ k: Int) -> String { golden.names.isEmpty ? "" : String(golden.names[k].prefix { $0 != "[" }) }
            for row in golden.rows { for (k, x) in row.enumerated() { scales[owner(k), default: 0] = max(scales[owner(k)] ?? 0, abs(x)) } }
            for (a, b) in zip(golden.rows, ours.rows) {
                for k in a.indices where abs(a[k] - b[k]) > 2e-12 * scales[owner(k)]! {
                    Issue.record("\(file), row \(Int(a[0])), column \(k + 1): \(b[k]), not \(a[k])")
                    return
                }
            }
        }
    }

    @Test func refusals() throws {
        let head = "lattice bcc 3.1\nregion b block 0 2 0 2 0 2\ncreate_box 1 b\ncreate_atoms 1 box\nmass 1 50\npair_style zero 5\npair_coeff * *\n"
        for (words, message) in [
            ("snad/atom 1 0.99 2 2.3 1 bikflag 1", "bikflag is of compute snap"),
            ("snap 1 0.99 2 2.3 1 dgradflag 1", "dgradflag 1"),
            ("sna/atom 1 0.99 2 2.3 1 nnn 24", "not supported"),
            ("sna/atom 1 0.99 2 2.3 1 sinner 1", "switchinnerflag 1"),
            ("sna/atom 1 1.99 2 2.3 1", "at most 1"),
        ] {
            let result = try DeckRunner.run(head + "compute b all \(words)\n")
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status != 0 && result.errors.contains(message), "\(words): \(result.errors)")
        }
    }
}
