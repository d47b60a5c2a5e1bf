import Deck
import Domain
import Integrators

/// The thermo table: columns of numbers every few steps, at the first and at the last step of a run, in LAMMPS' format.
public final class Thermo: Observer {
    unowned let observation: Observation
    public var schedule = Schedule(.never)
    public private(set) var columns: [ThermoColumn] = []
    /// Whether the deck chose the columns itself.
    private var isCustom = false
    private var styleLocation: SourceLocation?
    private var layout = ThermoLayout.one
    private var norm: Bool?
    private var lost = LostAtoms.error
    private var formats = ThermoFormats()
    private var names: [Int: String] = [:]
    /// Edges of a general triclinic box as they were given.
    private(set) var isGeneral = false
    public private(set) var temperatureID = Observation.temperatureID
    public private(set) var pressureID = Observation.pressureID

    let clock = WallClock()
    /// The conserved quantity at the rows of this run.
    public private(set) var drift = Drift()
    private var isTableOpen = false
    /// Tables so far.
    private var runs = 0
    private weak var simulation: Simulation?
    private var rowColumns: [ThermoColumn] = []

    private static let one = ["step", "temp", "epair", "emol", "etotal", "press"]
    private static let multi = ["etotal", "ke", "temp", "pe", "ebond", "eangle", "edihed", "eimp", "evdwl", "ecoul", "elong", "press"]
    private static let yaml = ["step", "temp", "ke", "pe", "ebond", "eangle", "edihed", "eimp", "evdwl", "ecoul", "elong", "press"]

    init(_ observation: Observation) {
        self.observation = observation
        columns = Self.one.map { ThermoColumn($0) }
    }

    var knowsGeneralBox: Bool { observation.host?.watchedSystem?.box.rotation != nil }

    // MARK: - Settings

    /// `thermo_style`: new columns, everything else back to its default.
    /// - Throws: `DeckError` at a word that names nothing.
    public func setStyle(_ style: ThermoLayout, columns words: [Word]?, at location: SourceLocation?) throws {
        let chosen = try words.map { try expandWildcards($0, perAtom: false, observation).map { try ThermoColumn($0, observation) } }
        let usual = style == .one ? Self.one : style == .multi ? Self.multi : Self.yaml
        columns = chosen ?? usual.map { ThermoColumn($0) }
        (isCustom, styleLocation, layout) = (words != nil, location, style)
        (norm, lost, formats, names, isGeneral) = (nil, .error, ThermoFormats(), [:], false)
        (temperatureID, pressureID) = (Observation.temperatureID, Observation.pressureID)
    }

    /// `thermo_modify`.
    /// - Throws: `DeckError` at the word that does not fit.
    public func modify(_ modification: ThermoModification) throws {
        switch modification {
        case .norm(let flag): norm = flag
        case .lost(let action): lost = action
        case .layout(let layout): self.layout = layout
        case .noFormats: formats = ThermoFormats()
        case .lineFormat(let line):
            guard line.count >= columns.count else {
                throw DeckError("format line has \(line.count) formats for \(columns.count) columns", at: nil)
            }
            formats.line = line
        case .integerFormat(let format): formats.integer = format
        case .realFormat(let format): formats.real = format
        case .columnFormat(let range, let format): for column in range { formats.columns[column] = format }
        case .columnName(let column, let name): names[column] = name
        case .defaultColumnNames: names = [:]
        case .general(let flag): isGeneral = flag
        case .warnings(let limit): try observation.requireHost().sink.limitWarnings(limit)
        case .temperature(let word):
            guard try observation.requireCompute(word) is TemperatureCompute else {
                throw DeckError("compute '\(word.text)' is no temperature", at: word.location)
            }
            temperatureID = word.text
            // The pressure in use takes its kinetic part from the same temperature.
            (observation.compute(pressureID) as? PressureCompute)?.temperatureID = word.text
        case .pressure(let word):
            guard try observation.requireCompute(word) is PressureCompute else {
                throw DeckError("compute '\(word.text)' is no pressure", at: word.location)
            }
            pressureID = word.text
        }
    }

