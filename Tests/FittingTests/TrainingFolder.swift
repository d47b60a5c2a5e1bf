import Domain
import Fitting
import Foundation
import TestSupport

/// What trainings in tests learn: a folder with train.xyz, 24 distorted lattices of Cu and O with the energies and forces of a
/// Lennard-Jones potential.
enum TrainingFolder {
    static let elements = "units metal\nlabelmap atom 1 Cu 2 O\n"

    /// - Parameter files: further files, by name.
    static func with(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ text: String, _ name: String) throws { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
        for (name, text) in files { try write(text, name) }
        try write(elements + "pair_style lj/cut 3.8\npair_coeff * * 0.25 2.2\npair_modify shift yes\n", "truth.in")
        try write(lattices().map(\.extendedXYZ).joined(), "frames.xyz")
        _ = try mdfit(["evaluate", "\(folder)/truth.in", "\(folder)/frames.xyz", "--write", "\(folder)/train.xyz"])
        try body(folder)
    }

    static func mdfit(_ words: [String], ranks: Int = 1) throws -> String {
        try RankHarness.run(words, ranks: ranks, executable: "mdfit")
    }

    private static func lattices() -> [Frame] {
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
        return frames
    }
}
