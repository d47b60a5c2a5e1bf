import Deck
import Yams

/// Reads the nodes of a YAML model file; what is wrong is told with file, line and column.
struct ACEDocument {
    let file: String
    let root: Node

    init(_ file: String, _ bytes: [UInt8]) throws {
        self.file = file
        func failure(_ message: String, _ mark: Mark? = nil) -> ParameterFileError {
            ParameterFileError(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0, message: message)
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))
        } catch let error as YamlError {
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
                throw failure(problem, mark)
            default: throw failure("\(error)")
            }
        }
        guard let node, node.mapping != nil else { throw failure("not a YAML mapping") }
        root = node
    }

    func error(_ message: String, _ node: Node) -> ParameterFileError {
        ParameterFileError(file: file, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0, message: message)
    }

    /// Compares text: Yams' own look-up works out the type of every key.
    func optional(_ key: String, _ node: Node) -> Node? {
        guard let mapping = node.mapping else { return nil }
        for (name, value) in mapping where name.scalar?.string == key { return value }
        return nil
    }

    func value(_ key: String, _ node: Node, of what: String) throws -> Node {
        guard node.mapping != nil else { throw error("\(what) should be a mapping", node) }
        guard let found = optional(key, node) else { throw error("\(what) has no '\(key)'", node) }
        return found
    }

    /// - Throws: at a key that is not among `known`.
    func check(_ node: Node, _ what: String, known: [String]) throws {
        guard let mapping = node.mapping else { throw error("\(what) should be a mapping", node) }
        for (key, _) in mapping {
            let name = try text(key, "a key of \(what)")
            guard known.contains(name) else {
                let near = nearestName(to: name, in: known).map { "; did you mean '\($0)'?" } ?? ""
                throw error("unknown key '\(name)' of \(what)\(near)", key)
            }
        }
    }

    func text(_ node: Node, _ what: String) throws -> String {
        guard let scalar = node.scalar else { throw error("\(what) should be one value", node) }
        return scalar.string
    }

    func integer(_ node: Node, _ what: String, atLeast least: Int = 0) throws -> Int {
        let word = try text(node, what)
        guard let number = Int(word) else { throw error("\(what) should be an integer, not '\(word)'", node) }
        guard number >= least else { throw error("\(what) should be at least \(least), not \(number)", node) }
        return number
    }

    func number(_ node: Node, _ what: String) throws -> Double {
        let word = try text(node, what)
        guard let number = Double(word), number.isFinite else { throw error("\(what) should be a finite number, not '\(word)'", node) }
        return number
    }

    func list(_ node: Node, _ what: String) throws -> [Node] {
        guard let sequence = node.sequence else { throw error("\(what) should be a list", node) }
        return Array(sequence)
    }

    func numbers(_ node: Node, _ what: String, count: Int? = nil) throws -> [Double] {
        try counted(list(node, what), count, what, node).map { try number($0, what) }
    }

    func integers(_ node: Node, _ what: String, count: Int? = nil, atLeast least: Int = Int.min) throws -> [Int] {
        try counted(list(node, what), count, what, node).map { try integer($0, what, atLeast: least) }
    }

    private func counted(_ nodes: [Node], _ count: Int?, _ what: String, _ node: Node) throws -> [Node] {
        if let count, nodes.count != count { throw error("\(what) should have \(count) values, found \(nodes.count)", node) }
        return nodes
    }

    func choice<T: RawRepresentable & CaseIterable>(_ node: Node, _ what: String, _: T.Type) throws -> T where T.RawValue == String {
        let word = try text(node, what), names = T.allCases.map(\.rawValue)
        if let found = T(rawValue: word) { return found }
        let near = nearestName(to: word, in: names).map { "; did you mean '\($0)'?" } ?? ""
        throw error("\(what) is '\(word)'\(near) (one of \(names.joined(separator: ", ")))", node)
    }

    func isJulia(_ bond: Node) throws -> Bool { try text(value("radbasename", bond, of: "a bond"), "radbasename").hasPrefix("ACE.jl") }

    /// Which g_k: the name of a radial basis.
    func radialKind(_ node: Node) throws -> ACERadialKind {
        let word = try text(node, "the radial basis")
        if let kind = ACERadialKind(word) { return kind }
        let near = nearestName(to: word, in: ACERadialKind.names).map { "; did you mean '\($0)'?" } ?? ""
        throw error("unknown radial basis '\(word)'\(near) (one of \(ACERadialKind.names.joined(separator: ", ")), ACE.jl...)", node)
    }

    /// c_nlk, [n][l][k]; older files have one list, k slowest and l fastest.
    func radialCoefficients(_ node: Node, n: Int, l: Int, k: Int) throws -> [[[Double]]] {
        let what = "radcoefficients"
        let outer = try list(node, what)
        if outer.first?.scalar != nil {
            let flat = try numbers(node, what, count: n * (l + 1) * k)
            return (0..<n).map { n0 in (0...l).map { l0 in (0..<k).map { flat[($0 * n + n0) * (l + 1) + l0] } } }
        }
        guard outer.count >= n else { throw error("\(what) has \(outer.count) lists where nradmax is \(n)", node) }
        return try outer.prefix(n).map { row in
            let inner = try list(row, what)
            guard inner.count >= l + 1 else { throw error("\(what) has \(inner.count) lists where lmax is \(l)", row) }
            return try inner.prefix(l + 1).map { cell in
                let values = try numbers(cell, what)
                guard values.count >= k else { throw error("\(what) has \(values.count) values where nradbase is \(k)", cell) }
                return Array(values.prefix(k))
            }
        }
    }

    func embedding(_ kind: Node, _ parameters: Node, densities: Int) throws -> ACEEmbedding {
        let values = try numbers(parameters, "the embedding's parameters", count: 2 * densities)
        return ACEEmbedding(
            kind: try choice(kind, "npoti", ACEEmbeddingKind.self),
            parameters: (0..<densities).map { (values[2 * $0], values[2 * $0 + 1]) })
    }
}

