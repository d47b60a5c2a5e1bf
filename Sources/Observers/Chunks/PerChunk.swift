import Deck
import Domain
import Integrators
import Potentials

/// A compute of the atoms of each chunk of a `compute chunk/atom`, those of the compute's group: c_ID[i] where there is one value a chunk, else
/// c_ID[i][j], row i being chunk i. Positions are unwrapped.
public final class PerChunkCompute: Compute {
    public let id: String
    public let style: String
    public let group: Group
    private let chunks: ChunkCompute
    /// 0: one value a chunk, told as a vector.
    private let columns: Int
    private let evaluate: (Snapshot, ChunkMembers) throws -> [[Double]]
    /// Of the inputs.
    private let inputWants: () -> Wanted
    private let inputComputes: [String]

    init(
        id: String, style: String, group: Group, _ chunks: ChunkCompute, columns: Int, wants: @escaping () -> Wanted = { [] }, inputs: [String] = [],
        _ evaluate: @escaping (Snapshot, ChunkMembers) throws -> [[Double]]
    ) {
        (self.id, self.style, self.group, self.chunks, self.columns) = (id, style, group, chunks, columns)
        (inputWants, inputComputes, self.evaluate) = (wants, inputs, evaluate)
    }

    public var shape: ComputeShape {
        var shape = columns == 0 ? ComputeShape(vector: chunks.count) : ComputeShape(arrayColumns: columns, arrayRows: chunks.count)
        shape.hasVariableRows = true
        return shape
    }
    public var wants: Wanted { inputWants() }
    public var inputs: [String] { inputComputes + [chunks.id] }

    public func vector(_ snapshot: Snapshot) throws -> [Double] { try rows(snapshot).map { $0[0] } }
    public func array(_ snapshot: Snapshot) throws -> [[Double]] { try rows(snapshot) }

    private func rows(_ snapshot: Snapshot) throws -> [[Double]] {
        try chunks.settle(snapshot)
        return try evaluate(snapshot, ChunkMembers(snapshot, group, chunks))
    }
}

/// Atoms of a group by chunk, with sums over them.
struct ChunkMembers {
    let system: System
    let compute: ChunkCompute
    /// From 1; 0 for atoms that are in none, or not in the group.
    let numbers: [Int]
    var count: Int { compute.count }

    init(_ snapshot: Snapshot, _ group: Group, _ compute: ChunkCompute) throws {
        (system, self.compute) = (snapshot.system, compute)
        let all = try compute.numbers(snapshot)
        let mask = system.atoms.mask.pointer
        numbers = all.indices.map { mask[$0] & group.bit != 0 ? all[$0] : 0 }
    }

    /// Sums of `width` numbers over the atoms of each chunk. Collective.
    func sums(_ width: Int, _ add: (_ i: Int, _ chunk: Int, _ row: UnsafeMutablePointer<Double>) -> Void) -> [[Double]] {
        var flat = [Double](repeating: 0, count: Swift.max(1, count * width))
        flat.withUnsafeMutableBufferPointer { buffer in
            for (i, number) in numbers.enumerated() where number > 0 && number <= count {
                add(i, number - 1, buffer.baseAddress! + (number - 1) * width)
            }
        }
        system.communicator.all(.sum, &flat)
        return (0..<count).map { Array(flat[$0 * width..<($0 + 1) * width]) }
    }

    func mass(_ i: Int) -> Double { system.atoms.mass[Int(system.atoms.type[i])] ?? 0 }

    /// Mass, and mean of a vector weighted by mass, of each chunk; 0 where it has no mass. Collective.
    func means(_ value: (Int) -> Vector) -> [(mass: Double, mean: Vector)] {
        sums(4) { i, _, row in
            let m = mass(i), v = value(i)
            row[0] += m
            for d in 0..<3 { row[1 + d] += v[d] * m }
        }.map { $0[0] > 0 ? ($0[0], Vector($0[1] / $0[0], $0[2] / $0[0], $0[3] / $0[0], 0)) : (0, .zero) }
    }

    /// Centres of mass. Collective.
    func centres() -> [(mass: Double, mean: Vector)] {
        let map = FractionalMap(system.box)
        return means { map.unwrapped(system.atoms.position[$0], system.atoms.image[$0]) }
    }
}

extension Vector { var components: [Double] { [x, y, z] } }

