import Deck
import Domain
import Integrators

/// `dump custom`: LAMMPS' text format with columns of one's choice.
final class CustomFormat: DumpFormat {
    enum Column {
        case input(AtomInput)
        case element

        var isInteger: Bool { if case .input(let input) = self { input.isInteger } else { false } }
    }

    private var columns: [(name: String, typed: String, column: Column)] = []
    private let observation: Observation
    private var line: [NumberFormat] = []
    private var integer: NumberFormat?
    private var real: NumberFormat?
    private var chosen: [Int: NumberFormat] = [:]

    /// - Throws: `DeckError` at a word that names nothing.
    init(_ words: [Word], _ observation: Observation) throws {
        self.observation = observation
        for word in try expandWildcards(words, perAtom: true, observation) {
            let column: Column = word.text == "element" ? .element : .input(try AtomInput(word, observation, what: "dump attribute"))
            columns.append((word.text, word.text, column))
        }
    }

    func wants(_ observation: Observation) -> Wanted {
        columns.reduce([]) { wanted, entry in
            if case .input(let input) = entry.column { wanted.union(input.wants(observation)) } else { wanted }
        }
    }

    func modify(_ modification: DumpModification) throws -> Bool {
        switch modification {
        case .noFormats: (line, integer, real, chosen) = ([], nil, nil, [:])
        case .lineFormat(let formats):
            guard formats.count == columns.count else {
                throw DeckError("format line has \(formats.count) formats for \(columns.count) columns", at: nil)
            }
            line = formats
        case .integerFormat(let format): integer = format
        case .realFormat(let format): real = format
        case .columnFormat(let word, let format): chosen[try index(word)] = format
        case .columnName(let word, let name): columns[try index(word)].name = name
        default: return false
        }
        return true
    }

    private func index(_ word: Word) throws -> Int {
        if let index = columns.firstIndex(where: { $0.typed == word.text }) { return index }
        if let number = Int(word.text) {
            let index = number < 0 ? columns.count + number : number - 1
            if columns.indices.contains(index) { return index }
            throw DeckError("the dump has columns 1 to \(columns.count)", at: word.location)
        }
        throw DeckError.unknown("column", word, known: columns.map(\.typed))
    }

    func header(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> String {
        return itemHeader(snapshot.system, settings, count: count, writesUnits: settings.writesUnits && isFirst)
            + "ITEM: ATOMS \(columns.map(\.name).joined(separator: " "))\n"
    }

    func rows(_ snapshot: Snapshot, _ settings: DumpSettings) throws -> (Int, inout [UInt8]) -> Void {
        let system = snapshot.system
        let names = elementNames(system, settings).map { Array($0.utf8) }
        let isLine = !line.isEmpty
        let general = NumberFormat.table("%g"), plain = NumberFormat.table("%d")
        struct Cell {
            var values: [Double]?  // nil: the element
            var isInteger: Bool
            var format: NumberFormat
            var isText: Bool
        }
        let cells = try columns.enumerated().map { k, entry -> Cell in
            let format = chosen[k] ?? (entry.column.isInteger ? integer : real) ?? (isLine ? line[k] : entry.column.isInteger ? plain : general)
            switch entry.column {
            case .element:
                let own = chosen[k] ?? (isLine ? line[k] : nil)
                return Cell(values: nil, isInteger: false, format: own ?? plain, isText: own == nil)
            case .input(let input): return Cell(values: try input.values(snapshot), isInteger: input.isInteger, format: format, isText: false)
            }
        }
        return { i, text in
            for (k, cell) in cells.enumerated() {
                if k > 0 { text.append(UInt8(ascii: " ")) }
                guard let values = cell.values else {
                    let name = names[Int(system.atoms.type[i]) - 1]
                    if cell.isText { text.append(contentsOf: name) } else { cell.format.append(String(decoding: name, as: UTF8.self), to: &text) }
                    continue
                }
                if cell.isInteger { cell.format.append(Int(values[i]), to: &text) } else { cell.format.append(values[i], to: &text) }
            }
            text.append(UInt8(ascii: "\n"))
        }
    }

    func sortKeys(_ number: Int, _ snapshot: Snapshot) throws -> [Double] {
        guard columns.indices.contains(number - 1), case .input(let input) = columns[number - 1].column else {
            throw DeckError("the dump cannot be sorted by column \(number): it has \(columns.count), and the element is no number", at: nil)
        }
        return try input.values(snapshot)
    }
}

/// `dump atom`: id, type and position (as a fraction of the box, or with `scale no` in length units), with `image yes` the images.
final class AtomFormat: DumpFormat {
    private var scaled = true
    private var image = false
    private var format: NumberFormat?

