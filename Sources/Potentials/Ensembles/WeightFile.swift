import Deck
import Foundation

/// Weights of an ensemble's members, as fitting writes them:
///
///     {"format": "mdrun-weights", "version": 1, "bases": ["nep", "painn"], "weights": [0.4, 0.6]}
///     {"format": "mdrun-weights", "version": 1, "bases": ["nep", "painn"], "elements": ["Cu", "C"], "weights": [[0.4, 0.6], [0.3, 0.7]]}
///
/// `bases` are the members' styles in order (`nep:2` where a style occurs more than once); the rows of the second form are elements.
struct WeightFile {
    enum Weights: Equatable {
        /// c_k.
        case global([Double])
        /// c_k of each element.
        case byElement([String: [Double]])
    }

    let path: String
    let location: SourceLocation?
    let bases: [String]
    let weights: Weights

    private struct Header: Decodable {
        let format: String
        let version: Int
        let bases: [String]
        let elements: [String]?
    }
    private struct Row: Decodable { let weights: [Double] }
    private struct Table: Decodable { let weights: [[Double]] }

    /// - Throws: `DeckError` at the file's word, naming the field that is wrong: another format, rows of other lengths, a weight that is
    ///   not finite, an element twice, or weights that do not add up to 1 where `isNormalised`.
    init(_ word: Word, _ setup: PotentialSetup, isNormalised: Bool) throws {
        (path, location) = (word.text, word.location)
        let data = Data(try setup.read(word.text, word.location))
        func fail(_ message: String) -> DeckError { DeckError("\(word.text): \(message)", at: word.location) }
        do {
            let decoder = JSONDecoder()
            let header = try decoder.decode(Header.self, from: data)
            guard header.format == "mdrun-weights", header.version == 1 else {
                throw fail("format \(header.format) version \(header.version); expected mdrun-weights version 1")
            }
            bases = header.bases
            let rows: [[Double]]
            if let elements = header.elements {
                rows = try decoder.decode(Table.self, from: data).weights
                guard rows.count == elements.count else { throw fail("\(rows.count) rows of weights for \(elements.count) elements") }
                guard Set(elements).count == elements.count else { throw fail("an element occurs twice in elements") }
                weights = .byElement(Dictionary(uniqueKeysWithValues: zip(elements, rows)))
            } else {
                rows = [try decoder.decode(Row.self, from: data).weights]
                weights = .global(rows[0])
            }
            for (k, row) in rows.enumerated() {
                let whose = header.elements.map { " of \($0[k])" } ?? ""
                guard row.count == bases.count else { throw fail("\(row.count) weights\(whose) for \(bases.count) bases") }
                guard row.allSatisfy(\.isFinite) else { throw fail("a weight\(whose) is not finite") }
                do {
                    try CommitteeOptions.check(row, of: whose, isNormalised: isNormalised, at: word.location)
                } catch let error as DeckError { throw fail(error.message) }
            }
        } catch let error as DecodingError {
            throw fail(error.explanation(file: word.text))
        }
    }

    /// - Throws: `DeckError` when the members are not the bases that the weights were made for, in their order.
    func check(_ set: MemberSet) throws {
        guard bases.count == set.count else {
            throw DeckError(
                "\(path) has weights for \(bases.count) members (\(bases.joined(separator: " "))), not \(set.count)", at: location)
        }
        for (k, member) in set.members.enumerated() where bases[k] != member.name && bases[k] != member.potential.style {
            throw DeckError("\(path): base \(k + 1) is \(bases[k]), but member \(k + 1) is \(member.name)", at: member.location ?? location)
        }
    }
}
