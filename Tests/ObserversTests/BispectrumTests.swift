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

    @Test(arguments: [1, 2, 4]) func computes(ranks: Int) throws { try compare("in.bispectrum", ["atoms", "snap", "rows"], ranks) }

    @Test(arguments: [1, 4]) func matricesOfMLIAP(ranks: Int) throws { try compare("in.mliap", ["mliap", "mliapq"], ranks) }

    private func compare(_ deck: String, _ files: [String], _ ranks: Int) throws {
        let result = try DeckRunner.run(
            file: "\(Self.folder)/\(deck)", files: ["two.descriptor": try String(contentsOfFile: "\(Self.folder)/two.descriptor", encoding: .utf8)],
            arguments: ["-var", "dir", "."], ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        for file in files {
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

    @Test("fix pair hands on the potential's own components", arguments: [1, 3]) func potentialsComponents(ranks: Int) throws {
        let models = DeckRunner.root + "/Tests/Reference/snap/linear"
        let deck = """
            units metal
            lattice bcc 3.1
            region box block 0 2 0 2 0 2
            create_box 2 box
            create_atoms 1 box basis 2 2
            mass * 50
            displace_atoms all random 0.2 0.2 0.2 12345 units box
            pair_style snap
            pair_coeff * * \(models).snapcoeff \(models).snapparam W Be
            compute b all sna/atom 4.8123 0.99363 6 0.5 0.417932 1 0.959049
            fix p all pair 1 snap bispectrum 0
            fix 1 all nve
            dump a all custom 5 both id c_b[*] f_p[*]
            dump_modify a sort id format float %.13g
            run 5
            """
        let result = try DeckRunner.run(deck, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let rows = numbers(try result.file("both")).rows
        #expect(rows.count == 32 && rows.allSatisfy { $0.count == 61 })
        for row in rows where row.count == 61 {
            for k in 1...30 { #expect(abs(row[k] - row[k + 30]) <= 1e-11 * (1 + abs(row[k])), "atom \(row[0]), component \(k)") }
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
