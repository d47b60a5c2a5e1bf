import Domain

/// How a species' densities become its energy.
enum ACEEmbeddingKind: String, Sendable, CaseIterable {
    case finnisSinclair = "FinnisSinclair"
    case shiftedScaled = "FinnisSinclairShiftedScaled"
}

/// E = sum_p w_p F(rho_p, m_p), and the density of core repulsion beyond which only repulsion is left.
struct ACEEmbedding: Sendable {
    var kind: ACEEmbeddingKind
    /// (w_p, m_p)
    var parameters: [(weight: Double, exponent: Double)]
    var coreCutoff = 100_000.0
    var coreWidth = 250.0
    var densities: Int { parameters.count }
}

/// g_k(r) of a bond.
enum ACERadialKind: Sendable, Equatable {
    case chebyshevExponential, chebyshevPower, chebyshevLinear, bessel
    /// ACE.jl's.
    case polynomial(ACEPolynomials)
    case nodal(ACENodes)
    /// TEST_...: nought everywhere, as the reference has it.
    case nought

    init?(_ name: String) {
        switch name {
        case "ChebExpCos": self = .chebyshevExponential
        case "ChebPow": self = .chebyshevPower
        case "ChebLinear": self = .chebyshevLinear
        case "SBessel", "TEST_SBessel": self = .bessel
        default:
            guard name.hasPrefix("TEST_") else { return nil }
            self = .nought
        }
    }

    static let names = ["ChebExpCos", "ChebPow", "ChebLinear", "SBessel"]
}

/// What replaces the expansion at small distances.
enum ACEInnerCutoff: String, Sendable, CaseIterable {
    /// Everywhere where the density of core repulsion is high.
    case density
    /// Below r_in, bond by bond.
    case distance
    /// Where the nearest neighbour is closer than r_in; there the atom has the universal screened nuclear repulsion.
    case zbl
}

/// The radial functions of a neighbour of one species at a centre of one.
struct ACEBond: Sendable {
    var kind: ACERadialKind
    /// lambda
    var parameter: Double
    /// c_nlk, [n][l][k].
    var coefficients: [[[Double]]]
    var cutoff: Double
    var cutoffWidth: Double
    /// Core repulsion: factor and exponent.
    var repulsion = (factor: 0.0, exponent: 1.0)
    /// The inner cutoff and its width.
    var inner = (cutoff: 0.0, width: 0.0)
    /// ACE.jl's, in place of the core repulsion.
    var pair: ACEPairPotential?
    /// Intervals of the tables, where the file says how many.
    var bins: Int?

    var hasCore: Bool { repulsion.factor != 0 || pair != nil }
    /// Intervals between the nodes of the tables.
    func nodeCount(_ spacing: Double) -> Int { bins ?? Int(cutoff / spacing) }
}

/// sum over m of c~_m prod_t A_(mu_t n_t l_t m_t): one function of a centre's expansion.
struct ACEFunction: Sendable {
    /// One factor: the neighbours' species, n from 0, l.
    struct Factor: Hashable, Sendable, Comparable {
        var species: Int
        var n: Int
        var l: Int
        static func < (a: Self, b: Self) -> Bool {
            if a.species != b.species { return a.species < b.species }
            return a.n != b.n ? a.n < b.n : a.l < b.l
        }
    }
    var factors: [Factor]
    /// m of every factor, for each combination.
    var orders: [[Int]]
    /// c~ of each combination, for each density.
    var coefficients: [[Double]]
    var rank: Int { factors.count }
}

/// A function of a B basis: the generalised Clebsch-Gordan coefficients of its combinations, apart from the expansion coefficients.
struct ACEBasisFunction: Sendable {
    var factors: [ACEFunction.Factor]
    var couplings: [Int]
    var orders: [[Int]]
    var weights: [Double]
    /// For each density.
    var coefficients: [Double]
}

/// An atomic cluster expansion as its file has it.
struct ACEModel: Sendable {
    var elements: [String]
    /// E0, the energy of an atom alone.
    var constants: [Double]
    /// Distance of the nodes of radial tables.
    var spacing: Double
    var embeddings: [ACEEmbedding]
    /// [centre * elements + neighbour]; nil: no interaction.
    var bonds: [ACEBond?]
    var innerCutoff: ACEInnerCutoff
    /// Of each centre's species.
    var functions: [[ACEFunction]]
    /// The same in the B basis, in the order of active sets; empty unless the file has one.
    var basis: [[ACEBasisFunction]] = []

    func bond(_ a: Int, _ b: Int) -> ACEBond? { bonds[a * elements.count + b] }
    var functionCount: Int { functions.reduce(0) { $0 + $1.count } }
}
