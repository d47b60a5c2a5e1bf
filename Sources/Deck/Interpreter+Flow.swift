extension Interpreter {
    /// `if "condition" then "command" ... [elif "condition" "command" ...] [else "command" ...]`
    func conditional(_ command: Command) throws {
        var words = Words(command)
        var clauses: [(condition: Word?, commands: [Word])] = []
        let first = try words.word("a condition")
        guard words.optional("then") else {
            throw words.peek.map { words.error("expected 'then', not '\($0.text)'", at: $0) }
                ?? DeckError("if: expected 'then', found the end of the command", at: words.location)
        }
        clauses.append((first, try commands(&words)))
        while !words.isAtEnd {
            if words.optional("elif") {
                clauses.append((try words.word("a condition"), try commands(&words)))
            } else {
                _ = words.optional("else")
                clauses.append((nil, try commands(&words)))
                // Only "elif" or "else" can be left, and neither may follow "else".
                try words.finish()
            }
        }
        for (condition, commands) in clauses {
            if let condition {
                let text = try variables.substitute(try condition.traced())
                guard try BooleanExpression.evaluate(text) else { continue }
            }
            for word in commands where quitStatus == nil {
                // After a jump to a label everything up to the label is skipped, also here.
                if frames.last?.search != nil { break }
                try runOne(word)
            }
            return
        }
    }

    private func commands(_ words: inout Words) throws(DeckError) -> [Word] {
        var commands: [Word] = []
        while let word = words.peek, word.text != "elif" && word.text != "else" {
            commands.append(try words.word("a command"))
        }
        if commands.isEmpty {
            let what = words.peek.map { "'\($0.text)'" } ?? "the end of the command"
            throw DeckError("if: expected a command in quotes, found \(what)", at: words.location)
        }
        return commands
    }

    /// `include FILE`
    func include(_ command: Command) throws {
        var words = Words(command)
        let file = try words.word("a file name")
        try words.finish()
        guard frames.count <= Self.deepestInclude else {
            throw words.error("files include files more than \(Self.deepestInclude) deep", at: file)
        }
        let text = try load(file)
        try read(try Source(name: file.text, bytes: Array(text.utf8)))
    }

    private func load(_ file: Word) throws -> String {
        do {
            return try host.readFile(file.text, at: file.location)
        } catch let error as DeckError {
            throw error.located(at: file.location)
        }
    }

    /// `jump FILE|SELF [label]`
    func jump(_ command: Command) throws {
        var words = Words(command)
        let file = try words.word("a file name or SELF")
        let label = words.isAtEnd ? nil : try words.word("a label")
        try words.finish()
        if skipsJump {
            skipsJump = false
            return
        }
        guard !frames.isEmpty else { throw words.error("no file is being read here", at: file) }
        let top = frames.count - 1
        if file.text == "SELF" {
            frames[top].reader = LineReader(frames[top].reader.source)
        } else {
            let source = try Source(name: file.text, bytes: Array(try load(file).utf8))
            frames[top].reader = LineReader(source)
        }
        frames[top].search = label.map { ($0, []) }
    }

    /// `label NAME`, which does nothing by itself.
    func label(_ command: Command) throws(DeckError) {
        var words = Words(command)
        _ = try words.word("a label")
        try words.finish()
    }

    /// `next NAME ...`
    func next(_ command: Command) throws {
        var words = Words(command)
        var stepped: [Variable] = []
        repeat {
            let word = try words.word("the name of a variable")
            let variable = try variables.find(word.text, at: word.location)
            guard variable.style.isStepped else {
                throw words.error("variable '\(word.text)' is \(variable.style.rawValue)-style and has no next value")
            }
            if let first = stepped.first, first.style != variable.style {
                throw words.error(
                    "all variables must be of one style; '\(first.name)' is \(first.style.rawValue)-style and "
                        + "'\(word.text)' \(variable.style.rawValue)-style")
            }
            stepped.append(variable)
        } while !words.isAtEnd
        for variable in stepped where !variables.advance(variable) { skipsJump = true }
    }

    /// `quit [status]`
    func quit(_ command: Command) throws {
        var words = Words(command)
        let status = words.isAtEnd ? 0 : try words.int("the exit status", in: 0...255)
        try words.finish()
        quitStatus = status
        try host.quit(status: status)
    }
}
