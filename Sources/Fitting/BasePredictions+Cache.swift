import Digest
import Domain
import Foundation
import Potentials

/// Predictions in a safetensors file, so that they are computed once for many trainings:
///
///     natoms [frames]    energies [frames, K]    forces [atoms, K, 3]    site_energies [atoms, K], where asked for     (F64; eV, Angstrom)
///     __metadata__: format, version, bases (JSON), key, content
///
/// `key` is a digest of all that predictions depend on; a file whose key is another one is not used. `content` is the digest of the
/// numbers, so that a damaged file is not used either. Frames are in their order, whatever the number of ranks.
public struct PredictionCache: Sendable {
    public static let format = "mdrun-base-predictions"
    public let path: String
    private let key: String
    private let hasSiteEnergies: Bool

    /// - Parameters:
    ///   - folder: where the file is or will be.
    ///   - inputs: digest of the deck's text, of model files, and of the program.
    ///   - geometry: `FrameSet.geometryDigest`.
    public init(folder: String, inputs: [UInt8], geometry: [UInt8], _ evaluator: BaseEvaluator) {
        var hash = SHA256()
        hash.update("\(Self.format) 1 \(evaluator.hasSiteEnergies)")
        for text in evaluator.names + evaluator.elements { hash.update(text) }
        hash.update(inputs + geometry)
        key = hexadecimal(hash.digest())
        hasSiteEnergies = evaluator.hasSiteEnergies
        path = "\(folder)/predictions-\(key.prefix(16)).safetensors"
    }

    /// The predictions of this rank's frames; nil, with the reason if there is a file, when they have to be computed. Collective.
    public func read(
        _ set: FrameSet, _ evaluator: BaseEvaluator, _ communicator: any Communicator
    ) throws -> (predictions: BasePredictions?, reason: String) {
        var parcels = [[UInt8]](repeating: [], count: communicator.size), reason = ""
        if communicator.rank == 0 {
            if !InputFile.exists(path) {
                reason = "absent"
            } else {
                do { parcels = try streams(evaluator, ranks: communicator.size).map(encoded) } catch { reason = "\(error)" }
            }
        }
        reason = String(decoding: communicator.broadcast(Array(reason.utf8)), as: UTF8.self)
        guard reason.isEmpty else { return (nil, reason == "absent" ? "" : reason) }
        let received = communicator.allToAll(parcels)[0]
        let predictions = try? BasePredictions(set, evaluator, stream: decoded(received))
        guard !communicator.any(predictions == nil) else { return (nil, "\(path): is of other frames") }
        return (predictions, "")
    }

    /// Reads, checks and deals out the frames. On rank 0.
    private func streams(_ evaluator: BaseEvaluator, ranks: Int) throws -> [[Double]] {
        let file = try InputFile(path)
        let tensors = try Safetensors(try file.read(file.size, at: 0), file: path, at: nil)
        guard tensors.metadata["format"] == Self.format, tensors.metadata["key"] == key else {
            throw DataError(path, "was made from another potential, data set or program")
        }
        let K = evaluator.names.count
        let natoms = try tensors.tensor("natoms", shape: tensors.shape("natoms") ?? [0]).map { Int($0) }
        let atoms = natoms.reduce(0, +)
        var energies = try tensors.tensor("energies", shape: [natoms.count, K])
        let forces = try tensors.tensor("forces", shape: [atoms, K, 3])
        let sites = evaluator.hasSiteEnergies ? try tensors.tensor("site_energies", shape: [atoms, K]) : []
        guard tensors.metadata["content"] == Self.digest(natoms, energies, forces, sites) else { throw DataError(path, "is damaged") }
        for at in energies.indices where !evaluator.hasEnergy[at % K] { energies[at] = .nan }
        var streams = [[Double]](repeating: [], count: ranks), first = 0
        for (f, n) in natoms.enumerated() {
            let rank = f % ranks
            streams[rank].append(Double(n))
            streams[rank] += energies[f * K..<(f + 1) * K]
            streams[rank] += forces[3 * K * first..<3 * K * (first + n)]
            if evaluator.hasSiteEnergies { streams[rank] += sites[K * first..<K * (first + n)] }
            first += n
        }
        return streams
    }

    /// Writes the file, in one step, so that no reader sees half of it. Collective.
    /// - Throws: `DataError` on every rank when rank 0 cannot write.
    public func write(_ predictions: BasePredictions, _ communicator: any Communicator) throws {
        var problem = ""
        if let parts = communicator.gather(encoded(predictions.stream)) {
            do {
                try write(parts.map(decoded), predictions)
            } catch let error as DataError {
                problem = error.message
            } catch {
                problem = "cannot be written: \(error)"
            }
        }
        problem = String(decoding: communicator.broadcast(Array(problem.utf8)), as: UTF8.self)
        guard problem.isEmpty else { throw DataError(path, problem) }
    }

    private func write(_ streams: [[Double]], _ predictions: BasePredictions) throws {
        let K = predictions.baseCount
        var natoms: [Int] = [], energies: [Double] = [], forces: [Double] = [], sites: [Double] = []
        var at = [Int](repeating: 0, count: streams.count)
        for f in 0..<predictions.total {
            let rank = f % streams.count
            func take(_ count: Int) -> ArraySlice<Double> {
                defer { at[rank] += count }
                return streams[rank][at[rank]..<at[rank] + count]
            }
            let n = Int(take(1).first!)
            natoms.append(n)
            energies += take(K).map { $0.isNaN ? 0 : $0 }
            forces += take(3 * K * n)
            if hasSiteEnergies { sites += take(K * n) }
        }
        var writer = SafetensorsWriter(metadata: [
            "format": Self.format, "version": "1", "key": key, "content": Self.digest(natoms, energies, forces, sites),
            "bases": String(decoding: try JSONEncoder().encode(predictions.names), as: UTF8.self),
        ])
        let atoms = natoms.reduce(0, +)
        writer.add("natoms", shape: [natoms.count], natoms.map(Double.init))
        writer.add("energies", shape: [natoms.count, K], energies)
        writer.add("forces", shape: [atoms, K, 3], forces)
        if hasSiteEnergies { writer.add("site_energies", shape: [atoms, K], sites) }
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(try writer.bytes()).write(to: url, options: .atomic)
    }

    private static func digest(_ natoms: [Int], _ energies: [Double], _ forces: [Double], _ sites: [Double]) -> String {
        var hash = SHA256()
        hash.update(encoded(natoms.map(Double.init)))
        for values in [energies, forces, sites] { hash.update(encoded(values)) }
        return hexadecimal(hash.digest())
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
