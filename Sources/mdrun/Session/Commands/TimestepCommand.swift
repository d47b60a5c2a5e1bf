import Deck

/// `timestep DT`, in time units.
struct TimestepCommand: DeckCommand {
    static let name = "timestep"
    static let usage = "timestep DT"
    let value: Double

    init(_ words: inout Words, _ session: Session) throws { value = try words.double("the time step") }

    func execute(_ session: Session) {
        session.timestep = value
        guard let system = session.system, system.timestep != value else { return }
        system.timeReference = system.time
        system.timeReferenceStep = system.step
        system.timestep = value
    }
}
