import Deck
import Domain
import Integrators

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `compute orientorder/atom`: bond-orientational order parameters of Steinhardt, Nelson and Ronchetti, Phys. Rev. B 28, 784 (1983), from
/// the directions to each atom's nearest neighbours:
///
///     q_lm = mean of Y_lm over neighbours,   Q_l = sqrt(4 pi / (2 l + 1) sum_m |q_lm|^2)
///     W_l = sum over m1 + m2 + m3 = 0 of (l l l; m1 m2 m3) q_lm1 q_lm2 q_lm3 / sqrt(2 l + 1)
///     W^_l = sqrt(2 l + 1) W_l / (sum_m |q_lm|^2)^(3/2)
///
/// Columns: Q_l for each l, then W_l and W^_l where asked for, then q_lm / |q_l| (real, imaginary, m from -l) of one l. 0 for atoms with
/// too few neighbours.
public final class BondOrderCompute: Compute {
    public static let entry = ComputeStyle(
        "orientorder/atom",
        usage: "compute ID GROUP orientorder/atom [degrees N L1 ... LN] [nnn K|NULL] [cutoff R] [wl yes|no] [wl/hat yes|no] [components L]",
        help: "bond-orientational order parameters Q_l of each atom (4 6 8 10 12), and W_l"
    ) { id, group, words, _ in
        var compute = Settings()
        while let word = words.peek {
            switch try words.choice("a keyword", ["degrees", "nnn", "cutoff", "wl", "wl/hat", "components", "chunksize"].map { ($0, $0) }) {
            case "degrees":
                let number = try words.int("the number of degrees", in: 1...100)
                compute.degrees = []
                for _ in 0..<number { compute.degrees.append(try words.int("a degree", in: 0...32)) }
            case "nnn": compute.nearest = words.optional("NULL") ? nil : try words.positiveInt("the number of neighbours")
            case "cutoff": compute.cutoff = try words.positiveDouble("the cutoff")
            case "wl": compute.tellsW = try words.flag("yes or no")
            case "wl/hat": compute.tellsNormalisedW = try words.flag("yes or no")
            case "components":
                let degree = try words.int("a degree", in: 0...32)
                guard compute.degrees.contains(degree) else { throw words.error("components: \(degree) is none of the degrees", at: word) }
                compute.components = degree
            default: _ = try words.positiveInt("a number of atoms")
            }
        }
        return BondOrderCompute(id: id, group: group, compute)
    }

    struct Settings {
        var degrees = [4, 6, 8, 10, 12]
        /// nil: all within the cutoff.
        var nearest: Int? = 12
        /// nil: the potential's.
        var cutoff: Double?
        var tellsW = false
        var tellsNormalisedW = false
        var components: Int?
    }

    public let id: String
    public let style = "orientorder/atom"
    public let group: Group
    private let settings: Settings
    /// (l l l; m1 m2 m3) of each degree, for m1 and m2 from -l to l.
    private lazy var symbols = settings.degrees.map { l in
        (-l...l).map { m1 in (-l...l).map { m2 in abs(m1 + m2) <= l ? wigner(l, m1, m2) : 0 } }
    }

    init(id: String, group: Group, _ settings: Settings) { (self.id, self.group, self.settings) = (id, group, settings) }

    public var shape: ComputeShape {
        let lists = 1 + (settings.tellsW ? 1 : 0) + (settings.tellsNormalisedW ? 1 : 0)
        return ComputeShape(atomColumns: lists * settings.degrees.count + (settings.components.map { 2 * (2 * $0 + 1) } ?? 0))
    }

