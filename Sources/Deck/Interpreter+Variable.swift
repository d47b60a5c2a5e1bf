extension Interpreter {
    private enum Definition {
        case style(VariableStyle)
        case delete
        case rejected(String)
    }

    private static let styles: [(String, Definition)] =
        VariableStyle.allCases.map { ($0.rawValue, .style($0)) } + [
            ("delete", .delete),
            ("world", .rejected("needs several partitions, and there is one; use index")),
            ("universe", .rejected("needs several partitions, and there is one; use index")),
            ("uloop", .rejected("needs several partitions, and there is one; use loop")),
            ("atomfile", .rejected("is not supported")),
            ("python", .rejected("is not supported: decks do not run Python")),
        ]

    /// `variable NAME STYLE ...`
    func variable(_ command: Command) throws {
        var words = Words(command)
        let name = try words.word("a name")
        guard isName(name.text) else {
            throw words.error("a name must have only letters, digits and underscores, not '\(name.text)'")
        }
        words.context = "variable \(name.text)"
        switch try words.choice("variable style", Self.styles) {
        case .delete:
            try words.finish()
            variables.delete(name.text)
        case .rejected(let reason):
            throw words.error("style \(command.words[1].text) \(reason)")
        case .style(let style):
            words.context += " \(style.rawValue)"
            if variables.ignoresDefinition(name.text, style) { return }
            let content = try content(style, &words)
            try words.finish()
            try variables.define(Variable(name.text, content), at: command.words[1].location)
        }
    }

    private func content(_ style: VariableStyle, _ words: inout Words) throws -> Variable.Content {
        switch style {
        case .index:
            let first = try words.string("a value")
            return .index([first] + words.remaining().map(\.text), current: 0)
        case .loop: return try loop(&words)
        case .string:
            let word = try words.word("a text, in quotes if it has spaces")
            return .string(try variables.substitute(try word.traced(), echo: host.echo).string)
        case .getenv: return .environment(try words.string("the name of an environment variable"))
        case .equal: return .equal(try formula(&words))
        case .vector: return .vector(try formula(&words))
        case .atom: return .atom(try formula(&words))
        case .format:
            let other = try words.word("the name of an equal-style variable")
            let target = try variables.find(other.text, at: other.location)
            guard target.style.isNumeric else {
                throw words.error("variable '\(other.text)' is \(target.style.rawValue)-style, not equal-style")
            }
            let format = try words.word("a format such as %.6g")
            return .format(variable: other.text, try variables.numberFormat(format.text, at: format.location))
        case .file: return try file(&words)
        case .internal: return .number(try words.double("the value"))
        case .timer: return .timer(host.seconds())
        }
    }

    /// `N [pad]` or `N1 N2 [pad]`
    private func loop(_ words: inout Words) throws(DeckError) -> Variable.Content {
        var first = 1
        var last = try words.int("the last value of the loop")
        if let word = words.peek, NumberSyntax.isInteger(word.text) {
            first = last
            last = try words.int("the last value of the loop")
            guard first <= last else { throw words.error("the loop ends at \(last), before it starts at \(first)") }
            guard last >= 0 else { throw words.error("the last value of the loop must not be negative") }
        } else {
            guard last > 0 else { throw words.error("the last value of the loop must be positive, not \(last)") }
        }
        let digits = words.optional("pad") ? String(last).count : 0
        return .loop(current: first, last: last, digits: digits)
    }

    /// All words that are left, with a space between, are the formula.
    private func formula(_ words: inout Words) throws(DeckError) -> Formula {
        let first = try words.word("a formula")
        var text = try first.traced()
        for word in words.remaining() {
            let next = try word.traced()
            text.append(" ", from: next.span(0..<1))
            text.append(next, 0..<next.bytes.count)
        }
        return try FormulaParser.parse(text)
    }

    /// The lines of a file, without comments and blank lines.
    private func file(_ words: inout Words) throws -> Variable.Content {
        let name = try words.word("a file name")
        let text: String
        do {
            text = try host.readFile(name.text, at: name.location)
        } catch let error as DeckError {
            throw error.located(at: name.location)
        }
        // "\r\n" is one character in Swift, so lines are split in bytes.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n")).map { line in
            String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self).trimmingBlanks()
        }.filter { !$0.isEmpty }
        guard !lines.isEmpty else { throw words.error("file '\(name.text)' has no values", at: name) }
        return .file(lines, current: 0)
    }
}
