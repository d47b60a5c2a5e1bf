import Deck

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension DataFile {
    /// What the header and the first sections say.
    public struct Description {
        public var title: String
        public var box: Box
        /// Atom types by label in section Atoms, not by number.
        public var usesLabels: Bool
        /// Positions and velocities in the frame of the edge vectors that the box was made from.
        public var isGeneral = false
        /// Style, and the coefficients of each type (index 0 unused), of each kind of connections that has them.
        public var coefficients: [TopologyKind: (style: String, lines: [String?])] = [:]
        public init(title: String, box: Box, usesLabels: Bool) { (self.title, self.box, self.usesLabels) = (title, box, usesLabels) }
    }

    /// Atoms whose lines are gathered on rank 0 at once.
    private static let window = 16384

    /// Writes a data file that LAMMPS and `read_data` read: the atoms' own style, positions wrapped into the box, numbers with as many
    /// digits as give the same bits back, atoms in the order of their creation. Rank 0 never holds more than a window of lines. Collective.
    /// - Throws: `DeckError` at `location` with the system's reason, on all ranks.
    public static func write(
        _ path: String, _ description: Description, _ atoms: borrowing Atoms, _ communicator: any Communicator,
        at location: SourceLocation?
    ) throws(DeckError) {
        let file = communicator.rank == 0 ? LineFile(path) : nil
        let map = FractionalMap(description.box)
        let total = communicator.sum(atoms.owned)
        file?.write(header(description, atoms, total))
        if total > 0 {
            let charges = atoms.charge, molecules = atoms.molecule
            file?.write("\nAtoms # \(atoms.style.rawValue)\n\n")
            inWindows(atoms, communicator, file) { i in
                var x = atoms.position[i]
                var n = atoms.image[i]
                map.wrap(&x, &n)
                if description.isGeneral { x = description.box.general(x) }
                let type = Int(atoms.type[i])
                let name = description.usesLabels ? atoms.labels[type] ?? "\(type)" : "\(type)"
                let molecule = molecules.map { "\(Int($0.values[i])) " } ?? "", charge = charges.map { "\(shortest($0.values[i])) " } ?? ""
                return
                    "\(atoms.id[i]) \(molecule)\(name) \(charge)\(shortest(x.x)) \(shortest(x.y)) \(shortest(x.z)) \(n.x) \(n.y) \(n.z)\n"
            }
            file?.write("\nVelocities\n\n")
            inWindows(atoms, communicator, file) { i in
                let v = description.isGeneral ? description.box.general(vector: atoms.velocity[i]) : atoms.velocity[i]
                return "\(atoms.id[i]) \(shortest(v.x)) \(shortest(v.y)) \(shortest(v.z))\n"
            }
            for kind in TopologyKind.allCases where atoms.topology.counts[kind.rawValue] > 0 {
                file?.write("\n\(kind.section)\n\n")
                inNumberedLines(atoms, communicator, file) { i in
                    var rows: [String] = []
                    atoms.forEachConnection(kind, of: i) { type, ids in
                        let name = description.usesLabels ? atoms.topology.labels[kind.rawValue][type] ?? "\(type)" : "\(type)"
                        rows.append(name + ids.map { " \(Int($0))" }.joined())
                    }
                    return rows.map { $0 + "\n" }.joined()
                }
            }
        }
        let problem = communicator.broadcast(Array((file?.finish() ?? "").utf8))
        guard problem.isEmpty else {
            throw DeckError("cannot write '\(path)': \(String(decoding: problem, as: UTF8.self))", at: location)
        }
    }

    private static func header(_ description: Description, _ atoms: borrowing Atoms, _ total: Int) -> String {
        let box = description.box, topology = atoms.topology
        var text = "\(description.title)\n\n\(total) atoms\n\(atoms.typeCount) atom types\n"
        for kind in TopologyKind.allCases where topology.has(kind) && topology.types[kind.rawValue] > 0 {
            text += "\(topology.counts[kind.rawValue]) \(kind.plural)\n\(topology.types[kind.rawValue]) \(kind.name) types\n"
        }
        text += "\n"
        if description.isGeneral {
            for (name, v) in zip(["avec", "bvec", "cvec", "abc origin"], box.generalEdges + [box.lo]) {
                text += "\(shortest(v.x)) \(shortest(v.y)) \(shortest(v.z)) \(name)\n"
            }
        } else {
            for (d, name) in ["x", "y", "z"].enumerated() { text += "\(shortest(box.lo[d])) \(shortest(box.hi[d])) \(name)lo \(name)hi\n" }
        }
        if box.isTriclinic, !description.isGeneral { text += "\(shortest(box.xy)) \(shortest(box.xz)) \(shortest(box.yz)) xy xz yz\n" }
        if (1...atoms.typeCount).allSatisfy({ atoms.labels[$0] != nil }) {
            text += "\nAtom Type Labels\n\n"
            for type in 1...atoms.typeCount { text += "\(type) \(atoms.labels[type]!)\n" }
        }
        for kind in TopologyKind.allCases where topology.types[kind.rawValue] > 0 && topology.has(kind) {
            let labels = topology.labels[kind.rawValue]
            guard labels.dropFirst().allSatisfy({ $0 != nil }) else { continue }
            text += "\n\(kind.title) Type Labels\n\n"
            for (type, label) in labels.enumerated().dropFirst() { text += "\(type) \(label!)\n" }
        }
        // A section holds all types or is not there.
        for kind in TopologyKind.allCases where topology.types[kind.rawValue] > 0 {
            guard let (style, lines) = description.coefficients[kind], lines.dropFirst().allSatisfy({ $0 != nil }) else { continue }
            text += "\n\(kind.title) Coeffs # \(style)\n\n"
            for (type, line) in lines.enumerated().dropFirst() { text += "\(type) \(line!)\n" }
        }
        // LAMMPS reads masses of all types or of none.
        if (1...atoms.typeCount).allSatisfy({ atoms.mass[$0] != nil }) {
            text += "\nMasses\n\n"
            for type in 1...atoms.typeCount { text += "\(type) \(shortest(atoms.mass[type]!))\n" }
        }
        return text
    }

    /// The fewest digits that give the same number back, as LAMMPS writes them: no point in whole numbers.
    public static func shortest(_ value: Double) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// Writes each atom's line in creation order.
    private static func inWindows(
        _ atoms: borrowing Atoms, _ communicator: any Communicator, _ file: LineFile?, _ line: (Int) -> String
    ) {
        inWindows(atoms, communicator, line) { file?.write($0) }
    }

    /// Writes each atom's lines, if it has any, in creation order, with their numbers before them.
    private static func inNumberedLines(
        _ atoms: borrowing Atoms, _ communicator: any Communicator, _ file: LineFile?, _ lines: (Int) -> String
    ) {
        var count = 0
        inWindows(atoms, communicator, lines) { text in
            var numbered = ""
            for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
                count += 1
                numbered += "\(count) \(line)\n"
            }
            file?.write(numbered)
        }
    }

    /// Gathers each atom's text in creation order; rank 0 gets it, a window at a time.
    private static func inWindows(
        _ atoms: borrowing Atoms, _ communicator: any Communicator, _ line: (Int) -> String, write: ([UInt8]) -> Void
    ) {
        let mine = atoms.indicesInCreationOrder()
        let last = communicator.all(.max, mine.last?.key ?? -1)
        var next = 0
        for start in stride(from: 0, through: last, by: window) {
            var parcel: [UInt8] = []
            while next < mine.count, mine[next].key < start + window {
                let text = Array(line(mine[next].index).utf8)
                withUnsafeBytes(of: (Int64(mine[next].key), Int64(text.count))) { parcel.append(contentsOf: $0) }
                parcel.append(contentsOf: text)
                next += 1
            }
            guard let parcels = communicator.gather(parcel) else { continue }
            write(merged(parcels))
        }
    }

    /// The lines of all ranks in the order of their keys.
    private static func merged(_ parcels: [[UInt8]]) -> [UInt8] {
        var lines: [(key: Int64, parcel: Int, range: Range<Int>)] = []
        for (p, parcel) in parcels.enumerated() {
            parcel.withUnsafeBytes { raw in
                var at = 0
                while at < raw.count {
                    let key = raw.loadUnaligned(fromByteOffset: at, as: Int64.self)
                    let count = Int(raw.loadUnaligned(fromByteOffset: at + 8, as: Int64.self))
                    lines.append((key, p, at + 16..<at + 16 + count))
                    at += 16 + count
                }
            }
        }
        lines.sort { $0.key < $1.key }
        var text: [UInt8] = []
        for line in lines { text.append(contentsOf: parcels[line.parcel][line.range]) }
        return text
    }
}

/// A file being written; the first failure is kept and the rest dropped.
private final class LineFile {
    private var descriptor: Int32
    private var problem = ""

    init(_ path: String) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        if descriptor < 0 { problem = String(cString: strerror(errno)) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
        guard problem.isEmpty else { return }
        bytes.withUnsafeBytes { raw in
            var sent = 0
            while sent < raw.count {
                #if canImport(Glibc)
                    let n = Glibc.write(descriptor, raw.baseAddress! + sent, raw.count - sent)
                #else
                    let n = Musl.write(descriptor, raw.baseAddress! + sent, raw.count - sent)
                #endif
                if n <= 0 {
                    problem = String(cString: strerror(errno))
                    return
                }
                sent += n
            }
        }
    }

    /// What went wrong, or nothing.
    func finish() -> String {
        if descriptor >= 0, close(descriptor) != 0, problem.isEmpty { problem = String(cString: strerror(errno)) }
        descriptor = -1
        return problem
    }
}
