import Deck
import Domain

/// `fix recenter`: after positions have been advanced by the fixes before it, moves a group (`shift`: another one) so that the group's
/// centre of mass is where it should be: a coordinate, a fraction of the box, or where it was at the beginning of the run (INIT); NULL
/// leaves a direction alone. Velocities are not changed. f_ID is the distance of the last move, f_ID[1..3] the move (extensive).
public final class Recenter: Fix {
    enum Target {
        case initial
        case coordinate(Double)
        case fraction(Double)
    }

    public let id: String
    public let style = "recenter"
    public var group: Group
    public let isExtensive = true
    public let isVectorExtensive = true
    private let moved: Group
    private let targets: [Target?]
    private var start = Vector.zero
    private var shift = Vector.zero

    init(_ setup: FixSetup, _ targets: [Target?], moved: Group) {
        (id, group, self.targets, self.moved) = (setup.id, setup.group, targets, moved)
    }

    public func prepare(_ system: System) { start = system.centre(of: group).centre }

    public func initialIntegrate(_ system: System) {
        let (lo, hi) = system.box.bounds
        let centre = system.centre(of: group).centre
        for d in 0..<3 {
            switch targets[d] {
            case nil: shift[d] = 0
            case .initial: shift[d] = start[d] - centre[d]
            case .coordinate(let x): shift[d] = x - centre[d]
            case .fraction(let s): shift[d] = lo[d] + s * (hi[d] - lo[d]) - centre[d]
            }
        }
        let x = system.atoms.position.pointer
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & moved.bit != 0 { x[i] += shift }
    }

    public var scalar: Double? { shift.dot(shift).squareRoot() }
    public var vector: [Double] { [shift.x, shift.y, shift.z] }
}

extension FixStyle {
    static let recenter = FixStyle(
        "recenter", usage: "fix ID GROUP recenter X Y Z [shift GROUP2] [units lattice|box|fraction]   (X Y Z: each a number, INIT or NULL)"
    ) { words, setup in
        enum Unit { case lattice, box, fraction }
        let read = try ["x", "y", "z"].map { try words.word("\($0) of the centre: a number, INIT or NULL") }
        var unit = Unit.lattice
        var moved = setup.group
        while !words.isAtEnd {
            switch try words.choice("a keyword of fix recenter", [("shift", 0), ("units", 1)]) {
            case 0:
                let word = try words.word("the group that is moved")
                guard let group = setup.system.groups[word.text] else {
                    throw DeckError.unknown("group", word, known: setup.system.groups.names)
                }
                moved = group
            default: unit = try words.choice("lattice, box or fraction", [("lattice", .lattice), ("box", .box), ("fraction", .fraction)])
            }
        }
        let targets = try read.enumerated().map { d, word -> Recenter.Target? in
            if word.text == "NULL" { return nil }
            if word.text == "INIT" { return .initial }
            var one = Words([word], of: words.context, end: word.location)
            let number = try one.double("the centre: a number, INIT or NULL")
            return unit == .fraction ? .fraction(number) : .coordinate(number * (unit == .lattice ? setup.latticeSpacing[d] : 1))
        }
        guard setup.system.count(setup.group) > 0 else { throw words.error("the group \(setup.group.name) has no atoms") }
        return Recenter(setup, targets, moved: moved)
    }
}
