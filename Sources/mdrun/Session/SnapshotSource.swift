import Deck
import Domain
import Integrators

/// Frames of one or several trajectory files put into a session's system, for `rerun` and `read_dump`. Every method is collective.
final class SnapshotSource: FrameSource {
    /// Which frames of the files are taken.
    struct Selection {
        var first = 0
        var last = Int.max - 1
        /// 0: all.
        var every = 0
        /// Of those that are left, every how manieth.
        var skip = 1
        /// The first frame must have exactly the first step.
        var isExact = false
    }

    /// What became of atoms at the last `load`, on this rank.
    private(set) var counts = (purged: 0, replaced: 0, trimmed: 0, added: 0)
    private(set) var header: FrameHeader?

    private unowned let session: Session
    private let files: [Word]
    private let fields: SnapshotFields
    private let selection: Selection
    private let location: SourceLocation
    private var reader: (any TrajectoryReader)?
    private var file = 0
    private var step = Int.min
    /// Whether the atoms of the present frame have not been read.
    private var isPending = false

    init(_ session: Session, _ files: [Word], _ fields: SnapshotFields, _ selection: Selection, at location: SourceLocation) {
        (self.session, self.files, self.fields, self.selection, self.location) = (session, files, fields, selection, location)
    }

    // MARK: - Finding frames

    /// Finds the first frame.
    /// - Throws: `DeckError` when there is none.
    func begin() throws {
        while let header = try nextHeader() {
            if header.step >= selection.first {
                guard header.step <= selection.last, !selection.isExact || header.step == selection.first else { break }
                return accept(header)
            }
            try reader?.skipAtoms()
        }
        let steps =
            selection.isExact
            ? "of step \(selection.first)" : "from step \(selection.first)\(selection.last < Int.max - 1 ? " to \(selection.last)" : "")"
        throw DeckError("there is no frame \(steps) in \(files.map { "'\($0.text)'" }.joined(separator: ", "))", at: location)
    }

    func advance() throws -> Bool {
        if isPending { try reader?.skipAtoms() }
        isPending = false
        var passed = 0
        while let header = try nextHeader() {
            if header.step > selection.last { return false }
            // Files may overlap, as those of a run and its restart do.
            if header.step > step {
                if passed == selection.skip { passed = 0 }
                passed += 1
                if selection.every == 0 || header.step % selection.every == 0, passed >= selection.skip {
                    accept(header)
                    return true
                }
            }
            try reader?.skipAtoms()
        }
        return false
    }

    private func accept(_ header: FrameHeader) { (self.header, step, isPending) = (header, header.step, true) }

    private func nextHeader() throws -> FrameHeader? {
        while true {
            if reader == nil {
                guard file < files.count else { return nil }
                reader = try open(files[file])
            }
            if let header = try reader?.nextHeader() { return header }
            reader = nil
            file += 1
        }
    }

    private func open(_ word: Word) throws -> any TrajectoryReader {
        guard !word.text.contains("%") else { throw DeckError("one file a rank ('%') is not supported", at: word.location) }
        for ending in Compression.unsupported where word.text.hasSuffix(ending) {
            throw DeckError("files ending in \(ending) are not supported; .gz and .zst are", at: word.location)
        }
        if let dump = session.observation.dumps.first(where: { $0.path == word.text }) {
            throw DeckError("'\(word.text)' is written by dump '\(dump.id)'; undump it before", at: word.location)
        }
        let lines = try SharedLines(word.text, fallbackFolder: session.deckFolder, session.communicator, at: word.location)
        session.noteInput(word.text)
        switch fields.format(of: word.text) {
        case .native: return DumpReader(lines)
        case .xyz: return try ExtendedXYZTrajectory(lines, session.units, hasBox: false)
        case .extendedXYZ: return try ExtendedXYZTrajectory(lines, session.units, hasBox: true)
        }
    }

    // MARK: - Into the system

    func load() throws {
        guard let header, let reader, isPending else { throw DeckError("there is no frame", at: location) }
        isPending = false
        let system = try session.requireSystem("a frame", at: location)
        let box = try newBox(header, system)
        if let units = header.units, units != system.units.name.rawValue {
            session.output.warn("\(header.place) is in units \(units), the deck in \(system.units.name.rawValue)")
        }
        system.atoms.removeGhosts()
        counts = (0, 0, 0, 0)
        if fields.purges { purge(system) }
        if fields.adding == .no {
            try update(system, reader)
        } else {
            try add(system, reader, header, box ?? system.box)
        }
        if let box { system.box = box }
        if fields.takesStep {
            // Going back starts the clock anew, as in LAMMPS.
            if header.step < system.step { (system.timeReference, system.timeReferenceStep) = (0, header.step) }
            system.step = header.step
        }
        let map = FractionalMap(system.box)
        for i in 0..<system.atoms.owned {
            var x = system.atoms.position[i], image = system.atoms.image[i]
            map.wrap(&x, &image)
            (system.atoms.position[i], system.atoms.image[i]) = (x, image)
        }
        session.atomsChanged()
    }

