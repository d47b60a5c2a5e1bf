import Deck
import Domain
import Integrators

/// `dump custom`: LAMMPS' text format with columns of one's choice. `dump yaml`: the same as a YAML document a frame.
final class CustomFormat: DumpFormat {
    enum Layout { case text, yaml }

    enum Column {
        case input(AtomInput)
        case element
        case typeLabel

        var isInteger: Bool { if case .input(let input) = self { input.isInteger } else { false } }
    }

    private let layout: Layout
    private var columns: [(name: String, typed: String, column: Column)] = []
    private let observation: Observation
    private var line: [NumberFormat] = []
    private var integer: NumberFormat?
    private var real: NumberFormat?
    private var chosen: [Int: NumberFormat] = [:]
    /// yaml: the present row of the thermo table in each frame.
    private var hasThermo = false

    /// - Throws: `DeckError` at a word that names nothing.
    init(_ words: [Word], _ layout: Layout, _ observation: Observation) throws {
        (self.layout, self.observation) = (layout, observation)
        for word in try expandWildcards(words, perAtom: true, observation) {
            let column: Column
            switch word.text {
            case "element": column = .element
            case "typelabel": column = .typeLabel
            default: column = .input(try AtomInput(word, observation, what: "dump attribute"))
            }
            columns.append((word.text, word.text, column))
        }
    }