    /// A column's index from a word: its number from 1 (or from the end, -1), or its keyword.
    func column(_ word: Word) throws -> Int {
        if let index = columns.firstIndex(where: { $0.name == word.text }) { return index }
        if let number = Int(word.text) {
            let index = number < 0 ? columns.count + number : number - 1
            if columns.indices.contains(index) { return index }
            throw DeckError("the table has columns 1 to \(columns.count)", at: word.location)
        }
        throw DeckError.unknown("column", word, known: columns.map(\.name))
    }

    public func normalises(_ units: Units) -> Bool { norm ?? (units.name == .lj) }

    /// The value of a keyword now, for formulas; nil if there is none of that name. Collective.
    public func value(of name: String, _ snapshot: Snapshot) throws -> Double? {
        guard let keyword = ThermoKeyword.byName[name] else { return nil }
        return try keyword.value(ThermoMoment(snapshot: snapshot, thermo: self, atoms: snapshot.system.atoms.total))
    }

    // MARK: - Observer

    public func nextStep(after step: Int) -> Int? { schedule.next(after: step) }
    public func looksAtEnd(of run: Run) -> Bool { true }

    public var wants: Wanted {
        // Energy for the drift line; a potential without energy is not asked for it.
        let rows = columns.reduce(Wanted.energy) { $0.union($1.wants(observation)) }
        // After a run formulas may ask for any compute.
        guard let simulation, simulation.system.step == simulation.current.last else { return rows }
        return rows.union(observation.wantsOfAll)
    }

    public func prepare(_ simulation: Simulation, _ run: Run) throws {
        try observation.prepareComputes(simulation, run)
        self.simulation = simulation
        for column in columns {
            // A variable may name what the potential lacks without using it at every step; it then fails by itself.
            if case .variable = column.source { continue }
            if case .reference(let reference) = column.source, reference.kind == .compute {
                _ = try observation.requireCompute(reference.id, at: column.location)
            }
            let hint = isCustom ? "" : "; choose columns with thermo_style custom"
            try observation.checkCapabilities(
                column.wants(observation), of: "thermo column '\(column.name)'", simulation.potential,
                at: column.location ?? styleLocation, hint: hint)
        }
        rowColumns = columns
        // As in LAMMPS, to which new planes between ranks are a change of the box too.
        let changes = simulation.system.box.hasShrinkWrap || simulation.fixes.contains { $0.changesBox || $0.balances }
        if !isCustom && changes { rowColumns.append(ThermoColumn("vol")) }
        if let host = observation.host { try schedule.advance(after: run.first, isSetUp: true, host) }
        drift = Drift()
        isTableOpen = false
    }

    public func observe(_ simulation: Simulation, _ run: Run) throws {
        let sink = try observation.requireHost().sink
        let snapshot = observation.open(simulation, run)
        if !isTableOpen {
            clock.begin()
            simulation.potential.resetTimings()
            if run.isSetUp { sink.write(RunReport.memoryLine(simulation.system.communicator)) }
            sink.write(header())
            sink.beginTable()
            isTableOpen = true
            runs += 1
        }
        let moment = ThermoMoment(snapshot: snapshot, thermo: self, atoms: try countAtoms(snapshot.system, sink))
        let values = try rowColumns.map { try $0.value(moment) }
        sink.write(row(values, moment))
        sink.record(json(values))
        if simulation.potential.capabilities.contains(.energy) {
            let energy = try snapshot.scalar(Observation.energyID) + moment.kineticEnergy()
            drift.add(
                time: snapshot.system.time,
                energy: energy + snapshot.fixes.reduce(0) { $0 + $1.conservedEnergy + $1.conservedEnergyCorrection })
        }
        clock.leaveFirstRow()
        if let host = observation.host { try schedule.advance(after: snapshot.system.step, host) }
    }

    public func finish(_ simulation: Simulation, _ run: Run) throws {
        let sink = try observation.requireHost().sink
        if isTableOpen {
            if layout == .yaml { sink.write("...\n") }
            sink.endTable()
        }
        isTableOpen = false
        observation.close()
    }

