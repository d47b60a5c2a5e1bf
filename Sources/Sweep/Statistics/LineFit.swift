import Foundation

/// A straight line through points, by least squares: y = intercept + slope x.
public struct LineFit: Sendable {
    public var slope = Double.nan
    public var intercept = Double.nan
    /// Standard error of the slope. For a series it allows for residuals that are correlated in time.
    public var slopeError = Double.nan
    /// Root mean square of the residuals.
    public var rms = Double.nan

    /// - Parameter isSeries: whether the points follow each other in time. Then the variance of the slope is multiplied by the statistical
    ///   inefficiency 1 + 2 sum rho(lag), summed up to the first negative autocorrelation of the residuals (Chodera et al., J. Chem. Theory
    ///   Comput. 3, 26 (2007)).
    public init?(_ x: [Double], _ y: [Double], isSeries: Bool = false) {
        let n = x.count
        guard n == y.count, n >= 2 else { return nil }
        let count = Double(n)
        let xMean = x.reduce(0, +) / count, yMean = y.reduce(0, +) / count
        var sxx = 0.0, sxy = 0.0
        for k in 0..<n {
            sxx += (x[k] - xMean) * (x[k] - xMean)
            sxy += (x[k] - xMean) * (y[k] - yMean)
        }
        guard sxx > 0, sxx.isFinite, sxy.isFinite else { return nil }
        slope = sxy / sxx
        intercept = yMean - slope * xMean
        let residual = (0..<n).map { y[$0] - intercept - slope * x[$0] }
        let squares = residual.reduce(0) { $0 + $1 * $1 }
        rms = (squares / count).squareRoot()
        guard n > 2 else { return }
        let inefficiency = isSeries ? Self.inefficiency(residual, variance: squares / count) : 1
        slopeError = (squares / (count - 2) / sxx * inefficiency).squareRoot()
    }

    private static func inefficiency(_ residual: [Double], variance: Double) -> Double {
        guard variance > 0 else { return 1 }
        let n = residual.count
        var sum = 1.0
        for lag in 1..<max(2, n / 2) where lag < n {
            var c = 0.0
            for k in 0..<(n - lag) { c += residual[k] * residual[k + lag] }
            let rho = c / Double(n - lag) / variance
            if rho <= 0 { break }
            sum += 2 * rho
        }
        return sum
    }
}
