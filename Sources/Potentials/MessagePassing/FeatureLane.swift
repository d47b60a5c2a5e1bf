import COpenBLAS
import Domain
import Foundation

/// The precision of a network's arithmetic: Double or Float.
protocol FeatureScalar: BinaryFloatingPoint, SIMDScalar, Summable, Codable {
    /// One cache line of features.
    associatedtype Lanes: FeatureVector where Lanes.Scalar == Self
    /// C[m, n] = alpha A[m, k] op(B) + beta C, row-major, B [n, k] when transposed, else [k, n].
    static func multiply(
        _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, transposed: Bool,
        into c: UnsafeMutablePointer<Self>, _ ldc: Int, rows m: Int, columns n: Int, inner k: Int, adding: Bool)
}

/// What a feature kernel computes with: a vector of neighbouring features, or such a vector with its tangent.
///
/// Feature rows are stored as [atom][plane][feature], plane 0 holding values and plane 1, where there is one, tangents: so a dense
/// layer on dual numbers is the same matrix product on twice the rows, and one halo message carries both.
protocol FeatureLane {
    associatedtype Scalar: FeatureScalar
    associatedtype Plain: FeatureVector where Plain.Scalar == Scalar, Plain.Plain == Plain
    static var planes: Int { get }
    static var zero: Self { get }
    /// Reads values at `p` and tangents `plane` elements further.
    static func load(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self
    func store(_ p: UnsafeMutablePointer<Scalar>, _ plane: Int)
    /// One number (with its tangent `plane` elements further) in all lanes.
    static func broadcast(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    /// self + a b
    func addingProduct(_ a: Self, _ b: Self) -> Self
    /// self - a b
    func subtractingProduct(_ a: Self, _ b: Self) -> Self
    /// self b and self + a b for numbers without a tangent
    func scaled(by b: Plain) -> Self
    func addingProduct(_ a: Self, plain b: Plain) -> Self
    func adding(constant: Double) -> Self
    func squareRoot() -> Self
    func reciprocal() -> Self
    /// Sums over lanes of value and tangent.
    var sums: SIMD2<Double> { get }
    /// g(x) of a function given with its derivative at x's values: (g, g' dx).
    func chain(_ value: Plain, _ derivative: Plain) -> Self
    var value: Plain { get }
}

/// A vector of features without a tangent.
protocol FeatureVector: FeatureLane where Plain == Self {
    init(_ constant: Double)
    static var laneCount: Int { get }
    func exponential() -> Self
    func logarithm() -> Self
    static func minimum(_ a: Self, _ b: Self) -> Self
    static func maximum(_ a: Self, _ b: Self) -> Self
}

extension FeatureVector {
    @inline(__always) static var planes: Int { 1 }
    @inline(__always) func scaled(by b: Self) -> Self { self * b }
    @inline(__always) func adding(constant: Double) -> Self { self + Self(constant) }
    @inline(__always) func addingProduct(_ a: Self, plain b: Self) -> Self { addingProduct(a, b) }
    @inline(__always) func chain(_ value: Self, _ derivative: Self) -> Self { value }
    @inline(__always) var value: Self { self }
}

extension SIMD8: FeatureLane, FeatureVector where Scalar == Double {
    typealias Plain = SIMD8<Double>
    @inline(__always) init(_ constant: Double) { self.init(repeating: constant) }
    @inline(__always) static var laneCount: Int { 8 }
    @inline(__always) static func load(_ p: UnsafePointer<Double>, _ plane: Int) -> Self {
        UnsafeRawPointer(p).load(as: Self.self)
    }
    @inline(__always) func store(_ p: UnsafeMutablePointer<Double>, _ plane: Int) {
        UnsafeMutableRawPointer(p).storeBytes(of: self, as: Self.self)
    }
    @inline(__always) static func broadcast(_ p: UnsafePointer<Double>, _ plane: Int) -> Self { Self(repeating: p.pointee) }
    @inline(__always) func subtractingProduct(_ a: Self, _ b: Self) -> Self { addingProduct(-a, b) }
    @inline(__always) func reciprocal() -> Self { Self(repeating: 1) / self }
    @inline(__always) var sums: SIMD2<Double> { SIMD2(sum(), 0) }
    @inline(__always) func exponential() -> Self {
        var y = self
        for k in 0..<8 { y[k] = Foundation.exp(self[k]) }
        return y
    }
    @inline(__always) func logarithm() -> Self {
        var y = self
        for k in 0..<8 { y[k] = Foundation.log(self[k]) }
        return y
    }
    @inline(__always) static func maximum(_ a: Self, _ b: Self) -> Self { pointwiseMax(a, b) }
    @inline(__always) static func minimum(_ a: Self, _ b: Self) -> Self { pointwiseMin(a, b) }
}

extension SIMD16: FeatureLane, FeatureVector where Scalar == Float {
    typealias Plain = SIMD16<Float>
    @inline(__always) init(_ constant: Double) { self.init(repeating: Float(constant)) }
    @inline(__always) static var laneCount: Int { 16 }
    @inline(__always) static func load(_ p: UnsafePointer<Float>, _ plane: Int) -> Self {
        UnsafeRawPointer(p).load(as: Self.self)
    }
    @inline(__always) func store(_ p: UnsafeMutablePointer<Float>, _ plane: Int) {
        UnsafeMutableRawPointer(p).storeBytes(of: self, as: Self.self)
    }
    @inline(__always) static func broadcast(_ p: UnsafePointer<Float>, _ plane: Int) -> Self { Self(repeating: p.pointee) }
    @inline(__always) func subtractingProduct(_ a: Self, _ b: Self) -> Self { addingProduct(-a, b) }
    @inline(__always) func reciprocal() -> Self { Self(repeating: 1) / self }
    @inline(__always) var sums: SIMD2<Double> { SIMD2(Double(sum()), 0) }
    @inline(__always) func exponential() -> Self {
        var y = self
        for k in 0..<16 { y[k] = Foundation.exp(self[k]) }
        return y
    }
    @inline(__always) func logarithm() -> Self {
        var y = self
        for k in 0..<16 { y[k] = Foundation.log(self[k]) }
        return y
    }
    @inline(__always) static func maximum(_ a: Self, _ b: Self) -> Self { pointwiseMax(a, b) }
    @inline(__always) static func minimum(_ a: Self, _ b: Self) -> Self { pointwiseMin(a, b) }
}

/// A vector of features and its tangent: a + t b with t^2 = 0.
struct FeatureDual<V: FeatureVector>: FeatureLane {
    typealias Scalar = V.Scalar
    typealias Plain = V
    var value: V
    var tangent: V

    @inline(__always) init(_ value: V, _ tangent: V) { (self.value, self.tangent) = (value, tangent) }
    @inline(__always) static var planes: Int { 2 }
    @inline(__always) static var zero: Self { Self(.zero, .zero) }
    @inline(__always) static func load(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self {
        Self(V.load(p, 0), V.load(p + plane, 0))
    }
    @inline(__always) func store(_ p: UnsafeMutablePointer<Scalar>, _ plane: Int) {
        value.store(p, 0)
        tangent.store(p + plane, 0)
    }
    @inline(__always) static func broadcast(_ p: UnsafePointer<Scalar>, _ plane: Int) -> Self {
        Self(V.broadcast(p, 0), V.broadcast(p + plane, 0))
    }
    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(a.value + b.value, a.tangent + b.tangent) }
    @inline(__always) static func - (a: Self, b: Self) -> Self { Self(a.value - b.value, a.tangent - b.tangent) }
    @inline(__always) static func * (a: Self, b: Self) -> Self {
        Self(a.value * b.value, (a.value * b.tangent).addingProduct(a.tangent, b.value))
    }
    @inline(__always) func scaled(by b: V) -> Self { Self(value * b, tangent * b) }
    @inline(__always) func addingProduct(_ a: Self, _ b: Self) -> Self {
        Self(value.addingProduct(a.value, b.value), tangent.addingProduct(a.value, b.tangent).addingProduct(a.tangent, b.value))
    }
    @inline(__always) func addingProduct(_ a: Self, plain b: V) -> Self {
        Self(value.addingProduct(a.value, b), tangent.addingProduct(a.tangent, b))
    }
    @inline(__always) func subtractingProduct(_ a: Self, _ b: Self) -> Self {
        Self(
            value.subtractingProduct(a.value, b.value),
            tangent.subtractingProduct(a.value, b.tangent).subtractingProduct(a.tangent, b.value))
    }
    @inline(__always) func adding(constant: Double) -> Self { Self(value.adding(constant: constant), tangent) }
    @inline(__always) func squareRoot() -> Self {
        let root: V = value.squareRoot()
        return Self(root, tangent * (root + root).reciprocal())
    }
    @inline(__always) func reciprocal() -> Self {
        let inverse: V = value.reciprocal()
        return Self(inverse, V.zero.subtractingProduct(tangent, inverse * inverse))
    }
    @inline(__always) var sums: SIMD2<Double> { SIMD2(value.sums.x, tangent.sums.x) }
    @inline(__always) func chain(_ value: V, _ derivative: V) -> Self { Self(value, derivative * tangent) }
}

extension Double: FeatureScalar {
    typealias Lanes = SIMD8<Double>
    @inline(__always) static func multiply(
        _ a: UnsafePointer<Double>, _ lda: Int, _ b: UnsafePointer<Double>, _ ldb: Int, transposed: Bool,
        into c: UnsafeMutablePointer<Double>, _ ldc: Int, rows m: Int, columns n: Int, inner k: Int, adding: Bool
    ) {
        guard m > 0 else { return }
        cblas_dgemm(
            CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a,
            blasint(lda), b, blasint(ldb), adding ? 1 : 0, c, blasint(ldc))
    }
}

extension Float: FeatureScalar {
    typealias Lanes = SIMD16<Float>
    @inline(__always) static func multiply(
        _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, transposed: Bool,
        into c: UnsafeMutablePointer<Float>, _ ldc: Int, rows m: Int, columns n: Int, inner k: Int, adding: Bool
    ) {
        guard m > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a,
            blasint(lda), b, blasint(ldb), adding ? 1 : 0, c, blasint(ldc))
    }
}
