import Foundation

/// What an exit code, and what was written before it, say.
enum Ending {
    case finished
    case unstable(Stability?)
    /// It wrote a restart file and would be continued.
    case interrupted
    case killed(String)
    case error(reason: String, message: String)

    /// By a signal: 128 + N, or N itself as MPICH's launcher has it. mdrun's own codes are 0, 1, 2, 3, 75 and 76.
    static func wasKilled(_ code: Int) -> Bool { code >= 128 || [4, 6, 7, 8, 9, 11, 15].contains(code) }

    init(code: Int, folder: String) {
        let stability = (try? Files.read(folder + "/stability.json")).flatMap { try? JSONDecoder.standard.decode(Stability.self, from: $0) }
        let tail = Self.tail(of: folder + "/output.txt")
        switch code {
        case 0: self = stability?.unstable == true ? .unstable(stability) : .finished
        case 75: self = .interrupted
        case 76: self = .unstable(stability)
        case _ where Self.wasKilled(code) || tail.contains("KILLED BY SIGNAL: 9") || tail.contains("KILLED BY SIGNAL: 15"):
            self = .killed("killed by signal \(code >= 128 ? code - 128 : code)")
        default:
            // A deck's error shows once; the last line with ERROR is where it ended.
            let line = tail.split(separator: "\n").last { $0.contains("ERROR") } ?? tail.split(separator: "\n").last ?? ""
            self = .error(reason: Self.reason(String(line), code), message: String(line.prefix(400)))
        }
    }

    /// The class of an error, for tables: few and stable words.
    static func reason(_ message: String, _ code: Int) -> String {
        let text = message.lowercased()
        if text.contains("not finite") || text.contains("non-finite") || text.contains("nan") && text.contains("force") {
            return "non-finite"
        }
        if text.contains("lost atom") || text.contains("atoms were lost") { return "lost" }
        if text.contains("no space left") { return "disk full" }
        return message.isEmpty ? "exit code \(code)" : "error"
    }

    /// Instabilities that mdrun tells as errors.
    static let physicalReasons: Set<String> = ["non-finite", "lost"]

    private static func tail(of path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        defer { try? file.close() }
        let end = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: end > 8192 ? end - 8192 : 0)
        return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
