import Foundation

/// A file that a run read, as it was when the run began.
public struct FileDigest: Codable, Sendable, Hashable {
    public var path: String
    public var bytes: Int
    /// Of the content, 64 hexadecimal digits.
    public var sha256: String
}

/// One start of mdrun for a run: `attempt1.json` in the folder of the try, written when it begins and again when it ends.
public struct Attempt: Codable, Sendable {
    public var claim: String
    public var number: Int
    public var host: String
    public var processor: String
    public var kernel: String
    public var cores: [Int]
    public var ranks: Int
    public var command: [String]
    /// The variables of the environment that can change what a run does.
    public var environment: [String: String]
    public var program: Program
    public var deck: FileDigest
    /// Models and other files named by the deck, by its variables or by the plan.
    public var files: [FileDigest]
    /// The restart file that it goes on from.
    public var restart: String?
    public var started: String
    public var ended: String?
    /// As a shell has it: 128 + N for signal N. nil: it is running, or its driver has died.
    public var exitCode: Int?
    /// s
    public var wall: Double?
    public var user: Double?
    public var system: Double?
    /// The largest resident set of one process, MiB.
    public var peakMemory: Double?

    public struct Program: Codable, Sendable, Hashable {
        public var path: String
        public var version: String
        public var sha256: String
    }
}

/// What `fix stability` writes.
public struct Stability: Codable, Sendable, Hashable {
    public var unstable: Bool
    public var rule: String?
    public var step: Int?
    /// ps since the fix was first set up; in units lj it is nil, and `time` is in time units.
    public var time_ps: Double?
    public var time: Double?
    public var atoms: [Int]?
    public var value: Double?
    public var threshold: Double?
}

/// How a run ended: `end.json` in the folder of the try that counts, which the run's token names.
public struct RunEnd: Codable, Sendable {
    public var id: String
    public var folder: String
    public var variables: [RunSpec.Setting]
    public var outcome: Outcome
    /// Why it is not `finished`: a rule, or a class of errors.
    public var reason: String?
    /// The last line that tells of it.
    public var message: String?
    public var exitCode: Int
    public var attempts: Int
    public var ranks: Int
    public var host: String
    public var started: String
    public var ended: String
    /// Sums over the attempts of this try, s.
    public var wall: Double
    public var user: Double
    public var system: Double
    /// MiB
    public var peakMemory: Double
    public var program: Attempt.Program
    public var deck: FileDigest
    public var stability: Stability?
    public var analysis: RunAnalysis?
}

extension RunEnd {
    /// The record of a run whose drivers died with it as often as is allowed.
    static func lost(_ claim: Queue.Claim, _ folder: TryFolder, _ settings: RunSettings, _ program: Attempt.Program, deck: FileDigest)
        throws
    {
        let attempts = folder.attempts
        func sum(_ value: (Attempt) -> Double?) -> Double { attempts.compactMap(value).reduce(0, +) }
        let end = RunEnd(
            id: claim.run.id, folder: claim.run.folder, variables: claim.run.variables, outcome: .failed, reason: "killed",
            message: "killed, alone or with its driver, \(claim.token.failures) times", exitCode: attempts.last?.exitCode ?? -1,
            attempts: attempts.count, ranks: claim.run.ranks ?? settings.ranks, host: Host.name,
            started: attempts.first?.started ?? Host.date(),
            ended: Host.date(), wall: sum(\.wall), user: sum(\.user), system: sum(\.system),
            peakMemory: attempts.compactMap(\.peakMemory).max() ?? 0, program: attempts.last?.program ?? program,
            deck: attempts.last?.deck ?? deck, stability: nil,
            analysis: RunAnalysis.make(logs: attempts.map { "\(folder.path)/\(TryFolder.log($0.number))" })?.0)
        try Files.write(JSONEncoder.readable.encode(end), to: folder.path + "/end.json")
    }
}
