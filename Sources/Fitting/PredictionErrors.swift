import Domain

/// Errors of energies and forces over frames that are spread over ranks.
///
///     force RMSE, MAE: over all components of all atoms
///     energy RMSE: sqrt(mean over frames of ((E_reference - E - sum_z n_z o_z) / N)^2), where the offsets o_z, one an element, are the
///     minimum-norm least-squares solution of the same sum: models and references differ in the energy of isolated atoms
public final class PredictionErrors {
    private let typeCount: Int
    private let modelCount: Int
    /// This rank's frames that have an energy: n_z / N for each type, then (E_reference - E) / N for each model.
    private var rows: [Double] = []
    private var squares: [Double]
    private var magnitudes: [Double]
    private var components = 0
    public private(set) var frames = 0
    public private(set) var atoms = 0

    /// In eV and eV/Angstrom; NaN where the data have no such quantity.
    public struct Summary: Sendable {
        public var energyRMSE = Double.nan
        public var forceRMSE = Double.nan
        public var forceMAE = Double.nan
        /// o_z of each type, from type 1.
        public var offsets: [Double] = []
        public var framesWithEnergy = 0
    }

    /// - Parameter models: how many predictions a frame has.
    public init(types: Int, models: Int) {
        (typeCount, modelCount) = (types, models)
        squares = Array(repeating: 0, count: models)
        magnitudes = squares
    }

    public func add(_ frame: Frame, types: [Int32], _ predictions: [Prediction]) {
        precondition(predictions.count == modelCount)
        frames += 1
        atoms += frame.count
        if let energy = frame.energy, frame.count > 0 {
            var composition = [Double](repeating: 0, count: typeCount)
            for type in types { composition[Int(type) - 1] += 1 / Double(frame.count) }
            rows += composition + predictions.map { (energy - $0.energy) / Double(frame.count) }
        }
        if let reference = frame.forces {
            components += 3 * frame.count
            for k in predictions.indices {
                for i in 0..<frame.count {
                    let d = (predictions[k].forces[i] - reference[i]).xyz
                    squares[k] += d.dot(d)
                    magnitudes[k] += d.x.magnitude + d.y.magnitude + d.z.magnitude
                }
            }
        }
    }

    /// Over all ranks, one summary a model. Collective.
    public func summarise(_ communicator: any Communicator) -> [Summary] {
        var counts = [Double(components), Double(frames), Double(atoms), Double(rows.count / (typeCount + modelCount))]
        communicator.all(.sum, &counts)
        (frames, atoms) = (Int(counts[1]), Int(counts[2]))
        communicator.all(.sum, &squares)
        communicator.all(.sum, &magnitudes)
        return (0..<modelCount).map { k in
            var summary = Summary()
            if counts[0] > 0 {
                summary.forceRMSE = (squares[k] / counts[0]).squareRoot()
                summary.forceMAE = magnitudes[k] / counts[0]
            }
            summary.framesWithEnergy = Int(counts[3])
            if counts[3] > 0 { (summary.energyRMSE, summary.offsets) = energyError(k, frames: counts[3], communicator) }
            return summary
        }
    }

    private func energyError(_ k: Int, frames: Double, _ communicator: any Communicator) -> (Double, [Double]) {
        let n = typeCount, stride = typeCount + modelCount
        var normal = [Double](repeating: 0, count: n * n)
        for row in Swift.stride(from: 0, to: rows.count, by: stride) {
            for i in 0..<n { for j in 0..<n { normal[i * n + j] += rows[row + i] * rows[row + j] } }
        }
        communicator.all(.sum, &normal)
        let solver = MinimumNorm(normal, count: n)
        var offsets = [Double](repeating: 0, count: n)
        // The second pass solves for what the normal equations lost to rounding in the first.
        for _ in 0..<2 {
            var right = [Double](repeating: 0, count: n)
            forEachResidual(k, offsets) { row, residual in for i in 0..<n { right[i] += rows[row + i] * residual } }
            communicator.all(.sum, &right)
            let more = solver.solve(right)
            for i in 0..<n { offsets[i] += more[i] }
        }
        var sum = 0.0
        forEachResidual(k, offsets) { _, residual in sum += residual * residual }
        return ((communicator.sum(sum) / frames).squareRoot(), offsets)
    }

    private func forEachResidual(_ k: Int, _ offsets: [Double], _ body: (_ row: Int, _ residual: Double) -> Void) {
        for row in stride(from: 0, to: rows.count, by: typeCount + modelCount) {
            var residual = rows[row + typeCount + k]
            for i in 0..<typeCount { residual -= rows[row + i] * offsets[i] }
            body(row, residual)
        }
    }
}
