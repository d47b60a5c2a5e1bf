import Deck
import Domain

/// A potential whose pair_coeff line names the element of each type.
public protocol SpeciesMapping: Potential {
    /// nil before its pair_coeff line.
    var speciesMap: SpeciesMap? { get }
}

extension SpeciesMapping {
    /// - Throws: `DeckError` before its pair_coeff line.
    @discardableResult
    func mappedSpecies() throws -> SpeciesMap {
        guard let speciesMap else { throw DeckError("pair_style \(style) has no pair_coeff", at: nil) }
        return speciesMap
    }
}

/// Which of a model's species each deck type is: `pair_coeff * * file Cu C O H`, with `NULL` for types that the model does not see.
///
/// Wrong type mapping is the commonest cause of "immediately or bizarrely unstable" runs, so names are always required and, once
/// masses are known, each is compared with its type's mass and label.
public struct SpeciesMap: Sendable {
    /// For each deck type (index 0 unused): the model's species index, or -1 where NULL.
    public private(set) var species: [Int32]
    public private(set) var names: [Word?]
    private var hasWarned = false

    /// Reads one word for each type.
    /// - Throws: `DeckError` at the offending word: a missing or surplus name, or an element that the model does not have.
    public init(_ words: inout Words, typeCount: Int, model: String, elements: [String]) throws {
        species = [-1]
        names = [nil]
        for type in 1...typeCount {
            let word = try words.word("the element of type \(type) (one name for each of \(typeCount) types, or NULL)")
            if word.text == "NULL" {
                species.append(-1)
                names.append(nil)
            } else if let index = elements.firstIndex(of: word.text) {
                species.append(Int32(index))
                names.append(word)
            } else {
                throw DeckError(
                    "element '\(word.text)' is not in \(model), which has \(elements.joined(separator: " "))", at: word.location)
            }
        }
        try words.finish()
    }

    /// The same as a warning, once for all runs of a deck, for styles whose published decks map what they like, as LAMMPS lets them.
    mutating func warnOfMasses(_ setup: PotentialSetup) {
        do { try check(setup) } catch let error as DeckError {
            if !hasWarned { setup.warn(error.message) }
            hasWarned = true
        } catch {}
    }

    /// - Throws: `DeckError` at the name of an element whose standard mass differs from its type's by more than 0.5 %, naming the
    ///   element that the mass fits; or at a name that differs from the type's label.
    public func check(_ setup: PotentialSetup) throws {
        for type in 1..<species.count {
            guard let word = names[type] else { continue }
            if let mass = setup.masses[type], setup.units.hasMolarMasses, let standard = Elements.mass(of: word.text),
                (mass - standard).magnitude > 0.005 * standard, !Elements.isIsotope(mass, of: word.text)
            {
                let fits = Elements.closest(toMass: mass).map { "; \(mass) is the mass of \($0)" } ?? ""
                throw DeckError(
                    "type \(type) is mapped to \(word.text) (mass \(standard)) but its mass is \(mass)\(fits)", at: word.location)
            }
            if let label = setup.labels[type], Elements.mass(of: label) != nil, label != word.text {
                throw DeckError("type \(type) is labelled \(label) but mapped to \(word.text)", at: word.location)
            }
        }
    }
}
