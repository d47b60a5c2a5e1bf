import Foundation
import Potentials
import TestSupport
import Testing

/// Decks with stacked ensembles from beginning to end, on members and networks with random weights.
@Suite("Stacked ensembles: decks")
struct StackedDeckTests {
    private static func deck(_ pair: String, units: String = "metal", _ lines: String) -> String {
        """
        units \(units)
        read_data data
        \(pair)
        \(lines)

        """
    }

    private func run(_ deck: String, ranks: Int = 1, system: TestSystem = StackCases.liquid(count: 48), arguments: [String]? = nil) throws
        -> DeckRunner.Result
    {
        try DeckRunner.run(
            deck, file: arguments?.first, files: ["data": StackDecks.data(system)], bytes: try StackDecks.files(),
            arguments: Array((arguments ?? []).dropFirst()), ranks: ranks, timeout: 60)
    }

    private func close(_ a: Double?, _ b: Double?, _ relative: Double, floor: Double = 1e-6) -> Bool {
        guard let a, let b else { return false }
        return (a - b).magnitude <= relative * max(floor, a.magnitude, b.magnitude)
    }

    private static let watching = """
        velocity all create 300 4928459 loop all
        timestep 0.00005
        fix 1 all nve
        compute e all ensemble/energy
        compute d all ensemble/deviation
        compute a all ensemble/atom
        compute m all reduce max c_a
        compute s all stress/atom NULL virial
        compute sx all reduce sum c_s[1]
        fix u all uncertainty 2 lo 1e-3 file frames.extxyz max 2
        thermo_style custom step temp pe press c_sx c_e c_e[1] c_e[2] c_d c_d[1] c_d[2] c_d[3] c_d[4] c_m f_u
        thermo_modify format float %.12g
        thermo 2
        run 6
        """

