extension StackNetwork {
    /// Every dense layer under its name in the file.
    var layers: [(name: String, layer: DenseLayer<S>)] {
        var result: [(String, DenseLayer<S>)] = []
        if let scalarInput, let vectorInput { result = [("input.scalars", scalarInput), ("input.vectors", vectorInput)] }
        return result + trunk.layers(root: "") + readout.layers.enumerated().map { ("readout.\($0)", $1) }
    }

    /// All parameters of a network that learns, in a fixed order.
    var parameters: [ParameterGroup] {
        guard let filters = trainableFilters, let filterGradient = trunk.filterGradient else { return [] }
        return [embedding.parameters("embedding"), filters.parameters("filter_net", filterGradient)] + layers.map(ParameterGroup.init)
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
