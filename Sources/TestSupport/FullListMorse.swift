import Deck
import Domain
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A Morse potential over a *full* list with a C2 cutoff, so that tests have a member whose list, cutoff and cutoff's smoothness differ
/// from Lennard-Jones':
///
///     E_i = 1/2 sum_j D ((1 - exp(-a (r - r0)))^2 - 1) (1 - (r / rc)^2)^3
public final class FullListMorse: DifferentiablePotential {
    public let style = "test/morse"
    public let requirements: Requirements
    public let capabilities: Capabilities
    public let summary = "test/morse"
    let depth: Double, steepness: Double, distance: Double, cutoff: Double
    /// Gives the force on this atom id as NaN, for tests of messages.
    public var poisoned: Int64?

    public init(
        depth: Double = 0.7, steepness: Double = 2.1, distance: Double = 1.2, cutoff: Double = 2.1, capabilities: Capabilities = .all
    ) {
        (self.depth, self.steepness, self.distance, self.cutoff) = (depth, steepness, distance, cutoff)
        self.capabilities = capabilities
        requirements = Requirements(cutoff: cutoff, list: .full)
    }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws { _ = words.remaining() }

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        let ones = Column(repeating: 1.0, count: atoms.count)
        computeSeeded(atoms, list, context, seeds: ones, into: &forces)
    }

    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces
    ) {
        precondition(list.kind == .full)
        let wanted = forces.wanted
        for i in 0..<atoms.owned {
            for k in Int(list.offsets[i])..<Int(list.offsets[i + 1]) {
                let j = Int(list.neighbours[k])
                let d = (atoms.position[i] - atoms.position[j]).xyz
                let r = d.dot(d).squareRoot()
                guard r < cutoff else { continue }
                let g = exp(-steepness * (r - distance)), s = 1 - r * r / (cutoff * cutoff)
                let morse = depth * ((1 - g) * (1 - g) - 1)
                let slope = 2 * depth * steepness * (1 - g) * g * s * s * s - morse * 6 * s * s * r / (cutoff * cutoff)
                let f = d * (-0.5 * a[i] * slope / r), e = 0.5 * a[i] * morse * s * s * s
                forces.force[i] += f
                forces.force[j] -= f
                forces.energy += e
                if wanted.contains(.atomEnergy) { forces.atomEnergy[i] += e }
                if wanted.contains(.virial) { forces.virial.add(d, f) }
                if wanted.contains(.atomVirial) {
                    var w = Tensor.zero
                    w.add(d, f)
                    forces.atomVirial[i] += w
                }
            }
            if atoms.id[i] == poisoned { forces.force[i].y = .nan }
        }
    }
}
