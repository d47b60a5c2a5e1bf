import Domain

/// A velocity component that goes from one value to another along an axis, and stays beyond the ends: `compute temp/ramp`.
public struct VelocityRamp: Sendable {
    let component: Int
    let velocities: (low: Double, high: Double)
    let axis: Int
    let bounds: (low: Double, high: Double)

    public init(component: Int, velocities: (low: Double, high: Double), axis: Int, bounds: (low: Double, high: Double)) {
        (self.component, self.velocities, self.axis, self.bounds) = (component, velocities, axis, bounds)
    }

    func velocity(at x: Vector) -> Vector {
        let fraction = min(max((x[axis] - bounds.low) / (bounds.high - bounds.low), 0), 1)
        var v = Vector.zero
        v[component] = velocities.low + fraction * (velocities.high - velocities.low)
        return v
    }
}

/// A grid of bins across the box whose mean velocities are no thermal motion: `compute temp/profile`.
public struct VelocityBins: Sendable {
    /// Components that are averaged.
    public let components: [Bool]
    /// Bins along x, y, z.
    public let counts: [Int]

    public init(components: [Bool], counts: [Int]) { (self.components, self.counts) = (components, counts) }

    public var number: Int { counts[0] * counts[1] * counts[2] }

    /// As many as there are mean velocities (Evans and Morriss, Statistical Mechanics of Nonequilibrium Liquids, ch. 6).
    var removedDegreesOfFreedom: Double { Double(number) * meanCount }
    /// Means of each bin. The centre of mass's motion along these components is among them.
    public var meanCount: Double { Double(components.filter { $0 }.count) }

    /// Bin of each owned atom, and what atoms of a group do in each bin.
    public struct Profile {
        public let bins: [Int]
        public private(set) var velocities: [Vector]
        public private(set) var members: [Double]

        func mean(_ i: Int) -> Vector { velocities[bins[i]] }

        init(_ system: System, _ group: Group, _ grid: VelocityBins) {
            bins = grid.assign(system)
            var sums = [Double](repeating: 0, count: 4 * grid.number)
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                for d in 0..<3 where grid.components[d] { sums[4 * bins[i] + d] += system.atoms.velocity[i][d] }
                sums[4 * bins[i] + 3] += 1
            }
            system.communicator.all(.sum, &sums)
            members = (0..<grid.number).map { sums[4 * $0 + 3] }
            velocities = (0..<grid.number).map { bin in
                let n = sums[4 * bin + 3]
                return n > 0 ? Vector(sums[4 * bin] / n, sums[4 * bin + 1] / n, sums[4 * bin + 2] / n, 0) : .zero
            }
        }
    }

    /// Collective.
    public func profile(_ system: System, _ group: Group) -> Profile { Profile(system, group, self) }

    private func assign(_ system: System) -> [Int] {
        let box = system.box, map = FractionalMap(box)
        let lo = box.isTriclinic ? Vector.zero : box.lo, hi = box.isTriclinic ? Vector(1, 1, 1, 0) : box.hi
        let length = hi - lo
        let inverse = Vector(Double(counts[0]) / length.x, Double(counts[1]) / length.y, Double(counts[2]) / length.z, 0)
        return (0..<system.atoms.owned).map { i in
            let x = box.isTriclinic ? map.fractional(system.atoms.position[i]) : system.atoms.position[i]
            var index = [0, 0, 0]
            for d in 0..<3 where counts[d] > 1 {
                var c = x[d]
                if box.isPeriodic(d) {
                    if c < lo[d] { c += length[d] }
                    if c >= hi[d] { c -= length[d] }
                }
                index[d] = min(max(Int((c - lo[d]) * inverse[d]), 0), counts[d] - 1)
            }
            return counts[0] * counts[1] * index[2] + counts[0] * index[1] + index[0]
        }
    }
}
