import Deck
import Foundation
import Yams

/// Reads the nodes of a YAML file; what is wrong is told with file, line and column.
struct PlanReader {
    let file: String
    private let lines: [Substring]

    init(file: String, text: String) {
        self.file = file
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The file as a node; nil if it is empty.
    func compose(_ text: String) throws -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw located(error)
        }
    }

    private func located(_ error: YamlError) -> DeckError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            return DeckError("\(context.map { "\($0.text) " } ?? "")\(problem)", at: location(mark.line, mark.column))
        case .composer(let context, let problem, let mark, _):
            return DeckError("\(context.map { "\($0.text) " } ?? "")\(problem)", at: location(mark.line, mark.column))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = Set(duplicates).sorted().joined(separator: ", ")
            return DeckError("the same key twice: \(names)", at: location(context.mark.line, context.mark.column))
        default: return DeckError("\(error)", at: location(1, 1))
        }
    }

    private func location(_ line: Int, _ column: Int, length: Int = 1) -> SourceLocation {
        let text = line >= 1 && line <= lines.count ? String(lines[line - 1]) : ""
        return SourceLocation(file: file, line: line, column: column, length: length, text: text)
    }

    func location(_ node: Node) -> SourceLocation? {
        node.mark.map { location($0.line, $0.column, length: max(1, node.scalar?.string.count ?? 1)) }
    }

    func error(_ message: String, _ node: Node) -> DeckError { DeckError(message, at: location(node)) }

    /// The entries of a mapping, in order.
    /// - Throws: at a key that is not among `known` (nil: any).
    func entries(_ node: Node, of what: String, known: [String]? = nil) throws -> [(key: Node, name: String, value: Node)] {
        guard let mapping = node.mapping else { throw error("\(what) should be `key: value` lines", node) }
        return try mapping.map { key, value in
            let name = try text(key, "a key of \(what)")
            if let known, !known.contains(name) {
                var message = "unknown key '\(name)' of \(what)"
                if let near = nearestName(to: name, in: known) { message += "; did you mean '\(near)'?" }
                throw error(message + " (known: \(known.joined(separator: ", ")))", key)
            }
            return (key, name, value)
        }
    }

    /// A scalar's text as written.
    func text(_ node: Node, _ what: String) throws -> String {
        guard let scalar = node.scalar else { throw error("\(what) should be one value, not a list or mapping", node) }
        return scalar.string
    }

    func word(_ node: Node, _ what: String) throws -> String {
        let word = try text(node, what)
        guard !word.isEmpty else { throw error("\(what) is empty", node) }
        return word
    }

    func integer(_ node: Node, _ what: String, atLeast least: Int = Int.min) throws -> Int {
        let word = try text(node, what)
        guard let number = Int(word) else { throw error("\(what) should be an integer, not '\(word)'", node) }
        guard number >= least else { throw error("\(what) should be at least \(least)", node) }
        return number
    }

    func number(_ node: Node, _ what: String) throws -> Double {
        let word = try text(node, what)
        guard let number = Double(word), number.isFinite else { throw error("\(what) should be a number, not '\(word)'", node) }
        return number
    }

    func choice<T>(_ node: Node, _ what: String, _ table: [(String, T)]) throws -> T {
        let word = try text(node, what)
        if let found = table.first(where: { $0.0 == word }) { return found.1 }
        var message = "\(what) is '\(word)'"
        if let near = nearestName(to: word, in: table.map(\.0)) { message += "; did you mean '\(near)'?" }
        throw error(message + " (one of: \(table.map(\.0).joined(separator: ", ")))", node)
    }

    /// A list, or one value as a list of one.
    func list(_ node: Node) -> [Node] { node.sequence.map(Array.init) ?? [node] }

    /// Seconds of `90`, `90 s`, `30 min`, `2 h`, `1 d` or `1:30:00`.
    func duration(_ node: Node, _ what: String) throws -> Double {
        let word = try text(node, what)
        guard let seconds = Duration.seconds(word), seconds > 0 else {
            throw error("\(what) should be a time such as 90 s, 30 min, 2 h, 1 d or 1:30:00, not '\(word)'", node)
        }
        return seconds
    }
}

extension Duration {
    /// Seconds of `90`, `90 s`, `30 min`, `2h`, `1 d` or `1:30:00`; nil for anything else. YAML reads unquoted 1:30:00 as text here, too.
    public static func seconds(_ text: String) -> Double? {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        if trimmed.contains(":") {
            let parts = trimmed.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
            guard parts.count <= 3, !parts.contains(where: { $0 == nil || $0! < 0 }) else { return nil }
            return parts.reduce(0) { $0 * 60 + $1! }
        }
        let digits = trimmed.prefix { $0.isNumber || $0 == "." }
        let unit = trimmed.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
        let factors = ["": 1.0, "s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400]
        guard let number = Double(digits), let factor = factors[unit] else { return nil }
        return number * factor
    }
}
