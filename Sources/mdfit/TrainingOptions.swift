import ArgumentParser
import Domain
import Fitting
import Potentials

/// How a network is trained.
struct TrainingOptions: ParsableArguments {
    @Option(help: "Epochs altogether.")
    var epochs = 100

    @Option(help: "Stop after this epoch; --checkpoint continues later.")
    var until: Int?

    @Option(help: "Frames of a step, over all ranks.")
    var batch = 8

    @Option(help: "The learning rate at its highest.")
    var rate = 1e-3

    @Option(help: "The learning rate in the end.")
    var lastRate = 1e-6

    @Option(help: "Steps over which the rate rises.")
    var warmUp = 200

    @Option(help: "Stop after so many epochs without a better validation error; 0: never.")
    var patience = 0

    @Option(help: "Fraction of the frames that training is judged by, and not trained on.")
    var hold = 0.05

    @Option(help: "Decay of weights a step, times the rate.")
    var decay = 0.0

    @Option(help: "Longest gradient, in root mean squares of the recent ones.")
    var clip = 3.0

    @Option(help: "The average of parameters forgets over 1 / (1 - this) steps.")
    var averaging = 0.999

    @Option(help: "Weight of forces in the objective.")
    var forceWeight = 1.0

    @Option(help: "Weight of the energy, eV an atom.")
    var energyWeight = 1.0

    @Option(help: "Force errors count squared well below this and linearly beyond, eV/Angstrom; 0: squared always.")
    var delta = 0.05

    @Option(help: "The same for the energy, eV an atom.")
    var energyDelta = 0.01

    @Option(help: "Seed of first guesses and of the frames' order.")
    var seed = 1

    @Flag(help: "Train in double precision.")
    var double = false

    @Option(help: "Checkpoint, written after each epoch and continued from if it is there.")
    var checkpoint: String?

    @Option(help: "Write the training's curve to this CSV file (scripts/plot_training.py draws it).")
    var curve: String?

    var precision: LearningPrecision { double ? .double : .single }

    func validate() throws {
        for (name, value) in [("epochs", epochs), ("batch", batch), ("warm-up", warmUp + 1)] where value < 1 {
            throw ValidationError("--\(name) is too small")
        }
        guard hold > 0, hold < 1 else { throw ValidationError("--hold must be between 0 and 1, not \(hold)") }
    }

    var objective: StackObjective {
        var objective = StackObjective()
        (objective.forceWeight, objective.energyWeight) = (forceWeight, energyWeight)
        (objective.forceDelta, objective.energyDelta) = (delta > 0 ? delta : nil, energyDelta > 0 ? energyDelta : nil)
        return objective
    }

    /// - Parameter connected: how many epochs, the last ones, are trained with connected features.
    func schedule(connected: Int = 0) -> StackTrainer.Schedule {
        var schedule = StackTrainer.Schedule()
        (schedule.epochs, schedule.connected, schedule.batch) = (epochs, connected, batch)
        (schedule.peak, schedule.end, schedule.warmUp) = (rate, lastRate, warmUp)
        schedule.patience = patience > 0 ? patience : nil
        schedule.seed = UInt64(bitPattern: Int64(seed))
        return schedule
    }

    var optimizer: AdamW.Settings {
        var settings = AdamW.Settings()
        (settings.decay, settings.clip, settings.averaging) = (decay, clip, averaging)
        return settings
    }

    /// All that a continued training must have in common with the one it continues.
    func description(connected: Int = 0) -> String {
        "\(schedule(connected: connected)) \(optimizer) \(objective) hold \(hold) \(double ? "double" : "single")"
    }

    /// Frame numbers of a data set to train on and to judge by.
    struct Parts {
        var training: [Int]
        var held: [Int]
        /// All that the data options select, ascending.
        var selected: [Int]
    }

    /// Collective.
    /// - Parameter leftOut: frames of the data that are used for neither.
    func parts(
        of path: String, _ data: DataOptions, without leftOut: Fold? = nil, _ communicator: any Communicator
    ) throws -> Parts {
        var selected: [Int] = []
        try agree(communicator) { selected = data.train.numbers(of: try countFrames(path)) }
        var numbers = selected
        if let leftOut {
            let folds = FrameSplit.folds(leftOut.count, count: selected.count, seed: data.splitSeed, block: data.block)
            numbers = zip(selected, folds).filter { $0.1 != leftOut.number - 1 }.map(\.0)
        }
        let split = FrameSplit(count: numbers.count, fractions: [1 - hold, hold], seed: data.splitSeed + 1, block: data.block)
        let (a, b) = (split.parts[0].map { numbers[$0] }, split.parts[1].map { numbers[$0] })
        guard !a.isEmpty, !b.isEmpty else { throw DataError(path, "\(numbers.count) frames cannot be divided by --hold \(hold)") }
        return Parts(training: a, held: b, selected: selected)
    }
}
