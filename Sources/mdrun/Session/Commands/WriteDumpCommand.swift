import Deck
import Observers

/// `write_dump`: one frame, now.
struct WriteDumpCommand: DeckCommand {
    static let name = "write_dump"
    static let usage = "write_dump GROUP STYLE FILE ATTRIBUTE ... [modify KEYWORD VALUE ...]   (see dump, dump_modify)"
    let dump: Dump

    init(_ words: inout Words, _ session: Session) throws {
        let location = words.location
        let system = try session.requireSystem(Self.name, at: location)
        let group = try session.requireGroup(words.word("a group"))
        let rest = words.remaining()
        let split = rest.firstIndex { $0.text == "modify" } ?? rest.endIndex
        var own = Words(Array(rest[..<split]), of: Self.name, end: split < rest.endIndex ? rest[split].location : words.location)
        dump = try Dump.make(id: "WRITE_DUMP", group: group, &own, session.observation, isSingle: true, at: location)
        try own.finish()
        guard split < rest.endIndex else { return }
        var changes = Words(Array(rest[(split + 1)...]), of: "write_dump modify", end: words.location)
        for one in try DumpModification.parse(&changes, typeCount: system.atoms.typeCount, labels: system.atoms.labels, session.observation)
        {
            try dump.modify(one)
        }
    }

    func execute(_ session: Session) throws {
        guard !session.isDryRun else { return }
        try dump.writeOnce(session.observation.snapshot())
    }
}
