import Deck
import Domain
import Integrators

/// `read_dump`: one frame of a trajectory into the present system.
struct ReadDumpCommand: DeckCommand {
    static let name = "read_dump"
    static let usage = """
        read_dump FILE STEP FIELD ... [KEYWORD VALUE ...]
        \(SnapshotFields.usage)
        """
    private let file: Word
    private let step: Int
    private let fields: SnapshotFields
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem(Self.name, at: location)
        file = try words.word("a file")
        step = try words.nonNegativeInt("the step of the frame")
        fields = try SnapshotFields(&words)
        if fields.takesStep, let dump = session.observation.dumps.first, session.system?.step != step {
            throw words.error("the step cannot change while dump '\(dump.id)' is active: undump it, or read with timestep no")
        }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem(Self.name, at: location)
        let output = session.output, before = system.atoms.total
        output.line("Scanning dump file ...")
        let source = SnapshotSource(session, [file], fields, .init(first: step, isExact: true), at: location)
        try source.begin()
        output.line("Reading snapshot from dump file ...")
        let atoms = source.header?.atoms ?? 0
        try source.load()
        try session.simulation?.settleRanks()
        output.line("  " + session.boxDescription(system.box))
        let counts = source.counts
        func line(_ number: Int, _ what: String) { output.line("  \(session.communicator.sum(number)) atoms \(what)") }
        output.line("  \(before) atoms before read")
        output.line("  \(atoms) atoms in snapshot")
        line(counts.purged, "purged")
        line(counts.replaced, "replaced")
        line(counts.trimmed, "trimmed")
        line(counts.added, "added")
        output.line("  \(system.atoms.total) atoms after read")
    }
}
