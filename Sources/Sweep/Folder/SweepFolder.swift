import Foundation

/// The folder of a sweep, which is all there is of it: several drivers on several hosts share a sweep by sharing its folder.
///
///     sweep.yaml              the plan as it was last taken in
///     settings.json           what holds for all runs
///     runs.jsonl              the runs, one a line, in the order in which they came
///     queue/0000/ID.0         a token for each waiting run, a hundred a page
///     claims/ID.0@DRIVER-1    the token of a run that a driver works on
///     ended/0000/ID.0@finished@try1     the token of a run that has ended
///     drivers/DRIVER.json     who a driver is, and its heartbeat
///     locks/plan@free         tokens of what one process at a time may do
///     runs/NAME.ID/try1/      the runs' own folders
///     index.sqlite            an index for status and reports, made from the rest at any time
///
/// A run has one token, always. What happens to it is that its token moves, which is atomic.
public struct SweepFolder: Sendable {
    public let path: String

    public static let runsPerPage = 100

    /// - Throws: if there is no sweep.
    public init(_ path: String) throws {
        self.path = Files.absolute(path)
        guard Files.isFolder(path) else { throw SweepError("no sweep folder \(path)") }
        guard Files.exists(self.path + "/locks") else { throw SweepError("\(path) is no folder of a sweep: it has no locks/") }
    }

    /// Opens a sweep's folder, made if it is not there: under another name and then moved, so that nobody sees half of it.
    public static func make(_ path: String) throws -> SweepFolder {
        let path = Files.absolute(path)
        if !Files.exists(path) {
            try Files.makeFolder(Files.folder(of: path))
            let aside = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
            for name in ["queue", "claims", "ended", "drivers", "locks", "runs"] { try Files.makeFolder("\(aside)/\(name)") }
            for lock in ["plan", "index"] { try Files.write("", to: "\(aside)/locks/\(lock)@free", isSynced: false) }
            if rename(aside, path) != 0 {
                let number = errno
                try? FileManager.default.removeItem(atPath: aside)
                // Somebody else may have been faster.
                if !Files.exists(path) { throw Files.failure("make", path, number) }
            }
        }
        return try SweepFolder(path)
    }

    public static func isSweep(_ path: String) -> Bool { Files.exists(path + "/locks") && Files.exists(path + "/queue") }

    // MARK: - What it holds

    public var index: String { path + "/index.sqlite" }

    func folder(of run: RunSpec) -> String { "\(path)/runs/\(run.folder)" }

    static func page(_ number: Int) -> String { String(repeating: "0", count: max(0, 4 - "\(number)".count)) + "\(number)" }

    func queue(_ page: Int) -> String { "\(path)/queue/\(Self.page(page))" }
    func ended(_ page: Int) -> String { "\(path)/ended/\(Self.page(page))" }
    var claims: String { path + "/claims" }

    /// All runs, in the order in which they came.
    public func runs() throws -> [RunSpec] {
        let file = path + "/runs.jsonl"
        guard Files.exists(file) else { return [] }
        let decoder = JSONDecoder.standard
        return try Files.read(file).split(separator: UInt8(ascii: "\n")).map { line in
            do {
                return try decoder.decode(RunSpec.self, from: Data(line))
            } catch {
                throw SweepError("\(file) is damaged: \(error)")
            }
        }
    }

    public func settings() throws -> RunSettings {
        try JSONDecoder.standard.decode(RunSettings.self, from: Files.read(path + "/settings.json"))
    }

    public func reportOptions() throws -> ReportOptions {
        try JSONDecoder.standard.decode(ReportOptions.self, from: Files.read(path + "/report-options.json"))
    }

    /// How many pages are open.
    func pages() -> [Int] { Files.names(in: path + "/queue").compactMap { Int($0) }.sorted() }

    // MARK: - Taking in a plan

    /// What taking in a plan did.
    public struct Changes: Sendable {
        public var new = 0
        public var known = 0
        /// Runs of the folder that the plan does not have any more; they stay.
        public var others = 0
    }

    /// Adds the runs of a plan that are not there yet, and takes over its settings. Whoever dies in the middle of it leaves nothing undone
    /// that the next call would not do.
    @discardableResult
    public func take(_ plan: Plan, by presence: Presence) throws -> Changes {
        let wanted = try plan.runs()
        return try FolderLock(self, "plan", presence).holding {
            let old = try runs()
            let known = Set(old.map(\.id))
            var new = wanted.filter { !known.contains($0.id) }
            // Each batch begins a page of its own: a page that is open never gets more.
            let first = (old.map(\.page).max() ?? -1) + 1
            for place in new.indices { new[place].page = first + place / Self.runsPerPage }
            if !new.isEmpty {
                let encoder = JSONEncoder.compact
                var bytes = Data()
                for run in old + new {
                    bytes += try encoder.encode(run)
                    bytes.append(UInt8(ascii: "\n"))
                }
                try Files.write(bytes, to: path + "/runs.jsonl")
            }
            try Files.write(JSONEncoder.readable.encode(plan.settings), to: path + "/settings.json")
            try Files.write(JSONEncoder.readable.encode(plan.report), to: path + "/report-options.json")
            try Files.write(plan.text, to: path + "/sweep.yaml")
            try openPages(old + new)
            return Changes(new: new.count, known: wanted.count - new.count, others: known.subtracting(wanted.map(\.id)).count)
        }
    }

    /// Makes the tokens of the pages that are not open. A page opens, with all its tokens, by one move.
    private func openPages(_ runs: [RunSpec]) throws {
        for (page, members) in Dictionary(grouping: runs, by: \.page).sorted(by: { $0.key < $1.key }) where !Files.exists(queue(page)) {
            try Files.makeFolder(ended(page))
            // Left by one who died; the lock says that nobody is at work on it.
            let aside = queue(page) + ".tmp"
            try? FileManager.default.removeItem(atPath: aside)
            try Files.makeFolder(aside)
            for run in members {
                guard FileManager.default.createFile(atPath: "\(aside)/\(Token(id: run.id).name)", contents: nil) else {
                    throw SweepError("cannot write in \(aside)")
                }
            }
            Files.syncFolder(aside)
            guard rename(aside, queue(page)) == 0 else { throw Files.failure("make", queue(page)) }
            Files.syncFolder(path + "/queue")
        }
    }
}
