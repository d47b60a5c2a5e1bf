import Deck
import Observers

/// `thermo_modify`: how the table looks and what it is computed with.
struct ThermoModifyCommand: DeckCommand {
    static let name = "thermo_modify"
    static let usage = """
        thermo_modify [norm yes|no] [lost error|warn|ignore] [line one|multi|yaml] [temp ID] [press ID] [flush yes|no]
                      [lost/bond error|warn|ignore] [warn ignore|always|reset|default|N]
                      [format line "F1 F2 ..."|int F|float F|COLUMN F|none] [colname COLUMN NAME|default]
                      [triclinic/general yes|no]   (edges avecx ... in the frame in which a general triclinic box was made)
        """
    let modifications: [ThermoModification]

    init(_ words: inout Words, _ session: Session) throws {
        modifications = try ThermoModification.parse(&words, session.observation.thermo)
    }

    func execute(_ session: Session) throws { for one in modifications { try session.observation.thermo.modify(one) } }
}