    func wants(_ observation: Observation) -> Wanted {
        columns.reduce(hasThermo ? observation.thermo.wants : []) { wanted, entry in
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
        case .defaultColumnNames: for k in columns.indices { columns[k].name = columns[k].typed }
        case .thermo(let flag) where layout == .yaml: hasThermo = flag
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

    func prepare(_ system: System, _ settings: DumpSettings, count: Int) throws {
        for case .typeLabel in columns.map(\.column) {
            guard (1...max(1, system.atoms.typeCount)).allSatisfy({ system.atoms.labels[$0] != nil }) else {
                throw DeckError("typelabel needs a label for every type (labelmap)", at: nil)
            }
        }
    }

    func frame(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> [FrameSection] {
        let names = columns.map(\.name)
        switch layout {
        case .text:
            let head =
                itemHeader(snapshot.system, settings, count: count, writesUnits: settings.writesUnits && isFirst)
                + "ITEM: ATOMS \(names.joined(separator: " "))\n"
            return [FrameSection(head: Array(head.utf8), row: try rows(snapshot, settings, before: "", between: " ", after: "\n"))]
        case .yaml:
            let thermo = hasThermo ? try snapshot.observation.thermo.yaml(snapshot) : ""
            let head = yamlHeader(snapshot.system, settings, count: count, names: names, thermo: thermo)
            return [
                FrameSection(
                    head: Array(head.utf8), row: try rows(snapshot, settings, before: "  - [ ", between: " , ", after: ", ]\n"),
                    tail: Array("...\n".utf8))
            ]
        }
    }

    private func rows(_ snapshot: Snapshot, _ settings: DumpSettings, before: String, between: String, after: String) throws -> FrameRow {
        let system = snapshot.system
        let (before, between, after) = (Array(before.utf8), Array(between.utf8), Array(after.utf8))
        let elements = elementNames(system, settings).map { Array($0.utf8) }
        let labels = system.atoms.labels.dropFirst().map { Array(($0 ?? "").utf8) }
        let isLine = !line.isEmpty
        let general = NumberFormat.table("%g"), plain = NumberFormat.table("%d")
        struct Cell {
            var values: [Double] = []
            /// By type; nil: numbers.
            var names: [[UInt8]]?
            var isInteger = false
            var format: NumberFormat
            var isText = false
        }
        let cells = try columns.enumerated().map { k, entry -> Cell in
            let format =
                chosen[k] ?? (entry.column.isInteger ? integer : real) ?? (isLine ? line[k] : entry.column.isInteger ? plain : general)
            switch entry.column {
            case .element, .typeLabel:
                let own = chosen[k] ?? (isLine ? line[k] : nil)
                let names = if case .element = entry.column { elements } else { labels }
                return Cell(names: names, format: own ?? plain, isText: own == nil)
            case .input(let input):
                return Cell(values: try input.values(snapshot, isGeneral: settings.isGeneral), isInteger: input.isInteger, format: format)
            }
        }
        return { i, text in
            text.append(contentsOf: before)
            for (k, cell) in cells.enumerated() {
                if k > 0 { text.append(contentsOf: between) }
                if let names = cell.names {
                    let name = names[Int(system.atoms.type[i]) - 1]
                    if cell.isText {
                        text.append(contentsOf: name)
                    } else {
                        cell.format.append(String(decoding: name, as: UTF8.self), to: &text)
                    }
                } else if cell.isInteger {
                    cell.format.append(Int(cell.values[i]), to: &text)
                } else {
                    cell.format.append(cell.values[i], to: &text)
                }
            }
            text.append(contentsOf: after)
        }
    }

    func sortKeys(_ number: Int, _ snapshot: Snapshot) throws -> [Double] {
        guard columns.indices.contains(number - 1), case .input(let input) = columns[number - 1].column else {
            throw DeckError("the dump cannot be sorted by column \(number): it has \(columns.count), and names are no numbers", at: nil)
        }
        return try input.values(snapshot)
    }
}

/// `dump atom`: id, type and position (as a fraction of the box, or with `scale no` in length units), with `image yes` the images.
final class AtomFormat: DumpFormat {
    private var scaled = true
    private var image = false
    private var real: NumberFormat?
    private var line: [NumberFormat] = []
    private var names: [Int: String] = [:]

    private var columns: [String] {
        ["id", "type"] + (scaled ? ["xs", "ys", "zs"] : ["x", "y", "z"]) + (image ? ["ix", "iy", "iz"] : [])
    }

    func modify(_ modification: DumpModification) throws -> Bool {
        switch modification {
        case .scale(let flag): (scaled, names) = (flag, [:])
        case .image(let flag): (image, names) = (flag, [:])
        case .realFormat(let other): real = other
        case .lineFormat(let formats): line = formats
        case .noFormats: (real, line) = (nil, [])
        case .columnName(let word, let name): names[try index(word)] = name
        case .defaultColumnNames: names = [:]
        default: return false
        }
        return true
    }

    private func index(_ word: Word) throws -> Int {
        if let index = columns.firstIndex(of: word.text) { return index }
        if let number = Int(word.text) {
            let index = number < 0 ? columns.count + number : number - 1
            if columns.indices.contains(index) { return index }
        }
        throw DeckError.unknown("column", word, known: columns)
    }

    func prepare(_ system: System, _ settings: DumpSettings, count: Int) throws {
        guard line.isEmpty || line.count == columns.count else {
            throw DeckError("format line has \(line.count) formats for \(columns.count) columns", at: nil)
        }
    }

    func frame(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> [FrameSection] {
        let heads = columns.indices.map { names[$0] ?? columns[$0] }
        let head =
            itemHeader(snapshot.system, settings, count: count, writesUnits: settings.writesUnits && isFirst)
            + "ITEM: ATOMS \(heads.joined(separator: " "))\n"
        let cells = try columns.map { AtomInput($0) }.map {
            (isInteger: $0.isInteger, values: try $0.values(snapshot, isGeneral: settings.isGeneral))
        }
        let formats = cells.indices.map { k in
            line.isEmpty ? cells[k].isInteger ? NumberFormat.table("%d") : real ?? .table("%g") : line[k]
        }
        return [
            FrameSection(head: Array(head.utf8)) { i, text in
                for (k, cell) in cells.enumerated() {
                    if k > 0 { text.append(UInt8(ascii: " ")) }
                    if cell.isInteger {
                        formats[k].append(Int(cell.values[i]), to: &text)
                    } else {
                        formats[k].append(cell.values[i], to: &text)
                    }
                }
                text.append(UInt8(ascii: "\n"))
            }
        ]
    }
}

/// A name for each type: as given by `dump_modify element`, else its label, else the element of that mass, else its number.
func elementNames(_ system: System, _ settings: DumpSettings) -> [String] {
    if let elements = settings.elements { return elements }
    let atoms = system.atoms.typeCount
    return (1...max(1, atoms)).map { type in
        guard type <= atoms else { return "1" }
        if let label = system.atoms.labels[type] { return label }
        if system.units.hasMolarMasses, let mass = system.atoms.mass[type], let element = Elements.closest(toMass: mass) { return element }
        return String(type)
    }
}
