import Deck
import Domain
import Integrators

/// One `dump` style: its word, how it is written, and how its format is made from the words after the file name.
public struct DumpStyle: Sendable {
    public let name: String
    public let usage: String
    public let help: String
    let make: @Sendable (_ words: inout Words, _ schedule: Schedule?, _ observation: Observation) throws -> any DumpFormat

    /// All styles, one line each.
    public static let builtin: [DumpStyle] = [
        DumpStyle("custom", usage: "dump ID GROUP custom N FILE ATTRIBUTE ...", help: "LAMMPS text, columns of one's choice") {
            try CustomFormat(attributes(&$0), .text, $2)
        },
        DumpStyle("atom", usage: "dump ID GROUP atom N FILE", help: "LAMMPS text: id, type, scaled position") { _, _, _ in AtomFormat() },
        DumpStyle("xyz", usage: "dump ID GROUP xyz N FILE", help: "XYZ") { _, _, _ in XYZFormat() },
        DumpStyle("extxyz", usage: "dump ID GROUP extxyz N FILE", help: "extended XYZ with energy, forces, stress, in eV and Angstrom") {
            _, _, _ in ExtendedXYZFormat()
        },
        DumpStyle("yaml", usage: "dump ID GROUP yaml N FILE ATTRIBUTE ...", help: "a YAML document a frame, columns as in custom") {
            try CustomFormat(attributes(&$0), .yaml, $2)
        },
        DumpStyle("dcd", usage: "dump ID GROUP dcd N FILE", help: "CHARMM's binary trajectory: positions in single precision") {
            _, schedule, _ in
            try DCDFormat(interval: schedule)
        },
        DumpStyle("netcdf", usage: "dump ID GROUP netcdf N FILE ATTRIBUTE ...", help: "AMBER's netCDF, columns as in custom") {
            try NetCDFFormat(attributes(&$0), $2)
        },
    ]

    /// Styles of LAMMPS that are not here, and what to use instead.
    static let refused: [String: String] = [
        "local": "bonds, angles and pairs are not kept", "image": "draw the frames of a dump custom or extxyz (OVITO, ASE)",
        "movie": "draw the frames of a dump custom or extxyz (OVITO, ASE)", "cfg": "use custom", "xtc": "use dcd or netcdf",
        "h5md": "use netcdf", "netcdf/mpiio": "use netcdf, which any number of ranks writes",
        "custom/gz": "use custom with a file name in .gz",
        "custom/zstd": "use custom with a file name in .zst", "atom/gz": "use atom with a file name in .gz",
        "atom/zstd": "use atom with a file name in .zst", "xyz/gz": "use xyz with a file name in .gz",
        "xyz/zstd": "use xyz with a file name in .zst", "local/gz": "bonds, angles and pairs are not kept",
        "custom/mpiio": "use custom", "atom/mpiio": "use atom", "xyz/mpiio": "use xyz", "grid": "there are no grids",
        "vtk": "use custom", "molfile": "use dcd, netcdf or extxyz", "adios": "use netcdf",
    ]

    private static func attributes(_ words: inout Words) throws -> [Word] {
        guard !words.isAtEnd else { throw words.error("\(words.context) needs at least one attribute") }
        return words.remaining()
    }

    private init(
        _ name: String, usage: String, help: String,
        make: @escaping @Sendable (_ words: inout Words, _ schedule: Schedule?, _ observation: Observation) throws -> any DumpFormat
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
            if let reason = DumpStyle.refused[name.text] {
                throw DeckError("dump style '\(name.text)' is not supported: \(reason)", at: name.location)
            }
            throw DeckError.unknown("dump style", name, known: DumpStyle.builtin.map(\.name))
        }
        words.context = "\(words.context) \(style.name)"
        let interval = isSingle ? nil : try words.word("the interval")
        let schedule = try interval.map { try Schedule($0, zeroIsNever: false, what: "the interval") } ?? Schedule(.never)
        let file = try words.word("a file name")
        for ending in Compression.unsupported where file.text.hasSuffix(ending) {
            throw DeckError("dump files ending in \(ending) are not supported; .gz and .zst are", at: file.location)
        }
        guard !file.text.contains("%") else {
            throw DeckError("one file a rank ('%') is not supported: the content does not depend on the number of ranks", at: file.location)
        }
        guard file.text.filter({ $0 == "*" }).count <= 1 else { throw DeckError("more than one '*' in a file name", at: file.location) }
        let format = try placing(at: interval?.location ?? name.location) {
            try style.make(&words, interval == nil ? nil : schedule, observation)
        }
        if format.isBinary, let kind = Compression(path: file.text) {
            throw DeckError("a \(style.name) file cannot be compressed (\(kind.rawValue)) while it grows", at: file.location)
        }
        return Dump(
            id: id, style: style.name, path: file.text, group: group, schedule: schedule, format: format, observation,
            at: location ?? name.location)
    }
}