    public func prepare(_ snapshot: Snapshot) throws {
        guard snapshot.potentialCutoff > 0 else { throw DeckError("compute '\(id)' (\(style)) needs a potential with a cutoff", at: nil) }
        if let cutoff = settings.cutoff, cutoff > snapshot.potentialCutoff {
            throw DeckError(
                "compute '\(id)' (\(style)): its cutoff \(cutoff) is longer than the potential's, \(snapshot.potentialCutoff)", at: nil)
        }
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system
        let near = try Neighbourhood(snapshot, settings.cutoff ?? snapshot.potentialCutoff, of: .all, for: "compute '\(id)' (\(style))")
        let width = shape.atomColumns ?? 0
        var result = AtomValues(width: width, count: system.atoms.owned)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            var bonds: [Vector] = []
            near.forEach(i) { _, d in bonds.append(Vector(-d.x, -d.y, -d.z, 0)) }
            if bonds.isEmpty || bonds.count < settings.nearest ?? 0 { continue }
            if let nearest = settings.nearest { bonds = Array(bonds.sorted { $0.dot($0) < $1.dot($1) }.prefix(nearest)) }
            result.values.replaceSubrange(i * width..<(i + 1) * width, with: parameters(bonds))
        }
        return result
    }

    private func parameters(_ bonds: [Vector]) -> [Double] {
        let q = settings.degrees.map { l in mean(bonds, l) }
        let norms = q.map { q in
            q.enumerated().reduce(0.0) { $0 + ($1.offset == 0 ? 1 : 2) * ($1.element.0 * $1.element.0 + $1.element.1 * $1.element.1) }
        }
        var row = zip(settings.degrees, norms).map { (4 * .pi / Double(2 * $0 + 1) * $1).squareRoot() }
        if settings.tellsW || settings.tellsNormalisedW {
            let w = settings.degrees.indices.map { third(q[$0], settings.degrees[$0], symbols[$0]) }
            if settings.tellsW { row += zip(settings.degrees, w).map { $1 / Double(2 * $0 + 1).squareRoot() } }
            if settings.tellsNormalisedW { row += zip(w, norms).map { $1 < 1e-12 ? 0 : $0 / ($1 * $1.squareRoot()) } }
        }
        if let l = settings.components, let k = settings.degrees.firstIndex(of: l) {
            let scale = norms[k] < 1e-12 ? 0 : 1 / norms[k].squareRoot()
            for m in -l...l {
                let (re, im) = component(q[k], m)
                row += [re * scale, im * scale]
            }
        }
        return row
    }

    /// q_lm for m from 0.
    private func mean(_ bonds: [Vector], _ l: Int) -> [(Double, Double)] {
        var q = [(Double, Double)](repeating: (0, 0), count: l + 1)
        for r in bonds {
            let length = (r.x * r.x + r.y * r.y + r.z * r.z).squareRoot(), across = (r.x * r.x + r.y * r.y).squareRoot()
            guard length > 0 else { continue }
            let polar = polarFactors(l, r.z / length, across / length)
            let turn = across > 0 ? (r.x / across, r.y / across) : (1, 0)
            var phase = (1.0, 0.0)
            for m in 0...l {
                q[m] = (q[m].0 + polar[m] * phase.0, q[m].1 + polar[m] * phase.1)
                phase = (phase.0 * turn.0 - phase.1 * turn.1, phase.0 * turn.1 + phase.1 * turn.0)
            }
        }
        return q.map { ($0.0 / Double(bonds.count), $0.1 / Double(bonds.count)) }
    }

    /// q_l,-m = (-1)^m conj(q_lm)
    private func component(_ q: [(Double, Double)], _ m: Int) -> (Double, Double) {
        if m >= 0 { return q[m] }
        let sign = m % 2 == 0 ? 1.0 : -1.0
        return (sign * q[-m].0, -sign * q[-m].1)
    }

    private func third(_ q: [(Double, Double)], _ l: Int, _ symbols: [[Double]]) -> Double {
        var sum = 0.0
        for m1 in -l...l {
            for m2 in max(-l, -l - m1)...min(l, l - m1) {
                let a = component(q, m1), b = component(q, m2), c = component(q, -m1 - m2)
                let product = (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
                sum += symbols[m1 + l][m2 + l] * (product.0 * c.0 - product.1 * c.1)
            }
        }
        return sum
    }
}

/// Y_lm(theta, 0) for m from 0 to l: associated Legendre functions, normalised, with Condon and Shortley's phase.
private func polarFactors(_ l: Int, _ cosine: Double, _ sine: Double) -> [Double] {
    (0...l).map { m in
        // P_mm, then upwards in l; each normalised, so that nothing overflows.
        var p = (1 / (4 * Double.pi)).squareRoot()
        for k in stride(from: 1, through: m, by: 1) { p *= -(Double(2 * k + 1) / Double(2 * k)).squareRoot() * sine }
        guard l > m else { return p }
        var before = 0.0
        for n in m + 1...l {
            let a = (Double(4 * n * n - 1) / Double(n * n - m * m)).squareRoot()
            let b = n == m + 1 ? 0 : (Double((n - 1) * (n - 1) - m * m) / Double(4 * (n - 1) * (n - 1) - 1)).squareRoot()
            (before, p) = (p, a * (cosine * p - b * before))
        }
        return p
    }
}

/// Wigner's 3j symbol (l l l; m1 m2 -m1-m2) by Racah's formula.
private func wigner(_ l: Int, _ m1: Int, _ m2: Int) -> Double {
    let m3 = -m1 - m2
    func factorial(_ n: Int) -> Double { n < 2 ? 1 : (2...n).reduce(1.0) { $0 * Double($1) } }
    let triangle = factorial(l) * factorial(l) * factorial(l) / factorial(3 * l + 1)
    let product = [m1, m2, m3].reduce(1.0) { $0 * factorial(l + $1) * factorial(l - $1) }
    var sum = 0.0
    for k in max(0, -m1, m2)...max(max(0, -m1, m2), min(l, l - m1, l + m2)) {
        let parts = [k, l - k, l - m1 - k, l + m2 - k, m1 + k, k - m2]
        guard parts.allSatisfy({ $0 >= 0 }) else { continue }
        sum += (k % 2 == 0 ? 1 : -1) / parts.reduce(1.0) { $0 * factorial($1) }
    }
    return (m3 % 2 == 0 ? 1 : -1) * triangle.squareRoot() * product.squareRoot() * sum
}

