import Domain
import Potentials

/// Evaluates the base potentials of an ensemble one by one on whole frames; a potential that is not an ensemble is its own single base.
public final class BaseEvaluator {
    public let names: [String]
    /// Element of each type, from type 1.
    public let elements: [String]
    /// Whether each base has an energy; a direct ensemble has none.
    public let hasEnergy: [Bool]
    /// Whether site energies are asked for.
    public let hasSiteEnergies: Bool
    private let evaluators: [FrameEvaluator]

    /// - Parameters:
    ///   - potential: prepared; its types are those of `labels` (index 0 unused).
    ///   - siteEnergies: also the energy of each atom.
    /// - Throws: `DataError` when the units have no absolute scale, or a base has no site energies where they are wanted.
    public init(_ potential: any Potential, labels: [String?], masses: [Double?], units: Units, siteEnergies: Bool = false) throws {
        let ensemble = potential as? any MemberReporting
        let bases = ensemble?.members ?? [potential]
        let names = ensemble?.memberNames ?? [potential.style]
        precondition(names.count == bases.count, "an ensemble reports on its members")
        for (base, name) in zip(bases, names) where siteEnergies && !base.capabilities.contains(.atomEnergy) {
            throw DataError(name, "has no energies of single atoms")
        }
        evaluators = try bases.map {
            try FrameEvaluator($0, labels: labels, masses: masses, units: units, siteEnergies: siteEnergies)
        }
        hasEnergy = bases.map { $0.capabilities.contains(.energy) }
        self.names = names
        elements = labels.dropFirst().map { $0 ?? "?" }
        hasSiteEnergies = siteEnergies
    }

    public func types(of frame: Frame) throws -> [Int32] { try evaluators[0].types(of: frame) }

    /// Each base's prediction. - Throws: `DataError` for a force or energy that is not finite, naming frame, atom and model.
    func evaluate(_ frame: Frame) throws -> [Prediction] {
        try evaluators.indices.map { k in
            let prediction = try evaluators[k].evaluate(frame)[0]
            guard prediction.energy.isFinite || !hasEnergy[k] else {
                throw DataError(frame.place, "the energy of \(names[k]) is \(prediction.energy)")
            }
            return prediction
        }
    }
}

/// What K base potentials say of this rank's frames, and what the reference says, in flat arrays: eV and eV/Angstrom.
///
/// Atoms of all frames follow each other: frame f has atoms firstAtom[f] ..< firstAtom[f + 1].
public struct BasePredictions: Sendable {
    public let names: [String]
    /// Element of each type, from type 1.
    public let elements: [String]
    /// frames + 1 entries.
    public private(set) var firstAtom: [Int] = [0]
    /// Type of each atom, from 1.
    public private(set) var types: [Int32] = []
    /// Place of each frame among the selected ones of all ranks.
    public let places: [Int]
    public let total: Int
    /// [frames, K]; NaN for a base without energy.
    public private(set) var energies: [Double] = []
    /// [atoms, K, 3]
    public private(set) var forces: [Double] = []
    /// [atoms, K]; empty unless asked for.
    public private(set) var siteEnergies: [Double] = []
    /// [frames]; NaN where the data have none.
    public private(set) var referenceEnergies: [Double] = []
    /// [atoms, 3]; NaN where the data have none.
    public private(set) var referenceForces: [Double] = []

    public var baseCount: Int { names.count }
    public var frameCount: Int { places.count }
    public var atomCount: Int { types.count }
    public func atoms(of frame: Int) -> Range<Int> { firstAtom[frame]..<firstAtom[frame + 1] }

    /// The references alone, for the training of a base potential: K = 0.
    /// - Parameter labels: element of each type (index 0 unused).
    /// - Throws: `DataError` naming an element that no type has as its label.
    public init(references set: FrameSet, labels: [String?]) throws {
        let types = TypeLabels(labels)
        try self.init(references: set, names: [], elements: labels.dropFirst().map { $0 ?? "?" }) { try types.types(of: $0) }
    }

