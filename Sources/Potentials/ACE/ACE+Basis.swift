import Domain
import Yams

/// Blocks of a B basis file.
private struct ACEBlock {
    var node: Node
    var elements: [String]
    var distinct: Int
}

extension ACEModel {
    /// Reads a `.yaml` file as pacemaker writes it: functions of the B basis, which become products of the density's coefficients by
    /// generalised Clebsch-Gordan coefficients (Lysogorskiy et al. 2021, section "Methods"; Dusson et al., J. Comput. Phys. 454, 110946
    /// (2022)).
    init(basis file: String, _ bytes: [UInt8]) throws {
        let document = try ACEDocument(file, bytes), root = document.root
        try document.check(root, file, known: ["metadata", "auxdata", "global", "species"])
        let global = try document.value("global", root, of: file)
        try document.check(global, "global", known: ["DeltaSplineBins"])
        let spacingNode = try document.value("DeltaSplineBins", global, of: "global")
        spacing = try document.number(spacingNode, "DeltaSplineBins")
        guard spacing > 0 else { throw document.error("DeltaSplineBins should be positive", spacingNode) }

        var blocks: [ACEBlock] = []
        for node in try document.list(document.value("species", root, of: file), "species") {
            try document.check(
                node, "a species block",
                known: [
                    "speciesblock", "ndensityi", "npoti", "parameters", "rho_core_cut", "drho_core_cut", "nradmaxi", "lmaxi", "rcutij",
                    "dcutij", "NameOfCutoffFunctionij", "nradbaseij", "radbase", "radparameters", "radcoefficients", "core-repulsion",
                    "r_in", "delta_in", "inner_cutoff_type", "nbody",
                ])
            let name = try document.text(document.value("speciesblock", node, of: "a species block"), "speciesblock")
            let names = name.split(separator: " ").map(String.init)
            guard !names.isEmpty else { throw document.error("speciesblock should name elements", node) }
            blocks.append(ACEBlock(node: node, elements: names, distinct: Set(names).count))
        }
        let elements = Set(blocks.flatMap(\.elements)).sorted()
        let count = elements.count
        self.elements = elements
        func index(_ element: String) -> Int { elements.firstIndex(of: element)! }
        constants = Array(repeating: 0, count: count)

        var embeddings = [ACEEmbedding?](repeating: nil, count: count)
        for block in blocks where block.distinct == 1 {
            let what = "block \(block.elements[0])", a = index(block.elements[0])
            guard embeddings[a] == nil else { throw document.error("a second \(what)", block.node) }
            let densities = try document.integer(document.value("ndensityi", block.node, of: what), "ndensityi", atLeast: 1)
            var embedding = try document.embedding(
                document.value("npoti", block.node, of: what), document.value("parameters", block.node, of: what), densities: densities)
            if let value = document.optional("rho_core_cut", block.node) {
                embedding.coreCutoff = try document.number(value, "rho_core_cut")
            }
            if let value = document.optional("drho_core_cut", block.node) {
                embedding.coreWidth = try document.number(value, "drho_core_cut")
            }
            embeddings[a] = embedding
        }
        self.embeddings = []
        for a in 0..<count {
            guard let embedding = embeddings[a] else { throw document.error("no block of \(elements[a]) alone", root) }
            self.embeddings.append(embedding)
        }

        (bonds, innerCutoff) = try Self.bonds(document, blocks, elements)
        basis = Array(repeating: [], count: count)
        for block in blocks {
            let a = index(block.elements[0])
            for node in try document.optional("nbody", block.node).map({ try document.list($0, "nbody") }) ?? [] {
                if let skip = document.optional("skip", node), skip.bool == true { continue }
                basis[a].append(try Self.function(document, node, block, elements, bonds, self.embeddings[a].densities))
            }
        }
        functions = []
        for a in 0..<count {
            // The order of active sets: single factors first, then by species, n, l and the combinations of m before any are merged.
            basis[a] = basis[a].stablySorted { $0.precedes($1) }.map { $0.merged() }
            basis[a] = basis[a].filter { $0.factors.count == 1 } + basis[a].filter { $0.factors.count > 1 }
            functions.append(Self.summed(basis[a], densities: self.embeddings[a].densities))
        }
    }

