import Domain
import Foundation
import Integrators
import MDSession
import Potentials
import TestSupport
import Testing

/// Energy conservation of stacked ensembles: one methanol molecule, members of inputs/methanol, whose cutoffs are smooth, and a
/// network with random weights. With a fifth of its features' scales, and so sharper features, the fluctuation falls sixfold from 0.25 fs
/// to 0.125 fs, and fourfold only from there on.
@Suite("Stacked ensembles: dynamics")
struct StackedDynamicsTests {
    /// Total energy at every step.
    private final class EnergyRecorder: Observer {
        var energies: [Double] = []
        var wants: Wanted { .energy }
        func nextStep(after step: Int) -> Int? { step + 1 }
        func observe(_ simulation: Simulation, _ run: Run) {
            let system = simulation.system
            var kinetic = 0.0
            for i in 0..<system.atoms.owned {
                let v = system.atoms.velocity[i].xyz
                kinetic += 0.5 * system.units.mvv2e * system.atoms.mass(of: i) * v.dot(v)
            }
            energies.append(system.forces.energy + kinetic)
        }
    }

    private struct Course {
        var energies: [Double]
        /// eV/fs, and the rms about the line in eV.
        var slope: Double, fluctuation: Double
        var positions: [[Double]]
    }

    private static let models = DeckRunner.root + "/inputs/methanol"

    private static func stack(_ kind: StackConfiguration.Kind) throws -> String {
        var c = StackConfiguration(kind: kind, elements: ["Cu", "C", "O", "H"], bases: ["painn", "schnet"], weights: [0.6, 0.4])
        (c.width, c.interactions, c.cutoff, c.radial, c.forceScale, c.deviationScale) = (16, 2, 5, 8, 10, 5)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("stack-\(UUID().uuidString).safetensors").path
        try Data(try StackCases.learner(c).file()).write(to: URL(fileURLWithPath: path))
        return path
    }

    private static let femtoseconds = 40.0

    private func run(
        _ kind: StackConfiguration.Kind, femtoseconds dt: Double, options: String = "", isDetached: Bool = false, recording: Bool = true
    ) throws -> Course {
        let file = try Self.stack(kind)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let session = try runSession(
            """
            units metal
            read_data \(Self.models)/start.data
            group copper type 1
            delete_atoms group copper
            velocity all create 300 4928459 mom yes rot yes dist gaussian
            pair_style ensemble/\(kind) \(file) \(options) painn schnet
            pair_coeff * * painn \(Self.models)/painn-b.json Cu C O H
            pair_coeff * * schnet \(Self.models)/schnet-a.json Cu C O H
            fix 1 all nve
            timestep \(dt / 1000)
            thermo 1000
            """)
        (session.potential as? ConservativeEnsemble)?.isDetached = isDetached
        let recorder = EnergyRecorder()
        if recording { session.observation.others.append(recorder) }
        try session.interpreter.run(text: "run \(Int((Self.femtoseconds / dt).rounded()))", name: "deck")
        let e = recorder.energies, n = Double(e.count)
        let mean = e.reduce(0, +) / n, middle = (n - 1) / 2
        let sxx = e.indices.reduce(0) { $0 + (Double($1) - middle) * (Double($1) - middle) }
        let slope = e.indices.reduce(0) { $0 + (Double($1) - middle) * (e[$1] - mean) } / sxx
        let squares = e.indices.reduce(0) { sum, k in
            let r = e[k] - mean - slope * (Double(k) - middle)
            return sum + r * r
        }
        return Course(
            energies: e, slope: slope / dt, fluctuation: (squares / n).squareRoot(),
            positions: snapshot(session).atoms.sorted { $0.id < $1.id }.map(\.x))
    }

    /// Velocity Verlet of a smooth gradient: the fluctuation goes with the square of the step, and there is no drift to stand out of it.
    private func isConserved(_ long: Course, _ short: Course) -> Bool {
        (3.5...4.5).contains(long.fluctuation / short.fluctuation) && (short.slope * Self.femtoseconds).magnitude < short.fluctuation
    }

    @Test("the fluctuation falls fourfold when the step is halved; not without the Hessian-vector term, nor directly")
    func conservation() throws {
        for (kind, isDetached, isConserved) in [
            (StackConfiguration.Kind.conservative, false, true), (.conservative, true, false), (.direct, false, false),
        ] {
            let long = try run(kind, femtoseconds: 0.25, isDetached: isDetached)
            let short = try run(kind, femtoseconds: 0.125, isDetached: isDetached)
            let numbers = "\(long.fluctuation), \(short.fluctuation) eV, \(short.slope) eV/fs"
            #expect(self.isConserved(long, short) == isConserved, "\(isDetached ? "detached" : "\(kind)"): \(numbers)")
        }
    }

    @Test("every 2: conserved as well, and the same whether observers look in between")
    func multipleSteps() throws {
        let long = try run(.conservative, femtoseconds: 0.25, options: "every 2")
        let short = try run(.conservative, femtoseconds: 0.125, options: "every 2")
        #expect(isConserved(long, short), "\(long.fluctuation), \(short.fluctuation) eV, \(short.slope) eV/fs")
        let quiet = try run(.conservative, femtoseconds: 0.25, options: "every 2", recording: false)
        for (a, b) in zip(quiet.positions, long.positions) { for d in 0..<3 { #expect((a[d] - b[d]).magnitude < 1e-9) } }
    }
}
