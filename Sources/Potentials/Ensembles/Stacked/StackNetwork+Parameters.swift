import Domain
import Foundation

/// Some tensors of parameters: how training changes them and asks for their gradient.
struct ParameterGroup {
    let tensors: [(name: String, shape: [Int])]
    /// Row-major numbers of each tensor.
    let set: ([[Double]]) -> Void
    let gradient: () -> [[Double]]
    let clear: () -> Void
}

extension StackNetwork {
    /// Every dense layer under its name in the file.
    var layers: [(name: String, layer: DenseLayer<S>)] {
        var result: [(String, DenseLayer<S>)] = []
        if let scalarInput, let vectorInput { result = [("input.scalars", scalarInput), ("input.vectors", vectorInput)] }
        for t in trunk.context.indices {
            for k in 0..<2 { result.append(("interactions.\(t).interatomic_context_net.\(k)", trunk.context[t].layers[k])) }
            result.append(("mixing.\(t).mu_channel_mix", trunk.channelMix[t]))
            for k in 0..<2 { result.append(("mixing.\(t).intraatomic_context_net.\(k)", trunk.mixingContext[t].layers[k])) }
        }
        for k in 0..<2 { result.append(("readout.\(k)", readout.layers[k])) }
        return result
    }

    /// All parameters of a network that learns, in a fixed order.
    var parameters: [ParameterGroup] {
        guard let filters = trainableFilters, let filterGradient = trunk.filterGradient else { return [] }
        let outputs = configuration.interactions * 3 * configuration.width
        var groups = [
            ParameterGroup(
                tensors: [("embedding.weight", [configuration.elements.count, configuration.width])],
                set: { [embedding] values in
                    for (k, value) in values[0].enumerated() { embedding.column.pointer[k] = S(value) }
                },
                gradient: { [embeddingGradient] in [embeddingGradient.column.array().map(Double.init)] },
                clear: { [embedding, embeddingGradient] in _ = embeddingGradient.zeroed(embedding.column.count) }),
            ParameterGroup(
                tensors: [("filter_net.weight", [outputs, configuration.radial]), ("filter_net.bias", [outputs])],
                set: { filters.set(weights: $0[0], bias: $0[1]) },
                gradient: {
                    let (weights, bias) = filters.gradient(filterGradient)
                    return [weights, bias]
                },
                clear: { filterGradient.clear() }),
        ]
        for (name, layer) in layers {
            let weights = (name + ".weight", layer.shape)
            groups.append(
                ParameterGroup(
                    tensors: layer.hasBias ? [weights, (name + ".bias", [layer.shape[0]])] : [weights],
                    set: { layer.set(weights: $0[0], bias: layer.hasBias ? $0[1] : nil) }, gradient: { layer.unpaddedGradient() },
                    clear: { layer.gradient?.clear() }))
        }
        return groups
    }
}

/// First guesses: weights uniform in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio, AISTATS 2010), biases 0, embeddings normal. The
/// last layer of the readout starts at zero, so that a stacked ensemble starts as the weighted mean of its members.
struct RandomTensors: TensorSource {
    let seed: UInt64

    func tensor(_ name: String, shape: [Int]) throws -> [Double] {
        let count = shape.reduce(1, *)
        if name.hasSuffix(".bias") || name.hasPrefix("readout.1") { return Array(repeating: 0, count: count) }
        var state = name.utf8.reduce(seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        func uniform() -> Double {
            // splitmix64 (Steele, Lea, Flood 2014)
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return (Double((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53
        }
        if name.hasPrefix("embedding") {
            return (0..<count).map { _ in (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform()) }
        }
        let bound = (6 / Double(shape[0] / blocks(name) + shape[1])).squareRoot()
        return (0..<count).map { _ in (2 * uniform() - 1) * bound }
    }

    /// Layers whose outputs are several independent blocks are as wide as one of them.
    private func blocks(_ name: String) -> Int {
        if name.hasPrefix("filter_net") { return 1 }
        if name.contains("context_net.1") { return 3 }
        return name.contains("mu_channel_mix") ? 2 : 1
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

/// A file's tensors, and zeros for the members' features where it has none.
struct WarmStart: TensorSource {
    let file: Safetensors
    func tensor(_ name: String, shape: [Int]) throws -> [Double] {
        if name.hasPrefix("input."), !file.contains(name) { return Array(repeating: 0, count: shape.reduce(1, *)) }
        return try file.tensor(name, shape: shape)
    }
}
