import Foundation
import Synchronization

/// A process that takes part in a sweep: its file in drivers/ says who it is, and a thread renews it.
///
/// The file counts; others see by their own clocks for how long the count has stood still, so clocks need not agree.
public final class Presence: Sendable {
    struct Record: Codable, Sendable {
        var process: ProcessIdentity
        var user: String
        /// s without a heartbeat after which others may take what is this process's.
        var lease: Double
        var started: String
        var beat: Int
        var beatDate: String
    }

    public let id: String
    public let lease: Double
    private let path: String
    private let started = Host.date()
    private let state: Mutex<(beat: Int, renewed: Double, isOver: Bool)>

    public init(in folder: SweepFolder, lease: Double = 60) throws {
        let nonce = String(UInt32.random(in: 0...0xFFFFFF), radix: 16)
        id = "\(Host.name)-\(getpid())-\(nonce)"
        self.lease = lease
        path = "\(folder.path)/drivers/\(id).json"
        state = Mutex((0, Host.now(), false))
        try renew()
        let thread = Thread { [weak self] in
            while true {
                Thread.sleep(forTimeInterval: min(lease / 4, 5))
                guard let self, !self.state.withLock({ $0.isOver }) else { return }
                // What fails is tried again; `isLost` tells when it has failed for too long.
                if Host.now() - self.state.withLock({ $0.renewed }) >= lease / 5 { try? self.renew() }
            }
        }
        thread.name = "heartbeat"
        thread.start()
    }

    private func renew() throws {
        try state.withLock { state in
            if state.isOver { return }
            let begun = Host.now()
            let record = Record(
                process: .own, user: NSUserName(), lease: lease, started: started, beat: state.beat + 1, beatDate: Host.date())
            try Files.write(JSONEncoder.readable.encode(record), to: path, isSynced: false)
            state.beat += 1
            state.renewed = begun
        }
    }

    /// Whether others may by now think that this process is dead: then it must end its runs at once.
    var isLost: Bool { state.withLock { Host.now() - $0.renewed > 0.75 * lease } }

    /// Nothing is this process's any more.
    public func leave() {
        state.withLock { $0.isOver = true }
        unlink(path)
    }

    static func record(_ driver: String, in folder: SweepFolder) -> Record? {
        guard let bytes = try? Files.read("\(folder.path)/drivers/\(driver).json") else { return nil }
        return try? JSONDecoder.standard.decode(Record.self, from: bytes)
    }
}

/// Watches others' heartbeats.
final class Watch {
    enum Verdict: Equatable {
        case alive
        /// No heartbeat for its lease; it may still be running somewhere.
        case silent
        /// It is known to have ended.
        case dead
    }

    private let folder: SweepFolder
    private var seen: [String: (beat: Int, since: Double)] = [:]

    init(_ folder: SweepFolder) { self.folder = folder }

    func verdict(on driver: String, defaultLease: Double) -> Verdict {
        let record = Presence.record(driver, in: folder)
        switch record?.process.isAlive {
        case false: return .dead
        // A process that lives but has stopped (a signal, a disk that hangs) is judged by its heartbeat like those elsewhere.
        case true, nil: break
        }
        let beat = record?.beat ?? -1
        let now = Host.now()
        guard let last = seen[driver], last.beat == beat else {
            seen[driver] = (beat, now)
            return .alive
        }
        return now - last.since > (record?.lease ?? defaultLease) ? .silent : .alive
    }
}
