/// How much larger errors are than members' spread: the factor alpha of `calibrate`, estimated on reference data.
///
/// With residuals r_n = y_n - <y>_n and deviations s_n (sample, K - 1) of K members, the mean of z_n = (r_n / s_n)^2 gives
///
///     maximum likelihood:  alpha^2 = <z>                                (Musil et al., J. Chem. Theory Comput. 15, 906 (2019))
///     small K corrected:   alpha^2 = -1/K + (K - 3)/(K - 1) <z>         (Imbalzano et al., J. Chem. Phys. 154, 074102 (2021))
///
/// The first is for s_n of an ensemble large enough to be exact; s_n of few members is now and then much too small, which inflates <z>.
/// Both treat a residual as one Gaussian number: they are given components, not norms. Residuals whose deviation is 0 have no
/// likelihood and are left out; they are counted.
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

    /// alpha of these residuals for K members; nil for fewer than four members, without residuals, or where alpha^2 is not positive.
    public func corrected(members K: Int) -> Double? {
        ratios.isEmpty ? nil : Self.corrected(meanSquare: sumOfSquares / Double(ratios.count), members: K)
    }

    public static func maximumLikelihood(meanSquare: Double) -> Double { meanSquare.squareRoot() }

    public static func corrected(meanSquare: Double, members K: Int) -> Double? {
        guard K >= 4 else { return nil }
        let square = -1 / Double(K) + Double(K - 3) / Double(K - 1) * meanSquare
        return square > 0 ? square.squareRoot() : nil
    }

    /// What `calibrate` must be for deviations of divisor K - ddof, when `alpha` is for those of divisor K - 1.
    public static func alpha(_ alpha: Double, members K: Int, ddof: Int) -> Double {
        K > 1 ? alpha * (Double(K - ddof) / Double(K - 1)).squareRoot() : alpha
    }
}
