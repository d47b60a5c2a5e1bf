import Deck
import Observers
import Potentials

/// What a run does for a potential made of potentials.
extension Session {
    /// An ensemble's own file of deviations stays open from run to run, so that no row is written twice.
    /// - Throws: `DeckError` when the file was read as input: a model must not be overwritten. Collective.
    func updateDeviationFile(of potential: any Potential) throws {
        let isThere = observation.others.contains { ($0 as? DeviationFile)?.belongs(to: potential) ?? false }
        guard !isThere else { return }
        observation.others.removeAll { $0 is DeviationFile }
        guard let file = DeviationFile(for: potential) else { return }
        guard !communicator.any(communicator.rank == 0 && isInput(file.output.path)) else {
            throw DeckError("out_file '\(file.output.path)' is a file that this deck reads", at: potentialLines.first)
        }
        observation.others.append(file)
    }
}
