import Domain

/// The short-range repulsion of nep4_zbl: each pair, seen from both sides, has half of
///
///     k z_i z_j / r  sum_t a_t exp(-b_t r / a)  fc(r),   1 / a = 2.134563 (z_i^0.23 + z_j^0.23) / Angstrom,   k = 14.399645 eV Angstrom
///
/// (J. F. Ziegler, J. P. Biersack, U. Littmark 1985), with fc = 1 up to an inner cutoff, then half a cosine down to zero at the outer.
extension NEPParameters {
    static let repulsionWidth = 12

    var hasRepulsion: Bool {
        if case .none = repulsion { return false }
        return true
    }

    /// For each pair of species: inner, outer, k z z, 1 / a, four amplitudes, four decays.
    func repulsionTable(electronvolt: Double) -> [Double] {
        guard hasRepulsion else { return [] }
        var table: [Double] = []
        for i in 0..<speciesCount {
            for j in 0..<speciesCount {
                let zi = Double(atomicNumbers[i]), zj = Double(atomicNumbers[j])
                let charges = 14.399645 * zi * zj * electronvolt
                let inverse = (zi.power(0.23) + zj.power(0.23)) * 2.134563
                var cutoffs = (inner: 0.0, outer: 0.0)
                var amplitudes = [0.18175, 0.50986, 0.28022, 0.02817], decays = [3.1998, 0.94229, 0.4029, 0.20162]
                switch repulsion {
                case .none: break
                case .universal(let inner, let outer, nil): cutoffs = (inner, outer)
                case .universal(_, let outer, let factor?):
                    cutoffs = (0, min(factor * (covalentRadius(atomicNumbers[i]) + covalentRadius(atomicNumbers[j])), outer))
                case .flexible(let values):
                    let (a, b) = (min(i, j), max(i, j))
                    let row = values[(10 * (a * speciesCount - a * (a - 1) / 2 + b - a))...].prefix(10).map { $0 }
                    cutoffs = (row[0], row[1])
                    amplitudes = [row[2], row[4], row[6], row[8]]
                    decays = [row[3], row[5], row[7], row[9]]
                }
                table += [cutoffs.inner, cutoffs.outer, charges, inverse] + amplitudes + decays
            }
        }
        return table
    }
}

extension Double {
    /// x^y for positive x.
    fileprivate func power(_ y: Double) -> Double { (y * logarithm()).exponential() }
}

/// Half the pair's energy at distance r, from its table row; zero from the outer cutoff on.
@inline(__always)
func nepRepulsion<S: Lane>(_ r: S, _ row: UnsafePointer<Double>) -> S where S.Plain == Double, S.Mask == Bool {
    let (inner, outer) = (row[0], row[1])
    guard S.any(r.less(than: S(outer))) else { return .zero }
    let x = r.scaled(by: row[3])
    var sum = S.zero
    for t in 0..<4 { sum.add(x.scaled(by: -row[8 + t]).exponential(), timesPlain: row[4 + t]) }
    var energy = (sum / r).scaled(by: 0.5 * row[2])
    if S.any(S(inner).lessOrEqual(r)) {
        let angle = (r - S(inner)).scaled(by: .pi / (outer - inner))
        energy *= S(0.5).addingProduct(angle.sineCosine().cosine, plain: 0.5)
    }
    return energy
}

/// The same energy with its derivative by r, written out, so that on duals it gives second derivatives.
@inline(__always)
func nepRepulsionWithSlope<S: EdgeLane>(_ r: S, _ row: UnsafePointer<Double>) -> (value: S, slope: S) {
    typealias P = S.Plain
    let (inner, outer) = (row[0], row[1])
    let x = r.scaled(by: P(row[3]))
    var sum = S.zero, sumSlope = S.zero
    for t in 0..<4 {
        let term = x.scaled(by: P(-row[8 + t])).exponential().scaled(by: P(row[4 + t]))
        sum += term
        sumSlope = sumSlope.addingProduct(term, plain: P(-row[8 + t] * row[3]))
    }
    let inverse = r.reciprocal()
    let value = (sum * inverse).scaled(by: P(0.5 * row[2]))
    let slope = (sumSlope * inverse).scaled(by: P(0.5 * row[2])) - value * inverse
    guard S.any(S(inner).lessOrEqual(r)) else { return (value, slope) }
    let rate = Double.pi / (outer - inner)
    let (sine, cosine) = (r - S(inner)).scaled(by: P(rate)).sineCosine()
    let fc = S(0.5).addingProduct(cosine, plain: P(0.5)), fcSlope = sine.scaled(by: P(-0.5 * rate))
    return (value * fc, (slope * fc).addingProduct(value, fcSlope))
}

/// Covalent radii times 4/3, Angstrom, as NEP's typewise cutoffs take them: P. Pyykko and M. Atsumi, Chem. Eur. J. 15, 186 (2009), metals
/// less 10 % (S. Grimme et al., J. Chem. Phys. 132, 154104 (2010)).
private func covalentRadius(_ number: Int) -> Double {
    guard covalentRadii.indices.contains(number - 1) else { return 2 }
    return covalentRadii[number - 1]
}

private let covalentRadii: [Double] = [
    0.426667, 0.613333, 1.6, 1.25333, 1.02667, 1.0, 0.946667, 0.84, 0.853333, 0.893333, 1.86667, 1.66667, 1.50667,
    1.38667, 1.46667, 1.36, 1.32, 1.28, 2.34667, 2.05333, 1.77333, 1.62667, 1.61333, 1.46667, 1.42667, 1.38667,
    1.33333, 1.32, 1.34667, 1.45333, 1.49333, 1.45333, 1.53333, 1.46667, 1.52, 1.56, 2.52, 2.22667, 1.96, 1.85333,
    1.76, 1.65333, 1.53333, 1.50667, 1.50667, 1.44, 1.53333, 1.64, 1.70667, 1.68, 1.68, 1.64, 1.76, 1.74667, 2.78667,
    2.34667, 2.16, 1.96, 2.10667, 2.09333, 2.08, 2.06667, 2.01333, 2.02667, 2.01333, 2.0, 1.98667, 1.98667, 1.97333,
    2.04, 1.94667, 1.82667, 1.74667, 1.64, 1.57333, 1.54667, 1.48, 1.49333, 1.50667, 1.76, 1.73333, 1.73333, 1.81333,
    1.74667, 1.84, 1.89333, 2.68, 2.41333, 2.22667, 2.10667, 2.02667, 2.04, 2.05333, 2.06667,
]
