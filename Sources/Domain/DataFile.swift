import Deck

/// A LAMMPS data file: header, then sections Masses, labels, coefficients, Atoms, Velocities, Bonds, Angles, Dihedrals, Impropers.
///
/// Every rank reads every line and keeps the atoms in its part of the box, so memory grows with local atoms only and a mistake in the
/// file is reported by all ranks alike, with file, line and column.
public final class DataFile {
    public struct Header: Sendable {
        public var title = ""
        public var atoms = 0
        public var types = 0
        /// Bonds, angles, dihedrals, impropers, and their types.
        public var connections = [0, 0, 0, 0]
        public var connectionTypes = [0, 0, 0, 0]
        public var extraSpecial = 0
        public var lo = Vector.zero
        public var hi = Vector.zero
        /// xy, xz, yz; nil for an orthogonal box.
        public var tilt: (xy: Double, xz: Double, yz: Double)?
        /// avec, bvec, cvec: edges of a general triclinic box, in whose frame positions and velocities then are.
        public var edges: [Vector?] = [nil, nil, nil]
        public var isGeneral: Bool { edges.contains { $0 != nil } }
        /// abc origin
        public var origin: Vector?
    }

    public struct Options {
        /// Coefficient sections are skipped instead of refused.
        public var skipsCoefficients = false
        /// Given lines of Pair Coeffs and PairIJ Coeffs as the words of pair_coeff: two types, then coefficients; nil: refused like
        /// others'.
        public var pairCoefficients: (([Word], _ section: Word, _ style: String) throws(DeckError) -> Void)?
        /// The same of Bond Coeffs, Angle Coeffs ... as the words of bond_coeff and so on; nil: refused.
        public var connectionCoefficients: ((TopologyKind, [Word], _ section: Word, _ style: String) throws(DeckError) -> Void)?
        /// The deck's atom style: what section Atoms holds if it does not say.
        public var style = AtomStyle.atomic
        public init() {}
    }

    public let header: Header
    /// `x`, `y`, `z` where an image flag of a direction that is not periodic was set to 0.
    public private(set) var resetImages = Set<String>()
    let lines: SharedLines
    let location: SourceLocation?
    /// The present line is a section's name.
    private var isAtSection: Bool
    /// Indices of owned atoms by id, once a section has asked.
    private var indices: [Int64: Int]?

    private static let sections =
        ["Masses", "Atom Type Labels", "Atoms", "Velocities"]
        + TopologyKind.allCases.flatMap {
            [$0.section, "\($0.title) Type Labels"]
        }
    private static let coefficients = [
        "Pair Coeffs", "PairIJ Coeffs", "Bond Coeffs", "Angle Coeffs", "Dihedral Coeffs", "Improper Coeffs", "BondBond Coeffs",
        "BondAngle Coeffs", "MiddleBondTorsion Coeffs", "EndBondTorsion Coeffs", "AngleTorsion Coeffs", "AngleAngleTorsion Coeffs",
        "BondBond13 Coeffs", "AngleAngle Coeffs",
    ]
    private static let unsupported = ["Ellipsoids", "Lines", "Triangles", "Bodies"]

    /// Reads the header. Collective.
    /// - Parameter location: the command that asks, for what is about no place in the file.
    /// - Throws: `DeckError` at the place in the file.
    public init(_ lines: SharedLines, at location: SourceLocation?) throws(DeckError) {
        self.lines = lines
        self.location = location
        (header, isAtSection) = try Self.readHeader(lines, location)
    }

    // MARK: - Header

