import Deck
import Domain

/// The words of `fix deform`.
extension FixStyle {
    static let deform = FixStyle(
        "deform",
        usage: """
            fix ID GROUP deform N x|y|z final LO HI | delta LO HI | scale F | vel V | erate R | trate R | volume | wiggle A PERIOD | variable v_L v_RATE
                [xy|xz|yz final T | delta T | vel V | erate R | trate R | wiggle A PERIOD | variable v_T v_RATE] ...
                [remap x|v|none] [flip yes|no] [units lattice|box]
            """
    ) { words, setup in
        var settings = Deform.Settings()
        settings.every = try words.positiveInt("the number of steps between changes")
        var inLattice = true
        let options = ["remap", "flip", "units"]
        while !words.isAtEnd {
            let keyword = try words.choice("a keyword of fix deform", (StressControl.names + options).map { ($0, $0) })
            switch keyword {
            case "remap": settings.remap = try words.choice("x, v or none", [("x", .positions), ("v", .velocities), ("none", .none)])
            case "flip": settings.flips = try words.flag("yes or no")
            case "units": inLattice = try words.choice("lattice or box", [("lattice", true), ("box", false)])
            default:
                let d = StressControl.names.firstIndex(of: keyword)!
                if d >= 3 && !setup.system.box.isTriclinic { throw words.error("\(keyword) needs a triclinic box") }
                if setup.system.box.dimension == 2 && ![0, 1, 5].contains(d) {
                    throw words.error("\(keyword) is not there in two dimensions")
                }
                settings.motions[d] = d < 3 ? try edge(&words, setup) : try tilt(&words, setup)
            }
        }
        guard settings.motions.contains(where: { $0 != nil }) else { throw words.error("fix deform needs at least one of x y z yz xz xy") }
        try check(settings, setup.system.box, words)
        if inLattice { try scale(&settings, setup, words) }
        return Deform(setup, settings: settings)
    }

    private enum Kind { case final, delta, scale, velocity, rate, trueRate, volume, wiggle, variable }
    private static let kinds: [(String, Kind)] = [
        ("final", .final), ("delta", .delta), ("vel", .velocity), ("erate", .rate), ("trate", .trueRate), ("wiggle", .wiggle),
        ("variable", .variable),
    ]

    private static func edge(_ words: inout Words, _ setup: FixSetup) throws -> Deform.Motion {
        switch try words.choice("how the edge changes", kinds + [("scale", .scale), ("volume", .volume)]) {
        case .final: return .final(lo: try words.double("the lower face at the end"), hi: try words.double("the upper face at the end"))
        case .delta: return .delta(lo: try words.double("the lower face's change"), hi: try words.double("the upper face's change"))
        case .scale: return .scale(try words.positiveDouble("the factor"))
        case .volume: return .volume
        case let kind: return try common(kind, &words, setup)
        }
    }

    private static func tilt(_ words: inout Words, _ setup: FixSetup) throws -> Deform.Motion {
        switch try words.choice("how the tilt changes", kinds) {
        case .final: return .final(lo: try words.double("the tilt at the end"), hi: 0)
        case .delta: return .delta(lo: try words.double("the tilt's change"), hi: 0)
        case let kind: return try common(kind, &words, setup)
        }
    }

    private static func common(_ kind: Kind, _ words: inout Words, _ setup: FixSetup) throws -> Deform.Motion {
        switch kind {
        case .velocity: return .velocity(try words.double("the velocity"))
        case .rate: return .rate(try words.double("the engineering strain rate"))
        case .trueRate: return .trueRate(try words.double("the true strain rate"))
        case .wiggle: return .wiggle(amplitude: try words.double("the amplitude"), period: try words.positiveDouble("the period"))
        default:
            var formulas: [() throws -> Double] = []
            for what in ["the change", "its rate"] {
                let word = try words.word("v_NAME of an equal-style variable: \(what)")
                guard word.text.hasPrefix("v_") else { throw words.error("expected v_NAME, not '\(word.text)'", at: word) }
                let value = try setup.value(word), communicator = setup.system.communicator
                formulas.append({ communicator.firstRank(try value()) })
            }
            return .variable(change: formulas[0], rate: formulas[1])
        }
    }

    private static func check(_ settings: Deform.Settings, _ box: Box, _ words: Words) throws {
        func isVolume(_ d: Int) -> Bool { if case .volume = settings.motions[d] { true } else { false } }
        for d in 0..<3 where isVolume(d) {
            let others = [(d + 1) % 3, (d + 2) % 3]
            guard others.contains(where: { settings.motions[$0] != nil && !isVolume($0) }) else {
                throw words.error("\(StressControl.names[d]) volume needs another edge that is told how to change")
            }
        }
        for d in 0..<6 where settings.motions[d] != nil {
            // A tilt leans along the second of its axes.
            let axis = d < 3 ? d : d == 5 ? 1 : 2
            let faces = box.boundary[axis]
            guard [faces.0, faces.1].allSatisfy({ $0 == .periodic || $0 == .fixed }) else {
                throw words.error(
                    "\(StressControl.names[d]) cannot be changed: the box is shrink-wrapped along \(StressControl.names[axis])")
            }
        }
    }

    /// Lengths are in lattice spacings by default; of a tilt, along the first of its axes.
    private static func scale(_ settings: inout Deform.Settings, _ setup: FixSetup, _ words: Words) throws {
        for d in 0..<6 {
            guard let motion = settings.motions[d] else { continue }
            let s = setup.latticeSpacing[d == 3 ? 1 : d > 3 ? 0 : d]
            settings.motions[d] =
                switch motion {
                case .final(let lo, let hi): .final(lo: lo * s, hi: hi * s)
                case .delta(let lo, let hi): .delta(lo: lo * s, hi: hi * s)
                case .velocity(let v): .velocity(v * s)
                case .wiggle(let amplitude, let period): .wiggle(amplitude: amplitude * s, period: period)
                default: motion
                }
        }
    }
}
