import Deck
import Domain

/// `units`: chosen before there is a box; sets the default time step and skin.
struct UnitsCommand: DeckCommand {
    static let name = "units"
    static let usage = "units lj|metal|real|si|cgs|electron|micro|nano"
    let units: Units

    init(_ words: inout Words, _ session: Session) throws {
        units = Units.named(try words.choice("a unit system", Units.Name.allCases.map { ($0.rawValue, $0) }))
        guard session.system == nil else { throw words.error("units must come before the simulation box is made") }
    }

    func execute(_ session: Session) {
        session.units = units
        session.neighbours.skin = units.defaultSkin
    }
}
