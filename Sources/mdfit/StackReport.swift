import ArgumentParser
import Domain
import Fitting
import Foundation

/// `mdfit stack report`: what linear combinations of base potentials reach, before anything is trained on top of them.
struct StackReportCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Errors of base potentials and of all their linear combinations, and which of them are worth keeping.",
        discussion: """
            POTENTIAL.in is a deck as for mdfit evaluate, with a pair_style ensemble/... whose members are the bases. Weights and \
            energy offsets are fitted on TRAIN and measured on VALIDATION. For every subset of the bases: the uniform mean (AVG), \
            weights by least squares on forces (LWA), such weights that add up to 1 (MV, minimum variance), and LWA for each element \
            (LWA/element, whose forces are the gradient of no energy). \
            TRAIN should be data that the bases were not trained on, or weights favour the base that remembers best.
            """)

    @Argument(help: "The base potentials: units, labelmap, pair_style ensemble/..., pair_coeff.")
    var potential: String

    @Argument(help: "Data that weights are fitted on: extended XYZ file or DeePMD-kit folder.")
    var train: String

    @Argument(help: "Data that errors are measured on.")
    var validation: String

    @OptionGroup var options: DataOptions

    @Option(help: "Write all rows to this CSV file.")
    var csv: String?

    @Option(help: "Write weights that add up to 1 (MV) to this JSON file, for pair_style ensemble/weighted.")
    var writeWeights: String?

    @Flag(help: "Write weights for each element.")
    var perElement = false

    @Flag(help: "Write weights that need not add up to 1 (LWA); the deck then says unnormalised too.")
    var unnormalised = false

    @Option(help: "The bases that weights are written for, separated by commas, or all. Default: the recommended ones.")
    var bases: String?

    @Option(help: "Keep predictions in this folder and use those that are still right.")
    var cache: String?

    func validate() throws {
        guard writeWeights != nil || (!perElement && !unnormalised && bases == nil) else {
            throw ValidationError("--per-element, --unnormalised and --bases say which weights --write-weights FILE writes")
        }
    }

    func run(_ communicator: any Communicator) throws {
        let decks = try BaseDecks(potential, siteEnergies: false, communicator), deck = decks.deck
        let fitted = try basePredictions(decks, train, options.train, cache: cache, communicator)
        let chosen = try chosenBases(fitted.names)
        let measured = try basePredictions(decks, validation, options.test, cache: cache, communicator)
        let report = try StackReport(
            fittedOn: fitted, measuredOn: measured, paths: (train, validation), seed: options.splitSeed, block: options.block, communicator)
        let tables = StackTables(report, names: fitted.names, elements: fitted.elements)
        if communicator.rank == 0 {
            print("# \(potential): fitted on \(fitted.total) frames of \(train), measured on \(measured.total) frames of \(validation)")
            for line in deck.potential.summary.split(separator: "\n") { print("# \(line)") }
            print(tables.text)
        }
        try agree(communicator) {
            guard communicator.rank == 0 else { return }
            if let csv { try write(tables.csv, to: csv) }
            if let writeWeights {
                let subset = chosen ?? report.recommended
                let rows = report.weights(subset, perElement: perElement, sumsToOne: !unnormalised)
                let file = WeightsFile(
                    bases: numbered(subset.map { fitted.names[$0] }), elements: perElement ? fitted.elements : nil,
                    weights: rows.map { weights in subset.map { weights[$0] } })
                try write(file.text, to: writeWeights)
                print("\nweights of \(subset.map { fitted.names[$0] }.joined(separator: " ")) are in \(writeWeights)")
            }
        }
    }

    /// What --bases names.
    private func chosenBases(_ names: [String]) throws -> [Int]? {
        guard let bases else { return nil }
        if bases == "all" { return Array(names.indices) }
        let chosen = try bases.split(separator: ",").map { name in
            guard let k = names.firstIndex(of: String(name)) else {
                throw DataError("--bases", "'\(name)' is not a base; they are \(names.joined(separator: ", "))")
            }
            return k
        }
        guard !chosen.isEmpty else { throw DataError("--bases", "names none of \(names.joined(separator: ", "))") }
        return Array(Set(chosen)).sorted()
    }

    /// The names of members in a deck that has only these: schnet:3 alone is schnet there, schnet:1 and schnet:3 are schnet:1 and schnet:2.
    private func numbered(_ names: [String]) -> [String] {
        let styles = names.map { name in
            guard let colon = name.lastIndex(of: ":"), Int(name[name.index(after: colon)...]) != nil else { return name }
            return String(name[..<colon])
        }
        return styles.indices.map { k in
            let same = styles.indices.filter { styles[$0] == styles[k] }
            return same.count == 1 ? styles[k] : "\(styles[k]):\(same.firstIndex(of: k)! + 1)"
        }
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch { throw DataError(path, "cannot be written: \(error.localizedDescription)") }
    }
}
