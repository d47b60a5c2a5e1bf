import Deck
import Domain
import Integrators

/// `compute temp/chunk`: c_ID and c_ID[1..6], temperature and kinetic tensor of all atoms in chunks, with `com yes` of their motion about
/// their chunk's centre; and of each chunk, where asked for: `temp`, `kecom` and `internal` (energies of the centre's motion and about it).
///
///     dof = cdof x chunks + adof x atoms
public final class ChunkTemperature: Compute {
    static let entry = ComputeStyle(
        "temp/chunk", usage: "compute ID GROUP temp/chunk CHUNKS [temp] [kecom] [internal] [com yes|no] [bias COMPUTE] [adof X] [cdof X]",
        help: "temperature of atoms in chunks, and of each chunk: temperature, kinetic energy of its centre, kinetic energy about it"
    ) { id, group, words, observation in
        let system = try observation.requireSystem()
        let chunks = try observation.chunks(words.word("the ID of a compute chunk/atom"))
        var compute = Settings(adof: Double(system.box.dimension))
        while !words.isAtEnd {
            switch try words.choice("a keyword", ["temp", "kecom", "internal", "com", "bias", "adof", "cdof"].map { ($0, $0) }) {
            case "temp": compute.values.append(.temperature)
            case "kecom": compute.values.append(.ofCentre)
            case "internal": compute.values.append(.internal)
            case "com": compute.isRelative = try words.flag("yes or no")
            case "bias":
                let word = try words.word("the ID of a temperature compute")
                guard let bias = try observation.requireCompute(word) as? TemperatureCompute, bias.temperature.isBiased else {
                    throw words.error("compute '\(word.text)' is no temperature that leaves out some motion", at: word)
                }
                compute.bias = bias.temperature
            case "adof": compute.adof = try words.double("degrees of freedom of an atom")
            default: compute.cdof = try words.double("degrees of freedom of a chunk")
            }
        }
        return ChunkTemperature(id: id, group: group, chunks, compute)
    }

    enum Value { case temperature, ofCentre, `internal` }
    struct Settings {
        var values: [Value] = []
        var isRelative = false
        var bias: Temperature?
        var adof: Double
        var cdof = 0.0
    }

    public let id: String
    public let style = "temp/chunk"
    public let group: Group
    private let chunks: ChunkCompute
    private let settings: Settings

    init(id: String, group: Group, _ chunks: ChunkCompute, _ settings: Settings) {
        (self.id, self.group, self.chunks, self.settings) = (id, group, chunks, settings)
    }

    public var inputs: [String] { [chunks.id] }
    public var shape: ComputeShape {
        var shape = ComputeShape(
            scalar: true, vector: 6, arrayColumns: settings.values.isEmpty ? nil : settings.values.count, arrayRows: chunks.count,
            isExtensive: (false, true))
        shape.hasVariableRows = true
        return shape
    }

    private func members(_ snapshot: Snapshot) throws -> ChunkMembers {
        try chunks.settle(snapshot)
        return try ChunkMembers(snapshot, group, chunks)
    }

    private func velocity(_ system: System) -> (Int) -> Vector { settings.bias?.thermal(system) ?? { system.atoms.velocity[$0] } }

    /// Sums over all atoms in chunks: m u^2, number, and the tensor.
    private func totals(_ snapshot: Snapshot) throws -> (members: ChunkMembers, sums: [Double]) {
        let members = try members(snapshot), v = velocity(members.system)
        let drift = settings.isRelative ? members.means(v) : []
        var sums = [Double](repeating: 0, count: 8)
        for (i, number) in members.numbers.enumerated() where number > 0 && number <= members.count {
            let u = settings.isRelative ? v(i) - drift[number - 1].mean : v(i), m = members.mass(i)
            sums[0] += (u.x * u.x + u.y * u.y + u.z * u.z) * m
            sums[1] += 1
            for (k, (a, b)) in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)].enumerated() { sums[2 + k] += m * u[a] * u[b] }
        }
        members.system.communicator.all(.sum, &sums)
        return (members, sums)
    }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        let (members, sums) = try totals(snapshot), units = members.system.units
        let freedom = Double(members.count) * settings.cdof + settings.adof * sums[1]
        return freedom > 0 ? sums[0] * (units.mvv2e / (freedom * units.boltzmann)) : 0
    }

    public func vector(_ snapshot: Snapshot) throws -> [Double] {
        let (members, sums) = try totals(snapshot)
        return sums[2...].map { $0 * members.system.units.mvv2e }
    }

    public func array(_ snapshot: Snapshot) throws -> [[Double]] {
        let members = try members(snapshot), units = members.system.units, v = velocity(members.system)
        let drift = members.means(v)
        let sums = members.sums(3) { i, chunk, row in
            let u = v(i), w = u - drift[chunk].mean, m = members.mass(i)
            let t = settings.isRelative ? w : u
            row[0] += (t.x * t.x + t.y * t.y + t.z * t.z) * m
            row[1] += 1
            row[2] += 0.5 * (w.x * w.x + w.y * w.y + w.z * w.z) * m
        }
        return zip(sums, drift).map { sum, centre in
            settings.values.map { value in
                switch value {
                case .temperature:
                    let freedom = settings.cdof + settings.adof * sum[1]
                    return sum[1] > 0 && freedom > 0 ? units.mvv2e / (freedom * units.boltzmann) * sum[0] : 0
                case .ofCentre:
                    let c = centre.mean
                    return 0.5 * units.mvv2e * centre.mass * (c.x * c.x + c.y * c.y + c.z * c.z)
                case .internal: return units.mvv2e * sum[2]
                }
            }
        }
    }
}
