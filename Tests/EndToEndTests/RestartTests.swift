import Foundation
import TestSupport
import Testing

/// A run that goes on from a restart file is the run that was never stopped.
@Suite struct RestartTests {
    private static let start = """
        units lj
        lattice fcc 0.8442
        region box block 0 5 0 4 0 4
        create_box 1 box
        create_atoms 1 box
        mass 1 1.0
        velocity all create 1.5 87287 loop geom

        """
    /// Committee members differ, so that there are deviations; the langevin bath keeps its energy.
    private static func rest(steps: String) -> String {
        """
        pair_style ensemble/committee out_freq 10 out_file devi.out lj/cut 2.5 lj/cut 2.2
        pair_coeff * * lj/cut 1 1.0 1.0
        pair_coeff * * lj/cut 2 1.1 0.98
        neighbor 0.3 bin
        group some id 1:100
        fix 1 all npt temp 1.2 1.5 0.5 iso 2.0 2.0 2.0
        fix 2 some langevin 1.4 1.4 1.0 4711 tally yes
        compute m all msd average yes
        compute v all vacf
        fix mean all ave/time 2 5 10 c_m[4] c_v[4] file mean.out
        fix words all print 15 "step $(step) $(pe:%.15g)" file words.out screen no
        dump d all custom 15 d.dump id type x y z vx vy vz fx fy fz
        dump e all xyz 20 e.xyz.gz
        dump_modify d sort id format float %.17g
        thermo_style custom step temp press vol pe etotal econserve c_m[4] f_mean[1]
        thermo_modify format float %.17g
        thermo 5
        restart 30 r.*
        run \(steps) upto start 0 stop 100

        """
    }
    private static let outputs = ["devi.out", "mean.out", "words.out", "d.dump", "e.xyz.gz"]

    private static func rows(_ result: DeckRunner.Result, after step: Int) -> [String] {
        result.tableLines.filter { Int($0.split(separator: " ").first ?? "").map { $0 >= step } ?? false }
    }

