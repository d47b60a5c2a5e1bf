import Domain
import Fitting
import Foundation
import TestSupport
import Testing

/// `mdfit train` as a user runs it, on distorted lattices with the energies and forces of a Lennard-Jones potential.
@Suite struct TrainTests {
    private func withInputs(_ body: (String) throws -> Void) throws {
        var files = ["elements.in": TrainingFolder.elements]
        for style in ["painn", "schnet"] {
            files["\(style).in"] = TrainingFolder.elements + "pair_style \(style)\npair_coeff * * \(style).json Cu O\n"
        }
        try TrainingFolder.with(files, body)
    }

    private func mdfit(_ words: [String], ranks: Int = 1) throws -> String { try TrainingFolder.mdfit(words, ranks: ranks) }

    private func train(_ style: String, _ folder: String, _ output: String, _ more: [String] = [], ranks: Int = 1) throws -> String {
        try mdfit(
            [
                "train", style, "\(folder)/elements.in", "\(folder)/train.xyz", "\(folder)/\(output).json", "--features", "16",
                "--interactions", "1", "--radial", "8", "--cutoff", "4", "--batch", "4", "--hold", "0.25", "--warm-up", "2", "--rate", "5e-3",
            ] + more, ranks: ranks)
    }

    private func value(_ name: String, _ output: String) throws -> Double {
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix(name) })
        return try #require(Double(line.split(separator: " ")[1]))
    }

    /// The curve without its last column, the seconds.
    private func curve(_ path: String) throws -> [[Double]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
            try line.split(separator: ",").dropLast().map { try #require(Double($0)) }
        }
    }

    @Test("training lowers the error, and pair_style reads what it writes", arguments: ["painn", "schnet"])
    func learns(_ style: String) throws {
        try withInputs { folder in
            func error() throws -> Double {
                try value("force_rmse_meV_per_A", try mdfit(["evaluate", "\(folder)/\(style).in", "\(folder)/train.xyz"]))
            }
            _ = try train(style, folder, style, ["--epochs", "1"])
            let early = try error()
            _ = try train(style, folder, style, ["--epochs", "30", "--curve", "\(folder)/curve.csv"], ranks: 2)
            let late = try error(), rows = try curve("\(folder)/curve.csv")
            print("\(style): force RMSE \(late) after \(early) meV/A")
            #expect(late < 0.5 * early)
            // Errors of the training are those of the potential: between the ones of frames trained on and judged by.
            #expect(rows.count == 30)
            let best = try #require(rows.min { $0[4] < $1[4] })
            #expect(late < 1e3 * max(rows.last![5], best[6]) * 1.3 && late > 1e3 * min(rows.last![5], best[6]) * 0.5)
        }
    }

    @Test("a training that was cut short continues to the same files")
    func continues() throws {
        try withInputs { folder in
            _ = try train("schnet", folder, "whole", ["--epochs", "4", "--curve", "\(folder)/whole.csv"])
            for until in [1, 2, 4] {
                _ = try train(
                    "schnet", folder, "parts",
                    ["--epochs", "4", "--checkpoint", "\(folder)/parts.ckpt", "--curve", "\(folder)/parts.csv", "--until", "\(until)"])
            }
            func weights(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).safetensors")) }
            #expect(try weights("parts") == weights("whole"))
            #expect(try curve("\(folder)/parts.csv") == curve("\(folder)/whole.csv"))
            #expect(throws: (any Error).self, "a checkpoint of another training") {
                try train("schnet", folder, "parts", ["--epochs", "4", "--checkpoint", "\(folder)/parts.ckpt", "--filters", "32"])
            }
        }
    }

    @Test("a fold that is left out is never read, and the file says which")
    func leavesOutFold() throws {
        try withInputs { folder in
            // Frames of the first fold have an element that the deck does not know.
            let frames = try FrameSet("\(folder)/train.xyz").frames
            let fold = FrameSplit.folds(2, count: frames.count, seed: 1)
            let poisoned = zip(frames, fold).map { frame, fold in
                var frame = frame
                if fold == 0 { frame.elements[0] = "Ni" }
                return frame.extendedXYZ
            }
            try poisoned.joined().write(toFile: "\(folder)/train.xyz", atomically: true, encoding: .utf8)
            let output = try train("painn", folder, "a", ["--epochs", "1", "--fold", "1/2"])
            #expect(output.contains("9 frames to train on, 3 to judge by"))
            let json = try String(contentsOfFile: "\(folder)/a.json", encoding: .utf8)
            #expect(json.contains("fold 1/2 of 24 frames (seed 1, block 1, every 1)"))
            func message(_ fold: String) -> String {
                do { return "no error: \(try train("painn", folder, "b", ["--epochs", "1", "--fold", fold]))" } catch { return "\(error)" }
            }
            #expect(message("2/2").contains("element 'Ni' is not among"))
            #expect(message("0/2").contains("--fold") && message("3/2").contains("--fold") && message("1/1").contains("--fold"))
        }
    }

    @Test("bad input is told with its place")
    func errors() throws {
        try withInputs { folder in
            func message(_ body: () throws -> String) -> String {
                do { return "no error: \(try body())" } catch { return "\(error)" }
            }
            #expect(message { try train("painn", folder, "a", ["--filters", "32"]) }.contains("--filters are SchNet's"))
            #expect(message { try train("schnet", folder, "a", ["--features", "20"]) }.contains("features is 20, not a multiple of 16"))
            #expect(message { try train("nep", folder, "a") }.contains("painn"))
            try FileManager.default.removeItem(atPath: "\(folder)/elements.in")
            try FileManager.default.copyItem(atPath: "\(folder)/truth.in", toPath: "\(folder)/elements.in")
            let deck = message { try train("painn", folder, "a", ranks: 2) }
            #expect(deck.contains("elements.in:3:1") && deck.contains("pair_style"))
            try "units metal\nlabelmap atom 1 Cu\n".write(toFile: "\(folder)/elements.in", atomically: true, encoding: .utf8)
            #expect(message { try train("painn", folder, "a", ranks: 2) }.contains("element 'O' is not among"))
        }
    }
}
