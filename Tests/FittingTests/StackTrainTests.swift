import Domain
import Fitting
import Foundation
import Potentials
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

    /// A folder with half.xyz, the data with energies and forces of the second of two folds halved, and decks of two equal bases:
    /// whole.in, which is right on the first fold, and half.in, which is right on the second.
    private func withFolds(_ body: (String) throws -> Void) throws {
        func deck(_ epsilon: Double) -> String {
            Self.deck("""
                pair_style ensemble/committee lj/cut 3.8 lj/cut 3.8
                pair_coeff * * lj/cut 1 \(epsilon) 2.2
                pair_coeff * * lj/cut 2 \(epsilon) 2.2
                pair_modify shift yes
                """)
        }
        try TrainingFolder.with(["whole.in": deck(0.25), "half.in": deck(0.125)]) { folder in
            let frames = try FrameSet("\(folder)/train.xyz").frames
            let halved = zip(frames, FrameSplit.folds(2, count: frames.count, seed: 1)).map { frame, fold in
                var frame = frame
                if fold == 1 {
                    frame.energy = frame.energy.map { $0 / 2 }
                    frame.forces = frame.forces.map { $0.map { $0 / 2 } }
                }
                return frame.extendedXYZ
            }
            try halved.joined().write(toFile: "\(folder)/half.xyz", atomically: true, encoding: .utf8)
            try body(folder)
        }
    }

    /// Each epoch's connected, force_rmse_train and force_rmse_held.
    private func curve(_ path: String) throws -> [[Double]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
            let words = line.split(separator: ",")
            return try [1, 5, 6].map { try #require(Double(words[$0])) }
        }
    }

    @Test("out of fold, each frame's bases are those of its fold, on any number of ranks", arguments: [1, 3])
    func outOfFold(_ ranks: Int) throws {
        try withFolds { folder in
            func train(_ folds: [String]) throws -> (output: String, curve: [[Double]]) {
                // So slow that what is measured is the bases.
                let output = try mdfit(
                    ["stack", "train", "\(folder)/whole.in", "\(folder)/half.xyz", "\(folder)/meta.safetensors", "--epochs", "2", "--connected",
                     "1", "--curve", "\(folder)/curve.csv", "--cache", "\(folder)/cache"] + Self.small + ["--rate", "1e-9", "--last-rate", "1e-9"]
                        + (folds.isEmpty ? [] : ["--out-of-fold"] + folds.map { "\(folder)/\($0).in" }), ranks: ranks)
                return (output, try curve("\(folder)/curve.csv"))
            }
            let right = try train(["whole", "half"]), again = try train(["whole", "half"])
            let wrong = try train(["half", "whole"]), none = try train([])
            print("out of fold: \(right.curve), swapped \(wrong.curve), one deck \(none.curve)")
            #expect(right.curve.map { $0[0] } == [0, 1])
            #expect(again.curve == right.curve && again.output.contains("are those of") && !right.output.contains("are those of"))
            for (r, (w, n)) in zip(right.curve, zip(wrong.curve, none.curve)) {
                for at in 1...2 { #expect(r[at] < 0.05 * w[at] && r[at] < 0.1 * n[at]) }
            }
            #expect(right.output.contains("nothing says that lj/cut:1 was trained without fold 1/2 of 24 frames"))
        }
    }

    @Test("connected features out of fold: what training says of the held frames is what runs with the bases of their folds")
    func outOfFoldConnected() throws {
        try withFolds { folder in
            // On the data as they are, so that bases of the second fold need correcting.
            let output = try mdfit(
                ["stack", "train", "\(folder)/whole.in", "\(folder)/train.xyz", "\(folder)/meta.safetensors", "--epochs", "4", "--connected", "3",
                 "--double", "--curve", "\(folder)/curve.csv"] + Self.small
                    + ["--out-of-fold", "\(folder)/whole.in", "\(folder)/half.in"], ranks: 2)
            let said = try #require(output.components(separatedBy: "parameters of epoch ").last?.split(whereSeparator: \.isWhitespace).first)
            let claimed = try curve("\(folder)/curve.csv")[Int(said)! - 1]
            #expect(claimed[0] == 1)
            let frames = try FrameSet("\(folder)/train.xyz").frames, folds = FrameSplit.folds(2, count: frames.count, seed: 1)
            let held = FrameSplit(count: frames.count, fractions: [0.75, 0.25], seed: 2).parts[1]
            func error(_ fold: Int, _ deck: String) throws -> (squares: Double, count: Double) {
                let own = held.filter { folds[$0] == fold }
                try own.map { frames[$0].extendedXYZ }.joined().write(toFile: "\(folder)/held.xyz", atomically: true, encoding: .utf8)
                try String(contentsOfFile: "\(folder)/\(deck).in", encoding: .utf8)
                    .replacingOccurrences(of: "ensemble/committee", with: "ensemble/conservative \(folder)/meta.safetensors")
                    .write(toFile: "\(folder)/meta.in", atomically: true, encoding: .utf8)
                let rmse = try forceError(try mdfit(["evaluate", "\(folder)/meta.in", "\(folder)/held.xyz"])) / 1000
                return (rmse * rmse * Double(own.count), Double(own.count))
            }
            func pooled(_ a: (squares: Double, count: Double), _ b: (squares: Double, count: Double)) -> Double {
                ((a.squares + b.squares) / (a.count + b.count)).squareRoot()
            }
            let right = try pooled(error(0, "whole"), error(1, "half")), wrong = try pooled(error(0, "half"), error(1, "whole"))
            print("out of fold, connected: \(claimed[2]) said, \(right) measured, \(wrong) with the other folds' bases")
            #expect(abs(right - claimed[2]) < 1e-6 * claimed[2] && abs(wrong - claimed[2]) > 1e-3 * claimed[2])
        }
    }

    @Test("bases of another fold are refused, and decks of other bases")
    func otherFold() throws {
        try withFolds { folder in
            func write(_ text: String, _ name: String) throws { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
            try write(TrainingFolder.elements, "elements.in")
            for fold in 1...2 {
                _ = try mdfit(
                    ["train", "painn", "\(folder)/elements.in", "\(folder)/half.xyz", "\(folder)/painn-\(fold).json", "--fold", "\(fold)/2",
                     "--features", "16", "--interactions", "1", "--radial", "8", "--cutoff", "4", "--hold", "0.25", "--epochs", "1"])
                try write(Self.deck("pair_style painn\npair_coeff * * painn-\(fold).json Cu O\n"), "fold-\(fold).in")
            }
            func train(_ deck: String, _ folds: [String], _ more: [String] = [], ranks: Int = 1) -> String {
                do {
                    return "no error: " + (try mdfit(
                        ["stack", "train", "\(folder)/\(deck).in", "\(folder)/half.xyz", "\(folder)/meta.safetensors", "--epochs", "2",
                         "--connected", "1", "--out-of-fold"] + folds.map { "\(folder)/\($0).in" } + Self.small + more, ranks: ranks))
                } catch { return "\(error)" }
            }
            let good = train("fold-1", ["fold-1", "fold-2"])
            #expect(good.contains("no error") && good.contains("parameters of epoch") && !good.contains("nothing says"))
            let swapped = train("fold-1", ["fold-2", "fold-1"], ranks: 2)
            #expect(swapped.contains("painn was trained without fold 2/2") && swapped.contains("not without fold 1/2"))
            #expect(train("whole", ["fold-1", "fold-2"], ranks: 2).contains("fold-1.in: has [\"painn\"]"))
            let path = "\(folder)/meta.safetensors"
            func weights() throws -> [Double] {
                try StackFile(Array(Data(contentsOf: URL(fileURLWithPath: path))), path: path, at: nil).configuration.weights
            }
            #expect(train("whole", ["whole", "half"], ["--weights", "uniform"]).contains("no error"))
            #expect(try weights() == [0.5, 0.5])
            #expect(train("whole", ["whole"]).contains("--out-of-fold needs a deck for each of two folds"))
            #expect(train("whole", ["whole", "half", "half"]).contains("no error"))
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
