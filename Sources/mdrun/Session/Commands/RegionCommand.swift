import Deck
import Domain

/// `region`: a named part of space.
struct RegionCommand: DeckCommand {
    static let name = "region"
    static let usage = """
        region ID block XLO XHI YLO YHI ZLO ZHI [units lattice|box] [side in|out]
        region ID prism XLO XHI YLO YHI ZLO ZHI XY XZ YZ [units lattice|box] [side in|out]
        region ID delete
        Bounds are numbers, INF, or EDGE (the box's face).
        """

    private let id: String
    /// nil: delete.
    private let region: (any Region)?

    private enum Style { case block, prism, delete }
    private enum Bound {
        case number(Double)
        case infinite
        case edge
    }

    init(_ words: inout Words, _ session: Session) throws {
        let idWord = try words.word("the region's name")
        id = idWord.text
        let style = try words.choice("region style", [("block", Style.block), ("prism", .prism), ("delete", .delete)])
        if style == .delete {
            _ = try session.requireRegion(idWord)
            region = nil
            return
        }
        guard session.regions[id] == nil else {
            throw words.error("there is a region '\(id)' already; region \(id) delete removes it", at: idWord)
        }
        let first = words.location
        let bounds = try ["xlo", "xhi", "ylo", "yhi", "zlo", "zhi"].map { try Self.bound(&words, $0, session) }
        let tilt = style == .prism ? try ["xy", "xz", "yz"].map { try words.double($0) } : [0, 0, 0]
        var unit = LengthUnit.lattice
        var isInside = true
        while let word = words.peek {
            _ = try words.word("a keyword")
            switch word.text {
            case "units": unit = try words.choice("unit of length", LengthUnit.choices)
            case "side": isInside = try words.choice("side", [("in", true), ("out", false)])
            default: throw DeckError.unknown("region keyword", word, known: ["units", "side"])
            }
        }
        let scale = session.scale(unit)
        var lo = Vector.zero, hi = Vector.zero
        for d in 0..<3 {
            lo[d] = Self.value(bounds[2 * d], d, isUpper: false, style, scale, session)
            hi[d] = Self.value(bounds[2 * d + 1], d, isUpper: true, style, scale, session)
            let axis = ["x", "y", "z"][d]
            guard style == .prism ? lo[d] < hi[d] : lo[d] <= hi[d] else {
                throw DeckError("region \(style): \(axis)lo \(lo[d]) is not below \(axis)hi \(hi[d])", at: first)
            }
        }
        if style == .block {
            region = BlockRegion(lo: lo, hi: hi, isInside: isInside)
            return
        }
        let isOpen = (0..<3).map { lo[$0] == -regionInfinity && hi[$0] == regionInfinity }
        for (k, pair) in [(0, 1), (0, 2), (1, 2)].enumerated() where tilt[k] != 0 && (isOpen[pair.0] || isOpen[pair.1]) {
            throw DeckError("region prism: \(["xy", "xz", "yz"][k]) must be 0 where the prism is infinite both ways", at: first)
        }
        region = PrismRegion(
            lo: lo, hi: hi, tilt: (xy: scale.x * tilt[0], xz: scale.x * tilt[1], yz: scale.y * tilt[2]), isInside: isInside)
    }

    private static func bound(_ words: inout Words, _ name: String, _ session: Session) throws -> Bound {
        guard let word = words.peek, ["INF", "EDGE"].contains(word.text) else { return .number(try words.double(name)) }
        _ = try words.word(name)
        guard session.system != nil else {
            throw words.error("\(word.text) needs a simulation box: use create_box or read_data before it", at: word)
        }
        return word.text == "INF" ? .infinite : .edge
    }

    private static func value(
        _ bound: Bound, _ d: Int, isUpper: Bool, _ style: Style, _ scale: Vector, _ session: Session
    ) -> Double {
        switch bound {
        case .number(let x): return scale[d] * x
        case .infinite: return isUpper ? regionInfinity : -regionInfinity
        case .edge:
            let box = session.system!.box
            if style == .prism || !box.isTriclinic { return isUpper ? box.hi[d] : box.lo[d] }
            let bounds = box.bounds
            return isUpper ? bounds.hi[d] : bounds.lo[d]
        }
    }

    func execute(_ session: Session) throws { session.regions[id] = region }
}
