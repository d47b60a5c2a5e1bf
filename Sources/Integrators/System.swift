import Domain
import Potentials

/// Everything that a time step changes: what fixes are given to change and observers to read.
public final class System {
    public let communicator: any Communicator
    public var units: Units
    public var box: Box
    public var atoms: Atoms
    public var forces = Forces()
    public var groups = Groups()
    public var step: Int = 0
    /// Time step in time units.
    public var timestep: Double
    /// Elapsed time at `timeReferenceStep`, so that a changed time step keeps `time` continuous.
    public var timeReference: Double = 0
    public var timeReferenceStep: Int = 0
    /// How fast the box is being deformed, while a fix does so.
    public var boxRate: BoxRate?
    /// The run under way, for quantities that ramp over it.
    public var run = Run(first: 0, last: 0)
    /// Planes between ranks' bricks that balancing has moved (fractions of the edges, from 0 to 1); nil: equal bricks.
    public var cuts: [[Double]]?
    /// Set by a fix, on all ranks at the same step, to end the run after that step.
    public var stop: Stop?
    /// Asked after every step: whether to end the run here, on any rank.
    public var interruption: (() -> Interruption?)?

    public init(communicator: any Communicator, units: Units, box: Box, atoms: consuming Atoms) {
        self.communicator = communicator
        self.units = units
        self.box = box
        self.atoms = atoms
        timestep = units.defaultTimestep
    }

    public var time: Double { timeReference + Double(step - timeReferenceStep) * timestep }

    /// Who owns which part of the box: equal bricks unless balancing has moved them.
    /// - Parameter processors: the deck's `processors` (nil entries are free).
    /// - Returns: nil when the ranks do not fit `processors`.
    public func decomposition(_ processors: [Int?]) -> Decomposition? {
        cuts.flatMap { Decomposition(cuts: $0, rank: communicator.rank, size: communicator.size) }
            ?? Decomposition(box: box, rank: communicator.rank, size: communicator.size, wanted: processors)
    }

    /// Number of atoms of a group on all ranks. Collective.
    public func count(_ group: Group) -> Int {
        var number = 0
        for i in 0..<atoms.owned where atoms.mask[i] & group.bit != 0 { number += 1 }
        return communicator.sum(number)
    }
}

/// Rates of the cell's entries h = xx yy zz yz xz xy and of its lower corner, length / time.
///
/// Where velocities are remapped, an atom of the group that leaves through a periodic face comes back with the velocity that the far side
/// of the box has there (`fix deform ... remap v`).
public struct BoxRate: Sendable {
    public var rate: [Double]
    public var corner: Vector
    public var group: Group
    public var remapsVelocities: Bool
    public init(rate: [Double], corner: Vector = .zero, group: Group, remapsVelocities: Bool = true) {
        (self.rate, self.corner, self.group, self.remapsVelocities) = (rate, corner, group, remapsVelocities)
    }

    /// Velocity of the point of the box with fractional coordinates s: h' s + lo'.
    func streaming(_ s: Vector) -> Vector {
        Vector(
            rate[0] * s.x + rate[5] * s.y + rate[4] * s.z + corner.x, rate[1] * s.y + rate[3] * s.z + corner.y, rate[2] * s.z + corner.z, 0)
    }

    /// What is added to the velocity of an atom whose image flags grow by `boxes`: it moves back by so many cell vectors.
    func velocity(_ boxes: SIMD4<Int32>) -> Vector {
        let (i, j, k) = (Double(boxes.x), Double(boxes.y), Double(boxes.z))
        return Vector(rate[0] * i + rate[5] * j + rate[4] * k, rate[1] * j + rate[3] * k, rate[2] * k, 0)
    }
}

/// A named set of atoms: one bit of each atom's mask.
public struct Group: Sendable, Equatable {
    public let name: String
    public let bit: UInt32
    public init(name: String, bit: UInt32) { (self.name, self.bit) = (name, bit) }
    public static let all = Group(name: "all", bit: 1)
}

/// At most 32 groups, as in LAMMPS; `all` is always there.
public struct Groups: Sendable {
    public private(set) var list: [Group] = [.all]
    public init() {}

    public subscript(name: String) -> Group? { list.first { $0.name == name } }
    public var names: [String] { list.map(\.name) }

    /// The group of that name, made if need be; nil when all 32 are taken.
    public mutating func make(_ name: String) -> Group? {
        if let group = self[name] { return group }
        guard let free = (0..<32).map({ UInt32(1) << UInt32($0) }).first(where: { bit in !list.contains { $0.bit == bit } }) else {
            return nil
        }
        let group = Group(name: name, bit: free)
        list.append(group)
        return group
    }

    /// A group as it was in a restart.
    public mutating func restore(_ name: String, bit: UInt32) {
        if self[name] == nil { list.append(Group(name: name, bit: bit)) }
    }

    public mutating func remove(_ name: String) { list.removeAll { $0.name == name && $0 != .all } }
}
