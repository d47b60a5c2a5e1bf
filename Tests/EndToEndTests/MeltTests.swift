import Foundation
import TestSupport
import Testing

/// inputs/in.melt as it is.
@Suite struct MeltTests {
    static let deck = DeckRunner.root + "/inputs/in.melt"

    /// LAMMPS 22 Jul 2025, one rank, the same parameters: `lmp -in in.melt -var every 10 -var steps 20`.
    static let lammps = [
        "   Step          Temp          E_pair         E_mol          TotEng         Press     ",
        "         0   1.44          -6.7733681      0             -4.6134356     -5.0197073    ",
        "        10   1.1253949     -6.3000527      0             -4.6120132     -2.5596852    ",
        "        20   0.6257938     -5.5565565      0             -4.6178952      0.97351766   ",
    ]

    /// Digit for digit on any number of ranks: after 20 steps rounding has not yet reached the printed digits.
    @Test(arguments: [1, 2, 4]) func givesLAMMPSLines(ranks: Int) throws {
        let result = try DeckRunner.run(file: Self.deck, arguments: ["-var", "steps", "20", "-var", "every", "10"], ranks: ranks)
        defer { DeckRunner.cleanUp(result) }
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.tableLines == Self.lammps)
    }
}
