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

    public let style: String
    public let requirements: Requirements
    public let capabilities = Capabilities.all
    public var summary: String { "\(style): no interaction" }

    public init(cutoff: Double) { (style, requirements) = ("zero", Requirements(cutoff: cutoff, list: .half)) }
    init(none: ()) { (style, requirements) = ("none", Requirements(cutoff: 0, list: .half)) }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        guard style != "none" else { throw words.error("pair_style none takes no pair_coeff lines") }
        _ = try words.typeRange("a type", count: setup.typeCount)
        _ = try words.typeRange("a type", count: setup.typeCount)
        _ = words.remaining()
    }

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {}
}

extension ZeroPotential {
    /// `pair_style none`: no pairs at all, so no list and no coefficients.
    public static let noneEntry = PotentialStyle("none", usage: "pair_style none") { words, _ in
        try words.finish()
        return ZeroPotential(none: ())
    }
}

extension ZeroPotential: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces
    ) {}
}
