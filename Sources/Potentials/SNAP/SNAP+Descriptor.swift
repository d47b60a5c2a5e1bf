/// What the bispectrum components of SNAP depend on beside the neighbours: one set for pair styles and computes.
///
/// Neighbour j of atom i, of species b and a, at the distance r < R_ab = rcutfac (R_a + R_b), is mapped to the point of the 3-sphere with
/// the third angle theta_0 = rfac0 pi (r - rmin0) / (R_ab - rmin0) and enters with the weight w_b f(r).
public struct SNAPDescriptor: Sendable, Equatable {
    /// Twice the largest angular momentum.
    public var twoJMax: Int
    public var cutoffFactor: Double
    public var angleFactor = 0.99363
    public var innerRadius = 0.0
    /// f(r) = (1 + cos(pi (r - rmin0) / (R - rmin0))) / 2; else 1.
    public var isSwitched = true
    /// The components of an atom without neighbours are taken off.
    public var subtractsIsolated = true
    /// Each species has a density of its own, and a component is of three densities (`chemflag`).
    public var isMultiElement = false
    /// Components are divided by 2 J + 1.
    public var isNormalised = false
    /// The atom itself counts in the densities of all species.
    public var countsSelfInAll = false
    /// f(r) is multiplied by a function that falls to zero for close neighbours: between S - D and S + D.
    public var isInnerSwitched = false
    /// By species: R, w, and S and D of the inner switch, of which a pair takes the means.
    public var radii: [Double]
    public var weights: [Double]
    public var innerCentres: [Double] = []
    public var innerWidths: [Double] = []
    /// By species: which density it belongs to, in the multi-element form, and how many there are.
    public var channels: [Int]
    public var elementCount: Int

    public init(twoJMax: Int, cutoffFactor: Double, radii: [Double], weights: [Double]) {
        (self.twoJMax, self.cutoffFactor, self.radii, self.weights) = (twoJMax, cutoffFactor, radii, weights)
        channels = Array(radii.indices)
        elementCount = radii.count
    }

    public var channelCount: Int { isMultiElement ? elementCount : 1 }
    func channel(_ species: Int) -> Int { isMultiElement ? channels[species] : 0 }

    public func cutoff(_ a: Int, _ b: Int) -> Double { (radii[a] + radii[b]) * cutoffFactor }
    public var largestCutoff: Double { 2 * (radii.max() ?? 0) * cutoffFactor }

    /// Components B(J1, J2, J), J1 >= J2, J >= J1, times channels^3.
    public var count: Int { SNAPCouplings.triples(twoJMax).count * channelCount * channelCount * channelCount }

    /// What `subtractsIsolated` takes off components of this J.
    func isolated(_ j: Int) -> Double { subtractsIsolated ? (isNormalised ? 1 : Double(j + 1)) : 0 }

    /// The name of component k, for tables: the triple 2J1 2J2 2J, and channels where there are several.
    public func label(_ k: Int) -> String {
        let triples = SNAPCouplings.triples(twoJMax)
        let t = triples[k % triples.count], c = k / triples.count, n = channelCount
        return "\(t.j1) \(t.j2) \(t.j)" + (isMultiElement ? " of \(c / (n * n)) \(c / n % n) \(c % n)" : "")
    }
}

/// Angular momenta, doubled: j1 >= j2 couple to j.
struct SNAPTriple: Hashable, Sendable {
    var j1: Int
    var j2: Int
    var j: Int
}

/// Clebsch-Gordan coefficients and the index lists of the bispectrum.
///
/// A Wigner matrix of doubled angular momentum j has rows mb and columns ma, 0 ... j; the projections are ma - j/2 and mb - j/2.
struct SNAPCouplings: Sendable {
    let twoJMax: Int
    /// Components, in the order of LAMMPS' files.
    let triples: [SNAPTriple]
    /// Couplings j1 x j2 -> j with j1 >= j2 and any j.
    let products: [SNAPTriple]
    let productIndex: [SNAPTriple: Int]
    /// First element of layer j among all matrices.
    let block: [Int]

