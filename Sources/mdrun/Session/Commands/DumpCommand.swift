import Deck
import Domain
import Observers

/// `dump`: atoms to a file every so often.
struct DumpCommand: DeckCommand {
    static let name = "dump"
    static let usage = """
        dump ID GROUP custom N FILE ATTRIBUTE ...   (a '*' in FILE: one file a frame, named by the step)
        dump ID GROUP yaml|netcdf N FILE ATTRIBUTE ...
        dump ID GROUP atom|xyz|extxyz|dcd N FILE
        FILE.gz, FILE.zst: compressed (text styles)
        """
    let dump: Dump
    let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        let id = try words.word("an ID for the dump")
        _ = try session.requireSystem(Self.name, at: id.location)
        guard !session.observation.dumps.contains(where: { $0.id == id.text }) else {
            throw words.error("there is already a dump '\(id.text)'", at: id)
        }
        let group = try session.requireGroup(words.word("a group"))
        dump = try Dump.make(id: id.text, group: group, &words, session.observation, at: id.location)
    }

    func execute(_ session: Session) throws {
        session.observation.add(dump)
        guard let state = session.restored.observers[dump.id], state.style == dump.style else { return }
        session.restored.observers[dump.id] = nil
        var reader = StateReader(state.bytes)
        do { try dump.restore(&reader) } catch {
            throw DeckError("dump '\(dump.id)': what the restart file says of it cannot be used: \(error)", at: location)
        }
    }
}
