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

    /// z += bias on the value plane; y = f(z). z is [atom][plane][width], y's rows are `stride` apart.
    func apply<L: FeatureLane>(
        _ lane: L.Type, _ z: UnsafeMutablePointer<L.Scalar>, bias: UnsafePointer<L.Scalar>?, into y: UnsafeMutablePointer<L.Scalar>,
        stride: Int, width: Int, atoms: Int
    ) {
        switch self {
        case .identity: preconditionFailure("a layer without an activation has nothing to apply")
        case .silu: activate(lane, SiLU.self, z, bias, y, stride, width, atoms)
        case .shiftedSoftplus: activate(lane, ShiftedSoftplus.self, z, bias, y, stride, width, atoms)
        case .softplus: activate(lane, Softplus.self, z, bias, y, stride, width, atoms)
        case .tanh: activate(lane, HyperbolicTangent.self, z, bias, y, stride, width, atoms)
        }
    }

    /// y' *= f'(z)
    func pullBack<L: FeatureLane>(
        _ lane: L.Type, _ z: UnsafePointer<L.Scalar>, _ adjoint: UnsafeMutablePointer<L.Scalar>, stride: Int, width: Int, atoms: Int
    ) {
        switch self {
        case .identity: break
        case .silu: differentiate(lane, SiLU.self, z, adjoint, stride, width, atoms)
        case .shiftedSoftplus: differentiate(lane, ShiftedSoftplus.self, z, adjoint, stride, width, atoms)
        case .softplus: differentiate(lane, Softplus.self, z, adjoint, stride, width, atoms)
        case .tanh: differentiate(lane, HyperbolicTangent.self, z, adjoint, stride, width, atoms)
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
    _ lane: L.Type, _ function: F.Type, _ z: UnsafeMutablePointer<L.Scalar>, _ bias: UnsafePointer<L.Scalar>?,
    _ y: UnsafeMutablePointer<L.Scalar>, _ stride: Int, _ width: Int, _ atoms: Int
) {
    for i in 0..<atoms {
        let from = z + i * L.planes * width, into = y + i * L.planes * stride
        for c in Swift.stride(from: 0, to: width, by: L.Plain.laneCount) {
            if let bias { (L.Plain.load(from + c, 0) + L.Plain.load(bias + c, 0)).store(from + c, 0) }
            let x = L.load(from + c, width)
            let (f, f1, _) = F.evaluate(x.plainValue)
            x.chain(f, f1).store(into + c, stride)
        }
    }
}

private func differentiate<L: FeatureLane, F: ScalarFunction>(
    _ lane: L.Type, _ function: F.Type, _ z: UnsafePointer<L.Scalar>, _ adjoint: UnsafeMutablePointer<L.Scalar>, _ stride: Int,
    _ width: Int, _ atoms: Int
) {
    for i in 0..<atoms {
        let from = z + i * L.planes * width, row = adjoint + i * L.planes * stride
        for c in Swift.stride(from: 0, to: width, by: L.Plain.laneCount) {
            let x = L.load(from + c, width)
            let (_, f1, f2) = F.evaluate(x.plainValue)
            (L.load(row + c, stride) * x.chain(f1, f2)).store(row + c, stride)
        }
    }
}
