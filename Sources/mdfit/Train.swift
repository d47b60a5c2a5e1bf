import ArgumentParser
import Deck
import Domain
import Fitting
import Foundation
import Potentials

extension MessagePassingArchitecture: ExpressibleByArgument {}

/// `mdfit train painn|schnet`: trains a base potential.
struct Train: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a PaiNN or SchNet.",
        discussion: """
            ELEMENTS.in is a deck of units metal and labelmap. NAME.json and NAME.safetensors are read by pair_style painn or schnet. \
            Started by mpirun, frames of a batch go to all ranks.

            Parameters are averaged over steps; the files hold the average that was best on the validation frames.
            """)

    @Argument(help: "painn or schnet.")
    var architecture: MessagePassingArchitecture

    @Argument(help: "The elements: units, labelmap.")
    var elements: String

    @Argument(help: "Training data: extended XYZ file or DeePMD-kit folder.")
    var train: String

    @Argument(help: "The file to write, NAME.json; the weights go to NAME.safetensors beside it.")
    var output: String

    @OptionGroup var data: DataOptions

    @Option(help: "I/K: leave out this one of K folds of the frames, for mdfit stack train --out-of-fold.")
    var fold: Fold?

    @OptionGroup var network: BaseOptions
    @OptionGroup var training: TrainingOptions

    func validate() throws {
        guard output.hasSuffix(".json"), output != ".json", !output.hasSuffix("/.json") else {
            throw ValidationError("the file to write is called NAME.json, not \(output)")
        }
        guard architecture == .schnet || network.filters == nil else { throw ValidationError("--filters are SchNet's; a PaiNN has none") }
    }

    func run(_ communicator: any Communicator) throws {
        let deck = try PotentialDeck(elements, communicator, hasPotential: false)
        guard deck.units.name == .metal else { throw DataError(elements, "training takes eV and Angstrom: use units metal") }
        let split = try training.parts(of: train, data, without: fold, communicator)
        func load(_ numbers: [Int]) throws -> (FrameSet, BasePredictions) {
            var read: (FrameSet, BasePredictions)?
            try agree(communicator) {
                let set = try FrameSet(train, numbers: numbers, rank: communicator.rank, size: communicator.size)
                read = (set, try BasePredictions(references: set, labels: deck.labels))
            }
            return read!
        }
        let (trainingSet, references) = try load(split.training)
        let (heldSet, heldReferences) = try load(split.held)

        var model = BaseModel(architecture, elements: references.elements)
        network.apply(to: &model)
        model.energyOffsets = StackSetup.offsets(references, weights: [], communicator)
        model.provenance = [
            "frames": "\(references.total)", "data": URL(fileURLWithPath: train).pathComponents.suffix(2).joined(separator: "/"),
            "seed": "\(training.seed)", "program": Mdfit.configuration.version,
        ]
        if let fold { model.provenance["left_out"] = data.description(of: fold, count: split.selected.count) }
        if let fault = model.fault { throw DataError(output, fault) }
        let learner = try BaseLearner(model, seed: UInt64(bitPattern: Int64(training.seed)), precision: training.precision)
        func task(_ set: FrameSet, _ references: BasePredictions) -> StackTask {
            StackTask(set, references, learner, training.objective, bases: [], labels: deck.labels, masses: deck.masses)
        }
        let trainer = StackTrainer(
            learner, training: task(trainingSet, references), validation: task(heldSet, heldReferences), training.schedule(),
            training.optimizer, communicator)
        let settings = "\(try model.json) \(training.description()) \(split.training.count) \(split.held.count)"
        let stem = String(output.dropLast(".json".count)), weights = URL(fileURLWithPath: stem).lastPathComponent + ".safetensors"
        try runTraining(trainer, training, name: "\(architecture) for \(elements)", settings: settings, output: output, communicator) {
            learner.load($0)
            let files = try learner.files(weights: weights)
            try writeFile(files.safetensors, stem + ".safetensors")
            try writeFile(files.json, output)
        }
    }
}

/// The size of a base potential.
struct BaseOptions: ParsableArguments {
    @Option(help: "Features, a multiple of 16.")
    var features = 64

    @Option(help: "Interactions with neighbours.")
    var interactions = 3

    @Option(help: "Filters of a SchNet, a multiple of 16 (default: as many as features).")
    var filters: Int?

    @Option(help: "Cutoff in Angstrom.")
    var cutoff = 5.0

    @Option(help: "Radial basis functions.")
    var radial = 20

    func apply(to model: inout BaseModel) {
        (model.features, model.interactions, model.filters) = (features, interactions, filters)
        (model.cutoff, model.radial) = (cutoff, radial)
    }
}