    private static func readHeader(_ lines: SharedLines, _ location: SourceLocation?) throws(DeckError) -> (Header, Bool) {
        var header = Header()
        guard try lines.advance() else { throw DeckError("'\(lines.path)' is empty", at: location) }
        header.title = lines.joined + (lines.comment.isEmpty ? "" : " # " + lines.comment)
        var hasBounds = [false, false, false]
        var isAtSection = false
        while try lines.advanceToWords() {
            if lines.wholeNumber(0) == nil, (try? lines.double(0, "")) == nil {
                isAtSection = true
                break
            }
            try readHeaderLine(lines, &header, &hasBounds)
        }
        if header.isGeneral {
            for (d, name) in ["avec", "bvec", "cvec"].enumerated() where header.edges[d] == nil {
                throw DeckError("'\(lines.path)' has no line 'X Y Z \(name)'", at: location)
            }
            guard !hasBounds.contains(true), header.tilt == nil else {
                throw DeckError("'\(lines.path)' has both edge vectors (avec ...) and bounds (xlo xhi ..., xy xz yz)", at: location)
            }
            return (header, isAtSection)
        }
        guard header.origin == nil else { throw DeckError("'\(lines.path)' has abc origin, but no avec, bvec, cvec", at: location) }
        for (d, name) in ["x", "y", "z"].enumerated() {
            guard hasBounds[d] else { throw DeckError("'\(lines.path)' has no line 'LOW HIGH \(name)lo \(name)hi'", at: location) }
            guard header.lo[d] < header.hi[d] else {
                throw DeckError("'\(lines.path)': \(name)lo \(header.lo[d]) is not below \(name)hi \(header.hi[d])", at: location)
            }
        }
        return (header, isAtSection)
    }

    private static func readHeaderLine(
        _ lines: SharedLines, _ header: inout Header, _ hasBounds: inout [Bool]
    ) throws(DeckError) {
        let names = lines.words.indices.dropFirst().map(lines.text)
        func count() throws(DeckError) -> Int {
            let number = try lines.int(0, "the number of \(names.joined(separator: " "))")
            guard number >= 0, number < 1 << 53 else { throw lines.error("a count from 0 to 2^53 is expected", 0) }
            return number
        }
        switch names {
        case ["atoms"]: header.atoms = try count()
        case ["atom", "types"]: header.types = try count()
        case _
        where names.count == 3 && names[1] == "xlo" || names.count == 3 && names[1] == "ylo" || names.count == 3 && names[1] == "zlo":
            let d = ["xlo": 0, "ylo": 1, "zlo": 2][names[1]]!
            guard names[2] == ["xhi", "yhi", "zhi"][d] else { throw lines.error("expected '\(["xhi", "yhi", "zhi"][d])'", 3) }
            header.lo[d] = try lines.double(0, "the lower bound")
            header.hi[d] = try lines.double(1, "the upper bound")
            hasBounds[d] = true
        case _ where names.suffix(3) == ["xy", "xz", "yz"] && names.count == 5:
            header.tilt = (try lines.double(0, "xy"), try lines.double(1, "xz"), try lines.double(2, "yz"))
        case _ where ["avec", "bvec", "cvec"].contains(names.last) && names.count == 3:
            let d = ["avec": 0, "bvec": 1, "cvec": 2][names[2]]!
            header.edges[d] = Vector(try lines.double(0, "x"), try lines.double(1, "y"), try lines.double(2, "z"), 0)
        case _ where names.suffix(2) == ["abc", "origin"] && names.count == 4:
            header.origin = Vector(try lines.double(0, "x"), try lines.double(1, "y"), try lines.double(2, "z"), 0)
        case ["extra", "special", "per", "atom"]: header.extraSpecial = try count()
        case _ where names.first == "extra" && names.suffix(2) == ["per", "atom"]: _ = try count()
        case _ where TopologyKind.allCases.contains { names == [$0.plural] }:
            header.connections[TopologyKind.allCases.firstIndex { names == [$0.plural] }!] = try count()
        case _ where TopologyKind.allCases.contains { names == [$0.name, "types"] }:
            header.connectionTypes[TopologyKind.allCases.firstIndex { names == [$0.name, "types"] }!] = try count()
        case _ where names.suffix(1) == ["types"] || ["ellipsoids", "lines", "triangles", "bodies"].contains(names.first):
            guard try count() == 0 else {
                throw lines.error("\(names.joined(separator: " ")) are not supported: atoms are points")
            }
        default:
            throw lines.error("unknown header line '\(lines.joined)'")
        }
    }

    // MARK: - Sections

