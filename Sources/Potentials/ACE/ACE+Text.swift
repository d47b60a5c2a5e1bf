import Deck

extension ACEModel {
    /// Reads an `.ace` file, the text format that came before `.yace`. As the reference program reads it, its embedding is that of the
    /// first element alone, so more elements than one are refused.
    init(text file: String, _ bytes: [UInt8]) throws {
        var reader = ACETextReader(file, bytes)
        let count = try reader.integer("nelements=")
        guard count == 1 else { throw reader.error("files of \(count) elements are not supported in this format: use .yace") }
        try reader.expect("elements:")
        elements = [try reader.word("an element").text]
        let lmax = try reader.integer("lmax=")
        var kind = ACEEmbeddingKind.finnisSinclair
        var hasKind = false
        if reader.take("embedding-function:") {
            let word = try reader.word("an embedding function")
            guard let found = ACEEmbeddingKind(rawValue: word.text) else {
                throw reader.unknown("embedding function", word, ACEEmbeddingKind.allCases.map(\.rawValue))
            }
            (kind, hasKind) = (found, true)
        }
        let parameterCount = try reader.integer("")
        try reader.expect("FS parameters:")
        let parameters = try (0..<parameterCount).map { _ in try reader.number("an embedding parameter") }
        if !hasKind, let at = stride(from: 1, to: parameterCount, by: 2).first(where: { parameters[$0] != 1 }) {
            throw reader.error("no 'embedding-function:' line, which an exponent of \(parameters[at]) needs")
        }
        try reader.expect("core energy-cutoff parameters:")
        let core = (try reader.number("the core cutoff"), try reader.number("its width"))
        constants = [reader.take("E0:") ? try reader.number("E0") : 0]

        try reader.expect("radbasename=")
        let name = try reader.word("a radial basis")
        guard let radial = ACERadialKind(name.text), radial != .bessel else {
            throw reader.unknown("radial basis", name, ["ChebExpCos", "ChebPow"])
        }
        let k = try reader.integer("nradbase="), n = try reader.integer("nradmax=")
        _ = try reader.number(after: "cutoffmax=")
        spacing = try reader.number(after: "deltaSplineBins=")
        guard spacing > 0 else { throw reader.error("deltaSplineBins should be positive") }
        try reader.expect("core repulsion parameters:")
        let repulsion = (try reader.number("a core repulsion's factor"), try reader.number("its exponent"))
        let parameter = try reader.number(after: "radparameter=")
        let cutoff = try reader.number(after: "cutoff="), width = try reader.number(after: "dcut=")
        guard cutoff > 2 * spacing else { throw reader.error("the cutoff should be larger than two nodes of the tables") }
        try reader.expect("crad=")
        var coefficients = [[[Double]]](repeating: Array(repeating: Array(repeating: 0, count: k), count: lmax + 1), count: n)
        for k0 in 0..<k { for n0 in 0..<n { for l in 0...lmax { coefficients[n0][l][k0] = try reader.number("a radial coefficient") } } }
        var bond = ACEBond(kind: radial, parameter: parameter, coefficients: coefficients, cutoff: cutoff, cutoffWidth: width)
        bond.repulsion = repulsion
        bonds = [bond]
        innerCutoff = .density

        _ = try reader.integer("rankmax=")
        let densities = try reader.integer("ndensitymax=")
        guard densities > 0, parameterCount == 2 * densities else {
            throw reader.error("\(parameterCount) embedding parameters for \(densities) densities")
        }
        embeddings = [
            ACEEmbedding(
                kind: kind, parameters: (0..<densities).map { (parameters[2 * $0], parameters[2 * $0 + 1]) }, coreCutoff: core.0,
                coreWidth: core.1)
        ]
        _ = try reader.integer("num_c_tilde_max=")
        _ = try reader.integer("num_ms_combinations_max=")
        functions = [[]]
        for header in ["total_basis_size_rank1:", "total_basis_size:"] {
            for _ in 0..<(try reader.integer(header)) { functions[0].append(try reader.function(densities)) }
        }
        try reader.end()
    }
}

/// Words of an `.ace` file, where keywords end in '=' or ':' and may or may not be followed by blanks.
private struct ACETextReader {
    let file: String
    /// '=', ':', '(', ')', '<', '>' end words or stand alone.
    private var tokens: [ParameterFile.Token] = []
    private var at = 0

