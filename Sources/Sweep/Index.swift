import Foundation
import GRDB

/// A run as the index has it.
public struct IndexedRun: Sendable {
    public var run: RunSpec
    public var state: State
    /// nil while it has not ended.
    public var end: RunEnd?
    /// Where its record and its series are.
    public var folder: String?

    public enum State: Sendable, Hashable {
        case waiting, running
        case ended(Outcome)

        var word: String {
            switch self {
            case .waiting: "waiting"
            case .running: "running"
            case .ended(let outcome): outcome.rawValue
            }
        }
    }
}

/// An SQLite file made from the folders: status and reports read it instead of thousands of files. It is never the truth, and may be
/// deleted at any time.
///
/// Locks of SQLite do not hold on network file systems; so one process at a time, which holds a token, brings it up to date, and others
/// read the folders.
public final class Index {
    private let folder: SweepFolder
    private let database: DatabaseQueue

    /// The layout of the tables; a file with another is made anew.
    private static let layout = 2

    /// - Parameter isShared: false makes an index in memory: where the folder may not be written, or another process is at work on the
    ///   file.
    private init(_ folder: SweepFolder, isShared: Bool) throws {
        self.folder = folder
        database = isShared ? try Self.open(folder.index) : try DatabaseQueue()
        try database.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS runs (
                      id TEXT PRIMARY KEY, place INTEGER NOT NULL, spec TEXT NOT NULL, token TEXT NOT NULL, state TEXT NOT NULL, folder TEXT, record TEXT,
                      reason TEXT, wall REAL, ranks INTEGER, lastTime REAL, drift REAL);
                    CREATE INDEX IF NOT EXISTS runsByState ON runs(state);
                    PRAGMA user_version = \(Self.layout)
                    """)
        }
    }

    /// The file, or a new one if it is damaged or of another layout.
    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            // A rollback journal: write-ahead logs need memory that hosts share.
            try db.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL")
        }
        if Files.exists(path) {
            if let queue = try? DatabaseQueue(path: path, configuration: configuration),
                let isSound = try? queue.read({ db in
                    let version = try Int.fetchOne(db, sql: "PRAGMA user_version")
                    let check = try String.fetchOne(db, sql: "PRAGMA quick_check")
                    return version == layout && check == "ok"
                }), isSound
            {
                return queue
            }
            for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// The runs of a sweep as they are now, by way of the index.
    public static func load(_ folder: SweepFolder) throws -> [IndexedRun] {
        guard access(folder.path, W_OK) == 0, let presence = try? Presence(in: folder) else {
            let index = try Index(folder, isShared: false)
            try index.update()
            return try index.runs()
        }
        defer { presence.leave() }
        let lock = FolderLock(folder, "index", presence)
        let isMine = (try? lock.take()) ?? false
        defer { if isMine { lock.release() } }
        let index = try Index(folder, isShared: isMine)
        try index.update()
        return try index.runs()
    }

    /// Takes in what has changed: records of runs whose tokens have moved.
    func update() throws {
        let specs = try folder.runs()
        let tokens = folder.tokens()
        let encoder = JSONEncoder.compact
        try database.write { db in
            var known: [String: String] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT id, token FROM runs") { known[row["id"]] = row["token"] }
            let statement = try db.makeStatement(
                sql: """
                    INSERT OR REPLACE INTO runs (id, place, spec, token, state, folder, record, reason, wall, ranks, lastTime, drift)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for (place, spec) in specs.enumerated() {
                // A token on its way may have been missed by all listings; the next look finds it.
                let token = tokens[spec.id] ?? Token(id: spec.id)
                if known[spec.id] == token.name { continue }
                var state = IndexedRun.State.waiting, path: String?, record: Data?, end: RunEnd?
                switch token.state {
                case .waiting: break
                case .claimed: state = .running
                case .ended(let outcome, let number):
                    state = .ended(outcome)
                    path = "\(folder.folder(of: spec))/try\(number)"
                    record = try? Files.read(path! + "/end.json")
                    end = try record.map { try JSONDecoder.standard.decode(RunEnd.self, from: $0) }
                }
                try statement.execute(arguments: [
                    spec.id, place, String(decoding: try encoder.encode(spec), as: UTF8.self), token.name, state.word, path,
                    record.map { String(decoding: $0, as: UTF8.self) }, end?.reason, end?.wall, end?.ranks, end?.analysis?.time,
                    end?.analysis?.drift,
                ])
            }
        }
    }

    func runs() throws -> [IndexedRun] {
        let decoder = JSONDecoder.standard
        return try database.read { db in
            try Row.fetchAll(db, sql: "SELECT spec, state, folder, record FROM runs ORDER BY place").map { row in
                let spec: String = row["spec"], word: String = row["state"], record: String? = row["record"]
                let state: IndexedRun.State = Outcome(rawValue: word).map { .ended($0) } ?? (word == "running" ? .running : .waiting)
                return IndexedRun(
                    run: try decoder.decode(RunSpec.self, from: Data(spec.utf8)), state: state,
                    end: try record.map { try decoder.decode(RunEnd.self, from: Data($0.utf8)) }, folder: row["folder"])
            }
        }
    }
}
