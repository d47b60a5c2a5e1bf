import Deck
import Foundation
import Yams

/// The sections of a plan.
extension Plan {
    /// `variables:` NAME: VALUE, [VALUES] or a range.
    mutating func readVariables(_ node: Node, _ reader: PlanReader) throws {
        for (key, name, value) in try reader.entries(node, of: "variables") {
            guard Self.isSafe(name), name != "model", name != "deck" else {
                throw reader.error(
                    name == "model" || name == "deck"
                        ? "'\(name)' is a section of its own: `\(name)s:`" : "'\(name)' is no name of a variable",
                    key)
            }
            try add(name, try values(value, reader, name), key, reader)
        }
    }

    private func values(_ node: Node, _ reader: PlanReader, _ name: String) throws -> [String] {
        if node.mapping != nil { return try range(node, reader, name) }
        let values = try reader.list(node).map { try reader.text($0, "a value of \(name)") }
        guard !values.isEmpty else { throw reader.error("'\(name)' has no values", node) }
        return values
    }

    /// `{from: A, to: B, step: S}` or `{from: A, to: B, factor: F}`, both ends included.
    private func range(_ node: Node, _ reader: PlanReader, _ name: String) throws -> [String] {
        var numbers: [String: Double] = [:]
        for (_, key, value) in try reader.entries(node, of: "a range", known: ["from", "to", "step", "factor"]) {
            numbers[key] = try reader.number(value, key)
        }
        guard let from = numbers["from"], let to = numbers["to"] else { throw reader.error("a range needs `from` and `to`", node) }
        var result: [Double] = []
        let most = 100_000
        if let factor = numbers["factor"] {
            guard numbers["step"] == nil else { throw reader.error("a range has a `step` or a `factor`", node) }
            guard factor > 0, factor != 1, from != 0, (to / from > 1) == (factor > 1) || to == from else {
                throw reader.error("this range never reaches its end", node)
            }
            let count = (log(to / from) / log(factor) + 1e-9).rounded(.down)
            guard count < Double(most) else { throw reader.error("more than \(most) values", node) }
            result = (0...Int(count)).map { from * pow(factor, Double($0)) }
        } else {
            let step = numbers["step"] ?? 1
            guard step != 0, (to - from) / step >= 0 else { throw reader.error("this range never reaches its end", node) }
            let count = ((to - from) / step + 1e-9).rounded(.down)
            guard count < Double(most) else { throw reader.error("more than \(most) values", node) }
            result = (0...Int(count)).map { from + Double($0) * step }
        }
        return result.map { Self.shortest($0) }
    }

    /// Twelve digits, no more than needed: 0.3, not 0.30000000000000004.
    static func shortest(_ x: Double) -> String {
        let rounded = Double(String(format: "%.12g", x)) ?? x
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : "\(rounded)"
    }

    /// `models:` LABEL: {VARIABLE: VALUE, deck: FILE}.
    mutating func readModels(_ node: Node, _ reader: PlanReader) throws {
        for (key, label, value) in try reader.entries(node, of: "models") {
            guard !label.isEmpty else { throw reader.error("a model needs a name", key) }
            let settings = try reader.entries(value, of: "the model '\(label)'").map { entry -> (name: String, value: String) in
                guard entry.name == "deck" else { return (entry.name, try reader.text(entry.value, entry.name)) }
                let path = Files.absolute(try reader.word(entry.value, "deck"), in: folder)
                guard Files.exists(path) else { throw reader.error("no such deck: \(path)", entry.value) }
                return ("deck", path)
            }
            models.append((label, settings, reader.location(key)))
        }
        if models.isEmpty { throw reader.error("`models` names none", node) }
    }

    /// `seeds:` N, a list, or {count: N, first: S, variable: NAME}.
    mutating func readSeeds(_ node: Node, _ reader: PlanReader) throws {
        var name = "seed"
        var seeds: [Int]
        if node.mapping != nil {
            var count: Int?
            var first = 1
            for (_, key, value) in try reader.entries(node, of: "seeds", known: ["count", "first", "variable"]) {
                switch key {
                case "count": count = try reader.integer(value, "count", atLeast: 1)
                case "first": first = try reader.integer(value, "first", atLeast: 1)
                default: name = try reader.word(value, "variable")
                }
            }
            guard let count else { throw reader.error("seeds need a `count`", node) }
            seeds = (0..<count).map { first + $0 }
        } else if node.sequence != nil {
            seeds = try reader.list(node).map { try reader.integer($0, "a seed", atLeast: 1) }
        } else {
            seeds = Array(1...(try reader.integer(node, "seeds", atLeast: 1)))
        }
        try add(name, seeds.map(String.init), node, reader)
    }

    mutating func readZip(_ node: Node, _ reader: PlanReader) throws {
        let groups = reader.list(node)
        // One group may be written without the outer brackets.
        let isOne = groups.allSatisfy { $0.scalar != nil }
        zipped = try (isOne ? [groups] : groups.map { reader.list($0) }).map { try $0.map { try reader.word($0, "a variable of zip") } }
        let all = zipped.flatMap { $0 }
        guard Set(all).count == all.count, zipped.allSatisfy({ $0.count > 1 }) else {
            throw reader.error("zip needs groups of two variables or more, each variable once", node)
        }
    }

    mutating func readExclusions(_ node: Node, _ reader: PlanReader) throws {
        excluded = try reader.list(node).map { item in
            try reader.entries(item, of: "exclude").map { entry in
                (entry.name, try reader.list(entry.value).map { try reader.text($0, entry.name) })
            }
        }
    }

    mutating func readLimits(_ node: Node, _ reader: PlanReader) throws {
        for (_, key, value) in try reader.entries(node, of: "limits", known: ["walltime", "steps", "tries", "grace"]) {
            switch key {
            case "walltime": settings.walltime = try reader.duration(value, "walltime")
            case "steps": try add("steps", ["\(try reader.integer(value, "steps", atLeast: 0))"], value, reader)
            case "tries": settings.tries = try reader.integer(value, "tries", atLeast: 1)
            default: settings.grace = try reader.duration(value, "grace")
            }
        }
    }

    mutating func readPolicy(_ node: Node, _ reader: PlanReader) throws {
        for (_, key, value) in try reader.entries(node, of: "policy", known: ["order", "errors", "changed_decks"]) {
            switch key {
            case "order": order = try reader.choice(value, "order", Order.allCases.map { ($0.rawValue, $0) })
            case "errors": settings.retriesErrors = try reader.choice(value, "errors", [("final", false), ("retry", true)])
            default: settings.acceptsChangedDecks = try reader.choice(value, "changed_decks", [("refuse", false), ("accept", true)])
            }
        }
    }

    /// `resume:` DECK, or {deck: FILE, variable: NAME, files: PATTERN}.
    func readResume(_ node: Node, _ reader: PlanReader) throws -> Resume {
        var resume = Resume()
        func deck(_ node: Node) throws -> String {
            let path = Files.absolute(try reader.word(node, "resume"), in: folder)
            guard Files.exists(path) else { throw reader.error("no such deck: \(path)", node) }
            return path
        }
        guard node.mapping != nil else {
            resume.deck = try deck(node)
            return resume
        }
        for (_, key, value) in try reader.entries(node, of: "resume", known: ["deck", "variable", "files"]) {
            switch key {
            case "deck": resume.deck = try deck(value)
            case "variable": resume.variable = try reader.word(value, "variable")
            default: resume.files = try reader.list(value).map { try reader.word($0, "a file pattern") }
            }
        }
        return resume
    }
}
