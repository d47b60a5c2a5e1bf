import Deck
import Domain

/// What `read_dump` and `rerun ... dump` take from a frame, and what they do with it: the words `x y z ... [box yes] [replace yes] ...`.
struct SnapshotFields {
    enum Format { case native, xyz, extendedXYZ }
    enum Adding { case no, newIDs, keptIDs }

    var wanted = FrameFields()
    var takesBox = true
    var takesStep = true
    var replaces = true
    var purges = false
    var trims = false
    var adding = Adding.no
    /// nil: by the file's name.
    var format: Format?

    static let usage = """
        FIELD ...: x y z vx vy vz ix iy iz (fx fy fz are read over: forces are computed)
        [box yes|no] [timestep yes|no] [replace yes|no] [purge yes|no] [trim yes|no] [add no|yes|keep] [label FIELD COLUMN]
        [scaled yes|no] [wrapped yes|no] [format native|xyz|extxyz]
        """

    /// - Throws: `DeckError` at the word that is wrong.
    init(_ words: inout Words) throws {
        while let word = words.peek, let field = FrameField(rawValue: word.text) {
            _ = try words.word("a field")
            guard !wanted.fields.contains(field) else { throw words.error("'\(word.text)' twice", at: word) }
            wanted.fields.append(field)
        }
        let known = ["box", "timestep", "replace", "purge", "trim", "add", "label", "scaled", "wrapped", "format"]
        guard !wanted.fields.isEmpty else {
            if let word = words.peek { throw DeckError.unknown("field", word, known: FrameField.allCases.map(\.rawValue)) }
            throw words.error("which fields? x y z ...")
        }
        while let word = words.peek {
            _ = try words.word("a keyword")
            switch word.text {
            case "box": takesBox = try words.flag("box")
            case "timestep": takesStep = try words.flag("timestep")
            case "replace": replaces = try words.flag("replace")
            case "purge": purges = try words.flag("purge")
            case "trim": trims = try words.flag("trim")
            case "add":
                adding = try words.choice(
                    "add",
                    [
                        ("no", Adding.no), ("off", .no), ("false", .no), ("yes", .newIDs), ("on", .newIDs), ("true", .newIDs),
                        ("keep", .keptIDs),
                    ])
            case "label":
                let field = try words.word("a field")
                guard field.text == "id" || field.text == "type" || wanted.fields.contains(where: { $0.rawValue == field.text }) else {
                    throw DeckError.unknown("field", field, known: ["id", "type"] + wanted.fields.map(\.rawValue))
                }
                wanted.labels[field.text] = try words.string("the name of a column")
            case "scaled": wanted.isScaled = try words.flag("scaled")
            case "wrapped": wanted.isWrapped = try words.flag("wrapped")
            case "format":
                format = try words.choice("format", [("native", Format.native), ("xyz", .xyz), ("extxyz", .extendedXYZ)])
                try words.finish()
            case "nfile": throw words.error("'nfile' is not supported: a frame is in one file", at: word)
            case "q": throw words.error("charges are not read from frames", at: word)
            default: throw DeckError.unknown("keyword of a frame", word, known: known)
            }
        }
        if adding != .no {
            guard purges else { throw words.error("add is supported with purge yes only: the frame makes all atoms") }
            wanted.hasTypes = true
        }
    }

    func format(of path: String) -> Format {
        if let format { return format }
        let plain = Compression(path: path).map { String(path.dropLast($0.rawValue.count)) } ?? path
        return plain.hasSuffix(".extxyz") ? .extendedXYZ : plain.hasSuffix(".xyz") ? .xyz : .native
    }
}