    private init(references set: FrameSet, _ evaluator: BaseEvaluator) throws {
        try self.init(references: set, names: evaluator.names, elements: evaluator.elements) { try evaluator.types(of: $0) }
    }

    private init(references set: FrameSet, names: [String], elements: [String], types typesOf: (Frame) throws -> [Int32]) throws {
        (self.names, self.elements, places, total) = (names, elements, set.places, set.total)
        for frame in set.frames {
            types += try typesOf(frame)
            firstAtom.append(types.count)
            referenceEnergies.append(frame.energy ?? .nan)
            referenceForces += frame.forces?.flatMap { [$0.x, $0.y, $0.z] } ?? Array(repeating: .nan, count: 3 * frame.count)
        }
    }

    /// Evaluates every base on every frame of this rank, without communication.
    /// - Parameter progress: told the number of frames that are done.
    /// - Throws: `DataError` naming frame and base.
    public init(_ set: FrameSet, _ evaluator: BaseEvaluator, progress: (Int) -> Void = { _ in }) throws {
        try self.init(set, evaluator: { _ in evaluator }, progress: progress)
    }

    /// The same with bases that depend on the frame, such as those that were trained without it.
    /// - Parameter evaluator: of the frame at this place among the selected ones; names and elements are the same for all.
    public init(_ set: FrameSet, evaluator: (Int) -> BaseEvaluator, progress: (Int) -> Void = { _ in }) throws {
        let first = evaluator(0)
        try self.init(references: set, first)
        let K = baseCount
        forces = Array(repeating: 0, count: 3 * K * atomCount)
        if first.hasSiteEnergies { siteEnergies = Array(repeating: 0, count: K * atomCount) }
        for (f, frame) in set.frames.enumerated() {
            let predictions = try evaluator(places[f]).evaluate(frame)
            energies += predictions.map(\.energy)
            for (k, prediction) in predictions.enumerated() {
                for (i, force) in zip(atoms(of: f), prediction.forces) {
                    let at = 3 * (i * K + k)
                    (forces[at], forces[at + 1], forces[at + 2]) = (force.x, force.y, force.z)
                }
                for (i, energy) in zip(atoms(of: f), prediction.siteEnergies ?? []) { siteEnergies[i * K + k] = energy }
            }
            progress(f + 1)
        }
    }

    /// With predictions that were computed before: for each frame its number of atoms, K energies, then forces and, where asked for,
    /// site energies of its atoms.
    /// - Throws: `DataError` when they are not of these frames.
    package init(_ set: FrameSet, _ evaluator: BaseEvaluator, stream: [Double]) throws {
        try self.init(references: set, evaluator)
        var at = stream.startIndex
        func take(_ count: Int) throws -> ArraySlice<Double> {
            guard stream.count - at >= count else { throw DataError(set.path, "has more atoms than its predictions") }
            defer { at += count }
            return stream[at..<at + count]
        }
        for f in 0..<frameCount {
            let n = atoms(of: f).count
            guard try take(1).first == Double(n) else { throw DataError(set.path, "has other frames than its predictions") }
            energies += try take(baseCount)
            forces += try take(3 * baseCount * n)
            if evaluator.hasSiteEnergies { siteEnergies += try take(baseCount * n) }
        }
        guard at == stream.count else { throw DataError(set.path, "has fewer atoms than its predictions") }
    }

    /// The inverse of `init(_:_:stream:)`.
    var stream: [Double] {
        var values: [Double] = []
        let K = baseCount
        for f in 0..<frameCount {
            let atoms = atoms(of: f)
            values.append(Double(atoms.count))
            values += energies[f * K..<(f + 1) * K]
            values += forces[3 * K * atoms.lowerBound..<3 * K * atoms.upperBound]
            if !siteEnergies.isEmpty { values += siteEnergies[K * atoms.lowerBound..<K * atoms.upperBound] }
        }
        return values
    }
}