    /// Reads all sections into `atoms`, which has at least the header's number of types. Collective.
    /// - Throws: `DeckError` at the place in the file.
    public func readSections(
        into atoms: inout Atoms, box: Box, decomposition: Decomposition, _ options: Options, _ communicator: any Communicator
    ) throws(DeckError) {
        var seen = Set<String>()
        while isAtSection {
            let name = lines.joined
            guard seen.insert(name).inserted else { throw lines.error("section \(name) occurs twice") }
            switch name {
            case "Masses": try readMasses(&atoms)
            case "Atom Type Labels": try readLabels(&atoms)
            case "Atoms": try readAtoms(&atoms, box, decomposition, options.style, communicator)
            case "Velocities":
                guard seen.contains("Atoms") else { throw lines.error("Velocities must come after Atoms") }
                try readVelocities(&atoms, box, communicator)
            case "Pair Coeffs", "PairIJ Coeffs":
                guard !options.skipsCoefficients else {
                    try skipSection()
                    continue
                }
                try readPairCoefficients(name, atoms, options)
            case _ where Self.coefficients.contains(name):
                guard !options.skipsCoefficients else {
                    try skipSection()
                    continue
                }
                guard let kind = TopologyKind.allCases.first(where: { "\($0.title) Coeffs" == name }) else {
                    throw lines.error("section \(name) is not supported; put nocoeff after the file's name to skip it")
                }
                try readConnectionCoefficients(kind, atoms, options)
            case _ where Self.unsupported.contains(name):
                throw lines.error("section \(name) is not supported: atoms are points")
            case _ where Self.sections.contains(name):
                if let kind = TopologyKind.allCases.first(where: { $0.section == name }) {
                    guard seen.contains("Atoms") else { throw lines.error("\(name) must come after Atoms") }
                    guard header.connections[kind.rawValue] > 0 || !atoms.topology.has(kind) else {
                        throw lines.error("section \(name), but no line 'N \(kind.plural)'")
                    }
                    try readConnections(kind, &atoms, communicator)
                } else if let kind = TopologyKind.allCases.first(where: { "\($0.title) Type Labels" == name }) {
                    try readLabels(kind, &atoms)
                }
            default:
                throw DeckError.unknown("section", Word(text: name, location: lines.location()), known: Self.sections)
            }
            isAtSection = try lines.advanceToWords()
        }
        guard seen.contains("Atoms") || header.atoms == 0 else {
            throw DeckError("'\(lines.path)' announces \(header.atoms) atoms and has no section Atoms", at: location)
        }
        for kind in TopologyKind.allCases where header.connections[kind.rawValue] > 0 && !seen.contains(kind.section) {
            throw DeckError(
                "'\(lines.path)' announces \(header.connections[kind.rawValue]) \(kind.plural) and has no section \(kind.section)",
                at: location)
        }
    }

    /// Indices of owned atoms by id.
    func owned(_ atoms: borrowing Atoms) -> [Int64: Int] {
        if let indices { return indices }
        var index: [Int64: Int] = Dictionary(minimumCapacity: atoms.owned)
        for i in 0..<atoms.owned { index[atoms.id[i]] = i }
        indices = index
        return index
    }

    /// Each line is a pair_coeff: of a type with itself, or of two types.
    private func readPairCoefficients(_ name: String, _ atoms: borrowing Atoms, _ options: Options) throws(DeckError) {
        guard let take = options.pairCoefficients else { throw lines.error("section \(name) is not supported here") }
        let section = Word(text: name, location: lines.location()), style = lines.comment
        let types = header.types, isPlain = name == "Pair Coeffs", total = isPlain ? types : types * (types + 1) / 2
        for number in 0..<total {
            try nextLine(name, number, of: total)
            var words = lines.words.indices.map { Word(text: lines.text($0), location: lines.location($0)) }
            let numbers = isPlain ? 1 : 2
            guard words.count >= numbers else { throw lines.error("expected \(isPlain ? "a type" : "two types") and coefficients") }
            for k in 0..<numbers { words[k].text = "\(try type(k, atoms))" }
            if isPlain { words.insert(words[0], at: 0) }
            try take(words, section, style)
        }
    }

    private func skipSection() throws(DeckError) {
        isAtSection = false
        while try lines.advanceToWords() {
            let name = lines.joined
            if Self.sections.contains(name) || Self.coefficients.contains(name) || Self.unsupported.contains(name) {
                isAtSection = true
                return
            }
        }
    }

