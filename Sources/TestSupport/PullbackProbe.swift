import Deck
import Domain
import Potentials

/// A potential whose force is its base's plus a pullback with weights and a displacement field that depend on ids only: so that cases
/// which run on several ranks also compare pullbacks, and the messages that these exchange.
final class PullbackProbe: Potential {
    private let base: any Potential

    init(_ base: any Potential) { self.base = base }

    var style: String { base.style }
    var requirements: Requirements { base.requirements }
    var capabilities: Capabilities { [.energy, .virial] }
    var summary: String { base.summary }

    func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws { try base.coefficients(&words, setup) }

    func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        base.compute(atoms, list, context, into: &forces)
        guard let base = base as? any DifferentiablePotential else { return }
        var weights = Column<Double>(), field = Column<Vector>()
        for i in 0..<atoms.count {
            var random = SeededGenerator(UInt64(atoms.id[i]))
            weights.append(random.uniform() - 0.3)
            field.append(random.vector(0.3))
        }
        base.pullback(atoms, list, context, weights: weights, field: field, into: &forces)
    }
}
