import Deck
import Domain
import Integrators
import Potentials

/// A compute of the atoms of each chunk of a `compute chunk/atom`, those of the compute's group: c_ID[i] where there is one value a chunk,
/// else c_ID[i][j], row i being chunk i. Positions are unwrapped.
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
        id: String, style: String, group: Group, _ chunks: ChunkCompute, columns: Int, wants: @escaping () -> Wanted = { [] },
        inputs: [String] = [],
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
        style("angmom/chunk", columns: 3, help: "angular momentum of each chunk about its centre of mass") {
            angularMomenta($0).map(\.components)
        },
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
            if let word, what == -1, !chunks.isCompressed {
                throw words.error("chunks have other numbers only with: compress yes", at: word)
            }
            if let word, what >= chunks.coordinateCount {
                throw words.error("these chunks have \(chunks.coordinateCount) coordinates", at: word)
            }
            wanted.append(what)
        } while !words.isAtEnd
        let properties = wanted
        return PerChunkCompute(id: id, style: "property/chunk", group: group, chunks, columns: properties.count == 1 ? 0 : properties.count)
        { _, members in
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
        let values = try expandWildcards(words.remaining(), perAtom: true, observation).map {
            try AtomInput($0, observation, what: "input")
        }
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
