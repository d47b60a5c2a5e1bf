import Deck
import Observers

/// `thermo N`: a row of the thermo table every N steps.
struct ThermoCommand: DeckCommand {
    static let name = "thermo"
    static let usage = "thermo N|v_NAME   (0: the first and last step of a run only, as is always done)"
    let schedule: Schedule

    init(_ words: inout Words, _ session: Session) throws {
        schedule = try Schedule(words.word("the number of steps"), zeroIsNever: true, what: "thermo")
    }

    func execute(_ session: Session) { session.observation.thermo.schedule = schedule }
}
