import COpenBLAS
import Domain

/// The precision of a network's arithmetic: Double or Float.
protocol FeatureScalar: Codable, Hashable, LaneScalar, BinaryFloatingPoint, Summable {
    /// C[m, n] = A[m, k] op(B) (+ C when adding), row-major, B [n, k] when transposed, else [k, n].
    static func multiply(
        _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, transposed: Bool,
        into c: UnsafeMutablePointer<Self>, _ ldc: Int, rows m: Int, columns n: Int, inner k: Int, adding: Bool)

    /// C[m, n] += A^T B with A [k, m] and B [k, n], row-major.
    static func addTransposedProduct(
        _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, into c: UnsafeMutablePointer<Self>, _ ldc: Int,
        rows m: Int, columns n: Int, inner k: Int)
}

/// What a feature kernel computes with: eight neighbouring features, or these with their tangents.
///
/// The pass on dual numbers follows a plain pass at the same positions and reuses its values: values and tangents lie in arrays of
/// their own, `plane` elements apart, both are read, and only tangents are written. So a dense layer on duals is the same matrix
/// product on the tangents, and a halo message carries tangents alone. In the plain pass `plane` is 0. See `Features`.
protocol FeatureLane: Lane where Scalar: FeatureScalar, Plain: FeatureVector {
    static var isDual: Bool { get }
    /// Reads values at `p` and tangents `plane` elements further. Rows are aligned to whole lanes.
    static func load(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self
    /// Reads what the pass computes at `p`, and for a dual the values that go with these tangents at `saved`.
    static func load(_ p: UnsafePointer<Scalar>, saved: UnsafePointer<Scalar>) -> Self
    /// Writes what the pass computes: values at `p`, or tangents `plane` elements further.
    func store(_ p: UnsafeMutablePointer<Scalar>, _ plane: Int)
    /// One number (with its tangent `plane` elements further) in all lanes.
    static func broadcast(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self
    /// The sum over lanes of what the pass computes: values, or tangents.
    var total: Double { get }
    /// What the pass computes: values, or tangents.
    var active: Plain { get }
    /// g(x) of a function given with its derivative at x's values: (g, g' dx).
    func chain(_ value: Plain, _ derivative: Plain) -> Self
    var plainValue: Plain { get }
}

extension FeatureLane {
    /// self - a b
    @inline(__always) func subtractingProduct(_ a: Self, _ b: Self) -> Self { addingProduct(-a, b) }
}

/// Eight features without tangents.
protocol FeatureVector: FeatureLane, PlainLane where Plain == Self {}

extension SIMD8: FeatureLane, FeatureVector where Scalar: FeatureScalar {
    @inline(__always) static var isDual: Bool { false }
    @inline(__always) static func load(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self {
        UnsafeRawPointer(p).load(as: Self.self)
    }
    @inline(__always) static func load(_ p: UnsafePointer<Scalar>, saved: UnsafePointer<Scalar>) -> Self { load(p, 0) }
    @inline(__always) func store(_ p: UnsafeMutablePointer<Scalar>, _ plane: Int) {
        UnsafeMutableRawPointer(p).storeBytes(of: self, as: Self.self)
    }
    @inline(__always) static func broadcast(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self { Self(broadcast: p.pointee) }
    @inline(__always) var total: Double { Double(sum()) }
    @inline(__always) var active: Self { self }
    @inline(__always) func chain(_ value: Self, _ derivative: Self) -> Self { value }
    @inline(__always) var plainValue: Self { self }
}

extension Dual: FeatureLane where Value: FeatureVector {
    @inline(__always) static var isDual: Bool { true }
    @inline(__always) static func load(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self {
        Self(Value.load(p, 0), tangent: Value.load(p + plane, 0))
    }
    @inline(__always) static func load(_ p: UnsafePointer<Scalar>, saved: UnsafePointer<Scalar>) -> Self {
        Self(Value.load(saved, 0), tangent: Value.load(p, 0))
    }
    @inline(__always) func store(_ p: UnsafeMutablePointer<Scalar>, _ plane: Int) { tangent.store(p + plane, 0) }
    @inline(__always) static func broadcast(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self {
        Self(Value.broadcast(p, 0), tangent: Value.broadcast(p + plane, 0))
    }
    @inline(__always) var total: Double { tangent.total }
    @inline(__always) var active: Value { tangent }
    @inline(__always) func chain(_ value: Value, _ derivative: Value) -> Self { Self(value, tangent: derivative * tangent) }
    @inline(__always) var plainValue: Value { value }
}

extension Double: FeatureScalar {
    @inline(__always) static func multiply(
        _ a: UnsafePointer<Double>, _ lda: Int, _ b: UnsafePointer<Double>, _ ldb: Int, transposed: Bool,
        into c: UnsafeMutablePointer<Double>, _ ldc: Int, rows m: Int, columns n: Int, inner k: Int, adding: Bool
    ) {
        guard m > 0 else { return }
        cblas_dgemm(
            CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a,
            blasint(lda), b, blasint(ldb), adding ? 1 : 0, c, blasint(ldc))
    }

    @inline(__always) static func addTransposedProduct(
        _ a: UnsafePointer<Double>, _ lda: Int, _ b: UnsafePointer<Double>, _ ldb: Int, into c: UnsafeMutablePointer<Double>, _ ldc: Int,
        rows m: Int, columns n: Int, inner k: Int
    ) {
        guard k > 0 else { return }
        cblas_dgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(lda), b, blasint(ldb), 1, c,
            blasint(ldc))
    }
}

extension Float: FeatureScalar {
    @inline(__always) static func multiply(
        _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, transposed: Bool,
        into c: UnsafeMutablePointer<Float>, _ ldc: Int, rows m: Int, columns n: Int, inner k: Int, adding: Bool
    ) {
        guard m > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a,
            blasint(lda), b, blasint(ldb), adding ? 1 : 0, c, blasint(ldc))
    }

    @inline(__always) static func addTransposedProduct(
        _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, into c: UnsafeMutablePointer<Float>, _ ldc: Int,
        rows m: Int, columns n: Int, inner k: Int
    ) {
        guard k > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a, blasint(lda), b, blasint(ldb), 1, c,
            blasint(ldc))
    }
}
