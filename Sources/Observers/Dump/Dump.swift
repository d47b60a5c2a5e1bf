import Deck
import Domain
import Integrators

/// `dump`: writes the atoms of a group to a file every so often. What is written does not depend on the number of ranks; without
/// `sort` (the default of custom and atom, as in LAMMPS; xyz and extxyz are sorted by id) its order does. No rank holds more than its own atoms: rank 0 receives each rank's text in turn.
public final class Dump: Observer {
    public let id: String
    public let style: String
    public let path: String
    public let location: SourceLocation?
    let group: Group
    private var schedule: Schedule
    private(set) var settings = DumpSettings()
    private let format: any DumpFormat
    private unowned let observation: Observation
    private var file: OutputFile?
    private var framesInFile = 0
    private var hasWritten = false
    private var lastWritten: Int?

    init(id: String, style: String, path: String, group: Group, schedule: Schedule, format: any DumpFormat, _ observation: Observation, at location: SourceLocation?) {
        (self.id, self.style, self.path, self.group) = (id, style, path, group)
        (self.schedule, self.format, self.observation, self.location) = (schedule, format, observation, location)
        // Rows without ids could not be put in order later.
        if format is XYZFormat || format is ExtendedXYZFormat { settings.order = .id }
    }

    /// Whether a file that exists is kept.
    var isAppending: Bool {
        get { settings.appends }
        set { settings.appends = newValue }
    }

    /// Whether each frame has a file of its own.
    var hasManyFiles: Bool { path.contains("*") }

    public func modify(_ modification: DumpModification) throws {
        switch modification {
        case .append(let flag): settings.appends = flag
        case .first(let flag): settings.writesFirst = flag
        case .schedule(let other): schedule = other
        case .order(let order): settings.order = order
        case .padding(let digits): settings.padding = digits
        case .time(let flag): settings.writesTime = flag
        case .units(let flag): settings.writesUnits = flag
        case .header(let flag): settings.writesHeader = flag
        case .delay(let step): settings.delay = step
        case .skip(let word): settings.skip = (String(word.text.dropFirst(2)), word.location)
        case .noThresholds: settings.thresholds = []
        case .threshold(let threshold): settings.thresholds.append(threshold)
        case .elements(let elements): settings.elements = elements
        default:
            guard try format.modify(modification) else {
                throw DeckError("dump style \(style) does not have that setting", at: nil)
            }
        }
    }

    // MARK: - Observer

    public func nextStep(after step: Int) -> Int? { schedule.next(after: step) }

    public func looksAtStart(of run: Run) -> Bool {
        lastWritten != run.first && (schedule.contains(run.first) || !hasWritten && settings.writesFirst)
    }

    public var wants: Wanted {
        var wanted = format.wants(observation)
        for threshold in settings.thresholds { wanted.formUnion(threshold.input.wants(observation)) }
        if settings.skip != nil { wanted.formUnion(observation.wantsOfAll) }
        return wanted
    }

    public func prepare(_ simulation: Simulation, _ run: Run) throws {
        try observation.prepareComputes(simulation, run)
        // extxyz writes energy and stress only where there are any; columns that the deck names must exist.
        if !(format is ExtendedXYZFormat) {
            try observation.checkCapabilities(wants, of: "dump '\(id)'", simulation.potential, at: location)
        }
        try placing(at: location) { try format.prepare(simulation.system, settings) }
        try schedule.advance(after: run.first, observation.requireHost())
        if !hasManyFiles { try openFile(path, simulation.system.communicator) }
    }

    public func observe(_ simulation: Simulation, _ run: Run) throws {
        let snapshot = observation.open(simulation, run)
        try write(snapshot)
        lastWritten = snapshot.system.step
        hasWritten = true
        try schedule.advance(after: snapshot.system.step, observation.requireHost())
    }

    /// One frame, now (`write_dump`).
    public func writeOnce(_ snapshot: Snapshot) throws {
        try placing(at: location) { try format.prepare(snapshot.system, settings) }
        if !hasManyFiles { try openFile(path, snapshot.system.communicator) }
        try write(snapshot)
        closeFile()
    }

    /// For frames at moments that others choose: opens the file, if it is not open yet. Collective.
    func open(_ system: System) throws {
        try placing(at: location) { try format.prepare(system, settings) }
        try openFile(path, system.communicator)
    }

    /// One frame at the end of a file that is open. Collective.
    func append(_ snapshot: Snapshot) throws { try write(snapshot) }

    // MARK: - Files

    private func openFile(_ path: String, _ communicator: any Communicator) throws {
        let host = try observation.requireHost()
        try communicator.onFirstRank {
            guard file == nil else { return }
            for other in observation.dumps where other !== self && other.file?.path == path {
                throw OutputError("'\(id)' and dump '\(other.id)' would write the same file '\(path)'")
            }
            file = try OutputFile(path, append: settings.appends, isInput: host.isInput)
        }
    }

    func closeFile() { file = nil }

    private func path(at step: Int) -> String {
        let digits = String(step)
        let padded = String(repeating: "0", count: max(0, settings.padding - digits.count)) + digits
        return path.split(separator: "*", omittingEmptySubsequences: false).joined(separator: padded)
    }

    // MARK: - A frame

