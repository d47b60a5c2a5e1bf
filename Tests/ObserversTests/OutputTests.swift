import Domain
import Foundation
import TestSupport
import Testing

/// Output that LAMMPS does not have, and what happens when output cannot be had.
@Suite struct OutputTests {
    static let crystal = """
        units metal
        lattice fcc 5.3
        region box block 0 3 0 3 0 3
        create_box 1 box
        create_atoms 1 box
        mass 1 39.95
        velocity all create 60 4928
        pair_style lj/cut 7.0
        pair_coeff * * 0.0104 3.4
        fix 1 all nve

        """

    private func run(_ lines: String, ranks: Int = 1) throws -> DeckRunner.Result {
        try DeckRunner.run(Self.crystal + lines + "\n", ranks: ranks, timeout: 60)
    }

    private func numbers(_ text: Substring) -> [Double] { text.split(separator: " ").compactMap { Double($0) } }

    /// Numbers in extxyz are the ones of the run, all digits; energy and stress are those of the table in eV and eV/A^3.
    @Test(arguments: [1, 3]) func extendedXYZ(ranks: Int) throws {
        let result = try run(
            """
            dump x all extxyz 5 x.extxyz
            dump_modify x sort id element Ar
            dump c all custom 5 x.custom id x y z vx vy vz fx fy fz
            dump_modify c sort id format float %.17g
            thermo_style custom step pe c_virial[1] c_virial[4] vol
            thermo_modify format float %.16g
            thermo 5
            run 5
            """.replacing("dump x", with: "compute virial all pressure NULL virial\ndump x", maxReplacements: 1), ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let lines = try result.file("x.extxyz").split(separator: "\n")
        #expect(lines.count == 2 * 110)
        let custom = try result.file("x.custom").split(separator: "\n").filter { !$0.hasPrefix("ITEM") && $0.split(separator: " ").count == 10 }
        #expect(custom.count == 216)
        for frame in 0..<2 {
            #expect(lines[110 * frame] == "108")
            for i in 0..<108 {
                let row = lines[110 * frame + 2 + i]
                #expect(row.hasPrefix("Ar "))
                #expect(numbers(row) == Array(numbers(custom[108 * frame + i]).dropFirst()))
            }
            let comment = String(lines[110 * frame + 1])
            let table = result.table()[frame]
            let energyText = comment.firstMatch(of: /energy=([^ ]*)/)?.1 ?? ""
            let energy: Double = Double(energyText) ?? .nan
            let expected: Double = table["PotEng"] ?? .nan
            #expect(abs(energy - expected) < 1e-12)
            let stress = numbers(comment.firstMatch(of: /stress="([^"]*)"/)?.1 ?? "")
            #expect(stress.count == 9)
            // bar to eV/A^3, tension positive.
            let xx: Double = stress[0] + (table["c_virial[1]"] ?? .nan) / 1.6021765e6
            let xy: Double = stress[1] + (table["c_virial[4]"] ?? .nan) / 1.6021765e6
            #expect(abs(xx) < 1e-13)
            #expect(abs(xy) < 1e-13)
            let isSymmetric = stress[1] == stress[3] && stress[2] == stress[6] && stress[5] == stress[7]
            #expect(isSymmetric)
            let ending = "pbc=\"T T T\" step=\(5 * frame) "
            #expect(comment.contains(ending))
        }
    }

    @Test func driftOfTheConservedQuantity() throws {
        let result = try run("thermo 10\nrun 200")
        defer { DeckRunner.cleanUp(result) }
        let line = result.log.firstMatch(of: /Conserved energy: drift ([^ ]*) meV\/atom\/ps, fluctuation ([^ ]*) meV\/atom/)
        let drift = line.flatMap { Double($0.1) } ?? .nan, fluctuation = line.flatMap { Double($0.2) } ?? .nan
        #expect(abs(drift) < 0.1)
        #expect(fluctuation > 0)
    }

    @Test func appendingAndNewFiles() throws {
        let result = try run(
            """
            dump a all custom 2 a id
            dump b all custom 2 b id
            run 4
            undump a
            undump b
            dump a all custom 2 a id
            dump_modify a append yes
            dump b all custom 2 b id
            run 2
            """)
        defer { DeckRunner.cleanUp(result) }
        func steps(_ file: String) throws -> [String] {
            let lines = try result.file(file).split(separator: "\n")
            return lines.indices.filter { lines[$0] == "ITEM: TIMESTEP" }.map { String(lines[$0 + 1]) }
        }
        #expect(try steps("a") == ["0", "2", "4", "4", "6"])
        #expect(try steps("b") == ["4", "6"])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let lines: String
        let message: String
        var testDescription: String { lines }
        init(_ lines: String, _ message: String) { (self.lines, self.message) = (lines, message) }
    }

    static let cases = [
        Case("dump a all custom 2 /dev/full id x\nrun 2", "cannot write to '/dev/full': No space left on device"),
        Case("dump a all custom 2 no/such/folder id x\nrun 2", "cannot write 'no/such/folder': No such file or directory"),
        Case("dump a all custom 2 ./in.deck id x\nrun 2", "is an input of this run and is not overwritten"),
        Case("write_dump all custom in.deck id x", "is an input of this run and is not overwritten"),
        Case("dump a all custom 2 a.bz2 id\nrun 2", "in.deck:11:21: dump files ending in .bz2"),
        Case("dump a all custom 2 a id q", "in.deck:11:26: 'q' is not there: atom_style atomic has no charges"),
        Case("dump a all custom 2 a id mux", "has no dipoles"),
        Case("dump a all custom 2 a id i_flag", "no properties of a deck's own"),
        Case("dump a all custom 2 a id f_2", "there is no fix '2'"),
        Case("dump a all local 2 a c_1", "in.deck:11:12: dump style 'local' is not supported: bonds, angles and pairs are not kept"),
        Case("dump a all image 2 a.*.jpg type type", "dump style 'image' is not supported"),
        Case("dump a all movie 2 a.mp4 type type", "dump style 'movie' is not supported"),
        Case("dump a all dcd 2 a.dcd.gz", "cannot be compressed"),
        Case("variable n equal stride(0,9,3)\ndump a all dcd v_n a.dcd", "must be a number of steps"),
        Case("dump a all netcdf 2 a.nc x y", "coordinates needs z too"),
        Case("dump a all netcdf 2 a.nc element", "numbers only"),
        Case("dump a all custom 2 a id\ndump_modify a nfile 2", "in.deck:12:15: dump_modify: 'nfile' is not supported"),
        Case("dump a all custom 2 a id\ndump_modify a fileper 2", "'fileper' is not supported"),
        Case("dump a all custom 2 a id\ndump_modify a balance yes", "'balance' is not supported"),
        Case("dump a all custom 2 a id\ndump_modify a maxfiles 2", "maxfiles needs one file a frame"),
        Case("dump a all custom 2 a id\ndump_modify a region there", "there is no region 'there'"),
        Case("dump a all custom 2 a id\ndump_modify a refresh c_thermo_pe", "has nothing to refresh"),
        Case("dump a all custom 2 a id\ndump_modify a sorted id", "did you mean 'sort'"),
        Case("dump a all dcd 2 a\ndump_modify a sort off", "dump dcd is sorted by id, always"),
        Case("dump a all dcd 2 a\ndump_modify a header no", "cannot do without its header"),
        Case("log in.deck", "'in.deck' is an input of this run and is not overwritten"),
        Case("thermo_modify warn never", "in.deck:11:20"),
        Case("rerun nothing.dump dump x y z", "cannot read 'nothing.dump'"),
        Case("rerun in.deck dump x y z", "in.deck:1:1: expected 'ITEM: TIMESTEP'"),
        Case("rerun a frist 2 dump x y z", "in.deck:11:7"),
        Case("dump a all custom 2 a id xs ys zs\nrun 2\nundump a\nrerun a first 7 dump x y z", "there is no frame from step 7"),
        Case("dump a all custom 2 a id xs ys zs\nrun 2\nundump a\nrerun a dump x y z vx", "has no column 'vx'; it has id xs ys zs"),
        Case("dump a all custom 2 a id xs ys zs\nrun 2\nrerun a dump x y z", "'a' is written by dump 'a'; undump it before"),
        Case("read_dump a 3 x y z add yes", "with purge yes only"),
        Case("read_dump a 3 x y q", "charges are not read from frames"),
        Case("dump a all custom 2 a idd", "did you mean 'id'"),
        Case("thermo_style custom step tmep", "in.deck:11:26: unknown thermo keyword 'tmep'; did you mean 'temp'"),
        Case("thermo_style custom step c_tmp", "in.deck:11:26"),
        Case("thermo_style custom step f_1\nrun 1", "no scalar value"),
        Case("compute a all pe/atm", "did you mean 'pe/atom'"),
        Case("compute a all pe/atom\nthermo_style custom step c_a", "compute reduce makes one"),
        Case("compute a all stress/atom NULL\ndump d all custom 1 d c_a", "c_a[1] to c_a[6]"),
        Case("compute a all temp\nthermo_style custom step c_a\nuncompute a\nrun 1", "there is no compute 'a'"),
        Case("thermo_modify format float %s", "must have %g"),
        Case("dump a all custom 2 a id\ndump_modify a sort colour", "off, id, or a column"),
        Case("print $(press)", "use run 0 before"),
        Case("variable n equal 3\ndump a all custom 2 a id\ndump_modify a every v_n\nrun 9", "must name a step after"),
    ]

    @Test(arguments: cases) func isRefused(_ bad: Case) throws {
        let result = try run(bad.lines)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status != 0)
        #expect(result.errors.contains(bad.message), "\(result.errors)")
        let deck = try result.file("in.deck")
        #expect(deck.hasPrefix("units metal"), "the deck was overwritten")
    }

