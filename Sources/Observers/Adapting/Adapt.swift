import Deck
import Domain
import Integrators
import Potentials

/// `fix adapt`: coefficients of the pair potential, and charges, follow equal-style variables: at the beginning of a run and every N steps (N = 0: at the
/// beginning alone), before forces are computed.
///
///     pair STYLE NAME I J v_NAME     the coefficient NAME of types I, J (ranges); STYLE:k where a hybrid has the style several times
///     pair STYLE scale * * v_NAME    a factor of a whole member of a hybrid
///     atom charge v_NAME             charges of the group's atoms
///
/// `scale yes`: what the deck has said times the variable. Coefficients stay as they are at the end of a run.
public final class Adapt: Fix {
    private enum Target {
        case coefficient(style: Word, name: String, pairs: [TypePair])
        case member(style: Word)
        case charge
    }
    private struct Change {
        let target: Target
        let value: FixValue
        let location: SourceLocation
    }

    static let entry = ObservingFixStyle(
        name: "adapt",
        usage: """
            fix ID GROUP adapt N pair STYLE[:k] NAME I J v_NAME ... [atom charge v_NAME] [scale yes|no] [reset no]
            NAME: a coefficient, as epsilon or sigma of lj/cut, a of soft, or scale, of a member of a hybrid
            """
    ) { words, setup, observation in
        let every = try words.nonNegativeInt("the number of steps between changes, or 0")
        let count = setup.system.atoms.typeCount
        var changes: [Change] = [], isScaled = false
        func value(_ words: inout Words) throws -> FixValue {
            let word = try words.word("v_NAME of an equal-style variable")
            let value = try setup.atomValue(word)
            guard case .equal = value.source else { throw words.error("expected v_NAME of an equal-style variable, not '\(word.text)'", at: word) }
            return value
        }
        while let word = words.peek {
            switch try words.choice(
                "a keyword of fix adapt", ["pair", "atom", "scale", "reset", "kspace", "bond", "angle", "mass"].map { ($0, $0) }) {
            case "pair":
                let style = try words.word("a pair style"), name = try words.word("a coefficient's name")
                let rows = try words.typeRange("a type", count: count), columns = try words.typeRange("a type", count: count)
                let pairs = rows.flatMap { i in columns.filter { $0 >= i }.map { TypePair(i, $0) } }
                let target: Target
                if name.text == "scale" {
                    guard pairs.count == count * (count + 1) / 2 else { throw words.error("scale is for all types here: * *", at: name) }
                    target = .member(style: style)
                } else {
                    target = .coefficient(style: style, name: name.text, pairs: pairs)
                }
                changes.append(Change(target: target, value: try value(&words), location: style.location))
                _ = try Adapt.potential(style, observation, isMember: name.text == "scale")
                if name.text != "scale" { try Adapt.check(style, name, observation) }
            case "atom":
                let what = try words.word("charge")
                guard what.text == "charge" else { throw words.error("only the charge of atoms can follow a variable: atoms have no size", at: what) }
                guard setup.system.atoms.charge != nil else { throw words.error("atoms have no charges: atom_style charge or full", at: what) }
                changes.append(Change(target: .charge, value: try value(&words), location: what.location))
            case "scale": isScaled = try words.flag("yes or no")
            case "reset":
                guard try !words.flag("yes or no") else { throw words.error("reset yes is not there: give the pair_coeff lines again after the run", at: word) }
            case let other: throw words.error("fix adapt \(other) is not there: pair coefficients and charges are", at: word)
            }
        }
        guard !changes.isEmpty else { throw words.error("fix adapt needs something to change") }
        return Adapt(setup, every: every, changes, isScaled: isScaled, observation)
    }

    public let id: String
    public let style = "adapt"
    public var group: Group
    private let every: Int
    private let changes: [Change]
    private let isScaled: Bool
    private unowned let observation: Observation
    /// What was there before the first change, in the order of changes and their pairs.
    private var originals: [[Double?]] = []
    private var charges: AtomProperty?

