import Domain
import Potentials

/// Whether the spread of an ensemble's members tells how wrong its forces are, over frames that are spread over ranks.
///
/// Each force *component* is one residual r = F_reference - F, F the ensemble's own force. Its deviation is sigma_i / sqrt(3) of the
/// atom's sigma_i, which is what thresholds and `calibrate` are about: <z> is then the mean of |r_i|^2 / sigma_i^2 over atoms, and 1, 2,
/// 3 sigma should cover 68.3, 95.4, 99.7 % of components. A deviation of each component by itself would be useless for few members: it
/// is often near 0 by chance, and <z> is without bound for three members.
///
/// alpha is for the ensemble's own ddof, so that it can be given to `calibrate`; a `calibrate` that it has already is not in it.
public final class ForceCalibration {
    private let chosen: [Int]
    private let ddof: Int
    private var calibration = Calibration()

    /// Equal on every rank. Shares within 1, 2 and 3 sigma.
    public struct Summary: Sendable {
        public var components = 0
        /// Components of atoms on which all members agree; they are left out.
        public var unspread = 0
        public var alphaML = Double.nan
        /// For deviations pooled over three components; NaN where its square is not positive.
        public var alphaCorrected = Double.nan
        public var rawCoverage: [Double] = []
        public var coverageML: [Double] = []
        public var coverageCorrected: [Double] = []
    }

    /// nil for a potential that has no two members whose spread counts.
    public init?(_ potential: any Potential) {
        guard let ensemble = potential as? any MemberReporting, ensemble.judge.chosen.count > 1 else { return nil }
        (chosen, ddof) = (ensemble.judge.chosen, ensemble.statistics.ddof)
    }

    /// - Parameter predictions: the ensemble's, then each member's.
    public func add(_ frame: Frame, _ predictions: [Prediction]) {
        guard let reference = frame.forces else { return }
        let K = Double(chosen.count)
        for i in 0..<frame.count {
            var mean = Vector.zero, squares = 0.0
            for k in chosen { mean += predictions[1 + k].forces[i] }
            mean /= K
            for k in chosen {
                let d = predictions[1 + k].forces[i] - mean
                squares += d.dot(d)
            }
            let deviation = (squares / (3 * (K - 1))).squareRoot()
            let residual = reference[i] - predictions[0].forces[i]
            for c in 0..<3 { calibration.add(residual: residual[c], deviation: deviation) }
        }
    }

    /// Over all ranks. Collective.
    public func summarise(_ communicator: any Communicator) -> Summary {
        let K = chosen.count
        var sums = [Double(calibration.ratios.count), Double(calibration.unspread), calibration.sumOfSquares]
        communicator.all(.sum, &sums)
        var summary = Summary(components: Int(sums[0]), unspread: Int(sums[1]))
        guard sums[0] > 0 else { return summary }
        let plain = Calibration.maximumLikelihood(meanSquare: sums[2] / sums[0])
        let corrected = Calibration.corrected(meanSquare: sums[2] / sums[0], members: K, pooled: 3)
        summary.alphaML = Calibration.alpha(plain, members: K, ddof: ddof)
        summary.alphaCorrected = corrected.map { Calibration.alpha($0, members: K, ddof: ddof) } ?? .nan
        /// - Parameter alpha: for sample deviations.
        func coverage(_ alpha: Double) -> [Double] {
            var counts = [1.0, 2, 3].map { Double(calibration.covered(within: $0, alpha: alpha)) }
            communicator.all(.sum, &counts)
            return counts.map { $0 / sums[0] }
        }
        summary.rawCoverage = coverage(1 / Calibration.alpha(1, members: K, ddof: ddof))
        summary.coverageML = coverage(plain)
        if let corrected { summary.coverageCorrected = coverage(corrected) }
        return summary
    }
}
