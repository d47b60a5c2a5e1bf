import Domain
import Potentials
import TestSupport
import Testing

/// Whether stacked ensembles' forces are a gradient, asked of the forces alone; `ConformanceTests` compare them with the energy.
@Suite("Stacked ensembles: gradients")
struct StackedGradientTests {
    private let system = StackCases.liquid(count: 32)

    private func jacobian(_ potential: any Potential) -> ForceJacobian { ForceJacobian(system, potential) }

    private func asymmetry(_ potential: any Potential) -> Double { jacobian(potential).asymmetry() }

    @Test("a conservative ensemble's Jacobian is symmetric")
    func symmetric() throws {
        let whole = asymmetry(try StackCases.conservative(system.setup()))
        let geometry = asymmetry(try StackCases.conservative(system.setup()) { $0.features = .geometry })
        let shallow = asymmetry(try StackCases.conservative(system.setup()) { $0.interactions = 0 })
        let gate = asymmetry(try StackCases.conservative(system.setup()) { StackCases.gate(&$0) })
        #expect(whole < 1e-6 && geometry < 1e-6, "\(whole), geometry \(geometry)")
        #expect(shallow < 1e-6 && gate < 1e-6, "no interactions \(shallow), gate \(gate)")
    }

    /// What published codes compute: members' forces held constant. If this passed for a gradient the tests above would show nothing.
    @Test("without the Hessian-vector term it is not")
    func detached() throws {
        let potential = try StackCases.conservative(system.setup(), isDetached: true)
        let lambda = asymmetry(potential)
        #expect(lambda > 1e-3 && lambda < 1, "\(lambda)")
        #expect(try gradientError(potential) > 1e-3)
        #expect(try gradientError(try StackCases.conservative(system.setup())) < 1e-7)
    }

    @Test("nor is a direct ensemble's")
    func direct() throws {
        let lambda = asymmetry(try StackCases.direct(system.setup()))
        #expect(lambda > 1e-3 && lambda < 1, "\(lambda)")
    }

    /// The largest |F + dE/dx| of the first atom over |F|.
    private func gradientError(_ potential: any Potential) throws -> Double {
        let force = Evaluator(system, potential).evaluate().forces[0]
        var slope = Vector.zero
        for d in 0..<3 {
            func energy(_ t: Double) -> Double {
                var by = Vector.zero
                by[d] = t
                return Evaluator(system.moved(0, by: by), potential).evaluate(.energy).energy
            }
            let h = 1e-4
            slope[d] = (8 * (energy(h) - energy(-h)) - (energy(2 * h) - energy(-2 * h))) / (12 * h)
        }
        let error = force + slope
        return (error.dot(error) / force.dot(force)).squareRoot()
    }

    @Test("work along a closed loop: none, or what the Jacobian's asymmetry says")
    func work() throws {
        var random = SeededGenerator(4)
        let radius = 0.004
        for (name, potential, isGradient) in [
            ("conservative", try StackCases.conservative(system.setup()) as any Potential, true),
            ("detached", try StackCases.conservative(system.setup(), isDetached: true), false),
            ("direct", try StackCases.direct(system.setup()), false),
        ] {
            let probe = jacobian(potential), u = probe.direction(&random), v = probe.direction(&random)
            let work = probe.work(along: u, v, radius: radius)
            let curl = Double.pi * radius * radius * (probe.dot(v, probe.times(u)) - probe.dot(u, probe.times(v)))
            let scale = Double.pi * radius * radius * (probe.dot(probe.times(u), probe.times(u)) * probe.dot(v, v)).squareRoot()
            if isGradient {
                #expect(work.magnitude < 1e-7 * scale, "\(name): \(work) of \(scale)")
            } else {
                #expect(curl.magnitude > 1e-5 * scale, "\(name): \(curl) of \(scale)")
                #expect((work - curl).magnitude < 0.05 * curl.magnitude, "\(name): \(work), by the Jacobian \(curl)")
            }
        }
    }
}
