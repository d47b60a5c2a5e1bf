import Deck
import Domain
import Integrators
import Potentials

/// `fix pair`: values of each atom that a potential has under names of its own, such as extrapolation grades, every N steps, as f_ID (one
/// column) or f_ID[1...]. They keep their values between these steps. The trigger is LAMMPS' (1: computed only at these steps); here
/// nothing is computed at other steps in any case.
public final class PairFix: Fix {
    static let entry = ObservingFixStyle(
        name: "pair", usage: "fix ID GROUP pair N STYLE[:K] NAME 0|1 [NAME 0|1]...   (K: which one, if the style occurs more than once)"
    ) { words, setup, observation in
        let every = try words.positiveInt("the number of steps between values")
        let style = try words.word("a pair style")
        let potential = try observation.reporting(style)
        var quantities: [PotentialAtomQuantity] = []
        repeat {
            let name = try words.word("the name of a quantity")
            guard let quantity = potential.atomQuantities.first(where: { $0.name == name.text }) else {
                throw DeckError.unknown("quantity of pair_style \(potential.style)", name, known: potential.atomQuantities.map(\.name))
            }
            _ = try words.int("the trigger", in: 0...1)
            quantities.append(quantity)
        } while !words.isAtEnd
        return PairFix(setup, every: every, style, quantities, observation)
    }

    public let id: String
    public let style = "pair"
    public var group: Group
    private let every: Int
    private let pairStyle: Word
    private let quantities: [PotentialAtomQuantity]
    private let stored: AtomProperty
    private unowned let observation: Observation

    init(_ setup: FixSetup, every: Int, _ pairStyle: Word, _ quantities: [PotentialAtomQuantity], _ observation: Observation) {
        (id, group, self.every, self.pairStyle) = (setup.id, setup.group, every, pairStyle)
        (self.quantities, self.observation) = (quantities, observation)
        let width = quantities.reduce(0) { $0 + max(1, $1.columns) }
        stored = setup.system.atoms.claimProperty("f_\(setup.id)", width: width).property
    }

    public func wants(at step: Int) -> Wanted { step % every == 0 ? quantities.reduce([]) { $0.union($1.wanted) } : [] }

    public func prepare(_ system: System) throws {
        let potential = try observation.reporting(pairStyle)
        for quantity in quantities
        where !potential.atomQuantities.contains(where: { $0.name == quantity.name && $0.columns == quantity.columns }) {
            throw DeckError("pair_style \(potential.style) no longer has the quantity '\(quantity.name)'", at: pairStyle.location)
        }
    }

    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        guard system.step % every == 0 else { return }
        let potential = try observation.reporting(pairStyle)
        var column = 0
        for quantity in quantities {
            let values = potential.atomQuantity(quantity.name, system.atoms), own = max(1, quantity.columns)
            for i in 0..<system.atoms.owned { for k in 0..<own { stored.values[i * stored.width + column + k] = values[i * own + k] } }
            column += own
        }
    }

    public var atomProperty: AtomProperty? { stored }
}

extension Observation {
    /// The deck's potential, or a member of it, of the style (`nep`, `nep:2`), which must have quantities of its own.
    /// - Throws: `DeckError` at the word when there is none of that style, or it has none.
    func reporting(_ word: Word) throws -> any AtomReporting {
        guard let potential = try requireHost().watchedPotential else {
            throw DeckError("fix pair needs a pair_style before it", at: word.location)
        }
        let parts = word.text.split(separator: ":", maxSplits: 1)
        let number = parts.count == 2 ? Int(parts[1]) : 1
        let paths = potential.paths(toStyle: parts.first.map(String.init) ?? "")
        guard let number, paths.indices.contains(number - 1), let found = paths[number - 1].last else {
            throw DeckError.unknown("pair style of this deck", word, known: [potential.style] + potential.members.map(\.style))
        }
        guard let reporting = found as? any AtomReporting else {
            throw DeckError("pair_style \(found.style) has no quantities of its own per atom", at: word.location)
        }
        return reporting
    }
}
