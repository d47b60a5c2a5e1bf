import Domain
import Foundation

/// The radial functions of one bond: g_k, R_nl = sum_k c_nlk g_k, and the core repulsion, with their derivatives.
///
/// The reference program evaluates them between nodes `spacing` apart by cubic Hermite polynomials, and so do both kernels here; these
/// are the values at nodes.
struct ACERadial {
    let bond: ACEBond
    let inner: ACEInnerCutoff
    /// Atomic numbers, for the screened nuclear repulsion.
    let numbers: (Int, Int)

    struct Value {
        var value: Double
        var slope: Double
        static let zero = Value(value: 0, slope: 0)
    }

    /// g_k at a distance, k < count.
    func basis(_ r: Double, count: Int) -> [Value] {
        var g = [Value](repeating: .zero, count: count)
        var (low, width) = (bond.inner.cutoff, bond.inner.width)
        // The core takes over by another rule; as the reference program has it, a bond without inner width ends at 1.
        if inner == .zbl { low = width == 0 ? 1 : 0 }
        guard count > 0, r > low - width, r < bond.cutoff else { return g }
        switch bond.kind {
        case .chebyshevExponential: exponential(r, &g)
        case .chebyshevPower:
            let y = 1 - r / bond.cutoff
            let power = pow(y, bond.parameter - 1)
            chebyshev(1 - 2 * power * y, 2 * bond.parameter / bond.cutoff * power, &g)
        case .chebyshevLinear: chebyshev(1 - r / bond.cutoff, -1 / bond.cutoff, &g)
        case .bessel: bessel(r, &g)
        case .polynomial(let polynomials): g = polynomials.values(r, count: count)
        case .nodal(let nodes): g = nodes.values(r, cutoff: bond.cutoff, count: count)
        case .nought: return g
        }
        if inner != .density {
            let f = Self.step(r, low, width)
            let rest: Double = 1 - f.value
            for k in g.indices { g[k] = Value(value: g[k].value * rest, slope: g[k].slope * rest - g[k].value * f.slope) }
        }
        return g
    }

    /// 1 below `end` - `width`, 0 above `end`, between them a polynomial of degree 5 with continuous second derivatives.
    static func step(_ x: Double, _ end: Double, _ width: Double) -> Value {
        if x <= end - width { return Value(value: 1, slope: 0) }
        if x >= end { return .zero }
        let u = 1 - 2 * (1 + (x - end) / width)
        let square: Double = u * u
        let odd: Double = 0.25 - square / 6 + square * square / 20
        let even: Double = 0.25 - square / 2 + square * square / 4
        return Value(value: 0.5 + 3.75 * u * odd, slope: -7.5 / width * even)
    }

    /// g_k = (1 - T_(k + 1)(x)) / 2
    private func chebyshev(_ x: Double, _ slope: Double, _ g: inout [Value]) {
        let t = Self.polynomials(x, g.count)
        for k in g.indices { g[k] = Value(value: 0.5 - 0.5 * t[k + 1].value, slope: -0.5 * t[k + 1].slope * slope) }
    }

    /// T_0 ... T_n and their derivatives.
    private static func polynomials(_ x: Double, _ n: Int) -> [Value] {
        var t = [Value(value: 1, slope: 0)], second = 1.0, before = 0.0
        for k in 1...max(n, 1) {
            let value = k == 1 ? x : 2 * x * t[k - 1].value - t[k - 2].value
            t.append(Value(value: value, slope: Double(k) * second))
            (before, second) = (second, 2 * x * second - before)
        }
        return t
    }

    /// Chebyshev polynomials of an exponentially scaled distance, times cosines that end at the cutoff.
    private func exponential(_ r: Double, _ g: inout [Value]) {
        let rc = bond.cutoff, lambda = bond.parameter
        let y1 = exp(-lambda * r / rc), y2 = exp(-lambda)
        let x = 1 - 2 * ((y1 - y2) / (1 - y2)), slope = 2 * (lambda / rc) * (y1 / (1 - y2))
        let t = Self.polynomials(x, g.count)
        g[0] = Value(value: 1, slope: 0)
        for k in g.indices.dropFirst() { g[k] = Value(value: 0.5 - 0.5 * t[k].value, slope: -0.5 * t[k].slope * slope) }
        func multiply(_ f: Double, _ df: Double) {
            for k in g.indices { g[k] = Value(value: g[k].value * f, slope: g[k].value * df + g[k].slope * f) }
        }
        multiply(0.5 * (1 + cos(.pi * r / rc)), -0.5 * sin(.pi * r / rc) * .pi / rc)
        let from = rc - bond.cutoffWidth
        if r > from {
            let phase = .pi * (r - from) / bond.cutoffWidth
            multiply(0.5 * (1 + cos(phase)), -0.5 * sin(phase) * .pi / bond.cutoffWidth)
        }
    }