    func modify(_ modification: DumpModification) throws -> Bool {
        switch modification {
        case .scale(let flag): scaled = flag
        case .image(let flag): image = flag
        case .realFormat(let other): format = other
        case .noFormats: format = nil
        default: return false
        }
        return true
    }

    func header(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> String {
        return itemHeader(snapshot.system, settings, count: count, writesUnits: settings.writesUnits && isFirst)
            + "ITEM: ATOMS id type \(scaled ? "xs ys zs" : "x y z")\(image ? " ix iy iz" : "")\n"
    }

    func rows(_ snapshot: Snapshot, _ settings: DumpSettings) throws -> (Int, inout [UInt8]) -> Void {
        let system = snapshot.system
        let axes = try (scaled ? ["xs", "ys", "zs"] : ["x", "y", "z"]).map { try AtomInput($0).values(snapshot) }
        let real = format ?? .table("%g"), integer = NumberFormat.table("%d")
        return { [image] i, text in
            integer.append(Int(system.atoms.id[i]), to: &text)
            text.append(UInt8(ascii: " "))
            integer.append(Int(system.atoms.type[i]), to: &text)
            for x in axes {
                text.append(UInt8(ascii: " "))
                real.append(x[i], to: &text)
            }
            if image {
                for d in 0..<3 {
                    text.append(UInt8(ascii: " "))
                    integer.append(Int(system.atoms.image[i][d]), to: &text)
                }
            }
            text.append(UInt8(ascii: "\n"))
        }
    }
}

/// The ITEM lines of a LAMMPS text frame up to the box.
func itemHeader(_ system: System, _ settings: DumpSettings, count: Int, writesUnits: Bool) -> String {
    var text = ""
    if writesUnits { text += "ITEM: UNITS\n\(system.units.name.rawValue)\n" }
    if settings.writesTime { text += "ITEM: TIME\n\(NumberFormat.table("%.16g").string(system.time))\n" }
    text += "ITEM: TIMESTEP\n\(system.step)\nITEM: NUMBER OF ATOMS\n\(count)\n"
    let box = system.box
    let faces = box.boundary.map { String([$0.0.rawValue, $0.1.rawValue]) }.joined(separator: " ")
    let e = NumberFormat.table("%.16e")
    var lo = box.lo, hi = box.hi
    guard box.isTriclinic else {
        text += "ITEM: BOX BOUNDS \(faces)\n"
        for d in 0..<3 { text += "\(e.string(lo[d])) \(e.string(hi[d]))\n" }
        return text
    }
    // The smallest upright box around the cell, as LAMMPS writes it.
    lo.x = min(min(lo.x, lo.x + box.xy), min(lo.x + box.xz, lo.x + box.xy + box.xz))
    hi.x = max(max(hi.x, hi.x + box.xy), max(hi.x + box.xz, hi.x + box.xy + box.xz))
    lo.y = min(lo.y, lo.y + box.yz)
    hi.y = max(hi.y, hi.y + box.yz)
    text += "ITEM: BOX BOUNDS xy xz yz \(faces)\n"
    for (d, tilt) in [box.xy, box.xz, box.yz].enumerated() { text += "\(e.string(lo[d])) \(e.string(hi[d])) \(e.string(tilt))\n" }
    return text
}

/// A name for each type: as given by `dump_modify element`, else its label, else the element of that mass, else its number.
func elementNames(_ system: System, _ settings: DumpSettings) -> [String] {
    if let elements = settings.elements { return elements }
    let atoms = system.atoms.typeCount
    return (1...max(1, atoms)).map { type in
        guard type <= atoms else { return "1" }
        if let label = system.atoms.labels[type] { return label }
        if system.units.name != .lj, let mass = system.atoms.mass[type], let element = Elements.closest(toMass: mass) { return element }
        return String(type)
    }
}
