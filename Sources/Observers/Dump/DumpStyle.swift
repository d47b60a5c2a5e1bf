import Deck
import Domain
import Integrators

/// One `dump` style: its word, how it is written, and how its format is made from the words after the file name.
public struct DumpStyle: Sendable {
    public let name: String
    public let usage: String
    public let help: String
    let make: @Sendable (_ words: inout Words, _ observation: Observation) throws -> any DumpFormat

    /// All styles, one line each.
    public static let builtin: [DumpStyle] = [
        DumpStyle("custom", usage: "dump ID GROUP custom N FILE ATTRIBUTE ...", help: "LAMMPS text, columns of one's choice") {
            guard !$0.isAtEnd else { throw $0.error("dump custom needs at least one attribute") }
            return try CustomFormat($0.remaining(), $1)
        },
        DumpStyle("atom", usage: "dump ID GROUP atom N FILE", help: "LAMMPS text: id, type, scaled position") { _, _ in AtomFormat() },
        DumpStyle("xyz", usage: "dump ID GROUP xyz N FILE", help: "XYZ") { _, _ in XYZFormat() },
        DumpStyle("extxyz", usage: "dump ID GROUP extxyz N FILE", help: "extended XYZ with energy, forces, stress, in eV and Angstrom") { _, _ in
            ExtendedXYZFormat()
        },
    ]

    private init(
        _ name: String, usage: String, help: String, make: @escaping @Sendable (_ words: inout Words, _ observation: Observation) throws -> any DumpFormat
    ) {
        (self.name, self.usage, self.help, self.make) = (name, usage, help, make)
    }
}

extension Dump {
    /// Makes a dump from the words after id and group: style, interval (not for `write_dump`), file, attributes.
    /// - Throws: `DeckError` at the word that is wrong.
    public static func make(
        id: String, group: Group, _ words: inout Words, _ observation: Observation, isSingle: Bool = false, at location: SourceLocation?
    ) throws -> Dump {
        let name = try words.word("a dump style")
        guard let style = DumpStyle.builtin.first(where: { $0.name == name.text }) else {
            throw DeckError.unknown("dump style", name, known: DumpStyle.builtin.map(\.name))
        }
        words.context = "\(words.context) \(style.name)"
        let interval = isSingle ? nil : try words.word("the interval")
        let schedule = try interval.map { try Schedule($0, zeroIsNever: false, what: "the interval") } ?? Schedule(.never)
        let file = try words.word("a file name")
        for ending in [".gz", ".zst", ".bz2", ".xz", ".lz4", ".bin"] where file.text.hasSuffix(ending) {
            throw DeckError("dump files ending in \(ending) (compressed or binary) are not supported; write plain text and compress it afterwards", at: file.location)
        }
        guard !file.text.contains("%") else {
            throw DeckError("one file a rank ('%') is not supported: the content does not depend on the number of ranks", at: file.location)
        }
        guard file.text.filter({ $0 == "*" }).count <= 1 else { throw DeckError("more than one '*' in a file name", at: file.location) }
        let format = try style.make(&words, observation)
        return Dump(
            id: id, style: style.name, path: file.text, group: group, schedule: schedule, format: format, observation, at: location ?? name.location)
    }
}
