import Deck

/// `reset_timestep N [time T]`
struct ResetTimestepCommand: DeckCommand {
    static let name = "reset_timestep"
    static let usage = "reset_timestep N [time T]"
    let step: Int
    var time: Double?
    let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        step = try words.nonNegativeInt("the new step number")
        if words.optional("time") { time = try words.double("the new time") }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem(Self.name, at: location)
        system.timeReference = time ?? Double(step) * system.timestep
        system.timeReferenceStep = step
        system.step = step
    }
}
