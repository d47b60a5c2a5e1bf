import Deck
import Domain
import Integrators

/// The words of `compute chunk/atom`.
extension ChunkCompute {
    public static let entry = ComputeStyle(
        "chunk/atom",
        usage: """
            compute ID GROUP chunk/atom STYLE [region ID] [nchunk once|every] [limit N max|exact] [ids once|nfreq|every] [compress yes|no]
                [discard yes|no|mixed] [bound x|y|z lower|LO upper|HI] [pbc yes|no] [units lattice|box|reduced]
            STYLE: bin/1d AXIS ORIGIN WIDTH; bin/2d and bin/3d: two and three of these   (ORIGIN: lower, center, upper or a coordinate)
                bin/sphere X Y Z RMIN RMAX N; bin/cylinder AXIS ORIGIN WIDTH C1 C2 RMIN RMAX N; type; molecule; c_ID, c_ID[i], f_ID, f_ID[i], v_NAME
            """,
        help: "puts atoms into chunks: number of each atom's chunk, 0 for none"
    ) { id, group, words, observation in
        let system = try observation.requireSystem()
        var settings = try source(&words, system, observation)
        var bins = settings.bins
        var keepsOut: ChunkBins.Discard?
        var isPeriodic = false
        var unit = ChunkBins.Unit.lattice
        var bounds: [(low: Double?, high: Double?)] = [(nil, nil), (nil, nil), (nil, nil)]
        let keywords = ["region", "nchunk", "limit", "ids", "compress", "discard", "bound", "pbc", "units"]
        while let word = words.peek {
            switch try words.choice("a keyword of compute chunk/atom", keywords.map { ($0, $0) }) {
            case "region": settings.region = try observation.requireHost().region(words.word("a region"))
            case "nchunk": settings.count = try words.choice("once or every", [("once", .once), ("every", .every)])
            case "limit":
                settings.limit.number = try words.nonNegativeInt("the largest number of chunks, 0 for any")
                guard settings.limit.number > 0 else { continue }
                settings.limit.comesFirst = !settings.compresses
                settings.limit.isExact = try words.choice("max or exact", [("max", false), ("exact", true)])
            case "ids":
                settings.ids = try words.choice("once, nfreq or every", [("once", .once), ("nfreq", .frequency), ("every", .every)])
            case "compress": settings.compresses = try words.flag("yes or no")
            case "discard":
                keepsOut = try words.choice("yes, no or mixed", [("yes", .yes), ("no", .no), ("mixed", .mixed)])
                if keepsOut == .mixed && bins == nil { throw words.error("discard mixed is for bins") }
            case "bound":
                let d = try words.choice("an axis", [("x", 0), ("y", 1), ("z", 2)])
                bounds[d].low = words.optional("lower") ? nil : try words.double("the lower bound, or lower")
                bounds[d].high = words.optional("upper") ? nil : try words.double("the upper bound, or upper")
            case "pbc": isPeriodic = try words.flag("yes or no")
            default:
                unit = try words.choice("lattice, box or reduced", [("lattice", .lattice), ("box", .box), ("reduced", .reduced)])
                if unit == .lattice, try observation.requireHost().latticeSpacing == nil {
                    throw words.error("there is no lattice yet", at: word)
                }
            }
        }
        settings.discards = keepsOut != .no
        if bins != nil {
            if system.box.isTriclinic, unit != .reduced { throw words.error("bins in a triclinic box need: units reduced") }
            bins!.discard = keepsOut ?? .mixed
            (bins!.isPeriodic, bins!.unit, bins!.bounds) = (isPeriodic, unit, bounds)
            if unit == .lattice, let spacing = try observation.requireHost().latticeSpacing {
                bins!.multiply(by: Vector(spacing.x, spacing.y, spacing.z, 0))
            }
            settings.bins = bins
        }
        return try ChunkCompute(id: id, group: group, settings, observation)
    }