/// The styles that need no state of their own.
extension PerChunkCompute {
    private static func style(
        _ name: String, columns: Int, help: String, _ evaluate: @escaping @Sendable (ChunkMembers) throws -> [[Double]]
    ) -> ComputeStyle {
        ComputeStyle(name, usage: "compute ID GROUP \(name) CHUNKS", help: help) { id, group, words, observation in
            let chunks = try observation.chunks(words.word("the ID of a compute chunk/atom"))
            try words.finish()
            return PerChunkCompute(id: id, style: name, group: group, chunks, columns: columns) { _, members in try evaluate(members) }
        }
    }

    static let simple: [ComputeStyle] = [
        style("com/chunk", columns: 3, help: "centre of mass of each chunk") { $0.centres().map(\.mean.components) },
        style("vcm/chunk", columns: 3, help: "velocity of each chunk's centre of mass") { members in
            members.means { members.system.atoms.velocity[$0] }.map(\.mean.components)
        },
        style("angmom/chunk", columns: 3, help: "angular momentum of each chunk about its centre of mass") { angularMomenta($0).map(\.components) },
        style("inertia/chunk", columns: 6, help: "inertia tensor of each chunk: xx yy zz xy yz xz") { inertia($0) },
        style("omega/chunk", columns: 3, help: "angular velocity of each chunk") { members in
            zip(angularMomenta(members), inertia(members)).map { momentum, t in
                let tensor = Tensor(x: Vector(t[0], t[3], t[5], 0), y: Vector(t[3], t[1], t[4], 0), z: Vector(t[5], t[4], t[2], 0))
                return angularVelocity(momentum, tensor).components
            }
        },
        style("torque/chunk", columns: 3, help: "torque on each chunk about its centre of mass") { members in
            let centres = members.centres(), map = FractionalMap(members.system.box), atoms = members.system
            guard atoms.forces.force.count >= atoms.atoms.owned else {
                throw DeckError("forces have not been computed yet; use run 0 before", at: nil)
            }
            return members.sums(3) { i, chunk, row in
                let d = map.unwrapped(atoms.atoms.position[i], atoms.atoms.image[i]) - centres[chunk].mean
                let t = d.xyz.cross(atoms.forces.force[i].xyz)
                for k in 0..<3 { row[k] += t[k] }
            }
        },
    ]

    private static func angularMomenta(_ members: ChunkMembers) -> [Vector] {
        let centres = members.centres(), atoms = members.system, map = FractionalMap(atoms.box)
        return members.sums(3) { i, chunk, row in
            let d = map.unwrapped(atoms.atoms.position[i], atoms.atoms.image[i]) - centres[chunk].mean
            let l = d.xyz.cross(atoms.atoms.velocity[i].xyz) * members.mass(i)
            for k in 0..<3 { row[k] += l[k] }
        }.map { Vector($0[0], $0[1], $0[2], 0) }
    }

    private static func inertia(_ members: ChunkMembers) -> [[Double]] {
        let centres = members.centres(), atoms = members.system, map = FractionalMap(atoms.box)
        return members.sums(6) { i, chunk, row in
            let m = members.mass(i)
            let d = map.unwrapped(atoms.atoms.position[i], atoms.atoms.image[i]) - centres[chunk].mean
            row[0] += m * (d.y * d.y + d.z * d.z)
            row[1] += m * (d.x * d.x + d.z * d.z)
            row[2] += m * (d.x * d.x + d.y * d.y)
            row[3] -= m * d.x * d.y
            row[4] -= m * d.y * d.z
            row[5] -= m * d.x * d.z
        }
    }