    /// Moves to line `number` (from 0) of `total` of a section.
    func nextLine(_ section: String, _ number: Int, of total: Int) throws(DeckError) {
        guard try lines.advanceToWords() else {
            throw DeckError("'\(lines.path)' ends after \(number) of \(total) lines of \(section)", at: lines.location(line: lines.number))
        }
        if lines.wholeNumber(0) == nil, lines.words.count <= 3, (Self.sections + Self.coefficients).contains(lines.joined) {
            throw lines.error("\(section) has \(number) lines, but \(total) are announced")
        }
    }

    private func type(_ word: Int, _ atoms: borrowing Atoms) throws(DeckError) -> Int {
        if let number = lines.wholeNumber(word) {
            guard number >= 1 && number <= atoms.typeCount else {
                throw lines.error("atom type \(number) is not from 1 to \(atoms.typeCount)", word)
            }
            return number
        }
        guard let type = atoms.labels.firstIndex(of: lines.text(word)) else {
            throw DeckError.unknown(
                "type label", Word(text: lines.text(word), location: lines.location(word)), known: atoms.labels.compactMap { $0 })
        }
        return type
    }

    func expect(_ number: Int, _ what: String) throws(DeckError) {
        guard lines.words.count == number else {
            throw lines.error("expected \(number) columns (\(what)), found \(lines.words.count)")
        }
    }

    private func readMasses(_ atoms: inout Atoms) throws(DeckError) {
        for number in 0..<header.types {
            try nextLine("Masses", number, of: header.types)
            try expect(2, "type mass")
            let mass = try lines.double(1, "the mass")
            guard mass > 0 else { throw lines.error("the mass must be positive, not \(lines.text(1))", 1) }
            atoms.mass[try type(0, atoms)] = mass
        }
    }

    private func readLabels(_ atoms: inout Atoms) throws(DeckError) {
        for number in 0..<header.types {
            try nextLine("Atom Type Labels", number, of: header.types)
            try expect(2, "type label")
            guard let type = lines.wholeNumber(0), type >= 1, type <= header.types else {
                throw lines.error("expected a type from 1 to \(header.types), not '\(lines.text(0))'", 0)
            }
            let label = lines.text(1)
            if lines.wholeNumber(1) != nil || atoms.labels.contains(label) {
                throw lines.error("'\(label)' cannot be a label: it is a number or taken", 1)
            }
            atoms.labels[type] = label
        }
    }

    // MARK: - Atoms

    private func readAtoms(
        _ atoms: inout Atoms, _ box: Box, _ decomposition: Decomposition, _ expected: AtomStyle, _ communicator: any Communicator
    ) throws(DeckError) {
        let hint = lines.comment.split(separator: " ").first.map(String.init) ?? expected.rawValue
        guard let style = AtomStyle(rawValue: hint) else {
            let known = AtomStyle.allCases.map { "\($0.rawValue) (\($0.columns.joined(separator: " ")) x y z)" }.joined(separator: ", ")
            throw lines.error("atom style \(hint) is not supported: only \(known)")
        }
        let place = style.columns.count, chargeWord = style.columns.firstIndex(of: "q")
        let typeWord = style.hasMolecule ? 2 : 1, layout = "as in the first line: \(style.columns.joined(separator: " ")) x y z"
        let charges = atoms.charge, molecules = atoms.molecule
        var columns = 0
        var outside = 0
        var firstOutside: SourceLocation?
        let map = FractionalMap(box)
        var keys: [Int] = []
        var numbers: [Int] = []
        for number in 0..<header.atoms {
            try nextLine("Atoms", number, of: header.atoms)
            if number == 0 {
                columns = lines.words.count
                guard columns == place + 3 || columns == place + 6 else {
                    throw lines.error(
                        "atom style \(style.rawValue) has \(place + 3) columns, or \(place + 6) with image flags; found \(columns)")
                }
            }
            try expect(columns, layout)
            let id = try lines.int(0, "the atom id")
            guard id >= 1 && id < 1 << 53 else { throw lines.error("an atom id must be positive", 0) }
            let type = try type(typeWord, atoms)
            let charge = try chargeWord.map { word throws(DeckError) in try lines.double(word, "the charge") } ?? 0
            let molecule = style.hasMolecule ? try lines.int(1, "the molecule's number") : 0
            var x = Vector(
                try lines.double(place, "x"), try lines.double(place + 1, "y"), try lines.double(place + 2, "z"), 0)
            var image = SIMD4<Int32>.zero
            if columns == place + 6 { image = try readImage(place + 3, box) }
            if header.isGeneral { x = box.restricted(x) }
            map.wrap(&x, &image)
            if !isInside(x, box, map) {
                outside += 1
                if firstOutside == nil { firstOutside = lines.location() }
                continue
            }
            guard decomposition.size == 1 || decomposition.owner(of: box.fractional(x)) == decomposition.rank else { continue }
            atoms.append(id: Int64(id), type: Int32(type), position: x, image: image)
            charges?.values[atoms.owned - 1] = charge
            molecules?.values[atoms.owned - 1] = Double(molecule)
            keys.append(number)
            numbers.append(lines.number)
        }
        guard outside == 0 else {
            throw DeckError(
                "\(outside) atoms are outside the box along a direction that is not periodic; the first is here", at: firstOutside)
        }
        try checkUnique(atoms, numbers, communicator)
        atoms.setCreationKeys(keys, communicator)
        atoms.total = header.atoms
    }

