import Deck
import Domain
import Potentials

/// `fix wall/reflect`: after positions have been advanced, an atom of the group beyond a wall is put back as far inside as it was outside,
/// and its velocity along that axis turned round. Walls stand at box faces that are not periodic, at a coordinate or where an equal-style
/// variable says.
public final class WallReflect: Fix {
    enum Place {
        case constant(Double)
        case variable(FixValue, scale: Double)
    }
    struct Wall {
        let axis: Int
        let isUpper: Bool
        let place: Place
    }

    public let id: String
    public let style = "wall/reflect"
    public var group: Group
    private let walls: [Wall]

    init(_ setup: FixSetup, _ walls: [Wall]) { (id, group, self.walls) = (setup.id, setup.group, walls) }

    public func wants(at step: Int) -> Wanted {
        walls.reduce([]) { wanted, wall in
            if case .variable(let value, _) = wall.place { wanted.union(value.wants()) } else { wanted }
        }
    }

    public func postIntegrate(_ system: System) throws {
        for wall in walls {
            let at: Double
            switch wall.place {
            case .constant(let place): at = place
            case .variable(let value, let scale): at = try value.evaluate()(0) * scale
            }
            let d = wall.axis
            for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                let x = system.atoms.position[i][d]
                guard wall.isUpper ? x > at : x < at else { continue }
                system.atoms.position[i][d] = wall.isUpper ? at - (x - at) : at + (at - x)
                system.atoms.velocity[i][d] = -system.atoms.velocity[i][d]
            }
        }
    }
}

extension FixStyle {
    static let wallReflect = FixStyle(
        "wall/reflect",
        usage: "fix ID GROUP wall/reflect xlo|xhi|ylo|yhi|zlo|zhi EDGE|COORDINATE|v_NAME ... [units lattice|box]"
    ) { words, setup in
        let faces = ["xlo", "xhi", "ylo", "yhi", "zlo", "zhi"]
        var read: [(face: Int, word: Word)] = []
        var usesLattice = true
        while !words.isAtEnd {
            let name = words.peek
            let face = try words.choice("a face or units", faces.enumerated().map { ($1, $0) } + [("units", -1)])
            if face < 0 {
                usesLattice = try words.choice("lattice or box", [("lattice", true), ("box", false)])
                continue
            }
            if let name, read.contains(where: { $0.face == face }) {
                throw words.error("the wall '\(name.text)' is there already", at: name)
            }
            if let name, setup.system.box.isPeriodic(face / 2) {
                throw words.error("a wall cannot stand across the periodic direction \(["x", "y", "z"][face / 2])", at: name)
            }
            read.append((face, try words.word("where the wall is: EDGE, a coordinate or v_NAME")))
        }
        guard !read.isEmpty else { throw words.error("fix wall/reflect needs at least one wall") }
        let walls = try read.map { face, word -> WallReflect.Wall in
            let axis = face / 2, isUpper = face % 2 == 1
            let scale = usesLattice ? setup.latticeSpacing[axis] : 1
            let place: WallReflect.Place
            if word.text == "EDGE" {
                place = .constant(isUpper ? setup.system.box.hi[axis] : setup.system.box.lo[axis])
            } else {
                let value = try setup.atomValue(word)
                switch value.source {
                case .constant(let number): place = .constant(number * scale)
                case .equal: place = .variable(value, scale: scale)
                case .atom: throw words.error("a wall's place is one number: use an equal-style variable", at: word)
                }
            }
            return .init(axis: axis, isUpper: isUpper, place: place)
        }
        return WallReflect(setup, walls)
    }
}