    init(_ file: String, _ bytes: [UInt8]) {
        self.file = file
        var line = 1, column = 1, start: (line: Int, column: Int)?
        var text: [UInt8] = []
        var isComment = false
        func isSymbol(_ b: UInt8) -> Bool { "()<>".utf8.contains(b) }
        func flush(_ tokens: inout [ParameterFile.Token]) {
            if let from = start {
                tokens.append(.init(text: String(decoding: text, as: UTF8.self), line: from.line, column: from.column))
                start = nil
                text = []
            }
        }
        for b in bytes {
            defer {
                if b == 10 { (line, column, isComment) = (line + 1, 1, false) } else { column += 1 }
            }
            if b == UInt8(ascii: "#") { isComment = true }
            if isComment || b <= 32 {
                flush(&tokens)
            } else if isSymbol(b) {
                flush(&tokens)
                tokens.append(.init(text: String(UnicodeScalar(b)), line: line, column: column))
            } else {
                if start == nil { start = (line, column) }
                text.append(b)
                if b == UInt8(ascii: "=") || b == UInt8(ascii: ":") { flush(&tokens) }
            }
        }
        flush(&tokens)
        // Lines of titles come before the first keyword.
        at = tokens.firstIndex { $0.text == "nelements=" } ?? 0
    }

    func error(_ message: String) -> ParameterFileError {
        let token = tokens.isEmpty ? nil : tokens[min(max(at - 1, 0), tokens.count - 1)]
        return ParameterFileError(file: file, line: token?.line ?? 0, column: token?.column ?? 0, message: message)
    }

    func unknown(_ what: String, _ word: ParameterFile.Token, _ known: [String]) -> ParameterFileError {
        let near = nearestName(to: word.text, in: known).map { "; did you mean '\($0)'?" } ?? ""
        return ParameterFileError(
            file: file, line: word.line, column: word.column,
            message: "unknown \(what) '\(word.text)'\(near) (one of \(known.joined(separator: ", ")))")
    }

    mutating func word(_ expected: String) throws -> ParameterFile.Token {
        guard at < tokens.count else {
            throw ParameterFileError(
                file: file, line: tokens.last?.line ?? 1, column: 0, message: "the file ends where \(expected) was expected")
        }
        at += 1
        return tokens[at - 1]
    }

    mutating func number(_ expected: String) throws -> Double {
        let token = try word(expected)
        guard let value = Double(token.text), value.isFinite else { throw error("expected \(expected), found '\(token.text)'") }
        return value
    }

    /// The words of `keyword`, each as a token.
    mutating func expect(_ keyword: String) throws {
        for part in keyword.split(separator: " ") {
            let token = try word("'\(keyword)'")
            guard token.text == part else { throw error("expected '\(keyword)', found '\(token.text)'") }
        }
    }

    /// Whether the next word is that one, which is then read.
    mutating func take(_ keyword: String) -> Bool {
        guard at < tokens.count, tokens[at].text == keyword else { return false }
        at += 1
        return true
    }

    mutating func number(after keyword: String) throws -> Double {
        try expect(keyword)
        return try number("the value of \(keyword)")
    }

    mutating func integer(_ keyword: String, atLeast least: Int = 0) throws -> Int {
        try expect(keyword)
        let token = try word("a number")
        guard let value = Int(token.text), value >= least else { throw error("expected an integer from \(least), found '\(token.text)'") }
        return value
    }

    private mutating func signed(_ what: String) throws -> Int {
        let token = try word(what)
        guard let value = Int(token.text) else { throw error("expected \(what), found '\(token.text)'") }
        return value
    }

    mutating func function(_ densities: Int) throws -> ACEFunction {
        try expect("ctilde_basis_func:")
        let rank = try integer("rank=", atLeast: 1), own = try integer("ndens=", atLeast: 1)
        guard own == densities else { throw error("\(own) densities where the embedding has \(densities)") }
        guard try integer("mu0=") == 0 else { throw error("mu0 should be 0 in a file of one element") }
        func row(_ name: String) throws -> [Int] {
            try expect("\(name)= (")
            let values = try (0..<rank).map { _ in try signed("a number") }
            try expect(")")
            return values
        }
        let species = try row("mu"), ns = try row("n"), ls = try row("l")
        guard ns.allSatisfy({ $0 >= 1 }), ls.allSatisfy({ $0 >= 0 }), species.allSatisfy({ $0 == 0 }) else {
            throw error("n from 1, l from 0 and mu 0 are expected")
        }
        let count = try integer("num_ms=", atLeast: 1)
        var orders: [[Int]] = [], coefficients: [[Double]] = []
        for _ in 0..<count {
            try expect("<")
            orders.append(try (0..<rank).map { _ in try signed("m") })
            try expect("> :")
            coefficients.append(try (0..<densities).map { _ in try number("a coefficient") })
        }
        let function = ACEFunction(
            factors: (0..<rank).map { ACEFunction.Factor(species: species[$0], n: ns[$0] - 1, l: ls[$0]) }, orders: orders,
            coefficients: coefficients)
        if let problem = function.problem(elements: 1) { throw error(problem) }
        return function
    }

    mutating func end() throws {
        guard at == tokens.count else {
            at += 1
            throw error("expected the end of the file, found '\(tokens[at - 1].text)'")
        }
    }
}