    /// The frame's box with the faces of the deck; nil for `box no`.
    private func newBox(_ header: FrameHeader, _ system: System) throws -> Box? {
        guard fields.takesBox else { return nil }
        guard var box = header.box else { throw DeckError("\(header.place): the frame has no box; use: box no", at: location) }
        let old = system.box
        if fields.format(of: files[min(file, files.count - 1)].text) == .extendedXYZ {
            // A cell has no origin and no form: an unchanged one leaves the box as it is.
            let change = [box.a - old.a, box.b - old.b, box.c - old.c].map { $0.dot($0) }.max() ?? 0
            if change < 1e-18 * old.lengths.dot(old.lengths) { return nil }
            if old.isTriclinic { box.isTriclinic = true }
        }
        guard box.isTriclinic == old.isTriclinic else {
            let kind = box.isTriclinic ? "triclinic, the simulation's is not" : "not triclinic, the simulation's is"
            throw DeckError("\(header.place): the frame's box is \(kind)", at: location)
        }
        (box.boundary, box.dimension, box.rotation) = (old.boundary, old.dimension, old.rotation)
        (box.minimumLo, box.minimumHi, box.faceMargin) = (box.lo, box.hi, box.lengths * 1e-4)
        return box
    }

    private func purge(_ system: System) {
        counts.purged = system.atoms.owned
        system.atoms.remove { _ in true }
    }

    private func update(_ system: System, _ reader: any TrajectoryReader) throws {
        var index: [Int: Int] = [:]
        for i in 0..<system.atoms.owned { index[Int(system.atoms.id[i])] = i }
        var isUpdated = [Bool](repeating: false, count: system.atoms.owned)
        var problem: String?
        let isWrapped = try reader.readAtoms(fields.wanted) { atom in
            guard let i = index[atom.id] else { return }
            isUpdated[i] = true
            guard fields.replaces else { return }
            counts.replaced += 1
            if let element = atom.element, problem == nil { problem = mismatch(element, of: i, system) }
            assign(atom, to: i, system)
        }
        if fields.replaces, !isWrapped {
            for i in isUpdated.indices where isUpdated[i] { system.atoms.image[i] = .zero }
        }
        // Found by the atom's owner, told to all.
        let told = session.communicator.allToAll((0..<session.communicator.size).map { _ in Array((problem ?? "").utf8) })
        if let first = told.first(where: { !$0.isEmpty }) { throw DeckError(String(decoding: first, as: UTF8.self), at: location) }
        if fields.trims {
            counts.trimmed = isUpdated.count { !$0 }
            system.atoms.remove { !isUpdated[$0] }
        }
    }

    private func assign(_ atom: FrameAtom, to i: Int, _ system: System) {
        for (field, value) in zip(fields.wanted.fields, atom.values) {
            switch field {
            case .x, .y, .z: system.atoms.position[i][field.axis] = value
            case .vx, .vy, .vz: system.atoms.velocity[i][field.axis] = value
            case .ix, .iy, .iz: system.atoms.image[i][field.axis] = Int32(clamping: Int(value))
            case .fx, .fy, .fz: break
            }
        }
    }

    /// An element that the type of the atom is not.
    private func mismatch(_ element: String, of i: Int, _ system: System) -> String? {
        let type = Int(system.atoms.type[i])
        if let number = Int(element) {
            return number == type ? nil : "atom \(system.atoms.id[i]) has type \(number) in '\(header?.place ?? "")' but type \(type) here"
        }
        guard let own = name(type, system), own != element else { return nil }
        return
            "atom \(system.atoms.id[i]) is \(element) in '\(header?.place ?? "")' but \(own) (type \(type)) here: are the atoms in the order of their ids?"
    }

    /// Label or element of a type, if it has one.
    private func name(_ type: Int, _ system: System) -> String? {
        if let label = system.atoms.labels[type] { return label }
        guard system.units.hasMolarMasses, let mass = system.atoms.mass[type] else { return nil }
        return Elements.closest(toMass: mass)
    }

    private func add(_ system: System, _ reader: any TrajectoryReader, _ header: FrameHeader, _ box: Box) throws {
        let map = FractionalMap(box)
        guard
            let decomposition = Decomposition(
                box: box, rank: session.communicator.rank, size: session.communicator.size, wanted: session.processors)
        else { throw DeckError("the ranks do not fit the processors command", at: location) }
        var number = 0
        var keys: [Int] = []
        _ = try reader.readAtoms(fields.wanted) { atom in
            number += 1
            let type = try self.type(of: atom, system)
            var x = Vector.zero, v = Vector.zero, image = SIMD4<Int32>.zero
            for (field, value) in zip(fields.wanted.fields, atom.values) {
                switch field {
                case .x, .y, .z: x[field.axis] = value
                case .vx, .vy, .vz: v[field.axis] = value
                case .ix, .iy, .iz: image[field.axis] = Int32(clamping: Int(value))
                case .fx, .fy, .fz: break
                }
            }
            map.wrap(&x, &image)
            guard decomposition.owner(of: box.fractional(x)) == session.communicator.rank else { return }
            let id = fields.adding == .newIDs ? number : atom.id
            guard id > 0 else { throw DeckError("\(header.place): ids are positive", at: location) }
            system.atoms.append(id: Int64(id), type: Int32(type), position: x, velocity: v, image: image)
            keys.append(number - 1)
        }
        counts.added = keys.count
        system.atoms.setCreationKeys(keys, session.communicator)
    }

    private func type(of atom: FrameAtom, _ system: System) throws -> Int {
        let count = system.atoms.typeCount
        if let type = atom.type ?? atom.element.flatMap({ Int($0) }) {
            guard (1...max(1, count)).contains(type) else {
                throw DeckError("\(header?.place ?? ""): type \(type) is not within 1 to \(count)", at: location)
            }
            return type
        }
        guard let element = atom.element, let type = (1...max(1, count)).first(where: { $0 <= count && name($0, system) == element }) else {
            throw DeckError("\(header?.place ?? ""): no type has the label or the mass of '\(atom.element ?? "")'", at: location)
        }
        return type
    }
}
