import Domain
import Potentials

/// What a stacked ensemble starts from, found from the training frames of all ranks.
public enum StackSetup {
    /// e0_k(z), the mean of each base's site energies over the atoms of each element. Collective.
    public static func references(_ p: BasePredictions, _ communicator: any Communicator) -> [[Double]] {
        let K = p.baseCount, n = p.elements.count
        var sums = [Double](repeating: 0, count: (K + 1) * n)
        for i in 0..<p.atomCount {
            let z = Int(p.types[i]) - 1
            for k in 0..<K { sums[k * n + z] += p.siteEnergies[i * K + k] }
            sums[K * n + z] += 1
        }
        communicator.all(.sum, &sums)
        return (0..<K).map { k in (0..<n).map { sums[k * n + $0] / max(1, sums[K * n + $0]) } }
    }

    /// Energy offsets o_z, one an element, by least squares: E - sum_k c_k (E_k - sum_i e0_k(z_i)) = sum_i o_(z_i). Collective.
    /// - Parameter references: e0_k(z); empty for none.
    public static func offsets(
        _ p: BasePredictions, weights: [Double], references: [[Double]] = [], _ communicator: any Communicator
    ) -> [Double] {
        let n = p.elements.count, K = p.baseCount
        var sums = [Double](repeating: 0, count: n * n + n)
        for f in 0..<p.frameCount where !p.referenceEnergies[f].isNaN {
            var composition = [Double](repeating: 0, count: n)
            for i in p.atoms(of: f) { composition[Int(p.types[i]) - 1] += 1 }
            var residual = p.referenceEnergies[f]
            for (k, c) in weights.enumerated() {
                residual -= c * p.energies[f * K + k]
                if !references.isEmpty { residual += c * zip(composition, references[k]).reduce(0) { $0 + $1.0 * $1.1 } }
            }
            for a in 0..<n {
                for b in 0..<n { sums[a * n + b] += composition[a] * composition[b] }
                sums[n * n + a] += composition[a] * residual
            }
        }
        communicator.all(.sum, &sums)
        return MinimumNorm(Array(sums[..<(n * n)]), count: n).solve(Array(sums[(n * n)...]))
    }

    /// Root mean squares over atoms of |F| and of |F_k - sum_k c_k F_k|, eV/Angstrom. Collective.
    public static func scales(_ p: BasePredictions, weights: [Double], _ communicator: any Communicator) -> (
        force: Double, deviation: Double
    ) {
        let K = p.baseCount
        var sums = [0.0, 0.0, 0.0]
        for i in 0..<p.atomCount {
            for x in 0..<3 {
                var mean = 0.0
                for (k, c) in weights.enumerated() { mean += c * p.forces[3 * (i * K + k) + x] }
                sums[0] += mean * mean
                for k in weights.indices {
                    let d = p.forces[3 * (i * K + k) + x] - mean
                    sums[1] += d * d / Double(K)
                }
            }
            sums[2] += 1
        }
        communicator.all(.sum, &sums)
        return ((sums[0] / max(1, sums[2])).squareRoot(), (sums[1] / max(1, sums[2])).squareRoot())
    }
}
