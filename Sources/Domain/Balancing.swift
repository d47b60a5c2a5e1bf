#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Moves the planes between bricks so that every rank has about as much to do: recursive multisectioning, one dimension after the other.
///
/// Along a dimension, plane i should have the fraction i / n of all weight below it. Bounds on both sides of each plane close in on that:
/// halfway (`balance`), or by interpolating the weight between them (`fix balance`, which starts near the goal). Planes that coincide or
/// are nearer to each other than the skin are spread afterwards. The steps and their order are those of LAMMPS' style `shift`
/// (docs.lammps.org/balance.html), so that planes have its digits where sums of weights have.
public struct Balancer: Sendable {
    /// Dimensions in the order in which they are treated.
    public var dimensions: [Int]
    /// Most iterations in each dimension.
    public var iterations: Int
    /// Imbalance at which no further dimension is treated, at least 1.
    public var stop: Double
    public var interpolates: Bool

    public init(dimensions: [Int], iterations: Int, stop: Double, interpolates: Bool) {
        (self.dimensions, self.iterations, self.stop, self.interpolates) = (dimensions, iterations, stop, interpolates)
    }

    /// Owned atoms in fractional coordinates, wrapped into the box, with what each costs.
    public struct Load {
        let fractions: [Vector]
        /// nil: every atom costs 1.
        let weights: [Double]?
        let communicator: any Communicator

        public init(_ atoms: borrowing Atoms, _ box: Box, _ weights: [Double]?, _ communicator: any Communicator) {
            let map = FractionalMap(box)
            fractions = (0..<atoms.owned).map { i in
                var s = map.fractional(atoms.position[i])
                for d in 0..<3 where box.isPeriodic(d) { s[d] -= s[d].rounded(.down) }
                return s
            }
            (self.weights, self.communicator) = (weights, communicator)
        }

        /// Sum on this rank.
        var own: Double { weights?.reduce(0, +) ?? Double(fractions.count) }

        /// Largest load of a rank, and its ratio to the average, as atoms are on ranks now. Collective.
        public func imbalance() -> (largest: Double, factor: Double) {
            let largest = communicator.max(own), total = communicator.sum(own)
            return (largest, largest > 0 ? largest / (total / Double(communicator.size)) : 1)
        }

        /// The same if bricks were between these planes. Collective.
        public func imbalance(_ cuts: [[Double]]) -> (largest: Double, factor: Double) {
            let grid = cuts.map { $0.count - 1 }
            var costs = [Double](repeating: 0, count: grid[0] * grid[1] * grid[2])
            for (i, s) in fractions.enumerated() {
                let (x, y) = (Decomposition.slab(of: s.x, cuts[0]), Decomposition.slab(of: s.y, cuts[1]))
                costs[(x * grid[1] + y) * grid[2] + Decomposition.slab(of: s.z, cuts[2])] += weights?[i] ?? 1
            }
            communicator.all(.sum, &costs)
            let largest = costs.max() ?? 0, total = costs.reduce(0, +)
            return (largest, largest > 0 ? largest / (total / Double(costs.count)) : 1)
        }

        /// Weight below each plane across dimension d. Collective.
        func sums(_ d: Int, _ cuts: [Double]) -> [Double] {
            var parts = [Double](repeating: 0, count: cuts.count - 1)
            for (i, s) in fractions.enumerated() { parts[Decomposition.slab(of: s[d], cuts)] += weights?[i] ?? 1 }
            communicator.all(.sum, &parts)
            return parts.reduce(into: [0]) { $0.append($0.last! + $1) }
        }
    }

    /// New planes, from the present ones.
    /// - Parameters:
    ///   - lengths: edge lengths of the box.
    ///   - skin: planes are at least so far apart, where there is room.
    /// - Returns: the planes and the number of iterations; the same on all ranks. Collective.
    public func balance(_ load: Load, cuts: [[Double]], lengths: Vector, skin: Double) -> (cuts: [[Double]], iterations: Int) {
        let total = load.communicator.sum(load.own)
        guard total > 0 else { return (cuts, 0) }
        let tolerance = pow(stop, 1.0 / Double(dimensions.count)) - 1.0
        var cuts = cuts, count = 0
        for d in dimensions {
            var planes = Planes(cuts[d], load.sums(d, cuts[d]), total)
            for _ in 0..<iterations {
                let hasChanged = planes.adjust(interpolates: interpolates)
                planes.sums = load.sums(d, planes.cuts)
                count += 1
                if !hasChanged || planes.areWithin(tolerance) { break }
            }
            planes.separateDuplicates()
            planes.keepApart((1.0 + 1.0e-3) * skin / lengths[d])
            // Rounding cannot make planes cross; a box thinner than the skin could.
            guard zip(planes.cuts, planes.cuts.dropFirst()).allSatisfy({ $0 < $1 }) else { continue }
            cuts[d] = planes.cuts
            if load.imbalance(cuts).factor <= stop { break }
        }
        return (cuts, count)
    }
}

