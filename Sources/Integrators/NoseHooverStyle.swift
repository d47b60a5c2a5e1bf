import Deck
import Domain

/// The words of `fix nvt`, `fix npt` and `fix nph`.
extension FixStyle {
    static let nvt = FixStyle("nvt", usage: "fix ID GROUP nvt temp TSTART TSTOP TDAMP [tchain N] [tloop N] [drag D]") { words, setup in
        try noseHoover("nvt", &words, setup)
    }

    static let nvtSllod = FixStyle(
        "nvt/sllod",
        usage:
            "fix ID GROUP nvt/sllod temp TSTART TSTOP TDAMP [psllod yes|no] [tchain N] [tloop N] [drag D]   (needs fix deform with remap v)"
    ) { words, setup in try noseHoover("nvt/sllod", &words, setup) }

    static let npt = FixStyle(
        "npt",
        usage: """
            fix ID GROUP npt temp TSTART TSTOP TDAMP iso|aniso|tri|x|y|z|yz|xz|xy PSTART PSTOP PDAMP ... [couple none|xyz|xy|yz|xz]
                [tchain N] [pchain N] [mtk yes|no] [tloop N] [ploop N] [nreset N] [drag D] [dilate GROUP] [flip yes|no]
                [scalexy yes|no] [scalexz yes|no] [scaleyz yes|no] [fixedpoint X Y Z]
            """
    ) { words, setup in try noseHoover("npt", &words, setup) }

    static let nph = FixStyle(
        "nph", usage: "fix ID GROUP nph iso|aniso|tri|x|y|z|yz|xz|xy PSTART PSTOP PDAMP ... [ptemp T]   (and the words of npt, but temp)"
    ) { words, setup in try noseHoover("nph", &words, setup) }

    private static let thermostatWords = ["temp", "tchain", "tloop", "drag"]
    private static let barostatWords =
        StressControl.keywords + ["pchain", "mtk", "ploop", "nreset", "dilate", "flip", "fixedpoint", "ptemp"]

    private static func noseHoover(_ style: String, _ words: inout Words, _ setup: FixSetup) throws -> NoseHoover {
        let box = setup.system.box
        var settings = NoseHoover.Settings(box)
        words.context = "fix \(style)"
        let isSheared = style == "nvt/sllod"
        if isSheared { (settings.shear, settings.chain) = (.sllod, 1) }
        let known = thermostatWords + (isSheared ? ["psllod"] : barostatWords)
        while let word = words.peek {
            let keyword = try words.choice("a keyword of fix \(style)", known.map { ($0, $0) })
            if style == "nvt" && barostatWords.contains(keyword) {
                throw words.error("fix nvt leaves the box alone; '\(keyword)' belongs to fix npt and nph", at: word)
            }
            if style == "nph" && keyword == "temp" { throw words.error("fix nph has no thermostat; 'temp' belongs to fix npt", at: word) }
            if keyword == "psllod" {
                settings.shear = try words.flag("yes or no") ? .pSllod : .sllod
            } else if StressControl.keywords.contains(keyword) {
                try settings.stress.read(keyword, &words, .ramp)
            } else {
                try read(keyword, &words, &settings, setup)
            }
        }
        if style != "nph" && settings.temperature == nil { throw words.error("fix \(style) needs: temp TSTART TSTOP TDAMP") }
        if !["nvt", "nvt/sllod"].contains(style) {
            guard settings.stress.isActive else {
                throw words.error("fix \(style) needs a pressure: iso, aniso, tri, x, y, z, yz, xz or xy")
            }
            if let problem = settings.stress.problem(box) { throw words.error("fix \(style): \(problem)") }
        } else {
            settings.stress.scales = [Bool](repeating: false, count: 6)
        }
        if settings.temperature != nil && settings.massTemperature != nil {
            throw words.error("ptemp is for fix nph: npt has a temperature")
        }
        return NoseHoover(id: setup.id, style: style, group: setup.group, settings: settings)
    }

    private static func read(_ keyword: String, _ words: inout Words, _ settings: inout NoseHoover.Settings, _ setup: FixSetup) throws {
        switch keyword {
        case "temp":
            let start = try words.positiveDouble("the temperature at the start")
            let stop = try words.positiveDouble("the temperature at the end")
            settings.temperature = (start, stop, try words.positiveDouble("the damping time"))
        case "tchain": settings.chain = try words.positiveInt("the chain's length")
        case "pchain": settings.pressureChain = try words.nonNegativeInt("the length of the barostat's chain")
        case "tloop": settings.loops = try words.positiveInt("the number of chain loops")
        case "ploop": settings.pressureLoops = try words.positiveInt("the number of the barostat's chain loops")
        case "mtk": settings.hasMTKTerms = try words.flag("yes or no")
        case "nreset": settings.resetEvery = try words.nonNegativeInt("the steps between renewals of the reference cell, 0 for none")
        case "drag": settings.drag = try words.double("the drag factor", in: 0.0...)
        case "flip": settings.flips = try words.flag("yes or no")
        case "ptemp": settings.massTemperature = try words.positiveDouble("the temperature of the barostat's masses")
        case "dilate":
            let word = try words.word("a group")
            guard let group = setup.system.groups[word.text] else {
                throw DeckError.unknown("group", word, known: setup.system.groups.names)
            }
            settings.dilated = group
        default:
            let x = try words.double("x of the fixed point"), y = try words.double("y of the fixed point")
            settings.fixedPoint = Vector(x, y, try words.double("z of the fixed point"), 0)
        }
    }
}
