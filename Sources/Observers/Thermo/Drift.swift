import Domain

/// How the conserved quantity behaved over a run: a straight line through its values by least squares.
public struct Drift: Sendable {
    private var times: [Double] = []
    private var energies: [Double] = []
    /// Beyond this many rows every second one is dropped, so that a long run's memory stays small.
    private static let most = 4096
    private var stride = 1
    private var seen = 0

    mutating func add(time: Double, energy: Double) {
        defer { seen += 1 }
        guard seen % stride == 0 else { return }
        times.append(time)
        energies.append(energy)
        if times.count == Self.most {
            times = Self.everySecond(times)
            energies = Self.everySecond(energies)
            stride *= 2
        }
    }

    private static func everySecond(_ values: [Double]) -> [Double] { Swift.stride(from: 0, to: values.count, by: 2).map { values[$0] } }

    /// Slope (energy / time) and root mean square distance from the line; nil with fewer than three rows at different times.
    public var line: (slope: Double, deviation: Double)? {
        guard times.count >= 3 else { return nil }
        let n = Double(times.count)
        let t0 = times.reduce(0, +) / n, e0 = energies.reduce(0, +) / n
        var tt = 0.0, te = 0.0
        for (t, e) in zip(times, energies) {
            tt += (t - t0) * (t - t0)
            te += (t - t0) * (e - e0)
        }
        guard tt > 0 else { return nil }
        let slope = te / tt
        var squares = 0.0
        for (t, e) in zip(times, energies) {
            let rest = e - e0 - slope * (t - t0)
            squares += rest * rest
        }
        return (slope, (squares / n).squareRoot())
    }

    public var rows: Int { times.count }

    /// The line of the run's summary: meV/atom/ps where the units have an absolute scale, else energy/atom/time.
    func report(atoms: Int, _ units: Units) -> String? {
        guard let (slope, deviation) = line, atoms > 0 else { return nil }
        let format = NumberFormatCache.short
        let perAtom = 1 / Double(atoms)
        if let volt = units.electronvolt, let picosecond = units.picosecond {
            let s = slope * perAtom / volt * 1000 * picosecond, d = deviation * perAtom / volt * 1000
            return "Conserved energy: drift \(format.string(s)) meV/atom/ps, fluctuation \(format.string(d)) meV/atom (\(rows) rows)\n"
        }
        return "Conserved energy: drift \(format.string(slope * perAtom)) epsilon/atom/tau, "
            + "fluctuation \(format.string(deviation * perAtom)) epsilon/atom (\(rows) rows)\n"
    }
}
