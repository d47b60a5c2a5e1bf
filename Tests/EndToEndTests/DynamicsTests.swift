import Foundation
import TestSupport
import Testing

/// What integrators promise beside LAMMPS' numbers: the same path on any number of ranks, restarts without a seam, the right ensemble.
@Suite struct DynamicsTests {
    private static let crystal = """
        units lj
        lattice fcc 1.0
        region box prism 0 4 0 4 0 4 0.2 0 0
        create_box 1 box
        create_atoms 1 box
        mass 1 1.0
        velocity all create 0.2 87287 loop geom

        """
    private static let pair = """
        pair_style lj/cut 2.5
        pair_coeff 1 1 1.0 1.0
        pair_modify shift yes
        neighbor 0.3 bin
        timestep 0.004
        thermo 100

        """
    static let kinds = [
        "fix 1 all nve", "fix 1 all nvt temp 0.2 0.3 0.4", "fix 1 all npt temp 0.2 0.3 0.4 tri 1 1 1",
        "fix 1 all nve\nfix 2 all langevin 0.2 0.3 0.5 4711 zero yes tally yes", "fix 1 all nve\nfix 2 all temp/csvr 0.2 0.3 0.5 4711",
    ]
    private static let dump = "write_dump all custom end id xu yu zu vx vy vz modify sort id format float %.17g\n"

    private func run(_ deck: String, ranks: Int = 1, files: [String: String] = [:]) throws -> DeckRunner.Result {
        let result = try DeckRunner.run(deck, files: files, ranks: ranks)
        #expect(result.status == 0, "\(result.errors)")
        return result
    }

    /// Unwrapped positions and velocities by id.
    private func atoms(_ result: DeckRunner.Result, _ name: String = "end") throws -> [[Double]] {
        let lines = try result.file(name).split(separator: "\n")
        let first = lines.firstIndex { $0.hasPrefix("ITEM: ATOMS") }!
        return lines[(first + 1)...].map { $0.split(separator: " ").compactMap { Double($0) } }
    }

    @Test("500 steps of a crystal: 1, 2 and 4 ranks agree to 1e-9 length units", arguments: kinds) func ranksAgree(_ fixes: String) throws {
        let deck = Self.crystal + Self.pair + fixes + "\nrun 500\n" + Self.dump
        let results = try [1, 2, 4].map { try run(deck, ranks: $0) }
        defer { results.forEach(DeckRunner.cleanUp) }
        let all = try results.map { try atoms($0) }
        #expect(all[0].count == 256)
        for other in all[1...] {
            try #require(other.count == all[0].count)
            let farthest = zip(all[0], other).flatMap { zip($0[1..<4], $1[1..<4]).map { ($0 - $1).magnitude } }.max()!
            #expect(farthest < 1e-9, "\(fixes): \(farthest)")
        }
    }

    static let restartKinds =
        Array(kinds[1...]) + [
            "fix 1 all npt temp 0.2 0.3 0.4 x 1 1 1 y 1 1 1 xy 0.5 0.5 1 nreset 7", "fix 1 all nph iso 1 1 1",
            "fix 1 all nve\nfix 2 all deform 1 xy vel 3.0 remap v units box",
        ]

    @Test("a run continued from a restart equals the uninterrupted one bit for bit", arguments: restartKinds, [1, 2])
    func restarts(_ fixes: String, _ ranks: Int) throws {
        let rest = Self.pair + fixes + "\nrestart 40 r.*\nrun 100 upto start 0 stop 100\n" + Self.dump
        let whole = try run(Self.crystal + rest, ranks: ranks)
        defer { DeckRunner.cleanUp(whole) }
        let path = whole.folder + "/r.40"
        let continued = try run("read_restart \(path)\n" + rest, ranks: ranks)
        defer { DeckRunner.cleanUp(continued) }
        #expect(continued.table().first?["Step"] == 40)
        #expect(try continued.file("end") == whole.file("end"), "\(fixes) on \(ranks) ranks")
    }

