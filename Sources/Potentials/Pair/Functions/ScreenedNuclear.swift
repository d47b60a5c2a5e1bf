import Deck
import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The repulsion of screened nuclei of Ziegler, Biersack and Littmark (The Stopping and Range of Ions in Matter, 1985):
///
///     E = Zi Zj e^2 / r sum_k c_k exp(-d_k r / a) + S(r),    a = 0.46850 / (Zi^0.23 + Zj^0.23)
///
/// S is a constant up to the inner cutoff and from there a polynomial of fourth order with which energy, force and its derivative vanish
/// at the outer one: twice continuously differentiable.
enum ScreenedNuclear: NeutralPairFunction {
    static let style = "zbl"
    static let usage = "pair_style zbl INNER OUTER\npair_coeff I J ZI ZJ"
    static let globals = [PairQuantity("the inner cutoff", .positive), PairQuantity("the outer cutoff", .positive)]
    static let coefficients = [PairQuantity("the first nuclear charge", .positive), PairQuantity("the second nuclear charge", .positive)]
    static let size = 11
    static let isShiftable = false

    /// Also as literals in `evaluate`.
    static let amplitudes = [0.02817, 0.28022, 0.50986, 0.18175]
    static let decays = [0.20162, 0.40290, 0.94229, 3.19980]

    static func row(_ c: [Double], globals g: [Double], units: Units) throws -> (cutoff: Double, numbers: [Double]) {
        guard g[0] < g[1] else { throw DeckError("the inner cutoff must be smaller than the outer one", at: nil) }
        let inverse = (pow(c[0], 0.23) + pow(c[1], 0.23)) / (0.46850 * (units.angstrom ?? 1))
        let strength = c[0] * c[1] * units.qqr2e * units.electronCharge * units.electronCharge
        let d = decays.map { $0 * inverse }, rc = g[1], t = g[1] - g[0]
        var sum = 0.0, first = 0.0, second = 0.0
        for (amplitude, decay) in zip(amplitudes, d) {
            let e = amplitude * exp(-decay * rc)
            sum += e
            first += decay * e
            second += decay * decay * e
        }
        let e = strength * sum / rc, slope = -strength * (first + sum / rc) / rc
        let curvature = strength * (second + 2 * first / rc + 2 * sum / (rc * rc)) / rc
        let a = (-3 * slope + t * curvature) / (t * t), b = (2 * slope - t * curvature) / (t * t * t)
        return (rc, [strength] + d.map(-) + [g[0], a, b, a / 3, b / 4, -e + t / 2 * slope - t * t / 12 * curvature])
    }

    static func mixed(_ a: [Double], _ b: [Double], globals g: [Double], rule: MixingRule) -> [Double]? { [a[0], b[0]] }

    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let r = r2.squareRoot(), inverse = r.reciprocal()
        let e0 = r.scaled(by: p[1]).exponential().scaled(by: L.Plain(0.02817))
        let e1 = r.scaled(by: p[2]).exponential().scaled(by: L.Plain(0.28022))
        let e2 = r.scaled(by: p[3]).exponential().scaled(by: L.Plain(0.50986))
        let e3 = r.scaled(by: p[4]).exponential().scaled(by: L.Plain(0.18175))
        let sum = e0 + e1 + e2 + e3
        let first = e0.scaled(by: p[1]) + e1.scaled(by: p[2]) + e2.scaled(by: p[3]) + e3.scaled(by: p[4])
        let t = L.maximum(r - L(plain: p[5]), L.zero), t2 = t * t
        let slope = (first - sum * inverse).scaled(by: p[0]) * inverse + t2 * (t.scaled(by: p[7]) + L(plain: p[6]))
        let e = sum.scaled(by: p[0]) * inverse + L(plain: p[10]) + t2 * t * (t.scaled(by: p[9]) + L(plain: p[8]))
        return (e, -slope * inverse)
    }
}

extension Units {
    /// The elementary charge in this system's unit of charge, with LAMMPS' values.
    fileprivate var electronCharge: Double {
        switch name {
        case .lj, .real, .metal, .electron, .nano: 1
        case .si: 1.60217653e-19
        case .cgs: 4.8032044e-10
        case .micro: 1.6021765e-4
        }
    }
}
