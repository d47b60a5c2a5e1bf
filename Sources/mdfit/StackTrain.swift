import ArgumentParser
import Domain
import Fitting
import Foundation
import Potentials

extension StackConfiguration.Kind: ExpressibleByArgument {}
extension StackConfiguration.Features: ExpressibleByArgument {}
extension StackConfiguration.Gate: ExpressibleByArgument {}

/// How the constant weights of bases are found.
enum BaseWeights: String, ExpressibleByArgument, CaseIterable {
    case minimumVariance = "minimum-variance"
    case uniform
}

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

    @Option(
        help:
            "How a conservative ensemble weights energies: none (constants), local (by each atom's surroundings), or global (one set for a structure, not extensive)."
    )
    var gate = StackConfiguration.Gate.none

    @Option(
        help:
            "Constant weights of the bases: minimum-variance, by least squares of forces on TRAIN with the sum 1, or uniform, where bases are too alike for that."
    )
    var weights = BaseWeights.minimumVariance

    @Flag(help: "Use the deck's elements only, not its bases: a single network of the same size, for comparison.")
    var withoutBases = false

    @Option(
        parsing: .upToNextOption,
        help:
            "Decks of the same bases trained with mdfit train --fold 1/K, 2/K, ... K/K: each frame's predictions are those of bases that have not seen it, so that all frames train the stack."
    )
    var outOfFold: [String] = []

    @OptionGroup var data: DataOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var training: TrainingOptions

    @Option(
        help: "Start from the parameters of this stacked ensemble, of the same network; features of forces that it lacks start at zero.")
    var from: String?

    @Option(help: "How many epochs, the last ones, with connected features.")
    var connected = 0

    @Option(help: "Keep predictions of bases in this folder and use those that are still right.")
    var cache: String?

    func validate() throws {
        guard outOfFold.count != 1 else { throw ValidationError("--out-of-fold needs a deck for each of two folds or more") }
        guard connected >= 0, connected <= training.epochs else {
            throw ValidationError("--connected must be from 0 to the \(training.epochs) of --epochs, not \(connected)")
        }
    }

    func run(_ communicator: any Communicator) throws {
        let decks = try BaseDecks(potential, folds: outOfFold, siteEnergies: gate != .none, communicator), deck = decks.deck
        guard deck.units.name == .metal else { throw DataError(potential, "training takes eV and Angstrom: use units metal") }
        let split = try training.parts(of: train, data, communicator)
        // Which deck predicts each frame.
        var deckOf: [Int: Int] = [:]
        if !outOfFold.isEmpty {
            try agree(communicator) { try decks.checkFolds(outOfFold, data, count: split.selected.count, communicator) }
            let folds = FrameSplit.folds(outOfFold.count, count: split.selected.count, seed: data.splitSeed, block: data.block)
            for (number, fold) in zip(split.selected, folds) { deckOf[number] = fold }
        }
        func load(_ numbers: [Int]) throws -> (FrameSet, BasePredictions) {
            try basePredictions(decks, train, numbers: numbers, choice: numbers.compactMap { deckOf[$0] }, cache: cache, communicator)
        }
        let (trainingSet, trainingPredictions) = try load(split.training)
        let (heldSet, heldPredictions) = try load(split.held)

        let learner = try makeLearner(deck, trainingPredictions, communicator)
        let members = try connectedMembers(decks, learner.configuration)
        func task(_ set: FrameSet, _ predictions: BasePredictions, _ numbers: [Int]) -> StackTask {
            StackTask(
                set, predictions, learner, training.objective, bases: members, choice: numbers.compactMap { deckOf[$0] },
                labels: deck.labels, masses: deck.masses)
        }
        let trainer = StackTrainer(
            learner, training: task(trainingSet, trainingPredictions, split.training),
            validation: task(heldSet, heldPredictions, split.held),
            training.schedule(connected: connected), training.optimizer, communicator)
        let settings =
            "\(try learner.configuration.json) \(training.description(connected: connected)) "
            + "\(split.training.count) \(split.held.count) \(outOfFold)"
        try runTraining(trainer, training, name: potential, settings: settings, output: output, communicator) {
            learner.load($0)
            try writeFile(try learner.file(), output)
        }
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
        let all = Array(p.names.indices)
        let weights: [Double] =
            switch self.weights {
            case _ where withoutBases: []
            case .uniform: all.map { _ in 1 / Double(all.count) }
            case .minimumVariance: ErrorMoments(p, communicator).sum().minimumVariance(all)
            }
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
        func short(_ path: String) -> String { URL(fileURLWithPath: path).pathComponents.suffix(2).joined(separator: "/") }
        configuration.provenance = ["frames": "\(p.total)", "deck": short(potential), "data": short(train), "seed": "\(training.seed)"]
        if !outOfFold.isEmpty { configuration.provenance["out_of_fold"] = "\(outOfFold.count)" }
        if let fault = configuration.fault { throw DataError(output, fault) }
        return try StackLearner(configuration, seed: UInt64(bitPattern: Int64(training.seed)), precision: training.precision)
    }

    /// The bases of each deck that predicts, where connected features need them; else none.
    private func connectedMembers(_ decks: BaseDecks, _ configuration: StackConfiguration) throws -> [MemberSet] {
        let connects = connected > 0 && configuration.features == .forces
        guard connects || configuration.gate != .none, configuration.kind == .conservative, !withoutBases else { return [] }
        return try decks.predicting.map { deck in
            if let lacking = deck.potential.lackingPullback {
                throw DataError(potential, "connected features need a pullback, which \(lacking.style) does not have")
            }
            return MemberSet(deck.bases)
        }
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
