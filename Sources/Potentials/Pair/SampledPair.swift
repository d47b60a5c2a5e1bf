import Domain

/// What `pair_style table` looks up: N samples at equal distances in r^2 between the first distance of the file and the cutoff, of E and F
/// / r, by interpolation of the file's samples with cubic splines, as LAMMPS (pair_table.cpp) makes them.
struct SampledPair {
    enum Kind: String, CaseIterable, Sendable { case lookup, linear, spline }

    let cutoff: Double
    let innerSquared: Double
    let inverseStep: Double
    /// step^2 / 6
    let sixth: Double
    /// Intervals, each with `width` numbers: where it begins (in r^2), then
    /// lookup, linear: E, its rise, F/r, its rise; spline: E, F/r and their second derivatives at both ends.
    let intervals: Int
    let numbers: [Double]

    static func width(_ kind: Kind) -> Int { kind == .spline ? 9 : 5 }

    /// - Parameter cutoff: nil: the last distance of the file.
    init(_ file: SampledPairFile, _ kind: Kind, samples n: Int, cutoff given: Double?) {
        let r = file.distance, inner = r[0], outer = r[r.count - 1], cutoff = given ?? outer, end = cutoff * cutoff
        let innerSquared = inner * inner, step = (end - innerSquared) / Double(n - 1)
        let energy = ClampedSpline(r, file.energy, slopes: (-file.force[0], -file.force[r.count - 1]))
        let f = file.force, m = r.count
        let slopes = file.endSlopes ?? ((f[1] - f[0]) / (r[1] - r[0]), (f[m - 1] - f[m - 2]) / (r[m - 1] - r[m - 2]))
        let force = ClampedSpline(r, f, slopes: slopes)
        let isFile = kind == .linear && m == n && file.spacing == .square && outer == cutoff
        var result: [Double] = []
        let places = (0..<n).map { innerSquared + Double($0) * step }
        switch kind {
        case .lookup:
            for k in 0..<(n - 1) {
                let middle = (innerSquared + (Double(k) + 0.5) * step).squareRoot()
                result += [places[k], energy.value(middle), 0, force.value(middle) / middle, 0]
            }
        case .linear:
            let e = places.indices.map { isFile ? file.energy[$0] : energy.value(places[$0].squareRoot()) }
            let g = places.indices.map { (isFile ? f[$0] : force.value(places[$0].squareRoot())) / places[$0].squareRoot() }
            for k in 0..<(n - 1) { result += [places[k], e[k], e[k + 1] - e[k], g[k], g[k + 1] - g[k]] }
        case .spline:
            let e = places.map { energy.value($0.squareRoot()) }, own = places.map { force.value($0.squareRoot()) }
            let first = own[0], last = own[n - 1]
            // By s = r^2: dE/ds = -F / 2r; d(F/r)/ds from dF/dr where the file says it, else by a secant over a tenth of a step.
            let byEnergy = ClampedSpline(places, e, slopes: (-first / (2 * inner), -last / (2 * cutoff)))
            let tenth = 0.1 * step
            let near: Double = (innerSquared + tenth).squareRoot(), far: Double = (end - tenth).squareRoot()
            var start: Double = (force.value(near) / near - first / inner) / tenth
            var finish: Double = (last / cutoff - force.value(far) / far) / tenth
            if let slopes = file.endSlopes {
                start = (slopes.0 / inner - first / innerSquared) / (2 * inner)
                if cutoff == outer { finish = (slopes.1 / cutoff - last / end) / (2 * cutoff) }
            }
            let g = zip(own, places).map { $0 / $1.squareRoot() }
            let byForce = ClampedSpline(places, g, slopes: (start, finish))
            for k in 0..<(n - 1) {
                result += [
                    places[k], e[k], e[k + 1], byEnergy.curvature[k], byEnergy.curvature[k + 1], g[k], g[k + 1], byForce.curvature[k],
                    byForce.curvature[k + 1],
                ]
            }
        }
        (self.cutoff, self.innerSquared, numbers, intervals) = (cutoff, innerSquared, result, n - 1)
        (inverseStep, sixth) = (1 / step, step * step / 6)
    }
}

/// Lookup and linear interpolation. Numbers: 0 inner distance squared, 1 inverse step, 2 last interval, 3 where the intervals are.
enum LinearTable: NeutralPairFunction {
    static let style = "table"
    static let usage = ""
    static let globals: [PairQuantity] = []
    static let coefficients: [PairQuantity] = []
    static let size = 5
    static let isShiftable = false
    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) { (0, []) }

    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let place = tablePlace(r2, p, width: 5), fraction = (r2 - L(plain: p.gather(place, 0))).scaled(by: p[1])
        let e = L(plain: p.gather(place, 1)) + fraction.scaled(by: p.gather(place, 2))
        let g = L(plain: p.gather(place, 3)) + fraction.scaled(by: p.gather(place, 4))
        return (e, refusingNear(r2, g, p))
    }
}

/// Cubic splines in r^2, energy and force each by itself. Numbers: as `LinearTable`, 4 step^2 / 6.
enum SplineTable: NeutralPairFunction {
    static let style = "table"
    static let usage = ""
    static let globals: [PairQuantity] = []
    static let coefficients: [PairQuantity] = []
    static let size = 5
    static let isShiftable = false
    static func row(_ c: [Double], globals g: [Double], units: Units) -> (cutoff: Double, numbers: [Double]) { (0, []) }

    @inline(__always)
    static func evaluate<L: EdgeLane, R: ParameterRow>(_ r2: L, _ qq: L.Plain, _ p: R) -> (energy: L, g: L) where R.Value == L.Plain {
        let place = tablePlace(r2, p, width: 9), b = (r2 - L(plain: p.gather(place, 0))).scaled(by: p[1]), a = L(1) - b
        let left: L = (a * a * a - a).scaled(by: p[4]), right: L = (b * b * b - b).scaled(by: p[4])
        func spline(_ k: Int) -> L {
            let ends: L = a.scaled(by: p.gather(place, k)) + b.scaled(by: p.gather(place, k + 1))
            let bend: L = left.scaled(by: p.gather(place, k + 2)) + right.scaled(by: p.gather(place, k + 3))
            return ends + bend
        }
        return (spline(1), refusingNear(r2, spline(5), p))
    }
}

/// Where the interval of each lane begins, behind the row; the first or last one for distances outside.
@inline(__always)
private func tablePlace<L: EdgeLane, R: ParameterRow>(_ r2: L, _ p: R, width: Int) -> L.Plain where R.Value == L.Plain {
    let at = (r2.value - p[0]) * p[1]
    var place = L.Plain.zero
    for lane in 0..<L.Plain.laneCount {
        let last = p[2][lane: lane], x = at[lane: lane]
        // NaN goes to the first interval; its force is NaN all the same.
        let k = x > 0 ? (x < last ? x.rounded(.down) : last) : 0
        place[lane: lane] = p[3][lane: lane] + k * Double(width)
    }
    return place
}

/// NaN below the table: the run stops there and names the atom.
@inline(__always)
private func refusingNear<L: EdgeLane, R: ParameterRow>(_ r2: L, _ g: L, _ p: R) -> L where R.Value == L.Plain {
    L.select(r2.value.less(than: p[0]), L(Double.nan), g)
}
