import Domain

/// A product of two earlier nodes: z = x y, or x conj(y) where `sign` is -1.
struct ACEProduct: BitwiseCopyable {
    var x: Int32
    var y: Int32
    var sign: Double
}

/// Terms c_p Re(x y) with the same x: `count` from `first`. `sign` -1: Re(x conj(y)).
struct ACEGroup: BitwiseCopyable {
    var x: Int32
    var first: Int32
    var count: Int32
    var sign: Double
}

/// The expansion of one species as real parts of products of two complex nodes.
///
/// Nodes are first the density's coefficients A_(b n l m) with m >= 0, then products of nodes, each made once. Since A_(b n l -m) is
/// (-1)^m conj(A_(b n l m)), a product and its conjugate need one node, and terms that are each other's conjugates are one term.
/// Which two nodes a term is made of: those that need fewest new nodes; then those that many terms have.
struct ACEPlan {
    /// (b, n, l) of the density in the order of `slot`.
    private(set) var factors: [ACEFunction.Factor] = []
    /// The first node of a factor with m is `slot(factor, m)`; m runs slowest, then l, then n, species by species.
    private(set) var slots: [Slot] = []
    private(set) var products: [ACEProduct] = []
    private(set) var groups: [ACEGroup] = []
    private(set) var others: [Int32] = []
    /// [term][density]
    private(set) var coefficients: [Double] = []
    /// Functions of one factor: (b, k) and a coefficient for each density.
    private(set) var singles: [(species: Int, k: Int, coefficients: [Double])] = []

    struct Slot: Hashable, Comparable {
        var species: Int
        var m: Int
        var l: Int
        var n: Int
        static func < (a: Self, b: Self) -> Bool {
            if a.species != b.species { return a.species < b.species }
            if a.m != b.m { return a.m < b.m }
            return a.l != b.l ? a.l < b.l : a.n < b.n
        }
    }

    var nodeCount: Int { slots.count + products.count }
    var termCount: Int { others.count }

    /// Product over a key is sign times node `index`, or its conjugate.
    private struct Reference {
        var index: Int
        var isConjugate: Bool
        var sign: Double
    }

    /// Factors with their m, sorted: 256 times the factor's index, plus m + 128.
    private typealias Key = [Int32]

    private var known: [Key: Reference] = [:]
    private var popularity: [Key: Int] = [:]
    /// Sum of m of each node.
    private var moments: [Int] = []

