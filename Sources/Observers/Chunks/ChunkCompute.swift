import Deck
import Domain
import Integrators
import Potentials

/// `compute chunk/atom`: gives each atom of a group the number of a chunk, 1 to N, or 0: by spatial bins, by type, by molecule, or by
/// values of atoms. c_ID: the numbers, and N where one value is asked for. Other computes and `fix ave/chunk` collect atoms by it.
public final class ChunkCompute: Compute {
    enum Source {
        case bins
        case type
        case molecule
        case values(AtomInput)
    }
    enum Renewal { case once, frequency, every }
    struct Limit {
        var number = 0
        var isExact = false
        var comesFirst = false
    }
    struct Settings {
        var source: Source
        var bins: ChunkBins?
        var region: (any Region)?
        /// nil: once where it cannot change.
        var count: Renewal?
        var ids = Renewal.every
        var limit = Limit()
        var compresses = false
        /// Of chunks that are no bins: whether an atom with a number out of range belongs to none (else to the last).
        var discards = true
    }

    public let id: String
    public let style = "chunk/atom"
    public let group: Group
    public let shape = ComputeShape(scalar: true, atomColumns: 0)
    private let settings: Settings
    private var bins: ChunkBins?
    /// Which numbers atoms had, where they are kept (`ids once`, `ids nfreq`).
    private let kept: AtomProperty?
    private var hasKept = false
    private unowned let observation: Observation

    private(set) var count = 0
    /// Original numbers of compressed chunks, in ascending order.
    private(set) var originals: [Int] = []
    private var isPlaced = false
    private var countsOnce = false
    private var locks: [String: (start: Int, stop: Int?)] = [:]
    /// What was found for a snapshot.
    private weak var lastSnapshot: Snapshot?
    private var lastNumbers: [Int] = []

    init(id: String, group: Group, _ settings: Settings, _ observation: Observation) throws {
        (self.id, self.group, self.settings, self.observation) = (id, group, settings, observation)
        bins = settings.bins
        guard settings.ids != .every else {
            kept = nil
            return
        }
        kept = try observation.requireSystem().atoms.claimProperty("c_\(id)", width: 1).property
    }

    public var wants: Wanted { if case .values(let input) = settings.source { input.wants(observation) } else { [] } }
    public var inputs: [String] {
        if case .values(let input) = settings.source, case .reference(let reference) = input.source, reference.kind == .compute {
            return [reference.id]
        }
        return []
    }

    var coordinateCount: Int { bins?.coordinateCount ?? 0 }
    var isCompressed: Bool { settings.compresses }
    /// Number of bins that there are at most, and of chunks that are known before atoms are looked at; nil: none.
    var isBinned: Bool { bins != nil }

    public func prepare(_ snapshot: Snapshot) throws {
        let box = snapshot.system.box
        if box.isTriclinic, let bins, bins.unit != .reduced {
            throw DeckError("compute '\(id)' (chunk/atom): bins in a triclinic box need: units reduced", at: nil)
        }
        let changes = box.hasShrinkWrap || snapshot.fixes.contains { $0.changesBox }
        switch settings.count {
        case .once?: countsOnce = true
        case .some: countsOnce = false
        case nil:
            switch settings.source {
            case .bins: countsOnce = !settings.compresses && (bins?.unit == .reduced || !changes)
            case .type, .molecule: countsOnce = !settings.compresses && (settings.region == nil || isType)
            case .values: countsOnce = false
            }
        }
        if settings.ids == .once && !countsOnce { throw DeckError("compute '\(id)' (chunk/atom): ids once needs nchunk once", at: nil) }
        // What needs no forces is settled before the run.
        if case .values = settings.source { return }
        if countsOnce { try settle(snapshot) }
        if settings.ids == .once { _ = try numbers(snapshot) }
    }

    private var isType: Bool { if case .type = settings.source { true } else { false } }

    // MARK: - Numbers

    /// Finds out how many chunks there are, unless that is fixed. Collective.
    func settle(_ snapshot: Snapshot) throws {
        guard locks.isEmpty, !(isPlaced && countsOnce) else { return }
        isPlaced = true
        if bins != nil { count = try bins!.place(in: snapshot.system.box) }
        let raw = try raw(snapshot)
        if bins == nil {
            count = isType ? snapshot.system.atoms.typeCount : max(1, snapshot.system.communicator.all(.max, raw.max() ?? 0))
            if settings.limit.number > 0 && (!settings.compresses || settings.limit.comesFirst) {
                limit(whileCompressing: settings.compresses)
            }
        }
        guard settings.compresses else { return }
        originals = populated(raw.filter { $0 > 0 || bins == nil && $0 != Self.outside }, snapshot.system.communicator)
        count = originals.count
        if settings.limit.number > 0 && bins == nil { limit(whileCompressing: false) }
    }

    private func limit(whileCompressing: Bool) {
        count = settings.limit.isExact && !whileCompressing ? settings.limit.number : min(count, settings.limit.number)
    }

