import Domain
import Fitting
import Foundation
import TestSupport
import Testing

/// `mdfit stack train` as a user runs it, on Lennard-Jones bases that have to be corrected to another Lennard-Jones potential.
@Suite struct StackTrainTests {
    private static func deck(_ style: String) -> String {
        """
        units metal
        labelmap atom 1 Cu 2 O
        \(style)
        """
    }

    private static let bases = """
        pair_style BASES lj/cut 4.0 lj/cut 3.5
        pair_coeff * * lj/cut 1 0.2 2.3
        pair_coeff * * lj/cut 2 0.3 2.1
        pair_modify shift yes
        """

    /// A folder with two.in, the bases, and train.xyz: 24 distorted lattices with the energies and forces of the other potential.
    private func withInputs(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ text: String, _ name: String) throws { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
        try write(Self.deck(Self.bases.replacingOccurrences(of: "BASES", with: "ensemble/committee")), "two.in")
        try write(Self.deck("pair_style lj/cut 3.8\npair_coeff * * 0.25 2.2\npair_modify shift yes"), "truth.in")
        var random = SeededGenerator(8)
        func number() -> Double { 2 * random.uniform() - 1 }
        let cell = Tensor(x: Vector(7.5, 0, 0, 0), y: Vector(0, 7.5, 0, 0), z: Vector(0, 0, 7.5, 0))
        var frames: [Frame] = []
        for n in 0..<24 {
            var positions: [Vector] = [], elements: [String] = []
            for i in 0..<27 {
                let site = Vector(Double(i % 3), Double(i / 3 % 3), Double(i / 9), 0)
                positions.append(site * 2.5 + Vector(number(), number(), number(), 0) * 0.2)
                elements.append((i + n) % 4 == 0 ? "O" : "Cu")
            }
            frames.append(Frame(elements: elements, positions: positions, cell: cell))
        }
        try write(frames.map(\.extendedXYZ).joined(), "frames.xyz")
        _ = try mdfit(["evaluate", "\(folder)/truth.in", "\(folder)/frames.xyz", "--write", "\(folder)/train.xyz"])
        try body(folder)
    }

    private func mdfit(_ words: [String], ranks: Int = 1) throws -> String {
        try RankHarness.run(words, ranks: ranks, executable: "mdfit")
    }

    private static let small = [
        "--width", "16", "--interactions", "1", "--radial", "8", "--cutoff", "4", "--batch", "4", "--hold", "0.25", "--warm-up", "2", "--rate", "3e-3",
    ]

    private func forceError(_ output: String) throws -> Double {
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("force_rmse_meV_per_A") })
        return try #require(Double(line.split(separator: " ")[1]))
    }

    @Test(
        "training lowers the error of the weighted mean, and mdrun's style gives what the training says",
        arguments: [["--kind", "direct"], ["--connected", "4"], ["--features", "geometry", "--gate", "local"]])
    func learns(_ kind: [String]) throws {
        try withInputs { folder in
            let file = "\(folder)/meta.safetensors"
            let output = try mdfit(
                ["stack", "train", "\(folder)/two.in", "\(folder)/train.xyz", file, "--epochs", "12", "--curve", "\(folder)/curve.csv"]
                    + Self.small + kind, ranks: 2)
            #expect(output.contains("parameters of epoch"))
            let rows = try String(contentsOfFile: "\(folder)/curve.csv", encoding: .utf8).split(separator: "\n").dropFirst()
            #expect(rows.count == 12)
            let style = kind.contains("direct") ? "ensemble/direct \(file)" : "ensemble/conservative \(file)"
            try Self.deck(Self.bases.replacingOccurrences(of: "BASES", with: style)).write(
                toFile: "\(folder)/meta.in", atomically: true, encoding: .utf8)
            let stacked = try forceError(try mdfit(["evaluate", "\(folder)/meta.in", "\(folder)/train.xyz"]))
            let weights = try mdfit(
                ["stack", "report", "\(folder)/two.in", "\(folder)/train.xyz", "\(folder)/train.xyz", "--csv", "\(folder)/report.csv"])
            #expect(weights.contains("keep:"))
            let mean = try forceError(try mdfit(["evaluate", "\(folder)/two.in", "\(folder)/train.xyz"]))
            #expect(stacked < 0.8 * mean, "\(kind): \(stacked) after \(mean) meV/A")
        }
    }

    @Test("a training that was cut short continues to the same file")
    func continues() throws {
        try withInputs { folder in
            func train(_ name: String, _ more: [String]) throws -> Data {
                _ = try mdfit(
                    ["stack", "train", "\(folder)/two.in", "\(folder)/train.xyz", "\(folder)/\(name).safetensors", "--epochs", "5", "--connected", "2"]
                        + Self.small + more, ranks: 2)
                return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).safetensors"))
            }
            let whole = try train("whole", ["--curve", "\(folder)/whole.csv"])
            for until in 1...5 {
                _ = try train("parts", ["--curve", "\(folder)/parts.csv", "--checkpoint", "\(folder)/parts.ckpt", "--until", "\(until)"])
            }
            #expect(try train("parts", ["--checkpoint", "\(folder)/parts.ckpt"]) == whole)
            // All but the last column, the seconds.
            func curve(_ name: String) throws -> [Substring] {
                try String(contentsOfFile: "\(folder)/\(name).csv", encoding: .utf8).split(separator: "\n").map { $0[..<$0.lastIndex(of: ",")!] }
            }
            #expect(try curve("parts") == curve("whole"))
            #expect(throws: (any Error).self, "a checkpoint of another training") {
                try train("parts", ["--checkpoint", "\(folder)/parts.ckpt", "--seed", "2"])
            }
        }
    }
}