    init(_ functions: [ACEFunction], densities: Int) {
        factors = Set(functions.filter { $0.rank > 1 }.flatMap(\.factors)).sorted()
        slots = factors.flatMap { f in (0...f.l).map { Slot(species: f.species, m: $0, l: f.l, n: f.n) } }.sorted()
        moments = slots.map(\.m)
        let index = Dictionary(uniqueKeysWithValues: factors.enumerated().map { ($1, $0) })
        for (i, slot) in slots.enumerated() {
            let f = index[.init(species: slot.species, n: slot.n, l: slot.l)]!
            known[[Self.atom(f, slot.m)]] = Reference(index: i, isConjugate: false, sign: 1)
            if slot.m > 0 {
                known[[Self.atom(f, -slot.m)]] = Reference(index: i, isConjugate: true, sign: slot.m % 2 == 0 ? 1 : -1)
            }
        }

        var terms: [Key: [Double]] = [:]
        var sums: [SIMD2<Int>: [Double]] = [:]
        for function in functions {
            for (m, c) in zip(function.orders, function.coefficients) {
                if function.rank == 1 {
                    let at = SIMD2(function.factors[0].species, function.factors[0].n)
                    sums[at] = Self.sum(sums[at], c)
                } else {
                    let key = Self.canonical(zip(function.factors, m).map { Self.atom(index[$0]!, $1) }.sorted())
                    terms[key] = Self.sum(terms[key], c)
                }
            }
        }
        let sorted = sums.keys.sorted { a, b in a.x != b.x ? a.x < b.x : a.y < b.y }
        singles = sorted.map { (species: $0.x, k: $0.y, coefficients: sums[$0]!) }
        let present = terms.filter { $0.value.contains { $0 != 0 } }.map(\.key)
        let keys = present.sorted { a, b in a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b) }
        build(keys, terms, densities)
        known = [:]
        popularity = [:]
    }

    private static func sum(_ a: [Double]?, _ b: [Double]) -> [Double] {
        guard let a else { return b }
        return b.indices.map { a[$0] + b[$0] }
    }

    private static func atom(_ factor: Int, _ m: Int) -> Int32 { Int32(factor * 256 + m + 128) }
    private static func moment(_ key: Key) -> Int { key.reduce(0) { $0 + Int($1 & 255) - 128 } }
    private static func conjugate(_ key: Key) -> Key { key.map { ($0 & ~255) + 256 - ($0 & 255) }.sorted() }
    private static func canonical(_ key: Key) -> Key {
        let other = conjugate(key)
        return key.lexicographicallyPrecedes(other) ? other : key
    }

    private mutating func build(_ keys: [Key], _ terms: [Key: [Double]], _ densities: Int) {
        for key in keys where key.count > 2 {
            for i in key.indices { for j in 0..<i { popularity[Self.canonical([key[j], key[i]]), default: 0] += 1 } }
        }
        // Both halves of every term, as references.
        var halves: [(Reference, Reference)] = []
        var uses: [Int: Int] = [:]
        for key in keys {
            let (a, b) = split(key)
            let pair = (reference(a), reference(b))
            halves.append(pair)
            for half in Set([pair.0.index, pair.1.index]) { uses[half, default: 0] += 1 }
        }
        // Each term under the half that more terms have.
        struct Head: Hashable, Comparable {
            var moment: Int
            var index: Int
            var isOpposite: Bool
            static func < (a: Self, b: Self) -> Bool {
                if a.moment != b.moment { return a.moment < b.moment }
                return a.index != b.index ? a.index < b.index : !a.isOpposite && b.isOpposite
            }
        }
        var members: [Head: [(other: Int, sign: Double, key: Key)]] = [:]
        for (key, pair) in zip(keys, halves) {
            let use0 = uses[pair.0.index]!, use1 = uses[pair.1.index]!
            let isFirst = use0 != use1 ? use0 > use1 : pair.0.index >= pair.1.index
            let (a, b) = isFirst ? pair : (pair.1, pair.0)
            let head = Head(moment: abs(moments[a.index]), index: a.index, isOpposite: a.isConjugate != b.isConjugate)
            members[head, default: []].append((b.index, a.sign * b.sign, key))
        }
        for head in members.keys.sorted() {
            let list = members[head]!.sorted { $0.other < $1.other }
            groups.append(
                ACEGroup(x: Int32(head.index), first: Int32(others.count), count: Int32(list.count), sign: head.isOpposite ? -1 : 1))
            for term in list {
                others.append(Int32(term.other))
                for p in 0..<densities { coefficients.append(term.sign * terms[term.key]![p]) }
            }
        }
        orderProducts()
    }

    /// Products of few factors first, then by the sum of m, so that a group finds its nodes side by side.
    private mutating func orderProducts() {
        let first = slots.count
        var depth = [Int](repeating: 0, count: nodeCount)
        for (k, product) in products.enumerated() { depth[first + k] = 1 + max(depth[Int(product.x)], depth[Int(product.y)]) }
        let order = products.indices.sorted { (a: Int, b: Int) -> Bool in
            if depth[first + a] != depth[first + b] { return depth[first + a] < depth[first + b] }
            let ma = abs(moments[first + a]), mb = abs(moments[first + b])
            return ma != mb ? ma < mb : a < b
        }
        var place = (0..<nodeCount).map { Int32($0) }
        for (new, old) in order.enumerated() { place[first + old] = Int32(first + new) }
        products = order.map { old in
            let p = products[old]
            return ACEProduct(x: place[Int(p.x)], y: place[Int(p.y)], sign: p.sign)
        }
        for g in groups.indices { groups[g].x = place[Int(groups[g].x)] }
        others = others.map { place[Int($0)] }
    }

    /// How many new nodes the product over a key needs.
    private func cost(_ key: Key) -> Int {
        if known[key] != nil { return 0 }
        if key.count == 2 { return 1 }
        var best = Int.max
        forSplits(key) { a, b in best = min(best, cost(a) + cost(b)) }
        return best + 1
    }

    private func split(_ key: Key) -> (Key, Key) {
        if key.count == 2 { return ([key[0]], [key[1]]) }
        var best: (cost: Int, popularity: Int, a: Key, b: Key)?
        forSplits(key) { a, b in
            let value = cost(a) + cost(b)
            let uses = (popularity[Self.canonical(a)] ?? 0) + (popularity[Self.canonical(b)] ?? 0)
            if let now = best, now.cost < value || (now.cost == value && now.popularity >= uses) { return }
            best = (value, uses, a, b)
        }
        return (best!.a, best!.b)
    }

    /// All ways to part a key in two.
    private func forSplits(_ key: Key, _ body: (Key, Key) -> Void) {
        let n = key.count
        // The last factor stays in the second part, so that each way comes once.
        for mask in 1..<(1 << (n - 1)) {
            var a: Key = [], b: Key = []
            for i in 0..<n { if i < n - 1 && mask >> i & 1 == 1 { a.append(key[i]) } else { b.append(key[i]) } }
            body(a, b)
        }
    }

    /// The node of a product, made if it is not there.
    private mutating func reference(_ key: Key) -> Reference {
        if let found = known[key] { return found }
        let (a, b) = split(key)
        let x = reference(a), y = reference(b)
        // With x as stored, z = x y or x conj(y); the product over the key is its conjugate where x is meant conjugated.
        let index = nodeCount
        products.append(ACEProduct(x: Int32(x.index), y: Int32(y.index), sign: x.isConjugate == y.isConjugate ? 1 : -1))
        moments.append(Self.moment(key))
        let made = Reference(index: index, isConjugate: x.isConjugate, sign: x.sign * y.sign)
        known[key] = made
        let opposite = Self.conjugate(key)
        if opposite != key {
            let flip: Double = Self.moment(key) % 2 == 0 ? 1 : -1
            known[opposite] = Reference(index: index, isConjugate: !made.isConjugate, sign: flip * made.sign)
        }
        return made
    }
}
