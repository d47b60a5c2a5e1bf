import Domain

/// A column that classes can keep in arrays.
final class FeatureArray<S: BitwiseCopyable & ExpressibleByIntegerLiteral> {
    var column = Column<S>()

    /// Makes the array at least `count` long, and of undefined contents; returns its memory, valid until the next call.
    @discardableResult
    func sized(_ count: Int) -> UnsafeMutablePointer<S> {
        if column.count != count { column.resize(to: count, filling: 0) }
        return column.pointer
    }

    func zeroed(_ count: Int) -> UnsafeMutablePointer<S> {
        sized(count)
        column.fill(0)
        return column.pointer
    }
}

/// One dense layer y = act(W x + b), padded with zeros to whole vectors of features.
final class DenseLayer<S: FeatureScalar> {
    /// Padded numbers of inputs and outputs.
    let inputs: Int
    let outputs: Int
    let activation: Activation
    /// [outputs][inputs]
    let weights: Column<S>
    let hasBias: Bool
    /// [outputs]; empty without a bias.
    let bias: Column<S>
    /// What training adds up; nil where the layer is only evaluated.
    var gradient: LayerGradient<S>?
    /// Where unpadded rows and columns lie.
    private let places: (rows: [Int], columns: [Int])

    /// - Parameters:
    ///   - weights: [rows][columns], row-major.
    ///   - inputBlocks, outputBlocks: how many equal pieces inputs and outputs consist of, each padded for itself.
    init(
        weights: [Double], rows: Int, columns: Int, bias: [Double]?, activation: Activation, inputBlocks: Int = 1,
        outputBlocks: Int = 1
    ) {
        let inputBlock = columns / inputBlocks, outputBlock = rows / outputBlocks
        inputs = inputBlocks * paddedFeatures(inputBlock)
        outputs = outputBlocks * paddedFeatures(outputBlock)
        self.activation = activation
        func place(_ k: Int, _ block: Int) -> Int { k / block * paddedFeatures(block) + k % block }
        places = ((0..<rows).map { place($0, outputBlock) }, (0..<columns).map { place($0, inputBlock) })
        self.weights = Column<S>(repeating: 0, count: outputs * inputs)
        hasBias = bias != nil
        self.bias = Column<S>(repeating: 0, count: hasBias ? outputs : 0)
        set(weights: weights, bias: bias)
    }

    /// Unpadded shape of the weights.
    var shape: [Int] { [places.rows.count, places.columns.count] }

    /// - Parameters:
    ///   - weights: [rows][columns], row-major, unpadded. - bias: [rows]; nil for a layer without.
    func set(weights: [Double], bias: [Double]?) {
        let w = self.weights.pointer, b = self.bias.pointer
        for (r, row) in places.rows.enumerated() {
            for (c, column) in places.columns.enumerated() { w[row * inputs + column] = S(weights[r * places.columns.count + c]) }
            if let bias { b[row] = S(bias[r]) }
        }
    }

    /// What training has added up: weights' [rows][columns], then where there is a bias its [rows].
    func unpaddedGradient() -> [[Double]] {
        guard let gradient else { return [] }
        let w = gradient.weights.pointer, b = gradient.bias.pointer
        let weights = places.rows.flatMap { row in places.columns.map { Double(w[row * inputs + $0]) } }
        return hasBias ? [weights, places.rows.map { Double(b[$0]) }] : [weights]
    }

    /// Y = X W^T for `rows` rows; no bias, no activation.
    func product(_ x: UnsafePointer<S>, stride: Int, into y: UnsafeMutablePointer<S>, stride out: Int, rows: Int) {
        S.multiply(
            x, stride, weights.pointer, inputs, transposed: true, into: y, out, rows: rows, columns: outputs, inner: inputs, adding: false)
    }

    /// X' (+)= Y' W: adjoints of outputs to adjoints of inputs.
    func adjointProduct(
        _ y: UnsafePointer<S>, stride: Int, into x: UnsafeMutablePointer<S>, stride out: Int, rows: Int, adding: Bool
    ) {
        S.multiply(
            y, stride, weights.pointer, inputs, transposed: false, into: x, out, rows: rows, columns: inputs, inner: outputs,
            adding: adding)
    }
}

/// Features are stored in multiples of 16, one cache line of Float or two of Double.
@inline(__always) func paddedFeatures(_ n: Int) -> Int { (n + 15) / 16 * 16 }

