import Foundation
import TestSupport
import Testing

/// `balance` and `fix balance`: planes as LAMMPS puts them, and nothing but speed depends on them.
@Suite struct BalanceTests {
    static let folder = DeckRunner.root + "/Tests/Reference/lammps/balance"

    private func golden(_ name: String) throws -> String { try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8) }

    /// As the reference script keeps it: what is said of loads and planes, and tables.
    private func kept(_ log: String) -> String {
        var isTable = false
        return log.split(separator: "\n").compactMap { line in
            if line.split(separator: " ").first == "Step" { isTable = true }
            if line.hasPrefix("Loop time") { isTable = false }
            let words = ["iteration count", "initial/final", "cuts:", "group weights", "weight variable"]
            guard isTable || line.hasPrefix("Balancing") || words.contains(where: { line.contains($0) }) else { return nil }
            return line.replacing(/\x20+$/, with: "") + "\n"
        }.joined()
    }

    @Test("loads, planes and meshes as LAMMPS has them", arguments: [2, 4], [("static", "mesh"), ("moving", "mesh.moving")])
    func sameAsLAMMPS(_ ranks: Int, _ deck: (name: String, mesh: String)) throws {
        let result = try DeckRunner.run(file: "\(Self.folder)/in.\(deck.name)", ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        #expect(kept(result.log) == (try golden("\(deck.name).\(ranks)")))
        #expect(try result.file(deck.mesh) == golden("\(deck.mesh).\(ranks)"))
    }

    /// A drop in a box that is mostly empty, tilted, with faces along z.
    private static func drop(_ balancing: String, steps: Int) -> String {
        """
        units lj
        boundary p p f
        lattice fcc 0.8
        region box prism 0 12 0 8 0 8 2 0 0
        create_box 1 box
        region drop sphere 3.5 3 3 2.6
        create_atoms 1 region drop
        mass 1 1.0
        velocity all create 0.6 87287 loop geom
        pair_style lj/cut 2.5
        pair_coeff 1 1 1.0 1.0
        fix 1 all nve
        \(balancing)
        thermo 20
        thermo_style custom step temp pe press
        thermo_modify format float %.17g
        dump d all custom 40 d.dump id x y z vx vy vz
        dump_modify d sort id format float %.17g
        restart 60 r.*
        run \(steps) upto

        """
    }

    private static let balancing = """
        balance 1.0 shift xyz 20 1.01
        fix b all balance 10 1.02 shift xyz 10 1.01
        """

    private func numbers(_ text: String) -> [Double] {
        text.split(separator: "\n").filter { !$0.hasPrefix("ITEM") }.flatMap { $0.split(separator: " ").compactMap { Double($0) } }
    }

    @Test("four balanced ranks go where one goes") func sameTrajectory() throws {
        let one = try DeckRunner.run(Self.drop("", steps: 120))
        defer { DeckRunner.cleanUp(one) }
        let wanted = numbers(try one.file("d.dump"))
        #expect(wanted.count > 3000)
        for ranks in [2, 4] {
            let result = try DeckRunner.run(
                Self.drop(Self.balancing + "\nvariable f equal f_b\nvariable p equal f_b[3]", steps: 120)
                    .replacing("pe press", with: "pe press f_b f_b[1] f_b[3]"), ranks: ranks)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status == 0, "\(result.errors)")
            let found = numbers(try result.file("d.dump"))
            try #require(found.count == wanted.count)
            let error = zip(found, wanted).map { ($0 - $1).magnitude }.max()!
            #expect(error < 1e-9, "on \(ranks) ranks: \(error)")
            // The drop is a crystal of few layers, which planes cannot cut.
            let line = try #require(result.log.split(separator: "\n").first { $0.contains("imbalance factor") })
            let factors = line.split(separator: " ").compactMap { Double($0) }
            #expect(factors[0] > 1.6 && factors[1] < 1.25, "\(line)")
            for row in result.table() where row["Step"]! > 0 { #expect(row["f_b"]! < 1.1, "\(row)") }
        }
    }

    @Test("a run goes on from a restart bit for bit, with planes in motion", arguments: [2, 4]) func resumes(ranks: Int) throws {
        let whole = try DeckRunner.run(Self.drop(Self.balancing, steps: 120), ranks: ranks)
        defer { DeckRunner.cleanUp(whole) }
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: whole.folder + "/r.60")))
        let lines = Self.drop(Self.balancing, steps: 120).split(separator: "\n")
        let rest = lines.drop { !$0.hasPrefix("pair_style") }.filter { !$0.hasPrefix("balance") }.joined(separator: "\n")
        let resumed = try DeckRunner.run("read_restart r.60\n" + rest + "\n", bytes: ["r.60": bytes], ranks: ranks)
        defer { DeckRunner.cleanUp(resumed) }
        #expect(resumed.status == 0, "\(resumed.errors)")
        func rows(_ result: DeckRunner.Result) -> [String] {
            result.tableLines.filter { Int($0.split(separator: " ").first ?? "").map { $0 >= 60 } ?? false }
        }
        #expect(rows(resumed) == rows(whole) && rows(whole).count == 4)
        // On another number of ranks bricks are equal at first, and the state is the same.
        let other = try DeckRunner.run("read_restart r.60\n" + rest + "\n", bytes: ["r.60": bytes], ranks: 3)
        defer { DeckRunner.cleanUp(other) }
        #expect(other.status == 0, "\(other.errors)")
        let a = try #require(whole.table().first { $0["Step"] == 60 }), b = try #require(other.table().first)
        for (name, x) in a { #expect((x - b[name]!).magnitude <= 1e-10 * max(1, x.magnitude), "\(name)") }
    }

    @Test("weights by neighbours, by time and by a variable are shared out", arguments: ["neigh 0.9", "time 1.0", "var w"])
    func weights(_ weight: String) throws {
        let lines = "variable w atom 1+x\nrun 5\nbalance 1.0 shift xz 20 1.01 weight \(weight)\nfix b all balance 10 1.0 shift xz 10 1.05 weight \(weight)"
        let result = try DeckRunner.run(Self.drop(lines, steps: 40), ranks: 4)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let line = try #require(result.log.split(separator: "\n").first { $0.contains("imbalance factor") })
        let factors = line.split(separator: " ").compactMap { Double($0) }
        #expect(factors[0] > 1.5 && factors[1] < 1.2, "\(line)")
    }

    @Test("what cannot be done is told at its word") func refusals() throws {
        let start = "region box block 0 9 0 9 0 9\ncreate_box 1 box\ncreate_atoms 1 single 1 1 1\nmass 1 1\n"
        let cases = [
            ("balance 1.1 rcb", "in.deck:5:13", "comm_style tiled"), ("fix b all balance 10 1.1 rcb", "in.deck:5:26", "comm_style tiled"),
            ("comm_style tiled", "in.deck:5:12", "comm_style tiled is not supported"),
            ("balance 1.1 shift xyx 10 1.1", "in.deck:5:19", "at most once"), ("balance 1.1 shift x 10 0.9", "in.deck:5:24", "at least 1"),
            ("balance 1.1 shft x 10 1.1", "in.deck:5:13", "did you mean 'shift'"), ("balance 1.1 z 0.5 0.4", "in.deck:5:", "0.4"),
            ("balance 1.1 z 1.5", "in.deck:5:15", "below 1"), ("balance 1.1 shift x 10 1.1 weight group 1 none 2", "in.deck:5:43", "none"),
            ("balance 1.1 shift x 10 1.1 weight store w", "in.deck:5:35", "weight store is not supported"),
            ("variable w equal 1\nbalance 1.1 shift x 10 1.1 weight var w", "in.deck:6:39", "atom-style"),
            ("fix b all balance 0 1.1 shift x 10 1.1 weight var w", "in.deck:5:", "w"),
            ("fix b all balance 10 1.1 x uniform", "in.deck:5:26", "known: shift"),
        ]
        for (line, place, words) in cases {
            let result = try DeckRunner.run(start + line + "\n", ranks: 2, timeout: 60)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status != 0 && result.errors.contains(place) && result.errors.contains(words), "\(line): \(result.errors)")
        }
    }
}
