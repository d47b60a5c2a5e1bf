import Foundation
import TestSupport

/// A folder that goes when the test does.
final class TemporaryFolder {
    let path: String

    init(_ files: [String: String] = [:]) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("sweep-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try write(text, name) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, _ name: String) throws { try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8) }
    func read(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func names(_ folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted() }

    struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    /// mdsweep, in this folder.
    func start(_ words: [String], errors: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try RankHarness.executable("mdsweep"))
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.standardInput = FileHandle.nullDevice
        for (name, isError) in [("output.txt", false), (errors, true)] {
            _ = FileManager.default.createFile(atPath: "\(path)/\(name)", contents: nil)
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(path)/\(name)"))
            if isError { process.standardError = handle } else { process.standardOutput = handle }
        }
        try process.run()
        return process
    }

    func mdsweep(_ words: String...) throws -> Result {
        let process = try start(words, errors: "errors.txt")
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: try read("output.txt"), errors: try read("errors.txt"))
    }
}
