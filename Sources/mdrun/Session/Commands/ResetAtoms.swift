import Deck
import Domain
import Integrators

/// `reset_atoms id`: ids without gaps.
struct ResetAtoms: DeckCommand {
    static let name = "reset_atoms"
    static let usage = "reset_atoms id [sort no]      (ids 1 to N in the order in which the atoms were made)"

    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem("reset_atoms", at: location)
        guard try words.choice("reset_atoms style", [("id", true), ("image", false), ("mol", false)]) else {
            throw words.error("only reset_atoms id is supported")
        }
        if words.optional("sort"), try words.flag("sort") { throw words.error("sort yes is not supported") }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("reset_atoms", at: location)
        session.output.line("Resetting atom IDs ...")
        session.atomsChanged()
        system.wrapAtoms()
        system.atoms.resetIDs(session.communicator)
        session.findSpecialNeighbours()
    }
}
