import Domain
import Foundation
import Potentials

/// How far a potential's forces F(x) are from the gradient of anything: by the asymmetry of J = dF/dx, and by work along closed loops.
public struct ForceJacobian {
    public let system: TestSystem
    public let potential: any Potential
    /// Displacement of the five-point formula, in length units where |v| of an atom is about 1.
    public var step = 2e-4

    /// - Precondition: ids ascend, so that forces come in the order of the atoms.
    public init(_ system: TestSystem, _ potential: any Potential) {
        precondition(system.ids == system.ids.sorted())
        (self.system, self.potential) = (system, potential)
    }

    private func forces(_ displacements: [Vector]) -> [Vector] {
        var moved = system
        for i in moved.positions.indices { moved.positions[i] += displacements[i].xyz }
        return Evaluator(moved, potential).evaluate([]).forces
    }

    /// J v
    public func times(_ v: [Vector]) -> [Vector] {
        let at = [-2.0, -1, 1, 2].map { n in forces(v.map { $0 * (n * step) }) }
        return v.indices.map { ((at[2][$0] - at[1][$0]) * 8 - at[3][$0] + at[0][$0]) / (12 * step) }
    }

    /// lambda = ||J - J^T|| / (2 ||J||), Frobenius norms estimated from random u, v whose components have unit variance:
    /// ||J - J^T||^2 = <(u.(Jv) - v.(Ju))^2>, ||J||^2 = <|Jv|^2>.
    public func asymmetry(pairs: Int = 3, seed: UInt64 = 1) -> Double {
        var random = SeededGenerator(seed), odd = 0.0, all = 0.0
        for _ in 0..<pairs {
            let u = direction(&random), v = direction(&random), ju = times(u), jv = times(v)
            let difference = dot(u, jv) - dot(v, ju)
            odd += difference * difference
            all += (dot(ju, ju) + dot(jv, jv)) / 2
        }
        return (odd / all).squareRoot() / 2
    }

    /// Components uniform with unit variance.
    public func direction(_ random: inout SeededGenerator) -> [Vector] {
        system.positions.map { _ in random.vector(3.0.squareRoot()) }
    }

    /// The work of the forces along x + r (u cos phi + v sin phi), phi from 0 to 2 pi: zero for a gradient; for a small circle
    /// pi r^2 (v.(Ju) - u.(Jv)), Stokes' theorem. By the trapezoidal rule, which converges exponentially on a smooth closed loop.
    public func work(along u: [Vector], _ v: [Vector], radius: Double, points: Int = 32) -> Double {
        var sum = 0.0
        for n in 0..<points {
            let phi = 2 * Double.pi * Double(n) / Double(points), s = sin(phi), c = cos(phi)
            let f = forces(u.indices.map { (u[$0] * c + v[$0] * s) * radius })
            sum += dot(f, u.indices.map { (v[$0] * c - u[$0] * s) * radius })
        }
        return sum * 2 * .pi / Double(points)
    }

    public func dot(_ a: [Vector], _ b: [Vector]) -> Double { zip(a, b).reduce(0) { $0 + $1.0.dot($1.1) } }
}