    private func readImage(_ word: Int, _ box: Box) throws(DeckError) -> SIMD4<Int32> {
        var image = SIMD4<Int32>.zero
        for d in 0..<3 {
            let flag = try lines.int(word + d, "an image flag")
            guard flag.magnitude < 1 << 30 else { throw lines.error("an image flag is too large", word + d) }
            if box.isPeriodic(d) {
                image[d] = Int32(flag)
            } else if flag != 0 {
                resetImages.insert(["x", "y", "z"][d])
            }
        }
        return image
    }

    private func isInside(_ x: Vector, _ box: Box, _ map: FractionalMap) -> Bool {
        if box.isFullyPeriodic { return true }
        let s = box.isTriclinic ? map.fractional(x) : x
        let lo = box.isTriclinic ? Vector.zero : box.lo, hi = box.isTriclinic ? Vector(1, 1, 1, 0) : box.hi
        return (0..<3).allSatisfy { box.isPeriodic($0) || s[$0] >= lo[$0] && s[$0] <= hi[$0] }
    }

    /// Ids go to ranks by their remainder, so that each rank compares its share only.
    private func checkUnique(
        _ atoms: borrowing Atoms, _ numbers: [Int], _ communicator: any Communicator
    ) throws(DeckError) {
        var parcels = [[UInt8]](repeating: [], count: communicator.size)
        for i in 0..<atoms.owned {
            let id = Int(atoms.id[i])
            withUnsafeBytes(of: (id, numbers[i])) { parcels[id % communicator.size].append(contentsOf: $0) }
        }
        var pairs: [(id: Int, line: Int)] = []
        for parcel in communicator.allToAll(parcels) {
            parcel.withUnsafeBytes { raw in
                for at in stride(from: 0, to: raw.count, by: 16) {
                    pairs.append(
                        (raw.loadUnaligned(fromByteOffset: at, as: Int.self), raw.loadUnaligned(fromByteOffset: at + 8, as: Int.self)))
                }
            }
        }
        pairs.sort { ($0.id, $0.line) < ($1.id, $1.line) }
        var line = Int(Int64.max), id = 0
        for (a, b) in zip(pairs, pairs.dropFirst()) where a.id == b.id && b.line < line { (line, id) = (b.line, b.id) }
        let first = communicator.all(.min, line)
        guard first < Int(Int64.max) else { return }
        let name = communicator.all(.max, line == first ? id : 0)
        throw DeckError("atom id \(name) occurs more than once", at: lines.location(line: first))
    }

    private func readVelocities(_ atoms: inout Atoms, _ box: Box, _ communicator: any Communicator) throws(DeckError) {
        let index = owned(atoms)
        var found = 0
        for number in 0..<header.atoms {
            try nextLine("Velocities", number, of: header.atoms)
            try expect(4, "id vx vy vz")
            let id = try lines.int(0, "the atom id")
            let v = Vector(try lines.double(1, "vx"), try lines.double(2, "vy"), try lines.double(3, "vz"), 0)
            guard let i = index[Int64(id)] else { continue }
            atoms.velocity[i] = header.isGeneral ? box.restricted(vector: v) : v
            found += 1
        }
        let missing = header.atoms - communicator.sum(found)
        guard missing == 0 else {
            throw DeckError("\(missing) lines of Velocities in '\(lines.path)' have ids that no atom has", at: location)
        }
    }
}
