import Deck
import Observers

/// `thermo_style`: which columns the table has. Resets what `thermo_modify` set.
struct ThermoStyleCommand: DeckCommand {
    static let name = "thermo_style"
    static let usage = "thermo_style one|multi|yaml\nthermo_style custom KEYWORD|c_ID|c_ID[I]|f_ID|f_ID[I]|v_NAME ..."
    let layout: ThermoLayout
    let columns: [Word]?
    let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        let table: [(String, ThermoLayout?)] = ThermoLayout.allCases.map { ($0.rawValue, $0) } + [("custom", nil)]
        let style = try words.choice("a thermo style", table)
        layout = style ?? .one
        columns = style == nil ? words.remaining() : nil
        if columns?.isEmpty == true { throw words.error("custom needs at least one column") }
    }

    func execute(_ session: Session) throws { try session.observation.thermo.setStyle(layout, columns: columns, at: location) }
}
