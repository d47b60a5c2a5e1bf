import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The truncated 12-6 Lennard-Jones potential of `pair_style lj/cut`:
///
///     E(r) = 4 epsilon ((sigma / r)^12 - (sigma / r)^6) - shift,   r < rc;   shift = E(rc) with `pair_modify shift yes`, else 0
///
/// epsilon in energy, sigma and rc in length units. Discontinuous at rc unless shifted; its force always is.
/// Mixing of pairs that have no coefficients of their own: geometric (LAMMPS' default) or arithmetic.
public final class LennardJones: PairModifiable, PairwisePotential, HasPlainKernel {
    public static let entry = PotentialStyle(
        "lj/cut", usage: "pair_style lj/cut CUTOFF\npair_coeff I J EPSILON SIGMA [CUTOFF]"
    ) { words, setup in
        let cutoff = try words.positiveDouble("the global cutoff")
        try words.finish()
        return LennardJones(globalCutoff: cutoff, typeCount: setup.typeCount)
    }

    /// As typed; kept apart from what the loop needs.
    public struct Coefficient: Sendable {
        public var epsilon: Double
        public var sigma: Double
        public var cutoff: Double

        public init(epsilon: Double, sigma: Double, cutoff: Double) {
            (self.epsilon, self.sigma, self.cutoff) = (epsilon, sigma, cutoff)
        }
    }

    public let style = "lj/cut"
    public let capabilities = Capabilities.all
    public private(set) var requirements: Requirements
    let globalCutoff: Double
    let typeCount: Int
    private var given: [Coefficient?]
    /// (typeCount + 1)^2 derived rows for the kernel.
    private(set) var parameters: Column<LennardJonesParameters>
    /// `pair_modify shift yes`; set before `prepare`.
    public var isShifted = false
    /// `pair_modify tail yes`; set before `prepare`.
    public var hasTail = false
    private var tail: TailCorrection
    public var mixing = MixingRule.geometric
    /// Every pair one at a time, for comparison.
    public var usesPlainKernel = false
    public var ownPairs: Set<TypePair>?

    public init(globalCutoff: Double, typeCount: Int) {
        self.globalCutoff = globalCutoff
        self.typeCount = typeCount
        given = Array(repeating: nil, count: (typeCount + 1) * (typeCount + 1))
        parameters = Column(repeating: LennardJonesParameters(), count: (typeCount + 1) * (typeCount + 1))
        requirements = Requirements(cutoff: globalCutoff, list: .half)
        tail = TailCorrection(typeCount: typeCount)
    }

    public var summary: String { "lj/cut: cutoff \(requirements.cutoff)" }

    public func set(_ i: Int, _ j: Int, _ coefficient: Coefficient) {
        given[min(i, j) * (typeCount + 1) + max(i, j)] = coefficient
    }

    public func coefficients(_ words: inout Words, _ setup: PotentialSetup) throws {
        let rows = try words.typeRange("a type", count: typeCount)
        let columns = try words.typeRange("a type", count: typeCount)
        let epsilon = try words.double("epsilon")
        let sigma = try words.double("sigma")
        let cutoff = words.isAtEnd ? globalCutoff : try words.positiveDouble("the pair's cutoff")
        try words.finish()
        for i in rows {
            for j in columns where j >= i { set(i, j, Coefficient(epsilon: epsilon, sigma: sigma, cutoff: cutoff)) }
        }
    }

    public func prepare(_ setup: PotentialSetup) throws { try refresh() }