    private func write(_ snapshot: Snapshot) throws {
        let system = snapshot.system, communicator = system.communicator
        guard system.step >= settings.delay else { return }
        if let skip = settings.skip, try observation.requireHost().variableValue(skip.name, at: skip.location) != 0 { return }
        let chosen = try select(snapshot)
        let count = communicator.sum(chosen.count)
        let header = try format.header(snapshot, settings, count: count, isFirst: hasManyFiles || framesInFile == 0)
        framesInFile += 1
        let rows = try format.rows(snapshot, settings)
        var text: [UInt8] = []
        if settings.order == .off || count < 2 {
            text.reserveCapacity(chosen.count * 64)
            for i in chosen { rows(i, &text) }
        } else {
            text = try sorted(chosen, rows, snapshot)
        }
        if hasManyFiles { try openFile(path(at: system.step), communicator) }
        // Every rank takes part in the transfer even when writing has failed; the failure is told to all afterwards.
        var failure: (any Error)?
        do { if communicator.rank == 0 && settings.writesHeader { try file?.write(Array(header.utf8)) } } catch { failure = error }
        communicator.inTurn(text) { bytes in
            guard failure == nil else { return }
            do { try file?.write(bytes) } catch { failure = error }
        }
        try communicator.onFirstRank {
            if let failure { throw failure }
            if hasManyFiles {
                try file?.close()
                file = nil
            }
        }
    }

    /// Indices of the owned atoms of the group that pass every threshold.
    private func select(_ snapshot: Snapshot) throws -> [Int] {
        let system = snapshot.system
        var chosen = (0..<system.atoms.owned).filter { system.atoms.mask[$0] & group.bit != 0 }
        for threshold in settings.thresholds {
            let x = try threshold.input.values(snapshot)
            chosen.removeAll { !threshold.operation.holds(x[$0], threshold.value) }
        }
        return chosen
    }

    /// This rank's share of all rows in order: each rank gets an interval of keys, so none gets everything. Collective.
    private func sorted(_ chosen: [Int], _ rows: (Int, inout [UInt8]) -> Void, _ snapshot: Snapshot) throws -> [UInt8] {
        let system = snapshot.system, communicator = system.communicator
        var keys: [Double]
        switch settings.order {
        case .off, .id: keys = (0..<system.atoms.owned).map { Double(system.atoms.id[$0]) }
        case .column(let number, let descending):
            keys = try format.sortKeys(number, snapshot)
            if descending { keys = keys.map { -$0 } }
        }
        var least = Double.infinity, most = -Double.infinity
        for i in chosen where keys[i].isFinite { (least, most) = (min(least, keys[i]), max(most, keys[i])) }
        (least, most) = (communicator.min(least), communicator.max(most))
        var parcels = [SortableRows](repeating: SortableRows(), count: communicator.size)
        let perRank = most > least ? Double(communicator.size) / (most - least) : 0
        for i in chosen {
            let place = keys[i].isFinite ? (keys[i] - least) * perRank : keys[i] < 0 ? 0 : Double(communicator.size)
            let target = min(communicator.size - 1, max(0, Int(place)))
            parcels[target].append(key: keys[i], id: system.atoms.id[i]) { rows(i, &$0) }
        }
        var mine = SortableRows()
        if communicator.size == 1 {
            mine = parcels[0]
        } else {
            for bytes in communicator.allToAll(parcels.map(\.packed)) { mine.unpack(bytes) }
        }
        return mine.inOrder()
    }
}

/// Rows of text with what they are sorted by: the key, and the id among equal keys.
private struct SortableRows {
    private var text: [UInt8] = []
    private var entries: [(key: Double, id: Int64, start: Int, end: Int)] = []

    mutating func append(key: Double, id: Int64, _ row: (inout [UInt8]) -> Void) {
        let start = text.count
        row(&text)
        entries.append((key, id, start, text.count))
    }

    /// Number of rows, then key, id and length of each, then the text.
    var packed: [UInt8] {
        guard !entries.isEmpty else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + 24 * entries.count + 8)
        func put<T: BitwiseCopyable>(_ value: T) { withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) } }
        put(Int64(entries.count))
        for entry in entries {
            put(entry.key)
            put(entry.id)
            put(Int64(entry.end - entry.start))
        }
        return bytes + text
    }

    mutating func unpack(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        var start = text.count
        bytes.withUnsafeBytes { raw in
            let count = Int(raw.loadUnaligned(as: Int64.self))
            for k in 0..<count {
                let at = 8 + 24 * k
                let length = Int(raw.loadUnaligned(fromByteOffset: at + 16, as: Int64.self))
                entries.append(
                    (raw.loadUnaligned(fromByteOffset: at, as: Double.self), raw.loadUnaligned(fromByteOffset: at + 8, as: Int64.self), start, start + length))
                start += length
            }
            text.append(contentsOf: raw[(8 + 24 * count)...])
        }
    }

    func inOrder() -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        // Not-a-numbers come last, so that the order is one.
        for entry in entries.sorted(by: { a, b in
            if a.key != b.key { return a.key.isNaN ? false : b.key.isNaN || a.key < b.key }
            return a.id < b.id
        }) { result.append(contentsOf: text[entry.start..<entry.end]) }
        return result
    }
}
