import Deck

/// Extended XYZ as libAtoms and ASE write it: a line with the number of atoms, a line of `key=value`, a line an atom.
///
///     2
///     Lattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 pbc="T T T"
///     Cu 0.0 0.0 0.0   0.1 0.0 0.0
///     Cu 2.5 0.0 0.0  -0.1 0.0 0.0
///
/// Keys, whatever their case; of several the first in this list counts: `energy`, `REF_energy`, `dft_energy`, `free_energy`;
/// `virial`, `virials`, `REF_virial`, `dft_virial`; `stress`, `REF_stress`, `dft_stress` (W = -V stress; 9 numbers, or 6 in Voigt's order);
/// columns `species` or `Z`; `pos`; `forces`, `force`, `REF_forces`, `dft_forces`. Without `pbc` a frame with a lattice is periodic.
///
/// For trajectories also columns `vel` (Angstrom/ps) and `id`, and the key `step` (or `timestep`).
public final class ExtendedXYZReader {
    private let lines: any TextLines
    private var columns = AtomColumns()
    private var text = ""

    /// A frame of more atoms is taken for a damaged file.
    private static let mostAtoms = 100_000_000

    public convenience init(_ path: String) throws { try self.init(LineReader(path)) }

    public init(_ lines: any TextLines) throws { self.lines = lines }

    /// One row of a frame.
    public struct Atom: Sendable {
        public var element = ""
        public var position = Vector.zero
        public var velocity: Vector?
        public var force: Vector?
        public var id: Int?
    }

    public func skip() throws -> Bool {
        guard let count = try readCount() else { return false }
        for _ in 0...count { _ = try line(within: count) }
        return true
    }

    /// The next frame with all of its atoms; nil behind the last.
    public func next() throws -> Frame? {
        guard let (head, count) = try begin() else { return nil }
        var frame = head
        var forces: [Vector] = [], velocities: [Vector] = []
        frame.elements.reserveCapacity(count)
        frame.positions.reserveCapacity(count)
        for _ in 0..<count {
            let atom = try atom(of: count)
            frame.elements.append(atom.element)
            frame.positions.append(atom.position)
            if let force = atom.force { forces.append(force) }
            if let velocity = atom.velocity { velocities.append(velocity) }
        }
        if columns.force != nil { frame.forces = forces }
        if columns.velocity != nil { frame.velocities = velocities }
        return frame
    }

    /// What stands before the atoms of the next frame, and their number; `atom` then reads them one by one. nil behind the last frame.
    /// - Parameter isPlain: the comment is free text.
    public func begin(isPlain: Bool = false) throws -> (frame: Frame, count: Int)? {
        guard let count = try readCount() else { return nil }
        let first = lines.lineNumber
        try line(within: count)
        var frame = Frame(elements: [], positions: [], place: "\(lines.path):\(first)")
        if isPlain {
            columns = AtomColumns.plain
            return (frame, count)
        }
        let fields = try CommentLine(text, location)
        columns = try AtomColumns(fields, location)
        try readHeader(fields, into: &frame)
        return (frame, count)
    }

    /// The next atom of the frame that `begin` has opened.
    public func atom(of count: Int) throws -> Atom {
        try line(within: count)
        let words = text.utf8.split(whereSeparator: { $0 == 32 || $0 == 9 })
        guard words.count == columns.count else {
            throw DeckError("expected \(columns.count) columns, found \(words.count)", at: location(0, text.utf8.count))
        }
        var atom = Atom(element: try element(words[columns.species], columns), position: try vector(words, columns.position))
        if let force = columns.force { atom.force = try vector(words, force) }
        if let velocity = columns.velocity { atom.velocity = try vector(words, velocity) }
        if let column = columns.id {
            guard let id = Int(Substring(words[column])), id > 0 else {
                throw DeckError("expected the id of an atom, not '\(Substring(words[column]))'", at: location(of: words[column]))
            }
            atom.id = id
        }
        return atom
    }

    /// Passes over the atoms of the frame that `begin` has opened.
    public func skipAtoms(of count: Int) throws { for _ in 0..<count { try line(within: count) } }

    /// Whether rows have these.
    public var hasVelocities: Bool { columns.velocity != nil }
    public var hasIDs: Bool { columns.id != nil }

    // MARK: - Lines

    private func readCount() throws -> Int? {
        while let bytes = try lines.nextLine() {
            text = String(decoding: bytes, as: UTF8.self)
            let word = text.utf8.filter { $0 != 32 && $0 != 9 }
            if word.isEmpty { continue }
            guard let count = Int(String(decoding: word, as: UTF8.self)), (0...Self.mostAtoms).contains(count) else {
                throw DeckError("expected the number of atoms of a frame, not '\(text.prefix(40))'", at: location(0, text.utf8.count))
            }
            return count
        }
        return nil
    }

