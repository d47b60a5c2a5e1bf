import Deck
import Domain

/// A section of a file of `bond_style table` or `angle_style table`, and what is looked up: N samples at equal distances in x (a bond's length or
/// an angle) of E and F = -dE/dx, by cubic splines through the file's samples, as LAMMPS makes them.
///
///     KEYWORD
///     N 100 FP -5.0 0.1 EQ 1.5      N, then dF/dx at both ends and where E is least, as wanted
///
///     1 0.1 490 700                 index, x, energy, force
struct SampledFunction {
    enum Kind: Sendable { case linear, spline }

    let kind: Kind
    let lo: Double
    let hi: Double
    /// Where E is least: EQ of the file, else the sample with the least energy.
    let rest: Double
    private let inverseStep: Double
    private let sixth: Double
    private let x: [Double]
    private let energy: [Double]
    private let force: [Double]
    private let energyBend: [Double]
    private let forceBend: [Double]

    /// - Parameters:
    ///   - scale: what the file's x are multiplied by (degrees to radians); forces are divided by it.
    ///   - range: where x must begin and end, in the file's unit; nil: anywhere.
    init(
        _ name: String, _ bytes: [UInt8], section keyword: String, _ kind: Kind, samples: Int, energyFactor: Double, scale: Double = 1,
        range: ClosedRange<Double>? = nil
    ) throws {
        var file = ParameterFile(name, bytes, comment: "#"), found: [String] = []
        var at: [Double] = [], e: [Double] = [], f: [Double] = [], ends: (Double, Double)?, least: Double?
        while true {
            guard let head = file.nextLine() else {
                let known = found.isEmpty ? "none" : found.prefix(20).joined(separator: ", ")
                throw ParameterFileError(file: name, line: 0, column: 0, message: "there is no section '\(keyword)' (sections: \(known))")
            }
            let parameters = try file.line("N and its number")
            var count: Int?, k = 0
            (ends, least) = (nil, nil)
            func number(_ offset: Int, _ what: String) throws -> Double {
                guard k + offset < parameters.count else { throw file.error("expected \(what) behind '\(parameters[k].text)'", at: parameters[k]) }
                return try file.double(parameters[k + offset], what)
            }
            while k < parameters.count {
                switch parameters[k].text {
                case "N":
                    let samples = Int(exactly: try number(1, "the number of samples")) ?? 0
                    guard (2...10_000_000).contains(samples) else { throw file.error("a table needs at least 2 samples", at: parameters[k]) }
                    count = samples
                    k += 2
                case "FP":
                    ends = (try number(1, "dF/dx at the first sample"), try number(2, "dF/dx at the last sample"))
                    k += 3
                case "EQ":
                    least = try number(1, "where the energy is least")
                    k += 2
                default: throw file.error("expected N, FP or EQ, found '\(parameters[k].text)'", at: parameters[k])
                }
            }
            guard let count else { throw file.error("the number of samples, N, is missing", at: parameters[0]) }
            let isOwn = head[0].text == keyword
            for sample in 1...count {
                let words = try file.line("sample \(sample) of \(count)")
                guard isOwn else { continue }
                guard words.count >= 4 else { throw file.error("expected an index, a place, an energy and a force", at: words[0]) }
                let place = try file.double(words[1], "a place")
                if let last = at.last, place <= last { throw file.error("places must increase", at: words[1]) }
                at.append(place)
                e.append(energyFactor * (try file.double(words[2], "an energy")))
                f.append(energyFactor * (try file.double(words[3], "a force")))
            }
            if isOwn { break }
            found.append(head[0].text)
        }
        if let range, at[0] != range.lowerBound || at[at.count - 1] != range.upperBound {
            throw ParameterFileError(
                file: name, line: 0, column: 0, message: "section '\(keyword)' must go from \(range.lowerBound) to \(range.upperBound)")
        }
        let own = at.map { $0 * scale }, pull = f.map { $0 / scale }, n = own.count
        let slopes = ends.map { (energyFactor * $0.0 / (scale * scale), energyFactor * $0.1 / (scale * scale)) }
            ?? ((pull[1] - pull[0]) / (own[1] - own[0]), (pull[n - 1] - pull[n - 2]) / (own[n - 1] - own[n - 2]))
        let byEnergy = ClampedSpline(own, e, slopes: (-pull[0], -pull[n - 1])), byForce = ClampedSpline(own, pull, slopes: slopes)
        self.kind = kind
        (lo, hi) = (own[0], own[n - 1])
        rest = (least ?? at[e.indices.min { e[$0] < e[$1] }!]) * scale
        let step = (hi - lo) / Double(samples - 1), start = lo
        let places = (0..<samples).map { start + Double($0) * step }
        (inverseStep, sixth) = (1 / step, step * step / 6)
        let energy = places.map { byEnergy.value($0) }, force = places.map { byForce.value($0) }
        (x, self.energy, self.force) = (places, energy, force)
        energyBend = ClampedSpline(places, energy, slopes: (-force[0], -force[samples - 1])).curvature
        forceBend = ClampedSpline(places, force, slopes: slopes).curvature
    }

    /// E and F; not a number outside the samples, so that the run stops.
    func value(_ at: Double) -> (energy: Double, force: Double) {
        guard at >= lo, at <= hi else { return (.nan, .nan) }
        let k = min(Int((at - lo) * inverseStep), x.count - 2), b = (at - x[k]) * inverseStep
        guard kind == .spline else {
            return (energy[k] + b * (energy[k + 1] - energy[k]), force[k] + b * (force[k + 1] - force[k]))
        }
        let a = 1 - b, left = (a * a * a - a) * sixth, right = (b * b * b - b) * sixth
        return (
            a * energy[k] + b * energy[k + 1] + left * energyBend[k] + right * energyBend[k + 1],
            a * force[k] + b * force[k + 1] + left * forceBend[k] + right * forceBend[k + 1]
        )
    }
}
