import Deck
import Domain
import Integrators

/// `create_box`: an empty simulation box from a region.
struct CreateBox: DeckCommand {
    static let name = "create_box"
    static let usage = """
        create_box TYPES REGION
        The region is a block or a prism. bond/types, angle/types and their like may be given as 0.
        """

    private static let topology = [
        "bond/types", "angle/types", "dihedral/types", "improper/types", "extra/bond/per/atom", "extra/angle/per/atom",
        "extra/dihedral/per/atom", "extra/improper/per/atom", "extra/special/per/atom",
    ]

    private let typeCount: Int
    private let box: Box
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        guard session.system == nil else {
            throw words.error("there is a simulation box already; the command clear removes it")
        }
        typeCount = try words.int("the number of atom types", in: 1...1_000_000)
        let regionWord = try words.word("a region")
        let region = try session.requireRegion(regionWord)
        switch region {
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
            guard try words.nonNegativeInt("a number") == 0 else {
                throw words.error("bonds and other topology are not supported, so \(word.text) must be 0")
            }
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
        session.output.line("Created \(session.boxDescription(box))")
        try session.announceGrid(at: location)
    }
}
