import Domain

/// Some tensors of parameters: how training changes them and asks for their gradient.
struct ParameterGroup {
    let tensors: [(name: String, shape: [Int])]
    /// Row-major numbers of each tensor.
    let set: ([[Double]]) -> Void
    let gradient: () -> [[Double]]
    let clear: () -> Void
}

extension ParameterGroup {
    /// A dense layer that learns: `name`.weight, and where it has one `name`.bias.
    init<S: FeatureScalar>(_ name: String, _ layer: DenseLayer<S>) {
        let weights = (name + ".weight", layer.shape)
        tensors = layer.hasBias ? [weights, (name + ".bias", [layer.shape[0]])] : [weights]
        set = { layer.set(weights: $0[0], bias: layer.hasBias ? $0[1] : nil) }
        gradient = { layer.unpaddedGradient() }
        clear = { layer.gradient?.clear() }
    }
}

/// All parameters of a network as one flat vector, tensor after tensor.
struct ParameterVector {
    private let groups: [ParameterGroup]
    /// Name, shape and place in the vector of each tensor.
    let tensors: [(name: String, shape: [Int], range: Range<Int>)]
    private(set) var values: [Double] = []

    /// With the numbers of `source`. - Throws: what `source` throws for a tensor that it does not have.
    init(_ groups: [ParameterGroup], _ source: some TensorSource) throws {
        self.groups = groups
        var tensors: [(String, [Int], Range<Int>)] = [], values: [Double] = []
        for tensor in groups.flatMap(\.tensors) {
            let numbers = try source.tensor(tensor.name, shape: tensor.shape)
            tensors.append((tensor.name, tensor.shape, values.count..<values.count + numbers.count))
            values += numbers
        }
        self.tensors = tensors
        set(values)
    }

    /// Gives the network these numbers and clears its gradient.
    mutating func set(_ values: [Double]) {
        precondition(values.count == tensors.last?.range.upperBound ?? 0)
        self.values = values
        var at = 0
        for group in groups {
            group.set(
                group.tensors.map { tensor in
                    let count = tensor.shape.reduce(1, *)
                    defer { at += count }
                    return Array(values[at..<at + count])
                })
            group.clear()
        }
    }

    /// What the network has added up since the last `set`.
    func gradient() -> [Double] { groups.flatMap { $0.gradient().flatMap { $0 } } }

    var named: [(name: String, shape: [Int], values: [Double])] { tensors.map { ($0.name, $0.shape, Array(values[$0.range])) } }
}
