import Foundation
import Sweep
import TestSupport
import Testing

/// Sweeps as a user runs them: mdsweep and mdrun as programs.
@Suite("Sweeps", .serialized) struct SweepRunTests {
    static let argon = """
        variable steps index 400
        variable temp index 60
        variable seed index 1
        variable dt index 0.002
        variable epsilon index 0.0104
        variable hot index 1000
        units metal
        lattice fcc 5.26
        region box block 0 3 0 3 0 3
        create_box 1 box
        create_atoms 1 box
        mass 1 39.95
        velocity all create ${temp} ${seed} loop geom
        pair_style lj/cut 8.5
        pair_coeff 1 1 ${epsilon} 3.4
        timestep ${dt}
        fix 1 all nve
        fix judge all stability 5 temp 0 ${hot}
        thermo_style custom step time temp pe ke etotal
        thermo 20
        restart 100 a.restart b.restart
        run ${steps}

        """
    static let resumed = argon.replacing(/(?s)units metal\n.*?(?=velocity)/, with: "read_restart ${restart}\n").replacing(/velocity.*\n/, with: "")
        .replacing("run ${steps}", with: "run ${steps} upto")

    func folder(_ plan: String, _ more: [String: String] = [:]) throws -> TemporaryFolder {
        try TemporaryFolder(["in.argon": Self.argon, "in.resume": Self.resumed, "plan.yaml": plan].merging(more) { $1 })
    }

    struct State: Decodable {
        struct End: Decodable {
            struct Analysis: Decodable { var time: Double, rows: Int, atoms: Int?, drift: Double? }
            struct Stability: Decodable { var rule: String?, time_ps: Double? }
            var exitCode: Int, attempts: Int, ranks: Int, wall: Double, user: Double, peakMemory: Double, reason: String?, message: String?
            var analysis: Analysis?, stability: Stability?
        }
        var id: String, folder: String, state: String, variables: [String: String], end: End?
    }

    func states(_ folder: TemporaryFolder) throws -> [State] {
        try JSONDecoder().decode([State].self, from: Data(folder.mdsweep("status", "plan.yaml", "--json").output.utf8))
    }

    @Test("finished, unstable and failed runs, on one and two ranks; records, retry and report") func outcomes() throws {
        let folder = try folder(
            """
            deck: in.argon
            models:
              good: {epsilon: 0.0104}
              hot: {hot: 31}
              broken: {deck: in.broken}
            ranks: [1, 2]
            seeds: 2
            limits: {walltime: 2 min, steps: 400}
            report: {by: model}

            """, ["in.broken": Self.argon.replacing("pair_style lj/cut", with: "pair_style lj/cute")])
        let run = try folder.mdsweep("run", "plan.yaml", "--quiet")
        #expect(run.status == 0, "\(run.errors)")
        var all = try states(folder)
        #expect(all.count == 12)
        for state in all {
            let end = try #require(state.end)
            switch state.variables["model"] {
            case "good":
                #expect(state.state == "finished" && end.exitCode == 0 && end.analysis?.rows == 21 && end.analysis?.atoms == 108)
                #expect(abs(end.analysis!.time - 0.8) < 1e-9 && end.analysis?.drift != nil)
            case "hot":
                // At 60 K in the beginning, above 31 K at the first look.
                #expect(state.state == "unstable" && end.exitCode == 76 && end.reason == "temp" && end.stability?.rule == "temp")
            default:
                #expect(state.state == "failed" && end.exitCode == 1 && end.reason == "error" && end.message!.contains("lj/cute"), "\(end)")
            }
            #expect("\(end.ranks)" == state.variables["ranks"] && end.attempts == 1 && end.wall > 0 && end.peakMemory > 1)
            for name in ["attempt1.json", "end.json", "output.txt"] { #expect(FileManager.default.fileExists(atPath: "\(state.folder)/\(name)")) }
        }
        let attempt = try String(contentsOfFile: all[0].folder + "/attempt1.json", encoding: .utf8)
        #expect(attempt.contains("\"sha256\"") && attempt.contains("mdrun 0") && attempt.contains("\"-var\""))
        // Run again: nothing is repeated.
        #expect(try folder.mdsweep("run", "plan.yaml", "--quiet").status == 0)
        #expect(try states(folder).allSatisfy { $0.end?.attempts == 1 && $0.folder.hasSuffix("try1") })

        try folder.write(Self.argon, "in.broken")
        let broken = all.filter { $0.state == "failed" }
        #expect(try folder.mdsweep("retry", "plan.yaml", String(broken[0].id.prefix(8))).output.contains("1 runs"))
        #expect(try folder.mdsweep("retry", "plan.yaml", "--failed").output.contains("3 runs"))
        #expect(try folder.mdsweep("run", "plan.yaml", "--quiet").status == 0)
        all = try states(folder)
        #expect(all.count { $0.state == "failed" } == 0)
        #expect(all.filter { $0.variables["model"] == "broken" }.allSatisfy { $0.state == "finished" && $0.folder.hasSuffix("try2") })

        let report = try folder.mdsweep("report", "plan.yaml", "-o", "report")
        #expect(report.status == 0, "\(report.errors)")
        let page = try folder.read("report/report.html")
        for svg in page.matches(of: /(?s)<svg.*?<\/svg>/) {
            #expect(throws: Never.self) { try XMLParserCheck.parse(String(svg.output)) }
        }
        #expect(!page.contains("src=") && !page.contains("http-equiv") && !page.contains("NaN"))
        let rows = try folder.read("report/groups.csv").split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        #expect(rows.count == 4)
        let columns = Dictionary(rows[0].enumerated().map { ($1, $0) }) { first, _ in first }
        #expect(rows[1][columns["stable_fraction"]!] == "1.0" && rows[1][columns["finished"]!] == "4" && rows[1][columns["stable_high"]!] == "1.0")
        #expect(rows[2][columns["stable_fraction"]!] == "0.0" && rows[2][columns["unstable"]!] == "4" && rows[2][columns["reasons"]!] == "temp: 4")
        #expect(try folder.mdsweep("status", "plan.yaml").output.contains("12/12 done: 8 finished, 4 unstable"))
    }

    @Test("a driver that is asked to stop leaves restart files; the next goes on from them to the same end") func stopped() throws {
        let folder = try folder("deck: in.argon\nseeds: 1\nlimits: {steps: 60000}\nresume: {deck: in.resume, files: '*.restart'}\n")
        let driver = try folder.start(["run", "plan.yaml", "--quiet"], errors: "driver.txt")
        for _ in 0..<600 where !folder.names("plan.sweep/runs").contains(where: { run in
            folder.names("plan.sweep/runs/\(run)/try1").contains("b.restart")
        }) { Thread.sleep(forTimeInterval: 0.02) }
        kill(driver.processIdentifier, SIGTERM)
        driver.waitUntilExit()
        #expect(driver.terminationStatus == 75)
        #expect(folder.names("plan.sweep/claims").isEmpty && folder.names("plan.sweep/drivers").isEmpty)
        #expect(try states(folder).map(\.state) == ["waiting"])
        #expect(try folder.mdsweep("run", "plan.yaml", "--quiet").status == 0)
        let state = try states(folder)[0]
        #expect(state.state == "finished" && state.end?.attempts == 2 && state.folder.hasSuffix("try1"))
        // A row each 20 steps, and one at the step at which it was stopped.
        #expect((3001...3002).contains(state.end?.analysis?.rows ?? 0) && abs(state.end!.analysis!.time - 120) < 1e-9)
        let second = try String(contentsOfFile: state.folder + "/attempt2.json", encoding: .utf8)
        #expect(second.contains("\"restart\" :"))
    }

    @Test("a run that takes too long ends as failed; without a driver's fault it is not tried again") func walltime() throws {
        let folder = try folder("deck: in.argon\nseeds: 1\nlimits: {steps: 100000000, walltime: 1 s, grace: 20 s}\n")
        #expect(try folder.mdsweep("run", "plan.yaml", "--quiet").status == 0)
        let state = try states(folder)[0]
        #expect(state.state == "failed" && state.end?.reason == "walltime" && state.end?.exitCode == 75)
        #expect(state.end!.wall < 25)
    }

    @Test("a damaged or lost index is made anew") func index() throws {
        let folder = try folder("deck: in.argon\nseeds: 3\nlimits: {steps: 20}\n")
        #expect(try folder.mdsweep("run", "plan.yaml", "--quiet").status == 0)
        let before = try folder.mdsweep("status", "plan.yaml", "--json").output
        let path = folder.path + "/plan.sweep/index.sqlite"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in stride(from: 5000, to: bytes.count, by: 7) { bytes[place] = UInt8(truncatingIfNeeded: place) }
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try folder.mdsweep("status", "plan.yaml", "--json").output == before)
        try Data("no database".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try folder.mdsweep("status", "plan.yaml", "--json").output == before)
        try FileManager.default.removeItem(atPath: path)
        #expect(try folder.mdsweep("status", "plan.yaml", "--json").output == before)
    }

