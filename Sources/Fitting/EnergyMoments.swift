import Domain

/// Energy errors of linear combinations of bases, with an offset for each element that is fitted on one set and used on another.
///
/// For each frame y_k = (E_k - E) / N for the bases and y_(K+1) = E / N, E being the reference; the offsets o_j of column j are the
/// minimum-norm least-squares solution of y_j = sum_z n_z / N o_jz on the fitted frames. Since that is linear in y_j, what is left of a
/// combination sum_k w_k E_k after its own offsets is the same combination of what is left of the columns.
public struct EnergyMoments: Sendable {
    /// Offset of each column and type, eV: [K + 1, T].
    private let offsets: [[Double]]
    private let baseCount: Int

    /// Fits the offsets. Collective.
    public init(fittedOn predictions: BasePredictions, _ communicator: any Communicator) {
        let K = predictions.baseCount, T = predictions.elements.count
        baseCount = K
        let rows = predictions.energyRows()
        var normal = [Double](repeating: 0, count: T * T)
        for row in rows { for i in 0..<T { for j in 0..<T { normal[i * T + j] += row.composition[i] * row.composition[j] } } }
        communicator.all(.sum, &normal)
        let solver = MinimumNorm(normal, count: T)
        var offsets = [[Double]](repeating: Array(repeating: 0, count: T), count: K + 1)
        // The second pass solves for what the normal equations lost to rounding in the first.
        for _ in 0..<2 {
            var right = [Double](repeating: 0, count: (K + 1) * T)
            for row in rows {
                for j in 0...K {
                    let residual = row.residual(j, offsets)
                    for i in 0..<T { right[j * T + i] += row.composition[i] * residual }
                }
            }
            communicator.all(.sum, &right)
            for j in 0...K {
                for (i, more) in solver.solve(Array(right[j * T..<(j + 1) * T])).enumerated() { offsets[j][i] += more }
            }
        }
        self.offsets = offsets
    }

    /// Moments of what is left on these frames, in (eV/atom)^2; `components` is the number of frames that have an energy. Collective.
    public func sum(on predictions: BasePredictions, _ communicator: any Communicator) -> ErrorMoments.Sum {
        let D = baseCount + 1
        var sums = [Double](repeating: 0, count: D * D + 1)
        for row in predictions.energyRows() {
            let d = (0..<D).map { row.residual($0, offsets) }
            for i in 0..<D { for j in 0..<D { sums[i * D + j] += d[i] * d[j] } }
            sums[D * D] += 1
        }
        communicator.all(.sum, &sums)
        return ErrorMoments.Sum(matrix: Array(sums.dropLast()), components: sums[D * D], baseCount: baseCount)
    }
}

private struct EnergyRow {
    /// n_z / N
    let composition: [Double]
    let values: [Double]

    func residual(_ j: Int, _ offsets: [[Double]]) -> Double {
        var residual = values[j]
        for (n, o) in zip(composition, offsets[j]) { residual -= n * o }
        return residual
    }
}

extension BasePredictions {
    /// Of this rank's frames that have an energy. A base without energy has 0 instead: nobody asks for it.
    fileprivate func energyRows() -> [EnergyRow] {
        let K = baseCount
        return (0..<frameCount).filter { !referenceEnergies[$0].isNaN && !atoms(of: $0).isEmpty }.map { f in
            let n = Double(atoms(of: f).count)
            var composition = [Double](repeating: 0, count: elements.count)
            for i in atoms(of: f) { composition[Int(types[i]) - 1] += 1 / n }
            let reference = referenceEnergies[f]
            let errors = (0..<K).map { k in energies[f * K + k].isNaN ? 0 : (energies[f * K + k] - reference) / n }
            return EnergyRow(composition: composition, values: errors + [reference / n])
        }
    }
}
