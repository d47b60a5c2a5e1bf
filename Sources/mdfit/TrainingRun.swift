import Domain
import Fitting
import Foundation
import Potentials

/// Runs a training to its end: continues a checkpoint, shows the epochs, and writes checkpoint, curve and the best parameters. Collective.
/// - Parameters:
///   - name: of what is trained, for people. - settings: of the training; see `TrainingCheckpoint`.
///   - output: the file that `write` makes. - write: makes it from parameters; called on rank 0.
func runTraining(
    _ trainer: StackTrainer, _ options: TrainingOptions, name: String, settings: String, output: String, _ communicator: any Communicator,
    write: ([Double]) throws -> Void
) throws {
    let isWriter = communicator.rank == 0
    var curve = TrainingCurve()
    if let checkpoint = options.checkpoint, FileManager.default.fileExists(atPath: checkpoint) {
        var earlier = ""
        try agree(communicator) {
            earlier = try TrainingCheckpoint.restore(
                trainer, settings: settings, from: Array(Data(contentsOf: URL(fileURLWithPath: checkpoint))), path: checkpoint)
        }
        curve.csv = earlier
        if isWriter { print("# continues \(checkpoint) after epoch \(trainer.epoch)") }
    }
    if isWriter {
        let (count, train, held) = (trainer.learner.parameters.count, trainer.trainingFrames, trainer.validationFrames)
        print("# \(name): \(count) parameters, \(train) frames to train on, \(held) to judge by")
        print(curve.heading)
    }
    while !trainer.isFinished, trainer.epoch < options.until ?? .max {
        var bar = ProgressBar(total: trainer.stepsPerEpoch, isWriter: isWriter)
        let epoch = try trainer.runEpoch { bar.show($0) }
        bar.clear()
        curve.add(epoch)
        try agree(communicator) {
            guard isWriter else { return }
            print(curve.line(epoch))
            fflush(nil)
            if let path = options.curve { try writeFile(Array(curve.csv.utf8), path) }
            if epoch.isBest { try write(trainer.best.parameters) }
            if let checkpoint = options.checkpoint {
                try TrainingCheckpoint.write(trainer, settings: settings, curve: curve.csv, to: checkpoint)
            }
        }
    }
    try agree(communicator) {
        guard isWriter else { return }
        try write(trainer.best.parameters)
        print("# \(output): parameters of epoch \(trainer.best.epoch)")
    }
}

/// - Throws: `DataError` naming the file.
func writeFile(_ bytes: [UInt8], _ path: String) throws {
    do {
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch { throw DataError(path, "cannot be written: \(error.localizedDescription)") }
}

/// The training's curve, on the terminal and as CSV.
struct TrainingCurve {
    var csv: String

    init() {
        csv = "epoch,connected,rate,objective_train,objective_held,force_rmse_train,force_rmse_held,force_mae_held,energy_rmse_held,"
            + "seconds\n"
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
