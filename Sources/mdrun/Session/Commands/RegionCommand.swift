import Deck
import Domain

/// `region`: a named part of space.
struct RegionCommand: DeckCommand {
    static let name = "region"
    static let usage = """
        region ID block XLO XHI YLO YHI ZLO ZHI [units lattice|box] [side in|out]
        region ID prism XLO XHI YLO YHI ZLO ZHI XY XZ YZ [units lattice|box] [side in|out]
        region ID sphere X Y Z RADIUS [units lattice|box] [side in|out]
        region ID cylinder x|y|z C1 C2 RADIUS LO HI [units lattice|box] [side in|out]
        region ID cone x|y|z C1 C2 RADIUSLO RADIUSHI LO HI [units lattice|box] [side in|out]
        region ID ellipsoid X Y Z A B C [units lattice|box] [side in|out]
        region ID plane PX PY PZ NX NY NZ [units lattice|box] [side in|out]      (in: the side to which N points)
        region ID union|intersect N REGION1 ... REGIONN [side in|out]
        region ID delete
        Bounds are numbers, INF, or EDGE (the box's face). A union or intersection keeps its parts as they are now.
        """

    private let id: String
    /// nil: delete.
    private let region: (any Region)?

    private enum Style { case block, prism, sphere, cylinder, cone, ellipsoid, plane, union, intersect, delete }
    private enum Bound {
        case number(Double)
        case infinite
        case edge
    }

    init(_ words: inout Words, _ session: Session) throws {
        let idWord = try words.word("the region's name")
        id = idWord.text
        let style = try words.choice(
            "region style",
            [
                ("block", Style.block), ("prism", .prism), ("sphere", .sphere), ("cylinder", .cylinder), ("cone", .cone),
                ("ellipsoid", .ellipsoid), ("plane", .plane), ("union", .union),
                ("intersect", .intersect), ("delete", .delete),
            ])
        if style == .delete {
            _ = try session.requireRegion(idWord)
            region = nil
            return
        }
        guard session.regions[id] == nil else {
            throw words.error("there is a region '\(id)' already; region \(id) delete removes it", at: idWord)
        }
        words.context = "region \(style)"
        switch style {
        case .block: region = try Self.block(&words, session)
        case .prism: region = try Self.prism(&words, session)
        case .sphere: region = try Self.sphere(&words, session)
        case .cylinder: region = try Self.cylinder(&words, session)
        case .cone: region = try Self.cone(&words, session)
        case .ellipsoid: region = try Self.ellipsoid(&words, session)
        case .plane: region = try Self.plane(&words, session)
        case .union, .intersect: region = try Self.combination(&words, session, needsAll: style == .intersect)
        case .delete: region = nil
        }
    }

    // MARK: - Shapes

    private static func block(_ words: inout Words, _ session: Session) throws -> any Region {
        let first = words.location
        let bounds = try bounds(&words, session)
        let (unit, isInside) = try options(&words)
        let (lo, hi) = corners(bounds, session.scale(unit), session, isPrism: false)
        for d in 0..<3 where lo[d] > hi[d] { throw wrongOrder("block", d, lo[d], hi[d], at: first) }
        return BlockRegion(lo: lo, hi: hi, isInside: isInside)
    }

    private static func prism(_ words: inout Words, _ session: Session) throws -> any Region {
        let first = words.location
        let bounds = try bounds(&words, session)
        let tilt = try ["xy", "xz", "yz"].map { try words.double($0) }
        let (unit, isInside) = try options(&words)
        let scale = session.scale(unit)
        let (lo, hi) = corners(bounds, scale, session, isPrism: true)
        for d in 0..<3 where lo[d] >= hi[d] { throw wrongOrder("prism", d, lo[d], hi[d], at: first) }
        let isOpen = (0..<3).map { lo[$0] == -regionInfinity && hi[$0] == regionInfinity }
        for (k, pair) in [(0, 1), (0, 2), (1, 2)].enumerated() where tilt[k] != 0 && (isOpen[pair.0] || isOpen[pair.1]) {
            throw DeckError("region prism: \(["xy", "xz", "yz"][k]) must be 0 where the prism is infinite both ways", at: first)
        }
        return PrismRegion(
            lo: lo, hi: hi, tilt: (xy: scale.x * tilt[0], xz: scale.x * tilt[1], yz: scale.y * tilt[2]), isInside: isInside)
    }

    private static func sphere(_ words: inout Words, _ session: Session) throws -> any Region {
        let centre = try words.vector("the centre")
        let radius = try words.nonNegativeDouble("the radius")
        let (unit, isInside) = try options(&words)
        let scale = session.scale(unit)
        return SphereRegion(centre: scale * centre, radius: scale.x * radius, isInside: isInside)
    }

    private static func cylinder(_ words: inout Words, _ session: Session) throws -> any Region {
        let axis = try words.choice("axis", [("x", 0), ("y", 1), ("z", 2)])
        let across = [[1, 2], [0, 2], [0, 1]][axis]
        var centre = Vector.zero
        for d in across { centre[d] = try words.double("the centre along \(["x", "y", "z"][d])") }
        let radius = try words.positiveDouble("the radius")
        let ends = [try bound(&words, "the lower end", session), try bound(&words, "the upper end", session)]
        let (unit, isInside) = try options(&words)
        let scale = session.scale(unit)
        return CylinderRegion(
            axis: axis, centre: scale * centre, radius: radius * (axis == 0 ? scale.y : scale.x),
            lo: value(ends[0], axis, isUpper: false, scale, session, isPrism: false),
            hi: value(ends[1], axis, isUpper: true, scale, session, isPrism: false), isInside: isInside)
    }

