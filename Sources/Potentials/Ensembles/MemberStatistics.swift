import Domain

/// How members' spread is measured: the conventions of DeePMD-kit's `model_devi`.
///
///     sigma_i = sqrt( sum_k |F_ki - <F_i>|^2 / (K - ddof) ),   <F_i> = sum_k F_ki / K    unweighted, whatever drives the dynamics
///     relative: sigma_i / (|<F_i>| + level)
///     virial:   the same for each component of W_k / N; its "mean" is sqrt(sum of the squares / 9)
///
/// `calibrate ALPHA` multiplies each of these sigma, and that of the energy, by alpha: the spread of members rescaled about their mean,
/// y'_k = <y> + alpha (y_k - <y>), which leaves the mean and so the dynamics alone (`Calibration`).
///
/// ddof 0 is the population's deviation (DeePMD-kit, MACE), ddof 1 the sample's (i-PI), which needs two members.
/// Note that sigma of the energy is that of the *total* energies, not a sum or mean over atoms.
public struct MemberStatistics: Sendable, Equatable {
    public var ddof = 0
    /// `relative L`: level in force units.
    public var relativeLevel: Double?
    /// `relative_v L`: level in energy units.
    public var relativeVirialLevel: Double?
    /// `calibrate ALPHA`.
    public var calibration = 1.0

    public init(ddof: Int = 0, relativeLevel: Double? = nil, relativeVirialLevel: Double? = nil, calibration: Double = 1) {
        (self.ddof, self.relativeLevel, self.relativeVirialLevel) = (ddof, relativeLevel, relativeVirialLevel)
        self.calibration = calibration
    }

    /// sigma_i of owned atom i from packed member forces: 3 numbers for each of `stride / 3` members; `chosen` are those that count.
    @inline(__always)
    func forceDeviation(_ packed: UnsafePointer<Double>, chosen: [Int]) -> Double {
        var mean = Vector.zero
        for k in chosen { mean += Vector(packed[3 * k], packed[3 * k + 1], packed[3 * k + 2], 0) }
        mean /= Double(chosen.count)
        var squares = 0.0
        for k in chosen {
            let d = Vector(packed[3 * k], packed[3 * k + 1], packed[3 * k + 2], 0) - mean
            squares += d.dot(d)
        }
        let sigma = calibration * (squares / divisor(chosen.count)).squareRoot()
        return relativeLevel.map { sigma / (mean.dot(mean).squareRoot() + $0) } ?? sigma
    }

    /// Standard deviation of plain numbers, calibrated.
    public func deviation(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return calibration * (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / divisor(values.count)).squareRoot()
    }

    /// Spread over the nine components of the deviation of W_k / N.
    public func virialSpread(_ virials: [Tensor], atoms: Int) -> Spread {
        var spread = Spread(max: 0, min: .infinity)
        var squares = 0.0
        for a in 0..<3 {
            for b in 0..<3 {
                let values = virials.map { $0[a, b] / Double(Swift.max(atoms, 1)) }
                var sigma = deviation(values)
                if let level = relativeVirialLevel {
                    sigma /= (values.reduce(0, +) / Double(values.count)).magnitude + level
                }
                spread.max = Swift.max(spread.max, sigma)
                spread.min = Swift.min(spread.min, sigma)
                squares += sigma * sigma
            }
        }
        spread.mean = (squares / 9).squareRoot()
        return spread
    }

    private func divisor(_ count: Int) -> Double { Double(Swift.max(count - ddof, 1)) }
}
