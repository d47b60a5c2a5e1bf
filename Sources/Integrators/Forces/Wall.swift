import Deck
import Domain
import Potentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `fix wall/lj93`, `lj126`, `lj1043`, `harmonic`, `morse`: flat walls that push and pull a group's atoms, by the distance r from the wall
/// up to a cutoff:
///
///     lj93      E = eps [2/15 (sigma/r)^9 - (sigma/r)^3]                lj126   E = 4 eps [(sigma/r)^12 - (sigma/r)^6]
///     lj1043    E = 2 pi eps [2/5 (sigma/r)^10 - (sigma/r)^4 - sqrt(2) sigma^3 / (3 (r + 0.61/sqrt(2) sigma)^3)]
///     harmonic  E = eps (r - cutoff)^2                                  morse   E = D [exp(-2 alpha (r - r0)) - 2 exp(-alpha (r - r0))]
///
/// all but harmonic shifted to 0 at the cutoff. f_ID is E, f_ID[i] the force on wall i (extensive). `fix_modify ID energy yes` adds E to
/// the potential energy, `virial yes` the walls' virial. Walls stand at faces that are not periodic, or anywhere with `pbc yes`; places,
/// eps and sigma may be equal-style variables.
public final class Wall: Fix {
    enum Form: String, CaseIterable { case lj93, lj126, lj1043, harmonic, morse }

    struct Plane {
        let axis: Int
        let isUpper: Bool
        let place: FixValue
        let scale: Double
        /// Epsilon and sigma; of morse D, alpha and r0.
        let parameters: [FixValue]
        let cutoff: Double
    }

    public let id: String
    public let style: String
    public var group: Group
    public let actsInMinimization = true
    public let isExtensive = true
    public let isVectorExtensive = true
    private let form: Form
    private let planes: [Plane]
    private var parts = AddedParts(energy: true, virial: true)
    private var sums: StepSums

    init(_ setup: FixSetup, _ form: Form, _ planes: [Plane]) {
        (id, group, style, self.form, self.planes) = (setup.id, setup.group, "wall/" + form.rawValue, form, planes)
        sums = StepSums(count: planes.count + 1)
    }

    public func wants(at step: Int) -> Wanted {
        planes.reduce([]) { wanted, plane in plane.parameters.reduce(wanted.union(plane.place.wants())) { $0.union($1.wants()) } }
    }

    public func modify(_ keyword: String, _ value: FixModification) -> Bool { parts.modify(keyword, value) }
    public func setup(_ system: System) throws { try postForce(system) }

    public func postForce(_ system: System) throws {
        var totals = [Double](repeating: 0, count: planes.count + 1)
        var virial = Tensor.zero
        var isBehind = false
        let f = system.forces.force.pointer
        for (w, plane) in planes.enumerated() {
            let at = try plane.place.evaluate()(0) * plane.scale
            let law = try WallLaw(form, plane.parameters.map { try $0.evaluate()(0) }, plane.cutoff)
            let d = plane.axis, side = plane.isUpper ? -1.0 : 1.0
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                let x = system.atoms.position[i][d], r = plane.isUpper ? at - x : x - at
                guard r < plane.cutoff else { continue }
                guard r > 0 else {
                    isBehind = true
                    continue
                }
                let (energy, slope) = law(r)
                // `slope` is -dE/dr: the force on the atom along the wall's normal.
                let wall = -side * slope
                f[i][d] -= wall
                totals[0] += energy
                totals[w + 1] += wall
                guard parts.addsVirial else { continue }
                var tensor = Tensor.zero
                tensor[d, d] = slope * r
                virial += tensor
                if system.forces.wanted.contains(.atomVirial) { system.forces.atomVirial[i] += tensor }
            }
        }
        if system.communicator.any(isBehind) {
            throw SimulationError("step \(system.step): fix \(id) \(style): an atom is on or behind a wall")
        }
        sums.set(totals, system.communicator)
        if parts.addsVirial { system.forces.addVirial(virial) }
    }

    public var scalar: Double? { sums.totals[0] }
    public var vector: [Double] { Array(sums.totals[1...]) }
    public var potentialEnergy: Double { parts.addsEnergy ? sums.totals[0] : 0 }
}

/// One wall's energy and force with their coefficients.
private struct WallLaw {
    private let form: Wall.Form
    private let p: [Double]
    private let cutoff: Double
    private var c = [Double](repeating: 0, count: 8)
    private var shift = 0.0

    init(_ form: Wall.Form, _ p: [Double], _ cutoff: Double) throws {
        (self.form, self.p, self.cutoff) = (form, p, cutoff)
        if form != .morse, p[0] < 0 { throw SimulationError("a wall's epsilon is \(p[0])") }
        switch form {
        case .lj93:
            c[0] = 6.0 / 5.0 * p[0] * pow(p[1], 9)
            c[1] = 3.0 * p[0] * pow(p[1], 3)
            c[2] = 2.0 / 15.0 * p[0] * pow(p[1], 9)
            c[3] = p[0] * pow(p[1], 3)
        case .lj126:
            c[0] = 48 * p[0] * pow(p[1], 12)
            c[1] = 24 * p[0] * pow(p[1], 6)
            c[2] = 4 * p[0] * pow(p[1], 12)
            c[3] = 4 * p[0] * pow(p[1], 6)
        case .lj1043:
            c[0] = 2 * Double.pi * 2.0 / 5.0 * p[0] * pow(p[1], 10)
            c[1] = 2 * Double.pi * p[0] * pow(p[1], 4)
            c[2] = 2 * Double.pi * 2.0.squareRoot() / 3.0 * p[0] * pow(p[1], 3)
            c[3] = 0.61 / 2.0.squareRoot() * p[1]
            c[4] = c[0] * 10
            c[5] = c[1] * 4
            c[6] = c[2] * 3
        case .harmonic, .morse: break
        }
        if form != .harmonic { shift = self(cutoff).energy }
    }