    private static func bonds(
        _ document: ACEDocument, _ blocks: [ACEBlock], _ elements: [String]
    ) throws -> ([ACEBond?], ACEInnerCutoff) {
        var bonds = [ACEBond?](repeating: nil, count: elements.count * elements.count)
        var inner: ACEInnerCutoff?
        for block in blocks where block.distinct <= 2 {
            let what = "block \(block.elements.joined(separator: " "))"
            let pair = block.distinct == 1 ? [block.elements[0], block.elements[0]] : Array(block.elements.prefix(2))
            // Blocks A B and B A may say things once for both.
            let dual = blocks.first { block.distinct == 2 && $0.elements == [pair[1], pair[0]] }?.node
            let own = block.node
            func having(_ key: String, _ node: Node?) -> Node? { node.flatMap { document.optional(key, $0) } != nil ? node : nil }
            guard let radial = having("lmaxi", own) ?? having("lmaxi", dual) else {
                throw document.error("\(what) has no radial basis", own)
            }
            let core = having("core-repulsion", own) ?? having("core-repulsion", dual) ?? own
            func value(_ key: String) throws -> Node { try document.value(key, radial, of: what) }
            let l = try document.integer(value("lmaxi"), "lmaxi"), n = try document.integer(value("nradmaxi"), "nradmaxi")
            let k = try document.integer(value("nradbaseij"), "nradbaseij")
            guard let parameter = try document.numbers(value("radparameters"), "radparameters").first else {
                throw document.error("radparameters is empty", radial)
            }
            var bond = ACEBond(
                kind: try document.radialKind(value("radbase")), parameter: parameter,
                coefficients: try document.radialCoefficients(value("radcoefficients"), n: n, l: l, k: k),
                cutoff: try document.number(value("rcutij"), "rcutij"), cutoffWidth: try document.number(value("dcutij"), "dcutij"))
            bond.repulsion = (0, 0)
            if let node = document.optional("core-repulsion", core) {
                let numbers = try document.numbers(node, "core-repulsion", count: 2)
                bond.repulsion = (numbers[0], numbers[1])
            }
            if let node = document.optional("r_in", core) { bond.inner.cutoff = try document.number(node, "r_in") }
            if let node = document.optional("delta_in", core) { bond.inner.width = try document.number(node, "delta_in") }
            let type = try document.optional("inner_cutoff_type", core).map {
                try document.choice($0, "inner_cutoff_type", ACEInnerCutoff.self)
            } ?? .density
            guard inner == nil || inner == type else { throw document.error("blocks have different inner_cutoff_type", own) }
            inner = type
            let a = elements.firstIndex(of: pair[0])!, b = elements.firstIndex(of: pair[1])!
            bonds[a * elements.count + b] = bond
        }
        return (bonds, inner ?? .density)
    }