/// The planes across one dimension while they are being moved.
private struct Planes {
    var cuts: [Double]
    /// Weight below each plane.
    var sums: [Double]
    let targets: [Double]
    /// Nearest planes tried so far below and above the goal, with their sums.
    private var low: [(cut: Double, sum: Double)]
    private var high: [(cut: Double, sum: Double)]
    private var count: Int { cuts.count - 1 }

    init(_ cuts: [Double], _ sums: [Double], _ total: Double) {
        let n = cuts.count - 1
        (self.cuts, self.sums) = (cuts, sums)
        targets = (0..<n).map { total / Double(n) * Double($0) } + [total]
        low = Array(repeating: (0, 0), count: n + 1)
        high = Array(repeating: (1, total), count: n + 1)
        (low[n], high[0]) = ((1, total), (0, 0))
        for i in 1..<max(1, n) {
            if let j = (0...i).last(where: { sums[$0] <= targets[i] }) { low[i] = (cuts[j], sums[j]) }
            if let j = (i...n).first(where: { sums[$0] >= targets[i] }) { high[i] = (cuts[j], sums[j]) }
        }
    }

    /// Moves each plane between its bounds, which `sums` tighten first; false when all goals are met exactly.
    mutating func adjust(interpolates: Bool) -> Bool {
        let n = count
        guard n > 1 else { return false }
        for i in 1..<n {
            if sums[i] <= targets[i] { low[i] = (cuts[i], sums[i]) }
            if sums[i] >= targets[i] { high[i] = (cuts[i], sums[i]) }
        }
        // What is known of one plane bounds its neighbours.
        for i in 1..<n where low[i].cut < low[i - 1].cut { low[i] = low[i - 1] }
        for i in (1..<n).reversed() where high[i].cut > high[i + 1].cut { high[i] = high[i + 1] }
        var hasChanged = false
        for i in 1..<n where sums[i] != targets[i] {
            hasChanged = true
            let span = high[i].sum - low[i].sum
            if interpolates, span > 0 {
                cuts[i] = low[i].cut + (targets[i] - low[i].sum) / span * (high[i].cut - low[i].cut)
            } else {
                cuts[i] = 0.5 * (low[i].cut + high[i].cut)
            }
        }
        return hasChanged
    }

    func areWithin(_ tolerance: Double) -> Bool {
        (1..<max(1, count)).allSatisfy { (sums[$0] - targets[$0]).magnitude / targets[$0] <= tolerance }
    }

    /// Planes in one place are spread evenly between the middles of the slabs around them.
    mutating func separateDuplicates() {
        let n = count
        guard (1..<max(1, n - 1)).contains(where: { cuts[$0] == cuts[$0 + 1] }) else { return }
        let middle = (0..<n).map { 0.5 * (cuts[$0] + cuts[$0 + 1]) }
        var i = 1
        while i < n - 1 {
            var j = i
            while j + 1 < n, cuts[j + 1] == cuts[i] { j += 1 }
            if j > i {
                let step = (middle[j] - middle[i - 1]) / Double(j - i + 2)
                for k in i...j { cuts[k] = middle[i - 1] + Double(k - i + 1) * step }
            }
            i = j + 1
        }
    }

    /// Planes nearer than `least` are moved apart, as few and as little as possible.
    mutating func keepApart(_ least: Double) {
        let n = count
        var first = 0
        while first < n {
            guard cuts[first + 1] - cuts[first] < least else {
                first += 1
                continue
            }
            var i = first, j = first + 1
            var start = 0.0, stop = 1.0
            while true {
                let width = Double(j - i) * least, middle = 0.5 * (cuts[i] + cuts[j])
                (start, stop) = (middle - 0.5 * width, middle + 0.5 * width)
                let lowest = i > 0 ? cuts[i - 1] + least : 0, highest = j < n ? cuts[j + 1] - least : 1
                if start >= lowest && stop <= highest { break }
                if start < lowest {
                    (start, stop) = (lowest, lowest + width)
                    if stop <= highest { break }
                } else if stop > highest {
                    (start, stop) = (highest - width, highest)
                    if start >= lowest { break }
                }
                // Not enough room: a neighbour has to move too, the nearer one.
                if i == 0 && j == n {
                    (start, stop) = (0, 1)
                    break
                }
                if i == 0 { j += 1 } else if j == n { i -= 1 } else if middle - lowest < highest - middle { i -= 1 } else { j += 1 }
            }
            let step = (stop - start) / Double(j - i)
            for k in i...j { cuts[k] = start + Double(k - i) * step }
            if i == 0 { cuts[0] = 0 }
            if j == n { cuts[n] = 1 }
            first = j + 1
        }
    }
}
