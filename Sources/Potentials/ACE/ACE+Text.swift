import Deck

extension ACEModel {
    /// Reads an `.ace` file, the text format that came before `.yace`. One embedding, one kind of radial functions and one set of their
    /// sizes are those of all its elements; core cutoffs and E0 are by element, cutoffs, core repulsions and coefficients by pair. Files of
    /// more elements than one are as python-ace writes them; it reads none of them itself.
    init(text file: String, _ bytes: [UInt8]) throws {
        var reader = ACETextReader(file, bytes)
        let count = try reader.integer("nelements=", atLeast: 1)
        try reader.expect("elements:")
        elements = try (0..<count).map { _ in try reader.word("an element").text }
        guard Set(elements).count == count else { throw reader.error("elements should be different names") }
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
        let cores = try (0..<count).map { _ in (try reader.number("the core cutoff"), try reader.number("its width")) }
        constants = reader.take("E0:") ? try (0..<count).map { _ in try reader.number("E0") } : Array(repeating: 0, count: count)

        try reader.expect("radbasename=")
        let name = try reader.word("a radial basis")
        if name.text == "ACE.jl.Basic" {
            guard count == 1 else { throw reader.error("ACE.jl.Basic in this format is of one element: use .yace") }
            (bonds, spacing) = ([try reader.juliaBond(lmax: lmax)], Self.polynomialSpacing)
        } else {
            guard let radial = ACERadialKind(name.text), radial == .chebyshevExponential || radial == .chebyshevPower else {
                throw reader.unknown("radial basis", name, ["ChebExpCos", "ChebPow", "ACE.jl.Basic"])
            }
            (bonds, spacing) = try reader.bonds(radial, lmax: lmax, pairs: count * count)
        }
        innerCutoff = .density

        _ = try reader.integer("rankmax=")
        let densities = try reader.integer("ndensitymax=")
        guard densities > 0, parameterCount == 2 * densities else {
            throw reader.error("\(parameterCount) embedding parameters for \(densities) densities")
        }
        var rows: [(weight: Double, exponent: Double)] = []
        for p in 0..<densities { rows.append((parameters[2 * p], parameters[2 * p + 1])) }
        embeddings = cores.map { ACEEmbedding(kind: kind, parameters: rows, coreCutoff: $0.0, coreWidth: $0.1) }
        _ = try reader.integer("num_c_tilde_max=")
        _ = try reader.integer("num_ms_combinations_max=")
        functions = Array(repeating: [], count: count)
        for header in ["total_basis_size_rank1:", "total_basis_size:"] {
            let sizes = [try reader.integer(header)] + (try (1..<count).map { _ in try reader.integer("") })
            for (a, size) in sizes.enumerated() {
                for _ in 0..<size {
                    let function = try reader.function(densities, centre: a, elements: count)
                    let problem = function.beyond(rank1: header.contains("rank1")) { bonds[a * count + $0]! }
                    if let problem { throw reader.error(problem) }
                    functions[a].append(function)
                }
            }
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
            } else if b == UInt8(ascii: "="), start == nil, !tokens.isEmpty {
                tokens[tokens.count - 1].text += "="
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

    /// The bonds of all pairs, centre slowest, and the distance of their tables' nodes.
    mutating func bonds(_ radial: ACERadialKind, lmax: Int, pairs: Int) throws -> ([ACEBond?], Double) {
        let k = try integer("nradbase="), n = try integer("nradmax=")
        _ = try number(after: "cutoffmax=")
        let spacing = try number(after: "deltaSplineBins=")
        guard spacing > 0 else { throw error("deltaSplineBins should be positive") }
        func row(_ keyword: String, _ reader: inout Self) throws -> [Double] {
            try reader.expect(keyword)
            return try (0..<pairs).map { _ in try reader.number("the value of \(keyword)") }
        }
        try expect("core repulsion parameters:")
        let repulsions = try (0..<pairs).map { _ in (try number("a core repulsion's factor"), try number("its exponent")) }
        let parameters = try row("radparameter=", &self), cutoffs = try row("cutoff=", &self), widths = try row("dcut=", &self)
        guard cutoffs.allSatisfy({ $0 > 2 * spacing }) else { throw error("the cutoff should be larger than two nodes of the tables") }
        try expect("crad=")
        let bonds = try (0..<pairs).map { pair -> ACEBond? in
            var coefficients = [[[Double]]](repeating: Array(repeating: Array(repeating: 0, count: k), count: lmax + 1), count: n)
            for k0 in 0..<k { for n0 in 0..<n { for l in 0...lmax { coefficients[n0][l][k0] = try number("a radial coefficient") } } }
            var bond = ACEBond(
                kind: radial, parameter: parameters[pair], coefficients: coefficients, cutoff: cutoffs[pair], cutoffWidth: widths[pair])
            bond.repulsion = repulsions[pair]
            return bond
        }
        return (bonds, spacing)
    }

    /// ACE.jl's polynomials and, where there is one, its pair potential.
    mutating func juliaBond(lmax: Int) throws -> ACEBond {
        try expect("haspair:")
        let has = try word("t or f")
        guard ["t", "f"].contains(has.text) else { throw unknown("answer", has, ["t", "f"]) }
        var (polynomials, cutoff) = try polynomials()
        var potential: ACEPairPotential?
        if has.text == "t" {
            try expect("begin repulsive potential begin polypairpot")
            let (pair, reach) = try self.polynomials()
            try expect("coefficients")
            potential = ACEPairPotential(polynomials: pair, coefficients: try pair.recursion.map { _ in try number("a coefficient") })
            try expect("end polypairpot spline parameters")
            // A line with the formula.
            while !take("ri=") { _ = try word("'ri='") }
            let radius = try number("ri")
            potential?.core = (radius, try number(after: "e0="), try number(after: "A="), try number(after: "B="))
            try expect("end repulsive potential")
            cutoff = max(cutoff, reach)
        }
        guard cutoff > 0 else { throw error("rcut should be positive") }
        var bond = ACEBond(
            kind: .polynomial(polynomials), parameter: 0, coefficients: ACEBond.identity(n: polynomials.recursion.count, l: lmax),
            cutoff: cutoff, cutoffWidth: 0)
        bond.repulsion = (0, 1)
        bond.pair = potential
        return bond
    }

    private mutating func polynomials() throws -> (ACEPolynomials, cutoff: Double) {
        try expect("transform parameters:")
        let power = try number(after: "p="), distance = try number(after: "r0=")
        try expect("cutoff parameters:")
        let cutoff = try number(after: "rcut="), xl = try number(after: "xl="), xr = try number(after: "xr=")
        let pl = try integer("pl="), pr = try integer("pr=")
        try expect("recursion coefficients:")
        let count = try integer("maxn=", atLeast: 1)
        let recursion = try (0..<count).map { _ in (try number("A"), try number("B"), try number("C")) }
        // Values that the exporter had: a distance, then P_n and its slope.
        try expect("tests:")
        for _ in 0..<(try integer("ntests=")) {
            _ = try number(after: "r=")
            for _ in 0..<2 * count { _ = try number("a test value") }
        }
        return (ACEPolynomials(power: power, distance: distance, lower: (xl, pl), upper: (xr, pr), recursion: recursion), cutoff)
    }

    mutating func function(_ densities: Int, centre: Int, elements: Int) throws -> ACEFunction {
        try expect("ctilde_basis_func:")
        let rank = try integer("rank=", atLeast: 1), own = try integer("ndens=", atLeast: 1)
        guard own == densities else { throw error("\(own) densities where the embedding has \(densities)") }
        guard try integer("mu0=") == centre else { throw error("mu0 should be \(centre) here: functions come element by element") }
        func row(_ name: String, _ reader: inout Self) throws -> [Int] {
            try reader.expect("\(name)= (")
            let values = try (0..<rank).map { _ in try reader.signed("a number") }
            try reader.expect(")")
            return values
        }
        let species = try row("mu", &self), ns = try row("n", &self), ls = try row("l", &self)
        guard ns.allSatisfy({ $0 >= 1 }), ls.allSatisfy({ $0 >= 0 }), species.allSatisfy({ $0 >= 0 }) else {
            throw error("n from 1, l from 0 and mu from 0 are expected")
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
        if let problem = function.problem(elements: elements) { throw error(problem) }
        return function
    }

    mutating func end() throws {
        guard at == tokens.count else {
            at += 1
            throw error("expected the end of the file, found '\(tokens[at - 1].text)'")
        }
    }
}