// MARK: - .yace

extension ACEModel {
    /// Reads a `.yace` file: functions with their expansion coefficients multiplied into products of the density's coefficients.
    init(yace file: String, _ bytes: [UInt8]) throws {
        let document = try ACEDocument(file, bytes), root = document.root
        let elements = try document.list(document.value("elements", root, of: file), "elements").map { try document.text($0, "an element") }
        let count = elements.count
        guard count > 0, Set(elements).count == count else { throw document.error("elements should be different names", root) }
        self.elements = elements
        constants = try document.numbers(document.value("E0", root, of: file), "E0", count: count)
        func species(_ node: Node, _ what: String) throws -> Int {
            let index = try document.integer(node, what)
            guard index < count else { throw document.error("\(what) is \(index), there are \(count) elements", node) }
            return index
        }
        func entries(_ key: String) throws -> (node: Node, mapping: Node.Mapping) {
            let node = try document.value(key, root, of: file)
            guard let mapping = node.mapping else { throw document.error("\(key) should be a mapping", node) }
            return (node, mapping)
        }

        var embeddings = [ACEEmbedding?](repeating: nil, count: count)
        let given = try entries("embeddings")
        for (key, node) in given.mapping {
            let what = "an embedding"
            let densities = try document.integer(document.value("ndensity", node, of: what), "ndensity", atLeast: 1)
            var embedding = try document.embedding(
                document.value("npoti", node, of: what), document.value("FS_parameters", node, of: what), densities: densities)
            embedding.coreCutoff = try document.number(document.value("rho_core_cutoff", node, of: what), "rho_core_cutoff")
            embedding.coreWidth = try document.number(document.value("drho_core_cutoff", node, of: what), "drho_core_cutoff")
            embeddings[try species(key, "the species of an embedding")] = embedding
        }
        self.embeddings = []
        for a in 0..<count {
            guard let embedding = embeddings[a] else { throw document.error("no embedding of \(elements[a])", given.node) }
            self.embeddings.append(embedding)
        }

        bonds = Array(repeating: nil, count: count * count)
        var inner: ACEInnerCutoff?
        let pairs = try entries("bonds")
        // ACE.jl's radial functions know no inner cutoffs, and all bonds have them or none.
        let isJulia = try pairs.mapping.first.map { try document.isJulia($0.value) } ?? false
        if isJulia {
            spacing = Self.polynomialSpacing
        } else {
            let node = try document.value("deltaSplineBins", root, of: file)
            spacing = try document.number(node, "deltaSplineBins")
            guard spacing > 0 else { throw document.error("deltaSplineBins should be positive", node) }
        }
        let lmax = isJulia ? try document.integer(document.value("lmax", root, of: file), "lmax") : 0
        let potentials = isJulia ? try document.pairPotentials(species) : nil
        for (key, node) in pairs.mapping {
            let what = "a bond"
            guard try document.isJulia(node) == isJulia else { throw document.error("some bonds are of ACE.jl, some are not", node) }
            let pair = try document.list(key, "the species of a bond")
            guard pair.count == 2 else { throw document.error("a bond is of two species", key) }
            let at = try species(pair[0], "a bond's species") * count + species(pair[1], "a bond's species")
            if isJulia {
                var bond = try document.juliaBond(node, lmax: lmax)
                bond.pair = potentials?.at(at / count, at % count)
                bonds[at] = bond
                continue
            }
            let kind = try document.radialKind(document.value("radbasename", node, of: what))
            let n = try document.integer(document.value("nradmax", node, of: what), "nradmax")
            let l = try document.integer(document.value("lmax", node, of: what), "lmax")
            let k = try document.integer(document.value("nradbasemax", node, of: what), "nradbasemax")
            func number(_ key: String) throws -> Double { try document.number(document.value(key, node, of: what), key) }
            let parameters = try document.value("radparameters", node, of: what)
            guard let parameter = try document.numbers(parameters, "radparameters").first else {
                throw document.error("radparameters is empty", parameters)
            }
            var bond = ACEBond(
                kind: kind, parameter: parameter,
                coefficients: try document.radialCoefficients(document.value("radcoefficients", node, of: what), n: n, l: l, k: k),
                cutoff: try number("rcut"), cutoffWidth: try number("dcut"))
            bond.repulsion = (try number("prehc"), try number("lambdahc"))
            if let value = document.optional("rcut_in", node) { bond.inner.cutoff = try document.number(value, "rcut_in") }
            if let value = document.optional("dcut_in", node) { bond.inner.width = try document.number(value, "dcut_in") }
            let type = try document.optional("inner_cutoff_type", node).map {
                try document.choice($0, "inner_cutoff_type", ACEInnerCutoff.self)
            } ?? .density
            guard inner == nil || inner == type else { throw document.error("bonds have different inner_cutoff_type", node) }
            inner = type
            guard bond.cutoff > 2 * spacing else { throw document.error("rcut should be larger than two nodes of the tables", node) }
            bonds[at] = bond
        }
        for a in 0..<count {
            for b in 0..<count where bonds[a * count + b] == nil {
                throw document.error("no bond [\(a), \(b)]", pairs.node)
            }
        }
        innerCutoff = inner ?? .density
        if isJulia {
            // The reference program has one cutoff for all polynomials; each ends itself before.
            let longest = bonds.reduce(potentials?.cutoff ?? 0) { max($0, $1!.cutoff) }
            for at in bonds.indices where bonds[at]!.bins == nil { bonds[at]!.cutoff = longest }
        }

        functions = Array(repeating: [], count: count)
        for (key, list) in try entries("functions").mapping {
            let a = try species(key, "the species of functions")
            for node in try document.list(list, "the functions of \(elements[a])") {
                let function = try Self.function(document, node, elements: count, embedding: self.embeddings[a])
                let missing = isJulia ? function.beyond(rank1: function.rank == 1) { bonds[a * count + $0]! } : nil
                if let missing { throw document.error(missing, node) }
                functions[a].append(function)
            }
        }
    }

