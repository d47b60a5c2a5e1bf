import Deck
import Domain
import Foundation
import Potentials
import TestSupport
import Testing

/// Models of SchNetPack for tests: exported as the user would, or our own in Tests/Reference/schnetpack/models.
enum SchNetPackModels {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardized

    struct Problem: Error, CustomStringConvertible { var description: String }

    /// A published model, exported by scripts/export_schnetpack.py; nil, with a message, where data or numpy are not here.
    static func exported(_ path: String, energyUnit: String = "eV") throws -> URL? {
        guard let model = try shared(path) else { return nil }
        let python = ProcessInfo.processInfo.environment["MDRUN_PYTHON"] ?? "python3"
        guard try run([python, "-c", "import numpy"]).status == 0 else {
            if ProcessInfo.processInfo.environment["CI"] != nil { throw Problem(description: "\(python) has no numpy") }
            print("skipped: \(python) has no numpy, which scripts/export_schnetpack.py needs (set MDRUN_PYTHON)")
            return nil
        }
        let name = model.deletingPathExtension().lastPathComponent
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("mdrun-\(name)-\(UUID().uuidString)")
        let script = root.appendingPathComponent("scripts/export_schnetpack.py").path
        let result = try run([python, script, model.path, "--output", output.path, "--energy-unit", energyUnit])
        guard result.status == 0 else { throw Problem(description: "exporting \(path) failed:\n\(result.output)") }
        return output.appendingPathExtension("json")
    }

    static func remove(_ model: URL) {
        try? FileManager.default.removeItem(at: model)
        try? FileManager.default.removeItem(at: model.deletingPathExtension().appendingPathExtension("safetensors"))
    }

    private static func run(_ words: [String]) throws -> (status: Int32, output: String) {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}

/// Numbers of SchNetPack itself, in double precision: Tests/Reference/schnetpack, by scripts/reference/make_schnetpack_reference.py.
struct SchNetPackReference: Decodable {
    struct Model: Decodable { var name: String, file: String }
    struct Units: Decodable { var energy: String }
    struct Frame: Decodable {
        var symbols: [String], cell: [[Double]], positions: [[Double]]
        var energy: Double, atom_energies: [Double], forces: [[Double]], virial: [Double]

        var elements: [String] { symbols.reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }

        var system: TestSupport.TestSystem {
            let box = Box(
                lo: .zero, hi: Vector(xyz: cell[0][0], cell[1][1], cell[2][2]), xy: cell[1][0], xz: cell[2][0], yz: cell[2][1])
            return TestSupport.TestSystem(
                "frame", box: box, positions: positions.map { Vector(xyz: $0[0], $0[1], $0[2]) },
                types: symbols.map { Int32(elements.firstIndex(of: $0)! + 1) }, typeCount: elements.count
            ).with(elements: elements)
        }
    }
    var model: Model, units: Units, frames: [Frame]

    static var all: [String] {
        let folder = SchNetPackModels.root.appendingPathComponent("Tests/Reference/schnetpack").path
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".json") }.sorted()
    }

    init(_ name: String) throws {
        let url = SchNetPackModels.root.appendingPathComponent("Tests/Reference/schnetpack/\(name)")
        self = try JSONDecoder().decode(SchNetPackReference.self, from: Data(contentsOf: url))
    }
}
