import Deck
import Domain

/// The `UNITS:` that the first line of LAMMPS' potential files may name.
enum FileUnits {
    /// What the file's energies are multiplied by: 1 where the file says nothing or the deck's units.
    /// - Throws: `DeckError` at the file's name for units between which nothing is converted.
    static func energyFactor(_ bytes: [UInt8], _ file: Word, _ units: Units) throws -> Double {
        let name = named(bytes) ?? units.name.rawValue
        if name == units.name.rawValue { return 1 }
        switch (name, units.name) {
        case ("metal", .real): return Units.real.electronvolt!
        case ("real", .metal): return 1 / Units.real.electronvolt!
        default: throw differ(name, file, units)
        }
    }

    /// - Throws: `DeckError` at the file's name for other units than the deck's.
    static func checkEqual(_ bytes: [UInt8], _ file: Word, _ units: Units) throws {
        if let name = named(bytes), name != units.name.rawValue { throw differ(name, file, units) }
    }

    private static func named(_ bytes: [UInt8]) -> String? {
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }.prefix(1024), as: UTF8.self)
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let tag = words.firstIndex(of: "UNITS:"), tag + 1 < words.count else { return nil }
        return String(words[tag + 1])
    }

    private static func differ(_ name: String, _ file: Word, _ units: Units) -> DeckError {
        DeckError("'\(file.text)' is in units \(name), the deck in units \(units.name.rawValue)", at: file.location)
    }
}
