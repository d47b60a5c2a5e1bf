import Deck
import Domain
import Integrators

/// `read_data`: box and atoms from a LAMMPS data file.
struct ReadData: DeckCommand {
    static let name = "read_data"
    static let usage = """
        read_data FILE [nocoeff] [extra/atom/types N] [group NAME]
        Sections Masses, Atom Type Labels and those of bonds and so on, Pair Coeffs, PairIJ Coeffs (after pair_style), Bond Coeffs ... (after bond_style ...),
        Atoms (atomic, charge, bond, angle, molecular, full; as the file says or by atom_style), Velocities, Bonds, Angles, Dihedrals, Impropers.
        extra/bond/types N and its like make room for more types; extra/bond/per/atom N and its like are accepted. nocoeff skips coefficient sections. The box may be a general triclinic one (avec, bvec, cvec, abc origin).
        """

    private let file: Word
    private var options = DataFile.Options()
    private var extraTypes = 0
    private var groupName: String?
    private var extraConnectionTypes = [0, 0, 0, 0]
    private var extraSpecial = 0

    init(_ words: inout Words, _ session: Session) throws {
        file = try words.word("a file name")
        while let word = words.peek {
            _ = try words.word("a keyword")
            switch word.text {
            case "nocoeff": options.skipsCoefficients = true
            case "extra/atom/types": extraTypes = try words.int("the number of extra types", in: 0...1_000_000)
            case "group": groupName = try words.string("a group")
            case "extra/bond/types", "extra/angle/types", "extra/dihedral/types", "extra/improper/types":
                let kind = TopologyKind.allCases.first { word.text == "extra/\($0.name)/types" }!
                extraConnectionTypes[kind.rawValue] = try words.int("the number of extra types", in: 0...1_000_000)
            case "extra/special/per/atom": extraSpecial = try words.nonNegativeInt("a number")
            case "extra/bond/per/atom", "extra/angle/per/atom", "extra/dihedral/per/atom", "extra/improper/per/atom":
                // There is always room.
                _ = try words.nonNegativeInt("a number")
            case "add", "offset", "shift", "fix":
                throw words.error("'\(word.text)' is not supported: one data file makes the whole system", at: word)
            default:
                throw DeckError.unknown("read_data keyword", word, known: ["nocoeff", "extra/atom/types", "group"])
            }
        }
        guard session.system == nil else {
            throw words.error("there is a simulation box already; the command clear removes it", at: file)
        }
    }

    func execute(_ session: Session) throws {
        var options = options
        let communicator = session.communicator
        let lines = try SharedLines(file.text, fallbackFolder: session.deckFolder, communicator, at: file.location)
        session.output.line("Reading data file ...")
        let data = try DataFile(lines, at: file.location)
        let header = data.header
        guard header.types + extraTypes > 0 else {
            throw DeckError("'\(file.text)' has no line 'N atom types'", at: file.location)
        }
        checkUnits(header.title, session)
        var box = try box(header, session)
        box.boundary = session.boundary
        box.prepareFaces()
        box = try session.inDimensions(box, at: file.location)
        session.output.line("  \(session.boxDescription(box))")
        let system = System(
            communicator: communicator, units: session.units, box: box, atoms: Atoms(typeCount: header.types + extraTypes))
        guard
            let decomposition = Decomposition(
                box: box, rank: communicator.rank, size: communicator.size, wanted: session.processors)
        else { throw DeckError("the ranks do not fit the processors command", at: file.location) }
        options.style = session.atomStyle
        options.pairCoefficients = { words, section, style throws(DeckError) in try Self.take(words, section, style, session) }
        options.connectionCoefficients = { kind, words, section, style throws(DeckError) in
            try Self.take(kind, words, section, style, session)
        }
        session.atomStyle.addProperties(&system.atoms)
        for kind in TopologyKind.allCases {
            system.atoms.topology.setTypes(kind, header.connectionTypes[kind.rawValue] + extraConnectionTypes[kind.rawValue])
        }
        system.atoms.topology.extraSpecial = max(header.extraSpecial, extraSpecial)
        try data.readSections(into: &system.atoms, box: box, decomposition: decomposition, options, communicator)
        if let groupName {
            guard let group = system.groups.make(groupName) else { throw DeckError("too many groups", at: file.location) }
            for i in 0..<system.atoms.owned { system.atoms.mask[i] |= group.bit }
        }
        session.install(system)
        session.atomsChanged()
        try session.announceGrid(at: file.location)
        session.output.line("  reading atoms ...\n  \(system.atoms.total) atoms")
        for kind in TopologyKind.allCases where header.connections[kind.rawValue] > 0 {
            session.output.line("  reading \(kind.plural) ...\n  \(system.atoms.topology.counts[kind.rawValue]) \(kind.plural)")
        }
        session.findSpecialNeighbours()
        for axis in data.resetImages.sorted() {
            session.output.warn("Image flags along \(axis), which is not periodic, were set to 0")
        }
    }

    private func box(_ header: DataFile.Header, _ session: Session) throws -> Box {
        guard header.isGeneral else {
            let tilt = header.tilt ?? (0, 0, 0)
            return Box(lo: header.lo, hi: header.hi, xy: tilt.xy, xz: tilt.xz, yz: tilt.yz, isTriclinic: header.tilt != nil)
        }
        let origin = header.origin ?? Vector(0, 0, session.dimension == 2 ? -0.5 : 0, 0)
        do {
            return try Box(general: header.edges[0]!, header.edges[1]!, header.edges[2]!, origin: origin)
        } catch {
            throw DeckError("'\(file.text)': \(error)", at: file.location)
        }
    }

    /// Coefficients of a pair: executed as a pair_coeff after the pair_style that has been waiting for the box.
    private static func take(_ words: [Word], _ section: Word, _ style: String, _ session: Session) throws(DeckError) {
        guard let chosen = session.deferred.last(where: { $0.name.text == "pair_style" })?.words.first else {
            throw DeckError("section \(section.text) needs a pair_style before read_data", at: section.location)
        }
        if !style.isEmpty, style != chosen.text, session.noticedStyle != section.text {
            session.output.warn("Pair style \(style) in data file differs from currently defined pair style \(chosen.text)")
        }
        session.noticedStyle = section.text
        session.deferred.append(Command(name: Word(text: "pair_coeff", location: section.location), words: words))
    }

    /// Coefficients of bonds and the like: executed as a bond_coeff after the bond_style that has been waiting for the box.
    private static func take(
        _ kind: TopologyKind, _ words: [Word], _ section: Word, _ style: String, _ session: Session
    ) throws(DeckError) {
        guard let chosen = session.deferred.last(where: { $0.name.text == "\(kind.name)_style" })?.words.first else {
            throw DeckError("section \(section.text) needs a \(kind.name)_style before read_data", at: section.location)
        }
        if !style.isEmpty, style != chosen.text, session.noticedStyle != section.text {
            session.output.warn(
                "\(kind.title) style \(style) in data file differs from currently defined \(kind.name) style \(chosen.text)")
        }
        session.noticedStyle = section.text
        session.deferred.append(Command(name: Word(text: "\(kind.name)_coeff", location: section.location), words: words))
    }

    /// write_data notes the units in the first line.
    private func checkUnits(_ title: String, _ session: Session) {
        guard let found = title.firstRange(of: "units = ") else { return }
        let name = title[found.upperBound...].prefix { $0.isLetter }
        if name != session.units.name.rawValue {
            session.output.warn(
                "Inconsistent units in data file: current = \(session.units.name.rawValue), data file = \(name)")
        }
    }
}
