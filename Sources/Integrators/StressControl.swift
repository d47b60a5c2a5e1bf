import Deck
import Domain

/// Which components of the pressure tensor a barostat or a box relaxation controls, towards what, and how box edges go together.
///
/// Components are in the order xx yy zz yz xz xy. LAMMPS' words: iso, aniso, tri, x, y, z, yz, xz, xy, couple, scaleyz, scalexz, scalexy.
public struct StressControl: Sendable {
    public enum Coupling: String, Sendable, CaseIterable { case none, xyz, xy, yz, xz }
    /// One length changes, three do, or three lengths and three tilts.
    public enum Shape: Sendable { case isotropic, anisotropic, triclinic }

    public var start = [Double](repeating: 0, count: 6)
    public var stop = [Double](repeating: 0, count: 6)
    public var period = [Double](repeating: 0, count: 6)
    public var isControlled = [Bool](repeating: false, count: 6)
    public var coupling = Coupling.none
    /// Whether targets were given apart, so that the deviatoric part of the stress counts.
    public var isDeviatoric = false
    /// For yz, xz, xy (3 to 5): whether the tilt grows with the edge that it leans along.
    public var scales = [Bool](repeating: false, count: 6)
    public let dimension: Int

    static let names = ["x", "y", "z", "yz", "xz", "xy"]
    public static let keywords = ["iso", "aniso", "tri"] + names + ["couple", "scalexy", "scalexz", "scaleyz"]

    /// Tilts that are there scale with the box unless a word says otherwise.
    public init(_ box: Box) {
        dimension = box.dimension
        scales[5] = box.isPeriodic(1) && box.xy != 0
        scales[3] = box.isPeriodic(2) && dimension == 3 && box.yz != 0
        scales[4] = box.isPeriodic(2) && dimension == 3 && box.xz != 0
    }

    public var isActive: Bool { isControlled.contains(true) }
    /// How many of the three lengths are controlled.
    public var lengths: Int { isControlled[..<3].count { $0 } }
    public var shape: Shape {
        if isControlled[3...].contains(true) { return .triclinic }
        return coupling == .xyz || dimension == 2 && coupling == .xy ? .isotropic : .anisotropic
    }

    /// The components that `shape` counts.
    var range: Range<Int> { shape == .triclinic ? 0..<6 : 0..<3 }

    // MARK: - Words

    public enum Form: Sendable {
        /// `iso START STOP PERIOD`
        case ramp
        /// `iso TARGET`
        case target
    }

    /// Reads the arguments of `keyword`, which is one of `keywords`.
    public mutating func read(_ keyword: String, _ words: inout Words, _ form: Form) throws {
        switch keyword {
        case "iso", "aniso", "tri":
            coupling = keyword == "iso" ? .xyz : .none
            let values = try Self.values(&words, form)
            for d in 0..<dimension { set(d, values) }
            guard keyword == "tri" else { return }
            scales = [Bool](repeating: false, count: 6)
            for d in dimension == 3 ? [3, 4, 5] : [5] { set(d, (0, 0, values.period)) }
        case "couple":
            coupling = try words.choice("what is coupled", Coupling.allCases.map { ($0.rawValue, $0) })
        case "scalexy": scales[5] = try words.flag("yes or no")
        case "scalexz": scales[4] = try words.flag("yes or no")
        case "scaleyz": scales[3] = try words.flag("yes or no")
        default:
            let d = Self.names.firstIndex(of: keyword)!
            guard dimension == 3 || d == 0 || d == 1 || d == 5 else { throw words.error("\(keyword) is not there in two dimensions") }
            set(d, try Self.values(&words, form))
            isDeviatoric = true
            scales[d] = false
        }
    }

    private mutating func set(_ d: Int, _ values: (start: Double, stop: Double, period: Double)) {
        (start[d], stop[d], period[d], isControlled[d]) = (values.start, values.stop, values.period, true)
    }

    private static func values(_ words: inout Words, _ form: Form) throws -> (start: Double, stop: Double, period: Double) {
        guard form == .ramp else {
            let target = try words.double("the target pressure")
            return (target, target, 1)
        }
        let start = try words.double("the pressure at the start"), stop = try words.double("the pressure at the end")
        return (start, stop, try words.positiveDouble("the damping time"))
    }

    /// What does not go together, in words; nil when all is well.
    public func problem(_ box: Box) -> String? {
        let coupled: [Int] = switch coupling {
        case .none: []
        case .xyz: Array(0..<dimension)
        case .xy: [0, 1]
        case .yz: [1, 2]
        case .xz: [0, 2]
        }
        if dimension == 2, coupled.contains(2) { return "couple \(coupling.rawValue) is not there in two dimensions" }
        if dimension == 2, scales[3] || scales[4] { return "scalexz and scaleyz are not there in two dimensions" }
        for d in coupled where !isControlled[d] { return "couple \(coupling.rawValue) needs \(Self.names[d]) to be controlled" }
        for d in coupled where (start[d], stop[d], period[d]) != (start[coupled[0]], stop[coupled[0]], period[coupled[0]]) {
            return "coupled directions must have the same pressures and damping times"
        }
        for d in 0..<3 where isControlled[d] && !box.isPeriodic(d) { return "\(Self.names[d]) is controlled but not periodic" }
        for d in 3..<6 where isControlled[d] || scales[d] {
            // yz and xz lean along z, xy along y.
            let second = d == 5 ? 1 : 2
            if !box.isPeriodic(second) { return "\(Self.names[d]) needs \(Self.names[second]) to be periodic" }
            if isControlled[d] && scales[d] { return "\(Self.names[d]) cannot be controlled and scaled at once" }
            if isControlled[d] && !box.isTriclinic { return "\(Self.names[d]) needs a triclinic box" }
        }
        return nil
    }