    private init(_ setup: FixSetup, every: Int, _ changes: [Change], isScaled: Bool, _ observation: Observation) {
        (id, group, self.every, self.changes) = (setup.id, setup.group, every, changes)
        (self.isScaled, self.observation) = (isScaled, observation)
        let needsCharges = isScaled && changes.contains { if case .charge = $0.target { true } else { false } }
        if needsCharges, let q = setup.system.atoms.charge {
            let (property, isRestored) = setup.system.atoms.claimProperty("f_\(setup.id)", width: 1)
            if !isRestored { for i in 0..<setup.system.atoms.owned { property.values[i] = q.values[i] } }
            charges = property
        }
    }

    public func wants(at step: Int) -> Wanted {
        every > 0 && step % every == 0 ? changes.reduce([]) { $0.union($1.value.wants()) } : []
    }

    public func prepare(_ system: System) throws {
        if originals.isEmpty { originals = try changes.map { try current($0.target) } }
        try apply(system)
    }

    public func postIntegrate(_ system: System) throws {
        if every > 0, system.step % every == 0 { try apply(system) }
    }

    /// The potential that a word names, of those of the deck.
    private static func potential(_ word: Word, _ observation: Observation, isMember: Bool) throws -> (path: [any Potential], own: any Potential) {
        guard let all = observation.host?.watchedPotential else { throw DeckError("fix adapt needs a pair_style before it", at: word.location) }
        let parts = word.text.split(separator: ":").map(String.init), paths = all.paths(toStyle: parts[0])
        guard !paths.isEmpty else {
            throw DeckError.unknown("pair style of this deck", word, known: [all.style] + all.members.map(\.style))
        }
        let number = parts.count > 1 ? Int(parts[1]) ?? 0 : 1
        guard parts.count < 3, (1...paths.count).contains(number), parts.count > 1 || paths.count == 1 else {
            throw DeckError("'\(parts[0])' is there \(paths.count) times: say which one, '\(parts[0]):1' to '\(parts[0]):\(paths.count)'", at: word.location)
        }
        let path = paths[number - 1]
        if isMember {
            guard path.count == 2, path[0] is Hybrid else {
                throw DeckError("scale is of members of a hybrid: use pair_style hybrid/overlay, or hybrid/scaled v_NAME", at: word.location)
            }
        }
        return (path, path[path.count - 1])
    }

    private static func check(_ style: Word, _ name: Word, _ observation: Observation) throws {
        let own = try potential(style, observation, isMember: false).own
        guard let adaptable = own as? any Adaptable else { throw DeckError("nothing of pair_style \(own.style) can follow a variable", at: style.location) }
        guard adaptable.adaptableNames.contains(name.text) else {
            throw DeckError.unknown("coefficient of pair_style \(own.style)", name, known: adaptable.adaptableNames)
        }
    }

    private func current(_ target: Target) throws -> [Double?] {
        switch target {
        case .coefficient(let style, let name, let pairs):
            let own = try Self.potential(style, observation, isMember: false).own as? any Adaptable
            return pairs.map { own?.parameter(name, $0.i, $0.j) }
        case .member, .charge: return [1]
        }
    }

    private func apply(_ system: System) throws {
        for (k, change) in changes.enumerated() {
            let value = try change.value.evaluate()(0)
            try set(change, originals[k].map { original in original.map { isScaled ? $0 * value : value } }, value, system)
        }
    }

    private func set(_ change: Change, _ values: [Double?], _ value: Double, _ system: System) throws {
        switch change.target {
        case .coefficient(let style, let name, let pairs):
            guard let own = try Self.potential(style, observation, isMember: false).own as? any Adaptable else { return }
            // Pairs without a line of their own follow by mixing.
            for (pair, value) in zip(pairs, values) { if let value { own.setParameter(name, pair.i, pair.j, to: value) } }
            try own.refresh()
        case .member(let style):
            let (path, own) = try Self.potential(style, observation, isMember: true)
            guard let hybrid = path[0] as? Hybrid, let k = hybrid.members.firstIndex(where: { $0 === own }) else { return }
            hybrid.factors[k] = value
            try hybrid.update()
        case .charge:
            guard let q = system.atoms.charge else { return }
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                q.values[i] = isScaled ? (charges?.values[i] ?? 1) * value : value
            }
        }
    }
}
