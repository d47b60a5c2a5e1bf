import ArgumentParser
import Deck
import Domain
import Fitting
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `mdfit evaluate POTENTIAL.in DATA`: errors of a potential, and of each member of an ensemble, on reference data.
struct Evaluate: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Errors of a potential on reference data; for an ensemble also those of each member.",
        discussion: """
            POTENTIAL.in is a deck of units, labelmap, pair_style and pair_coeff (mass, pair_modify, variables, if, print, include). \
            DATA is an extended XYZ file, a DeePMD-kit folder, or a folder of such folders, in eV and Angstrom. \
            Started by mpirun, whole frames go round the ranks.
            """)

    @Argument(help: "The potential: units, labelmap, pair_style, pair_coeff.")
    var potential: String

    @Argument(help: "Extended XYZ file or DeePMD-kit folder.")
    var data: String

    @Option(help: "Write the frames with the potential's energies and forces to this extended XYZ file.")
    var write: String?

    @Option(help: "Use every N-th frame only, beginning with the first.")
    var every = 1

    func validate() throws {
        guard every > 0 else { throw ValidationError("--every must be positive, not \(every)") }
    }

    func run(_ communicator: any Communicator) throws {
        let deck = try PotentialDeck(potential, communicator)
        let evaluator = try FrameEvaluator(deck.potential, labels: deck.labels, masses: deck.masses, units: deck.units)
        let errors = PredictionErrors(types: evaluator.typeCount, models: 1 + evaluator.memberNames.count)
        let calibration = ForceCalibration(deck.potential)
        // A file that only some ranks can open ends all of them.
        var opened: Result<any Dataset, any Error> = .failure(DataError(data, "was not opened"))
        opened = Result { try openDataset(data) }
        try agree(communicator) { _ = try opened.get() }
        let dataset = try opened.get()
        let output = try OutputFile(write, communicator)
        var bar = ProgressBar(total: dataset.count.map { ($0 + every - 1) / every }, isWriter: communicator.rank == 0)
        defer { bar.clear() }

        var isAtEnd = false, round = 0
        while !isAtEnd {
            var text = ""
            // Ranks go in step, so that frames are written in order and one rank's failure stops all.
            try agree(communicator) {
                for rank in 0..<communicator.size where !isAtEnd {
                    if rank == communicator.rank, let frame = try dataset.next() {
                        let predictions = try evaluator.evaluate(frame)
                        errors.add(frame, types: try evaluator.types(of: frame), predictions)
                        calibration?.add(frame, predictions)
                        if write != nil { text = predicted(frame, predictions[0]).extendedXYZ }
                    } else if rank == communicator.rank {
                        isAtEnd = true
                    } else {
                        isAtEnd = try !dataset.skip()
                    }
                    for _ in 1..<every where !isAtEnd { isAtEnd = try !dataset.skip() }
                }
            }
            isAtEnd = communicator.any(isAtEnd)
            try agree(communicator) { try output.append(text, communicator) }
            round += 1
            bar.show(round * communicator.size)
        }
        let summaries = errors.summarise(communicator)
        let calibrated = calibration?.summarise(communicator)
        if communicator.rank == 0 {
            report(summaries, evaluator, errors, deck)
            if let calibrated { report(calibrated) }
        }
    }

    private func predicted(_ frame: Frame, _ prediction: Prediction) -> Frame {
        var frame = frame
        frame.energy = prediction.energy.isNaN ? nil : prediction.energy
        frame.forces = prediction.forces
        frame.virial = prediction.virial
        return frame
    }

    private func report(
        _ summaries: [PredictionErrors.Summary], _ evaluator: FrameEvaluator, _ errors: PredictionErrors, _ deck: PotentialDeck
    ) {
        print("# \(potential) on \(data): \(errors.frames) frames, \(errors.atoms) atoms")
        for line in deck.potential.summary.split(separator: "\n") { print("# \(line)") }
        print("# energies: root mean square over frames of the error per atom, after the minimum-norm least-squares offset of each element")
        print("# forces: over all components")
        for (summary, name) in zip(summaries, [""] + evaluator.memberNames) {
            let prefix = name.isEmpty ? "" : "member \(name) "
            let offsets = zip(deck.labels.dropFirst(), summary.offsets).map { "\($0 ?? "?") \($1)" }.joined(separator: " ")
            if !offsets.isEmpty { print("# \(prefix)offsets (eV): \(offsets)") }
            if summary.framesWithEnergy > 0 { print("\(prefix)energy_rmse_meV_per_atom \(1000 * summary.energyRMSE)") }
            if !summary.forceRMSE.isNaN {
                print("\(prefix)force_rmse_meV_per_A \(1000 * summary.forceRMSE)")
                print("\(prefix)force_mae_meV_per_A \(1000 * summary.forceMAE)")
            }
        }
    }
}

extension Evaluate {
    /// The factor of members' spread (`calibrate`), and the share of force components within 1, 2 and 3 sigma.
    private func report(_ summary: ForceCalibration.Summary) {
        guard summary.components > 0 else { return }
        print("# spread of members against errors: \(summary.components) force components, \(summary.unspread) more without spread")
        print("force_alpha_ml \(summary.alphaML)")
        print("force_alpha_corrected \(summary.alphaCorrected)")
        if summary.alphaCorrected.isNaN {
            print("# there is no corrected estimate where errors are smaller than the uncertainty of the members' mean")
        }
        print("# share within 1, 2, 3 sigma; 0.683 0.954 0.997 if errors were Gaussian")
        let rows = [("raw", summary.rawCoverage), ("ml", summary.coverageML), ("corrected", summary.coverageCorrected)]
        for (name, shares) in rows where !shares.isEmpty {
            print("force_coverage_\(name) " + shares.map { "\($0)" }.joined(separator: " "))
        }
    }
}

/// Text that ranks add to in turn and rank 0 writes.
final class OutputFile {
    private let path: String?
    private var descriptor: Int32 = -1

    /// - Throws: on every rank when rank 0 cannot make the file.
    init(_ path: String?, _ communicator: any Communicator) throws {
        self.path = path
        guard let path else { return }
        try agree(communicator) {
            guard communicator.rank == 0 else { return }
            descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            guard descriptor >= 0 else { throw DataError(path, "cannot be written: \(String(cString: strerror(errno)))") }
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Each rank's text, in the order of ranks. Collective.
    func append(_ text: String, _ communicator: any Communicator) throws {
        guard let path, let parts = communicator.gather(Array(text.utf8)) else { return }
        for bytes in parts {
            var sent = 0
            while sent < bytes.count {
                let n = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + sent, bytes.count - sent) }
                guard n > 0 else { throw DataError(path, "cannot be written: \(String(cString: strerror(errno)))") }
                sent += n
            }
        }
    }
}