    // MARK: - Numbers

    /// The pressures that act on the box, in the order of `isControlled`: coupled directions feel their mean.
    /// - Parameter tensor: xx yy zz xy xz yz.
    func acting(_ tensor: [Double]) -> [Double] {
        var p = [tensor[0], tensor[1], tensor[2], tensor[5], tensor[4], tensor[3]]
        switch coupling {
        case .none: break
        case .xyz: (p[0], p[1], p[2]) = repeated(1.0 / 3.0 * (tensor[0] + tensor[1] + tensor[2]))
        case .xy: (p[0], p[1]) = repeated(0.5 * (tensor[0] + tensor[1]))
        case .yz: (p[1], p[2]) = repeated(0.5 * (tensor[1] + tensor[2]))
        case .xz: (p[0], p[2]) = repeated(0.5 * (tensor[0] + tensor[2]))
        }
        return p
    }

    private func repeated(_ x: Double) -> (Double, Double) { (x, x) }
    private func repeated(_ x: Double) -> (Double, Double, Double) { (x, x, x) }

    /// The same from the scalar or the tensor of `pressure`, as the shape asks. Collective.
    /// - Throws: `SimulationError` when the pressure is not a number.
    func acting(_ pressure: Pressure, _ system: System, kinetic: [Double]? = nil) throws -> [Double] {
        var acting: [Double]
        if shape == .isotropic {
            let p = pressure.scalar(system)
            acting = [p, p, p, 0, 0, 0]
        } else {
            acting = self.acting(pressure.tensor(system, kinetic: kinetic))
        }
        guard range.allSatisfy({ acting[$0].isFinite }) else {
            throw SimulationError("step \(system.step): the pressure is not a number; the simulation is unstable")
        }
        return acting
    }
}

extension Box {
    /// xx yy zz yz xz xy of the cell matrix.
    var entries: [Double] { [hi.x - lo.x, hi.y - lo.y, hi.z - lo.z, yz, xz, xy] }

    /// The same of its inverse.
    var inverseEntries: [Double] {
        let l = hi - lo
        return [
            1.0 / l.x, 1.0 / l.y, 1.0 / l.z, -yz / (l.y * l.z), (yz * xy - l.y * xz) / (l.x * l.y * l.z), -xy / (l.x * l.y),
        ]
    }

    mutating func setTilts(_ h: [Double]) { (yz, xz, xy) = (h[3], h[4], h[5]) }
}

extension System {
    /// Changes the box; the group's atoms keep their fractional coordinates, others stay where they are.
    func dilate(_ group: Group, _ change: (inout Box) throws -> Void) rethrows {
        let before = FractionalMap(box)
        // `change` may look at this system, so it gets a copy.
        var changed = box
        try change(&changed)
        box = changed
        let after = FractionalMap(box)
        let x = atoms.position.pointer, mask = atoms.mask.pointer
        for i in 0..<atoms.owned where mask[i] & group.bit != 0 {
            let w = x[i].w
            var moved = after.cartesian(before.fractional(x[i]))
            moved.w = w
            x[i] = moved
        }
    }

    /// Describes the same crystal by less tilted cell vectors where a tilt exceeds `limit` times its edge: c by c + p b + n a and
    /// b by b + m a, with m, n, p = +-1. Image flags are changed so that unwrapped positions stay.
    /// - Returns: whether anything was done.
    @discardableResult
    func flipTilts(beyond limit: Double) -> Bool {
        let x = limit * (box.hi.x - box.lo.x), y = limit * (box.hi.y - box.lo.y)
        let lx = box.hi.x - box.lo.x, ly = box.hi.y - box.lo.y
        var m: Int32 = 0, n: Int32 = 0, p: Int32 = 0
        if box.isPeriodic(1) {
            if box.yz < -y {
                box.yz += ly
                box.xz += box.xy
                p = 1
            } else if box.yz >= y {
                box.yz -= ly
                box.xz -= box.xy
                p = -1
            }
        }
        if box.isPeriodic(0) {
            if box.xz < -x { (box.xz, n) = (box.xz + lx, 1) } else if box.xz >= x { (box.xz, n) = (box.xz - lx, -1) }
            if box.xy < -x { (box.xy, m) = (box.xy + lx, 1) } else if box.xy >= x { (box.xy, m) = (box.xy - lx, -1) }
        }
        guard m != 0 || n != 0 || p != 0 else { return false }
        flipImages(m, n, p)
        return true
    }

    func flipImages(_ m: Int32, _ n: Int32, _ p: Int32) {
        for i in 0..<atoms.owned {
            var image = atoms.image[i]
            image.y &-= p &* image.z
            image.x &-= m &* image.y &+ n &* image.z
            atoms.image[i] = image
        }
    }
}
