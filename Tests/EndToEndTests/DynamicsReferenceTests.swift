import Foundation
import TestSupport
import Testing

/// Thermostats, barostats, deformation, two dimensions, minimisers: the numbers of LAMMPS for the same decks (Tests/Reference/lammps/dynamics).
@Suite struct DynamicsReferenceTests {
    static let folder = DeckRunner.root + "/Tests/Reference/lammps/dynamics"
    static let dynamics = [
        "nvt", "npt-iso", "npt-aniso", "npt-tri", "npt-stress", "npt-couple", "npt-dilate", "npt-flip", "nph", "berendsen", "langevin", "deform",
        "deform-tilt", "two", "two-lattices", "change-box", "hybrid-scaled", "velocity-temp", "respa", "walls", "heat", "shear", "random", "order",
        "exclude", "respa-shells", "adapt", "bias",
    ]
    static let minimisers = ["min-cg", "min-sd", "min-fire", "min-damped", "min-fixes", "relax-iso", "relax-aniso", "relax-tri", "relax-stress"]

    /// Of a log or a golden file: tables as rows of numbers under their heads, and what is said of minimisations.
    private struct Output {
        var tables: [(head: [String], rows: [[Double]])] = []
        var statistics: [[String]] = []

        init(_ text: String) {
            var isTable = false, isStatistics = false
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                if words.first == "Step" {
                    tables.append((words, []))
                    isTable = true
                    continue
                }
                if line.hasPrefix("Minimization stats") { (isTable, isStatistics) = (false, true) }
                if line.hasPrefix("Loop time") { isTable = false }
                if line.hasPrefix("Minimization stats") { statistics.append([]) }
                if isStatistics { statistics[statistics.count - 1] += words }
                if line.contains("Iterations, force") { isStatistics = false }
                let numbers = words.compactMap(Double.init)
                if isTable, numbers.count == tables[tables.count - 1].head.count { tables[tables.count - 1].rows.append(numbers) }
            }
        }
    }

    /// Every number within 1e-9 of its column's largest; words and whole numbers equal.
    /// - Parameter floor: columns whose numbers are all below it are compared with it instead.
    private func compare(_ deck: String, ranks: Int, floor: Double = 1e-3) throws {
        let result = try DeckRunner.run(file: "\(Self.folder)/in.\(deck)", ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let ours = Output(result.log)
        let golden = Output(try String(contentsOfFile: "\(Self.folder)/\(deck).golden", encoding: .utf8))
        try #require(!golden.tables.isEmpty && ours.tables.count == golden.tables.count, "\(deck): \(ours.tables.count) tables")
        for (a, b) in zip(ours.tables, golden.tables) {
            #expect(a.head == b.head)
            try #require(a.rows.map { $0[0] } == b.rows.map { $0[0] }, "\(deck): steps")
            for (column, name) in b.head.enumerated() {
                let scale = b.rows.map { $0[column].magnitude }.max()!
                let error = zip(a.rows, b.rows).map { ($0[column] - $1[column]).magnitude }.max()!
                #expect(error <= 1e-9 * max(scale, floor), "\(deck) on \(ranks) ranks: \(name) is off by \(error) of \(scale)")
            }
        }
        try #require(ours.statistics.count == golden.statistics.count)
        for (a, b) in zip(ours.statistics, golden.statistics) {
            try #require(a.count == b.count, "\(a) \(b)")
            for (x, y) in zip(a, b) where x != y {
                let (u, v) = (Double(x), Double(y))
                try #require(u != nil && v != nil && Int(x) == nil, "\(deck): '\(x)' instead of '\(y)'")
                // Printed with 8 digits; forces at a minimum are small differences.
                #expect((u! - v!).magnitude <= 1e-6 * v!.magnitude, "\(deck): \(x) instead of \(y)")
            }
        }
    }

    @Test(arguments: dynamics + minimisers) func onOneRank(_ deck: String) throws { try compare(deck, ranks: 1) }

    /// Numbers of 1e-26 are compared as such.
    @Test(arguments: ["si", "cgs", "electron", "micro", "nano"]) func unitSystems(_ name: String) throws {
        try compare("units-\(name)", ranks: 1, floor: 0)
    }

    @Test(
        arguments: [
            "npt-stress", "npt-flip", "npt-dilate", "deform-tilt", "two", "min-cg", "min-fire", "relax-tri", "walls", "heat", "shear", "random", "order",
            "exclude", "respa",
        ], [2, 4])
    func onRanks(_ deck: String, _ ranks: Int) throws { try compare(deck, ranks: ranks) }
}
