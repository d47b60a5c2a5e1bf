import Domain
import Foundation
import Potentials

/// A training that was cut short, in a safetensors file: parameters, their average, moments, and the best so far, in double precision.
///
/// `settings` is whatever text describes the training; a checkpoint of another text is not continued. Order of frames and rates follow
/// from the seed and the step, so a continued training makes the steps that an uninterrupted one would have made.
public struct TrainingCheckpoint {
    public static let format = "mdrun-training"

    /// Writes in one step, so that a kill leaves the old file or the new one.
    public static func write(_ trainer: StackTrainer, settings: String, curve: String, to path: String) throws {
        let o = trainer.optimizer
        var writer = SafetensorsWriter(metadata: [
            "format": format, "settings": settings, "curve": curve, "epoch": "\(trainer.epoch)", "step": "\(o.step)",
            "squared_length": "\(o.squaredLength)", "best_epoch": "\(trainer.best.epoch)", "best_objective": "\(trainer.best.objective)",
        ])
        for (name, values) in [
            ("parameters", o.parameters), ("average", o.average), ("first", o.first), ("second", o.second),
            ("best", trainer.best.parameters),
        ] { writer.add(name, shape: [values.count], values) }
        do {
            try Data(try writer.bytes()).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch { throw DataError(path, "cannot be written: \(error.localizedDescription)") }
    }

    /// Puts a trainer where the checkpoint's was.
    /// - Returns: the curve so far.
    /// - Throws: `DataError` when the file is of another training; `DeckError` when it is damaged.
    public static func restore(_ trainer: StackTrainer, settings: String, from bytes: [UInt8], path: String) throws -> String {
        let tensors = try Safetensors(bytes, file: path, at: nil), m = tensors.metadata
        guard m["format"] == format else { throw DataError(path, "is not a checkpoint of mdfit") }
        guard m["settings"] == settings else {
            throw DataError(path, "is a checkpoint of another training: remove it, or name another one by --checkpoint")
        }
        guard let epoch = m["epoch"].flatMap({ Int($0) }), let step = m["step"].flatMap({ Int($0) }),
            let length = m["squared_length"].flatMap({ Double($0) }), let bestEpoch = m["best_epoch"].flatMap({ Int($0) }),
            let objective = m["best_objective"].flatMap({ Double($0) })
        else { throw DataError(path, "lacks epoch, step, length or best") }
        let shape = [trainer.learner.parameters.count]
        let optimizer = AdamW(
            trainer.optimizer.settings, step: step, parameters: try tensors.tensor("parameters", shape: shape),
            average: try tensors.tensor("average", shape: shape), first: try tensors.tensor("first", shape: shape),
            second: try tensors.tensor("second", shape: shape), squaredLength: length)
        trainer.restore(epoch: epoch, optimizer: optimizer, best: (objective, try tensors.tensor("best", shape: shape), bestEpoch))
        return m["curve"] ?? ""
    }
}