    /// Kinetic energy of free atoms under a thermostat that acts on every step: mean and variance over the canonical ones.
    private func kineticMoments(_ fix: String, ranks: Int) throws -> (mean: Double, variance: Double) {
        let deck = """
            units lj
            lattice sc 0.1
            region box block 0 4 0 4 0 2
            create_box 1 box
            create_atoms 1 box
            mass 1 1.0
            velocity all create 2.0 87287 loop geom
            pair_style zero 1.0
            pair_coeff * *
            timestep 0.005
            fix 1 all nve
            \(fix)
            thermo_style custom step temp
            thermo_modify format float %.12g
            thermo 1
            run 8000

            """
        let result = try run(deck, ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        let temperatures = result.table().dropFirst(200).compactMap { $0["Temp"] }
        #expect(temperatures.count == 7801)
        let mean = temperatures.reduce(0, +) / Double(temperatures.count)
        let variance = temperatures.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(temperatures.count)
        return (mean / 2.0, variance / (2.0 * 2.0 * 2 / 93))
    }

    /// 93 degrees of freedom at T = 2; damp is two steps, so about 1900 of the 7800 values are independent: four standard errors are 1.4 %
    /// of the mean and 13 % of the variance.
    @Test("temp/csvr samples the canonical distribution, temp/berendsen does not", arguments: [1, 2]) func csvr(ranks: Int) throws {
        let (mean, variance) = try kineticMoments("fix 2 all temp/csvr 2.0 2.0 0.01 4711", ranks: ranks)
        #expect((mean - 1).magnitude < 0.014, "\(mean)")
        #expect((variance - 1).magnitude < 0.13, "\(variance)")
        let (other, narrow) = try kineticMoments("fix 2 all temp/berendsen 2.0 2.0 0.01", ranks: 1)
        #expect((other - 1).magnitude < 0.014 && narrow < 0.1)
    }

    // Of equal pressures: with a deviatoric target LAMMPS' form, which we keep to the last digit, is not conserved exactly.
    @Test("the conserved quantity of a barostat keeps to a line whose scatter falls fourfold with the step") func conserved() throws {
        func scatter(_ timestep: Double) throws -> Double {
            let steps = Int(1.0 / timestep + 0.5)
            let deck = Self.crystal + Self.pair + """
                timestep \(timestep)
                fix 1 all npt temp 0.3 0.3 0.5 tri 1 1 2
                thermo_style custom step econserve
                thermo_modify format float %.12g
                thermo \(steps / 50)
                run \(steps)

                """
            let result = try run(deck)
            defer { DeckRunner.cleanUp(result) }
            let values = result.table().compactMap { $0["Econserve"] }
            #expect(values.count == 51)
            let mean = values.reduce(0, +) / Double(values.count)
            return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
        }
        let (coarse, fine) = (try scatter(0.004), try scatter(0.002))
        #expect(coarse / fine > 3 && coarse / fine < 5.5, "\(coarse) \(fine)")
    }

    @Test("one length: the run's own line on the conserved energy counts its chain once") func conservedIsotropic() throws {
        func fluctuation(_ timestep: Double) throws -> Double {
            let result = try run(
                Self.crystal + Self.pair + "timestep \(timestep)\nfix 1 all npt temp 0.3 0.3 0.2 iso 1 1 0.5\nthermo \(Int(0.02 / timestep + 0.5))\n"
                    + "run \(Int(1.0 / timestep + 0.5))\n")
            defer { DeckRunner.cleanUp(result) }
            let match = try #require(result.log.firstMatch(of: /fluctuation ([0-9.e+-]+)/))
            return Double(match.1)!
        }
        let (coarse, fine) = (try fluctuation(0.004), try fluctuation(0.002))
        #expect(coarse / fine > 3 && coarse / fine < 5.5, "\(coarse) \(fine)")
    }

    private func refused(_ lines: String, _ expected: String, location: SourceLocation = #_sourceLocation) throws {
        let deck = Self.crystal.replacingOccurrences(of: "prism 0 4 0 4 0 4 0.2 0 0", with: "block 0 4 0 4 0 4") + Self.pair + lines + "\n"
        let result = try DeckRunner.run(deck, timeout: 60)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status != 0, "\(lines)", sourceLocation: location)
        #expect(result.errors.contains(expected), "\(lines): \(result.errors)", sourceLocation: location)
        #expect(result.errors.contains("in.deck:"), "\(result.errors)", sourceLocation: location)
    }

    @Test("what cannot be done is refused at its word") func refusals() throws {
        try refused("fix 1 all npt temp 1 1 1 iso 1 1", "expected the damping time")
        try refused("fix 1 all npt temp 1 1 1", "needs a pressure")
        try refused("fix 1 all npt iso 1 1 1", "needs: temp")
        try refused("fix 1 all nvt temp 1 1 1 iso 1 1 1", "fix nvt leaves the box alone")
        try refused("fix 1 all npt temp 1 1 1 tri 1 1 1", "needs a triclinic box")
        try refused("fix 1 all npt temp 1 1 1 x 1 1 1 couple xy", "needs y to be controlled")
        try refused("fix 1 all npt temp 1 1 1 x 1 1 1 y 2 2 1 couple xy", "must have the same pressures")
        try refused("fix 1 all npt temp 1 1 1 iso 1 1 1 dilate none", "none")
        try refused("fix 1 all nph iso 1 1 1 ptmp 1", "did you mean 'ptemp'")
        try refused("fix 1 all npt temp 1 1 1 iso 1 1 1\nfix 2 all deform 1 x erate 1\nrun 1", "both change the same part of the box")
        try refused("fix 1 all enforce2d", "two dimensions")
        try refused("fix 1 all deform 1 x volume", "volume needs another edge")
        try refused("fix 1 all deform 1 xy erate 1", "needs a triclinic box")
        try refused("fix 1 all langevin 1 1 1 5 gjf vhalf", "gjf is not supported")
        try refused("min_style hftn", "use cg")
        try refused("min_style fire/old", "use fire")
        try refused("min_style cgg", "did you mean 'cg'")
        try refused("min_modify abcfire yes", "abcfire is not supported")
        try refused("min_modify line quadratik", "did you mean 'quadratic'")
        try refused("minimize 1e-4 1e-4 100", "expected the largest number of force evaluations")
        try refused("run_style respa 2", "the number of steps of level 1 for one of level 2")
        try refused("run_style respa 2 2 pair 3", "from 1 to 2")
        try refused("run_style respa 2 2 hybrid 1 2", "needs a pair_style hybrid")
        try refused("run_style respa 2 2 inner 1 4 5 pair 2", "inner and outer go together")
        try refused("run_style respa 2 2 inner 1 4 5 middle 2 4.5 6 outer 2", "must not fall before the inner one has ended")
        try refused("run_style respa 2 2 par 1", "did you mean 'pair'")
        try refused("run_style respa 2 2\nfix 1 all npt temp 1 1 1 iso 1 1 1\nrun 1", "cannot be used with run_style respa")
        try refused("run_style respa 2 2\nfix 1 all nve\nfix 2 all setforce 0 0 0\nrun 1", "cannot be used with run_style respa")
        try refused("fix 1 all box/relax iso 0\nmin_style fire\nminimize 0 0 1 1", "needs min_style cg or sd")
    }
}