    private static func function(_ document: ACEDocument, _ node: Node, elements: Int, embedding: ACEEmbedding) throws -> ACEFunction {
        let what = "a function"
        let rank = try document.integer(document.value("rank", node, of: what), "rank", atLeast: 1)
        let densities = try document.integer(document.value("ndensity", node, of: what), "ndensity", atLeast: 1)
        guard densities == embedding.densities else {
            throw document.error("\(densities) densities where the embedding has \(embedding.densities)", node)
        }
        let count = try document.integer(document.value("num_ms_combs", node, of: what), "num_ms_combs", atLeast: 1)
        let species = try document.integers(document.value("mus", node, of: what), "mus", count: rank, atLeast: 0)
        let ns = try document.integers(document.value("ns", node, of: what), "ns", count: rank, atLeast: 1)
        let ls = try document.integers(document.value("ls", node, of: what), "ls", count: rank, atLeast: 0)
        let ms = try document.integers(document.value("ms_combs", node, of: what), "ms_combs", count: rank * count)
        let values = try document.numbers(document.value("ctildes", node, of: what), "ctildes", count: densities * count)
        let function = ACEFunction(
            factors: (0..<rank).map { ACEFunction.Factor(species: species[$0], n: ns[$0] - 1, l: ls[$0]) },
            orders: (0..<count).map { Array(ms[$0 * rank..<($0 + 1) * rank]) },
            coefficients: (0..<count).map { Array(values[$0 * densities..<($0 + 1) * densities]) })
        if let problem = function.problem(elements: elements) { throw document.error(problem, node) }
        return function
    }
}

extension ACEFunction {
    /// What there is no radial function for, nil where there are all. `rank1`: functions of one neighbour have g_k.
    func beyond(rank1: Bool, _ bond: (Int) -> ACEBond) -> String? {
        for factor in factors {
            let c = bond(factor.species).coefficients, l = (c.first?.count ?? 0) - 1
            let n = rank1 ? c.first?.first?.count ?? Int.max : c.count
            if factor.n >= n { return "n = \(factor.n + 1) where there are \(n) radial functions" }
            if !rank1, factor.l > l { return "l = \(factor.l) beyond lmax \(l)" }
        }
        return nil
    }

    /// What is wrong with it, nil where nothing is.
    func problem(elements: Int) -> String? {
        if let factor = factors.first(where: { $0.species >= elements }) { return "species \(factor.species) of \(elements) elements" }
        if rank == 1 && factors[0].l != 0 { return "a function of rank 1 has l = 0, not \(factors[0].l)" }
        for m in orders {
            for (factor, m) in zip(factors, m) where abs(m) > factor.l { return "m = \(m) beyond l = \(factor.l)" }
            if m.reduce(0, +) != 0 { return "the sum of m is not 0 in \(m)" }
        }
        return nil
    }
}
