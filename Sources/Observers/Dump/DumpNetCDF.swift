import Deck
import Domain
import Integrators

/// `dump netcdf`: AMBER's convention (AMBER NetCDF Trajectory Convention 1.0) in a classic file with 64-bit offsets, sorted by id.
///
/// Attributes are those of dump custom; x y z become `coordinates`, vx.. `velocities`, fx.. `forces`, xs.. `scaled_coordinates`, xu..
/// `unwrapped_coordinates`, as in LAMMPS. For units metal and real the file is in AMBER's units (ps, Angstrom, Angstrom/ps,
/// kcal/mol/Angstrom), which readers expect; other columns keep the deck's units. Reals are single precision unless
/// `dump_modify double yes`. The number of atoms is fixed.
final class NetCDFFormat: DumpFormat {
    private struct Variable {
        var name: String
        var inputs: [AtomInput]
        /// nil: the deck's units.
        var quantity: Quantity?
        var isInteger: Bool { inputs[0].isInteger }
    }
    private enum Quantity { case distance, velocity, force }

    private var variables: [Variable] = []
    private var isDouble = false
    private var file: NetCDFClassic?
    private var count = 0

    private static let vectors: [(names: [String], name: String, quantity: Quantity?)] = [
        (["x", "y", "z"], "coordinates", .distance), (["xu", "yu", "zu"], "unwrapped_coordinates", .distance),
        (["xs", "ys", "zs"], "scaled_coordinates", nil), (["xsu", "ysu", "zsu"], "scaled_unwrapped_coordinates", nil),
        (["vx", "vy", "vz"], "velocities", .velocity), (["fx", "fy", "fz"], "forces", .force),
        (["ix", "iy", "iz"], "images", nil),
    ]

    /// - Throws: `DeckError` at a word that names nothing, or half a vector.
    init(_ words: [Word], _ observation: Observation) throws {
        let words = try expandWildcards(words, perAtom: true, observation)
        for word in words {
            if word.text == "element" || word.text == "typelabel" {
                throw DeckError("a netcdf file holds numbers only; type is one", at: word.location)
            }
            let input = try AtomInput(word, observation, what: "dump attribute")
            if let vector = Self.vectors.first(where: { $0.names.contains(word.text) }) {
                let missing = vector.names.filter { name in !words.contains { $0.text == name } }
                guard missing.isEmpty else {
                    throw DeckError("\(vector.name) needs \(missing.joined(separator: " and ")) too", at: word.location)
                }
                if word.text == vector.names[0] {
                    variables.append(Variable(name: vector.name, inputs: vector.names.map { AtomInput($0) }, quantity: vector.quantity))
                }
                continue
            }
            // Columns of one compute or fix are one variable.
            let name = String(word.text.prefix { $0 != "[" })
            if name != word.text, let known = variables.firstIndex(where: { $0.name == name }) {
                variables[known].inputs.append(input)
            } else {
                variables.append(Variable(name: name, inputs: [input]))
            }
        }
        for (k, variable) in variables.enumerated() where variables[..<k].contains(where: { $0.name == variable.name }) {
            throw DeckError("the dump has '\(variable.name)' twice", at: words.first?.location)
        }
    }

    var isBinary: Bool { true }
    var headLength: Int { file?.head(records: 0).count ?? 0 }

    func wants(_ observation: Observation) -> Wanted {
        variables.flatMap(\.inputs).reduce([]) { $0.union($1.wants(observation)) }
    }

    func modify(_ modification: DumpModification) throws -> Bool {
        guard case .doublePrecision(let flag) = modification else { return false }
        guard file == nil else { throw DeckError("double must be set before the dump's first frame", at: nil) }
        isDouble = flag
        return true
    }

    func prepare(_ system: System, _ settings: DumpSettings, count: Int) throws {
        guard file == nil else { return }
        self.count = count
        let layout = layout(system.units, count)
        guard layout.variables.allSatisfy({ layout.size($0) < 1 << 32 - 4 }) else {
            throw DeckError("the classic netCDF format holds at most 4 GiB of one quantity a frame", at: nil)
        }
        file = layout
    }

