import Foundation

extension Attempt.Program {
    /// mdrun as it will be started: with its version and digest.
    /// - Throws: if it is not to be found or does not start.
    public init(_ name: String, _ digests: FileDigests) throws {
        let path = try Self.find(name)
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["--version"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.environment = Job.environment([:])
        do { try process.run() } catch { throw SweepError("cannot start \(path): \(error.localizedDescription)") }
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw SweepError("\(path) --version ended with status \(process.terminationStatus)") }
        self.init(path: path, version: text.trimmingCharacters(in: .whitespacesAndNewlines), sha256: try digests.digest(path).sha256)
    }

    /// A path, or a name: beside this program first, then in PATH.
    static func find(_ name: String) throws -> String {
        if name.contains("/") {
            guard access(name, X_OK) == 0 else { throw SweepError("\(name) is no program that may be started") }
            return Files.absolute(name)
        }
        var folders: [String] = []
        if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { folders.append(Files.folder(of: own)) }
        folders += (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map(String.init)
        for folder in folders where access("\(folder)/\(name)", X_OK) == 0 && !Files.isFolder("\(folder)/\(name)") {
            return "\(folder)/\(name)"
        }
        throw SweepError("no program '\(name)' beside mdsweep or in PATH; say `mdrun: PATH` in the plan")
    }
}
