import Deck
import Domain

/// The files of a model that a pair_coeff line names, and a digest of their bytes.
struct ModelFiles: CustomStringConvertible {
    private(set) var names: [String] = []
    /// Fowler, Noll and Vo's hash FNV-1a.
    private var digest: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Reads the file that a word names and parses it.
    /// - Throws: `DeckError` at the word for a file that cannot be read or that `parse` refuses.
    mutating func read<T>(_ word: Word, _ words: Words, _ setup: PotentialSetup, _ parse: (String, [UInt8]) throws -> T) throws -> T {
        let bytes = try setup.read(word.text, word.location)
        names.append(word.text)
        digest = bytes.reduce(digest) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return try words.parsing(word) { try parse(word.text, bytes) }
    }

    /// `FILE FILE (fnv 0123456789abcdef)`
    var description: String { "\(names.joined(separator: " ")) (fnv \(String(digest, radix: 16)))" }
}

extension Words {
    /// Runs `body`; what it finds wrong in a file is told at the word that names the file.
    func parsing<T>(_ word: Word, _ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as ParameterFileError { throw self.error(error.description, at: word) }
    }

    /// The words `* *`, with which the pair_coeff line of a model for all types begins.
    mutating func everyPair(of style: String) throws {
        for _ in 0..<2 {
            let word = try word("* *")
            guard word.text == "*" else { throw error("pair_style \(style) takes 'pair_coeff * *': one model for all types", at: word) }
        }
    }
}
