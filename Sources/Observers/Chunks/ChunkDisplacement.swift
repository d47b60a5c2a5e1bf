import Deck
import Domain
import Integrators

/// `compute msd/chunk`: mean squared displacement of each chunk's centre of mass since the first run with it: c_ID[i][1..4] = x, y, z,
/// total. The centres of then go into restarts. The number of chunks must stay.
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
            throw DeckError(
                "compute '\(id)' (msd/chunk): the number of chunks has changed from \(references.count / 3) to \(chunks.count)", at: nil)
        }
        return try ChunkMembers(snapshot, group, chunks).centres().enumerated().map { k, centre in
            let d = (0..<3).map { centre.mean[$0] - references[3 * k + $0] }
            return [d[0] * d[0], d[1] * d[1], d[2] * d[2], d[0] * d[0] + d[1] * d[1] + d[2] * d[2]]
        }
    }

    public func save(_ state: inout StateWriter) { state.put(references) }
    public func restore(_ state: inout StateReader) throws { references = try state.doubles() }
}
