import ArgumentParser
import Domain
import Fitting
import Foundation
import Potentials

extension StackConfiguration.Kind: ExpressibleByArgument {}
extension StackConfiguration.Features: ExpressibleByArgument {}
extension StackConfiguration.Gate: ExpressibleByArgument {}

/// `mdfit stack train`: trains the network of a stacked ensemble.
struct StackTrainCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a stacked ensemble on top of base potentials.",
        discussion: """
            POTENTIAL.in is a deck as for mdfit evaluate, with a pair_style ensemble/... whose members are the bases. The result is read by \
            pair_style ensemble/direct or ensemble/conservative. Started by mpirun, frames of a batch go to all ranks.

            A conservative ensemble is trained with its features held constant first, and with connected features, as it runs, for the last \
            --connected epochs, which cost two passes on duals of every base, as every epoch with a gate does. Parameters are averaged over steps; the file holds the average \
            that was best on the validation frames, in the present phase.
            """)

    @Argument(help: "The base potentials: units, labelmap, pair_style ensemble/..., pair_coeff.")
    var potential: String

    @Argument(help: "Training data: extended XYZ file or DeePMD-kit folder.")
    var train: String

    @Argument(help: "The file to write, NAME.safetensors.")
    var output: String

    @Option(help: "direct or conservative.")
    var kind = StackConfiguration.Kind.conservative

    @Option(help: "What the network knows of the bases: forces, or geometry only.")
    var features = StackConfiguration.Features.forces

    @Option(help: "How a conservative ensemble weights energies: none (constants), local (by each atom's surroundings), or global (one set for a structure, not extensive).")
    var gate = StackConfiguration.Gate.none

    @Flag(help: "Use the deck's elements only, not its bases: a single network of the same size, for comparison.")
    var withoutBases = false

    @OptionGroup var data: DataOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var training: TrainingOptions

    @Option(help: "Start from the parameters of this stacked ensemble, of the same network; features of forces that it lacks start at zero.")
    var from: String?

    @Option(help: "Checkpoint, written after each epoch and continued from if it is there.")
    var checkpoint: String?

    @Option(help: "Write the training's curve to this CSV file (scripts/plot_training.py draws it).")
    var curve: String?

    @Option(help: "Keep predictions of bases in this folder and use those that are still right.")
    var cache: String?

    func run(_ communicator: any Communicator) throws {
        let deck = try PotentialDeck(potential, communicator)
        let isWriter = communicator.rank == 0
        let evaluator = try BaseEvaluator(
            deck.potential, labels: deck.labels, masses: deck.masses, units: deck.units, siteEnergies: gate != .none)
        guard deck.units.name == .metal else { throw DataError(potential, "training takes eV and Angstrom: use units metal") }
        let split = try parts(communicator)
        func load(_ numbers: [Int]) throws -> (FrameSet, BasePredictions) {
            try basePredictions(deck, evaluator, train, numbers: numbers, cache: cache, communicator)
        }
        let (trainingSet, trainingPredictions) = try load(split.training)
        let (heldSet, heldPredictions) = try load(split.held)

        let learner = try makeLearner(deck, trainingPredictions, communicator)
        let members = try connectedMembers(deck, learner.configuration)
        func task(_ set: FrameSet, _ predictions: BasePredictions) -> StackTask {
            StackTask(set, predictions, learner, training.objective, bases: members, labels: deck.labels, masses: deck.masses)
        }
        let trainer = StackTrainer(
            learner, training: task(trainingSet, trainingPredictions), validation: task(heldSet, heldPredictions), training.schedule,
            training.optimizer, communicator)
        var curve = StackCurve(trainer, deck: potential, held: split.held.count)
        let settings = "\(try learner.configuration.json) \(training.description) \(split.training.count) \(split.held.count)"
        if let checkpoint, FileManager.default.fileExists(atPath: checkpoint) {
            var earlier = ""
            try agree(communicator) {
                earlier = try TrainingCheckpoint.restore(
                    trainer, settings: settings, from: Array(Data(contentsOf: URL(fileURLWithPath: checkpoint))), path: checkpoint)
            }
            curve.csv = earlier
            if isWriter { print("# continues \(checkpoint) after epoch \(trainer.epoch)") }
        }
        if isWriter {
            print("# \(potential): \(learner.parameters.count) parameters, \(trainingSet.total) frames to train on, \(heldSet.total) to judge by")
            print(curve.heading)
        }
        while !trainer.isFinished, trainer.epoch < training.until ?? .max {
            var bar = ProgressBar(total: trainer.stepsPerEpoch, isWriter: isWriter)
            let epoch = try trainer.runEpoch { bar.show($0) }
            bar.clear()
            curve.add(epoch)
            try agree(communicator) {
                guard isWriter else { return }
                print(curve.line(epoch))
                fflush(nil)
                if let path = self.curve { try writeFile(Array(curve.csv.utf8), path) }
                if epoch.isBest || trainer.isFinished { try writeFile(try best(trainer), output) }
                if let checkpoint { try TrainingCheckpoint.write(trainer, settings: settings, curve: curve.csv, to: checkpoint) }
            }
        }
        try agree(communicator) {
            guard isWriter else { return }
            try writeFile(try best(trainer), output)
            print("# \(output): parameters of epoch \(trainer.best.epoch)")
        }
    }

    /// Frame numbers to train on and to judge by.
    private func parts(_ communicator: any Communicator) throws -> (training: [Int], held: [Int]) {
        var numbers: [Int] = []
        try agree(communicator) { numbers = data.train.numbers(of: try countFrames(train)) }
        let split = FrameSplit(
            count: numbers.count, fractions: [1 - training.hold, training.hold], seed: data.splitSeed + 1, block: data.block)
        let (a, b) = (split.parts[0].map { numbers[$0] }, split.parts[1].map { numbers[$0] })
        guard !a.isEmpty, !b.isEmpty else { throw DataError(train, "\(numbers.count) frames cannot be divided by --hold \(training.hold)") }
        return (a, b)
    }

    private func makeLearner(_ deck: PotentialDeck, _ p: BasePredictions, _ communicator: any Communicator) throws -> StackLearner {
        if let from {
            let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: from)))
            let file = try StackFile(bytes, path: from, at: nil)
            guard file.configuration.elements == p.elements, file.configuration.bases == (withoutBases ? [] : p.names) else {
                throw DataError(
                    from, "is for \(file.configuration.elements) and bases \(file.configuration.bases), not \(p.elements) and \(p.names)")
            }
            var configuration = file.configuration
            configuration.features = features
            guard configuration.kind == kind, configuration.gate == gate else {
                throw DataError(from, "is \(configuration.kind) with gate \(configuration.gate): not what --kind and --gate ask for")
            }
            return try StackLearner(file, configuration, precision: training.precision)
        }
        let weights = withoutBases ? [] : ErrorMoments(p, communicator).sum().minimumVariance(Array(p.names.indices))
        var configuration = StackConfiguration(kind: kind, elements: p.elements, bases: withoutBases ? [] : p.names, weights: weights)
        network.apply(to: &configuration)
        (configuration.features, configuration.gate) = (features, gate)
        if gate != .none { configuration.references = StackSetup.references(p, communicator) }
        if kind == .conservative {
            configuration.energyOffsets = StackSetup.offsets(
                p, weights: gate == .none ? weights : configuration.prior, references: configuration.references, communicator)
        }
        if !withoutBases {
            let scales = StackSetup.scales(p, weights: weights, communicator)
            configuration.forceScale = max(scales.force, 1e-3)
            configuration.deviationScale = max(scales.deviation, 1e-3)
        }
        configuration.provenance = ["frames": "\(p.total)", "deck": potential, "data": train, "seed": "\(training.seed)"]
        if let fault = configuration.fault { throw DataError(output, fault) }
        return try StackLearner(configuration, seed: UInt64(training.seed), precision: training.precision)
    }

    /// The bases, where connected features need them.
    private func connectedMembers(_ deck: PotentialDeck, _ configuration: StackConfiguration) throws -> MemberSet? {
        let connects = training.connected > 0 && configuration.features == .forces
        guard connects || configuration.gate != .none, configuration.kind == .conservative, !withoutBases else { return nil }
        if let lacking = deck.potential.lackingPullback {
            throw DataError(potential, "connected features need a pullback, which \(lacking.style) does not have")
        }
        return MemberSet(deck.potential.members.isEmpty ? [deck.potential] : deck.potential.members)
    }

    private func best(_ trainer: StackTrainer) throws -> [UInt8] {
        trainer.learner.load(trainer.best.parameters)
        return try trainer.learner.file()
    }

    private func writeFile(_ bytes: [UInt8], _ path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch { throw DataError(path, "cannot be written: \(error.localizedDescription)") }
    }
}

