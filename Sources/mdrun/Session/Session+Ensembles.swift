import Observers
import Potentials

/// What a run does for a potential made of potentials.
extension Session {
    /// An ensemble's own file of deviations stays open from run to run, so that no row is written twice.
    func updateDeviationFile(of potential: any Potential) {
        let isThere = observation.others.contains { ($0 as? DeviationFile)?.belongs(to: potential) ?? false }
        guard !isThere else { return }
        observation.others.removeAll { $0 is DeviationFile }
        if let file = DeviationFile(for: potential) { observation.others.append(file) }
    }
}
