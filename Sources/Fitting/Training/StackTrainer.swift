import Domain
import Potentials

/// Trains a network, a stacked ensemble's or a base potential, data-parallel over frames: every rank visits its own frames of a batch,
/// gradients are summed over ranks, and all ranks make the same step.
public final class StackTrainer {
    public struct Schedule: Sendable, Equatable {
        /// Epochs altogether, of which the last `connected` are trained with connected features.
        public var epochs = 100
        public var connected = 0
        public var batch = 8
        public var peak = 1e-3
        public var end = 1e-6
        public var warmUp = 200
        /// Stop after so many epochs without a better validation error; nil: never.
        public var patience: Int?
        public var seed: UInt64 = 1
        public init() {}
    }

    /// One line of the training's curve.
    public struct Epoch: Sendable {
        public var number: Int
        public var isConnected: Bool
        public var rate: Double
        public var training: StackErrors
        /// Of the averaged parameters.
        public var validation: StackErrors
        public var isBest: Bool
        public var seconds: Double
    }

    public let schedule: Schedule
    public let learner: any Learner
    private let training: StackTask
    private let validation: StackTask
    private let communicator: any Communicator
    public private(set) var optimizer: AdamW
    /// Epochs that are done.
    public private(set) var epoch = 0
    /// Averaged parameters of the best validation objective so far of the present phase.
    public private(set) var best: (objective: Double, parameters: [Double], epoch: Int)

    public init(
        _ learner: any Learner, training: StackTask, validation: StackTask, _ schedule: Schedule, _ settings: AdamW.Settings,
        _ communicator: any Communicator
    ) {
        (self.learner, self.training, self.validation, self.schedule) = (learner, training, validation, schedule)
        self.communicator = communicator
        optimizer = AdamW(learner.parameters, settings)
        best = (.infinity, learner.parameters, 0)
    }

    public var isFinished: Bool {
        epoch >= schedule.epochs || schedule.patience.map { epoch - best.epoch >= $0 && best.epoch > 0 } ?? false
    }

    /// Of all ranks.
    public var trainingFrames: Int { training.frames.total }
    public var validationFrames: Int { validation.frames.total }

    public var stepsPerEpoch: Int { (training.frames.total + schedule.batch - 1) / schedule.batch }

    /// One pass over the training frames, then one over the validation frames. Collective.
    /// - Parameter progress: told the steps that are done.
    public func runEpoch(_ progress: (Int) -> Void = { _ in }) throws -> Epoch {
        let start = ContinuousClock.now
        let isConnected = epoch >= schedule.epochs - schedule.connected
        // Errors of the two phases are not the same quantity.
        if isConnected, epoch == schedule.epochs - schedule.connected { best = (.infinity, optimizer.average, epoch) }
        let rate = LearningRate(peak: schedule.peak, end: schedule.end, warmUp: schedule.warmUp, steps: schedule.epochs * stepsPerEpoch)
        var errors = StackErrors()
        let order = shuffled()
        for step in 0..<stepsPerEpoch {
            learner.load(optimizer.parameters)
            // This rank's share of the batch, by place among all frames of the epoch.
            let from = step * order.count / stepsPerEpoch, to = (step + 1) * order.count / stepsPerEpoch
            try agreeing { for at in from..<to { try training.visit(order[at], isConnected: isConnected, learns: true, into: &errors) } }
            var gradient = learner.gradient()
            gradient.append(Double(to - from))
            communicator.all(.sum, &gradient)
            let count = gradient.removeLast()
            guard count > 0 else { continue }
            for k in gradient.indices { gradient[k] /= count }
            optimizer.update(gradient, rate: rate(optimizer.step))
            progress(step + 1)
        }
        errors.sum(communicator)
        let judged = try validate(optimizer.average, isConnected: isConnected)
        epoch += 1
        let isBest = judged.meanObjective < best.objective
        if isBest { best = (judged.meanObjective, optimizer.average, epoch) }
        return Epoch(
            number: epoch, isConnected: isConnected, rate: rate(optimizer.step - 1), training: errors, validation: judged, isBest: isBest,
            seconds: (ContinuousClock.now - start).inSeconds)
    }

    /// Errors of these parameters on the validation frames. Collective.
    public func validate(_ parameters: [Double], isConnected: Bool) throws -> StackErrors {
        learner.load(parameters)
        var errors = StackErrors()
        try agreeing {
            for f in 0..<validation.frameCount { try validation.visit(f, isConnected: isConnected, learns: false, into: &errors) }
        }
        errors.sum(communicator)
        return errors
    }

    /// This rank's frames in the order of this epoch.
    private func shuffled() -> [Int] {
        let random = KeyedRandom(seed: Int(schedule.seed), stream: 0x53485546)
        let keys = (0..<training.frameCount).map { f in
            let w = random.words(id: Int64(training.frames.places[f]), step: epoch)
            return UInt64(w.x) << 32 | UInt64(w.y)
        }
        return (0..<training.frameCount).sorted { (keys[$0], $0) < (keys[$1], $1) }
    }

    /// Runs `body` on each rank; what one throws is told to all before the next message.
    private func agreeing(_ body: () throws -> Void) throws {
        var failure: (any Error)?
        do { try body() } catch { failure = error }
        guard communicator.any(failure != nil) else { return }
        throw failure ?? DataError("training", "another rank has met an error")
    }

    // MARK: - Continuing

    /// Everything that a continued training needs beside data and settings.
    package func restore(epoch: Int, optimizer: AdamW, best: (objective: Double, parameters: [Double], epoch: Int)) {
        (self.epoch, self.optimizer, self.best) = (epoch, optimizer, best)
    }
}
