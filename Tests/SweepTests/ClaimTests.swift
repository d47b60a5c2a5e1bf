import Foundation
import Sweep
import Synchronization
import Testing

@Suite("Claims") struct ClaimTests {
    func sweep(_ folder: TemporaryFolder, runs: Int) throws -> (SweepFolder, Plan) {
        try folder.write("run 1\n", "in.a")
        let plan = try Plan(file: folder.path + "/plan.yaml", text: "deck: in.a\nseeds: \(runs)\n")
        let sweep = try SweepFolder.make(folder.path + "/sweep")
        let presence = try Presence(in: sweep)
        defer { presence.leave() }
        try sweep.take(plan, by: presence)
        return (sweep, plan)
    }

    @Test("names of tokens say their states") func tokens() {
        let all = [
            Token(id: "0a1b"), Token(id: "0a1b", failures: 2, state: .claimed("host-12-ab-7")), Token(id: "x.y", failures: 1, state: .ended(.unstable, try: 3)),
        ]
        for token in all { #expect(Token(name: token.name) == token) }
        #expect(all.map(\.name) == ["0a1b.0", "0a1b.2@host-12-ab-7", "x.y.1@unstable@try3"])
        for name in ["", "0a1b", "0a1b.x", "0a1b.0@done@try1", "0a1b.0@finished@1", "a.0@b@c@d"] { #expect(Token(name: name) == nil, "\(name)") }
    }

    @Test("many drivers at once: each run goes to one") func race() throws {
        let folder = try TemporaryFolder()
        let (sweep, _) = try sweep(folder, runs: 700)
        let claimed = Mutex<[String]>([])
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            do {
                let presence = try Presence(in: sweep)
                defer { presence.leave() }
                let queue = try Queue(sweep, presence)
                while let claim = try queue.claim() {
                    // Some go back once: another driver, or this one, gets them.
                    if claim.token.failures == 0 && claim.run.id.hasSuffix("7") {
                        if !(try queue.release(claim, failures: 1)) { failures.withLock { $0.append("lost") } }
                        continue
                    }
                    claimed.withLock { $0.append(claim.run.id) }
                    if !(try queue.end(claim, .finished, try: 1)) { failures.withLock { $0.append("end") } }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let ids = claimed.withLock { $0 }
        #expect(ids.count == 700 && Set(ids).count == 700)
        let counts = sweep.counts()
        #expect(counts.done == 700 && counts.waiting == 0 && counts.running == 0)
    }

    /// A driver that has died on this host: its claims stay.
    func die(_ sweep: SweepFolder, claims: Int) throws -> [Queue.Claim] {
        let presence = try Presence(in: sweep)
        let queue = try Queue(sweep, presence)
        let own = try (0..<claims).map { _ in try #require(try queue.claim()) }
        presence.leave()
        // As its file would be: of a process that is not there any more.
        let record = """
            {"process": {"host": "\(ProcessInfo.processInfo.hostName)", "pid": 1, "start": "1", "boot": "gone", "namespace": "gone"}, "user": "u",
             "lease": 60, "started": "", "beat": 3, "beatDate": ""}
            """
        try record.write(toFile: "\(sweep.path)/drivers/\(presence.id).json", atomically: false, encoding: .utf8)
        return own
    }

    @Test("runs of a driver that has died are taken over by one, and what it would still do does not count") func takeOver() throws {
        let folder = try TemporaryFolder()
        let (sweep, _) = try sweep(folder, runs: 20)
        let lost = try die(sweep, claims: 20)
        let taken = Mutex<[Queue.Claim]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            guard let presence = try? Presence(in: sweep), let queue = try? Queue(sweep, presence) else { return }
            while let claim = try? queue.takeOver() { taken.withLock { $0.append(claim) } }
        }
        let claims = taken.withLock { $0 }
        #expect(claims.count == 20 && Set(claims.map(\.run.id)) == Set(lost.map(\.run.id)))
        #expect(claims.allSatisfy { $0.token.failures == 1 && !$0.mayBeContested && $0.takenFrom != nil })
        let late = try Presence(in: sweep)
        defer { late.leave() }
        let queue = try Queue(sweep, late)
        for claim in lost {
            #expect(!queue.isHeld(claim))
            #expect(try !queue.end(claim, .finished, try: 1))
            #expect(try !queue.release(claim, failures: 0))
        }
        let counts = sweep.counts()
        #expect(counts.running == 20 && counts.total == 20)
    }

    @Test("a driver elsewhere is left alone while its heart beats, and taken over when it has been silent for its lease") func silence() throws {
        let folder = try TemporaryFolder()
        let (sweep, _) = try sweep(folder, runs: 1)
        let owner = try Presence(in: sweep)
        let claim = try #require(try Queue(sweep, owner).claim())
        owner.leave()
        func beat(_ number: Int) throws {
            let record = """
                {"process": {"host": "elsewhere", "pid": 1, "start": "1", "boot": "b", "namespace": "n"}, "user": "u", "lease": 0.6, "started": "",
                 "beat": \(number), "beatDate": ""}
                """
            try record.write(toFile: "\(sweep.path)/drivers/\(owner.id).json", atomically: true, encoding: .utf8)
        }
        let presence = try Presence(in: sweep)
        defer { presence.leave() }
        let queue = try Queue(sweep, presence)
        for number in 0..<10 {
            try beat(number)
            #expect(try queue.takeOver() == nil)
            Thread.sleep(forTimeInterval: 0.1)
        }
        #expect(queue.isHeld(claim))
        Thread.sleep(forTimeInterval: 0.8)
        let taken = try #require(try queue.takeOver())
        #expect(taken.mayBeContested && taken.run.id == claim.run.id && !queue.isHeld(claim))
    }

    @Test("a lock is held by one, and that of one that has died is taken") func locks() throws {
        let folder = try TemporaryFolder()
        let (sweep, _) = try sweep(folder, runs: 1)
        let inside = Mutex(0)
        let rounds = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 6) { _ in
            guard let presence = try? Presence(in: sweep) else { return }
            defer { presence.leave() }
            for _ in 0..<5 {
                try? FolderLock(sweep, "index", presence).holding {
                    #expect(inside.withLock { $0 += 1; return $0 } == 1)
                    usleep(2000)
                    inside.withLock { $0 -= 1 }
                    rounds.withLock { $0 += 1 }
                }
            }
        }
        #expect(rounds.withLock { $0 } == 30)
        let dead = try die(sweep, claims: 1)[0].name
        let driver = String(dead[..<dead.lastIndex(of: "-")!])
        #expect(rename("\(sweep.path)/locks/index@free", "\(sweep.path)/locks/index@\(driver)") == 0)
        let presence = try Presence(in: sweep)
        defer { presence.leave() }
        #expect(try FolderLock(sweep, "index", presence).holding { 7 } == 7)
        #expect(folder.names("sweep/locks") == ["index@free", "plan@free"])
    }

    @Test("runs that are added get pages of their own; a page whose making was cut off is made again") func additions() throws {
        let folder = try TemporaryFolder()
        let (sweep, _) = try sweep(folder, runs: 120)
        #expect(folder.names("sweep/queue") == ["0000", "0001"])
        let presence = try Presence(in: sweep)
        defer { presence.leave() }
        let queue = try Queue(sweep, presence)
        let first = try #require(try queue.claim())
        #expect(try queue.end(first, .finished, try: 1))
        // Somebody died after writing runs.jsonl: a page is missing, half of it lies aside.
        try FileManager.default.moveItem(atPath: sweep.path + "/queue/0001", toPath: sweep.path + "/queue/0001.tmp")
        let more = try Plan(file: folder.path + "/plan.yaml", text: "deck: in.a\nseeds: 150\n")
        let changes = try sweep.take(more, by: presence)
        #expect(changes.new == 30 && changes.known == 120)
        #expect(folder.names("sweep/queue") == ["0000", "0001", "0002"])
        #expect(sweep.counts().waiting == 149 && sweep.counts().done == 1)
        #expect(try sweep.take(more, by: presence).new == 0)
        #expect(sweep.counts().total == 150)
        #expect(try sweep.retry { run, _ in run.id == first.run.id } == 1)
        #expect(sweep.counts().waiting == 150)
    }
}
