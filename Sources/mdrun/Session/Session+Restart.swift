import Deck
import Digest
import Domain
import Integrators
import Observers
import Potentials

/// Writing and reading restarts.
///
/// Blocks: SYSTEM (units, box, types, groups, run state), PAIR (deck lines of the potential), FIX and COMPUTE (one each), OBSERVER (one
/// each), LIST and STEP (one a rank; see `Checkpoint`), ATOMS (one a rank).
extension Session {
    /// Names of the blocks of a restart file.
    enum RestartBlock: String {
        case system = "SYSTEM", pair = "PAIR", fix = "FIX", compute = "COMPUTE", observer = "OBSERVER", list = "LIST", evaluated = "STEP",
            atoms = "ATOMS"
    }

    /// Writes a restart file. Changes nothing of the run: the list is not rebuilt. Collective.
    /// - Throws: `DeckError` at `location` with the system's reason, on all ranks; an older file of that name is then still there.
    func writeRestart(_ path: String, at location: SourceLocation?) throws {
        let system = try requireSystem("write_restart", at: location)
        let writer = RestartWriter(path, communicator)
        let checkpoint = simulation?.system === system ? simulation?.makeCheckpoint() : nil

        var state = StateWriter()
        saveSystem(system, &state)
        writer.put(RestartBlock.system.rawValue, state.bytes)
        writer.put(RestartBlock.pair.rawValue, dynamics.savedPair)
        for (k, fix) in fixes.enumerated() {
            writer.put(RestartBlock.fix.rawValue, index: k, Self.entry(fix.id, fix.style) { fix.save(&$0) })
        }
        for (k, compute) in observation.computes.enumerated() {
            writer.put(RestartBlock.compute.rawValue, index: k, Self.entry(compute.id, compute.style) { compute.save(&$0) })
        }
        for (k, dump) in observation.dumps.enumerated() {
            writer.put(RestartBlock.observer.rawValue, index: k, Self.entry(dump.id, dump.style) { dump.save(&$0) })
        }
        if let restarts {
            writer.put(
                RestartBlock.observer.rawValue, index: observation.dumps.count,
                Self.entry("", RestartObserver.stateStyle) { restarts.save(&$0) })
        }
        if let checkpoint {
            var state = StateWriter()
            checkpoint.save(&state)
            writer.put(RestartBlock.list.rawValue, state.bytes)
            var own = StateWriter()
            checkpoint.saveEvaluated(&own)
            writer.putOfEachRank(RestartBlock.evaluated.rawValue, own.bytes)
        }
        let columns = checkpoint.map { [$0.forces, $0.positionsAtBuild] } ?? []
        writer.putOfEachRank(RestartBlock.atoms.rawValue, system.atoms.ownedBytes(columns))
        try writer.finish(at: location)
    }

    private static func entry(_ id: String, _ style: String, _ save: (inout StateWriter) -> Void) -> [UInt8] {
        var state = StateWriter()
        state.put(id)
        state.put(style)
        save(&state)
        return state.bytes
    }

    private func saveSystem(_ system: System, _ state: inout StateWriter) {
        state.put(communicator.size)
        state.put(units.name.rawValue)
        state.put(system.step)
        for number in [system.timestep, system.timeReference] { state.put(number) }
        state.put(system.timeReferenceStep)
        system.box.save(&state)
        state.put(system.atoms.typeCount)
        for type in 1...system.atoms.typeCount {
            state.put(system.atoms.mass[type] ?? -1)
            state.put(system.atoms.labels[type] ?? "")
        }
        state.put(system.groups.list.count)
        for group in system.groups.list {
            state.put(group.name)
            state.put(Int(group.bit))
        }
        state.put(system.atoms.extras.count)
        for extra in system.atoms.extras {
            state.put(extra.name)
            state.put(extra.width)
        }
        state.put(communicator.sum(system.atoms.owned))
        state.put(system.cuts != nil)
        if let cuts = system.cuts { Decomposition.save(cuts, &state) }
        system.atoms.topology.save(&state)
    }

    // MARK: - Reading