    private static func cone(_ words: inout Words, _ session: Session) throws -> any Region {
        let axis = try words.choice("axis", [("x", 0), ("y", 1), ("z", 2)])
        var centre = Vector.zero
        for d in [[1, 2], [0, 2], [0, 1]][axis] { centre[d] = try words.double("the centre along \(["x", "y", "z"][d])") }
        let low = try words.nonNegativeDouble("the lower radius"), high = try words.nonNegativeDouble("the upper radius")
        let place = words.location
        let ends = [try bound(&words, "the lower end", session), try bound(&words, "the upper end", session)]
        let (unit, isInside) = try options(&words)
        let scale = session.scale(unit), across = axis == 0 ? scale.y : scale.x
        let lo = value(ends[0], axis, isUpper: false, scale, session, isPrism: false)
        let hi = value(ends[1], axis, isUpper: true, scale, session, isPrism: false)
        guard lo < hi, lo > -regionInfinity, hi < regionInfinity else { throw DeckError("region cone: the ends must be finite, the lower one first", at: place) }
        guard low > 0 || high > 0 else { throw DeckError("region cone: one of the radii must be positive", at: place) }
        return ConeRegion(axis: axis, centre: scale * centre, low: low * across, high: high * across, lo: lo, hi: hi, isInside: isInside)
    }

    private static func ellipsoid(_ words: inout Words, _ session: Session) throws -> any Region {
        let centre = try words.vector("the centre")
        var radii = Vector.zero
        for (d, name) in ["a", "b", "c"].enumerated() { radii[d] = try words.positiveDouble("the radius \(name)") }
        let (unit, isInside) = try options(&words)
        let scale = session.scale(unit)
        return EllipsoidRegion(centre: scale * centre, radii: scale * radii, isInside: isInside)
    }

    private static func plane(_ words: inout Words, _ session: Session) throws -> any Region {
        let point = try words.vector("a point of the plane"), place = words.location, normal = try words.vector("the normal")
        guard normal.xyz.dot(normal.xyz) > 0 else { throw DeckError("region plane: the normal must not be 0", at: place) }
        let (unit, isInside) = try options(&words)
        return PlaneRegion(point: session.scale(unit) * point, normal: normal, isInside: isInside)
    }

    private static func combination(_ words: inout Words, _ session: Session, needsAll: Bool) throws -> any Region {
        let number = try words.int("the number of regions", in: 2...10_000)
        let parts = try (0..<number).map { _ in try session.requireRegion(try words.word("a region")) }
        let (_, isInside) = try options(&words)
        return CombinedRegion(parts, needsAll: needsAll, isInside: isInside)
    }

    // MARK: - Words

    private static func options(_ words: inout Words) throws -> (unit: LengthUnit, isInside: Bool) {
        var unit = LengthUnit.lattice
        var isInside = true
        while let word = words.peek {
            _ = try words.word("a keyword")
            switch word.text {
            case "units": unit = try words.choice("unit of length", LengthUnit.choices)
            case "side": isInside = try words.choice("side", [("in", true), ("out", false)])
            case "move", "rotate", "open": throw words.error("'\(word.text)' is not supported", at: word)
            default: throw DeckError.unknown("region keyword", word, known: ["units", "side"])
            }
        }
        return (unit, isInside)
    }

    private static func bounds(_ words: inout Words, _ session: Session) throws -> [Bound] {
        try ["xlo", "xhi", "ylo", "yhi", "zlo", "zhi"].map { try bound(&words, $0, session) }
    }

    private static func bound(_ words: inout Words, _ name: String, _ session: Session) throws -> Bound {
        guard let word = words.peek, ["INF", "EDGE"].contains(word.text) else { return .number(try words.double(name)) }
        _ = try words.word(name)
        guard session.system != nil else {
            throw words.error("\(word.text) needs a simulation box: use create_box or read_data before it", at: word)
        }
        return word.text == "INF" ? .infinite : .edge
    }

    private static func corners(_ bounds: [Bound], _ scale: Vector, _ session: Session, isPrism: Bool) -> (lo: Vector, hi: Vector) {
        var lo = Vector.zero, hi = Vector.zero
        for d in 0..<3 {
            lo[d] = value(bounds[2 * d], d, isUpper: false, scale, session, isPrism: isPrism)
            hi[d] = value(bounds[2 * d + 1], d, isUpper: true, scale, session, isPrism: isPrism)
        }
        return (lo, hi)
    }

    private static func value(
        _ bound: Bound, _ d: Int, isUpper: Bool, _ scale: Vector, _ session: Session, isPrism: Bool
    ) -> Double {
        switch bound {
        case .number(let x): return scale[d] * x
        case .infinite: return isUpper ? regionInfinity : -regionInfinity
        case .edge:
            // The box is there: reading the word has asked for it. A prism's edge is the cell's, others' that of the box around it.
            guard let box = session.system?.box else { return 0 }
            if isPrism { return isUpper ? box.hi[d] : box.lo[d] }
            return isUpper ? box.bounds.hi[d] : box.bounds.lo[d]
        }
    }

    private static func wrongOrder(
        _ style: String, _ d: Int, _ lo: Double, _ hi: Double, at location: SourceLocation
    ) -> DeckError {
        let axis = ["x", "y", "z"][d]
        return DeckError("region \(style): \(axis)lo \(lo) is not below \(axis)hi \(hi)", at: location)
    }

    func execute(_ session: Session) throws { session.regions[id] = region }
}
