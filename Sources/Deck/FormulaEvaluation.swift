extension Variables {
    /// Runs the steps of a formula.
    /// - Throws: a `DeckError` at the part of the formula that has no value; errors of the host get that place.
    func evaluate(_ formula: Formula, _ mode: FormulaMode) throws -> Value {
        var stack: [Value] = []
        // For each `ternary` being evaluated: whether its condition is one number, so that one value is enough.
        var isDecided: [Bool] = []
        var next = 0
        while next < formula.steps.count {
            let (step, range) = formula.steps[next]
            next += 1
            do {
                switch step {
                case .number(let value): stack.append(.scalar(value))
                case .literalVector(let values):
                    guard mode == .vector else { throw DeckError("a vector in \(mode.name)", at: nil) }
                    stack.append(.vector(values))
                case .keyword(let name): stack.append(try keyword(name, mode))
                case .atomValue(let name, let indices): stack.append(.scalar(try atomValue(name, indices)))
                case .variable(let name, let indices):
                    stack.append(try variable(name, indices, mode))
                case .reference(var reference, let indices):
                    reference.indices = try indices.map { try number($0) }
                    stack.append(try self.reference(reference, mode))
                case .unary(let operation):
                    stack.append(try map(stack.removeLast()) { operation == .minus ? -$0 : ($0 == 0 ? 1 : 0) })
                case .binary(let operation):
                    let right = stack.removeLast()
                    stack.append(
                        try combine(stack.removeLast(), right) { a, b throws(DeckError) in try operation(a, b) })
                case .branch(let target):
                    if case .scalar(let condition)? = stack.last {
                        stack.removeLast()
                        isDecided.append(true)
                        if condition == 0 { next = target }
                    } else {
                        isDecided.append(false)
                    }
                case .skip(let target):
                    if isDecided.last == true { next = target }
                case .math(.ternary) where isDecided.removeLast():
                    break
                case .math(let function):
                    let arguments = Array(stack.suffix(function.argumentCount))
                    stack.removeLast(function.argumentCount)
                    stack.append(try math(function, arguments, mode))
                case .named(let name, let arguments): stack.append(try named(name, arguments, mode))
                }
            } catch let error as DeckError {
                throw error.located(at: formula.location(range))
            }
        }
        // The parser leaves exactly one value.
        return stack.last ?? .scalar(0)
    }

    private func needHost() throws(DeckError) -> any DeckHost {
        guard let host else { throw DeckError("no engine is there to ask", at: nil) }
        return host
    }

    private func keyword(_ name: String, _ mode: FormulaMode) throws -> Value {
        switch name {
        case "PI": return .scalar(.pi)
        case "on", "yes", "true": return .scalar(1)
        case "off", "no", "false": return .scalar(0)
        case "version": return .scalar(Double(try needHost().version))
        default: break
        }
        let host = try needHost()
        if mode == .atom, let values = try host.atomVector(name) { return .vector(values) }
        if let value = try host.thermoKeyword(name) { return .scalar(value) }
        if mode != .atom, isAtomProperty(name) {
            throw DeckError("the atom property '\(name)' in \(mode.name); use \(name)[id]", at: nil)
        }
        let variables = isDefined(name) ? "; a variable is written v_\(name)" : ""
        throw DeckError("unknown name '\(name)' in \(mode.name)\(variables)", at: nil)
    }

    private func isAtomProperty(_ name: String) -> Bool {
        [
            "id", "mass", "type", "mol", "radius", "q", "x", "y", "z", "vx", "vy", "vz", "fx", "fy", "fz",
        ].contains(name) || name.hasPrefix("i_") || name.hasPrefix("d_")
    }

    private func atomValue(_ name: String, _ indices: [FormulaIndex]) throws -> Double {
        guard indices.count == 1 else { throw DeckError("'\(name)' takes one index", at: nil) }
        let id = try number(indices[0])
        guard let value = try needHost().atomValue(name, id: id) else {
            throw DeckError("unknown atom property '\(name)'", at: nil)
        }
        return value
    }

    private func number(_ index: FormulaIndex) throws -> Int {
        switch index {
        case .number(let value): return value
        case .variable(let name):
            let value = try value(of: name, at: nil)
            guard let whole = Int(exactly: value.rounded(.towardZero)) else {
                throw DeckError("variable '\(name)' is \(value), which is no index", at: nil)
            }
            return whole
        }
    }

    private func variable(
        _ name: String, _ indices: [FormulaIndex], _ mode: FormulaMode
    ) throws -> Value {
        let variable = try find(name, at: nil)
        switch variable.content {
        case .vector:
            guard let index = indices.first else {
                guard mode == .vector else {
                    throw DeckError(
                        "the vector-style variable '\(name)' in \(mode.name); use v_\(name)[i]", at: nil)
                }
                return .vector(try vector(of: name, at: nil))
            }
            let values = try vector(of: name, at: nil)
            let position = try number(index)
            guard 1...max(1, values.count) ~= position && !values.isEmpty else {
                throw DeckError("index \(position) is not in 1 to \(values.count)", at: nil)
            }
            return .scalar(values[position - 1])
        case .atom(let other):
            guard indices.isEmpty else {
                throw DeckError("one atom's value of an atom-style variable is not supported", at: nil)
            }
            guard mode == .atom else {
                throw DeckError("the atom-style variable '\(name)' in \(mode.name)", at: nil)
            }
            return try evaluating(variable, nil) { try evaluate(other, .atom) }
        default:
            guard indices.isEmpty else {
                throw DeckError(
                    "variable '\(name)' is \(variable.style.rawValue)-style and has no elements", at: nil)
            }
            let value = try value(of: name, at: nil)
            // LAMMPS passes these through their text, so that others see 15 digits of them.
            guard variable.style != .internal, value.isFinite else { return .scalar(value) }
            return .scalar(Double(NumberFormat.substitution.string(value)) ?? value)
        }
    }

    private func reference(_ reference: Reference, _ mode: FormulaMode) throws -> Value {
        if reference.isPerAtom {
            guard !reference.indices.isEmpty else { throw DeckError("'\(reference)' needs the id of an atom", at: nil) }
            return .scalar(try needHost().reference(reference))
        }
        switch mode {
        case .equal: return .scalar(try needHost().reference(reference))
        case .vector, .atom:
            guard reference.indices.count < 2 else {
                throw DeckError(
                    "a single value of a \(reference.kind) in \(mode.name); put it in an equal-style variable", at: nil)
            }
            let host = try needHost()
            return .vector(try mode == .atom ? host.atomVector(reference) : host.globalVector(reference))
        }
    }

    private func math(_ function: MathFunction, _ arguments: [Value], _ mode: FormulaMode) throws -> Value {
        guard !function.isPure else {
            return try zipped(arguments) { values throws(DeckError) in try function(values[...]) }
        }
        if mode == .atom && (function == .random || function == .normal) { return try drawForAtoms(function, arguments) }
        let numbers = try arguments.map { value throws(DeckError) -> Double in
            guard case .scalar(let number) = value else {
                throw DeckError("\(function.rawValue)() takes no vectors", at: nil)
            }
            return number
        }
        switch function {
        case .random:
            return .scalar(try draw(seed: numbers[2]) { $0.uniform() } * (numbers[1] - numbers[0]) + numbers[0])
        case .normal:
            guard numbers[1] >= 0 else { throw DeckError("normal() needs a width that is not negative", at: nil) }
            return .scalar(numbers[0] + numbers[1] * (try draw(seed: numbers[2]) { $0.gaussian() }))
        default: return .scalar(try function.scheduled(numbers[...], try needHost().runClock()))
        }
    }

    /// One number for each owned atom. LAMMPS evaluates the whole formula for one atom after the other, so the first draw of an evaluation
    /// makes those of all its random() and normal(), atom by atom.
    private func drawForAtoms(_ function: MathFunction, _ arguments: [Value]) throws -> Value {
        guard case .scalar(let seed) = arguments[2] else { throw DeckError("\(function.rawValue)(): the seed is one number", at: nil) }
        guard var draws = atomDraws else { throw DeckError("\(function.rawValue)() has no atoms to draw for here", at: nil) }
        if draws.columns == nil {
            let (places, count) = try needHost().atomPlaces()
            var owners = [Int](repeating: -1, count: count)
            for (i, place) in places.enumerated() where place >= 0 { owners[place] = i }
            var columns = draws.isNormal.map { _ in [Double](repeating: 0, count: places.count) }
            var stream = try atomRandom ?? newStream(seed: seed)
            for owner in owners {
                for (k, isNormal) in draws.isNormal.enumerated() {
                    let value = isNormal ? stream.gaussian() : stream.uniform()
                    if owner >= 0 { columns[k][owner] = value }
                }
            }
            atomRandom = stream
            draws.columns = columns
        }
        guard let column = draws.columns?.first else { throw DeckError("\(function.rawValue)() cannot be used here", at: nil) }
        draws.columns?.removeFirst()
        atomDraws = draws
        return try zipped([arguments[0], arguments[1], .vector(column)]) { values throws(DeckError) in
            let (a, b, x) = (values[values.startIndex], values[values.startIndex + 1], values[values.startIndex + 2])
            if function == .random { return x * (b - a) + a }
            guard b >= 0 else { throw DeckError("normal() needs a width that is not negative", at: nil) }
            return a + b * x
        }
    }

    /// Which draws an atom-style formula makes, in their order, those of atom-style variables in it included.
    func draws(in formula: Formula) -> [Bool] {
        var found: [Bool] = [], nested = 0
        func collect(_ formula: Formula) {
            guard nested < Self.deepest else { return }
            nested += 1
            defer { nested -= 1 }
            for (step, _) in formula.steps {
                switch step {
                case .math(.random): found.append(false)
                case .math(.normal): found.append(true)
                case .variable(let name, let indices) where indices.isEmpty:
                    // More than that many are refused when the formula is evaluated.
                    guard found.count < Self.mostReferences, let other = try? find(name, at: nil), case .atom(let inner) = other.content
                    else { continue }
                    collect(inner)
                default: break
                }
            }
        }
        collect(formula)
        return found
    }

    private func newStream(seed: Double) throws(DeckError) -> MarsagliaStream {
        guard let whole = Int(exactly: seed.rounded(.towardZero)), MarsagliaStream.seeds ~= whole else {
            throw DeckError("the seed must be a whole number from 1 to \(MarsagliaStream.seeds.upperBound)", at: nil)
        }
        return MarsagliaStream(seed: whole)
    }

    private func draw(seed: Double, _ body: (inout MarsagliaStream) -> Double) throws(DeckError) -> Double {
        var stream: MarsagliaStream
        if let random { stream = random } else { stream = try newStream(seed: seed) }
        let value = body(&stream)
        random = stream
        return value
    }

    private func named(_ name: String, _ arguments: [String], _ mode: FormulaMode) throws -> Value {
        switch name {
        case "sum", "min", "max", "ave", "trap", "slope", "sort", "rsort":
            return try reduce(name, arguments, mode)
        case "next":
            guard arguments.count == 1 else { throw DeckError("next() takes one argument", at: nil) }
            return .scalar(try nextValue(of: arguments[0]))
        case "is_os":
            guard arguments.count == 1 else { throw DeckError("is_os() takes one argument", at: nil) }
            return .scalar(try isSystem(arguments[0]) ? 1 : 0)
        case "is_defined" where arguments.count == 2 && arguments[0] == "variable":
            return .scalar(isDefined(arguments[1]) ? 1 : 0)
        default: break
        }
        if mode == .atom, let values = try needHost().atomFunction(name, arguments) { return .vector(values) }
        if let value = try needHost().function(name, arguments) { return .scalar(value) }
        throw DeckError.unknown("function", name, at: nil, known: Self.functionNames)
    }

    private static let functionNames =
        MathFunction.allCases.map(\.rawValue) + [
            "sum", "min", "max", "ave", "trap", "slope", "sort", "rsort", "next", "is_os", "is_defined", "is_active",
            "is_available", "is_file", "extract_setting", "count", "mass", "charge", "xcm", "vcm", "fcm", "bound",
            "gyration", "ke", "angmom", "torque", "inertia", "omega", "gmask", "rmask", "grmask",
        ]

    /// `is_os(name)`: the pattern may start with `^` and end with `$`, and is otherwise plain text.
    private func isSystem(_ pattern: String) throws(DeckError) -> Bool {
        #if os(Linux)
            let system = "Linux"
        #else
            let system = "macOS"
        #endif
        var plain = pattern[...]
        let isStart = plain.hasPrefix("^")
        if isStart { plain.removeFirst() }
        if plain.hasSuffix("$") { plain.removeLast() }
        guard plain.utf8.allSatisfy(isNameByte) else {
            throw DeckError("is_os() takes a name, with ^ before it or not", at: nil)
        }
        return isStart ? system.hasPrefix(plain) : plain.isEmpty || system.contains(plain)
    }
}
