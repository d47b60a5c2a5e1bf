import Foundation

/// A batch script whose tasks are drivers of one sweep: `sbatch --array`.
public struct SlurmScript: Sendable {
    public var name: String
    /// Drivers, which share the runs among them as they come.
    public var tasks = 1
    /// Of them at once; nil: all.
    public var atOnce: Int?
    public var cores = 1
    /// Wall time of a task, s.
    public var time: Double?
    public var partition: String?
    public var account: String?
    /// Memory a task, as sbatch has it: 8G.
    public var memory: String?
    /// More options of sbatch, one a line.
    public var options: [String] = []
    /// s before the end of its time at which a task begins to stop: its runs write restart files and go back into the queue.
    public var margin = 120.0
    /// Lines for the shell before the driver starts: modules, paths.
    public var setup: [String] = []

    public init(name: String) { self.name = name }

    public func text(mdsweep: String, folder: SweepFolder) -> String {
        var lines = ["#!/bin/bash", "#SBATCH --job-name=\(name)"]
        func add(_ option: String, _ value: String?) { if let value { lines.append("#SBATCH --\(option)=\(value)") } }
        add("array", "1-\(tasks)" + (atOnce.map { "%\($0)" } ?? ""))
        add("nodes", "1")
        add("ntasks", "1")
        add("cpus-per-task", "\(cores)")
        add("time", time.map { "\(max(1, Int(($0 / 60).rounded(.up))))" })
        add("partition", partition)
        add("account", account)
        add("mem", memory)
        add("output", "\(folder.path)/slurm/%A_%a.out")
        add("open-mode", "append")
        // The driver itself gets the signal (the script becomes the driver): its runs stop in order and are taken up by other tasks.
        add("signal", "B:TERM@\(Int(margin))")
        lines.append("#SBATCH --requeue")
        for option in options { lines.append("#SBATCH \(option.hasPrefix("-") ? option : "--" + option)") }
        lines += ["", "# Each task is a driver of the same sweep: it takes runs from the folder until none is left."]
        lines += setup
        lines.append("exec \(Self.quoted(mdsweep)) run \(Self.quoted(folder.path)) --cores \"${SLURM_CPUS_PER_TASK:-\(cores)}\"")
        return lines.joined(separator: "\n") + "\n"
    }

    static func quoted(_ word: String) -> String {
        word.utf8.allSatisfy { Plan.isSafeByte($0) || $0 == UInt8(ascii: "/") }
            ? word : "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
    }

    /// Writes the script beside the sweep and hands it to sbatch.
    /// - Parameter after: the id of a job that should have ended before; nil: none.
    /// - Returns: the job's id.
    /// - Throws: what sbatch says.
    public func submit(mdsweep: String, folder: SweepFolder, after: String? = nil) throws -> String {
        try Files.makeFolder(folder.path + "/slurm")
        let text = text(mdsweep: mdsweep, folder: folder)
        let path = "\(folder.path)/slurm/submit.sh"
        try Files.write(text, to: path)
        let process = Process()
        let output = Pipe(), errors = Pipe()
        process.executableURL = URL(fileURLWithPath: try Attempt.Program.find("sbatch"))
        process.arguments = ["--parsable"] + (after.map { ["--dependency=afterany:\($0)"] } ?? []) + [path]
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw SweepError("sbatch: \(complaint.trimmingCharacters(in: .whitespacesAndNewlines))")
        }
        // JOB or JOB;CLUSTER
        return said.split(separator: ";").first.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
    }
}