    init(_ twoJMax: Int) {
        self.twoJMax = twoJMax
        triples = Self.triples(twoJMax)
        var products: [SNAPTriple] = [], index: [SNAPTriple: Int] = [:]
        for j1 in 0...twoJMax {
            for j2 in 0...j1 {
                for j in stride(from: j1 - j2, through: min(twoJMax, j1 + j2), by: 2) {
                    index[SNAPTriple(j1: j1, j2: j2, j: j)] = products.count
                    products.append(SNAPTriple(j1: j1, j2: j2, j: j))
                }
            }
        }
        (self.products, productIndex) = (products, index)
        var block = [0]
        for j in 0...twoJMax { block.append(block[j] + (j + 1) * (j + 1)) }
        self.block = block
    }

    /// Elements of all matrices.
    var elementCount: Int { block[twoJMax + 1] }

    static func triples(_ twoJMax: Int) -> [SNAPTriple] {
        (0...twoJMax).flatMap { j1 in
            (0...j1).flatMap { j2 in
                stride(from: j1 - j2, through: min(twoJMax, j1 + j2), by: 2).filter { $0 >= j1 }.map { SNAPTriple(j1: j1, j2: j2, j: $0) }
            }
        }
    }

    /// <j1/2 a, j2/2 b | j/2 a + b> with a = m1 - j1/2 and b = m2 - j2/2: Varshalovich, Moskalev and Khersonskii, Quantum Theory of Angular
    /// Momentum, equation 8.2.1(3).
    static func clebschGordan(_ t: SNAPTriple, _ m1: Int, _ m2: Int) -> Double {
        let (j1, j2, j) = (t.j1, t.j2, t.j)
        let a = 2 * m1 - j1, b = 2 * m2 - j2
        guard abs(a + b) <= j else { return 0 }
        func factorial(_ twice: Int) -> Double { (0..<max(0, twice / 2)).reduce(1.0) { $0 * Double($1 + 1) } }
        var sum = 0.0
        let first = max(0, max(-(j - j2 + a) / 2, -(j - j1 - b) / 2))
        let last = min((j1 + j2 - j) / 2, min((j1 - a) / 2, (j2 + b) / 2))
        for z in stride(from: first, through: last, by: 1) {
            let below = factorial(2 * z) * factorial(j1 + j2 - j - 2 * z) * factorial(j1 - a - 2 * z) * factorial(j2 + b - 2 * z)
                * factorial(j - j2 + a + 2 * z) * factorial(j - j1 - b + 2 * z)
            sum += (z % 2 == 0 ? 1 : -1) / below
        }
        let triangle = factorial(j1 + j2 - j) * factorial(j1 - j2 + j) * factorial(j2 - j1 + j) / factorial(j1 + j2 + j + 2)
        let projections = factorial(j1 + a) * factorial(j1 - a) * factorial(j2 + b) * factorial(j2 - b) * factorial(j + a + b)
            * factorial(j - a - b) * Double(j + 1)
        return sum * (triangle * projections).squareRoot()
    }

    /// How the adjoint of product p and channels (a, b, c) is made of coefficients: gamma[p][a][b][c] = sum factor * beta[component].
    ///
    /// A component is the trilinear B = sum conj(U_J^c) (U_J1^a x U_J2^b)_J, and coupling any two of its three densities gives the adjoint
    /// of the third: (2 J + 1) times the coupling to J is the same number for all three, up to the division by 2 J + 1 of `isNormalised`.
    func adjointTerms(_ d: SNAPDescriptor) -> [(gamma: Int, component: Int, factor: Double)] {
        let n = d.channelCount
        var terms: [(Int, Int, Double)] = []
        for a in 0..<n {
            for b in 0..<n {
                for c in 0..<n {
                    for (k, t) in triples.enumerated() {
                        let component = ((a * n + b) * n + c) * triples.count + k
                        func add(_ j1: Int, _ j2: Int, _ j: Int, _ a: Int, _ b: Int, _ c: Int) {
                            let p = productIndex[SNAPTriple(j1: j1, j2: j2, j: j)]!
                            terms.append((((p * n + a) * n + b) * n + c, component, d.isNormalised ? 1 : Double(t.j + 1) / Double(j + 1)))
                        }
                        add(t.j1, t.j2, t.j, a, b, c)
                        add(t.j, t.j2, t.j1, c, b, a)
                        add(t.j, t.j1, t.j2, c, a, b)
                    }
                }
            }
        }
        return terms
    }
}
