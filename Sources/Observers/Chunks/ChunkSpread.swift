import Deck
import Domain
import Integrators

/// `compute chunk/spread/atom`: gives each atom what its chunk has: values of computes and fixes per chunk, as c_ID or c_ID[1...].
public final class ChunkSpread: Compute {
    static let entry = ComputeStyle(
        "chunk/spread/atom",
        usage: "compute ID GROUP chunk/spread/atom CHUNKS INPUT ...   (INPUT: c_ID c_ID[i] f_ID f_ID[i], a value a chunk)",
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