/// The network's size.
struct NetworkOptions: ParsableArguments {
    @Option(help: "Features, a multiple of 16.")
    var width = 64

    @Option(help: "Interactions with neighbours; 0 is a network of each atom alone.")
    var interactions = 3

    @Option(help: "Cutoff in Angstrom.")
    var cutoff = 5.0

    @Option(help: "Radial basis functions.")
    var radial = 20

    func apply(to configuration: inout StackConfiguration) {
        (configuration.width, configuration.interactions) = (width, interactions)
        (configuration.cutoff, configuration.radial) = (cutoff, radial)
    }
}

/// How it is trained.
struct TrainingOptions: ParsableArguments {
    @Option(help: "Epochs altogether.")
    var epochs = 100

    @Option(help: "Stop after this epoch; --checkpoint continues later.")
    var until: Int?

    @Option(help: "How many of them, the last ones, with connected features.")
    var connected = 0

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

    var precision: StackLearner.Precision { double ? .double : .single }

    func validate() throws {
        for (name, value) in [("epochs", epochs), ("batch", batch), ("warm-up", warmUp + 1), ("connected", connected + 1)] where value < 1 {
            throw ValidationError("--\(name) is too small")
        }
        guard hold > 0, hold < 1 else { throw ValidationError("--hold must be between 0 and 1, not \(hold)") }
        guard connected <= epochs else { throw ValidationError("--connected \(connected) are more than --epochs \(epochs)") }
    }

