import Deck
import Domain
import Integrators

/// Functions of formulas on the atoms of a group, optionally only those in a region: `count(all)`, `xcm(water,x)`, `ke(hot,r1)`.
///
/// Positions are unwrapped for centres, wrapped for `bound` and regions; units are the deck's. All collective.
public struct GroupFunctions {
    let system: System
    let group: Group
    let region: (any Region)?

    public init(_ system: System, _ group: Group, _ region: (any Region)?) {
        (self.system, self.group, self.region) = (system, group, region)
    }

    public static let names = [
        "count", "mass", "charge", "xcm", "vcm", "fcm", "bound", "gyration", "ke", "angmom", "torque", "inertia", "omega",
    ]

    /// Number of arguments between the group and the region.
    public static func middleArguments(_ name: String) -> Int {
        switch name {
        case "xcm", "vcm", "fcm", "bound", "angmom", "torque", "inertia", "omega": 1
        default: 0
        }
    }

    private func forEach(_ body: (Int) -> Void) {
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            if let region, !region.contains(system.atoms.position[i].xyz) { continue }
            body(i)
        }
    }

    private func mass(_ i: Int) -> Double { system.atoms.mass[Int(system.atoms.type[i])] ?? 0 }
    private func place(_ i: Int) -> Vector { system.box.unwrapped(system.atoms.position[i], system.atoms.image[i]).xyz }

    private func sum(_ value: (Int) -> Vector) -> Vector {
        var total = Vector.zero
        forEach { total += value($0) }
        var flat = [total.x, total.y, total.z, total.w]
        system.communicator.all(.sum, &flat)
        return Vector(flat[0], flat[1], flat[2], flat[3])
    }

    /// Sum of m v with the mass in w, over the mass.
    private func massAverage(_ value: (Int) -> Vector) -> (mean: Vector, mass: Double) {
        let total = sum { i in
            var v = value(i).xyz * mass(i)
            v.w = mass(i)
            return v
        }
        return (total.w > 0 ? (total * (1 / total.w)).xyz : .zero, total.w)
    }

    private func centre() -> (mean: Vector, mass: Double) { massAverage(place) }

    /// - Throws: `DeckError` when `middle` (a direction) is none that the function has.
    public func value(_ name: String, _ middle: String?) throws -> Double {
        switch name {
        case "count": return sum { _ in Vector(1, 0, 0, 0) }.x
        case "mass": return sum { Vector(self.mass($0), 0, 0, 0) }.x
        case "charge": return 0
        case "ke":
            return 0.5 * system.units.mvv2e
                * sum { i in Vector(self.mass(i) * self.system.atoms.velocity[i].dot(self.system.atoms.velocity[i]), 0, 0, 0) }.x
        case "xcm": return centre().mean[try axis(middle, name)]
        case "vcm": return massAverage { self.system.atoms.velocity[$0] }.mean[try axis(middle, name)]
        case "fcm":
            try needForces(name)
            return sum { self.system.forces.force[$0].xyz }[try axis(middle, name)]
        case "bound": return try bound(middle)
        case "gyration":
            let c = centre()
            let squares = sum { i in
                let d = self.place(i) - c.mean
                return Vector(self.mass(i) * d.dot(d), 0, 0, 0)
            }.x
            return c.mass > 0 ? (squares / c.mass).squareRoot() : 0
        case "angmom":
            let c = centre().mean
            return sum { (self.place($0) - c).cross(self.system.atoms.velocity[$0] * self.mass($0)) }[try axis(middle, name)]
        case "torque":
            try needForces(name)
            let c = centre().mean
            return sum { (self.place($0) - c).cross(self.system.forces.force[$0].xyz) }[try axis(middle, name)]
        case "inertia": return try inertia(middle)
        default:
            guard region == nil else { throw DeckError("omega() takes no region", at: nil) }
            return RigidMotion(of: group, in: system).angularVelocity[try axis(middle, name)]
        }
    }

    private func axis(_ text: String?, _ name: String) throws -> Int {
        guard let text, let d = ["x", "y", "z"].firstIndex(of: text) else {
            throw DeckError("\(name)() takes x, y or z, not '\(text ?? "")'", at: nil)
        }
        return d
    }

    private func needForces(_ name: String) throws {
        guard system.forces.force.count >= system.atoms.owned else {
            throw DeckError("\(name)() has no value yet: forces have not been computed; use run 0 before", at: nil)
        }
    }

    private func bound(_ text: String?) throws -> Double {
        let names = ["xmin", "xmax", "ymin", "ymax", "zmin", "zmax"]
        guard let text, let k = names.firstIndex(of: text) else { throw DeckError("bound() takes xmin, xmax ... zmax", at: nil) }
        let isMaximum = k % 2 == 1
        var most = -1e20
        forEach { i in
            let x = system.atoms.position[i][k / 2]
            most = max(most, isMaximum ? x : -x)
        }
        most = system.communicator.max(most)
        return isMaximum ? most : -most
    }

    private func inertia(_ text: String?) throws -> Double {
        let names = ["xx", "yy", "zz", "xy", "yz", "xz"]
        guard let text, let k = names.firstIndex(of: text) else { throw DeckError("inertia() takes xx, yy, zz, xy, yz or xz", at: nil) }
        let (a, b) = [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (0, 2)][k]
        let c = centre().mean
        return sum { i in
            let d = self.place(i) - c
            return Vector(self.mass(i) * (a == b ? d.dot(d) - d[a] * d[a] : -d[a] * d[b]), 0, 0, 0)
        }.x
    }
}
