import Deck
import Domain
import Integrators

/// `write_data`: box and atoms as a LAMMPS data file.
struct WriteData: DeckCommand {
    static let name = "write_data"
    static let usage = """
        write_data FILE [nocoeff] [pair ii|ij] [types numeric|labels] [triclinic/general]
        A * in FILE becomes the step. Coefficients of bonds, angles and so on are written unless nocoeff, those of pairs never: the deck has them. triclinic/general: in the frame in which the box was made.
        """

    private let file: Word
    private var usesLabels = false
    private var wantsCoefficients = false
    private var isGeneral = false
    private var hasCoefficients = true

    init(_ words: inout Words, _ session: Session) throws {
        let system = try session.requireSystem("write_data", at: words.location)
        file = try words.word("a file name")
        while let word = words.peek {
            _ = try words.word("a keyword")
            switch word.text {
            case "nocoeff": hasCoefficients = false
            case "nofix", "nolabelmap": break
            case "pair":
                _ = try words.choice("pair coefficients", [("ii", ()), ("ij", ())])
                wantsCoefficients = true
            case "types": usesLabels = try words.choice("way to write types", [("numeric", false), ("labels", true)])
            case "triclinic/general":
                guard system.box.rotation != nil else {
                    throw words.error("triclinic/general needs a box that was made as a general triclinic one", at: word)
                }
                isGeneral = true
            default:
                throw DeckError.unknown(
                    "write_data keyword", word, known: ["nocoeff", "nofix", "nolabelmap", "pair", "types", "triclinic/general"])
            }
        }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem("write_data", at: file.location)
        if wantsCoefficients { session.output.warn("write_data does not write pair coefficients; keep pair_coeff in the deck") }
        if usesLabels, (1...system.atoms.typeCount).contains(where: { system.atoms.labels[$0] == nil }) {
            throw DeckError("write_data: types labels needs a label for every type (labelmap)", at: file.location)
        }
        if session.isDryRun { return }
        let path = file.text.split(separator: "*", omittingEmptySubsequences: false).joined(separator: "\(system.step)")
        var description = DataFile.Description(
            title: "LAMMPS data file via mdrun, timestep = \(system.step), units = \(system.units.name.rawValue)", box: system.box,
            usesLabels: usesLabels)
        description.isGeneral = isGeneral
        for kind in TopologyKind.allCases where hasCoefficients {
            if let set = session.bonded[kind] { description.coefficients[kind] = (set.style, set.lines) }
        }
        try DataFile.write(path, description, system.atoms, session.communicator, at: file.location)
    }
}