    var objective: StackObjective {
        var objective = StackObjective()
        (objective.forceWeight, objective.energyWeight) = (forceWeight, energyWeight)
        (objective.forceDelta, objective.energyDelta) = (delta > 0 ? delta : nil, energyDelta > 0 ? energyDelta : nil)
        return objective
    }

    var schedule: StackTrainer.Schedule {
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
    var description: String { "\(schedule) \(optimizer) \(objective) hold \(hold) \(double ? "double" : "single")" }
}

/// The training's curve, on the terminal and as CSV.
struct StackCurve {
    var csv: String

    init(_ trainer: StackTrainer, deck: String, held: Int) {
        csv = "epoch,connected,rate,objective_train,objective_held,force_rmse_train,force_rmse_held,force_mae_held,energy_rmse_held,seconds\n"
    }

    let heading = """
        #          learning  training     held out: force   force  energy
        # epoch        rate  force RMSE       RMSE     MAE    RMSE   seconds   (meV/A; meV/atom)
        """

    func line(_ e: StackTrainer.Epoch) -> String {
        let v = e.validation
        let energy = v.energyFrames > 0 ? String(format: "%7.3f", 1e3 * v.energyRMSE) : "      -"
        return String(
            format: "%7d  %10.2e  %10.2f %10.2f %7.2f %@  %8.1f %@%@", e.number, e.rate, 1e3 * e.training.forceRMSE, 1e3 * v.forceRMSE,
            1e3 * v.forceMAE, energy, e.seconds, e.isConnected ? "connected " : "", e.isBest ? "*" : "")
    }

    mutating func add(_ e: StackTrainer.Epoch) {
        let v = e.validation, energy = v.energyFrames > 0 ? String(format: "%.8e", v.energyRMSE) : ""
        csv += String(
            format: "%d,%d,%.6e,%.8e,%.8e,%.8e,%.8e,%.8e,%@,%.2f\n", e.number, e.isConnected ? 1 : 0, e.rate, e.training.meanObjective,
            v.meanObjective, e.training.forceRMSE, v.forceRMSE, v.forceMAE, energy, e.seconds)
    }
}