    /// Box, atoms, groups and run state from a restart file. On the rank count that wrote it, and with the same potential and fixes, the
    /// next run goes on bit for bit. Collective.
    /// - Throws: `DeckError` at `location`: no such file, damage, or another unit system than the deck's.
    func readRestart(_ path: String, at location: SourceLocation?) throws {
        // All of it is checked before anything is taken from it.
        try RestartReader(path, communicator, at: location).check()
        let reader = try RestartReader(path, communicator, at: location)
        var written = 0, system: System?, checkpoint: Checkpoint?
        var forces: [Vector] = [], old: [Vector] = [], decomposition: Decomposition?
        restored = RestoredStates()
        do {
            while let block = try reader.next() {
                var state = StateReader(block.bytes)
                switch RestartBlock(rawValue: block.tag) {
                case .system: (system, written) = try restoreSystem(&state, at: location)
                case .pair: try restored.takePair(&state)
                case .fix: restored.fixes[try state.text()] = (try state.text(), state.rest)
                case .compute: restored.computes[try state.text()] = (try state.text(), state.rest)
                case .observer: restored.observers[try state.text()] = (try state.text(), state.rest)
                case .list: checkpoint = try Checkpoint(&state)
                case .evaluated: if block.index == communicator.rank { try checkpoint?.restoreEvaluated(&state) }
                case .atoms:
                    guard let system else { throw StateError() }
                    let isSame = written == communicator.size
                    if decomposition == nil {
                        decomposition = system.decomposition(processors)
                    }
                    guard let decomposition else { throw DeckError("the ranks do not fit the processors command", at: location) }
                    let columns = try system.atoms.append(block.bytes, columns: checkpoint == nil ? 0 : 2) { x in
                        isSame ? block.index == communicator.rank : decomposition.owner(of: system.box.fractional(x)) == communicator.rank
                    }
                    if checkpoint != nil { (forces, old) = (forces + columns[0], old + columns[1]) }
                case nil: throw StateError()
                }
            }
        } catch is StateError {
            throw DeckError("the restart file '\(path)' was written by another version of mdrun", at: location)
        }
        guard let system else { throw DeckError("the restart file '\(path)' holds no system", at: location) }
        install(system)
        atomsChanged()
        if var checkpoint, written == communicator.size {
            (checkpoint.forces, checkpoint.positionsAtBuild) = (forces, old)
            checkpoint.digest = system.atoms.digest()
            checkpoint.fixes = restored.fixes.mapValues { $0.bytes }
            restored.checkpoint = checkpoint
        }
        atomStyle = system.atoms.style
        for extra in system.atoms.extras where extra.name.contains("_") { extra.isRestored = true }
    }

    private func restoreSystem(_ state: inout StateReader, at location: SourceLocation?) throws -> (System, ranks: Int) {
        let ranks = try state.int()
        guard let name = Units.Name(rawValue: try state.text()) else { throw StateError() }
        let usesDefaultSkin = neighbours.skin == units.defaultSkin
        units = .named(name)
        if usesDefaultSkin { neighbours.skin = units.defaultSkin }
        let step = try state.int()
        let timestep = try state.double(), reference = try state.double(), referenceStep = try state.int()
        let box = try Box(&state)
        boundary = box.boundary
        dimension = box.dimension
        let types = try state.int()
        guard (1...1_000_000).contains(types) else { throw StateError() }
        var atoms = Atoms(typeCount: types)
        for type in 1...types {
            let mass = try state.double(), label = try state.text()
            atoms.mass[type] = mass > 0 ? mass : nil
            atoms.labels[type] = label.isEmpty ? nil : label
        }
        var groups = Groups()
        for _ in 0..<(try state.int()) { groups.restore(try state.text(), bit: UInt32(truncatingIfNeeded: try state.int())) }
        for _ in 0..<(try state.int()) { atoms.extras.append(AtomProperty(name: try state.text(), width: try state.int(), count: 0)) }
        atoms.total = try state.int()
        let system = System(communicator: communicator, units: units, box: box, atoms: atoms)
        (system.groups, system.step) = (groups, step)
        (system.timeReference, system.timeReferenceStep) = (reference, referenceStep)
        // On another number of ranks bricks are equal again.
        if try state.bool() {
            let cuts = try Decomposition.restoreCuts(&state)
            system.cuts = ranks == communicator.size ? cuts : nil
        }
        system.atoms.topology = try Topology(&state)
        if self.timestep == nil { self.timestep = timestep }
        return (system, ranks)
    }
}

/// A file that a potential was made from, with the SHA-256 of its bytes in hexadecimal.
struct ModelFile: Equatable {
    let name: String
    let digest: String

    init(name: String, digest: String) { (self.name, self.digest) = (name, digest) }

    init(_ name: String, _ bytes: [UInt8]) {
        var sum = SHA256()
        sum.update(bytes)
        self.init(name: name, digest: SHA256.hexadecimal(sum.digest()))
    }
}

