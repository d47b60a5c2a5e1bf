import Foundation

/// A function's value and first two derivatives at a point.
struct Jet: Equatable {
    var value: Double
    var first: Double
    var second: Double

    init(_ value: Double, _ first: Double, _ second: Double) { (self.value, self.first, self.second) = (value, first, second) }

    static func * (a: Jet, b: Jet) -> Jet {
        Jet(
            a.value * b.value, a.first * b.value + a.value * b.first,
            a.second * b.value + 2 * a.first * b.first + a.value * b.second)
    }
}

/// Functions that take an atom's influence to zero at a distance, with two derivatives. Names as in SchNetPack 2 (nn/cutoff.py).
enum CutoffFunction: Equatable {
    /// f(d) = (1 + cos(pi d / rc)) / 2. Only once differentiable at rc: f'' jumps there.
    case cosine(cutoff: Double)
    /// f(d) = exp(1 - 1 / (1 - (d / rc)^2)) for d + eps < rc. Infinitely differentiable.
    case mollifier(cutoff: Double, epsilon: Double)
    /// 1 below `on`, 0 beyond `off`; between them, with x = (d - on) / (off - on): 1 / (1 + exp(1 / (1 - x) - 1 / x)).
    case smoothSwitch(on: Double, off: Double)

    /// The distance from which the function is zero.
    var range: Double {
        switch self {
        case .cosine(let cutoff), .mollifier(let cutoff, _): cutoff
        case .smoothSwitch(_, let off): off
        }
    }

    /// Whether f'' is continuous at the cutoff, which second derivatives of the energy need.
    var isTwiceDifferentiable: Bool { if case .cosine = self { false } else { true } }

    func callAsFunction(_ d: Double) -> Jet {
        guard d < range else { return Jet(0, 0, 0) }
        switch self {
        case .cosine(let cutoff):
            let k = Double.pi / cutoff
            return Jet(0.5 * (1 + cos(k * d)), -0.5 * k * sin(k * d), -0.5 * k * k * cos(k * d))
        case .mollifier(let cutoff, let epsilon):
            guard d + epsilon < cutoff else { return Jet(0, 0, 0) }
            let x = d / cutoff
            let u = 1 - x * x
            // f = exp(g), g = 1 - 1 / u
            let g1 = -2 * x / (u * u) / cutoff
            let g2 = -(2 * u + 8 * x * x) / (u * u * u) / (cutoff * cutoff)
            let f = exp(1 - 1 / u)
            return Jet(f, f * g1, f * (g1 * g1 + g2))
        case .smoothSwitch(let on, let off):
            guard d > on else { return Jet(1, 0, 0) }
            let scale = 1 / (off - on)
            let x = (d - on) * scale, y = 1 - x
            let g = 1 / y - 1 / x
            let g1 = (1 / (y * y) + 1 / (x * x)) * scale
            let g2 = 2 * (1 / (y * y * y) - 1 / (x * x * x)) * scale * scale
            guard g < 700 else { return Jet(0, 0, 0) }
            guard g > -700 else { return Jet(1, 0, 0) }
            let f = 1 / (1 + exp(g))
            let p = f * (1 - f)
            return Jet(f, -p * g1, p * ((1 - 2 * f) * g1 * g1 - g2))
        }
    }
}
