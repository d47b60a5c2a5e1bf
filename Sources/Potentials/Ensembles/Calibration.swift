/// How much larger errors are than members' spread: the factor alpha of `calibrate`, estimated on reference data.
///
/// With residuals r_n = y_n - <y>_n and deviations s_n (sample, K - 1) of K members, the mean of z_n = (r_n / s_n)^2 gives
///
///     maximum likelihood:  alpha^2 = <z>                                (Musil et al., J. Chem. Theory Comput. 15, 906 (2019))
///     small K corrected:   alpha^2 = -1/K + (K - 3)/(K - 1) <z>         (Imbalzano et al., J. Chem. Phys. 154, 074102 (2021))
///
/// The first is for s_n of an ensemble large enough to be exact; s_n of few members is now and then much too small, which inflates <z>:
/// without bound for K < 4, where the second has no value. A deviation pooled over d components of equal spread,
/// s_n^2 = sum_c s_nc^2 / d, has d (K - 1) degrees of freedom instead of K - 1, and the same derivation (E[1/chi^2_m] = 1/(m - 2)) gives
///
///     alpha^2 = -1/K + (d (K - 1) - 2)/(d (K - 1)) <z>
///
/// A residual is one Gaussian number: a component, not a norm. Residuals whose deviation is 0 have no likelihood and are left out; they
/// are counted.
public struct Calibration: Sendable {
    /// |r_n / s_n|.
    public private(set) var ratios: [Double] = []
    /// How many residuals had no deviation.
    public private(set) var unspread = 0

    public init() {}

    /// - Parameter deviation: the sample's, with divisor K - 1.
    public mutating func add(residual: Double, deviation: Double) {
        if deviation > 0 { ratios.append((residual / deviation).magnitude) } else { unspread += 1 }
    }

    /// sum_n z_n, for means over ranks.
    public var sumOfSquares: Double { ratios.reduce(0) { $0 + $1 * $1 } }

    /// How many residuals lie within `widths` calibrated deviations: |r_n| <= widths alpha s_n.
    public func covered(within widths: Double, alpha: Double) -> Int { ratios.count { $0 <= widths * alpha } }

    /// alpha of these residuals; nil without any.
    public var maximumLikelihood: Double? {
        ratios.isEmpty ? nil : Self.maximumLikelihood(meanSquare: sumOfSquares / Double(ratios.count))
    }

    /// alpha of these residuals for K members and deviations pooled over d components; nil without residuals, where d (K - 1) <= 2
    /// (for d = 1: fewer than four members), or where alpha^2 is not positive.
    public func corrected(members K: Int, pooled d: Int = 1) -> Double? {
        ratios.isEmpty ? nil : Self.corrected(meanSquare: sumOfSquares / Double(ratios.count), members: K, pooled: d)
    }

    public static func maximumLikelihood(meanSquare: Double) -> Double { meanSquare.squareRoot() }

    public static func corrected(meanSquare: Double, members K: Int, pooled d: Int = 1) -> Double? {
        let freedom = d * (K - 1)
        guard freedom > 2 else { return nil }
        let square = -1 / Double(K) + Double(freedom - 2) / Double(freedom) * meanSquare
        return square > 0 ? square.squareRoot() : nil
    }

    /// What `calibrate` must be for deviations of divisor K - ddof, when `alpha` is for those of divisor K - 1.
    public static func alpha(_ alpha: Double, members K: Int, ddof: Int) -> Double {
        K > 1 ? alpha * (Double(K - ddof) / Double(K - 1)).squareRoot() : alpha
    }
}