    @discardableResult
    private func line(within count: Int) throws -> String {
        guard let bytes = try lines.nextLine() else {
            throw DeckError("the file ends within a frame of \(count) atoms", at: location(0, 1))
        }
        text = String(decoding: bytes, as: UTF8.self)
        return text
    }

    private func location(_ offset: Int, _ length: Int) -> SourceLocation {
        SourceLocation(
            file: lines.path, line: lines.lineNumber, column: offset + 1, length: max(length, 1), text: String(text.prefix(240)))
    }

    private func location(of word: Substring.UTF8View) -> SourceLocation {
        location(text.utf8.distance(from: text.utf8.startIndex, to: word.startIndex), word.count)
    }

    // MARK: - Values

    private func vector(_ words: [Substring.UTF8View], _ column: Int) throws -> Vector {
        var result = Vector.zero
        for d in 0..<3 {
            let word = words[column + d]
            guard let value = Double(Substring(word)), value.isFinite else {
                throw DeckError("expected a finite number, not '\(Substring(word))'", at: location(of: word))
            }
            result[d] = value
        }
        return result
    }

    private func element(_ word: Substring.UTF8View, _ columns: AtomColumns) throws -> String {
        guard columns.isNumber else { return String(Substring(word)) }
        guard let number = Int(Substring(word)), let symbol = Elements.symbol(number) else {
            throw DeckError("expected an atomic number, not '\(Substring(word))'", at: location(of: word))
        }
        return symbol
    }

    private func readHeader(_ fields: CommentLine, into frame: inout Frame) throws {
        if let field = fields["lattice"] {
            let n = try fields.numbers(field, [3, 9])
            frame.cell =
                n.count == 3
                ? Tensor(x: Vector(n[0], 0, 0, 0), y: Vector(0, n[1], 0, 0), z: Vector(0, 0, n[2], 0)) : Tensor(rows: n)
            frame.isPeriodic = [true, true, true]
        }
        if let field = fields["pbc"] {
            let flags = field.value.split { " ,[]{}()\t".contains($0) }.map { $0.lowercased() }
            let known = ["t": true, "true": true, "1": true, "f": false, "false": false, "0": false]
            let values = flags.compactMap { known[$0] }
            guard values.count == 3, flags.count == 3 else { throw DeckError("pbc must be like \"T T F\"", at: field.location) }
            frame.isPeriodic = values
        }
        if let field = fields.first(["step", "timestep"]) { frame.step = Int(field.value) }
        if frame.cell == nil { frame.isPeriodic = [false, false, false] }
        if let field = fields.first(["energy", "ref_energy", "dft_energy", "free_energy"]) {
            frame.energy = try fields.numbers(field, [1])[0]
        }
        if let field = fields.first(["virial", "virials", "ref_virial", "ref_virials", "dft_virial", "dft_virials"]) {
            frame.virial = try Tensor(symmetric: fields.numbers(field, [6, 9]))
        } else if let field = fields.first(["stress", "ref_stress", "dft_stress"]) {
            guard let cell = frame.cell else { throw DeckError("a stress needs a Lattice", at: field.location) }
            frame.virial = try Tensor(symmetric: fields.numbers(field, [6, 9])) * -cell.determinant.magnitude
        }
    }
}

/// The `key=value` line. Values are bare, quoted, or in brackets; a key alone is `key=T`.
struct CommentLine {
    struct Field {
        var key: String
        var value: String
        var location: SourceLocation
    }

    private(set) var fields: [String: Field] = [:]

    /// - Throws: `DeckError` at a quote or bracket that is not closed.
    init(_ text: String, _ place: (Int, Int) -> SourceLocation) throws {
        let bytes = Array(text.utf8)
        var i = 0
        func isSpace(_ c: UInt8) -> Bool { c == 32 || c == 9 || c == 44 }
        /// A value or key from i on.
        func token() throws -> String {
            guard i < bytes.count else { return "" }
            let start = i
            if bytes[i] == 34 || bytes[i] == 39 {
                let quote = bytes[i]
                var value: [UInt8] = []
                i += 1
                while i < bytes.count, bytes[i] != quote {
                    if bytes[i] == 92, i + 1 < bytes.count { i += 1 }
                    value.append(bytes[i])
                    i += 1
                }
                guard i < bytes.count else { throw DeckError("this quote is not closed", at: place(start, 1)) }
                i += 1
                return String(decoding: value, as: UTF8.self)
            }
            if bytes[i] == 91 || bytes[i] == 123 {
                var depth = 0
                repeat {
                    if bytes[i] == 91 || bytes[i] == 123 { depth += 1 }
                    if bytes[i] == 93 || bytes[i] == 125 { depth -= 1 }
                    i += 1
                } while depth > 0 && i < bytes.count
                guard depth == 0 else { throw DeckError("this bracket is not closed", at: place(start, 1)) }
                return String(decoding: bytes[start..<i], as: UTF8.self)
            }
            while i < bytes.count, !isSpace(bytes[i]), bytes[i] != 61 { i += 1 }
            return String(decoding: bytes[start..<i], as: UTF8.self)
        }
        while i < bytes.count {
            if isSpace(bytes[i]) {
                i += 1
                continue
            }
            let start = i
            let key = try token()
            var value = "T"
            if i < bytes.count, bytes[i] == 61 {
                i += 1
                value = try token()
            }
            if i == start { i += 1 }
            let lower = key.lowercased()
            if fields[lower] == nil { fields[lower] = Field(key: key, value: value, location: place(start, i - start)) }
        }
    }

