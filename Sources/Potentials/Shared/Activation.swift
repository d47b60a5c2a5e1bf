import Domain

/// A function of one variable with two derivatives, for vectors of features.
protocol ScalarFunction {
    /// (f, f', f''); what the caller does not use is not computed.
    static func evaluate<V: FeatureVector>(_ x: V) -> (V, V, V)
}

/// x / (1 + exp(-x)), also called swish.
enum SiLU: ScalarFunction {
    @inline(__always) static func evaluate<V: FeatureVector>(_ x: V) -> (V, V, V) {
        let one = V(1), s = sigmoid(x), t = one - s
        let f1 = s * one.addingProduct(x, t)
        return (x * s, f1, s * t * V(2).addingProduct(x, t - s))
    }
}

/// ln(1 + exp(x)) - ln 2, the activation of SchNet (Schuett et al., J. Chem. Phys. 148, 241722 (2018)).
enum ShiftedSoftplus: ScalarFunction {
    @inline(__always) static func evaluate<V: FeatureVector>(_ x: V) -> (V, V, V) {
        let (f, f1, f2) = Softplus.evaluate(x)
        return (f - V(0.693147180559945309), f1, f2)
    }
}

/// ln(1 + exp(x))
enum Softplus: ScalarFunction {
    @inline(__always) static func evaluate<V: FeatureVector>(_ x: V) -> (V, V, V) {
        // One exponential, of a negative number, serves both: with e = exp(-|x|), sigmoid(|x|) = 1 / (1 + e).
        let one = V(1), e = (-x.absolute()).exponential()
        let sum = one + e, large = sum.reciprocal(), small = e * large
        let s = V.select(x.less(than: V(0)), small, large)
        return (V.maximum(x, V(0)) + sum.logarithm(), s, small * large)
    }
}

enum HyperbolicTangent: ScalarFunction {
    @inline(__always) static func evaluate<V: FeatureVector>(_ x: V) -> (V, V, V) {
        let one = V(1), two = V(2)
        let t = two * sigmoid(two * x) - one
        let f1 = one - t * t
        return (t, f1, -two * t * f1)
    }
}

@inline(__always) func sigmoid<V: FeatureVector>(_ x: V) -> V {
    (V(1) + (-x).exponential()).reciprocal()
}

/// The activations that models name.
enum Activation: String, CaseIterable {
    case identity
    case silu
    case shiftedSoftplus = "shifted_softplus"
    case softplus
    case tanh

    /// y = f(z), and in the pass on duals its tangent f'(z) dz. Rows of z are `width` long, y's `stride` apart.
    func apply<L: FeatureLane>(
        _ lane: L.Type, _ z: FeatureRows<L.Scalar>, into y: UnsafeMutablePointer<L.Scalar>, stride: Int, width: Int, rows: Int
    ) {
        switch self {
        case .identity: preconditionFailure("a layer without an activation has nothing to apply")
        case .silu: activate(lane, SiLU.self, z, y, stride, width, rows)
        case .shiftedSoftplus: activate(lane, ShiftedSoftplus.self, z, y, stride, width, rows)
        case .softplus: activate(lane, Softplus.self, z, y, stride, width, rows)
        case .tanh: activate(lane, HyperbolicTangent.self, z, y, stride, width, rows)
        }
    }

    /// y' *= f'(z); in the pass on duals y' holds tangents, and `saved` the adjoints that the plain pass had here.
    func pullBack<L: FeatureLane>(
        _ lane: L.Type, _ z: FeatureRows<L.Scalar>, _ y: UnsafeMutablePointer<L.Scalar>, saved: UnsafePointer<L.Scalar>, stride: Int,
        savedStride: Int, width: Int, rows: Int
    ) {
        switch self {
        case .identity: break
        case .silu: differentiate(lane, SiLU.self, z, y, saved, stride, savedStride, width, rows)
        case .shiftedSoftplus: differentiate(lane, ShiftedSoftplus.self, z, y, saved, stride, savedStride, width, rows)
        case .softplus: differentiate(lane, Softplus.self, z, y, saved, stride, savedStride, width, rows)
        case .tanh: differentiate(lane, HyperbolicTangent.self, z, y, saved, stride, savedStride, width, rows)
        }
    }

    /// f, f', f'' at one point.
    func jet(_ x: Double) -> Jet {
        func first<F: ScalarFunction>(_: F.Type) -> Jet {
            let (f, f1, f2) = F.evaluate(SIMD8<Double>(repeating: x))
            return Jet(f[0], f1[0], f2[0])
        }
        switch self {
        case .identity: return Jet(x, 1, 0)
        case .silu: return first(SiLU.self)
        case .shiftedSoftplus: return first(ShiftedSoftplus.self)
        case .softplus: return first(Softplus.self)
        case .tanh: return first(HyperbolicTangent.self)
        }
    }
}

private func activate<L: FeatureLane, F: ScalarFunction>(
    _ lane: L.Type, _ function: F.Type, _ z: FeatureRows<L.Scalar>, _ y: UnsafeMutablePointer<L.Scalar>, _ stride: Int, _ width: Int,
    _ rows: Int
) {
    for r in 0..<rows {
        let from = z.values + r * width, into = y + r * stride
        for c in Swift.stride(from: 0, to: width, by: L.laneCount) {
            let x = L.load(from + c, z.plane)
            let (f, f1, _) = F.evaluate(x.plainValue)
            x.chain(f, f1).store(into + c, 0)
        }
    }
}

private func differentiate<L: FeatureLane, F: ScalarFunction>(
    _ lane: L.Type, _ function: F.Type, _ z: FeatureRows<L.Scalar>, _ y: UnsafeMutablePointer<L.Scalar>, _ saved: UnsafePointer<L.Scalar>,
    _ stride: Int, _ savedStride: Int, _ width: Int, _ rows: Int
) {
    for r in 0..<rows {
        let from = z.values + r * width, row = y + r * stride, kept = saved + r * savedStride
        for c in Swift.stride(from: 0, to: width, by: L.laneCount) {
            let x = L.load(from + c, z.plane)
            let (_, f1, f2) = F.evaluate(x.plainValue)
            (L.load(row + c, saved: kept + c) * x.chain(f1, f2)).store(row + c, 0)
        }
    }
}
