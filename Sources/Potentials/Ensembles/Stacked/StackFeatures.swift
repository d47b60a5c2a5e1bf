import Domain

/// What a stacked ensemble's network is told of an atom's members: invariants s [K + 2] and vectors V [3, K + 1] of their forces F_k,
///
///     F = sum_k c_k F_k,   D_k = F_k - F,   |x| = sqrt(x^2 + delta^2) - delta
///     s = (|F| / a, |D| / b, (|F_1| - |F|) / b, ...),   |D|^2 from the mean of D_k^2,    V = (F / a, D_1 / b, ...)
///
/// with the scales a of forces and b of differences between members. Smoothed norms are differentiable where forces vanish or members
/// agree, which they do at every minimum. Nothing here is detached: `pullBack` gives the derivative of whatever follows.
struct StackFeatures {
    let weights: [Double]
    let smoothing: Double
    let inverseForce: Double
    let inverseDeviation: Double

    var members: Int { weights.count }

    init(_ configuration: StackConfiguration) {
        weights = configuration.weights
        smoothing = configuration.smoothing
        inverseForce = 1 / configuration.forceScale
        inverseDeviation = 1 / configuration.deviationScale
    }

    /// Three numbers.
    struct Triple<L: Lane> {
        var x: L, y: L, z: L
        init(_ x: L, _ y: L, _ z: L) { (self.x, self.y, self.z) = (x, y, z) }
        static var zero: Triple { Triple(.zero, .zero, .zero) }
        func dot(_ o: Triple) -> L { (x * o.x).addingProduct(y, o.y).addingProduct(z, o.z) }
        func adding(_ a: L, _ o: Triple) -> Triple { Triple(x.addingProduct(a, o.x), y.addingProduct(a, o.y), z.addingProduct(a, o.z)) }
    }

    private func norm<L: Lane>(_ square: L) -> L { (square + L(smoothing * smoothing)).squareRoot() }

    /// Features of one atom from its members' forces.
    func evaluate<L: Lane>(_ forces: [Triple<L>], scalar: (_ index: Int, _ value: L) -> Void, vector: (_ index: Int, _ value: Triple<L>) -> Void) {
        let zero = Triple<L>.zero, a = L(inverseForce), b = L(inverseDeviation), minusDelta = L(-smoothing)
        var mean = zero
        for k in 0..<members { mean = mean.adding(L(weights[k]), forces[k]) }
        let size = norm(mean.dot(mean)) + minusDelta
        scalar(0, size * a)
        vector(0, zero.adding(a, mean))
        var squares = L.zero
        for k in 0..<members {
            let deviation = forces[k].adding(L(-1), mean)
            squares = squares + deviation.dot(deviation)
            scalar(2 + k, (norm(forces[k].dot(forces[k])) + minusDelta - size) * b)
            vector(1 + k, zero.adding(b, deviation))
        }
        scalar(1, (norm(squares * L(1 / Double(members))) + minusDelta) * b)
    }

    /// dA/dF_k of one atom from dA/ds and dA/dV.
    func pullBack(
        _ forces: [Triple<Double>], scalar: (_ index: Int) -> Double, vector: (_ index: Int) -> Triple<Double>,
        into result: (_ k: Int, _ value: Triple<Double>) -> Void
    ) {
        var mean = Triple<Double>.zero
        for k in 0..<members { mean = mean.adding(weights[k], forces[k]) }
        let deviations = forces.map { $0.adding(-1, mean) }
        let squares = deviations.reduce(0) { $0 + $1.dot($1) } / Double(members)
        let alongSpread = scalar(1) * inverseDeviation / (norm(squares) * Double(members))
        var toMean = Triple<Double>.zero.adding(inverseForce, vector(0))
        var bySize = scalar(0) * inverseForce
        var own: [Triple<Double>] = []
        for k in 0..<members {
            let toDeviation = Triple<Double>.zero.adding(inverseDeviation, vector(1 + k)).adding(alongSpread, deviations[k])
            let byNorm = scalar(2 + k) * inverseDeviation
            bySize -= byNorm
            toMean = toMean.adding(-1, toDeviation)
            own.append(toDeviation.adding(byNorm / norm(forces[k].dot(forces[k])), forces[k]))
        }
        toMean = toMean.adding(bySize / norm(mean.dot(mean)), mean)
        for k in 0..<members { result(k, own[k].adding(weights[k], toMean)) }
    }
}
