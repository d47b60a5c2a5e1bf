import Domain

/// What a stacked ensemble's network is told of an atom's members: invariants s [K + 2] and vectors V [3, K + 1] of their forces F_k,
///
///     F = sum_k c_k F_k,   D_k = F_k - F,   l(x, a) = ln(sqrt(|x|^2 + a^2) / a),   n(x, a) = x / sqrt(|x|^2 + a^2)
///     s = (l(F, a), l(D, b), l(F_1, a) - l(F, a), ...),   |D|^2 the mean of |D_k|^2,    V = (n(F, a), n(D_1, b), ...)
///
/// with the scales a of forces and b of differences between members. Norms are smoothed by the scale, so everything is differentiable
/// where forces vanish or members agree, as they do at every minimum; logarithms and unit vectors keep the few atoms with forces
/// far above the scale within reach of the network. Nothing here is detached: `pullBack` gives the derivative of whatever follows.
struct StackFeatures {
    let weights: [Double]
    /// a^2 and b^2
    let force: Double
    let deviation: Double

    var members: Int { weights.count }

    init(_ configuration: StackConfiguration) {
        weights = configuration.weights
        force = configuration.forceScale * configuration.forceScale
        deviation = configuration.deviationScale * configuration.deviationScale
    }

    /// Three numbers.
    struct Triple<L: Lane> {
        var x: L, y: L, z: L
        init(_ x: L, _ y: L, _ z: L) { (self.x, self.y, self.z) = (x, y, z) }
        static var zero: Triple { Triple(.zero, .zero, .zero) }
        func dot(_ o: Triple) -> L { (x * o.x).addingProduct(y, o.y).addingProduct(z, o.z) }
        func adding(_ a: L, _ o: Triple) -> Triple { Triple(x.addingProduct(a, o.x), y.addingProduct(a, o.y), z.addingProduct(a, o.z)) }
    }

    /// l of a squared length.
    private func size<L: Lane>(_ square: L, _ scale: Double) -> L { (L(1) + square * L(1 / scale)).logarithm() * L(0.5) }

    private func direction<L: Lane>(_ x: Triple<L>, _ scale: Double) -> Triple<L> {
        Triple<L>.zero.adding((x.dot(x) + L(scale)).squareRoot().reciprocal(), x)
    }

    /// sum_k c_k F_k
    func mean<L: Lane>(_ forces: [Triple<L>]) -> Triple<L> {
        var mean = Triple<L>.zero
        for k in 0..<members { mean = mean.adding(L(weights[k]), forces[k]) }
        return mean
    }

    /// Features of one atom from its members' forces.
    func evaluate<L: Lane>(
        _ forces: [Triple<L>], scalar: (_ index: Int, _ value: L) -> Void, vector: (_ index: Int, _ value: Triple<L>) -> Void
    ) {
        let mean = mean(forces), meanSize = size(mean.dot(mean), force)
        scalar(0, meanSize)
        vector(0, direction(mean, force))
        var squares = L.zero
        for k in 0..<members {
            let difference = forces[k].adding(L(-1), mean)
            squares = squares + difference.dot(difference)
            scalar(2 + k, size(forces[k].dot(forces[k]), force) - meanSize)
            vector(1 + k, direction(difference, deviation))
        }
        scalar(1, size(squares * L(1 / Double(members)), deviation))
    }

    /// dA/dx from dA/dn, n = x / sqrt(x^2 + scale), and dA/dl, l = ln(1 + x^2 / scale) / 2.
    private func pullBack(_ x: Triple<Double>, _ scale: Double, direction n: Triple<Double>, size l: Double) -> Triple<Double> {
        let h = 1 / (x.dot(x) + scale).squareRoot()
        return Triple<Double>.zero.adding(h, n).adding(h * h * (l - h * x.dot(n)), x)
    }

    /// dA/dF_k of one atom from dA/ds and dA/dV.
    func pullBack(
        _ forces: [Triple<Double>], scalar: (_ index: Int) -> Double, vector: (_ index: Int) -> Triple<Double>,
        into result: (_ k: Int, _ value: Triple<Double>) -> Void
    ) {
        let mean = mean(forces), differences = forces.map { $0.adding(-1, mean) }
        let squares = differences.reduce(0) { $0 + $1.dot($1) } / Double(members)
        let alongSpread = scalar(1) / (Double(members) * (deviation + squares))
        var byMeanSize = scalar(0), toMean = Triple<Double>.zero
        var own: [Triple<Double>] = []
        for k in 0..<members {
            let toDifference = pullBack(differences[k], deviation, direction: vector(1 + k), size: 0).adding(alongSpread, differences[k])
            byMeanSize -= scalar(2 + k)
            toMean = toMean.adding(-1, toDifference)
            own.append(pullBack(forces[k], force, direction: .zero, size: scalar(2 + k)).adding(1, toDifference))
        }
        toMean = toMean.adding(1, pullBack(mean, force, direction: vector(0), size: byMeanSize))
        for k in 0..<members { result(k, own[k].adding(weights[k], toMean)) }
    }
}
