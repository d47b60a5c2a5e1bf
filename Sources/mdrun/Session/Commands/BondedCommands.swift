import Deck
import Domain
import Potentials

/// Which kind of connections a command is about.
protocol TopologyTag: SendableMetatype { static var kind: TopologyKind { get } }
enum BondTag: TopologyTag { static let kind = TopologyKind.bond }
enum AngleTag: TopologyTag { static let kind = TopologyKind.angle }
enum DihedralTag: TopologyTag { static let kind = TopologyKind.dihedral }
enum ImproperTag: TopologyTag { static let kind = TopologyKind.improper }

/// `bond_style`, `angle_style`, `dihedral_style`, `improper_style`: the energies of connections; coefficients follow.
struct BondedStyleCommand<Tag: TopologyTag>: DeckCommand {
    static var name: String { "\(Tag.kind.name)_style" }
    static var usage: String {
        let styles = BondedRegistry.builtin.filter { $0.kind == Tag.kind }.map(\.usage)
        return (["\(name) none\n\(name) hybrid STYLE STYLE ...      (\(Tag.kind.name)_coeff TYPE STYLE ... says which types have which)"] + styles)
            .joined(separator: "\n")
    }
    private let styles: BondedSet?

    init(_ words: inout Words, _ session: Session) throws {
        let system = try session.requireSystem(Self.name, at: words.location), topology = system.atoms.topology
        let location = words.location
        styles = try BondedSet.read(Tag.kind, &words, typeCount: topology.types[Tag.kind.rawValue], session.potentialSetup)
        guard styles == nil || topology.has(Tag.kind) else {
            throw DeckError("\(Self.name): atom_style \(system.atoms.style.rawValue) has no \(Tag.kind.plural)", at: location)
        }
    }

    func execute(_ session: Session) { session.bonded.set(Tag.kind, styles) }
}

/// `bond_coeff`, `angle_coeff`, `dihedral_coeff`, `improper_coeff`: coefficients for types.
struct BondedCoeffCommand<Tag: TopologyTag>: DeckCommand {
    static var name: String { "\(Tag.kind.name)_coeff" }
    static var usage: String { "\(name) TYPE ARGS   (TYPE: type, range, * or label; ARGS as the \(Tag.kind.name) style's usage says)" }

    init(_ words: inout Words, _ session: Session) throws {
        guard let styles = session.bonded[Tag.kind] else { throw words.error("\(Self.name) needs a \(Tag.kind.name)_style before it") }
        let types = try session.requireTypes(Tag.kind, &words)
        try styles.coefficients(types, &words)
    }

    func execute(_ session: Session) {}
}

/// `special_bonds`: factors of the pair potential between bonded neighbours.
struct SpecialBondsCommand: DeckCommand {
    static let name = "special_bonds"
    static let usage = """
        special_bonds [lj|coul|lj/coul F2 F3 F4] [amber|charmm|dreiding|fene] [angle yes|no] [dihedral yes|no]
        Factors from 0 to 1 of pairs over one, two, three bonds; 0 where nothing is said. angle yes: pairs over two bonds only where an angle
        connects them; dihedral yes: likewise over three.
        """
    private var bonds = SpecialBonds()

    init(_ words: inout Words, _ session: Session) throws {
        guard !words.isAtEnd else { throw words.error("expected a keyword") }
        while let word = words.peek {
            let names = ["lj", "coul", "lj/coul", "amber", "charmm", "dreiding", "fene", "angle", "dihedral", "one/five", "extra"]
            switch try words.choice("a keyword of special_bonds", names.map { ($0, $0) }) {
            case "lj": bonds.lj = try Self.factors(&words)
            case "coul": bonds.coulomb = try Self.factors(&words)
            case "lj/coul":
                bonds.lj = try Self.factors(&words)
                bonds.coulomb = bonds.lj
            case "amber": (bonds.lj, bonds.coulomb) = ([1, 0, 0, 0.5], [1, 0, 0, 5.0 / 6.0])
            case "charmm": (bonds.lj, bonds.coulomb) = ([1, 0, 0, 0], [1, 0, 0, 0])
            case "dreiding": (bonds.lj, bonds.coulomb) = ([1, 0, 0, 1], [1, 0, 0, 1])
            case "fene": (bonds.lj, bonds.coulomb) = ([1, 0, 1, 1], [1, 0, 1, 1])
            case "angle": bonds.trimsAngles = try words.flag("yes or no")
            case "dihedral": bonds.trimsDihedrals = try words.flag("yes or no")
            case "one/five":
                guard try !words.flag("yes or no") else { throw words.error("neighbours over four bonds are not kept", at: word) }
            default: _ = try words.nonNegativeInt("a number (accepted; there is always room)")
            }
        }
    }

    private static func factors(_ words: inout Words) throws -> [Double] {
        [1] + (try ["the factor of 1-2 pairs", "the factor of 1-3 pairs", "the factor of 1-4 pairs"].map { try words.double($0, in: 0...1) })
    }

    func execute(_ session: Session) {
        let isNew = session.specialBonds != bonds
        session.specialBonds = bonds
        if isNew { session.findSpecialNeighbours() }
    }
}