extension Session {
    /// Says which models' files are not those that wrote the restart file.
    func compareModels() {
        let now = dynamics.files, then = restored.modelFiles
        restored.modelFiles = []
        for (k, old) in then.enumerated() where !now.contains(where: { $0.digest == old.digest }) {
            guard let new = now.first(where: { $0.name == old.name }) ?? (k < now.count && now.count == then.count ? now[k] : nil) else {
                output.warn("the model file '\(old.name)' (SHA-256 \(old.digest)) of the run that wrote the restart file is not used now")
                continue
            }
            output.warn(
                "the model file '\(new.name)' has SHA-256 \(new.digest); the run that wrote the restart file used "
                    + "\(old.name == new.name ? "one" : "'\(old.name)'") with SHA-256 \(old.digest)")
        }
    }
}

/// States from a restart that wait for the deck to make their owners again.
struct RestoredStates {
    typealias State = (style: String, bytes: [UInt8])
    var fixes: [String: State] = [:]
    var computes: [String: State] = [:]
    var observers: [String: State] = [:]
    var checkpoint: Checkpoint?
    /// Deck lines of a potential that reads no files; of tables, as LAMMPS has it, the pair_style alone.
    var pairLines: [String] = []
    /// Files of models that it had read.
    var modelFiles: [ModelFile] = []

    mutating func takePair(_ state: inout StateReader) throws(StateError) {
        let count = try state.int()
        for _ in 0..<max(0, count) { pairLines.append(try state.text()) }
        for _ in 0..<max(0, try state.int()) { modelFiles.append(ModelFile(name: try state.text(), digest: try state.text())) }
    }
}

/// Deck lines that decide forces and motion, for the question whether a continued run is the same run.
struct DynamicsLines {
    private(set) var pair: [String] = []
    private(set) var fixes: [(id: String, text: String)] = []
    /// Lines on bonds and the like.
    private(set) var bonded: [String] = []
    /// What the potential's lines have read.
    private(set) var files: [ModelFile] = []

    /// - Parameter read: the models' files that the command has read.
    mutating func record(_ command: Command, files read: [ModelFile]) {
        let text = ([command.name] + command.words).map(\.text).joined(separator: " ")
        guard let id = command.words.first?.text else { return }
        switch command.name.text {
        case "pair_style":
            (pair, files) = ([text], read)
        case "pair_coeff", "pair_modify":
            pair.append(text)
            files += read
        case _ where command.name.text == "special_bonds": bonded = bonded.filter { !$0.hasPrefix("special_bonds ") } + [text]
        case _ where TopologyKind.allCases.contains { command.name.text == "\($0.name)_style" }:
            let kind = command.name.text.prefix { $0 != "_" }
            bonded = bonded.filter { !$0.hasPrefix("\(kind)_") } + [text]
        case _ where TopologyKind.allCases.contains { command.name.text == "\($0.name)_coeff" }: bonded.append(text)
        case "fix":
            fixes.removeAll { $0.id == id }
            fixes.append((id, text))
        case "fix_modify": fixes.append((id, text))
        case "unfix": fixes.removeAll { $0.id == id }
        default: break
        }
    }

    var signature: String { (pair + bonded + files.map(\.digest) + fixes.map(\.text)).joined(separator: "\n") }

    /// Lines on bonds, and the potential's, where it reads no files: those are left to the deck; and what it has read.
    var savedPair: [UInt8] {
        var state = StateWriter()
        let own = files.isEmpty ? pair : Array(pair.prefix(1).filter { $0.hasPrefix("pair_style table ") })
        let lines = own + bonded
        state.put(lines.count)
        for line in lines { state.put(line) }
        state.put(files.count)
        for file in files {
            state.put(file.name)
            state.put(file.digest)
        }
        return state.bytes
    }
}

extension Session {
    /// A file name whose `*`, if it has one, is the largest number for which there is a file. Collective.
    /// - Throws: `DeckError` at the word when there is none.
    func newest(_ word: Word) throws -> String {
        let parts = word.text.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1 else { return word.text }
        guard parts.count == 2 else { throw DeckError("at most one '*' in the name of a restart file", at: word.location) }
        var found = -1
        if communicator.rank == 0 {
            let folder = parts[0].lastIndex(of: "/").map { String(parts[0][...$0]) } ?? ""
            let prefix = String(parts[0].dropFirst(folder.count))
            for name in names(in: folder.isEmpty ? "." : folder) where name.hasPrefix(prefix) && name.hasSuffix(parts[1]) {
                let middle = name.dropFirst(prefix.count).dropLast(parts[1].count)
                if name.count >= prefix.count + parts[1].count, let step = Int(middle) { found = max(found, step) }
            }
        }
        found = communicator.all(.max, found)
        guard found >= 0 else { throw DeckError("there is no file '\(word.text)' with a number in the place of *", at: word.location) }
        return parts[0] + "\(found)" + parts[1]
    }
}
