import Deck
import Domain

// Commands that decks carry for other builds of LAMMPS and that have one legal meaning here: read, checked, and without effect.

/// `atom_style`: what atoms carry, and the columns of data files.
struct AtomStyleCommand: DeckCommand {
    static let name = "atom_style"
    static let usage = "atom_style atomic|charge|bond|angle|molecular|full"
    private let style: AtomStyle

    init(_ words: inout Words, _ session: Session) throws {
        style = try words.choice("an atom style", AtomStyle.allCases.map { ($0.rawValue, $0) })
        guard session.system == nil else { throw words.error("atom_style must come before the simulation box is made") }
    }

    func execute(_ session: Session) { session.atomStyle = style }
}

/// `dimension 2|3`: in two dimensions atoms stay in the plane z = 0, and z must be periodic.
struct DimensionCommand: DeckCommand {
    static let name = "dimension"
    static let usage = "dimension 2|3   (before the box; 2 wants a periodic z, and fix enforce2d for runs)"
    private let dimension: Int

    init(_ words: inout Words, _ session: Session) throws {
        dimension = try words.int("the dimension, 2 or 3", in: 2...3)
        guard session.system == nil else { throw words.error("dimension must come before the simulation box is made") }
    }

    func execute(_ session: Session) { session.dimension = dimension }
}

/// `newton on|off`: forces on ghosts are always summed onto owners, so both give the same numbers.
struct NewtonCommand: DeckCommand {
    static let name = "newton"
    static let usage = "newton on|off [on|off]   (accepted; makes no difference here)"

    init(_ words: inout Words, _ session: Session) throws {
        _ = try words.flag("on or off")
        if !words.isAtEnd { _ = try words.flag("on or off") }
    }

    func execute(_ session: Session) {}
}

/// `box tilt large|small`: a tilt of any size is legal, as in LAMMPS since 2022.
struct BoxCommand: DeckCommand {
    static let name = "box"
    static let usage = "box tilt small|large   (accepted; any tilt is legal)"

    init(_ words: inout Words, _ session: Session) throws {
        _ = try words.choice("tilt", [("tilt", ())])
        _ = try words.choice("small or large", [("small", ()), ("large", ())])
    }

    func execute(_ session: Session) {}
}