    /// Packed files hold what plain ones do, whatever the ranks, a member a frame.
    @Test(arguments: [1, 2, 4]) func compressed(ranks: Int) throws {
        let result = try run(
            """
            dump a all custom 2 a id xu vx
            dump_modify a sort id
            dump g all custom 2 a.gz id xu vx
            dump_modify g sort id
            dump z all custom 2 a.zst id xu vx
            dump_modify z sort id
            run 4
            undump z
            dump z all custom 2 a.zst id xu vx
            dump_modify z sort id append yes
            run 2
            """, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let plain = try result.file("a")
        #expect(String(decoding: try ByteReader(result.folder + "/a.gz").all(), as: UTF8.self) == plain)
        let twice = String(decoding: try ByteReader(result.folder + "/a.zst").all(), as: UTF8.self)
        let frames = plain.components(separatedBy: "ITEM: TIMESTEP").dropFirst().map { "ITEM: TIMESTEP" + $0 }
        #expect(frames.count == 4)
        #expect(twice == (frames[..<3] + frames[2...]).joined(), "appending repeats the frame that ends one run and begins the next")
        let packed = try Data(contentsOf: URL(fileURLWithPath: result.folder + "/a.gz")).count
        #expect(packed < plain.utf8.count / 2)
    }

    /// Frames are in their files while the run goes on: a run that is killed at any moment loses none that is complete.
    @Test func killed() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("killed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func size(_ name: String) -> Int { (try? Data(contentsOf: folder.appendingPathComponent(name)).count) ?? 0 }
        let lines = "dump a all custom 5 a.gz id x y z\ndump_modify a sort id\ndump n all netcdf 5 a.nc id x y z\ndump d all dcd 5 a.dcd\nthermo 5\nrun 100000000\n"
        try (Self.crystal + lines).write(to: folder.appendingPathComponent("in.deck"), atomically: false, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try RankHarness.executable("mdrun"))
        process.arguments = ["in.deck", "-screen", "none"]
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // Some frames, whatever the machine's speed; a run that fails ends by itself.
        let frame = 56 + 3 * 8 + 12 * 108
        while process.isRunning, size("a.dcd") < 276 + 20 * frame { usleep(20_000) }
        #expect(process.isRunning)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        // Whole frames of the packed text, up to where the kill cut it.
        let reader = try ByteReader(folder.appendingPathComponent("a.gz").path)
        var text: [UInt8] = []
        while let more = try? reader.next(), !more.isEmpty { text += more }
        let frames = String(decoding: text, as: UTF8.self).components(separatedBy: "ITEM: TIMESTEP").count - 2
        let dcd = try Data(contentsOf: folder.appendingPathComponent("a.dcd")), nc = try Data(contentsOf: folder.appendingPathComponent("a.nc"))
        let inDCD = Int(dcd[8]) + Int(dcd[9]) << 8, inNetCDF = Int(nc[6]) << 8 + Int(nc[7])
        #expect(inDCD >= 19 && (dcd.count - 276) / frame >= inDCD && abs(frames - inDCD) <= 2 && abs(inNetCDF - inDCD) <= 2)
        let rows = try String(contentsOf: folder.appendingPathComponent("log.mdrun.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(abs(rows.count - inDCD) <= 2)
    }

    /// A cut-off packed file, and one that is none, are told.
    @Test func damagedCompression() throws {
        let result = try run("dump a all custom 2 a.gz id xs ys zs\ndump b all custom 2 b.zst id xs ys zs\nrun 4")
        defer { DeckRunner.cleanUp(result) }
        for name in ["a.gz", "b.zst"] {
            let path = result.folder + "/" + name
            var data = try Data(contentsOf: URL(fileURLWithPath: path))
            let whole = try ByteReader(path).all().count
            #expect(whole > 3000)
            try data.prefix(data.count - 7).write(to: URL(fileURLWithPath: path))
            #expect(throws: ReadError.self) { try ByteReader(path).all() }
            data[data.startIndex] = 7
            try data.write(to: URL(fileURLWithPath: path))
            #expect(throws: ReadError.self) { try ByteReader(path).all() }
        }
    }

    /// rerun gives the energies that the run had, from every format that it reads; the frames' forces are those of the run.
    @Test(arguments: [1, 2, 4]) func rerun(ranks: Int) throws {
        let result = try run(
            """
            dump c all custom 5 c.gz id xu yu zu vx vy vz
            dump_modify c format float %.17g
            dump x all extxyz 5 x.extxyz
            thermo_style custom step pe ke press fnorm
            thermo 5
            thermo_modify format float %.14g
            run 20
            undump c
            undump x
            dump s all extxyz 5 s.extxyz
            rerun c.gz dump x y z vx vy vz
            undump s
            displace_atoms all random 0.5 0.5 0.5 77 units box
            rerun x.extxyz dump x y z vx vy vz
            rerun x.extxyz last 4 dump x y z vx vy vz purge yes add yes replace no
            """, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let reference = result.table(0)
        #expect(reference.count == 5)
        for (table, count) in [(1, 5), (2, 5), (3, 1)] {
            let rows = result.table(table)
            #expect(rows.count == count)
            for (row, expected) in zip(rows, reference) {
                for (name, value) in expected {
                    #expect(abs((row[name] ?? .nan) - value) <= 1e-10 * max(1, abs(value)), "table \(table): \(name) \(row[name] ?? .nan), not \(value)")
                }
            }
        }
        // The same velocities and forces again; positions may be a box length away, since frames are wrapped when they are read.
        func numbers(_ file: String) throws -> [Double] {
            try result.file(file).split(separator: "\n").filter { $0.hasPrefix("Ar ") }.flatMap { self.numbers($0).dropFirst(3) }
        }
        let first = try numbers("x.extxyz"), second = try numbers("s.extxyz")
        #expect(first.count == 5 * 108 * 6 && second.count == first.count)
        #expect(zip(first, second).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    /// After a restart every dump goes on in its file: what the run before wrote behind the restart is dropped, nothing occurs twice.
    @Test(arguments: [1, 2]) func restart(ranks: Int) throws {
        func dumps(_ name: String) -> String {
            """
            variable v equal stride(0,100,3)
            dump a all custom 2 \(name).text id x vx
            dump_modify a sort id units yes thresh x > LAST
            dump g all custom 2 \(name).gz id x vx
            dump_modify g sort id
            dump d all dcd 4 \(name).dcd
            dump n all netcdf 3 \(name).nc id x y z
            dump t all xyz 4 \(name).xyz
            dump_modify t every/time 0.0053
            dump v all custom 4 \(name).variable id x
            dump_modify v every v_v sort id
            dump m all custom 2 \(name).*.many id x
            dump_modify m sort id maxfiles 3 pad 3

            """
        }
        let potential = "pair_style lj/cut 7.0\npair_coeff * * 0.0104 3.4\nfix 1 all nve\n"
        let result = try run(
            dumps("whole") + "run 20\nclear\n" + Self.crystal + dumps("parts") + "restart 10 r\nrun 15\nclear\n"
                + "units metal\nread_restart r.10\n" + potential + dumps("parts") + "run 10", ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: result.folder + "/" + name)) }
        for kind in ["text", "gz", "dcd", "nc", "xyz", "variable", "016.many", "018.many", "020.many"] {
            let whole = try bytes("whole.\(kind)"), parts = try bytes("parts.\(kind)")
            #expect(whole.count > 1000)
            #expect(whole == parts, "\(kind): \(whole.count) and \(parts.count) bytes")
        }
        let many = try FileManager.default.contentsOfDirectory(atPath: result.folder).filter { $0.hasPrefix("parts.") && $0.hasSuffix("many") }
        // 012 and 014 were written behind the restart by the run that it follows, which had dropped 010 by then.
        #expect(Set(many).isSuperset(of: ["parts.016.many", "parts.018.many", "parts.020.many"]) && many.count <= 5, "\(many)")
    }

    /// DCD and netCDF files that a second run appends to are those of one run; a file of another kind is refused.
    @Test func appendingBinary() throws {
        let result = try run(
            """
            dump d all dcd 2 a.dcd
            dump n all netcdf 2 a.nc id x y z vx vy vz
            dump e all dcd 2 b.dcd
            dump m all netcdf 2 b.nc id x y z vx vy vz
            run 4
            undump e
            undump m
            dump e all dcd 2 b.dcd
            dump m all netcdf 2 b.nc id x y z vx vy vz
            dump_modify e append yes
            dump_modify m append yes
            dump_modify d first yes
            run 1
            run 3
            group some id 1:10
            undump m
            dump m some netcdf 2 b.nc id x y z vx vy vz
            dump_modify m append yes
            run 2
            """)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status != 0)
        #expect(result.errors.contains("'b.nc' cannot be appended to"), "\(result.errors)")
        for (kind, head, frame) in [("dcd", 276, 56 + 3 * 8 + 12 * 108), ("nc", 0, 0)] {
            let a = try Data(contentsOf: URL(fileURLWithPath: result.folder + "/a." + kind))
            let b = try Data(contentsOf: URL(fileURLWithPath: result.folder + "/b." + kind))
            if kind == "dcd" {
                // Steps 0 2 4 6 8, and the one that begins the second run again.
                #expect((a.count - head) / frame == 5 && (b.count - head) / frame == 6 && (b.count - head) % frame == 0)
                #expect(b[8] == 6 && a[8] == 5)
            } else {
                #expect(a[4..<8].last == 5 && b[4..<8].last == 6)
                #expect(b.count > a.count)
            }
        }
    }

    /// LOG.jsonl: an object a row, all digits, for each log file; none with -log none.
    @Test func rowsAsJSON() throws {
        let lines = "thermo_modify colname 2 'a\"T\"'\nthermo 2\nrun 4\nlog other\nrun 2\nlog other append\nrun 0\nlog none\nrun 0"
        let result = try run(lines, ranks: 2)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        func rows(_ file: String) throws -> [[String: Any]] {
            try result.file(file).split(separator: "\n").map { try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
        }
        let first = try rows("log.mdrun.jsonl"), second = try rows("other.jsonl")
        #expect(first.map { $0["Step"] as? Int } == [0, 2, 4])
        #expect(first.map { $0["run"] as? Int } == [1, 1, 1])
        #expect(abs((first[0]["a\"T\""] as? Double ?? 0) - 60) < 1e-9)
        #expect(second.map { $0["Step"] as? Int } == [4, 6, 6])
        let printed = result.table(0).map { $0["TotEng"] ?? .nan }
        #expect(printed.count == 3)
        #expect(zip(first, printed).allSatisfy { abs(($0["TotEng"] as? Double ?? .nan) - $1) < 1e-6 })
        let none = try DeckRunner.run(Self.crystal + "run 0\n", arguments: ["-log", "none"])
        defer { DeckRunner.cleanUp(none) }
        #expect(!FileManager.default.fileExists(atPath: none.folder + "/log.mdrun.jsonl") && none.status == 0)
    }

    @Test func numberOfWarnings() throws {
        let double = "fix a all nve\nfix b all nve\n"
        func warnings(_ lines: String) throws -> Int {
            let result = try run(lines + double + "run 0")
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status == 0, "\(result.errors)")
            return result.log.components(separatedBy: "WARNING").count - 1
        }
        #expect(try warnings("") == 3)
        #expect(try warnings("thermo_modify warn ignore\n") == 0)
        // The second one says that there are too many.
        #expect(try warnings("thermo_modify warn 1\n") == 2)
    }

    /// A full disk ends all ranks with one message.
    @Test func failureOnRanks() throws {
        let result = try run("dump a all custom 1 /dev/full id x\nrun 2", ranks: 2)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status != 0 && result.status != 124)
        #expect(result.errors.components(separatedBy: "ERROR").count == 2, "\(result.errors)")
    }
}