    subscript(key: String) -> Field? { fields[key] }
    func first(_ keys: [String]) -> Field? { keys.lazy.compactMap { fields[$0] }.first }

    /// - Throws: `DeckError` when the field does not hold one of these numbers of finite numbers.
    func numbers(_ field: Field, _ counts: [Int]) throws -> [Double] {
        let words = field.value.split { " ,[]{}()\t".contains($0) }
        let values = words.compactMap { Double($0) }.filter(\.isFinite)
        guard values.count == words.count, counts.contains(values.count) else {
            let expected = counts.map(String.init).joined(separator: " or ")
            throw DeckError("\(field.key) must be \(expected) finite number\(counts == [1] ? "" : "s")", at: field.location)
        }
        return values
    }
}

/// Where in an atom's line its values are, from `Properties`.
struct AtomColumns {
    var species = -1
    var isNumber = false
    var position = -1
    var force: Int?
    var velocity: Int?
    var id: Int?
    var count = 0

    init() {}

    static var plain: AtomColumns {
        var columns = AtomColumns()
        (columns.species, columns.position, columns.count) = (0, 1, 4)
        return columns
    }

    /// - Throws: `DeckError` at `Properties` when it is malformed or names no species or no positions.
    init(_ fields: CommentLine, _ place: (Int, Int) -> SourceLocation) throws {
        guard let field = fields["properties"] else {
            // Plain XYZ: the comment is free text.
            self = Self.plain
            return
        }
        let parts = field.value.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count % 3 == 0 else { throw DeckError("Properties must be like species:S:1:pos:R:3", at: field.location) }
        let forceNames = ["forces", "force", "ref_forces", "ref_force", "dft_forces", "dft_force"]
        var forceRank = forceNames.count
        for k in stride(from: 0, to: parts.count, by: 3) {
            let name = parts[k].lowercased()
            guard let width = Int(parts[k + 2]), (1...10_000).contains(width), "SRILsril".contains(parts[k + 1]), parts[k + 1].count == 1
            else {
                throw DeckError(
                    "Properties: '\(parts[k]):\(parts[k + 1]):\(parts[k + 2])' must be NAME:S|R|I|L:COLUMNS", at: field.location)
            }
            if ["species", "element", "symbol", "symbols"].contains(name) { (species, isNumber) = (count, false) }
            if ["z", "numbers", "atomic_numbers"].contains(name), species < 0 { (species, isNumber) = (count, true) }
            if ["pos", "position", "positions"].contains(name) {
                guard width == 3 else { throw DeckError("Properties: pos must have 3 columns", at: field.location) }
                position = count
            }
            if let rank = forceNames.firstIndex(of: name), rank < forceRank {
                guard width == 3 else { throw DeckError("Properties: \(parts[k]) must have 3 columns", at: field.location) }
                (force, forceRank) = (count, rank)
            }
            if ["vel", "velo", "velocity", "velocities"].contains(name), width == 3 { velocity = count }
            if ["id", "ids"].contains(name), width == 1 { id = count }
            count += width
        }
        guard species >= 0, position >= 0 else {
            throw DeckError("Properties must name species (or Z) and pos", at: field.location)
        }
    }
}

extension Tensor {
    /// Nine numbers, row by row.
    package init(rows n: [Double]) {
        self.init(x: Vector(n[0], n[1], n[2], 0), y: Vector(n[3], n[4], n[5], 0), z: Vector(n[6], n[7], n[8], 0))
    }

    /// Nine numbers, or six: xx yy zz yz xz xy.
    package init(symmetric n: [Double]) {
        self.init(rows: n.count == 9 ? n : [n[0], n[5], n[4], n[5], n[1], n[3], n[4], n[3], n[2]])
    }

    package var determinant: Double { x.dot(y.cross(z)) }
}
