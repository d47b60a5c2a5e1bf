/// Where a network's weights come from: a file, or a generator of first guesses.
protocol TensorSource {
    /// The tensor's numbers, row-major.
    func tensor(_ name: String, shape: [Int]) throws -> [Double]
}

extension Safetensors: TensorSource {}

extension TensorSource {
    /// A dense layer called `name`.weight (and .bias) of the given unpadded shape.
    func layer<S: FeatureScalar>(
        _ name: String, rows: Int, columns: Int, bias: Bool, activation: Activation = .identity, inputBlocks: Int = 1,
        outputBlocks: Int = 1
    ) throws -> DenseLayer<S> {
        DenseLayer<S>(
            weights: try tensor(name + ".weight", shape: [rows, columns]), rows: rows, columns: columns,
            bias: bias ? try tensor(name + ".bias", shape: [rows]) : nil, activation: activation, inputBlocks: inputBlocks,
            outputBlocks: outputBlocks)
    }
}

/// Tensors in memory.
struct TensorDictionary: TensorSource {
    var tensors: [String: [Double]]
    struct Missing: Error, CustomStringConvertible { let description: String }
    func tensor(_ name: String, shape: [Int]) throws -> [Double] {
        guard let values = tensors[name], values.count == shape.reduce(1, *) else {
            throw Missing(description: "tensor \(name) of shape \(shape) is missing")
        }
        return values
    }
}
