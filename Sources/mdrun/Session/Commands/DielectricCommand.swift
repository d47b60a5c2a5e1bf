import Deck
import Domain

/// `dielectric`: the dielectric constant of the medium, by which all Coulomb energies are divided.
struct DielectricCommand: DeckCommand {
    static let name = "dielectric"
    static let usage = "dielectric X   (before pair_style; 1 by default)"
    private let constant: Double

    init(_ words: inout Words, _ session: Session) throws {
        constant = try words.positiveDouble("the dielectric constant")
        guard session.potential == nil else { throw words.error("dielectric must come before pair_style") }
    }

    func execute(_ session: Session) {
        session.units = session.units.inMedium(constant)
        session.system?.units = session.units
    }
}
