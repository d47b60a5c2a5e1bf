import Foundation

/// Where a run runs: `runs/NAME/tryN`. A try begins anew; what continues goes on in the same folder.
struct TryFolder {
    let path: String
    let number: Int

    /// The tries that there are, the newest last.
    static func all(in run: String) -> [TryFolder] {
        Files.names(in: run).compactMap { name in
            guard name.hasPrefix("try"), let number = Int(name.dropFirst(3)) else { return nil }
            return TryFolder(path: "\(run)/\(name)", number: number)
        }.sorted { $0.number < $1.number }
    }

    /// A new one: making a folder is atomic, so nobody else gets the same.
    static func new(in run: String) throws -> TryFolder {
        try Files.makeFolder(run)
        var number = (all(in: run).last?.number ?? 0) + 1
        while !(try Files.makeNewFolder("\(run)/try\(number)")) { number += 1 }
        return TryFolder(path: "\(run)/try\(number)", number: number)
    }

    /// A copy as a new try: for what somebody else may still be writing to.
    func copied(in run: String) throws -> TryFolder {
        let copy = try TryFolder.new(in: run)
        for name in Files.names(in: path) {
            try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: "\(copy.path)/\(name)")
        }
        return copy
    }

    var attempts: [Attempt] {
        Files.names(in: path).filter { $0.hasPrefix("attempt") && $0.hasSuffix(".json") }.compactMap { name in
            (try? Files.read("\(path)/\(name)")).flatMap { try? JSONDecoder.standard.decode(Attempt.self, from: $0) }
        }.sorted { $0.number < $1.number }
    }

    func write(_ attempt: Attempt) throws {
        try Files.write(JSONEncoder.readable.encode(attempt), to: "\(path)/attempt\(attempt.number).json")
    }

    /// The log file of an attempt: mdrun begins its log anew, so a continued run has another.
    static func log(_ attempt: Int) -> String { attempt == 1 ? "log.mdrun" : "log\(attempt).mdrun" }

    /// The newest restart file, by name.
    func restart(_ resume: Plan.Resume) -> String? {
        let files = Set(resume.files.flatMap { Files.matching($0, in: path) }).filter { !$0.hasSuffix(".previous") }
        let newest = files.max { a, b in
            let (x, y) = (Files.modified(a), Files.modified(b))
            return (x?.seconds ?? 0, x?.nanoseconds ?? 0, a) < (y?.seconds ?? 0, y?.nanoseconds ?? 0, b)
        }
        return newest.map { Files.name(of: $0) }
    }

    /// Whether what ran here was interrupted, rather than ended by itself, and left a restart file.
    func canGoOn(_ resume: Plan.Resume?) -> Bool {
        guard let resume, restart(resume) != nil, let last = attempts.last else { return false }
        guard let code = last.exitCode else { return true }
        return code == 75 || Ending.wasKilled(code)
    }
}
