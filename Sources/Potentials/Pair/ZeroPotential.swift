import Deck
import Domain

/// No interaction at all, with a neighbour list of the given cutoff: for ideal gases, timing and tests.
public final class ZeroPotential: Potential {
    public static let entry = PotentialStyle("zero", usage: "pair_style zero CUTOFF\npair_coeff * *") { words, _ in
        let potential = ZeroPotential(cutoff: try words.positiveDouble("the cutoff"))
        _ = words.optional("nocoeff")
        try words.finish()
        return potential
    }

    public let style = "zero"
    public let requirements: Requirements
    public let capabilities = Capabilities.all
    public let summary = "zero: no interaction"

    public init(cutoff: Double) { requirements = Requirements(cutoff: cutoff, list: .half) }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        _ = try words.typeRange("a type", count: setup.typeCount)
        _ = try words.typeRange("a type", count: setup.typeCount)
        _ = words.remaining()
    }

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {}
}

extension ZeroPotential: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces
    ) {}
}
