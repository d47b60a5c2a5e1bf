extension Variables {
    func map(_ value: Value, _ body: (Double) throws(DeckError) -> Double) throws(DeckError) -> Value {
        switch value {
        case .scalar(let number): return .scalar(try body(number))
        case .vector(let numbers): return .vector(try numbers.map(body))
        }
    }

    /// Element by element; a scalar stands for a vector of any length.
    func combine(
        _ a: Value, _ b: Value, _ body: (Double, Double) throws(DeckError) -> Double
    ) throws(DeckError) -> Value {
        switch (a, b) {
        case (.scalar(let x), .scalar(let y)): return .scalar(try body(x, y))
        case (.vector(let x), .scalar(let y)):
            return .vector(try x.map { value throws(DeckError) in try body(value, y) })
        case (.scalar(let x), .vector(let y)):
            return .vector(try y.map { value throws(DeckError) in try body(x, value) })
        case (.vector(let x), .vector(let y)):
            guard x.count == y.count else {
                throw DeckError("vectors of different lengths, \(x.count) and \(y.count)", at: nil)
            }
            return .vector(try x.indices.map { i throws(DeckError) in try body(x[i], y[i]) })
        }
    }

    func zipped(_ values: [Value], _ body: ([Double]) throws(DeckError) -> Double) throws(DeckError) -> Value {
        var count: Int?
        for case .vector(let numbers) in values {
            if let count, count != numbers.count {
                throw DeckError("vectors of different lengths, \(count) and \(numbers.count)", at: nil)
            }
            count = numbers.count
        }
        var row = [Double](repeating: 0, count: values.count)
        var result: [Double] = []
        for i in 0..<(count ?? 1) {
            for (column, value) in values.enumerated() {
                switch value {
                case .scalar(let number): row[column] = number
                case .vector(let numbers): row[column] = numbers[i]
                }
            }
            result.append(try body(row))
        }
        return count == nil ? .scalar(result[0]) : .vector(result)
    }

    /// `sum(x)`, `sort(x)` and their like; x is `c_ID`, `c_ID[N]`, `f_ID`, `f_ID[N]` or `v_name`.
    func reduce(_ name: String, _ arguments: [String], _ mode: FormulaMode) throws -> Value {
        guard arguments.count == 1 else { throw DeckError("\(name)() takes one argument", at: nil) }
        let x = try vectorArgument(arguments[0], of: name)
        let n = Double(x.count)
        let sum = x.reduce(0, +)
        switch name {
        case "sort", "rsort":
            guard mode == .vector else { throw DeckError("\(name)() gives a vector in \(mode.name)", at: nil) }
            return .vector(x.sorted { name == "sort" ? $0 < $1 : $0 > $1 })
        case "sum": return .scalar(sum)
        case "ave": return .scalar(x.isEmpty ? 0 : sum / n)
        case "min": return .scalar(x.min() ?? 0)
        case "max": return .scalar(x.max() ?? 0)
        case "trap":
            return .scalar(x.isEmpty ? 0 : sum - 0.5 * (x[0] + x[x.count - 1]))
        default:
            // Least squares over 1...n.
            let position = n * (n + 1) / 2
            let square = n * (n + 1) * (2 * n + 1) / 6
            var product = 0.0
            for i in x.indices { product += Double(i + 1) * x[i] }
            let denominator = n * square - position * position
            return .scalar(denominator == 0 ? 1.0e20 : (n * product - position * sum) / denominator)
        }
    }

    private func vectorArgument(_ text: String, of name: String) throws -> [Double] {
        let source = try Source(name: "", bytes: Array(text.utf8))
        let steps = try? FormulaParser.parse(TracedText(source: source, range: 0..<source.bytes.count)).steps
        if let steps, steps.count == 1 {
            switch steps[0].step {
            case .variable(let variable, let indices) where indices.isEmpty: return try vector(of: variable, at: nil)
            case .reference(var reference, let indices) where indices.count < 2 && !reference.isPerAtom:
                reference.indices = indices.compactMap { if case .number(let i) = $0 { i } else { nil } }
                if let host, reference.indices.count == indices.count { return try host.globalVector(reference) }
            default: break
            }
        }
        throw DeckError("\(name)() takes c_ID, c_ID[N], f_ID, f_ID[N] or v_name, not '\(text)'", at: nil)
    }

    /// `next(name)`: the present value of a file-style variable, which then moves on.
    func nextValue(of name: String) throws -> Double {
        let variable = try find(name, at: nil)
        guard variable.style == .file else {
            throw DeckError(
                "next() takes a file-style variable, and '\(name)' is \(variable.style.rawValue)-style", at: nil)
        }
        let value = try value(of: name, at: nil)
        _ = advance(variable)
        return value
    }

    /// Moves a stepped variable to its next value; deletes it and returns false if there is none.
    func advance(_ variable: Variable) -> Bool {
        switch variable.content {
        case .index(let values, let current) where current + 1 < values.count:
            variable.content = .index(values, current: current + 1)
        case .loop(let current, let last, let digits) where current < last:
            variable.content = .loop(current: current + 1, last: last, digits: digits)
        case .file(let lines, let current) where current + 1 < lines.count:
            variable.content = .file(lines, current: current + 1)
        default:
            delete(variable.name)
            return false
        }
        return true
    }
}
