import Foundation
import TestSupport
import Testing

/// Classical potentials: the numbers of LAMMPS for the same decks (Tests/Reference/lammps/potentials, made by
/// scripts/reference/make_potential_reference.py), two types in a tilted box through 50 steps with lists rebuilt.
@Suite struct PotentialReferenceTests {
    static let folder = DeckRunner.root + "/Tests/Reference/lammps/potentials"
    static let decks = [
        "morse", "buck", "born", "zbl", "yukawa", "soft", "lj-tail", "lj96", "mie", "lj-expand", "lj-smooth", "lj-smooth-linear",
        "lj-gromacs", "lj-coulomb", "buck-coulomb", "coulomb", "eam", "eam-alloy", "eam-fs", "eam-null", "sw", "sw-null", "tersoff", "tersoff-null",
        "morse-smooth-linear", "gauss", "born-gauss", "beck", "lj-debye", "lj-dsf", "born-dsf", "born-wolf", "damped", "table-linear",
        "lj-coulomb-one", "lj-class2", "class2-coulomb", "lj-cubic", "lj-mdf", "buck-mdf", "lennard-mdf", "nm", "nm-coulomb", "lj-wolf", "lj-soft",
        "class2-soft", "lj-coulomb-soft", "coulomb-forms", "gauss-cut", "harmonic-cut", "ufm", "sw-two",
        "table-match", "table-lookup", "table-spline", "sw-pairs", "tersoff-shift", "tersoff-zbl", "tersoff-mod", "tersoff-modc",
    ]

    /// Rows of numbers under a head.
    private struct Table {
        var head: [String] = []
        var rows: [[Double]] = []

        /// - Parameter head: the first word of its head.
        init(_ text: String, from first: String, to last: String?) {
            var isInside = false
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                if !isInside, words.first == first {
                    isInside = true
                    head = words
                } else if isInside {
                    if let last, line.hasPrefix(last) { break }
                    let numbers = words.compactMap(Double.init)
                    if numbers.count == words.count { rows.append(numbers) }
                }
            }
        }
    }

    private func compare(_ deck: String, ranks: Int) throws {
        var files: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder)
        where name.hasPrefix("both.") || name.hasSuffix(".eam") {
            files[name] = try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8)
        }
        let result = try DeckRunner.run(file: "\(Self.folder)/in.\(deck)", files: files, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        try #require(result.status == 0, "\(result.errors)")
        let golden = try String(contentsOfFile: "\(Self.folder)/\(deck).golden", encoding: .utf8)
        let ours = Table(result.log, from: "Step", to: "Loop time"), theirs = Table(golden, from: "Step", to: "ATOMS")
        try #require(!theirs.rows.isEmpty && ours.rows.map { $0[0] } == theirs.rows.map { $0[0] })
        for (column, name) in theirs.head.enumerated() {
            let scale = theirs.rows.map { $0[column].magnitude }.max()!
            let errors = zip(ours.rows, theirs.rows).map { ($0[column] - $1[column]).magnitude }
            #expect(errors[0] <= 1e-10 * max(scale, 1e-3), "\(deck) on \(ranks) ranks: \(name) is off by \(errors[0]) of \(scale) at first")
            // Rounding grows with the motion.
            #expect(errors.max()! <= 1e-8 * max(scale, 1e-3), "\(deck) on \(ranks) ranks: \(name) is off by \(errors.max()!) of \(scale)")
        }
        let dump = try result.file("\(deck).atoms")
        let frame = dump.components(separatedBy: "ITEM: TIMESTEP")[1].replacingOccurrences(of: "ITEM: ATOMS", with: "ATOMS")
        let mine = Table(frame, from: "ATOMS", to: nil)
        let atoms = Table(golden, from: "ATOMS", to: nil)
        try #require(!atoms.rows.isEmpty && mine.rows.count == atoms.rows.count && mine.head == atoms.head)
        for column in 1..<atoms.rows[0].count {
            let scale = atoms.rows.map { $0[column].magnitude }.max()!
            let error = zip(mine.rows, atoms.rows).map { ($0[column] - $1[column]).magnitude }.max()!
            #expect(error <= 1e-10 * max(scale, 1e-3), "\(deck) on \(ranks) ranks: \(atoms.head[column]) is off by \(error) of \(scale)")
        }
    }

    @Test(arguments: decks) func onOneRank(_ deck: String) throws { try compare(deck, ranks: 1) }

    @Test(arguments: ["born", "lj-coulomb", "lj-dsf", "table-spline", "tersoff-mod", "eam", "eam-fs", "sw", "tersoff"], [2, 4])
    func onRanks(_ deck: String, _ ranks: Int) throws { try compare(deck, ranks: ranks) }
}