    private static func bytes(_ result: DeckRunner.Result, _ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: result.folder + "/" + name)))
    }

    @Test("a killed run, resumed: thermo rows and files byte for byte", arguments: [1, 2, 4]) func resumes(ranks: Int) throws {
        let whole = try DeckRunner.run(Self.start + Self.rest(steps: "100"), ranks: ranks)
        defer { DeckRunner.cleanUp(whole) }
        #expect(whole.status == 0, "\(whole.errors)")
        // Killed at 77: the files hold more than the restart of step 60.
        let killed = try DeckRunner.run(Self.start + Self.rest(steps: "77"), ranks: ranks)
        defer { DeckRunner.cleanUp(killed) }
        var files: [String: [UInt8]] = [:]
        for name in Self.outputs + ["r.60"] { files[name] = try Self.bytes(killed, name) }
        let resumed = try DeckRunner.run("read_restart r.*\n" + Self.rest(steps: "100"), bytes: files, ranks: ranks)
        defer { DeckRunner.cleanUp(resumed) }
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(Self.rows(resumed, after: 60) == Self.rows(whole, after: 60))
        #expect(Self.rows(whole, after: 60).count == 9)
        for name in Self.outputs { #expect(try Self.bytes(resumed, name) == Self.bytes(whole, name), "\(name) on \(ranks) ranks") }
    }

    /// As in LAMMPS, the variable may be defined after read_restart, which knows the style alone; here the coefficients too.
    @Test("hybrid/scaled by a variable that is defined after read_restart", arguments: ["", "pair_coeff * * morse 1.0 2.0 1.2\n"])
    func scales(coefficients: String) throws {
        let scale = "variable fac equal 0.3+0.002*step\n"
        let settings = "fix 1 all nve\nthermo_modify format float %.17g\nthermo 10\n"
        let style = """
            pair_style hybrid/scaled v_fac lj/cut 2.5 0.5 morse 2.5
            pair_coeff * * lj/cut 1 1
            pair_coeff * * morse 1.0 2.0 1.2

            """
        // So may it after pair_style.
        let whole = try DeckRunner.run(Self.start + style + scale + settings + "run 20\nwrite_restart r.20\nrun 20\n")
        defer { DeckRunner.cleanUp(whole) }
        #expect(whole.status == 0, "\(whole.errors)")
        let files = ["r.20": try Self.bytes(whole, "r.20")]
        let resumed = try DeckRunner.run("read_restart r.20\n" + scale + coefficients + settings + "run 20\n", bytes: files)
        defer { DeckRunner.cleanUp(resumed) }
        #expect(resumed.status == 0, "\(resumed.errors)")
        // The second run of the first deck has set up anew.
        let rows = [resumed, whole].map { Self.rows($0, after: 30).map { $0.split(separator: " ").compactMap { Double($0) } } }
        #expect(rows[0].count == 2 && rows[1].map(\.count) == [6, 6])
        for (a, b) in zip(rows[0].joined(), rows[1].joined()) { #expect(abs(a - b) <= 1e-11 * max(1, abs(b)), "\(a) and \(b)") }
        let without = try DeckRunner.run("read_restart r.20\n" + coefficients + settings + "run 20\n", bytes: files)
        defer { DeckRunner.cleanUp(without) }
        #expect(without.status != 0 && without.errors.contains("variable 'fac'"), "\(without.errors)")
    }

    @Test("read on another number of ranks: the same state", arguments: [(1, 3), (4, 1)]) func otherRanks(from: Int, to: Int) throws {
        let first = try DeckRunner.run(Self.start + Self.rest(steps: "60"), ranks: from)
        defer { DeckRunner.cleanUp(first) }
        let second = try DeckRunner.run(
            "read_restart r.60\n" + Self.rest(steps: "70"), bytes: ["r.60": try Self.bytes(first, "r.60")], ranks: to)
        defer { DeckRunner.cleanUp(second) }
        #expect(second.status == 0, "\(second.errors)")
        let a = try #require(first.table().last), b = try #require(second.table().first)
        #expect(b["Step"] == 60)
        for name in ["Temp", "Press", "PotEng", "Volume", "c_m[4]"] {
            #expect(abs(a[name]! - b[name]!) <= 1e-10 * max(1, abs(a[name]!)), "\(name): \(a[name]!) and \(b[name]!)")
        }
    }

    @Test("a deck that changes something begins a new run, and says so") func changed() throws {
        let first = try DeckRunner.run(Self.start + Self.rest(steps: "30"))
        defer { DeckRunner.cleanUp(first) }
        let deck = "read_restart r.30\n" + Self.rest(steps: "40").replacing("lj/cut 2 1.1 0.98", with: "lj/cut 2 1.1 0.99")
        let second = try DeckRunner.run(deck, bytes: ["r.30": try Self.bytes(first, "r.30")])
        defer { DeckRunner.cleanUp(second) }
        #expect(second.status == 0)
        #expect(second.log.contains("does not go on bit for bit"))
        #expect(second.table().first?["PotEng"] != first.table().last?["PotEng"])
    }

    @Test("a potential without files comes back; a damaged file is told with the one before it") func potentialAndDamage() throws {
        let deck = Self.start + """
            pair_style lj/cut 2.5
            pair_coeff 1 1 1.0 1.0
            fix 1 all nve
            run 5
            write_restart a
            write_restart a
            clear
            read_restart a
            fix 1 all nve
            run 5

            """
        let result = try DeckRunner.run(deck)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.table(0).last?["TotEng"] == result.table(1).first?["TotEng"])
        var damaged = try Self.bytes(result, "a")
        damaged[damaged.count / 2] ^= 8
        let other = try DeckRunner.run("read_restart a\n", bytes: ["a": damaged, "a.previous": try Self.bytes(result, "a.previous")], ranks: 2)
        defer { DeckRunner.cleanUp(other) }
        #expect(other.status == 1)
        #expect(other.errors.contains("in.deck:1:14") && other.errors.contains("checksum") && other.errors.contains("a.previous"), "\(other.errors)")
    }

    @Test("a file that cannot be written leaves the old one, and ends the run") func unwritable() throws {
        let deck = Self.start + "write_restart nowhere/a\n"
        let result = try DeckRunner.run(deck, ranks: 2)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 1)
        #expect(result.errors.contains("in.deck:8:15") && result.errors.contains("No such file"), "\(result.errors)")
    }

    @Test("SIGUSR1 and SIGTERM leave a restart file and exit with 75", arguments: [SIGUSR1, SIGTERM], ["fix 1 all nve\nrun 100000000\n", minimization])
    func signals(number: Int32, _ lines: String) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mdrun-signal-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let deck = Self.start + "pair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0\nthermo 10\n" + lines
        try deck.write(toFile: folder + "/in.deck", atomically: false, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try RankHarness.executable("mdrun"))
        process.arguments = ["in.deck"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        var log = ""
        for _ in 0..<600 where !log.contains("\n        10 ") {
            Thread.sleep(forTimeInterval: 0.1)
            log = (try? String(contentsOfFile: folder + "/log.mdrun", encoding: .utf8)) ?? ""
        }
        #expect(kill(process.processIdentifier, number) == 0)
        for _ in 0..<300 where process.isRunning { Thread.sleep(forTimeInterval: 0.1) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        #expect(process.terminationStatus == 75)
        #expect(FileManager.default.fileExists(atPath: folder + "/mdrun.restart"))
        log = try String(contentsOfFile: folder + "/log.mdrun", encoding: .utf8)
        #expect(log.contains("go on with read_restart mdrun.restart"))
        // The file is whole, and a run can begin from it.
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/mdrun.restart")))
        let next = try DeckRunner.run("read_restart a\nfix 1 all nve\nrun 1\n", bytes: ["a": bytes])
        defer { DeckRunner.cleanUp(next) }
        #expect(next.status == 0, "\(next.errors)")
        #expect(log.contains("at step \(Int(next.table().first?["Step"] ?? -1));"))
    }

    /// Never converges: a spring of the crystal as a whole is shaken by nothing that the tolerances of 0 would accept.
    private static let minimization = "displace_atoms all random 0.1 0.1 0.1 77 units box\nmin_style fire\nminimize 0 0 100000000 1000000000\n"

    /// A model file that is named twice must not look as if no file had been read: its digests would cancel in a sum.
    @Test("another content of a model file that is read twice is noticed") func modelFileTwice() throws {
        var files = try StackDecks.files()
        files["data"] = Array(StackDecks.data(StackCases.liquid(count: 24)).utf8)
        let elements = StackCases.elements.joined(separator: " ")
        let pair = "pair_style ensemble/committee schnet schnet\npair_coeff * * schnet 1 schnet.json \(elements)\npair_coeff * * schnet 2 schnet.json \(elements)\n"
        let rest = pair + "timestep 0.00005\nfix 1 all nve\nrun 2\nwrite_restart a\n"
        let first = try DeckRunner.run("units metal\nread_data data\n" + rest, bytes: files)
        defer { DeckRunner.cleanUp(first) }
        #expect(first.status == 0, "\(first.errors)")
        files["a"] = try Self.bytes(first, "a")
        let same = try DeckRunner.run("units metal\nread_restart a\n" + rest, bytes: files)
        defer { DeckRunner.cleanUp(same) }
        #expect(same.status == 0 && !same.log.contains("does not go on bit for bit"), "\(same.errors)")
        // The deck must name the potential again: a restart does not hold models.
        let without = try DeckRunner.run("units metal\nread_restart a\nfix 1 all nve\nrun 1\n", bytes: files)
        defer { DeckRunner.cleanUp(without) }
        #expect(without.status != 0 && without.errors.contains("pair_style"), "\(without.errors)")
        // A space more in the description: other bytes, the same model.
        files["schnet.json"] = files["schnet.json"]! + [32]
        let other = try DeckRunner.run("units metal\nread_restart a\n" + rest, bytes: files)
        defer { DeckRunner.cleanUp(other) }
        #expect(other.status == 0 && other.log.contains("does not go on bit for bit"), "\(other.errors)")
        // Both digests are named, of a file that both logs name.
        func digest(_ log: String) -> String? {
            log.split(separator: "\n").first { $0.contains("model file schnet.json: ") }?.split(separator: " ").last.map(String.init)
        }
        let then = try #require(digest(first.log)), now = try #require(digest(other.log))
        #expect(then.count == 64 && now != then && !same.log.contains("the run that wrote the restart file"))
        #expect(other.log.contains("'schnet.json' has SHA-256 \(now); the run that wrote the restart file used one with SHA-256 \(then)"))
    }

    @Test("timer timeout ends runs", arguments: [1, 2]) func timeout(ranks: Int) throws {
        let deck = Self.start + """
            pair_style lj/cut 2.5
            pair_coeff 1 1 1.0 1.0
            fix 1 all nve
            timer timeout 0:01 every 5
            run 100000000
            run 10
            timer timeout off
            run 3

            """
        let result = try DeckRunner.run(deck, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.log.contains("Wall time limit reached") && result.log.contains("Run skipped"))
        #expect(result.table(1).count == 2)
    }
}