    /// The kernels' numbers, from the coefficients.
    public func refresh() throws {
        var largest = 0.0
        tail.coefficients = hasTail ? Array(repeating: (0, 0), count: (typeCount + 1) * (typeCount + 1)) : []
        for i in 1...typeCount {
            for j in i...typeCount {
                guard ownPairs?.contains(TypePair(i, j)) ?? true else {
                    parameters[i * (typeCount + 1) + j] = LennardJonesParameters()
                    parameters[j * (typeCount + 1) + i] = LennardJonesParameters()
                    continue
                }
                guard let c = given[i * (typeCount + 1) + j] ?? mixed(i, j) else {
                    throw DeckError("pair_style lj/cut has no pair_coeff for types \(i) and \(j)", at: nil)
                }
                let derived = LennardJonesParameters(c, shifted: isShifted)
                parameters[i * (typeCount + 1) + j] = derived
                parameters[j * (typeCount + 1) + i] = derived
                if hasTail {
                    let terms = LennardJonesNumbers.tail(c.epsilon, c.sigma, c.cutoff)
                    tail.coefficients[i * (typeCount + 1) + j] = terms
                    tail.coefficients[j * (typeCount + 1) + i] = terms
                }
                largest = max(largest, c.cutoff)
            }
        }
        requirements = Requirements(cutoff: largest, list: .half)
    }

    private func mixed(_ i: Int, _ j: Int) -> Coefficient? {
        guard let a = given[i * (typeCount + 1) + i], let b = given[j * (typeCount + 1) + j] else { return nil }
        return Coefficient(
            epsilon: mixing.energy(a.epsilon, b.epsilon, a.sigma, b.sigma), sigma: mixing.distance(a.sigma, b.sigma),
            cutoff: mixing.distance(a.cutoff, b.cutoff))
    }

    public func compute(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext, into forces: inout Forces
    ) {
        if usesPlainKernel || !forces.wanted.isDisjoint(with: [.atomEnergy, .atomVirial]) {
            lennardJonesReference(atoms, list, parameters, stride: typeCount + 1, seeds: nil, into: &forces)
        } else {
            computeFast(atoms, list, into: &forces)
        }
        if !list.special.isEmpty {
            lennardJonesSpecial(
                atoms, list.special, parameters, stride: typeCount + 1, seeds: nil, field: nil, wanted: forces.wanted, into: &forces)
        }
        tail.add(atoms, context, into: &forces)
    }
}

extension LennardJones: DifferentiablePotential {
    public func computeSeeded(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ context: ComputeContext,
        seeds a: borrowing Column<Double>, into forces: inout Forces
    ) {
        lennardJonesReference(atoms, list, parameters, stride: typeCount + 1, seeds: a.pointer, into: &forces)
        if !list.special.isEmpty {
            lennardJonesSpecial(
                atoms, list.special, parameters, stride: typeCount + 1, seeds: a.pointer, field: nil, wanted: forces.wanted, into: &forces)
        }
    }
}

extension LennardJones: Adaptable {
    public var adaptableNames: [String] { ["epsilon", "sigma"] }

    public func parameter(_ name: String, _ i: Int, _ j: Int) -> Double? {
        given[i * (typeCount + 1) + j].map { name == "epsilon" ? $0.epsilon : $0.sigma }
    }

    public func setParameter(_ name: String, _ i: Int, _ j: Int, to value: Double) {
        if name == "epsilon" { given[i * (typeCount + 1) + j]?.epsilon = value } else { given[i * (typeCount + 1) + j]?.sigma = value }
    }
}

extension LennardJones: DistanceSplitting {
    public func addTail(_ atoms: borrowing Atoms, _ context: ComputeContext, into forces: inout Forces) {
        tail.add(atoms, context, into: &forces)
    }

    public func interaction(_ i: Int, _ j: Int, distanceSquared r2: Double) -> (energy: Double, forceOverDistance: Double)? {
        let p = parameters[i * (typeCount + 1) + j]
        guard r2 < p.cutoffSquared else { return nil }
        let inverse2 = 1 / r2, inverse6 = inverse2 * inverse2 * inverse2
        return (inverse6 * (p.lj3 * inverse6 - p.lj4) - p.shift, inverse6 * (p.lj1 * inverse6 - p.lj2) * inverse2)
    }
}
