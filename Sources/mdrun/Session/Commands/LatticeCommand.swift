import Deck
import Domain

/// `lattice`: points for create_atoms, and the length unit of region, create_atoms and others.
struct LatticeCommand: DeckCommand {
    static let name = "lattice"
    static let usage = """
        lattice none LENGTH
        lattice sc|bcc|fcc|hcp|diamond|sq|sq2|hex|custom SCALE [origin X Y Z] [orient x|y|z I J K] [spacing DX DY DZ]
                [a1 X Y Z] [a2 X Y Z] [a3 X Y Z] [basis X Y Z]... [triclinic/general]
        SCALE is the lattice constant; with units lj it is the reduced density instead. a1, a2, a3 and basis belong to custom.
        sq, sq2, hex and custom are for dimension 2. triclinic/general: for create_box TYPES NULL ..., which makes a box of a1, a2, a3.
        """

    private enum Style { case none, cell(Lattice.Cell), custom }

    private let lattice: Lattice

    init(_ words: inout Words, _ session: Session) throws {
        let styleWord = words.peek
        let style = try words.choice(
            "lattice style",
            [
                ("none", Style.none), ("sc", .cell(.simpleCubic)), ("bcc", .cell(.bodyCentred)), ("fcc", .cell(.faceCentred)),
                ("hcp", .cell(.hexagonal)), ("diamond", .cell(.diamond)), ("sq", .cell(.square)),
                ("sq2", .cell(.centredSquare)), ("hex", .cell(.hexagonalPlane)), ("custom", .custom),
            ])
        var cell: Lattice.Cell
        var isCustom = false
        switch style {
        case .none:
            lattice = Lattice(spacing: try words.positiveDouble("the length"))
            return
        case .cell(let known): cell = known
        case .custom: (cell, isCustom) = (Lattice.Cell(basis: []), true)
        }
        let isFlat = ["sq", "sq2", "hex"].contains(styleWord!.text)
        if !isCustom && isFlat != (session.dimension == 2) {
            throw words.error("lattice \(styleWord!.text) is for \(isFlat ? "two" : "three") dimensions", at: styleWord!)
        }
        let scale = try words.positiveDouble(session.units.name == .lj ? "the reduced density" : "the lattice constant")
        let scaleWord = words.error("")
        var placement = Lattice.Placement()
        var generalWord: Word?
        while let word = words.peek {
            _ = try words.word("a keyword")
            if !isCustom, ["a1", "a2", "a3", "basis"].contains(word.text) {
                throw words.error("\(word.text) is only for lattice custom", at: word)
            }
            switch word.text {
            case "origin": placement.origin = try Self.unitCube(&words, "origin")
            case "orient":
                let axis = try words.choice("axis", [("x", 0), ("y", 1), ("z", 2)])
                placement.orient[axis] = try (0..<3).map { _ in try words.int("a component of the orient vector", in: -1000...1000) }
            case "spacing":
                let given = try words.vector("the spacing")
                guard given.x > 0, given.y > 0, given.z > 0 else { throw words.error("spacings must be positive") }
                placement.spacing = given
            case "a1": cell.a1 = try words.vector("a1")
            case "a2": cell.a2 = try words.vector("a2")
            case "a3": cell.a3 = try words.vector("a3")
            case "triclinic/general":
                guard isCustom else { throw words.error("triclinic/general is only for lattice custom", at: word) }
                (placement.isGeneral, generalWord) = (true, word)
            case "basis": cell.basis.append(try Self.unitCube(&words, "basis"))
            default:
                throw DeckError.unknown(
                    "lattice keyword", word, known: ["origin", "orient", "spacing", "a1", "a2", "a3", "basis", "triclinic/general"])
            }
        }
        if session.dimension == 2 { try Self.checkPlane(cell, placement, words) }
        if let generalWord, placement.origin != .zero || placement.orient != Lattice.Placement().orient {
            throw words.error("triclinic/general goes with the default origin and orientation only", at: generalWord)
        }
        do {
            lattice = try Lattice(cell, scale: scale, isReducedDensity: session.units.name == .lj, placement, dimension: session.dimension)
        } catch {
            throw DeckError("lattice: \(error.message)", at: scaleWord.location)
        }
    }

    /// In two dimensions a1, a2, the basis and orient stay in the plane, and a3 is z.
    private static func checkPlane(_ cell: Lattice.Cell, _ placement: Lattice.Placement, _ words: Words) throws {
        let orient = placement.orient
        guard placement.origin.z == 0, orient[2][0] == 0, orient[2][1] == 0, orient[0][2] == 0, orient[1][2] == 0 else {
            throw words.error("in two dimensions origin and orient must leave z alone")
        }
        guard cell.a1.z == 0, cell.a2.z == 0, cell.a3 == Vector(0, 0, 1, 0), cell.basis.allSatisfy({ $0.z == 0 }) else {
            throw words.error("in two dimensions a1, a2 and the basis must have z = 0, and a3 must be 0 0 1")
        }
    }

    private static func unitCube(_ words: inout Words, _ what: String) throws -> Vector {
        var x = Vector.zero
        for d in 0..<3 { x[d] = try words.double("the \(what)", in: 0..<1) }
        return x
    }

    func execute(_ session: Session) throws {
        session.lattice = lattice
        let s = lattice.spacing
        if !lattice.basis.isEmpty {
            session.output.line("Lattice spacing in x,y,z = \(session.short(s.x)) \(session.short(s.y)) \(session.short(s.z))")
        }
    }
}
