extension Variables {
    /// A command never gets longer than this by substitution.
    static let longestCommand = 1 << 20

    /// After this many replacements in one command only the final text is echoed, so that echoing stays cheap.
    private static let mostEchoed = 100

    /// Replaces `$x`, `${name}`, `$(formula)` and `$(formula:%format)` outside quotes. What was put in is not searched
    /// again. In the result every byte that was put in comes from the `$...` as written.
    /// - Parameter echo: gets the text after each replacement.
    /// - Throws: a `DeckError` at a malformed or unknown name, a formula that fails, or a quote that nothing closes.
    func substitute(_ text: TracedText, echo: ((String) -> Void)? = nil) throws -> TracedText {
        var result = TracedText(source: text.source)
        var state = QuoteState.none
        var opening = 0
        var replaced = 0
        var i = 0
        while i < text.bytes.count {
            guard state == .none && text.bytes[i] == UInt8(ascii: "$") else {
                let isOutside = state == .none
                let start = i
                i = state.advance(text.bytes, i)
                if isOutside && state != .none { opening = start }
                result.append(text, start..<i)
                continue
            }
            let (value, end) = try replacement(text, at: i)
            result.append(value, from: text.span(i..<end))
            i = end
            guard result.bytes.count + text.bytes.count - i <= Self.longestCommand else {
                throw DeckError(
                    "the command gets longer than \(Self.longestCommand) bytes by substitution",
                    at: text.location(i - 1..<i))
            }
            replaced += 1
            if let echo, replaced <= Self.mostEchoed {
                let rest = String(decoding: text.bytes[i...], as: UTF8.self)
                echo(result.string + rest)
            }
        }
        guard state == .none else {
            let width = state == .triple ? 3 : 1
            throw DeckError("nothing closes this \(state.name)", at: text.location(opening..<opening + width))
        }
        if replaced > Self.mostEchoed { echo?(result.string) }
        return result
    }

    /// What the `$` at `start` is replaced by, and the index after the replaced text.
    private func replacement(_ text: TracedText, at start: Int) throws -> (String, Int) {
        let bytes = text.bytes
        let next = start + 1 < bytes.count ? bytes[start + 1] : 0
        switch next {
        case UInt8(ascii: "{"):
            guard let close = bytes[start...].firstIndex(of: UInt8(ascii: "}")) else {
                throw DeckError("nothing closes this brace", at: text.location(start..<start + 2))
            }
            let name = text.slice(start + 2..<close).string
            if name.contains("$") {
                throw DeckError(
                    "'$' inside ${}: names are not put together from variables", at: text.location(start..<close + 1))
            }
            return (try value(of: name, text, start..<close + 1), close + 1)
        case UInt8(ascii: "("):
            return try immediate(text, at: start)
        case _ where isNameByte(next):
            return (try value(of: String(decoding: [next], as: UTF8.self), text, start..<start + 2), start + 2)
        default:
            throw DeckError(
                "'$' must be followed by a letter, {name} or (formula)", at: text.location(start..<start + 1))
        }
    }

    private func value(of name: String, _ text: TracedText, _ range: Range<Int>) throws -> String {
        do {
            return try self.text(of: name, at: nil)
        } catch let error as DeckError {
            // Locations are looked up only for errors: they cost more than a replacement.
            throw error.located(at: text.location(range))
        }
    }

    private func immediate(_ text: TracedText, at start: Int) throws -> (String, Int) {
        let bytes = text.bytes
        var level = 0
        var close: Int?
        var colon: Int?
        for i in start + 1..<bytes.count {
            if bytes[i] == UInt8(ascii: "(") { level += 1 }
            if bytes[i] == UInt8(ascii: ")") { level -= 1 }
            if bytes[i] == UInt8(ascii: ":"), colon == nil, i + 1 < bytes.count, bytes[i + 1] == UInt8(ascii: "%") {
                colon = i
            }
            if level == 0 {
                close = i
                break
            }
        }
        guard let close else {
            throw DeckError("nothing closes this parenthesis", at: text.location(start..<start + 2))
        }
        var format = NumberFormat.immediate
        if let colon {
            let location = text.location(colon + 1..<close)
            format = try numberFormat(text.slice(colon + 1..<close).string, at: location)
        }
        let formula = try FormulaParser.parse(text.slice(start + 2..<(colon ?? close)))
        return (format.string(try scalar(formula, nil, .equal)), close + 1)
    }

    /// A format for one number with nothing around it.
    func numberFormat(_ text: String, at location: SourceLocation?) throws(DeckError) -> NumberFormat {
        let format: NumberFormat
        do {
            format = try NumberFormat(text)
        } catch {
            throw error.located(at: location)
        }
        guard format.isBare && format.conversion != .string else {
            throw DeckError(
                "format '\(text)' must be one conversion of a number, such as %.6g, and nothing else", at: location)
        }
        return format
    }
}
