import Deck
import Observers

/// `dump`: atoms to a file every so often.
struct DumpCommand: DeckCommand {
    static let name = "dump"
    static let usage = """
        dump ID GROUP custom N FILE ATTRIBUTE ...   (a '*' in FILE: one file a frame, named by the step)
        dump ID GROUP atom|xyz|extxyz N FILE
        """
    let dump: Dump

    init(_ words: inout Words, _ session: Session) throws {
        let id = try words.word("an ID for the dump")
        _ = try session.requireSystem(Self.name, at: id.location)
        guard !session.observation.dumps.contains(where: { $0.id == id.text }) else {
            throw words.error("there is already a dump '\(id.text)'", at: id)
        }
        let group = try session.requireGroup(words.word("a group"))
        dump = try Dump.make(id: id.text, group: group, &words, session.observation, at: id.location)
    }

    func execute(_ session: Session) { session.observation.add(dump) }
}