/// `compute hexorder/atom`: order of the bonds in the plane, psi_n = mean over an atom's nearest neighbours of exp(i n theta), theta the
/// bond's angle to x: c_ID[1] real, c_ID[2] imaginary part. 0 for atoms with too few neighbours.
public final class HexaticOrderCompute: Compute {
    public static let entry = ComputeStyle(
        "hexorder/atom", usage: "compute ID GROUP hexorder/atom [degree N] [nnn K|NULL] [cutoff R]",
        help: "bond-orientational order in the plane: real and imaginary part"
    ) { id, group, words, _ in
        var degree = 6, nearest: Int? = 6
        var cutoff: Double?
        while !words.isAtEnd {
            switch try words.choice("a keyword", [("degree", 0), ("nnn", 1), ("cutoff", 2)]) {
            case 0: degree = try words.nonNegativeInt("the degree")
            case 1: nearest = words.optional("NULL") ? nil : try words.positiveInt("the number of neighbours")
            default: cutoff = try words.positiveDouble("the cutoff")
            }
        }
        return HexaticOrderCompute(id: id, group: group, degree, nearest, cutoff)
    }

    public let id: String
    public let style = "hexorder/atom"
    public let group: Group
    public let shape = ComputeShape(atomColumns: 2)
    private let degree: Int
    private let nearest: Int?
    private let cutoff: Double?

    init(id: String, group: Group, _ degree: Int, _ nearest: Int?, _ cutoff: Double?) {
        (self.id, self.group, self.degree, self.nearest, self.cutoff) = (id, group, degree, nearest, cutoff)
    }

    public func prepare(_ snapshot: Snapshot) throws {
        guard snapshot.potentialCutoff > 0 else { throw DeckError("compute '\(id)' (\(style)) needs a potential with a cutoff", at: nil) }
        if let cutoff, cutoff > snapshot.potentialCutoff {
            throw DeckError(
                "compute '\(id)' (\(style)): its cutoff \(cutoff) is longer than the potential's, \(snapshot.potentialCutoff)", at: nil)
        }
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system
        let near = try Neighbourhood(snapshot, cutoff ?? snapshot.potentialCutoff, of: .all, for: "compute '\(id)' (\(style))")
        var result = AtomValues(width: 2, count: system.atoms.owned)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            var bonds: [Vector] = []
            near.forEach(i) { _, d in bonds.append(d) }
            if bonds.isEmpty || bonds.count < nearest ?? 0 { continue }
            if let nearest { bonds = Array(bonds.sorted { $0.dot($0) < $1.dot($1) }.prefix(nearest)) }
            for d in bonds {
                let angle = Double(degree) * atan2(-d.y, -d.x)
                result.values[2 * i] += cos(angle) / Double(bonds.count)
                result.values[2 * i + 1] += sin(angle) / Double(bonds.count)
            }
        }
        return result
    }
}

/// `compute slice`: (END - FIRST) / STEP elements of global vectors, FIRST, FIRST + STEP ...: c_ID[i] (one input) or c_ID[i][j].
public final class SliceCompute: Compute {
    static let entry = ComputeStyle(
        "slice", usage: "compute ID GROUP slice FIRST END STEP INPUT ...   (INPUT: c_ID c_ID[i] f_ID f_ID[i] v_NAME, a vector each)",
        help: "some elements of global vectors"
    ) { id, group, words, observation in
        let first = try words.positiveInt("the first element"),
            last = try words.int("the element before which it ends", in: first + 1...Int(Int32.max))
        let step = try words.positiveInt("the step")
        let place = words.location
        let inputs = try words.remaining().map { try GlobalInput($0, isColumn: true, observation) }
        guard !inputs.isEmpty else { throw DeckError("compute slice needs at least one input", at: place) }
        return SliceCompute(id: id, group: group, (0..<max((last - first) / step, 1)).map { first + $0 * step }, inputs, observation)
    }

    public let id: String
    public let style = "slice"
    public let group: Group
    private let elements: [Int]
    private let values: [GlobalInput]
    private unowned let observation: Observation

    init(id: String, group: Group, _ elements: [Int], _ values: [GlobalInput], _ observation: Observation) {
        (self.id, self.group, self.elements, self.values, self.observation) = (id, group, elements, values, observation)
    }

    public var shape: ComputeShape {
        values.count == 1 ? ComputeShape(vector: elements.count) : ComputeShape(arrayColumns: values.count, arrayRows: elements.count)
    }
    public var wants: Wanted { values.reduce([]) { $0.union($1.wants(observation)) } }

    public func vector(_ snapshot: Snapshot) throws -> [Double] { try array(snapshot).map { $0[0] } }

    public func array(_ snapshot: Snapshot) throws -> [[Double]] {
        let columns = try values.map { try $0.column(snapshot) }
        if let short = columns.firstIndex(where: { $0.count < elements.last ?? 0 }) {
            throw DeckError(
                "compute '\(id)' (slice): '\(values[short].name)' has \(columns[short].count) elements", at: values[short].location)
        }
        return elements.map { element in columns.map { $0[element - 1] } }
    }
}
