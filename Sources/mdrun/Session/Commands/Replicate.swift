import Deck
import Domain
import Integrators

/// `replicate`: fills a box NX x NY x NZ times as large with copies.
struct Replicate: DeckCommand {
    static let name = "replicate"
    static let usage = """
        replicate NX NY NZ
        Copy (i, j, k) of atom n gets id n + ((k NY + j) NX + i) (largest id). The word bbox is accepted and changes nothing.
        """

    private let copies: [Int]
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem("replicate", at: location)
        copies = try ["nx", "ny", "nz"].map { try words.positiveInt($0) }
        if session.dimension == 2, copies[2] != 1 { throw words.error("two dimensions cannot be replicated along z") }
        if words.optional("bond/periodic") { throw words.error("bond/periodic is not supported: bonds must not go round the box") }
        _ = words.optional("bbox")
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("replicate", at: location)
        let (nx, ny, nz) = (copies[0], copies[1], copies[2])
        let total = Double(session.communicator.sum(system.atoms.owned)) * Double(nx) * Double(ny) * Double(nz)
        guard total < 9e15 else { throw DeckError("replicate: \(total) atoms are too many", at: location) }
        for d in 0..<3 where copies[d] > 1 && !system.box.isPeriodic(d) {
            session.output.warn("Replicating in a non-periodic dimension")
        }
        system.atoms.removeProperties(of: Simulation.respaName)
        if let extra = system.atoms.foreignExtra {
            throw DeckError("replicate: '\(extra)' keeps values of each atom, which cannot be replicated", at: location)
        }
        session.output.line("Replication is creating a \(nx)x\(ny)x\(nz) = \(nx * ny * nz) times larger system...")
        try system.replicate((nx, ny, nz), wanted: session.processors)
        session.output.line("  \(session.boxDescription(system.box))")
        session.atomsChanged()
        try session.announceGrid(at: location)
        session.output.line("  \(system.atoms.total) atoms")
        for kind in TopologyKind.allCases where system.atoms.topology.counts[kind.rawValue] > 0 {
            session.output.line("  \(system.atoms.topology.counts[kind.rawValue]) \(kind.plural)")
        }
        session.findSpecialNeighbours()
    }
}
