import ArgumentParser
import Domain
import Fitting
import Potentials

/// One of K parts of a data set that are left out of a training in turn.
struct Fold: ExpressibleByArgument {
    /// From 1.
    let number: Int
    let count: Int

    init(_ number: Int, of count: Int) { (self.number, self.count) = (number, count) }

    init?(argument: String) {
        let words = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 2, let number = Int(words[0]), let count = Int(words[1]), count > 1, (1...count).contains(number) else {
            return nil
        }
        self.init(number, of: count)
    }
}

/// The base potentials that predict a data set's frames: those of one deck, or with `--out-of-fold` those of K decks, of which deck i
/// predicts the frames of fold i/K, without which its bases were trained.
struct BaseDecks {
    /// What the ensemble to be trained consists of.
    let deck: PotentialDeck
    /// One, or one for each fold.
    let predicting: [PotentialDeck]
    let evaluators: [BaseEvaluator]

    /// Collective.
    /// - Parameter folds: paths of the decks for folds; empty for none.
    /// - Throws: `DataError` for a deck of folds whose bases are not those of the deck.
    init(_ path: String, folds: [String] = [], siteEnergies: Bool, _ communicator: any Communicator) throws {
        let deck = try PotentialDeck(path, communicator)
        predicting = try folds.isEmpty ? [deck] : folds.map { try PotentialDeck($0, communicator) }
        self.deck = deck
        func evaluator(_ deck: PotentialDeck) throws -> BaseEvaluator {
            try BaseEvaluator(deck.potential, labels: deck.labels, masses: deck.masses, units: deck.units, siteEnergies: siteEnergies)
        }
        evaluators = try predicting.map(evaluator)
        guard !folds.isEmpty else { return }
        let wanted = try evaluator(deck)
        for (file, found) in zip(folds, evaluators) {
            guard found.names == wanted.names, found.elements == wanted.elements, found.hasEnergy == wanted.hasEnergy else {
                throw DataError(
                    file, "has \(found.names) for \(found.elements), not \(wanted.names) for \(wanted.elements) as \(path)")
            }
        }
        for (file, other) in zip(folds, predicting) where other.units.name != deck.units.name {
            throw DataError(file, "has units \(other.units.name), not \(deck.units.name) as \(path)")
        }
    }

    /// Sees to it that the bases that predict a fold were trained without it, as far as their files say.
    /// - Parameter count: frames that the data options select.
    /// - Throws: `DataError` for a base that was trained without another fold.
    func checkFolds(_ paths: [String], _ data: DataOptions, count: Int, _ communicator: any Communicator) throws {
        for (k, path) in paths.enumerated() {
            let wanted = data.description(of: Fold(k + 1, of: paths.count), count: count)
            for (member, name) in zip(predicting[k].bases, evaluators[k].names) {
                guard let says = (member as? any ProvenanceReporting)?.provenance["left_out"] else {
                    if communicator.rank == 0 { print("WARNING: \(path): nothing says that \(name) was trained without \(wanted)") }
                    continue
                }
                guard says == wanted else { throw DataError(path, "\(name) was trained without \(says), not without \(wanted)") }
            }
        }
    }
}

extension PotentialDeck {
    /// Members of an ensemble, or the potential itself.
    var bases: [any Potential] { potential.members.isEmpty ? [potential] : potential.members }
}