    private func layout(_ units: Units, _ count: Int) -> NetCDFClassic {
        let isAmber = units.name != .lj
        func unit(_ amber: String, _ lj: String) -> [(String, NetCDFClassic.Attribute)] { [("units", .text(isAmber ? amber : lj))] }
        let real: NetCDFClassic.Kind = isDouble ? .double : .float
        var file = NetCDFClassic()
        file.dimensions = [("frame", 0), ("atom", count), ("spatial", 3), ("cell_spatial", 3), ("cell_angular", 3), ("label", 5)]
        file.attributes = [
            ("title", .text("mdrun, units \(units.name.rawValue)")), ("application", .text("mdrun")), ("program", .text("mdrun")),
            ("programVersion", .text("1")), ("Conventions", .text("AMBER")), ("ConventionVersion", .text("1.0")),
        ]
        file.variables = [
            .init(name: "spatial", kind: .character, dimensions: [2], values: Array("xyz".utf8)),
            .init(name: "cell_spatial", kind: .character, dimensions: [3], values: Array("abc".utf8)),
            .init(name: "cell_angular", kind: .character, dimensions: [4, 5], values: Array("alphabeta gamma".utf8)),
            .init(name: "time", kind: real, dimensions: [0], attributes: unit("picosecond", "tau")),
            .init(name: "cell_origin", kind: real, dimensions: [0, 3], attributes: unit("angstrom", "sigma")),
            .init(name: "cell_lengths", kind: .double, dimensions: [0, 3], attributes: unit("angstrom", "sigma")),
            .init(name: "cell_angles", kind: .double, dimensions: [0, 4], attributes: [("units", .text("degree"))]),
            .init(name: "step", kind: .int, dimensions: [0]),
        ]
        for variable in variables {
            var dimensions = [0, 1]
            if variable.inputs.count == 3 {
                dimensions.append(2)
            } else if variable.inputs.count > 1 {
                let name = variable.inputs.count == 6 ? "Voigt" : "vec\(variable.inputs.count)"
                if let known = file.dimensions.firstIndex(where: { $0.name == name }) {
                    dimensions.append(known)
                } else {
                    dimensions.append(file.dimensions.count)
                    file.dimensions.append((name, variable.inputs.count))
                }
            }
            let attributes: [(String, NetCDFClassic.Attribute)]
            switch variable.quantity {
            case .distance: attributes = unit("angstrom", "sigma")
            case .velocity: attributes = unit("angstrom/picosecond", "sigma/tau")
            case .force: attributes = unit("kilocalorie/mole/angstrom", "epsilon/sigma")
            case nil: attributes = []
            }
            file.variables.append(
                .init(name: variable.name, kind: variable.isInteger ? .int : real, dimensions: dimensions, attributes: attributes))
        }
        return file
    }

    func frame(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> [FrameSection] {
        guard let file, count == self.count else {
            throw DeckError("dump netcdf began with \(self.count) atoms and cannot go on with \(count)", at: nil)
        }
        let system = snapshot.system, box = system.box
        guard system.step <= Int(Int32.max), system.atoms.total <= Int(Int32.max) else {
            throw DeckError("the classic netCDF format counts up to 2^31 - 1", at: nil)
        }
        let picosecond = system.units.picosecond ?? 1, angstrom = system.units.angstrom ?? 1
        var head = isFirst ? file.head(records: 0) : []
        put(system.time / picosecond, isDouble, &head)
        for d in 0..<3 { put(box.lo[d] / angstrom, isDouble, &head) }
        for edge in [box.a, box.b, box.c] { put(edge.dot(edge).squareRoot() / angstrom, true, &head) }
        for (u, v) in [(box.b, box.c), (box.a, box.c), (box.a, box.b)] { put(box.angle(u, v), true, &head) }
        head.putBig(Int32(system.step))
        var sections = try variables.map { try section($0, snapshot) }
        if sections.isEmpty { sections = [FrameSection()] }
        sections[0].head = head
        return sections
    }

    private func section(_ variable: Variable, _ snapshot: Snapshot) throws -> FrameSection {
        let units = snapshot.system.units
        // kcal/mol in eV: LAMMPS' metal <-> real conversion.
        let kilocalorie = (units.electronvolt ?? 1) / 23.060549
        let scale: Double
        switch variable.quantity {
        case .distance: scale = 1 / (units.angstrom ?? 1)
        case .velocity: scale = (units.picosecond ?? 1) / (units.angstrom ?? 1)
        case .force: scale = units.electronvolt == nil || units.name == .real ? 1 : (units.angstrom ?? 1) / kilocalorie
        case nil: scale = 1
        }
        let columns = try variable.inputs.map { try $0.values(snapshot) }
        if variable.isInteger {
            return FrameSection(row: { i, bytes in for x in columns { bytes.putBig(Int32(clamping: Int(x[i]))) } })
        }
        return FrameSection(row: { [isDouble] i, bytes in for x in columns { put(x[i] * scale, isDouble, &bytes) } })
    }

    func patches(frames: Int, step: Int) -> [(offset: Int, bytes: [UInt8])] {
        [(NetCDFClassic.recordCountOffset, NetCDFClassic.recordCount(frames))]
    }

    func continuation(of head: [UInt8], size: Int) throws -> (frames: Int, end: Int) {
        guard let file else { return (0, 0) }
        var own = file.head(records: 0), there = head
        let at = NetCDFClassic.recordCountOffset
        guard there.count == own.count else { throw DeckError("it is no netCDF file with the same columns", at: nil) }
        let records = there[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
        own.replaceSubrange(at..<at + 4, with: [0, 0, 0, 0])
        there.replaceSubrange(at..<at + 4, with: [0, 0, 0, 0])
        guard own == there else { throw DeckError("it has other columns, atoms or units", at: nil) }
        let frames = min(records, (size - own.count) / max(1, file.recordSize))
        return (frames, own.count + frames * file.recordSize)
    }
}

private func put(_ x: Double, _ isDouble: Bool, _ bytes: inout [UInt8]) {
    if isDouble { bytes.putBig(x.bitPattern) } else { bytes.putBig(Float(x).bitPattern) }
}
