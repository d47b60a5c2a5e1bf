/// Clebsch-Gordan coefficients, and those of more than two angular momenta coupled along a tree to L = 0.
enum ACECouplings {
    /// <j1 m1 j2 m2 | J M>, by binomial coefficients, whose products are whole numbers.
    static func clebschGordan(_ j1: Int, _ m1: Int, _ j2: Int, _ m2: Int, _ j: Int, _ m: Int) -> Double {
        guard m1 + m2 == m, j >= abs(j1 - j2), j <= j1 + j2, abs(m1) <= j1, abs(m2) <= j2, abs(m) <= j else { return 0 }
        let top = j1 + j2 - j
        var sum = 0.0
        for k in 0...top {
            let term = binomial(top, k) * binomial(j1 - j2 + j, j1 - m1 - k) * binomial(j2 - j1 + j, j2 + m2 - k)
            sum += k % 2 == 0 ? term : -term
        }
        let upper = binomial(2 * j1, top) * binomial(2 * j2, top)
        let lower = binomial(j1 + j2 + j + 1, top) * binomial(2 * j1, j1 - m1) * binomial(2 * j2, j2 - m2) * binomial(2 * j, j - m)
        return sum * (upper / lower).squareRoot()
    }

    private static func binomial(_ n: Int, _ k: Int) -> Double {
        guard k >= 0, k <= n else { return 0 }
        var result = 1.0
        for i in 0..<min(k, n - k) { result = result * Double(n - i) / Double(i + 1) }
        return result.rounded()
    }

    /// Nodes (first, second, result) that couple `rank` momenta: 0 ..< rank are the given ones, rank ..< 2 rank - 2 the intermediate ones,
    /// 2 rank - 2 the last. Neighbours couple first, then what they make, in order; one that is left over comes last.
    static func tree(_ rank: Int) -> [(Int, Int, Int)] {
        guard rank >= 2 else { return [] }
        let last = 2 * rank - 2
        var nodes: [(Int, Int, Int)] = [], next = rank
        var made: [Int] = []
        for i in 0..<rank / 2 {
            nodes.append((2 * i, 2 * i + 1, next))
            made.append(next)
            next += 1
        }
        if rank % 2 == 1 { made.append(rank - 1) }
        // The one left over keeps its place at the end of the queue until all others are coupled.
        var queue = rank % 2 == 1 ? Array(made.dropLast()) : made
        while queue.count > 1 {
            nodes.append((queue[0], queue[1], next))
            queue.removeFirst(2)
            queue.append(next)
            next += 1
        }
        if rank % 2 == 1 { nodes.append((queue[0], rank - 1, next)) }
        precondition(nodes.count == rank - 1 && nodes[nodes.count - 1].2 == last)
        return nodes
    }

    /// All m whose sum is 0 with their coefficients: of each pair (m, -m) the one whose first m other than 0 is positive, twice.
    static func couplings(_ ls: [Int], _ intermediate: [Int]) -> [(m: [Int], weight: Double)] {
        let rank = ls.count
        if rank == 1 { return [([0], 1)] }
        let nodes = tree(rank)
        let momenta = ls + intermediate + [0]
        var result: [(m: [Int], weight: Double)] = []
        var m = ls.map { -$0 }
        while true {
            if m.reduce(0, +) == 0, m.first(where: { $0 != 0 }) ?? 1 > 0 {
                var sums = m + [Int](repeating: 0, count: rank - 1)
                var weight = 1.0
                for (a, b, c) in nodes where weight != 0 {
                    sums[c] = sums[a] + sums[b]
                    weight *= clebschGordan(momenta[a], sums[a], momenta[b], sums[b], momenta[c], sums[c])
                }
                if weight != 0 { result.append((m, m.contains { $0 != 0 } ? 2 * weight : weight)) }
            }
            // The first m runs fastest.
            var t = 0
            while t < rank {
                m[t] += 1
                if m[t] <= ls[t] { break }
                m[t] = -ls[t]
                t += 1
            }
            if t == rank { return result }
        }
    }

    /// The list of intermediate momenta in full, where a file leaves out the last one; nil where it cannot be completed.
    static func completed(_ ls: [Int], _ given: [Int]) -> [Int]? {
        let rank = ls.count
        guard rank > 2 else { return given.isEmpty ? [] : nil }
        if given.count == rank - 2 { return given }
        guard given.count == rank - 3 else { return nil }
        return given + [rank % 2 == 1 ? ls[rank - 1] : given[given.count - 1]]
    }
}
