import Deck
import Integrators
import Observers

/// `fix_modify ID temp COMPUTE`: another temperature for a thermostat; `energy yes|no`, `virial yes|no` where a fix has them.
struct FixModifyCommand: DeckCommand {
    static let name = "fix_modify"
    static let usage = "fix_modify ID [temp COMPUTE] [press COMPUTE] [energy yes|no] [virial yes|no]"

    init(_ words: inout Words, _ session: Session) throws {
        let id = try words.word("the ID of a fix")
        guard let fix = session.fixes.first(where: { $0.id == id.text }) else {
            throw DeckError.unknown("fix", id, known: session.fixes.map(\.id))
        }
        guard !words.isAtEnd else { throw words.error("fix_modify needs a keyword: temp, press, energy or virial") }
        while let keyword = words.peek {
            let value: FixModification
            switch try words.choice("a keyword of fix_modify", [("temp", 0), ("energy", 1), ("virial", 1), ("press", 2)]) {
            case 0:
                let word = try words.word("the ID of a temperature compute")
                guard let compute = try session.observation.requireCompute(word) as? TemperatureCompute else {
                    throw DeckError("compute '\(word.text)' is no temperature", at: word.location)
                }
                if compute.group != fix.group {
                    session.output.warn(
                        "fix_modify \(fix.id): the temperature's group (\(compute.group.name)) is not the fix's (\(fix.group.name))")
                }
                value = .temperature(compute.temperature)
            case 2:
                let word = try words.word("the ID of a pressure compute")
                guard let compute = try session.observation.requireCompute(word) as? PressureCompute else {
                    throw DeckError("compute '\(word.text)' is no pressure", at: word.location)
                }
                value = .pressure(try compute.pressure(session.observation))
            default: value = .flag(try words.flag("yes or no"))
            }
            guard fix.modify(keyword.text, value) else {
                throw DeckError("fix \(fix.id) (\(fix.style)) has no '\(keyword.text)' to modify", at: keyword.location)
            }
        }
    }

    func execute(_ session: Session) {}
}
