import Deck

/// `processors Px Py Pz`: the grid of ranks; `*` leaves a number to the surface-minimising default.
struct ProcessorsCommand: DeckCommand {
    static let name = "processors"
    static let usage = "processors PX PY PZ   (each a number or *)"
    var grid: [Int?] = []

    init(_ words: inout Words, _ session: Session) throws {
        for axis in ["x", "y", "z"] {
            grid.append(words.optional("*") ? nil : try words.positiveInt("the number of bricks along \(axis), or *"))
        }
        let fixed = grid.compactMap { $0 }.reduce(1, *)
        guard session.communicator.size % fixed == 0, grid.contains(nil) || fixed == session.communicator.size else {
            throw words.error(
                "processors \(grid.map { $0.map(String.init) ?? "*" }.joined(separator: " ")) does not fit \(session.communicator.size) ranks"
            )
        }
    }

    func execute(_ session: Session) {
        session.processors = grid
        // Planes that balancing has moved belong to another grid.
        session.system?.cuts = nil
    }
}
