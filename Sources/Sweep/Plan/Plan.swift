import Deck
import Foundation
import Yams

/// What a sweep consists of: the content of its YAML file.
public struct Plan: Sendable {
    /// A variable of the sweep and its values as written.
    struct Variable: Sendable {
        var name: String
        var values: [String]
        var location: SourceLocation?
    }

    /// How a run that was interrupted goes on.
    public struct Resume: Codable, Sendable, Hashable {
        /// The deck that continues; nil: the run's own.
        public var deck: String?
        /// The deck variable that holds the restart file's name.
        public var variable = "restart"
        /// Which files of the run's folder are restart files; the newest is taken.
        public var files = ["*.restart", "*.restart.*", "restart.*"]
    }

    public var name = ""
    /// The YAML file and its folder, which the paths in it are relative to.
    public var file: String
    public var folder: String
    public var text: String
    var decks: [(label: String, path: String)] = []
    var variables: [Variable] = []
    /// Variables that each `models` entry sets, by label.
    var models: [(label: String, settings: [(name: String, value: String)], location: SourceLocation?)] = []
    /// Groups of variables that advance together.
    var zipped: [[String]] = []
    var excluded: [[(name: String, values: [String])]] = []
    var settings = RunSettings()
    public var order = Order.listed
    public var report = ReportOptions()

    public enum Order: String, Sendable, CaseIterable {
        /// As the YAML file has them: the last variable varies fastest.
        case listed
        /// In the order of their ids: like at random, but always the same.
        case shuffled
    }

    static let keys = [
        "name", "deck", "decks", "variables", "models", "seeds", "zip", "exclude", "ranks", "limits", "policy", "resume", "files",
        "environment", "options", "mdrun", "launcher", "report",
    ]

    public init(file: String) throws {
        let bytes = try Files.read(file)
        guard let text = String(data: bytes, encoding: .utf8) else { throw SweepError("\(file) is not UTF-8 text") }
        try self.init(file: file, text: text)
    }

    public init(file: String, text: String) throws {
        (self.file, self.text) = (Files.absolute(file), text)
        folder = Files.folder(of: self.file)
        let reader = PlanReader(file: file, text: text)
        guard let root = try reader.compose(text) else { throw DeckError("an empty plan: it should name a deck at least", at: nil) }
        for (_, key, node) in try reader.entries(root, of: "the sweep", known: Self.keys) {
            switch key {
            case "name":
                name = try reader.word(node, "name")
                guard Self.isSafe(name) else { throw reader.error("a name should be letters, digits, - _ and . only", node) }
            case "deck": decks = [("", try path(node, reader, "deck"))]
            case "decks":
                decks = try reader.entries(node, of: "decks").map { ($0.name, try path($0.value, reader, "a deck")) }
            case "variables": try readVariables(node, reader)
            case "models": try readModels(node, reader)
            case "seeds": try readSeeds(node, reader)
            case "zip": try readZip(node, reader)
            case "exclude": try readExclusions(node, reader)
            case "ranks":
                let values = try reader.list(node).map { "\(try reader.integer($0, "ranks", atLeast: 1))" }
                if values.count == 1 { settings.ranks = Int(values[0])! } else { try add("ranks", values, node, reader) }
            case "limits": try readLimits(node, reader)
            case "policy": try readPolicy(node, reader)
            case "resume": settings.resume = try readResume(node, reader)
            case "files": settings.files = try reader.list(node).map { try path($0, reader, "a file") }
            case "environment":
                settings.environment = Dictionary(
                    try reader.entries(node, of: "environment").map { ($0.name, try reader.text($0.value, $0.name)) }
                ) { $1 }
            case "options": settings.options = try reader.list(node).map { try reader.word($0, "an option of mdrun") }
            case "mdrun": settings.program = try program(node, reader)
            case "launcher": settings.launcher = try reader.list(node).map { try reader.word($0, "a word of the launcher") }
            case "report": report = try ReportOptions(node, reader)
            default: preconditionFailure("a key that is known has its case")
            }
        }
        if name.isEmpty { name = (Files.name(of: file) as NSString).deletingPathExtension }
        guard !decks.isEmpty else {
            throw DeckError("no deck: a sweep needs `deck: FILE` or `decks: {NAME: FILE}`", at: reader.location(root))
        }
        try check(reader, root)
    }

    /// A path, absolute, of a file that is there.
    private func path(_ node: Node, _ reader: PlanReader, _ what: String) throws -> String {
        let path = Files.absolute(try reader.word(node, what), in: folder)
        guard Files.exists(path) else { throw reader.error("\(what): no such file: \(path)", node) }
        return path
    }

    /// A program: a path if it has a slash, otherwise looked for when it runs.
    private func program(_ node: Node, _ reader: PlanReader) throws -> String {
        let word = try reader.word(node, "mdrun")
        return word.contains("/") ? try path(node, reader, "mdrun") : word
    }

    static func isSafe(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && name.utf8.allSatisfy { isSafeByte($0) }
    }

    static func isSafeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    mutating func add(_ name: String, _ values: [String], _ node: Node, _ reader: PlanReader) throws {
        guard !variables.contains(where: { $0.name == name }) else { throw reader.error("the variable '\(name)' is defined twice", node) }
        if let twice = Dictionary(grouping: values, by: { $0 }).first(where: { $0.value.count > 1 }), !isZipped(name) {
            throw reader.error("'\(name)' has the value \(twice.key) twice", node)
        }
        variables.append(Variable(name: name, values: values, location: reader.location(node)))
    }

    /// Values of zipped variables may repeat; `zip` may stand behind them, so that is checked at the end.
    private func isZipped(_ name: String) -> Bool { zipped.isEmpty || zipped.contains { $0.contains(name) } }

    /// What can only be checked when everything is read.
    private func check(_ reader: PlanReader, _ root: Node) throws {
        let names = variables.map(\.name)
        for group in zipped {
            let lengths = Set(group.map { name in variables.first { $0.name == name }?.values.count ?? -1 })
            if lengths.contains(-1) {
                let unknown = group.first { !names.contains($0) }!
                var message = "zip: no variable '\(unknown)'"
                if let near = nearestName(to: unknown, in: names) { message += "; did you mean '\(near)'?" }
                throw DeckError(message, at: reader.location(root.mapping?["zip"] ?? root))
            }
            guard lengths.count == 1 else {
                throw DeckError(
                    "zip: \(group.joined(separator: " and ")) should have as many values each",
                    at: reader.location(root.mapping?["zip"] ?? root))
            }
        }
        for variable in variables where !zipped.contains(where: { $0.contains(variable.name) }) {
            if Set(variable.values).count < variable.values.count {
                throw DeckError("'\(variable.name)' has a value twice", at: variable.location)
            }
        }
        let known = names + (models.isEmpty ? [] : ["model"]) + (decks.count > 1 ? ["deck"] : [])
        for name in excluded.flatMap({ $0.map(\.name) }) + report.by where !known.contains(name) {
            var message = "no variable '\(name)'"
            if let near = nearestName(to: name, in: known) { message += "; did you mean '\(near)'?" }
            let key = report.by.contains(name) ? "report" : "exclude"
            throw DeckError(message + " (there are: \(known.joined(separator: ", ")))", at: reader.location(root.mapping?[key] ?? root))
        }
        for model in models {
            for (name, _) in model.settings where names.contains(name) {
                throw DeckError("the model '\(model.label)' sets '\(name)', which is a variable of the sweep too", at: model.location)
            }
        }
    }
}
