import Deck
import Domain
import Integrators

/// `create_box`: an empty simulation box from a region.
struct CreateBox: DeckCommand {
    static let name = "create_box"
    static let usage = """
        create_box TYPES REGION [bond/types N] [angle/types N] [dihedral/types N] [improper/types N]
        create_box TYPES NULL ALO AHI BLO BHI CLO CHI
        The region is a block or a prism. NULL: a general triclinic box between so many of the lattice's a1, a2, a3 (lattice custom ... triclinic/general). extra/bond/per/atom N and its like are accepted: there is always room.
        """

    private static let topology = [
        "bond/types", "angle/types", "dihedral/types", "improper/types", "extra/bond/per/atom", "extra/angle/per/atom",
        "extra/dihedral/per/atom", "extra/improper/per/atom", "extra/special/per/atom",
    ]

    private let typeCount: Int
    private var connectionTypes = [0, 0, 0, 0]
    private var extraSpecial = 0
    private let box: Box
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        guard session.system == nil else {
            throw words.error("there is a simulation box already; the command clear removes it")
        }
        typeCount = try words.int("the number of atom types", in: 1...1_000_000)
        let regionWord = try words.word("a region")
        let region = regionWord.text == "NULL" ? nil : try session.requireRegion(regionWord)
        switch region {
        case nil: box = try Self.general(regionWord, &words, session)
        case let block as BlockRegion where block.isInside:
            box = try Self.checked(Box(lo: block.lo, hi: block.hi), regionWord)
        case let prism as PrismRegion where prism.isInside:
            box = try Self.checked(
                Box(lo: prism.lo, hi: prism.hi, xy: prism.tilt.xy, xz: prism.tilt.xz, yz: prism.tilt.yz, isTriclinic: true), regionWord)
        default:
            throw words.error("region '\(regionWord.text)' has no bounds; a box is made from a block or a prism", at: regionWord)
        }
        while let word = words.peek {
            _ = try words.word("a keyword")
            guard Self.topology.contains(word.text) else {
                throw DeckError.unknown("create_box keyword", word, known: Self.topology)
            }
            let number = try words.int("a number", in: 0...1_000_000)
            if word.text == "extra/special/per/atom" { extraSpecial = number }
            if let kind = TopologyKind.allCases.first(where: { word.text == "\($0.name)/types" }) {
                guard number == 0 || session.atomStyle.topologyKinds > kind.rawValue else {
                    throw words.error("atom_style \(session.atomStyle.rawValue) has no \(kind.plural), so \(word.text) must be 0")
                }
                connectionTypes[kind.rawValue] = number
            }
        }
    }

    /// The edges are spans of primitive vectors, the origin is their lower ends.
    private static func general(_ null: Word, _ words: inout Words, _ session: Session) throws -> Box {
        guard let lattice = session.lattice, lattice.isGeneral else {
            throw words.error("a box without a region needs a lattice custom ... triclinic/general before it", at: null)
        }
        var lo = Vector.zero, hi = Vector.zero
        for (d, name) in ["a", "b", "c"].enumerated() {
            lo[d] = try words.double("the lower end along \(name)")
            let low = lo[d]
            hi[d] = try words.double("the upper end along \(name)", "above the lower one", where: { $0 > low })
            guard d < session.dimension || lo[d] == -0.5 && hi[d] == 0.5 else {
                throw words.error("in two dimensions the ends along c are -0.5 and 0.5")
            }
        }
        let origin = lattice.position(lo)
        let edges = (0..<3).map { d in
            var corner = lo
            corner[d] = hi[d]
            return (lattice.position(corner) - origin).xyz
        }
        do {
            return try Box(general: edges[0], edges[1], edges[2], origin: origin)
        } catch {
            throw words.error("\(error)", at: null)
        }
    }

    private static func checked(_ box: Box, _ word: Word) throws -> Box {
        for d in 0..<3 where !(box.hi[d] > box.lo[d] && box.hi[d] - box.lo[d] < regionInfinity) {
            throw DeckError("create_box: region '\(word.text)' is not bounded along \(["x", "y", "z"][d])", at: word.location)
        }
        return box
    }

    func execute(_ session: Session) throws {
        var box = box
        box.boundary = session.boundary
        box.prepareFaces()
        box = try session.inDimensions(box, at: location)
        session.install(
            System(communicator: session.communicator, units: session.units, box: box, atoms: Atoms(typeCount: typeCount)))
        if let system = session.system {
            for kind in TopologyKind.allCases { system.atoms.topology.setTypes(kind, connectionTypes[kind.rawValue]) }
            system.atoms.topology.extraSpecial = extraSpecial
        }
        session.output.line("Created \(session.boxDescription(box))")
        try session.announceGrid(at: location)
    }
}
