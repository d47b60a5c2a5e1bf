import Foundation

/// A driver's view of the tokens: it claims, gives back, ends and takes over runs. Every one of these is one move of one file.
public final class Queue {
    /// A run that is this driver's.
    public struct Claim: Sendable {
        public var run: RunSpec
        public var token: Token
        /// DRIVER-NUMBER.
        public var name: String
        /// Whether another driver had it that may not have ended.
        public var mayBeContested = false
        /// The driver it was taken from.
        public var takenFrom: String?
    }

    public let folder: SweepFolder
    public let presence: Presence
    private let watch: Watch
    private var runs: [String: RunSpec] = [:]
    /// Where this driver looks next: pages that were found empty are not listed again until all are.
    private var pages: [Int] = []
    private var candidates: [(run: RunSpec, token: Token)] = []
    private var count = 0

    public init(_ folder: SweepFolder, _ presence: Presence) throws {
        (self.folder, self.presence, watch) = (folder, presence, Watch(folder))
        try reload()
    }

    private var order: [String: Int] = [:]

    private func reload() throws {
        let all = try folder.runs()
        runs = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }
        order = Dictionary(all.enumerated().map { ($1.id, $0) }) { first, _ in first }
    }

    /// The run of a token, also if it came after this driver had looked.
    private func run(_ id: String) throws -> RunSpec? {
        if let run = runs[id] { return run }
        try reload()
        return runs[id]
    }

    /// A claim's name, which is never used again.
    private func nextClaim() -> String {
        count += 1
        return "\(presence.id)-\(count)"
    }

    /// The next waiting run that is to be had; nil if there is none now.
    public func claim() throws -> Claim? {
        var hasLookedAgain = false
        while true {
            while let (run, token) = candidates.popLast() {
                let claim = nextClaim()
                var mine = token
                mine.state = .claimed(claim)
                if try Files.move("\(folder.queue(run.page))/\(token.name)", to: "\(folder.claims)/\(mine.name)") {
                    return Claim(run: run, token: mine, name: claim)
                }
            }
            if pages.isEmpty {
                if hasLookedAgain { return nil }
                hasLookedAgain = true
                pages = folder.pages().reversed()
            }
            guard let page = pages.popLast() else { return nil }
            candidates = try Files.names(in: folder.queue(page)).compactMap { name in
                guard let token = Token(name: name), let run = try run(token.id) else { return nil }
                return (run, token)
            }
            candidates.sort { order[$0.run.id, default: 0] > order[$1.run.id, default: 0] }
        }
    }

    /// Puts a run back. False if it is not this driver's any more.
    public func release(_ claim: Claim, failures: Int) throws -> Bool {
        let token = Token(id: claim.run.id, failures: failures)
        pages.append(claim.run.page)
        return try Files.move("\(folder.claims)/\(claim.token.name)", to: "\(folder.queue(claim.run.page))/\(token.name)")
    }

    /// A run has ended. False if it is not this driver's any more: then what it did does not count.
    public func end(_ claim: Claim, _ outcome: Outcome, try number: Int) throws -> Bool {
        let token = Token(id: claim.run.id, failures: claim.token.failures, state: .ended(outcome, try: number))
        let page = folder.ended(claim.run.page)
        guard try Files.move("\(folder.claims)/\(claim.token.name)", to: "\(page)/\(token.name)") else { return false }
        Files.syncFolder(page)
        return true
    }

    /// False only if it is known to be somebody else's.
    public func isHeld(_ claim: Claim) -> Bool { access("\(folder.claims)/\(claim.token.name)", F_OK) == 0 || errno != ENOENT }

    /// Takes over a run whose driver has ended or fallen silent; nil if there is none.
    public func takeOver() throws -> Claim? {
        var drivers: Set<String> = []
        for name in Files.names(in: folder.claims) {
            guard let token = Token(name: name), case .claimed(let holder) = token.state else { continue }
            let driver = Token.driver(of: holder)
            if driver == presence.id { continue }
            drivers.insert(driver)
            let verdict = watch.verdict(on: driver, defaultLease: presence.lease)
            guard verdict != .alive, let run = try run(token.id) else { continue }
            let claim = nextClaim()
            let mine = Token(id: token.id, failures: token.failures + 1, state: .claimed(claim))
            if try Files.move("\(folder.claims)/\(name)", to: "\(folder.claims)/\(mine.name)") {
                return Claim(run: run, token: mine, name: claim, mayBeContested: verdict == .silent, takenFrom: driver)
            }
        }
        removeRecords(except: drivers)
        return nil
    }

    /// Files of drivers that have died and hold nothing, not even a lock.
    private func removeRecords(except holders: Set<String>) {
        let locks = Files.names(in: folder.path + "/locks")
        for name in Files.names(in: folder.path + "/drivers") where name.hasSuffix(".json") {
            let driver = String(name.dropLast(5))
            if driver == presence.id || holders.contains(driver) || locks.contains(where: { $0.hasSuffix("@" + driver) }) { continue }
            if watch.verdict(on: driver, defaultLease: presence.lease) == .dead { unlink("\(folder.path)/drivers/\(name)") }
        }
    }

    /// Whether runs are with other drivers: they may come back.
    public func othersAtWork() -> Bool {
        Files.names(in: folder.claims).contains { name in
            guard let token = Token(name: name), case .claimed(let holder) = token.state else { return false }
            return Token.driver(of: holder) != presence.id
        }
    }
}

extension SweepFolder {
    /// The tokens of all runs. While drivers are at work it is not the state of one moment: a token that moves may be missing or there
    /// twice; the last state counts.
    public func tokens() -> [String: Token] {
        var tokens: [String: Token] = [:]
        let pages = pages()
        func add(_ folder: String) {
            for name in Files.names(in: folder) { if let token = Token(name: name) { tokens[token.id] = token } }
        }
        for page in pages { add(queue(page)) }
        add(claims)
        for page in pages { add(ended(page)) }
        return tokens
    }

    /// How many runs wait, run, and have ended, without reading any of them.
    public func counts() -> Counts {
        var counts = Counts()
        for page in pages() {
            counts.waiting += Files.names(in: queue(page)).count
            for name in Files.names(in: ended(page)) {
                guard case .ended(let outcome, _)? = Token(name: name)?.state else { continue }
                counts.ended[outcome, default: 0] += 1
            }
        }
        counts.running = Files.names(in: claims).count
        return counts
    }

    public struct Counts: Sendable, Equatable {
        public var waiting = 0
        public var running = 0
        public var ended: [Outcome: Int] = [:]
        public var done: Int { ended.values.reduce(0, +) }
        public var total: Int { waiting + running + done }
    }

    /// Puts ended runs back into the queue, to begin anew; the result is how many.
    public func retry(_ isWanted: (RunSpec, Outcome) -> Bool) throws -> Int {
        let runs = Dictionary(try runs().map { ($0.id, $0) }) { first, _ in first }
        var count = 0
        for page in pages() {
            for name in Files.names(in: ended(page)) {
                guard let token = Token(name: name), case .ended(let outcome, _) = token.state, let run = runs[token.id],
                    isWanted(run, outcome)
                else { continue }
                if try Files.move("\(ended(page))/\(name)", to: "\(queue(page))/\(Token(id: token.id).name)") { count += 1 }
            }
        }
        return count
    }
}