    /// Number of atoms now, checked against what the run began with.
    private func countAtoms(_ system: System, _ sink: any TextSink) throws -> Int {
        let now = system.communicator.sum(system.atoms.owned)
        guard now != system.atoms.total, lost != .ignore else { return now }
        let message = "Lost atoms: original \(system.atoms.total) current \(now)"
        if lost == .error {
            throw SimulationError("step \(system.step): \(message)", breakdown: Breakdown(rule: "lost", atoms: [], message: message))
        }
        sink.warn(message)
        system.atoms.total = now
        return now
    }

    // MARK: - Text

    /// The present row as `dump yaml` has it. Collective.
    func yaml(_ snapshot: Snapshot) throws -> String {
        let moment = ThermoMoment(snapshot: snapshot, thermo: self, atoms: snapshot.system.communicator.sum(snapshot.system.atoms.owned))
        let columns = rowColumns.isEmpty ? self.columns : rowColumns
        let heads = columns.indices.map { (names[$0] ?? columns[$0].header) + ", " }.joined()
        let values = try columns.map { shortest(try $0.value(moment)) + ", " }.joined()
        return "thermo:\n  - keywords: [ \(heads)]\n  - data: [ \(values)]\n"
    }

    private func name(_ column: Int) -> String { names[column] ?? rowColumns[column].header }

    private func header() -> String {
        switch layout {
        case .multi: return ""
        case .yaml:
            return "---\nkeywords: [" + rowColumns.indices.map { "'\(name($0))', " }.joined() + "]\ndata:\n"
        case .one:
            let heads = rowColumns.indices.map { centred(name($0), width: rowColumns[$0].isInteger ? 11 : 14) }
            return heads.joined(separator: " ") + "\n"
        }
    }

    private func row(_ values: [Double], _ moment: ThermoMoment) -> String {
        var line: [UInt8] = []
        if layout == .multi {
            line += Array(
                ("------------ Step " + RunReport.right(String(moment.system.step), 14) + " ----- CPU = "
                    + NumberFormat.table("%12.7g").string(clock.elapsed) + " (sec) -------------").utf8)
        }
        for (k, column) in rowColumns.enumerated() {
            let format = formats.format(k, isInteger: column.isInteger, layout)
            let value = values[k]
            switch layout {
            case .one: if k > 0 { line.append(UInt8(ascii: " ")) }
            case .multi: line += Array(((k % 3 == 0 ? "\n" : " ") + RunReport.left(name(k), 8) + " = ").utf8)
            case .yaml: line += Array((k == 0 ? "  - [" : "").utf8)
            }
            if column.isInteger, let whole = Int(exactly: value) {
                format.append(whole, to: &line)
            } else {
                format.append(value, to: &line)
            }
            if layout == .yaml { line += Array(", ".utf8) }
            // LAMMPS ends all but the last line of a block with a blank.
            if layout == .multi && k % 3 == 2 && k + 1 < rowColumns.count { line.append(UInt8(ascii: " ")) }
        }
        if layout == .yaml { line.append(UInt8(ascii: "]")) }
        line.append(UInt8(ascii: "\n"))
        return String(decoding: line, as: UTF8.self)
    }

    /// The row as one JSON object: every digit, `null` for what is not a number.
    private func json(_ values: [Double]) -> String {
        let pairs = rowColumns.indices.map { k in "\(quoted(name(k))): \(values[k].isFinite ? shortest(values[k]) : "null")" }
        return "{\"run\": \(runs), " + pairs.joined(separator: ", ") + "}"
    }

    private func quoted(_ text: String) -> String {
        "\""
            + text.unicodeScalars.map { c in
                c == "\"" || c == "\\" ? "\\\(c)" : c.value < 32 ? " " : String(c)
            }.joined() + "\""
    }

    private func centred(_ text: String, width: Int) -> String {
        let missing = max(0, width - text.count)
        return String(repeating: " ", count: missing / 2) + text + String(repeating: " ", count: missing - missing / 2)
    }
}
