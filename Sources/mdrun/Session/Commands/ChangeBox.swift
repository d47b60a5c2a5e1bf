import Deck
import Domain
import Integrators

/// `change_box`: another size, shape or kind of box, step by step in the order of the words.
struct ChangeBox: DeckCommand {
    static let name = "change_box"
    static let usage = """
        change_box GROUP x|y|z final LO HI | x|y|z delta DLO DHI | x|y|z scale F | x|y|z volume
        change_box GROUP xy|xz|yz final TILT | xy|xz|yz delta DTILT
        change_box GROUP boundary X Y Z | ortho | triclinic | set | remap      [units lattice|box]
        Any number of these, done one after the other. remap moves the group's atoms along with what the box did since `set` or the start.
        """

    private enum Change {
        case final(Int, Double, Double)
        case delta(Int, Double, Double)
        case scale(Int, Double)
        /// Keeps the volume that the change before it has changed.
        case volume(Int)
        case tilt(Int, Double, isDelta: Bool)
        case boundary([(Boundary, Boundary)])
        case orthogonal
        case triclinic
        case set
        case remap
    }

    private let group: Group
    private var changes: [(Change, at: SourceLocation)] = []
    private var unit = LengthUnit.lattice
    private let location: SourceLocation

    init(_ words: inout Words, _ session: Session) throws {
        location = words.location
        _ = try session.requireSystem(Self.name, at: location)
        group = try session.requireGroup(try words.word("a group"))
        let keywords = ["x", "y", "z", "xy", "xz", "yz", "boundary", "ortho", "triclinic", "set", "remap", "units"]
        guard !words.isAtEnd else { throw words.error("change_box needs at least one of \(keywords.joined(separator: ", "))") }
        while let word = words.peek {
            let change: Change
            switch try words.choice("a change of the box", keywords.map { ($0, $0) }) {
            case "x", "y", "z": change = try Self.length(["x", "y", "z"].firstIndex(of: word.text)!, &words)
            case "xy", "xz", "yz":
                let isDelta = try words.choice("how the tilt changes", [("final", false), ("delta", true)])
                change = .tilt(["xy", "xz", "yz"].firstIndex(of: word.text)!, try words.double("the tilt"), isDelta: isDelta)
            case "boundary": change = .boundary(try BoundaryCommand.read(&words))
            case "ortho": change = .orthogonal
            case "triclinic": change = .triclinic
            case "set": change = .set
            case "remap": change = .remap
            default:
                unit = try words.choice("unit of length", LengthUnit.choices)
                continue
            }
            changes.append((change, word.location))
        }
    }

    private static func length(_ d: Int, _ words: inout Words) throws -> Change {
        switch try words.choice("how the edge changes", [("final", 0), ("delta", 1), ("scale", 2), ("volume", 3)]) {
        case 0:
            let (lo, hi) = (try words.double("the lower face"), try words.double("the upper face"))
            guard hi > lo else { throw words.error("the upper face must be above the lower one") }
            return .final(d, lo, hi)
        case 1: return .delta(d, try words.double("the change of the lower face"), try words.double("the change of the upper face"))
        case 2: return .scale(d, try words.positiveDouble("the factor"))
        default: return .volume(d)
        }
    }

    func execute(_ session: Session) throws {
        let system = try session.requireSystem(Self.name, at: location)
        session.output.line("Changing box ...")
        session.atomsChanged()
        let scale = session.scale(unit)
        var box = system.box, saved = system.box
        /// Before the change that a `volume` follows.
        var before = system.box
        for (k, (change, place)) in changes.enumerated() {
            if case .volume = change {} else { before = box }
            switch change {
            case .final(let d, let lo, let hi): (box.lo[d], box.hi[d]) = (lo * scale[d], hi * scale[d])
            case .delta(let d, let low, let high):
                box.lo[d] += low * scale[d]
                box.hi[d] += high * scale[d]
            case .scale(let d, let factor): box.setLength(d, factor * box.lengths[d])
            case .volume(let d):
                guard k > 0 else { throw DeckError("volume follows the change whose volume it makes up for", at: place) }
                let others = (0..<3).filter { $0 != d }.map { box.lengths[$0] }.reduce(1, *)
                box.setLength(d, before.lengths.x * before.lengths.y * before.lengths.z / others)
            case .tilt(let k, let value, let isDelta):
                guard box.isTriclinic else { throw DeckError("a tilt needs a triclinic box: put triclinic before it", at: place) }
                let length = value * scale[k == 0 ? 0 : k == 1 ? 0 : 1]
                switch k {
                case 0: box.xy = length + (isDelta ? box.xy : 0)
                case 1: box.xz = length + (isDelta ? box.xz : 0)
                default: box.yz = length + (isDelta ? box.yz : 0)
                }
            case .boundary(let faces):
                for d in 0..<3 where box.isPeriodic(d) && faces[d].0 != .periodic {
                    for i in 0..<system.atoms.owned { system.atoms.image[i][d] = 0 }
                }
                box.boundary = faces
                box.prepareFaces()
                session.boundary = faces
            case .orthogonal:
                guard box.xy == 0, box.xz == 0, box.yz == 0 else {
                    throw DeckError("only a box without tilt can become orthogonal; set xy, xz and yz to 0 before", at: place)
                }
                box.isTriclinic = false
            case .triclinic: box.isTriclinic = true
            case .set: saved = box
            case .remap:
                for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
                    let w = system.atoms.position[i].w
                    system.atoms.position[i] = box.cartesian(saved.fractional(system.atoms.position[i]))
                    system.atoms.position[i].w = w
                }
                saved = box
            }
            guard (0..<3).allSatisfy({ box.lengths[$0] > 0 && box.lengths[$0].isFinite }) else {
                throw DeckError("the box would have no volume after this", at: place)
            }
        }
        system.box = box
        for i in 0..<system.atoms.owned {
            var (x, image) = (system.atoms.position[i], system.atoms.image[i])
            box.wrap(&x, &image)
            (system.atoms.position[i], system.atoms.image[i]) = (x, image)
        }
        session.output.line("  \(session.boxDescription(box))")
        if box.isStronglyTilted { session.output.warn("Triclinic box skew is large. The simulation will run inefficiently.") }
    }
}

extension Box {
    /// Another edge length along d about the same middle.
    fileprivate mutating func setLength(_ d: Int, _ length: Double) {
        let middle = 0.5 * (lo[d] + hi[d])
        lo[d] = middle - 0.5 * length
        hi[d] = middle + 0.5 * length
    }
}
