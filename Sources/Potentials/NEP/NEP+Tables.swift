import Domain

/// A model's numbers as the kernels read them: expansion coefficients by pair of species and folded onto Chebyshev polynomials,
/// network weights padded to whole vectors, energies in the engine's unit.
final class NEPTables {
    let parameters: NEPParameters
    /// One eV in the engine's energy unit.
    let electronvolt: Double
    private let storage: Column<Double>
    let view: NEPView

    init(_ p: NEPParameters, electronvolt: Double) {
        parameters = p
        self.electronvolt = electronvolt
        let species = p.speciesCount, pairs = species * species
        let padded = (p.neurons + 15) / 16 * 16
        var numbers: [Double] = []
        func reserve(_ values: [Double]) -> Int {
            let at = numbers.count
            numbers += values
            numbers += Array(repeating: 0, count: (8 - numbers.count % 8) % 8)
            return at
        }

        var radialCutoff: [Double] = [], angularCutoff: [Double] = []
        for i in 0..<species {
            for j in 0..<species {
                radialCutoff.append((p.radialCutoff[i] + p.radialCutoff[j]) * 0.5)
                angularCutoff.append((p.angularCutoff[i] + p.angularCutoff[j]) * 0.5)
            }
        }
        // g_n = fc sum_k c_nk (T_k + 1) / 2 = fc sum_k d_nk T_k: d_nk = c_nk / 2 but for d_n0, which also takes all the ones.
        func folded(_ c: [Double], _ count: Int, _ basis: Int) -> [Double] {
            var d = [Double](repeating: 0, count: pairs * count * basis)
            for pair in 0..<pairs {
                for n in 0..<count {
                    for k in 0..<basis {
                        let value = 0.5 * c[(n * basis + k) * pairs + pair]
                        d[(pair * count + n) * basis + k] += value
                        d[(pair * count + n) * basis] += value
                    }
                }
            }
            return d
        }
        let dimension = p.descriptorCount
        var weights = [Double](repeating: 0, count: species * dimension * padded)
        var biases = [Double](repeating: 0, count: species * padded)
        var outputs = [Double](repeating: 0, count: species * padded)
        for i in 0..<species {
            let from = p.version == 3 ? 0 : i
            for neuron in 0..<p.neurons {
                for d in 0..<dimension {
                    weights[(i * dimension + d) * padded + neuron] =
                        p.inputWeights[(from * p.neurons + neuron) * dimension + d] * p.scalers[d]
                }
                biases[i * padded + neuron] = p.inputBiases[from * p.neurons + neuron]
                outputs[i * padded + neuron] = p.outputWeights[from * p.neurons + neuron] * electronvolt
            }
        }
        let offsets = (
            radialCutoff: reserve(radialCutoff), angularCutoff: reserve(angularCutoff),
            radial: reserve(folded(p.radialCoefficients, p.radialCount, p.radialBasis)),
            angular: reserve(folded(p.angularCoefficients, p.angularCount, p.angularBasis)),
            weights: reserve(weights), biases: reserve(biases), outputs: reserve(outputs),
            invariants: reserve(NEPInvariants.weights), repulsion: reserve(p.repulsionTable(electronvolt: electronvolt))
        )
        storage = Column(numbers)
        let base = UnsafePointer(storage.pointer)
        view = NEPView(
            species: species, radialCount: p.radialCount, radialBasis: p.radialBasis, angularCount: p.angularCount,
            angularBasis: p.angularBasis, dimension: dimension, neurons: padded, hasRepulsion: p.hasRepulsion,
            radialCutoff: base + offsets.radialCutoff, angularCutoff: base + offsets.angularCutoff, radial: base + offsets.radial,
            angular: base + offsets.angular, weights: base + offsets.weights, biases: base + offsets.biases,
            outputs: base + offsets.outputs, outputBias: p.outputBias * electronvolt, repulsion: base + offsets.repulsion,
            invariants: NEPInvariantShape(
                count: p.angularCount, lMax: p.lMax, hasFourBody: p.hasFourBody, hasFiveBody: p.hasFiveBody,
                weights: base + offsets.invariants))
    }
}

/// Where the kernels find a model's numbers; valid while its `NEPTables` lives. A pair's index is centre * species + neighbour.
struct NEPView: BitwiseCopyable {
    let species: Int
    let radialCount: Int
    let radialBasis: Int
    let angularCount: Int
    let angularBasis: Int
    let dimension: Int
    /// A multiple of 16; those added have zero weights.
    let neurons: Int
    let hasRepulsion: Bool
    /// [pair]
    let radialCutoff: UnsafePointer<Double>
    let angularCutoff: UnsafePointer<Double>
    /// [pair][n][k], on Chebyshev polynomials.
    let radial: UnsafePointer<Double>
    let angular: UnsafePointer<Double>
    /// [species][descriptor][neuron], scaler included; [species][neuron] twice.
    let weights: UnsafePointer<Double>
    let biases: UnsafePointer<Double>
    let outputs: UnsafePointer<Double>
    let outputBias: Double
    /// [pair][12]
    let repulsion: UnsafePointer<Double>
    let invariants: NEPInvariantShape
}