    /// Simplified spherical Bessel functions (Kocer, Mason, Erturk, AIP Adv. 10, 015021 (2020)).
    private func bessel(_ r: Double, _ g: inout [Value]) {
        let rc = bond.cutoff
        func sinc(_ x: Double) -> Value {
            x == 0 ? Value(value: 1, slope: 0) : Value(value: sin(x) / x, slope: (cos(x) * x - sin(x)) / (x * x))
        }
        func auxiliary(_ n: Int) -> Value {
            let a = Double(n + 1), b = Double(n + 2)
            let sign: Double = n % 2 == 0 ? 1 : -1
            let scale: Double = 2.0.squareRoot() * .pi / pow(rc, 1.5)
            let factor: Double = sign * scale * a * b / (a * a + b * b).squareRoot()
            let ka: Double = a * .pi / rc, kb: Double = b * .pi / rc
            let f = sinc(r * ka), h = sinc(r * kb)
            return Value(value: factor * (f.value + h.value), slope: factor * (f.slope * ka + h.slope * kb))
        }
        g[0] = auxiliary(0)
        var before = 1.0
        for n in g.indices.dropFirst() {
            let m = Double(n)
            let e: Double = m * m * (m + 2) * (m + 2) / (4 * pow(m + 1, 4) + 1)
            let d: Double = 1 - e / before
            let f = auxiliary(n), mix = (e / before).squareRoot(), scale = 1 / d.squareRoot()
            g[n] = Value(value: scale * (f.value + mix * g[n - 1].value), slope: scale * (f.slope + mix * g[n - 1].slope))
            before = d
        }
    }

    // MARK: - Core repulsion

    func core(_ r: Double) -> Value {
        if let pair = bond.pair { return pair.half(r) }
        return inner == .zbl ? screened(r) : gaussian(r)
    }

    /// |p| exp(-|lambda| r^2) / r, to 0 at the cutoff by a cosine.
    private func gaussian(_ r: Double) -> Value {
        let factor = abs(bond.repulsion.factor), square = abs(bond.repulsion.exponent) * r * r
        guard square < 50 else { return .zero }
        let y = exp(-square)
        let value: Double = factor * y / r
        let slope: Double = -value * (2 * square + 1) / r
        let x: Double = .pi * r / bond.cutoff
        let f: Double = 0.5 * (1 + cos(x)), df: Double = -0.5 * sin(x) * .pi / bond.cutoff
        var result = Value(value: value * f, slope: value * df + slope * f)
        if inner == .distance {
            let step = Self.step(r, bond.inner.cutoff, bond.inner.width)
            result = Value(value: result.value * step.value, slope: result.slope * step.value + result.value * step.slope)
        }
        return result
    }

    /// p / 2 times the universal screened nuclear repulsion (Ziegler, Biersack, Littmark 1985), smoothly to 0 at the cutoff.
    private func screened(_ r: Double) -> Value {
        let outer = bond.cutoff, from = outer - bond.cutoffWidth, width = bond.cutoffWidth
        guard r < outer else { return .zero }
        let zi = Double(numbers.0), zj = Double(numbers.1)
        let a = 0.46850 / (pow(zi, 0.23) + pow(zj, 0.23))
        func repulsion(_ r: Double) -> (Double, Double, Double) {
            var phi = (0.0, 0.0, 0.0)
            for (c, e) in [(0.18175, -3.19980), (0.50986, -0.94229), (0.28022, -0.40290), (0.02817, -0.20162)] {
                let t = c * exp(e * r / a)
                phi = (phi.0 + t, phi.1 + t * e, phi.2 + t * e * e)
            }
            let inverse: Double = 1 / r, p1: Double = phi.1 / a, p2: Double = phi.2 / (a * a)
            let first: Double = (p1 - phi.0 * inverse) * inverse
            let second: Double = (p2 - 2 * p1 * inverse + 2 * phi.0 * inverse * inverse) * inverse
            return (phi.0 * inverse, first, second)
        }
        let e = repulsion(r), end = repulsion(outer)
        let square: Double = width * width
        let cubic: Double = (-3 * end.1 + width * end.2) / square
        let quartic: Double = (2 * end.1 - width * end.2) / (square * width)
        let constant: Double = -end.0 + width * end.1 / 2 - square * end.2 / 12
        let d = r - from
        let cube: Double = d * d * d
        let shift: Double = d <= 0 ? constant : constant + cube * (cubic / 3 + quartic / 4 * d)
        let slope: Double = d <= 0 ? 0 : d * d * (cubic + quartic * d)
        let scale: Double = bond.repulsion.factor * 14.399645351950543 / 2 * zi * zj
        let value = scale * (e.0 + shift), derivative = scale * (e.1 + slope)
        let step = Self.step(r, outer, width)
        return Value(value: value * step.value, slope: derivative * step.value + value * step.slope)
    }
}