    private static func function(
        _ document: ACEDocument, _ node: Node, _ block: ACEBlock, _ elements: [String], _ bonds: [ACEBond?], _ densities: Int
    ) throws -> ACEBasisFunction {
        let what = "a function"
        try document.check(node, what, known: ["type", "nr", "nl", "lint", "c", "skip"])
        let names = try document.text(document.value("type", node, of: what), "type").split(separator: " ").map(String.init)
        let rank = names.count - 1
        guard rank >= 1, names[0] == block.elements[0], names.allSatisfy({ block.elements.contains($0) }) else {
            throw document.error("type '\(names.joined(separator: " "))' in block \(block.elements.joined(separator: " "))", node)
        }
        let ns = try document.integers(document.value("nr", node, of: what), "nr", count: rank, atLeast: 1)
        var ls = try document.optional("nl", node).map { try document.integers($0, "nl", atLeast: 0) } ?? []
        if rank == 1 && ls.isEmpty { ls = [0] }
        if rank == 2 && ls.count == 1 { ls.append(ls[0]) }
        guard ls.count == rank else { throw document.error("nl should have \(rank) values, found \(ls.count)", node) }
        let given = try document.optional("lint", node).map { try document.integers($0, "lint", atLeast: 0) } ?? []
        guard let intermediate = ACECouplings.completed(ls, given) else {
            throw document.error("lint should have \(max(0, rank - 2)) values, found \(given.count)", node)
        }
        let values = try document.value("c", node, of: what)
        let coefficients = values.scalar != nil ? [try document.number(values, "c")] : try document.numbers(values, "c")
        guard coefficients.count == densities else {
            throw document.error("\(coefficients.count) coefficients where the embedding has \(densities) densities", node)
        }
        guard ls.reduce(0, +) % 2 == 0 else { throw document.error("the sum of nl is odd", node) }
        guard rank > 1 || ls[0] == 0 else { throw document.error("nl of one neighbour is 0", node) }
        let species = names[1...].map { elements.firstIndex(of: $0)! }
        let centre = elements.firstIndex(of: names[0])!
        for (b, (n, l)) in zip(species, zip(ns, ls)) {
            guard let bond = bonds[centre * elements.count + b] else {
                throw document.error("no block of \(names[0]) \(elements[b]) says their radial basis", node)
            }
            if rank == 1, let k = bond.coefficients.first?.first?.count, n > k {
                throw document.error("nr \(n) is beyond nradbaseij \(k)", node)
            }
            if rank > 1, n > bond.coefficients.count { throw document.error("nr \(n) is beyond nradmaxi \(bond.coefficients.count)", node) }
            if rank > 1, let top = bond.coefficients.first?.count, l >= top {
                throw document.error("nl \(l) is beyond lmaxi \(top - 1)", node)
            }
        }
        let couplings = ACECouplings.couplings(ls, intermediate)
        guard !couplings.isEmpty else {
            throw document.error("nl \(ls) and lint \(intermediate) do not couple to an invariant", node)
        }
        return ACEBasisFunction(
            factors: (0..<rank).map { ACEFunction.Factor(species: species[$0], n: ns[$0] - 1, l: ls[$0]) }, couplings: intermediate,
            orders: couplings.map(\.m), weights: couplings.map(\.weight), coefficients: coefficients)
    }

    /// Functions with the same factors, their combinations of m together.
    private static func summed(_ basis: [ACEBasisFunction], densities: Int) -> [ACEFunction] {
        var order: [[ACEFunction.Factor]] = []
        var sums: [[ACEFunction.Factor]: [[Int]: [Double]]] = [:]
        for function in basis {
            if sums[function.factors] == nil { order.append(function.factors) }
            for (m, weight) in zip(function.orders, function.weights) {
                var sum = sums[function.factors, default: [:]][m] ?? Array(repeating: 0, count: densities)
                for p in 0..<densities { sum[p] += function.coefficients[p] * weight }
                sums[function.factors, default: [:]][m] = sum
            }
        }
        return order.map { factors in
            let orders = sums[factors]!.keys.sorted { $0.lexicographicallyPrecedes($1) }
            return ACEFunction(factors: factors, orders: orders, coefficients: orders.map { sums[factors]![$0]! })
        }
    }
}

extension ACEBasisFunction {
    /// The order of functions in active sets.
    fileprivate func precedes(_ other: Self) -> Bool {
        func row(_ f: Self) -> [Int] {
            var row = [f.factors.count]
            row += f.factors.map(\.species)
            row += f.factors.map(\.n)
            row += f.factors.map(\.l)
            row.append(f.orders.count)
            row += f.orders.joined()
            return row
        }
        return row(self).lexicographicallyPrecedes(row(other))
    }

    /// Combinations that are the same but for the order of equal factors, as one. Factors are sorted if that makes fewer of them.
    fileprivate func merged() -> Self {
        var sums: [[Int]: Double] = [:]
        let rank = factors.count
        let indices = (0..<rank).map { $0 }
        for (m, weight) in zip(orders, weights) {
            let order = indices.sorted { (a: Int, b: Int) -> Bool in
                if factors[a] != factors[b] { return factors[a] < factors[b] }
                return m[a] != m[b] ? m[a] < m[b] : a < b
            }
            sums[order.map { m[$0] }, default: 0] += weight
        }
        sums = sums.filter { abs($0.value) >= 1e-15 }
        guard sums.count < orders.count else { return self }
        var result = self
        result.factors = factors.sorted()
        result.orders = sums.keys.sorted { $0.lexicographicallyPrecedes($1) }
        result.weights = result.orders.map { sums[$0]! }
        return result
    }
}

extension Array {
    fileprivate func stablySorted(_ precedes: (Element, Element) -> Bool) -> [Element] {
        enumerated().sorted { a, b in
            precedes(a.element, b.element) || (!precedes(b.element, a.element) && a.offset < b.offset)
        }.map(\.element)
    }
}