    @Test("computes, fixes and files on one rank and on two; the log's breakdown", arguments: StackConfiguration.Kind.allCases)
    func observed(kind: StackConfiguration.Kind) throws {
        let text = Self.deck(StackDecks.pair(kind, options: "out_freq 3 out_file devi.out"), Self.watching)
        let one = try run(text), two = try run(text, ranks: 2)
        defer { for result in [one, two] { DeckRunner.cleanUp(result) } }
        #expect(one.status == 0 && two.status == 0, "\(one.errors)\(two.errors)")
        let table = one.table()
        #expect(table.map { $0["Step"] } == [0, 2, 4, 6])
        for (a, b) in zip(table, two.table()) {
            for (name, x) in a { #expect(close(x, b[name], 1e-9), "\(name): \(x), \(b[name] ?? .nan)") }
        }
        let last = table[3]
        #expect(last["c_m"] == last["c_d"] && last["c_d"] == last["c_d[1]"] && (last["c_d"] ?? 0) > 0.1 && (last["c_d[4]"] ?? 0) > 0)
        let energies = [last["c_e[1]"]!, last["c_e[2]"]!]
        #expect(close(last["c_e"], (energies[0] - energies[1]).magnitude / 2, 1e-9))
        if kind == .direct { #expect(close(last["PotEng"], 0.4 * energies[0] + 0.6 * energies[1], 1e-9)) }
        #expect(last["f_u"] == 2)
        for name in ["devi.out", "frames.extxyz"] {
            let a = try one.file(name).split(separator: "\n"), b = try two.file(name).split(separator: "\n")
            #expect(a.count == b.count && a.count == (name == "devi.out" ? 4 : 100), "\(name): \(a.count), \(b.count) lines")
        }
        for row in try zip(one.file("devi.out").split(separator: "\n"), two.file("devi.out").split(separator: "\n")).dropFirst() {
            let a = row.0.split(separator: " ").map { Double($0)! }, b = row.1.split(separator: " ").map { Double($0)! }
            for (x, y) in zip(a, b) { #expect(close(x, y, 2e-6), "\(row)") }
        }
        for result in [one, two] {
            for word in ["\nschnet ", "\npainn ", "\nnetwork ", "\nmembers' exchange "] { #expect(result.log.contains(word), "\(word)") }
            #expect(result.log.contains("\npullbacks ") == (kind == .conservative))
            let isWarned = [
                "potential energy, pressure and stress are those of the weighted mean", "total energy will drift",
                "net force of the correction, taken out of it: last ",
            ]
            for words in isWarned { #expect(result.log.contains(words) == (kind == .direct), "\(words): \(result.log)") }
        }
    }

    @Test("members beyond the file's bases observe and move nothing", arguments: StackConfiguration.Kind.allCases)
    func observers(kind: StackConfiguration.Kind) throws {
        let pair = StackDecks.pair(kind)
        let lines = """
            timestep 0.00005
            fix 1 all nve
            thermo_style custom step pe press fmax EXTRA
            thermo_modify format float %.15g
            thermo 3
            run 6
            """
        let alone = try run(Self.deck(pair, lines.replacingOccurrences(of: "EXTRA", with: "")))
        let elements = StackCases.elements.joined(separator: " ")
        let more = pair.replacingOccurrences(of: " painn\n", with: " painn painn\n")
            .replacingOccurrences(of: "* * painn ", with: "* * painn 1 ") + "\npair_coeff * * painn 2 other.json \(elements)"
        var other = StackCases.models[1]
        other.seed = 9
        var files = try StackDecks.files()
        files["other.json"] = Array(other.json.replacingOccurrences(of: "model.safetensors", with: "other.safetensors").utf8)
        files["other.safetensors"] = other.safetensors()
        let watched = try DeckRunner.run(
            Self.deck(more, "compute e all ensemble/energy\n" + lines.replacingOccurrences(of: "EXTRA", with: "c_e[1] c_e[2] c_e[3]")),
            files: ["data": StackDecks.data(StackCases.liquid(count: 48))], bytes: files, ranks: 2, timeout: 60)
        defer { for result in [alone, watched] { DeckRunner.cleanUp(result) } }
        #expect(alone.status == 0 && watched.status == 0, "\(alone.errors)\(watched.errors)")
        for (a, b) in zip(alone.table(), watched.table()) { for (name, x) in a { #expect(close(x, b[name], 1e-9), "\(name)") } }
        let last = watched.table()[2]
        #expect(last["c_e[3]"] != last["c_e[2]"] && last["c_e[3]"]?.isFinite == true)
        #expect(watched.log.contains("painn:2: observes when asked") && watched.log.contains("painn:1: base with weight 0.6"))
        #expect(watched.log.contains("\npainn:2 "))
    }

    @Test("units real give the physics of units metal", arguments: StackConfiguration.Kind.allCases)
    func units(kind: StackConfiguration.Kind) throws {
        let lines = """
            dump 1 all custom 1 forces.txt id fx fy fz
            dump_modify 1 sort id format float %.12g
            thermo_style custom step pe press pxy
            thermo_modify norm no format float %.14g
            run 0
            """
        let metal = try run(Self.deck(StackDecks.pair(kind), lines)), real = try run(Self.deck(StackDecks.pair(kind), units: "real", lines))
        defer { for result in [metal, real] { DeckRunner.cleanUp(result) } }
        #expect(metal.status == 0 && real.status == 0, "\(metal.errors)\(real.errors)")
        let a = metal.table()[0], b = real.table()[0], unit = 23.060549
        #expect(close(a["PotEng"].map { $0 * unit }, b["PotEng"], 1e-9))
        // LAMMPS' constants agree to six digits.
        for name in ["Press", "Pxy"] { #expect(close(a[name].map { $0 / 1.01325 }, b[name], 5e-6), "\(name)") }
        func forces(_ result: DeckRunner.Result) throws -> [[Double]] {
            try result.file("forces.txt").split(separator: "\n").drop { !$0.hasPrefix("ITEM: ATOMS") }.dropFirst().map {
                $0.split(separator: " ").map { Double($0)! }
            }
        }
        let f = try forces(metal), g = try forces(real), most = f.flatMap { $0.dropFirst() }.map(\.magnitude).max()!
        #expect(f.count == 48 && g.count == 48)
        for (x, y) in zip(f, g) { for d in 1...3 { #expect((x[d] * unit - y[d]).magnitude <= 1e-8 * most * unit) } }
    }

    @Test("mdrun check reads such decks", arguments: StackConfiguration.Kind.allCases)
    func check(kind: StackConfiguration.Kind) throws {
        let result = try run(Self.deck(StackDecks.pair(kind), "fix 1 all nve\nrun 1000000"), arguments: ["check", "in.deck"])
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        let ensemble = "ensemble/\(kind): \(kind).safetensors: 2 interactions of 16 features"
        for words in ["in.deck: no errors", ensemble, "painn: base with weight 0.6"] {
            #expect(result.screen.contains(words), "\(result.screen)")
        }
    }

    /// P = -dU/dV for atoms at rest, from decks whose atoms and box are scaled alike.
    @Test("pressure is -dU/dV", arguments: [1, 2])
    func pressure(ranks: Int) throws {
        let system = StackCases.liquid(count: 48)
        func row(_ scale: Double) throws -> [String: Double] {
            var scaled = system
            for d in 0..<3 { scaled = scaled.strained(d, d, scale - 1) }
            let lines = "thermo_style custom step pe press vol\nthermo_modify format float %.16g\nrun 0"
            let result = try run(Self.deck(StackDecks.pair(.conservative), lines), ranks: ranks, system: scaled)
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status == 0, "\(result.errors)")
            return try #require(result.table().first)
        }
        let h = 1e-4, here = try row(1)
        let u = try [-2.0, -1, 1, 2].map { try row(1 + $0 * h)["PotEng"]! }
        let slope = (8 * (u[2] - u[1]) - u[3] + u[0]) / (12 * h)
        // V = s^3 V0; eV/Angstrom^3 to bar as LAMMPS has it.
        let expected = -slope / (3 * here["Volume"]!) * 1.6021765e6
        #expect(close(here["Press"], expected, 1e-7) && expected.magnitude > 1e3, "\(here["Press"]!) bar, by difference \(expected)")
    }

    /// Of a single base, too, which its set of members does not suspect by itself.
    @Test("a base whose force is not finite is named", arguments: StackConfiguration.Kind.allCases)
    func notFinite(kind: StackConfiguration.Kind) throws {
        var configuration = StackCases.configuration(kind)
        (configuration.bases, configuration.weights) = (["painn"], [1])
        var files = try StackDecks.files()
        files["one.safetensors"] = try StackCases.learner(configuration).file()
        var system = StackCases.liquid(count: 48)
        system.positions[7] = system.positions[3]
        let pair = "pair_style ensemble/\(kind) one.safetensors painn\npair_coeff * * painn painn.json O C H"
        let result = try DeckRunner.run(
            Self.deck(pair, "fix 1 all nve\nrun 1"), files: ["data": StackDecks.data(system)], bytes: files, timeout: 60)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 1)
        for words in ["step 0", "not finite", "model: painn"] { #expect(result.errors.contains(words), "\(result.errors)") }
    }

    /// Of a direct ensemble, whose forces are not the gradient of its energy and have no virial.
    @Test("what needs a gradient or a virial is refused at its word")
    func refusals() throws {
        let pair = StackDecks.pair(.direct)
        for (lines, place, words) in [
            ("minimize 0 0 10 10", "in.deck:6:", "minimize needs forces that are the gradient"),
            ("min_style fire\nminimize 0 0 10 10", "in.deck:7:", "minimize needs forces that are the gradient"),
            ("fix 1 all npt temp 300 300 0.1 iso 0 0 1\nrun 1", "in.deck:7:", "npt needs the virial"),
            ("fix 1 all nph iso 0 0 1\nrun 1", "in.deck:7:", "nph needs the virial"),
            ("fix 1 all press/berendsen iso 0 0 1\nrun 1", "in.deck:7:", "press/berendsen needs the virial"),
            ("fix 1 all box/relax iso 0\nminimize 0 0 10 10", "in.deck:7:", "minimize needs forces that are the gradient"),
        ] {
            let result = try run(Self.deck(pair, lines))
            defer { DeckRunner.cleanUp(result) }
            #expect(result.status != 0 && result.errors.contains(place) && result.errors.contains(words), "\(lines): \(result.errors)")
        }
        // The conservative one does all of it.
        let result = try run(Self.deck(StackDecks.pair(.conservative), "velocity all create 300 5\nfix 1 all nph iso 0 0 1\nrun 1\nunfix 1\nminimize 0 0 2 10"))
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
    }
}
