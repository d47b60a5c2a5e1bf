import Deck
import Domain
import Potentials

/// Reverse nonequilibrium molecular dynamics: every N steps the box is cut into slabs along an axis and atoms of the first and the middle
/// one exchange something, `swap` pairs of them; what has been exchanged is f_ID.
///
/// `fix viscosity`: the velocity component of the atom of the first slab that is nearest to +VTARGET and of the one in the middle nearest
/// to -VTARGET, momenta exchanged (Mueller-Plathe, Phys. Rev. E 59, 4894 (1999)). f_ID: momentum.
/// `fix thermal/conductivity`: the hottest atom of the first slab and the coldest of the middle one collide as hard spheres would
/// (Mueller-Plathe, J. Chem. Phys. 106, 6082 (1997); unequal masses: Nieto-Draghi and Avalos, Mol. Phys. 101, 2303 (2003)). f_ID: energy.
public final class SlabExchange: Fix {
    enum Quantity {
        /// Component, and the velocity that atoms are chosen by.
        case momentum(component: Int, target: Double)
        case energy
    }
    public let id: String
    public let style: String
    public var group: Group
    private let quantity: Quantity
    private let every: Int
    private let axis: Int
    private let slabs: Int
    private let pairs: Int
    private var exchanged = 0.0

    init(_ setup: FixSetup, _ quantity: Quantity, every: Int, axis: Int, slabs: Int, pairs: Int) {
        if case .energy = quantity { style = "thermal/conductivity" } else { style = "viscosity" }
        (id, group, self.quantity, self.every) = (setup.id, setup.group, quantity, every)
        (self.axis, self.slabs, self.pairs) = (axis, slabs, pairs)
    }

    /// By what atoms of the first and of the middle slab are chosen, smallest first; nil: not at all.
    private func rank(_ system: System, _ i: Int, isFirst: Bool) -> Double? {
        let v = system.atoms.velocity[i]
        switch quantity {
        case .momentum(let d, let target): return (isFirst ? v[d] < 0 : v[d] > 0) ? nil : (v[d] - (isFirst ? target : -target)).magnitude
        case .energy:
            let energy = (v.x * v.x + v.y * v.y + v.z * v.z) * (0.5 * system.atoms.mass(of: i))
            return isFirst ? -energy : energy
        }
    }

