import Deck
import Domain
import Integrators

/// `dump`: writes the atoms of a group to a file every so often. What is written does not depend on the number of ranks; without
/// `sort` (the default of custom, atom and yaml, as in LAMMPS; others are sorted by id) its order does. No rank holds more than its own
/// atoms: rank 0 receives each rank's bytes in turn.
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
    private weak var system: System?
    private var file: OutputFile?
    /// Where frames of `append` begin.
    private var frameStarts: [Int] = []
    /// Frames in the present file; for a file that is appended to, what its format finds there.
    private var framesInFile = 0
    /// Bytes of the present file, on every rank.
    private var size = 0
    private var hasWritten = false
    private var lastWritten: Int?
    /// Of one file a frame: names, oldest first.
    private var files: [String] = []
    /// What a restart says of the file: it goes on behind that many frames and bytes.
    private var resumption: (frames: Int, size: Int)?
    /// Of each threshold on LAST: values of atoms when it looked before.
    private var lastValues: [AtomProperty?] = []

    init(
        id: String, style: String, path: String, group: Group, schedule: Schedule, format: any DumpFormat, _ observation: Observation,
        at location: SourceLocation?
    ) {
        (self.id, self.style, self.path, self.group) = (id, style, path, group)
        (self.schedule, self.format, self.observation, self.location) = (schedule, format, observation, location)
        if format.isSortedByDefault { settings.order = .id }
    }

    /// Whether a file that exists is kept.
    var isAppending: Bool {
        get { settings.appends }
        set { settings.appends = newValue }
    }

    /// Whether each frame has a file of its own.
    var hasManyFiles: Bool { path.contains("*") }

    /// One setting of `dump_modify`.
    /// - Throws: `DeckError` without a place for a setting that this style does not have.
    public func modify(_ modification: DumpModification) throws {
        switch modification {
        case .append(let flag):
            if flag, hasManyFiles { throw DeckError("append yes needs one file for all frames, without '*' in its name", at: nil) }
            settings.appends = flag
        case .first(let flag): settings.writesFirst = flag
        case .schedule(let other): schedule = other
        case .order(let order):
            if format is DCDFormat, order != .id { throw DeckError("dump dcd is sorted by id, always", at: nil) }
            settings.order = order
        case .padding(let digits): settings.padding = digits
        case .mostFiles(let number):
            guard hasManyFiles else { throw DeckError("maxfiles needs one file a frame: a '*' in the file's name", at: nil) }
            settings.mostFiles = number
        case .time(let flag): settings.writesTime = flag
        case .units(let flag): settings.writesUnits = flag
        case .header(let flag):
            guard flag || !format.isBinary else { throw DeckError("a \(style) file cannot do without its header", at: nil) }
            settings.writesHeader = flag
        case .delay(let step): settings.delay = step
        case .skip(let word): settings.skip = (String(word.text.dropFirst(2)), word.location)
        case .region(let word): settings.region = word.map { ($0.text, $0.location) }
        case .refresh(let word): settings.refresh = word
        case .noThresholds:
            settings.thresholds = []
            forgetLastValues()
        case .threshold(let threshold): settings.thresholds.append(threshold)
        case .elements(let elements): settings.elements = elements
        case .general(let flag):
            guard format is CustomFormat && style == "custom" || format is AtomFormat else {
                throw DeckError("dump style \(style) does not have triclinic/general; custom and atom do", at: nil)
            }
            settings.isGeneral = flag
        default:
            guard try format.modify(modification) else {
                throw DeckError("dump style \(style) does not have that setting", at: nil)
            }
        }
    }

    // MARK: - Observer

    public func nextStep(after step: Int) -> Int? { schedule.next(after: step, system) }

    public func looksAtStart(of run: Run) -> Bool {
        lastWritten != run.first && (schedule.contains(run.first, system) || !hasWritten && settings.writesFirst)
    }

    public var wants: Wanted {
        var wanted = format.wants(observation)
        for threshold in settings.thresholds { wanted.formUnion(threshold.input.wants(observation)) }
        if settings.skip != nil || schedule.variable != nil { wanted.formUnion(observation.wantsOfAll) }
        return wanted
    }

    public func prepare(_ simulation: Simulation, _ run: Run) throws {
        try observation.prepareComputes(simulation, run)
        system = simulation.system
        // extxyz writes energy and stress only where there are any; columns that the deck names must exist.
        if !(format is ExtendedXYZFormat) {
            try observation.checkCapabilities(wants, of: "dump '\(id)'", simulation.potential, at: location)
        }
        try prepareFormat(simulation.system)
        try schedule.advance(after: run.first, isSetUp: true, observation.requireHost())
        if !hasManyFiles { try openFile(path, simulation.system.communicator) }
    }

    private func prepareFormat(_ system: System) throws {
        let count = system.count(group)
        try placing(at: location) { try format.prepare(system, settings, count: count) }
        claimLastValues(system)
    }

    public func observe(_ simulation: Simulation, _ run: Run) throws {
        let snapshot = observation.open(simulation, run)
        try write(snapshot)
        lastWritten = snapshot.system.step
        hasWritten = true
        try schedule.advance(after: snapshot.system.step, isSetUp: snapshot.system.step == run.first, observation.requireHost())
    }

    /// One frame, now (`write_dump`).
    public func writeOnce(_ snapshot: Snapshot) throws {
        try prepareFormat(snapshot.system)
        if !hasManyFiles { try openFile(path, snapshot.system.communicator) }
        try write(snapshot)
        closeFile()
    }

    /// For frames at moments that others choose: opens the file, if it is not open yet. Collective.
    func open(_ system: System) throws {
        try prepareFormat(system)
        try openFile(path, system.communicator)
    }

    /// One frame at the end of a file that is open. Collective.
    func append(_ snapshot: Snapshot) throws {
        frameStarts.append(size)
        try write(snapshot)
    }

    /// Drops the oldest frames that `append` has written, once there are twice as many as are to be kept. Collective.
    func keepLast(_ number: Int) throws {
        guard frameStarts.count > 2 * number else { return }
        let first = frameStarts[frameStarts.count - number]
        size = try communicatorOfFile().valueOnFirstRank {
            try file?.dropFirst(first)
            return file?.size ?? 0
        }
        frameStarts = frameStarts.suffix(number).map { $0 - first }
    }

    /// `save` and `restore` for frames of `append`.
    func saveFrames(_ state: inout StateWriter) {
        save(&state)
        state.put(frameStarts.map { Double($0) })
    }

    func restoreFrames(_ state: inout StateReader) throws {
        try restore(&state)
        let starts = try state.doubles()
        if resumption != nil { frameStarts = starts.map { Int($0) } }
    }

    private func communicatorOfFile() throws -> any Communicator {
        guard let system = try observation.requireHost().watchedSystem else {
            throw OutputError("there is no system whose frames could be kept")
        }
        return system.communicator
    }

    // MARK: - Restart

    public func save(_ state: inout StateWriter) {
        state.put(path)
        state.put(framesInFile)
        state.put(size)
        state.put(hasWritten)
        state.put(lastWritten ?? Int.min)
        schedule.save(&state)
        state.put(files.count)
        for name in files { state.put(name) }
    }

    /// The file goes on where it was at the restart: frames behind that are dropped, so that each occurs once. A dump of another name
    /// begins its file anew.
    public func restore(_ state: inout StateReader) throws {
        let samePath = try state.text() == path
        let frames = try state.int(), bytes = try state.int()
        hasWritten = try state.bool()
        let last = try state.int()
        lastWritten = last == Int.min ? nil : last
        try schedule.restore(&state)
        let number = try state.int()
        guard number >= 0, number < 1 << 30 else { throw StateError() }
        files = try (0..<number).map { _ in try state.text() }
        if samePath, !hasManyFiles, bytes > 0 { resumption = (frames, bytes) }
        if !samePath { (hasWritten, lastWritten, files) = (false, nil, []) }
    }

    // MARK: - Files

    private func openFile(_ path: String, _ communicator: any Communicator) throws {
        let host = try observation.requireHost()
        let found = try communicator.valueOnFirstRank {
            guard file == nil else { return -1 }
            for other in observation.dumps where other !== self && other.file?.path == path {
                throw OutputError("'\(id)' and dump '\(other.id)' would write the same file '\(path)'")
            }
            let mode: OutputFile.Mode = resumption.map { .resume($0.size) } ?? (settings.appends ? .append : .replace)
            let opened = try OutputFile(path, mode, isInput: host.isInput)
            file = opened
            if let resumption { return opened.hasResumed ? resumption.frames : 0 }
            guard settings.appends, opened.size > 0 else { return 0 }
            do {
                let there = try format.continuation(of: opened.head(format.headLength), size: opened.size)
                if there.end < opened.size { try opened.truncate(to: there.end) }
                return there.frames
            } catch let error as DeckError {
                throw OutputError("'\(path)' cannot be appended to: \(error.message)")
            }
        }
        if found >= 0 { framesInFile = found }
        size = try communicator.valueOnFirstRank { file?.size ?? 0 }
        resumption = nil
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
        // Before anything can leave the frame out: LAST is what the dump looked at last, written or not.
        let chosen = try select(snapshot)
        guard system.step >= settings.delay else { return }
        if let skip = settings.skip, try observation.requireHost().variableValue(skip.name, at: skip.location) != 0 { return }
        let count = communicator.sum(chosen.count)
        if hasManyFiles {
            let name = path(at: system.step)
            try openFile(name, communicator)
            try forgetOldFiles(name, communicator)
        }
        let sections = try placing(at: location) {
            try format.frame(snapshot, settings, count: count, isFirst: framesInFile == 0 && (size == 0 || !format.isBinary))
        }
        // Every rank takes part in the transfer even when writing has failed; the failure is told to all afterwards.
        var failure: (any Error)?
        func put(_ bytes: [UInt8]) {
            guard failure == nil else { return }
            do { try file?.write(bytes) } catch { failure = error }
        }
        for section in sections {
            var bytes: [UInt8] = []
            if settings.order == .off || count < 2 {
                bytes.reserveCapacity(chosen.count * 64)
                for i in chosen { section.row(i, &bytes) }
            } else {
                bytes = try sorted(chosen, section.row, snapshot)
            }
            if communicator.rank == 0, settings.writesHeader { put(section.head) }
            communicator.inTurn(bytes, put)
            if communicator.rank == 0 { put(section.tail) }
        }
        framesInFile += 1
        size = try communicator.valueOnFirstRank {
            if let failure { throw failure }
            try file?.endFrame()
            for patch in format.patches(frames: framesInFile, step: system.step) { try file?.patch(patch.bytes, at: patch.offset) }
            defer { if hasManyFiles { file = nil } }
            if hasManyFiles { try file?.close() }
            return file?.size ?? 0
        }
        if let refresh = settings.refresh {
            let compute = try observation.requireCompute(String(refresh.text.dropFirst(2)), at: refresh.location)
            try compute.refresh(snapshot)
        }
    }

    /// Removes the oldest file where `maxfiles` says so.
    private func forgetOldFiles(_ name: String, _ communicator: any Communicator) throws {
        guard let most = settings.mostFiles else { return }
        files.append(name)
        while files.count > most {
            let old = files.removeFirst()
            guard !files.contains(old) else { continue }
            try communicator.onFirstRank { try OutputFile.remove(old) }
        }
    }

    /// Indices of the owned atoms of the group that are in the region and pass every threshold.
    private func select(_ snapshot: Snapshot) throws -> [Int] {
        let system = snapshot.system
        var chosen = (0..<system.atoms.owned).filter { system.atoms.mask[$0] & group.bit != 0 }
        if let region = settings.region {
            guard let shape = try observation.requireHost().watchedRegion(region.name) else {
                throw DeckError("there is no region '\(region.name)'", at: region.location)
            }
            chosen.removeAll { !shape.contains(system.atoms.position[$0].xyz) }
        }
        for (k, threshold) in settings.thresholds.enumerated() {
            let x = try threshold.input.values(snapshot)
            if let value = threshold.value {
                chosen.removeAll { !threshold.operation.holds(x[$0], value) }
                continue
            }
            guard lastValues.indices.contains(k), let last = lastValues[k] else { continue }
            // The second number says whether the first one has been set.
            for i in x.indices where last.values[2 * i + 1] == 0 { last.values[2 * i] = x[i] }
            chosen.removeAll { !threshold.operation.holds(x[$0], last.values[2 * $0]) }
            for i in x.indices {
                last.values[2 * i] = x[i]
                last.values[2 * i + 1] = 1
            }
        }
        return chosen
    }

    private func claimLastValues(_ system: System) {
        for k in lastValues.count..<max(lastValues.count, settings.thresholds.count) {
            let isLast = settings.thresholds[k].value == nil
            lastValues.append(isLast ? system.atoms.claimProperty("d_\(id)/last\(k)", width: 2).property : nil)
        }
    }

    /// Values of atoms go with the dump, or with its thresholds.
    func forgetLastValues() {
        lastValues = []
        (system ?? (try? observation.requireHost().watchedSystem))?.atoms.removeProperties(of: "d_\(id)")
    }

    /// This rank's share of all rows in order: each rank gets an interval of keys, so none gets everything. Collective.
    private func sorted(_ chosen: [Int], _ row: FrameRow, _ snapshot: Snapshot) throws -> [UInt8] {
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
            parcels[target].append(key: keys[i], id: system.atoms.id[i]) { row(i, &$0) }
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
