import ArgumentParser
import Domain
import Fitting

/// `mdfit cost POTENTIAL.in DATA`: what each pass of a potential costs.
struct Cost: RankCommand {
    static let configuration = CommandConfiguration(
        abstract: "Times a potential's passes over the first frame of a data set: forces, energies, atoms' energies, pullback.",
        discussion: """
            A conservative ensemble asks each base for a force pass and a pullback, a gated one also for forces of weighted site energies; \
            the table says what they cost here, as processor time on one core, medians over rounds in which the passes take turns. \
            POTENTIAL.in is a deck as for `mdfit evaluate`. With --only PASS, that pass runs --rounds times and nothing is timed: for profilers.
            """)

    @Argument(help: "The potential: units, labelmap, pair_style, pair_coeff.")
    var potential: String

    @Argument(help: "Extended XYZ file or DeePMD-kit folder; its first frame is used.")
    var data: String

    @Option(parsing: .upToNextOption, help: "So many copies of the frame along its three edges.")
    var copies = [1, 1, 1]

    @Option(help: "The neighbour list reaches this much beyond the cutoff, in Angstrom.")
    var skin = 1.0

    @Option(help: "How often each pass is timed.")
    var rounds = 9

    @Option(help: "Run this pass alone: \(Pass.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only: String?

    func validate() throws {
        guard copies.count == 3, copies.allSatisfy({ $0 > 0 }) else { throw ValidationError("--copies takes three positive numbers") }
        guard rounds > 0 else { throw ValidationError("--rounds must be positive, not \(rounds)") }
        guard skin >= 0 else { throw ValidationError("--skin must not be negative") }
        if let only, Pass(rawValue: only) == nil {
            throw ValidationError("--only: no pass '\(only)' (known: \(Pass.allCases.map(\.rawValue).joined(separator: ", ")))")
        }
    }

    func run(_ communicator: any Communicator) throws {
        let deck = try PotentialDeck(potential, communicator)
        // One core is measured; further ranks wait, so that they do not disturb.
        try agree(communicator) {
            guard communicator.rank == 0 else { return }
            guard let frame = try openDataset(data).next() else { throw DataError(data, "has no frame") }
            let costs = try PassCosts(
                deck.potential, frame.copies(copies), labels: deck.labels, masses: deck.masses, skin: skin)
            if let pass = only.flatMap(Pass.init) {
                guard costs.passes.contains(pass) else { throw DataError(potential, "the potential has no pass '\(pass.rawValue)'") }
                for _ in 0..<rounds { costs.run(pass) }
            } else {
                report(costs, deck)
            }
        }
    }

    private func report(_ costs: PassCosts, _ deck: PotentialDeck) {
        for line in deck.potential.summary.split(separator: "\n") { print("# \(line)") }
        print("# \(costs.atoms) atoms, \(fixed(costs.neighbours, 1)) entries of the neighbour list an atom")
        let times = costs.measure(rounds: rounds)
        var table = TextTable(["pass", "us an atom", "force passes"])
        for (pass, seconds) in times {
            table.rows.append([
                pass.rawValue, fixed(1e6 * seconds / Double(costs.atoms), 3), fixed(seconds / times[0].seconds, 2),
            ])
        }
        print(table.text)
    }
}
