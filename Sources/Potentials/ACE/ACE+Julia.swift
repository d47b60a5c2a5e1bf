import Foundation
import Yams

/// Polynomials of a transformed distance, as ACE.jl exports them (`radbasename: ACE.jl...`):
///
///     x = ((1 + r0) / (1 + r))^p,   P_0 = A_0 (x - xl)^pl (x - xr)^pr,   P_1 = (A_1 x + B_1) P_0,
///     P_n = (A_n x + B_n) P_(n-1) + C_n P_(n-2)
///
/// and 0 for x < xl (beyond the cutoff, where pl > 0) and x > xr (below the inner cutoff, where pr > 0). M. Bachmayr et al.,
/// J. Comput. Phys. 454, 110946 (2022); Y. Lysogorskiy et al., npj Comput. Mater. 7, 97 (2021).
struct ACEPolynomials: Sendable, Equatable {
    var power: Double
    var distance: Double
    var lower: (x: Double, power: Int)
    var upper: (x: Double, power: Int)
    /// A, B, C of each n.
    var recursion: [(a: Double, b: Double, c: Double)]

    static func == (s: Self, t: Self) -> Bool {
        s.power == t.power && s.distance == t.distance && s.lower == t.lower && s.upper == t.upper
            && s.recursion.elementsEqual(t.recursion) { $0 == $1 }
    }

    /// P_n of n < count and their derivatives by r; those beyond the last are 0.
    func values(_ r: Double, count: Int) -> [ACERadial.Value] {
        var values = [ACERadial.Value](repeating: .zero, count: count)
        let x = pow((1 + distance) / (1 + r), power), dx = -power * x / (1 + r)
        guard count > 0, !(x < lower.x && lower.power > 0), !(x > upper.x && upper.power > 0) else { return values }
        let low = Self.factor(x - lower.x, lower.power), high = Self.factor(x - upper.x, upper.power)
        let scale = recursion[0].a
        values[0].value = scale * low.value * high.value
        values[0].slope = scale * dx * (low.slope * high.value + low.value * high.slope)
        for n in 1..<max(1, min(count, recursion.count)) {
            let (a, b, c) = recursion[n], before = values[n - 1], line = a * x + b
            let second = n > 1 ? values[n - 2] : .zero
            values[n].value = line * before.value + c * second.value
            values[n].slope = a * dx * before.value + line * before.slope + c * second.slope
        }
        return values
    }

    /// y^n and its derivative by y.
    private static func factor(_ y: Double, _ n: Int) -> ACERadial.Value {
        if n == 0 { return .init(value: 1, slope: 0) }
        let less = (1..<n).reduce(1.0) { power, _ in power * y }
        return .init(value: less * y, slope: Double(n) * less)
    }
}

/// A pair potential that comes with ACE.jl's radial functions: sum_n c_n P_n(r) beyond `core.radius`, below it
/// e0 + B exp(-A (r / r_i - 1)) r_i / r.
struct ACEPairPotential: Sendable {
    var polynomials: ACEPolynomials
    var coefficients: [Double]
    var core = (radius: 0.0, energy: 0.0, a: 0.0, b: 0.0)

    /// Half of it: each of the two atoms has its own.
    func half(_ r: Double) -> ACERadial.Value {
        var sum = ACERadial.Value.zero
        if r > core.radius {
            for (c, p) in zip(coefficients, polynomials.values(r, count: coefficients.count)) {
                sum.value += c * p.value
                sum.slope += c * p.slope
            }
        } else {
            let term: Double = core.b * exp(-core.a * (r / core.radius - 1)) * core.radius / r
            sum = .init(value: core.energy + term, slope: -term * (core.a / core.radius + 1 / r))
        }
        return .init(value: 0.5 * sum.value, slope: 0.5 * sum.slope)
    }
}

/// Radial functions that are given by their values and slopes at equally spaced nodes from 0 to the cutoff (`radbasename: ACE.jl` with
/// `splinenodalvals`, what ACEpotentials.jl exports for its own version of ML-PACE).
struct ACENodes: Sendable, Equatable {
    /// [function][node]
    var values: [[Double]]
    var slopes: [[Double]]
    var bins: Int

    func values(_ r: Double, cutoff: Double, count: Int) -> [ACERadial.Value] {
        let node = min(bins, Int((r / cutoff * Double(bins)).rounded()))
        return (0..<count).map { $0 < values.count ? .init(value: values[$0][node], slope: slopes[$0][node]) : .zero }
    }
}

extension ACEModel {
    /// Distance of the nodes of tables of ACE.jl's polynomials, which the reference program evaluates as they are: at a quarter of the
    /// usual one a table's forces differ from theirs by parts in 10^10.
    static let polynomialSpacing = 0.00025
}

// MARK: - .yace

