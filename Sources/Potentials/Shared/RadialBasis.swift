import Foundation

/// Functions of a distance that feed a filter network, with two derivatives. Names as in SchNetPack 2 (nn/radial.py).
enum RadialBasis: Equatable {
    /// phi_k(d) = exp(-(d - offset_k)^2 / (2 width_k^2)), not normalised.
    case gaussian(offsets: [Double], widths: [Double])
    /// phi_k(d) = sin(frequency_k d) / d
    case bessel(frequencies: [Double])

    var count: Int {
        switch self {
        case .gaussian(let offsets, _): offsets.count
        case .bessel(let frequencies): frequencies.count
        }
    }

    func callAsFunction(_ k: Int, _ d: Double) -> Jet {
        switch self {
        case .gaussian(let offsets, let widths):
            let a = 1 / (widths[k] * widths[k])
            let x = d - offsets[k]
            let f = exp(-0.5 * a * x * x)
            return Jet(f, -a * x * f, (a * x * a * x - a) * f)
        case .bessel(let frequencies):
            let w = frequencies[k]
            // Near zero the closed form of the derivatives cancels; the series is exact to rounding there.
            if (w * d).magnitude < 1e-2 {
                let x2 = w * d * w * d
                return Jet(
                    w * (1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42))),
                    -w * w * w * d / 3 * (1 - x2 / 10 * (1 - x2 / 28)),
                    -w * w * w / 3 * (1 - 3 * x2 / 10 * (1 - 5 * x2 / 84)))
            }
            let s = sin(w * d), c = cos(w * d)
            return Jet(s / d, (w * c - s / d) / d, (-w * w * s - 2 * (w * c - s / d) / d) / d)
        }
    }
}
