extension Interpreter {
    /// `print TEXT [file F | append F] [screen yes|no] [universe yes|no]`
    func printText(_ command: Command) throws {
        var words = Words(command)
        let text = try words.word("the text, in quotes if it has spaces")
        var target = PrintTarget()
        var toUniverse = false
        while !words.isAtEnd {
            switch try words.choice("keyword", [("file", 0), ("append", 1), ("screen", 2), ("universe", 3)]) {
            case 0:
                target.file = try words.string("a file name")
                target.appends = false
            case 1:
                target.file = try words.string("a file name")
                target.appends = true
            case 2: target.toScreen = try words.flag("screen")
            default: toUniverse = try words.flag("universe")
            }
        }
        // One partition is the universe.
        target.toScreen = target.toScreen || toUniverse
        try host.printLine(try substitute(text), to: target)
    }

    /// `log FILE [append]` or `log none`
    func log(_ command: Command) throws {
        var words = Words(command)
        let file = try words.string("a file name or none")
        let append = words.optional("append")
        try words.finish()
        try host.setLog(file == "none" ? nil : file, append: append)
    }

    /// `echo none|screen|log|both`
    func echo(_ command: Command) throws {
        var words = Words(command)
        let (screen, log) = try words.choice(
            "keyword",
            [("none", (false, false)), ("screen", (true, false)), ("log", (false, true)), ("both", (true, true))])
        try words.finish()
        host.setEcho(screen: screen, log: log)
    }

    /// `clear`
    func clear(_ command: Command) throws {
        try Words(command).finish()
        try host.clear()
    }

    /// `shell cd|mkdir|mv|rm|rmdir|putenv ...`, if the host allows it; never other programs.
    func shell(_ command: Command) throws {
        var words = Words(command)
        let action = try words.word("an action")
        let known = ["cd", "mkdir", "mv", "rm", "rmdir", "putenv"]
        guard known.contains(action.text) else {
            throw words.error(
                "'\(action.text)' would run a program, which decks may not do here (possible: \(known.joined(separator: ", ")))",
                at: action)
        }
        let arguments = words.remaining()
        if arguments.isEmpty {
            throw DeckError(
                "shell \(action.text): expected an argument, found the end of the command", at: words.location)
        }
        try host.shell(action.text, arguments, at: action.location)
    }
}