    /// This rank's atoms of a slab that are chosen first, with their ranks.
    private func candidates(_ system: System, isFirst: Bool) -> [(value: Double, index: Int)] {
        let box = system.box
        let width = (box.hi[axis] - box.lo[axis]) / Double(slabs)
        let lo = isFirst ? box.lo[axis] : box.lo[axis] + Double(slabs / 2) * width
        let hi = isFirst ? box.lo[axis] + width : box.lo[axis] + Double(slabs / 2 + 1) * width
        var found: [(value: Double, index: Int)] = []
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            var x = system.atoms.position[i][axis]
            if box.isPeriodic(axis) {
                if x < box.lo[axis] { x += box.lengths[axis] } else if x >= box.hi[axis] { x -= box.lengths[axis] }
            }
            guard x >= lo, x < hi, let value = rank(system, i, isFirst: isFirst) else { continue }
            found.append((value, i))
        }
        return Array(found.sorted { ($0.value, system.atoms.id[$0.index]) < ($1.value, system.atoms.id[$1.index]) }.prefix(pairs))
    }

    public func endOfStep(_ system: System) {
        guard system.step % every == 0 else { return }
        var sum = 0.0
        var first = candidates(system, isFirst: true)[...], middle = candidates(system, isFirst: false)[...]
        for _ in 0..<pairs {
            // Of the best on each rank the best; among equals that of the smallest id.
            let a = best(system, first), b = best(system, middle)
            guard let a, let b else { break }
            // Velocities and mass of both, from the ranks that own them.
            var numbers = [Double](repeating: 0, count: 8)
            for (offset, atom) in [(0, a), (4, b)] where atom.isMine {
                let i = atom.index, v = system.atoms.velocity[i]
                numbers.replaceSubrange(offset..<offset + 4, with: [v.x, v.y, v.z, system.atoms.mass(of: i)])
            }
            system.communicator.all(.sum, &numbers)
            let (u, m) = (Vector(numbers[0], numbers[1], numbers[2], 0), numbers[3])
            let (v, n) = (Vector(numbers[4], numbers[5], numbers[6], 0), numbers[7])
            let (x, y, amount) = exchange(u, m, v, n)
            if a.isMine {
                system.atoms.velocity[a.index] = x
                first.removeFirst()
            }
            if b.isMine {
                system.atoms.velocity[b.index] = y
                middle.removeFirst()
            }
            sum += amount
        }
        if case .energy = quantity { exchanged += system.units.mvv2e * sum } else { exchanged += sum }
    }

    private func best(_ system: System, _ list: ArraySlice<(value: Double, index: Int)>) -> (isMine: Bool, index: Int)? {
        let mine = list.first
        let least = system.communicator.min(mine?.value ?? .infinity)
        guard least.isFinite else { return nil }
        let isBest = mine?.value == least
        let id = system.communicator.all(.min, isBest ? mine.map { Int(system.atoms.id[$0.index]) } ?? Int.max : Int.max)
        return (isBest && mine.map { Int(system.atoms.id[$0.index]) } == id, mine?.index ?? 0)
    }

    /// New velocities of an atom of the first slab (u, mass m) and of the middle one, and what the first has got in LAMMPS' sign.
    private func exchange(_ u: Vector, _ m: Double, _ v: Vector, _ n: Double) -> (Vector, Vector, Double) {
        switch quantity {
        case .momentum(let d, _):
            var (x, y) = (u, v)
            y[d] = u[d] * m / n
            x[d] = v[d] * n / m
            return (x, y, v[d] * n - u[d] * m)
        case .energy:
            var centre = Vector.zero
            for d in 0..<3 { centre[d] = (n * v[d] + m * u[d]) / (n + m) }
            func gain(_ w: Vector, _ mass: Double) -> Double {
                mass * (centre.x * (centre.x - w.x) + centre.y * (centre.y - w.y) + centre.z * (centre.z - w.z))
            }
            return (centre * 2 - u, centre * 2 - v, gain(v, n) - gain(u, m))
        }
    }

    public var scalar: Double? { exchanged }
    public func save(_ state: inout StateWriter) { state.put(exchanged) }
    public func restore(_ state: inout StateReader) throws { exchanged = try state.double() }
}

extension FixStyle {
    static let viscosity = FixStyle(
        "viscosity", usage: "fix ID GROUP viscosity N VDIM PDIM NBIN [swap PAIRS] [vtarget V|INF]   (VDIM, PDIM: x, y or z; NBIN: even)"
    ) { words, setup in
        let axes = [("x", 0), ("y", 1), ("z", 2)]
        let every = try words.positiveInt("the number of steps between exchanges")
        let component = try words.choice("the component of momentum: x, y or z", axes)
        let axis = try words.choice("the axis that slabs are stacked along: x, y or z", axes)
        let slabs = try slabCount(&words)
        var pairs = 1
        // As large as LAMMPS'; the difference of velocities must still have digits.
        var target = 1e10
        while !words.isAtEnd {
            if try words.choice("a keyword of fix viscosity", [("swap", true), ("vtarget", false)]) {
                pairs = try words.positiveInt("the number of pairs")
            } else if !words.optional("INF") {
                target = try words.positiveDouble("the velocity")
            }
        }
        return SlabExchange(setup, .momentum(component: component, target: target), every: every, axis: axis, slabs: slabs, pairs: pairs)
    }

    static let thermalConductivity = FixStyle(
        "thermal/conductivity", usage: "fix ID GROUP thermal/conductivity N x|y|z NBIN [swap PAIRS]   (NBIN: even)"
    ) { words, setup in
        let every = try words.positiveInt("the number of steps between exchanges")
        let axis = try words.choice("the axis that slabs are stacked along: x, y or z", [("x", 0), ("y", 1), ("z", 2)])
        let slabs = try slabCount(&words)
        var pairs = 1
        while !words.isAtEnd {
            _ = try words.choice("a keyword of fix thermal/conductivity", [("swap", ())])
            pairs = try words.positiveInt("the number of pairs")
        }
        return SlabExchange(setup, .energy, every: every, axis: axis, slabs: slabs, pairs: pairs)
    }

    private static func slabCount(_ words: inout Words) throws -> Int {
        let slabs = try words.int("the number of slabs, even and more than 2", in: 4...Int(Int32.max))
        guard slabs % 2 == 0 else { throw words.error("the number of slabs must be even, not \(slabs)") }
        return slabs
    }
}