    /// Energy, and the force away from the wall.
    func callAsFunction(_ r: Double) -> (energy: Double, force: Double) {
        switch form {
        case .lj93:
            let i = 1 / r, i2 = i * i, i4 = i2 * i2, i10 = i4 * i4 * i2
            return (c[2] * i4 * i4 * i - c[3] * i2 * i - shift, c[0] * i10 - c[1] * i4)
        case .lj126:
            let i = 1 / r, i2 = i * i, i6 = i2 * i2 * i2
            return (i6 * (c[2] * i6 - c[3]) - shift, i6 * (c[0] * i6 - c[1]) * i)
        case .lj1043:
            let i = 1 / r, i2 = i * i, i4 = i2 * i2, i10 = i4 * i4 * i2
            return (c[0] * i10 - c[1] * i4 - c[2] * pow(r + c[3], -3) - shift, c[4] * i10 * i - c[5] * i4 * i - c[6] * pow(r + c[3], -4))
        case .harmonic:
            let d = cutoff - r
            return (p[0] * d * d, 2 * p[0] * d)
        case .morse:
            let e = exp(-p[1] * (r - p[2]))
            return (p[0] * (e * e - 2 * e) - shift, 2 * p[1] * p[0] * (e * e - e))
        }
    }
}

extension FixStyle {
    static let walls = Wall.Form.allCases.map { form in
        let what = form == .morse ? "D ALPHA R0 CUTOFF" : "EPSILON SIGMA CUTOFF"
        return FixStyle(
            "wall/\(form.rawValue)",
            usage: """
                fix ID GROUP wall/\(form.rawValue) xlo|xhi|ylo|yhi|zlo|zhi EDGE|COORDINATE|v_NAME \(what) ... [units lattice|box] [fld no] [pbc yes|no]
                """
        ) { words, setup in try wall(form, &words, setup) }
    }

    private static func wall(_ form: Wall.Form, _ words: inout Words, _ setup: FixSetup) throws -> Wall {
        let names = ["xlo", "xhi", "ylo", "yhi", "zlo", "zhi"]
        var read: [(face: Int, name: Word, place: Word, parameters: [FixValue], cutoff: Double)] = []
        var scale = setup.latticeSpacing
        var isAnywhere = false
        while let name = words.peek {
            let face = try words.choice(
                "a face, units, fld or pbc", names.enumerated().map { ($1, $0) } + [("units", 6), ("fld", 7), ("pbc", 8)])
            switch face {
            case 6: if try words.choice("lattice or box", [("lattice", false), ("box", true)]) { scale = Vector(1, 1, 1, 0) }
            case 7: if try words.flag("yes or no") { throw words.error("fld yes is for FLD potentials, which are not there", at: name) }
            case 8: isAnywhere = try words.flag("yes or no")
            default:
                guard !read.contains(where: { $0.face == face }) else {
                    throw words.error("the wall '\(name.text)' is there already", at: name)
                }
                if setup.system.box.dimension == 2 && face >= 4 { throw words.error("no walls across z in two dimensions", at: name) }
                let place = try words.word("where the wall is: EDGE, a coordinate or v_NAME")
                let expected = form == .morse ? ["the depth", "alpha", "the distance of the minimum"] : ["epsilon", "sigma"]
                let parameters = try expected.map { try setup.number(&words, $0) }
                read.append((face, name, place, parameters, try words.positiveDouble("the cutoff")))
            }
        }
        guard !read.isEmpty else { throw words.error("fix wall/\(form.rawValue) needs at least one wall: xlo, xhi, ylo, yhi, zlo or zhi") }
        let planes = try read.map { face, name, word, parameters, cutoff -> Wall.Plane in
            let axis = face / 2, isUpper = face % 2 == 1
            if setup.system.box.isPeriodic(axis) && !isAnywhere {
                throw words.error(
                    "a wall cannot stand across the periodic direction \(["x", "y", "z"][axis]), unless with: pbc yes", at: name)
            }
            guard word.text != "EDGE" else {
                let edge = isUpper ? setup.system.box.hi[axis] : setup.system.box.lo[axis]
                return .init(
                    axis: axis, isUpper: isUpper, place: FixValue(.constant(edge)), scale: 1, parameters: parameters, cutoff: cutoff)
            }
            let place = try setup.atomValue(word)
            guard !place.isPerAtom else { throw words.error("a wall's place is one number: use an equal-style variable", at: word) }
            return .init(axis: axis, isUpper: isUpper, place: place, scale: scale[axis], parameters: parameters, cutoff: cutoff)
        }
        return Wall(setup, form, planes)
    }
}
