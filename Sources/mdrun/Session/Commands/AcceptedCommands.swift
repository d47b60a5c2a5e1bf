import Deck

// Commands that decks carry for other builds of LAMMPS and that have one legal meaning here: read, checked, and without effect.

/// `atom_style atomic`
struct AtomStyleCommand: DeckCommand {
    static let name = "atom_style"
    static let usage = "atom_style atomic"

    init(_ words: inout Words, _ session: Session) throws {
        _ = try words.choice("an atom style", [("atomic", ())])
        guard session.system == nil else { throw words.error("atom_style must come before the simulation box is made") }
    }

    func execute(_ session: Session) {}
}

/// `dimension 3`
struct DimensionCommand: DeckCommand {
    static let name = "dimension"
    static let usage = "dimension 3"

    init(_ words: inout Words, _ session: Session) throws {
        guard try words.int("the dimension, 3") == 3 else { throw words.error("only three-dimensional systems are supported") }
    }

    func execute(_ session: Session) {}
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
