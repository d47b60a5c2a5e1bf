import Foundation

/// First guesses: weights uniform in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio, AISTATS 2010), biases 0, embeddings normal. The
/// last layer starts at zero, so that a stacked ensemble starts as the weighted mean of its members and a potential as its offsets.
struct RandomTensors: TensorSource {
    let seed: UInt64
    /// Name of the last layer.
    let last: String

    func tensor(_ name: String, shape: [Int]) throws -> [Double] {
        let count = shape.reduce(1, *)
        if name.hasSuffix(".bias") || name.hasPrefix(last) { return Array(repeating: 0, count: count) }
        var state = name.utf8.reduce(seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        func uniform() -> Double {
            // splitmix64 (Steele, Lea, Flood 2014)
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return (Double((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53
        }
        if name.contains("embedding") {
            return (0..<count).map { _ in (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform()) }
        }
        let bound = (6 / Double(shape[0] / blocks(name) + shape[1])).squareRoot()
        return (0..<count).map { _ in (2 * uniform() - 1) * bound }
    }

    /// Layers whose outputs are several independent blocks are as wide as one of them.
    private func blocks(_ name: String) -> Int {
        if name.contains("context_net.1") { return 3 }
        return name.contains("mu_channel_mix") ? 2 : 1
    }
}
