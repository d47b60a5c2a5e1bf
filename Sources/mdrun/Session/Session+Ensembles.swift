import Domain
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

    /// Members differ much in cost, so the run's report says where the time of `Pair` went. Collective.
    func reportMemberTimes(of potential: any Potential) {
        let members = potential.memberSeconds
        guard !members.isEmpty else { return }
        var seconds = members.map(\.seconds)
        communicator.all(.sum, &seconds)
        let total = max(seconds.reduce(0, +), .leastNormalMagnitude), ranks = Double(communicator.size)
        output.line("Pair time by member (seconds, mean over ranks, share):")
        for (member, sum) in zip(members, seconds) {
            let time = (sum / ranks * 1000).rounded() / 1000, share = (1000 * sum / total).rounded() / 10
            output.line("  \(member.name): \(time) \(share) %")
        }
    }
}
