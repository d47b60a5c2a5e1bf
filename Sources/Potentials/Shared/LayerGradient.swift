import Domain

/// Which derivative of the parameters' gradient training adds up.
enum GradientKind {
    /// dA/dp of what the plain pass pulls back: sum y'^T x.
    case plain
    /// Its derivative along the direction of the pass on duals, sum (y'^T x)^.: with positions x - t r and seeds 1 + t a that is
    /// sum_i r_i . dF_i/dp + sum_i a_i de_i/dp, the gradient of a loss whose derivatives by forces and energies are r and a.
    case tangent
}

/// The gradient of one layer's parameters, and what it is made from: the layer's inputs x and the adjoints y' of its result before the
/// activation, values and tangents.
final class LayerGradient<S: FeatureScalar> {
    let kind: GradientKind
    /// [outputs][inputs] and [outputs], padded.
    private(set) var weights: Column<S>
    private(set) var bias: Column<S>
    private let inputs: Int
    private let outputs: Int
    private let x = Features<S>()
    private let y = Features<S>()

    init(_ layer: DenseLayer<S>, _ kind: GradientKind) {
        self.kind = kind
        (inputs, outputs) = (layer.inputs, layer.outputs)
        weights = Column(repeating: 0, count: inputs * outputs)
        bias = Column(repeating: 0, count: layer.hasBias ? outputs : 0)
    }

    func clear() {
        weights.fill(0)
        bias.fill(0)
    }

    /// Keeps the inputs that a pass gives the layer.
    func note<L: FeatureLane>(_ lane: L.Type, input: UnsafePointer<S>, stride: Int, rows: Int) where L.Scalar == S {
        copy(input, stride, rows, inputs, to: x.sized(lane, rows * inputs).active)
    }

    /// Keeps the adjoints, and adds to the gradient in the pass that is asked for.
    func note<L: FeatureLane>(_ lane: L.Type, output: UnsafePointer<S>, stride: Int, rows: Int) where L.Scalar == S {
        if L.isDual != (kind == .tangent) {
            if !L.isDual { copy(output, stride, rows, outputs, to: y.sized(lane, rows * outputs).active) }
            return
        }
        let into = weights.pointer
        let values = UnsafePointer(x.values.column.pointer)
        S.addTransposedProduct(output, stride, values, inputs, into: into, inputs, rows: outputs, columns: inputs, inner: rows)
        if L.isDual {
            S.addTransposedProduct(
                UnsafePointer(y.values.column.pointer), outputs, UnsafePointer(x.tangents.column.pointer), inputs, into: into, inputs,
                rows: outputs, columns: inputs, inner: rows)
        }
        guard !bias.isEmpty else { return }
        for r in 0..<rows { accumulate(output + r * stride, into: bias.pointer, count: outputs) }
    }

    private func copy(_ from: UnsafePointer<S>, _ stride: Int, _ rows: Int, _ width: Int, to: UnsafeMutablePointer<S>) {
        for r in 0..<rows { (to + r * width).update(from: from + r * stride, count: width) }
    }
}
