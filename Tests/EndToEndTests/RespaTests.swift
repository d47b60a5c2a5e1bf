import Foundation
import TestSupport
import Testing

/// `run_style respa`: order of the integrator, restarts, ranks. Numbers of LAMMPS: DynamicsReferenceTests, deck `respa`.
@Suite struct RespaTests {
    private static func deck(_ style: String, _ timestep: String, _ rest: String) -> String {
        """
        units metal
        lattice fcc 4.6
        region box block 0 3 0 3 0 3
        create_box 2 box
        create_atoms 1 box basis 2 2
        mass 1 27
        mass 2 40
        displace_atoms all random 0.1 0.1 0.1 99 units box
        velocity all create 300 87287
        pair_style hybrid/overlay lj/cut 4.5 lj/cut 6.5
        pair_coeff * * lj/cut 1 0.03 2.8
        pair_coeff * * lj/cut 2 0.01 3.4
        pair_modify shift yes
        timestep \(timestep)
        neighbor 1.0 bin
        \(style)
        thermo_modify format float %.17g
        \(rest)

        """
    }

    private func energies(_ style: String, _ timestep: String, steps: Int) throws -> [Double] {
        let result = try DeckRunner.run(Self.deck(style, timestep, "fix 1 all nve\nthermo 1\nrun \(steps)"))
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        return result.table().map { $0["TotEng"]! }
    }

    private func fluctuation(_ energies: [Double]) -> Double {
        let mean = energies.reduce(0, +) / Double(energies.count)
        return (energies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(energies.count)).squareRoot()
    }

    @Test("half the step, a quarter of the fluctuation; one level is velocity Verlet") func order() throws {
        let coarse = fluctuation(try energies("run_style respa 2 2 hybrid 1 2", "0.008", steps: 40))
        let fine = fluctuation(try energies("run_style respa 2 2 hybrid 1 2", "0.004", steps: 80))
        #expect(coarse / fine > 3 && coarse / fine < 5.5, "\(coarse) \(fine)")
        // One level is velocity Verlet.
        let verlet = try energies("run_style verlet", "0.004", steps: 20), one = try energies("run_style respa 1", "0.004", steps: 20)
        for (a, b) in zip(verlet, one) { #expect((a - b).magnitude < 1e-11 * a.magnitude) }
        #expect(verlet.count == 21)
    }

    @Test("goes on from a restart bit for bit", arguments: [1, 2]) func resumes(ranks: Int) throws {
        func rest(_ steps: Int) -> String {
            "fix 1 all nvt temp 300 300 0.1\nfix 2 all langevin 300 300 1.0 7\nthermo 10\nrestart 30 r.*\nrun \(steps) upto"
        }
        let style = "run_style respa 3 2 2 hybrid 1 3"
        let whole = try DeckRunner.run(Self.deck(style, "0.004", rest(60)), ranks: ranks)
        defer { DeckRunner.cleanUp(whole) }
        #expect(whole.status == 0, "\(whole.errors)")
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: whole.folder + "/r.30")))
        let lines = Self.deck(style, "0.004", rest(60)).split(separator: "\n")
        let tail = lines.drop { !$0.hasPrefix("pair_style") }.joined(separator: "\n")
        let resumed = try DeckRunner.run("units metal\nread_restart r.30\n" + tail + "\n", bytes: ["r.30": bytes], ranks: ranks)
        defer { DeckRunner.cleanUp(resumed) }
        #expect(resumed.status == 0, "\(resumed.errors)")
        func rows(_ result: DeckRunner.Result) -> [String] {
            result.tableLines.filter { Int($0.split(separator: " ").first ?? "").map { $0 >= 30 } ?? false }
        }
        #expect(rows(whole).count == 4 && rows(resumed) == rows(whole))
    }

    @Test("parts by distance go on from a restart bit for bit", arguments: [1, 2]) func partsResume(ranks: Int) throws {
        let start = Self.deck("run_style verlet", "0.004", "").replacing("pair_style hybrid/overlay lj/cut 4.5 lj/cut 6.5", with: "pair_style lj/cut 6.5")
            .replacing("pair_coeff * * lj/cut 1 0.03 2.8\n", with: "").replacing("pair_coeff * * lj/cut 2 0.01 3.4", with: "pair_coeff * * 0.02 2.9")
            .replacing("run_style verlet", with: "run_style respa 3 2 2 inner 1 3.5 4.0 middle 2 4.5 5.0 outer 3")
        let rest = "fix 1 all nvt temp 300 300 0.1\nthermo 10\nrestart 30 r.*\nrun 60 upto\n"
        let whole = try DeckRunner.run(start + rest, ranks: ranks)
        defer { DeckRunner.cleanUp(whole) }
        #expect(whole.status == 0, "\(whole.errors)")
        let box = start.range(of: "lattice")!.lowerBound, pair = start.range(of: "pair_style")!.lowerBound
        let restart = try Data(contentsOf: URL(fileURLWithPath: whole.folder + "/r.30"))
        let again = start.replacingCharacters(in: box..<pair, with: "read_restart r.30\n") + rest
        let continued = try DeckRunner.run(again, bytes: ["r.30": [UInt8](restart)], ranks: ranks)
        defer { DeckRunner.cleanUp(continued) }
        #expect(continued.status == 0, "\(continued.errors)")
        let lines = whole.tableLines.filter { $0.contains("  60  ") }
        #expect(lines.count == 1 && lines == continued.tableLines.filter { $0.contains("  60  ") }, "\(lines) \(continued.tableLines)")
    }
}
