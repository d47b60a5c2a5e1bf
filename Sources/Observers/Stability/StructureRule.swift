import Deck
import Domain
import Integrators

/// The radial distribution function of a window of samples departs from its reference (Fu et al., Trans. Mach. Learn. Res. 2023,
/// equation 4):
///
///     integral over r of | <g(r)>_window - g_ref(r) | dr > Delta,   length
///
/// The reference is the first window's, or a table of r and g in a file. Samples of a window are those of consecutive looks.
final class StructureRule: StabilityRule {
    let name = "rdf"
    private let distribution: RadialDistribution
    private let id: String
    private let most: Double
    private let window: Int
    private let width: Double
    private let location: SourceLocation?
    private var reference: [Double]?
    private var sum: [Double]
    private var samples = 0

    /// - Parameter reference: g in each bin; nil: of the first window.
    init(
        _ setup: FixSetup, bins: Int, cutoff: Double, most: Double, window: Int, reference: [Double]?, types: Int,
        at location: SourceLocation?
    ) {
        distribution = RadialDistribution(
            id: "f_\(setup.id)", group: setup.group, bins: bins, [(1...types, 1...types)], cutoff: cutoff)
        (id, self.most, self.window, self.reference, self.location) = (setup.id, most, window, reference, location)
        width = cutoff / Double(bins)
        sum = [Double](repeating: 0, count: bins)
    }

    func prepare(_ snapshot: Snapshot) throws { try placing(at: location) { try distribution.prepare(snapshot) } }

    func look(_ snapshot: Snapshot) throws -> Violation? {
        for (bin, row) in try distribution.array(snapshot).enumerated() { sum[bin] += row[1] }
        samples += 1
        guard samples == window else { return nil }
        let mean = sum.map { $0 / Double(window) }
        sum = sum.map { _ in 0 }
        samples = 0
        guard let reference else {
            reference = mean
            return nil
        }
        let change = zip(mean, reference).reduce(0) { $0 + ($1.0 - $1.1).magnitude } * width
        return change <= most ? nil : Violation(value: change, threshold: most)
    }

    func save(_ state: inout StateWriter) {
        state.put(reference ?? [])
        state.put(sum)
        state.put(samples)
    }

    func restore(_ state: inout StateReader) throws {
        let (first, sum, samples) = (try state.doubles(), try state.doubles(), try state.int())
        guard sum.count == self.sum.count else { throw StateError() }
        if !first.isEmpty { reference = first }
        (self.sum, self.samples) = (sum, samples)
    }

    /// g(r) of a text table with columns r and g, interpolated linearly at the bins' middles. Lines that do not begin with a number are
    /// passed over; of `fix ave/time ... mode vector` files, whose rows begin with their number, columns 2 and 3 count.
    /// - Throws: `DeckError` when it has fewer than two rows.
    static func table(_ text: String, bins: Int, cutoff: Double, at location: SourceLocation) throws -> [Double] {
        var rows: [(r: Double, g: Double)] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            if numbers.count == 2, line.first != "#" { rows.append((numbers[0], numbers[1])) }
            if numbers.count > 2, line.first != "#" { rows.append((numbers[1], numbers[2])) }
        }
        // The step and the number of rows that head a block of such a file.
        if rows.count > 2, rows[0].g == Double(rows.count - 1) { rows.removeFirst() }
        guard rows.count >= 2, zip(rows, rows.dropFirst()).allSatisfy({ $0.r < $1.r }) else {
            throw DeckError("the file has no table of r and g with r rising", at: location)
        }
        return (0..<bins).map { bin in
            let r = (Double(bin) + 0.5) * cutoff / Double(bins)
            guard let next = rows.firstIndex(where: { $0.r >= r }) else { return rows.last!.g }
            guard next > 0 else { return rows[0].g }
            let a = rows[next - 1], b = rows[next]
            return a.g + (b.g - a.g) * (r - a.r) / (b.r - a.r)
        }
    }
}
