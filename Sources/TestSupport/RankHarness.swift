import Foundation

/// Runs `mdcheck` on ranks. The test process itself never calls MPI.
public enum RankHarness {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Tests run at once, but ranks want the cores for themselves: one mpirun at a time.
    private static let turn = NSLock()

    /// Executables lie beside the test bundle, in the build's products folder.
    public static func executable(_ name: String) throws -> String {
        var folders = Bundle.allBundles.map(\.bundleURL.path)
        folders.append(URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path)
        if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            folders.append(URL(fileURLWithPath: own).deletingLastPathComponent().path)
        }
        for folder in folders {
            var url = URL(fileURLWithPath: folder)
            for _ in 0..<4 {
                let path = url.appendingPathComponent(name).path
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue { return path }
                url.deleteLastPathComponent()
            }
        }
        throw Failure(description: "no \(name) near \(folders.joined(separator: ", ")): build it first")
    }

    /// What `mpirun -n ranks mdcheck words...` prints; stdin is empty, and it is ended after `timeout` seconds.
    public static func run(_ words: [String], ranks: Int, executable name: String = "mdcheck", timeout: Double = 300) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // `timeout` ends mpirun, which ends its ranks; a rank that waits for another would otherwise wait for ever.
        process.arguments = ["timeout", "-k", "5", "\(timeout)", launcher, "-n", "\(ranks)", try executable(name)] + words
        var environment = ProcessInfo.processInfo.environment
        environment["OPENBLAS_NUM_THREADS"] = "1"
        environment["OMP_NUM_THREADS"] = "1"
        process.environment = environment
        let folder = FileManager.default.temporaryDirectory
        let log = folder.appendingPathComponent("mdcheck-\(UUID().uuidString).log")
        FileManager.default.createFile(atPath: log.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: log) }
        let handle = try FileHandle(forWritingTo: log)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        turn.lock()
        defer { turn.unlock() }
        try process.run()
        process.waitUntilExit()
        try handle.close()
        let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(
                description:
                    "\(name) \(words.joined(separator: " ")) on \(ranks) ranks ended with status \(process.terminationStatus):\n\(text)")
        }
        return text
    }

    /// Debian names MPICH's launcher so that it does not clash with Open MPI's.
    public static let launcher: String = {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        let isThere = path.contains { FileManager.default.isExecutableFile(atPath: "\($0)/mpirun.mpich") }
        return isThere ? "mpirun.mpich" : "mpirun"
    }()

    /// A case computed on ranks.
    public static func evaluate(_ name: String, ranks: Int, processors: [Int]? = nil) throws -> Evaluation {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("mdcheck-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        var words = ["evaluate", name, "-o", file.path]
        if let processors { words += ["-p"] + processors.map { "\($0)" } }
        let log = try run(words, ranks: ranks)
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw Failure(description: "mdcheck wrote no result:\n\(log)")
        }
        return try Evaluation(text: String(decoding: data, as: UTF8.self))
    }
}

/// The same atoms on other ranks: the differences allowed between two runs of one case.
public func compareRanks(_ serial: Evaluation, _ parallel: Evaluation, _ name: String, _ options: ConformanceOptions) -> [CheckResult] {
    let energy = (serial.energy - parallel.energy).magnitude
    var results = [
        CheckResult(
            "energy", name, deviation: energy, tolerance: options.energyTolerance * max(serial.energyMagnitude, Double.leastNormalMagnitude)
        ),
        CheckResult(
            "forces", name, deviation: serial.forceDistance(parallel), tolerance: options.forceTolerance * max(1, serial.largestForce)),
        CheckResult(
            "virial", name, deviation: serial.virial.distance(parallel.virial),
            tolerance: options.forceTolerance * max(1, serial.largestForce, serial.virial.largest)),
    ]
    for (one, other) in zip(serial.atomEnergies, parallel.atomEnergies)
    where !((one - other).magnitude <= options.energyTolerance * max(1, serial.energyMagnitude)) {
        results.append(CheckResult("per-atom energies", name, deviation: (one - other).magnitude, tolerance: 0))
        break
    }
    return results
}