/// What passes leave for later ones: the arguments of every layer's activation, the adjoints of its result, and room for results.
final class DenseTape<S: FeatureScalar> {
    let arguments: [Features<S>]
    let adjoints: [FeatureArray<S>]
    let scratch = [FeatureArray<S>(), FeatureArray<S>()]

    init(layers: Int) {
        arguments = (0..<layers).map { _ in Features<S>() }
        adjoints = (0..<layers).map { _ in FeatureArray<S>() }
    }

    /// All memory of the plain pass.
    var all: [FeatureArray<S>] { arguments.map(\.values) + adjoints + scratch }
}

/// Dense layers applied to rows of features, one row an atom. In the pass on duals rows are tangents (see `FeatureLane`).
final class DenseNetwork<S: FeatureScalar> {
    let layers: [DenseLayer<S>]
    var inputs: Int { layers.first!.inputs }
    var outputs: Int { layers.last!.outputs }

    init(_ layers: [DenseLayer<S>]) { self.layers = layers }

    convenience init(_ layers: DenseLayer<S>...) { self.init(layers) }

    func makeTape() -> DenseTape<S> { DenseTape(layers: layers.count) }

    /// y = network(x) for `rows` rows; `stride` and `out` are the distances between rows.
    func forward<L: FeatureLane>(
        _ lane: L.Type, _ x: UnsafePointer<S>, stride: Int, into y: UnsafeMutablePointer<S>, stride out: Int, rows: Int,
        tape: DenseTape<S>
    ) where L.Scalar == S {
        var x = x, stride = stride
        for (k, layer) in layers.enumerated() {
            let isLast = k == layers.count - 1
            layer.gradient?.note(lane, input: x, stride: stride, rows: rows)
            let result = isLast ? y : tape.scratch[k % 2].sized(rows * layer.outputs)
            let resultStride = isLast ? out : layer.outputs
            if layer.activation == .identity {
                layer.product(x, stride: stride, into: result, stride: resultStride, rows: rows)
                if !L.isDual, let bias = layer.biasPointer { addBias(bias, layer.outputs, result, resultStride, rows) }
            } else {
                let z = tape.arguments[k].sized(lane, rows * layer.outputs)
                layer.product(x, stride: stride, into: z.active, stride: layer.outputs, rows: rows)
                if !L.isDual, let bias = layer.biasPointer { addBias(bias, layer.outputs, z.active, layer.outputs, rows) }
                layer.activation.apply(lane, z, into: result, stride: resultStride, width: layer.outputs, rows: rows)
            }
            (x, stride) = (UnsafePointer(result), resultStride)
        }
    }

    /// x' (+)= adjoint of the inputs, from the adjoint y' of the outputs, which is overwritten.
    /// - Parameter keeps: keep what a pass on duals needs; that pass itself finds it kept.
    func backward<L: FeatureLane>(
        _ lane: L.Type, _ y: UnsafeMutablePointer<S>, stride: Int, into x: UnsafeMutablePointer<S>, stride out: Int, rows: Int,
        tape: DenseTape<S>, adding: Bool, keeps: Bool
    ) where L.Scalar == S {
        var y = y, stride = stride
        for (k, layer) in layers.enumerated().reversed() {
            if layer.activation != .identity {
                let n = layer.outputs
                if keeps, !L.isDual {
                    let kept = tape.adjoints[k].sized(rows * n)
                    for r in 0..<rows { (kept + r * n).update(from: y + r * stride, count: n) }
                }
                layer.activation.pullBack(
                    lane, tape.arguments[k].rows(lane), y, saved: L.isDual ? tape.adjoints[k].column.pointer : y,
                    stride: stride, savedStride: L.isDual ? n : stride, width: n, rows: rows)
            }
            layer.gradient?.note(lane, output: y, stride: stride, rows: rows)
            let result = k == 0 ? x : tape.scratch[k % 2].sized(rows * layer.inputs)
            let resultStride = k == 0 ? out : layer.inputs
            layer.adjointProduct(y, stride: stride, into: result, stride: resultStride, rows: rows, adding: k == 0 && adding)
            (y, stride) = (result, resultStride)
        }
    }
}

extension DenseLayer {
    var biasPointer: UnsafePointer<S>? { hasBias ? UnsafePointer(bias.pointer) : nil }
}

private func addBias<S: FeatureScalar>(
    _ bias: UnsafePointer<S>, _ width: Int, _ y: UnsafeMutablePointer<S>, _ stride: Int, _ rows: Int
) {
    for r in 0..<rows { accumulate(bias, into: y + r * stride, count: width) }
}
