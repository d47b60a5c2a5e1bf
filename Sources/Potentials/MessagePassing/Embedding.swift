import Domain

/// x_i = row of atom i's species: what an atom's features start from.
final class Embedding<S: FeatureScalar> {
    /// [species][F padded]
    let rows: Column<S>
    let features: Int
    private let gradient = FeatureArray<S>()
    /// Row of the tensor for each species, and the tensor's shape.
    private let places: [Int]
    private let shape: [Int]

    /// - Parameters:
    ///   - name: the tensor is `name`.weight of shape [rows, features].
    ///   - species: which of its rows are in use. Others are no species' and never change.
    init(_ source: some TensorSource, _ name: String, rows: Int, features: Int, species: [Int]) throws {
        (places, shape) = (species, [rows, features])
        self.features = paddedFeatures(features)
        self.rows = Column(repeating: 0, count: species.count * self.features)
        set(try source.tensor(name + ".weight", shape: shape))
    }

    private func forEachNumber(_ body: (_ row: Int, _ tensor: Int) -> Void) {
        for (k, place) in places.enumerated() {
            for c in 0..<shape[1] { body(k * features + c, place * shape[1] + c) }
        }
    }

    private func set(_ tensor: [Double]) { forEachNumber { rows.pointer[$0] = S(tensor[$1]) } }

    /// x_i += row of its species, for owned atoms; x lies [atom][F].
    func add(species: borrowing Column<Int32>, owned: Int, to x: UnsafeMutablePointer<S>) {
        for i in 0..<owned where species[i] >= 0 {
            accumulate(rows.pointer + Int(species[i]) * features, into: x + i * features, count: features)
        }
    }

    /// Adds adjoints of x to the gradient.
    func learn(_ x: UnsafePointer<S>, species: borrowing Column<Int32>, owned: Int) {
        let into = gradient.sized(rows.count)
        for i in 0..<owned where species[i] >= 0 { accumulate(x + i * features, into: into + Int(species[i]) * features, count: features) }
    }

    func parameters(_ name: String) -> ParameterGroup {
        ParameterGroup(
            tensors: [(name + ".weight", shape)], set: { self.set($0[0]) },
            gradient: {
                var tensor = [Double](repeating: 0, count: self.shape[0] * self.shape[1])
                let from = self.gradient.sized(self.rows.count)
                self.forEachNumber { tensor[$1] = Double(from[$0]) }
                return [tensor]
            },
            clear: { _ = self.gradient.zeroed(self.rows.count) })
    }
}