    private static func source(_ words: inout Words, _ system: System, _ observation: Observation) throws -> Settings {
        let known = ["bin/1d", "bin/2d", "bin/3d", "bin/sphere", "bin/cylinder", "type", "molecule"]
        if let word = words.peek, ["c_", "f_", "v_"].contains(where: { word.text.hasPrefix($0) }) {
            let input = try AtomInput(words.word("values of atoms"), observation, what: "chunk style")
            return Settings(source: .values(input))
        }
        let word = words.peek
        switch try words.choice("a chunk style", known.map { ($0, $0) }) {
        case "type": return Settings(source: .type)
        case "molecule":
            guard system.atoms.style.hasMolecule else {
                throw DeckError("chunks by molecule: atom_style \(system.atoms.style.rawValue) has no molecules", at: word?.location)
            }
            return Settings(source: .molecule)
        case "bin/1d": return try grid(1, &words, system)
        case "bin/2d": return try grid(2, &words, system)
        case "bin/3d": return try grid(3, &words, system)
        case "bin/sphere":
            var centre = Vector.zero
            for d in 0..<3 { centre[d] = try words.double("the centre along \(["x", "y", "z"][d])") }
            return Settings(source: .bins, bins: ChunkBins([], .sphere(centre: centre, try radii(&words)), .lattice))
        default:
            let direction = try direction(&words, system)
            let across = [(1, 2), (0, 2), (0, 1)][direction.axis]
            if system.box.dimension == 2 && direction.axis != 2 { throw words.error("in two dimensions a cylinder's axis is z") }
            var centre = Vector.zero
            centre[across.0] = try words.double("the first coordinate of the axis")
            centre[across.1] = try words.double("the second coordinate of the axis")
            return Settings(
                source: .bins, bins: ChunkBins([direction], .cylinder(across: across, centre: centre, try radii(&words)), .lattice))
        }
    }

    private static func grid(_ number: Int, _ words: inout Words, _ system: System) throws -> Settings {
        var directions: [ChunkBins.Direction] = []
        for _ in 0..<number {
            let word = words.peek
            let next = try direction(&words, system)
            if next.axis == 2 && system.box.dimension == 2 { throw DeckError("no bins along z in two dimensions", at: word?.location) }
            if directions.contains(where: { $0.axis == next.axis }) { throw DeckError("each axis once", at: word?.location) }
            directions.append(next)
        }
        return Settings(source: .bins, bins: ChunkBins(directions, .grid, .lattice))
    }

    private static func direction(_ words: inout Words, _ system: System) throws -> ChunkBins.Direction {
        let axis = try words.choice("an axis", [("x", 0), ("y", 1), ("z", 2)])
        let origin: ChunkBins.Origin
        if words.optional("lower") {
            origin = .lower
        } else if words.optional("center") {
            origin = .centre
        } else if words.optional("upper") {
            origin = .upper
        } else {
            origin = .at(try words.double("the origin: lower, center, upper or a coordinate"))
        }
        return .init(axis: axis, origin: origin, width: try words.positiveDouble("the bins' width"))
    }

    private static func radii(_ words: inout Words) throws -> ChunkBins.Radii {
        let least = try words.nonNegativeDouble("the smallest radius")
        let most = try words.double("the largest radius")
        guard most > least else { throw words.error("the largest radius must be larger than the smallest") }
        return .init(least: least, most: most, number: try words.positiveInt("the number of bins"))
    }
}

extension ChunkBins {
    /// From lattice spacings to lengths. A sphere's radii go by x; a cylinder's, and where it stands across its axis, stay as they are:
    /// LAMMPS does not scale them.
    mutating func multiply(by spacing: Vector) {
        for m in directions.indices {
            let d = directions[m].axis
            directions[m].width *= spacing[d]
            if case .at(let place) = directions[m].origin { directions[m].origin = .at(place * spacing[d]) }
            bounds[d].low = bounds[d].low.map { $0 * spacing[d] }
            bounds[d].high = bounds[d].high.map { $0 * spacing[d] }
        }
        guard case .sphere(let centre, let radii) = shape else { return }
        let scaled = Radii(least: radii.least * spacing.x, most: radii.most * spacing.x, number: radii.number)
        shape = .sphere(centre: centre * spacing, scaled)
    }
}