extension ACEDocument {
    func polynomials(_ node: Node, _ what: String) throws -> (polynomials: ACEPolynomials, cutoff: Double) {
        func number(_ key: String) throws -> Double { try self.number(value(key, node, of: what), key) }
        func integer(_ key: String) throws -> Int { try self.integer(value(key, node, of: what), key) }
        let count = try self.integer(value("maxn", node, of: what), "maxn", atLeast: 1)
        let recursion = try value("recursion_coefficients", node, of: what)
        func row(_ key: String) throws -> [Double] {
            try numbers(value(key, recursion, of: "recursion_coefficients"), "recursion_coefficients: \(key)", count: count)
        }
        let (a, b, c) = (try row("A"), try row("B"), try row("C"))
        return (
            ACEPolynomials(
                power: try number("p"), distance: try number("r0"), lower: (try number("xl"), try integer("pl")),
                upper: (try number("xr"), try integer("pr")), recursion: (0..<count).map { (a[$0], b[$0], c[$0]) }), try number("rcut")
        )
    }

    func nodes(_ node: Node, _ what: String) throws -> (nodes: ACENodes, cutoff: Double) {
        let count = try integer(value("nradial", node, of: what), "nradial", atLeast: 1)
        let bins = try integer(value("nbins", node, of: what), "nbins", atLeast: 3)
        func rows(_ key: String) throws -> [[Double]] {
            let node = try value(key, node, of: what)
            return try (0..<count).map { n in try numbers(value(String(n), node, of: key), "\(key): \(n)", count: bins + 1) }
        }
        return (
            ACENodes(values: try rows("splinenodalvals"), slopes: try rows("splinenodalderivs"), bins: bins),
            try number(value("rcut", node, of: what), "rcut")
        )
    }

    /// The bond of a file whose radial functions are ACE.jl's: R_nl = g_n for every l.
    func juliaBond(_ node: Node, lmax: Int) throws -> ACEBond {
        let what = "a bond", kind: ACERadialKind, cutoff: Double, count: Int
        if optional("splinenodalvals", node) != nil {
            let read = try nodes(node, what)
            (kind, cutoff, count) = (.nodal(read.nodes), read.cutoff, read.nodes.values.count)
        } else {
            let read = try polynomials(node, what)
            (kind, cutoff, count) = (.polynomial(read.polynomials), read.cutoff, read.polynomials.recursion.count)
        }
        var bond = ACEBond(kind: kind, parameter: 0, coefficients: ACEBond.identity(n: count, l: lmax), cutoff: cutoff, cutoffWidth: 0)
        bond.repulsion = (0, 1)
        if case .nodal(let nodes) = kind { bond.bins = nodes.bins }
        guard cutoff > 0 else { throw error("rcut should be positive", node) }
        return bond
    }

    /// `polypairpot` and `reppot`, by pair of species: nil where the file has none.
    func pairPotentials(_ species: (Node, String) throws -> Int) throws -> (at: (Int, Int) -> ACEPairPotential, cutoff: Double)? {
        guard let node = optional("polypairpot", root) else {
            if let stray = optional("reppot", root) { throw error("reppot without polypairpot", stray) }
            return nil
        }
        let (polynomials, cutoff) = try polynomials(node, "polypairpot")
        let plain = ACEPairPotential(polynomials: polynomials, coefficients: [])
        var found: [SIMD2<Int>: ACEPairPotential] = [:]
        func pairs(_ node: Node, _ what: String, _ body: (inout ACEPairPotential, Node) throws -> Void) throws {
            guard let mapping = node.mapping else { throw error("the coefficients of \(what) should be a mapping", node) }
            for (key, value) in mapping {
                let pair = try list(key, "the species of \(what)")
                guard pair.count == 2 else { throw error("\(what) is of pairs of species", key) }
                try body(&found[SIMD2(species(pair[0], what), species(pair[1], what)), default: plain], value)
            }
        }
        try pairs(value("coefficients", node, of: "polypairpot"), "polypairpot") { potential, node in
            potential.coefficients = try numbers(node, "coefficients", count: polynomials.recursion.count)
        }
        if let node = optional("reppot", root), let coefficients = optional("coefficients", node) {
            try pairs(coefficients, "reppot") { potential, node in
                func number(_ key: String) throws -> Double { try self.number(value(key, node, of: "reppot"), key) }
                potential.core = (try number("ri"), try number("e0"), try number("A"), try number("B"))
            }
        }
        return ({ found[SIMD2($0, $1)] ?? plain }, cutoff)
    }
}

extension ACEBond {
    /// c_nlk of R_nl = g_n.
    static func identity(n: Int, l: Int) -> [[[Double]]] {
        (0..<n).map { n0 in Array(repeating: (0..<n).map { $0 == n0 ? 1 : 0 }, count: l + 1) }
    }
}