    @Test("a Slurm script makes each task a driver") func slurm() throws {
        let folder = try folder("deck: in.argon\nseeds: 3\n")
        let script = try folder.mdsweep(
            "submit", "plan.yaml", "--tasks", "4", "--at-once", "2", "--cores", "8", "--time", "12 h", "--partition", "long", "--memory", "16G", "--sbatch",
            "exclusive", "--setup", "module load mpich", "--dry-run"
        ).output
        for line in [
            "#SBATCH --array=1-4%2", "#SBATCH --cpus-per-task=8", "#SBATCH --time=720", "#SBATCH --partition=long", "#SBATCH --mem=16G",
            "#SBATCH --exclusive", "#SBATCH --signal=B:TERM@120", "module load mpich",
        ] { #expect(script.contains(line + "\n"), "\(script)") }
        #expect(script.split(separator: "\n").last!.hasPrefix("exec ") && script.contains("/plan.sweep --cores"))
    }

    @Test("bad input ends with a message") func errors() throws {
        let folder = try folder("deck: in.argon\nseeds: 2\nmdrun: ./nothing\n")
        let run = try folder.mdsweep("run", "plan.yaml")
        #expect(run.status == 1 && run.errors.contains("plan.yaml:3:8") && run.errors.contains("no such file"), "\(run.errors)")
        #expect(try folder.mdsweep("status", "nowhere").errors.contains("nowhere"))
        try folder.write("deck: in.argon\nseeds: 2\nranks: 4096\n", "wide.yaml")
        #expect(try folder.mdsweep("run", "wide.yaml").errors.contains("4096 ranks"))
        #expect(try folder.mdsweep("status", "wide.yaml", "--by", "sed").errors.contains("no variable 'sed'"))
    }

    @Test("drivers and ranks killed at random: every run ends once, with what an undisturbed run gives", .timeLimit(.minutes(8))) func kills() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let bin = URL(fileURLWithPath: try RankHarness.executable("mdsweep")).deletingLastPathComponent().path
        process.arguments = [
            ProcessInfo.processInfo.environment["MDRUN_PYTHON"] ?? "python3", DeckRunner.root + "/scripts/test_sweep_kill.py", "--runs", "8", "--steps",
            "6000", "--pause", "0.4", "--seed", "7", "--bin", bin,
        ]
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && said.contains("every run ended once"), "\(said)")
    }
}
