import ArgumentParser
import Domain
import Fitting

/// The part of a data set that base potentials are trained on, or the one that is kept for what is stacked upon them.
enum DataPart: String, ExpressibleByArgument, CaseIterable {
    case bases, stack
}

/// Which frames of a data set are used. Parts are those of `mdfit split` with the same fraction, seed and block.
struct DataOptions: ParsableArguments {
    @Option(help: "Use every N-th frame only, beginning with the first.")
    var every = 1

    @Option(help: "Of TRAIN use only this part: bases, the first part of mdfit split, or stack, the other one.")
    var part: DataPart?

    @Option(help: "The fraction of TRAIN's frames that is the bases' part.")
    var fraction = 0.8

    @Option(help: "The seed of parts and of folds.")
    var splitSeed = 1

    @Option(help: "So many consecutive frames stay together in parts and folds: more than a trajectory's correlation time.")
    var block = 1

    func validate() throws {
        guard every > 0 else { throw ValidationError("--every must be positive, not \(every)") }
        guard block > 0 else { throw ValidationError("--block must be positive, not \(block)") }
        guard fraction > 0, fraction < 1 else { throw ValidationError("--fraction must be between 0 and 1, not \(fraction)") }
    }

    var train: FrameSelection {
        FrameSelection(every: every, split: part.map { ([fraction, 1 - fraction], $0 == .bases ? 0 : 1, splitSeed, block) })
    }

    /// What a training leaves out, for its files: the fold and all that it follows from.
    /// - Parameter count: frames that are divided into folds.
    func description(of fold: Fold, count: Int) -> String {
        let part = part.map { ", the \($0) part at \(fraction)" } ?? ""
        return "fold \(fold.number)/\(fold.count) of \(count) frames (seed \(splitSeed), block \(block), every \(every)\(part))"
    }

    /// Data to measure on are not divided.
    var test: FrameSelection { FrameSelection(every: every) }
}

/// The predictions of one deck's bases on this rank's frames of a data set: from the cache if one is named and is up to date, else
/// computed. Collective.
/// - Throws: on every rank, what any rank met.
func basePredictions(
    _ decks: BaseDecks, _ path: String, _ selection: FrameSelection, cache folder: String?, _ communicator: any Communicator
) throws -> BasePredictions {
    var numbers: [Int] = []
    try agree(communicator) { numbers = selection.numbers(of: try countFrames(path)) }
    return try basePredictions(decks, path, numbers: numbers, cache: folder, communicator).1
}

/// The same for the frames of these numbers, with the frames themselves.
/// - Parameter choice: which deck predicts each of them; empty: the first.
func basePredictions(
    _ decks: BaseDecks, _ path: String, numbers: [Int], choice: [Int] = [], cache folder: String?, _ communicator: any Communicator
) throws -> (FrameSet, BasePredictions) {
    let evaluator = decks.evaluators[0]
    var read: FrameSet?
    try agree(communicator) { read = try FrameSet(path, numbers: numbers, rank: communicator.rank, size: communicator.size) }
    let set = read!
    // An element that the deck does not know is an error of one rank; reading the cache must not be left half-way.
    try agree(communicator) { for frame in set.frames { _ = try evaluator.types(of: frame) } }
    let cache = folder.map { (folder: String) -> PredictionCache in
        let inputs = decks.predicting.flatMap { $0.inputDigest(communicator) } + Array("\(choice)".utf8)
        return PredictionCache(folder: folder, inputs: inputs, geometry: set.geometryDigest(communicator), evaluator)
    }
    if let cache {
        let (predictions, reason) = try cache.read(set, evaluator, communicator)
        if communicator.rank == 0 {
            if predictions != nil { print("# predictions on \(path) are those of \(cache.path)") }
            if !reason.isEmpty { print("# predictions are computed anew: \(reason)") }
        }
        if let predictions { return (set, predictions) }
    }
    var bar = ProgressBar(total: set.total, isWriter: communicator.rank == 0)
    var computed: BasePredictions?
    try agree(communicator) {
        defer { bar.clear() }
        computed = try BasePredictions(
            set, evaluator: { decks.evaluators[choice.isEmpty ? 0 : choice[$0]] },
            progress: { bar.show(min(set.total, $0 * communicator.size)) })
    }
    try cache?.write(computed!, communicator)
    return (set, computed!)
}
