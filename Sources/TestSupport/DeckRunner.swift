import Foundation

/// Runs mdrun on decks as a user would: in a folder of its own, on ranks, with no standard input and a time limit.
public struct DeckRunner {
    public struct Result: Sendable {
        public let status: Int32
        public let screen: String
        public let errors: String
        public let log: String
        /// The folder it ran in, removed when the runner goes.
        public let folder: String

        public func file(_ name: String) throws -> String { try String(contentsOfFile: folder + "/" + name, encoding: .utf8) }

        /// The rows of thermo table number `index` (from 0), by column name.
        public func table(_ index: Int = 0) -> [[String: Double]] {
            var tables: [[[String: Double]]] = []
            var header: [String]?
            for line in log.split(separator: "\n", omittingEmptySubsequences: false) {
                let words = line.split(separator: " ").map(String.init)
                if words.first == "Step" {
                    header = words
                    tables.append([])
                } else if line.hasPrefix("Loop time of") {
                    header = nil
                } else if let header, words.count == header.count {
                    let values = words.compactMap(Double.init)
                    if values.count == header.count { tables[tables.count - 1].append(Dictionary(zip(header, values)) { a, _ in a }) }
                }
            }
            return index < tables.count ? tables[index] : []
        }

        /// The lines of all thermo tables as printed.
        public var tableLines: [String] {
            var inside = false
            return log.split(separator: "\n").map(String.init).filter { line in
                if line.split(separator: " ").first == "Step" { inside = true }
                if line.hasPrefix("Loop time of") { inside = false }
                return inside
            }
        }
    }

    /// The repository's root, from where this source file was compiled.
    public static let root: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.path
    }()

    /// Where published models and data lie, if they do.
    public static var sharedData: String? {
        let path = root + "/../shared/data"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// Runs a deck given as text (written as `in.deck`) or, with `file`, one that exists.
    public static func run(
        _ deck: String? = nil, file: String? = nil, files: [String: String] = [:], bytes: [String: [UInt8]] = [:],
        arguments: [String] = [], environment extra: [String: String] = [:], ranks: Int = 1, timeout: Double = 300
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mdrun-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files { try text.write(toFile: folder + "/" + name, atomically: false, encoding: .utf8) }
        for (name, data) in bytes { try Data(data).write(to: URL(fileURLWithPath: folder + "/" + name)) }
        if let deck { try deck.write(toFile: folder + "/in.deck", atomically: false, encoding: .utf8) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.arguments =
            ["timeout", "-k", "5", "\(timeout)", RankHarness.launcher, "-n", "\(ranks)", try RankHarness.executable("mdrun")]
            + [file ?? "in.deck"] + arguments
        var environment = ProcessInfo.processInfo.environment
        environment["OPENBLAS_NUM_THREADS"] = "1"
        environment.merge(extra) { $1 }
        process.environment = environment
        func handle(_ name: String) throws -> FileHandle {
            _ = FileManager.default.createFile(atPath: folder + "/" + name, contents: nil)
            return try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/" + name))
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try handle("screen")
        process.standardError = try handle("errors")
        try process.run()
        process.waitUntilExit()
        func text(_ name: String) -> String { (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8)) ?? "" }
        return Result(
            status: process.terminationStatus, screen: text("screen"), errors: text("errors"), log: text("log.mdrun"), folder: folder)
    }

    public static func cleanUp(_ result: Result) { try? FileManager.default.removeItem(atPath: result.folder) }
}