    /// Radius of gyration of each chunk, R = sqrt(sum m |x - c|^2 / sum m), or with `tensor` the tensor behind it.
    static let gyration = ComputeStyle(
        "gyration/chunk", usage: "compute ID GROUP gyration/chunk CHUNKS [tensor]",
        help: "radius of gyration of each chunk, or its squared tensor: xx yy zz xy xz yz"
    ) { id, group, words, observation in
        let chunks = try observation.chunks(words.word("the ID of a compute chunk/atom"))
        let isTensor = words.optional("tensor")
        try words.finish()
        return PerChunkCompute(id: id, style: "gyration/chunk", group: group, chunks, columns: isTensor ? 6 : 0) { _, members in
            let centres = members.centres(), atoms = members.system, map = FractionalMap(atoms.box)
            let rows = members.sums(6) { i, chunk, row in
                let m = members.mass(i)
                let d = map.unwrapped(atoms.atoms.position[i], atoms.atoms.image[i]) - centres[chunk].mean
                for (k, (a, b)) in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)].enumerated() { row[k] += d[a] * d[b] * m }
            }
            return zip(rows, centres).map { row, centre in
                let scaled = centre.mass > 0 ? row.map { $0 / centre.mass } : row
                return isTensor ? scaled : [(scaled[0] + scaled[1] + scaled[2]).squareRoot()]
            }
        }
    }

    /// How many atoms a chunk has, its number before compressing, the coordinates of its middle.
    static let property = ComputeStyle(
        "property/chunk", usage: "compute ID GROUP property/chunk CHUNKS count|id|coord1|coord2|coord3 ...",
        help: "of each chunk: number of atoms, original number, coordinates"
    ) { id, group, words, observation in
        let chunks = try observation.chunks(words.word("the ID of a compute chunk/atom"))
        var wanted: [Int] = []
        repeat {
            let word = words.peek
            let what = try words.choice("a property of chunks", [("count", -2), ("id", -1), ("coord1", 0), ("coord2", 1), ("coord3", 2)])
            if let word, what == -1, !chunks.isCompressed { throw words.error("chunks have other numbers only with: compress yes", at: word) }
            if let word, what >= chunks.coordinateCount {
                throw words.error("these chunks have \(chunks.coordinateCount) coordinates", at: word)
            }
            wanted.append(what)
        } while !words.isAtEnd
        let properties = wanted
        return PerChunkCompute(id: id, style: "property/chunk", group: group, chunks, columns: properties.count == 1 ? 0 : properties.count) { _, members in
            let counts = properties.contains(-2) ? members.sums(1) { _, _, row in row[0] += 1 } : []
            return (0..<members.count).map { k in
                properties.map { $0 == -2 ? counts[k][0] : $0 == -1 ? Double(chunks.original(k)) : chunks.coordinates(k)[$0] }
            }
        }
    }

    /// Sum, smallest or largest value of the atoms of each chunk.
    static let reduce = ComputeStyle(
        "reduce/chunk", usage: "compute ID GROUP reduce/chunk CHUNKS sum|min|max INPUT ...   (INPUT: c_ID c_ID[i] f_ID f_ID[i] v_NAME)",
        help: "sum or extreme of per-atom values in each chunk"
    ) { id, group, words, observation in
        let chunks = try observation.chunks(words.word("the ID of a compute chunk/atom"))
        let mode = try words.choice("sum, min or max", [("sum", ReduceCompute.Mode.sum), ("min", .min), ("max", .max)])
        let place = words.location
        let values = try expandWildcards(words.remaining(), perAtom: true, observation).map { try AtomInput($0, observation, what: "input") }
        guard !values.isEmpty else { throw DeckError("compute reduce/chunk needs at least one input", at: place) }
        let computes = values.compactMap { input -> String? in
            if case .reference(let reference) = input.source, reference.kind == .compute { reference.id } else { nil }
        }
        return PerChunkCompute(
            id: id, style: "reduce/chunk", group: group, chunks, columns: values.count == 1 ? 0 : values.count,
            wants: { [unowned observation] in values.reduce([]) { $0.union($1.wants(observation)) } }, inputs: computes
        ) { snapshot, members in
            let columns = try values.map { try $0.values(snapshot) }, width = columns.count
            var flat = [Double](repeating: mode.start, count: Swift.max(1, members.count * width))
            for (i, number) in members.numbers.enumerated() where number > 0 && number <= members.count {
                for k in 0..<width { mode.add(columns[k][i], to: &flat[(number - 1) * width + k]) }
            }
            members.system.communicator.all(mode.reduction, &flat)
            return (0..<members.count).map { Array(flat[$0 * width..<($0 + 1) * width]) }
        }
    }
}

/// `compute msd/chunk`: mean squared displacement of each chunk's centre of mass since the first run with it: c_ID[i][1..4] = x, y, z, total.
/// The centres of then go into restarts. The number of chunks must stay.
public final class ChunkDisplacement: Compute {
    static let entry = ComputeStyle(
        "msd/chunk", usage: "compute ID GROUP msd/chunk CHUNKS", help: "squared displacement of each chunk's centre of mass: x, y, z, total"
    ) { id, group, words, observation in
        let chunks = try observation.chunks(words.word("the ID of a compute chunk/atom"))
        try words.finish()
        return ChunkDisplacement(id: id, group: group, chunks)
    }

