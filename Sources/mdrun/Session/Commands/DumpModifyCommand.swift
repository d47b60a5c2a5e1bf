import Deck
import Observers

/// `dump_modify`: how a dump looks and when it is written.
struct DumpModifyCommand: DeckCommand {
    static let name = "dump_modify"
    static let usage = """
        dump_modify ID [triclinic/general yes|no] [append yes|no] [first yes|no] [every N|v_NAME] [every/time T|v_NAME] [sort off|id|COLUMN] [delay STEP] [skip v_NAME]
                    [pad N] [maxfiles N] [time yes|no] [units yes|no] [header yes|no] [region NAME|none] [refresh c_ID]
                    [thresh ATTRIBUTE < VALUE|LAST] [thresh none] [element E1 E2 ...] [types labels|numeric]
                    [format line "..."|int F|float F|COLUMN F|none] [precision DIGITS] [colname COLUMN NAME|default]
                    [scale yes|no] [image yes|no] [unwrap yes|no] [vel yes|no] [forces yes|no] [deviation yes|no] [thermo yes|no] [double yes|no]
        """
    let dump: Dump
    let modifications: [DumpModification]
    let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        let system = try session.requireSystem(Self.name, at: words.location)
        dump = try session.observation.dump(words.word("the ID of a dump"))
        modifications = try DumpModification.parse(
            &words, typeCount: system.atoms.typeCount, labels: system.atoms.labels, session.observation)
    }

    func execute(_ session: Session) throws {
        for one in modifications {
            do { try dump.modify(one) } catch let error as DeckError { throw DeckError(error.message, at: error.location ?? location) }
        }
    }
}