    /// All numbers that occur, ascending. Collective.
    private func populated(_ mine: [Int], _ communicator: any Communicator) -> [Int] {
        let own = Set(mine).sorted()
        guard communicator.size > 1 else { return own }
        let bytes = own.withUnsafeBytes { Array($0) }
        let all = communicator.allToAll(Array(repeating: bytes, count: communicator.size))
        var found = Set<Int>()
        for part in all { part.withUnsafeBytes { found.formUnion($0.bindMemory(to: Int.self)) } }
        return found.sorted()
    }

    private static let outside = Int.min

    /// Numbers before discarding and compressing; `outside` for atoms that do not take part.
    private func raw(_ snapshot: Snapshot) throws -> [Int] {
        let system = snapshot.system
        func takesPart(_ i: Int) -> Bool {
            system.atoms.mask[i] & group.bit != 0 && settings.region?.contains(system.atoms.position[i].xyz) ?? true
        }
        switch settings.source {
        case .bins:
            return bins!.assign(system, where: takesPart).map { $0 < 0 ? Self.outside : $0 + 1 }
        case .type: return (0..<system.atoms.owned).map { takesPart($0) ? Int(system.atoms.type[$0]) : Self.outside }
        case .molecule:
            guard let molecule = system.atoms.molecule else { throw DeckError("atoms have no molecules", at: nil) }
            return (0..<system.atoms.owned).map { takesPart($0) ? Int(molecule.values[$0]) : Self.outside }
        case .values(let input):
            let values = try input.values(snapshot)
            return (0..<system.atoms.owned).map { i in
                takesPart(i) && values[i].magnitude < 1e18 ? Int(values[i].rounded(.towardZero)) : Self.outside
            }
        }
    }

    /// The chunk of each owned atom, from 1; 0: none. Collective.
    func numbers(_ snapshot: Snapshot) throws -> [Int] {
        if lastSnapshot === snapshot, lastNumbers.count == snapshot.system.atoms.owned { return lastNumbers }
        let isLocked = locks.values.contains { snapshot.step > $0.start && snapshot.step <= $0.stop ?? Int.max }
        if let kept, hasKept, settings.ids == .once || isLocked {
            return (0..<snapshot.system.atoms.owned).map { Int(kept.values[$0]) }
        }
        try settle(snapshot)
        var places: [Int: Int] = [:]
        if settings.compresses { for (k, original) in originals.enumerated() { places[original] = k + 1 } }
        let numbers = try raw(snapshot).map { number -> Int in
            if number == Self.outside { return 0 }
            let place = settings.compresses ? places[number] ?? 0 : number
            if place >= 1 && place <= count { return place }
            return settings.discards || isBinned ? 0 : count
        }
        if let kept {
            for i in numbers.indices { kept.values[i] = Double(numbers[i]) }
            hasKept = true
        }
        (lastSnapshot, lastNumbers) = (snapshot, numbers)
        return numbers
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        try settle(snapshot)
        return AtomValues(vector: try numbers(snapshot).map(Double.init))
    }

    public func scalar(_ snapshot: Snapshot) throws -> Double {
        try settle(snapshot)
        return Double(count)
    }

    // MARK: - What others ask

    /// Coordinates of the middle of chunk k, from 0.
    func coordinates(_ k: Int) -> [Double] {
        let place = settings.compresses ? (originals.indices.contains(k) ? originals[k] - 1 : 0) : k
        return bins?.coordinates(place) ?? []
    }

    func original(_ k: Int) -> Int { originals.indices.contains(k) ? originals[k] : 0 }

    /// The box's volume where chunks are no bins.
    func volume(_ k: Int, in box: Box) -> Double {
        bins?.volume(settings.compresses && originals.indices.contains(k) ? originals[k] - 1 : k, in: box) ?? box.volume
    }

    /// Keeps the number of chunks until `unlock`, or the step `stop`.
    func lock(_ owner: String, from start: Int, to stop: Int?) { locks[owner] = (start, stop) }
    func unlock(_ owner: String) { locks[owner] = nil }

    public func save(_ state: inout StateWriter) {
        state.put(count)
        state.put(originals.map(Double.init))
        state.put(isPlaced)
        state.put(hasKept)
        bins?.save(&state)
    }

    public func restore(_ state: inout StateReader) throws {
        count = try state.int()
        originals = try state.doubles().map { Int($0) }
        isPlaced = try state.bool()
        hasKept = try state.bool()
        try bins?.restore(&state)
    }
}

extension Observation {
    /// The compute chunk/atom of that name.
    /// - Throws: `DeckError` at the word for another one.
    func chunks(_ word: Word) throws -> ChunkCompute {
        guard let compute = try requireCompute(word) as? ChunkCompute else {
            throw DeckError("compute '\(word.text)' is no chunk/atom", at: word.location)
        }
        return compute
    }
}
