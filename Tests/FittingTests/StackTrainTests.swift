import Domain
import Fitting
import Foundation
import TestSupport
import Testing

/// `mdfit stack train` as a user runs it, on Lennard-Jones bases that have to be corrected to another Lennard-Jones potential.
@Suite struct StackTrainTests {
    private static func deck(_ style: String) -> String { TrainingFolder.elements + style }

    private static let bases = """
        pair_style BASES lj/cut 4.0 lj/cut 3.5
        pair_coeff * * lj/cut 1 0.2 2.3
        pair_coeff * * lj/cut 2 0.3 2.1
        pair_modify shift yes
        """

    /// A folder with two.in, the bases, beside the data.
    private func withInputs(_ body: (String) throws -> Void) throws {
        try TrainingFolder.with(["two.in": Self.deck(Self.bases.replacingOccurrences(of: "BASES", with: "ensemble/committee"))], body)
    }

    private func mdfit(_ words: [String], ranks: Int = 1) throws -> String { try TrainingFolder.mdfit(words, ranks: ranks) }

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