    public let id: String
    public let style = "msd/chunk"
    public let group: Group
    private let chunks: ChunkCompute
    private var references: [Double] = []

    init(id: String, group: Group, _ chunks: ChunkCompute) { (self.id, self.group, self.chunks) = (id, group, chunks) }

    public var inputs: [String] { [chunks.id] }
    public var shape: ComputeShape {
        var shape = ComputeShape(arrayColumns: 4, arrayRows: chunks.count)
        shape.hasVariableRows = true
        return shape
    }

    public func prepare(_ snapshot: Snapshot) throws {
        // Chunks by values need forces first; their references are taken when they are first asked for.
        if references.isEmpty && chunks.inputs.isEmpty && chunks.wants.isEmpty { try take(snapshot) }
    }

    private func take(_ snapshot: Snapshot) throws {
        try chunks.settle(snapshot)
        references = try ChunkMembers(snapshot, group, chunks).centres().flatMap(\.mean.components)
    }

    public func array(_ snapshot: Snapshot) throws -> [[Double]] {
        if references.isEmpty { try take(snapshot) }
        try chunks.settle(snapshot)
        guard references.count == 3 * chunks.count else {
            throw DeckError("compute '\(id)' (msd/chunk): the number of chunks has changed from \(references.count / 3) to \(chunks.count)", at: nil)
        }
        return try ChunkMembers(snapshot, group, chunks).centres().enumerated().map { k, centre in
            let d = (0..<3).map { centre.mean[$0] - references[3 * k + $0] }
            return [d[0] * d[0], d[1] * d[1], d[2] * d[2], d[0] * d[0] + d[1] * d[1] + d[2] * d[2]]
        }
    }

    public func save(_ state: inout StateWriter) { state.put(references) }
    public func restore(_ state: inout StateReader) throws { references = try state.doubles() }
}

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

/// `compute chunk/spread/atom`: gives each atom what its chunk has: values of computes and fixes per chunk, as c_ID or c_ID[1...].
public final class ChunkSpread: Compute {
    static let entry = ComputeStyle(
        "chunk/spread/atom", usage: "compute ID GROUP chunk/spread/atom CHUNKS INPUT ...   (INPUT: c_ID c_ID[i] f_ID f_ID[i], a value a chunk)",
        help: "values of chunks, given to their atoms"
    ) { id, group, words, observation in
        let chunks = try observation.chunks(words.word("the ID of a compute chunk/atom"))
        let place = words.location
        let inputs = try words.remaining().map { try GlobalInput($0, isColumn: true, observation) }
        guard !inputs.isEmpty else { throw DeckError("compute chunk/spread/atom needs at least one input", at: place) }
        return ChunkSpread(id: id, group: group, chunks, inputs, observation)
    }

    public let id: String
    public let style = "chunk/spread/atom"
    public let group: Group
    private let chunks: ChunkCompute
    private let values: [GlobalInput]
    private unowned let observation: Observation

    init(id: String, group: Group, _ chunks: ChunkCompute, _ values: [GlobalInput], _ observation: Observation) {
        (self.id, self.group, self.chunks, self.values, self.observation) = (id, group, chunks, values, observation)
    }

    public var shape: ComputeShape { ComputeShape(atomColumns: values.count == 1 ? 0 : values.count) }
    public var wants: Wanted { values.reduce([]) { $0.union($1.wants(observation)) } }
    public var inputs: [String] { [chunks.id] }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        try chunks.settle(snapshot)
        let numbers = try ChunkMembers(snapshot, group, chunks).numbers
        let columns = try values.map { try $0.column(snapshot) }
        func value(_ k: Int, _ number: Int) -> Double { columns[k].indices.contains(number - 1) ? columns[k][number - 1] : 0 }
        if columns.count == 1 { return AtomValues(vector: numbers.map { value(0, $0) }) }
        var result = AtomValues(width: columns.count, count: numbers.count)
        result.values = numbers.flatMap { number in columns.indices.map { value($0, number) } }
        return result
    }
}
