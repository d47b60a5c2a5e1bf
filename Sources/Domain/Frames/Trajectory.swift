import Deck

/// What a frame of a trajectory says before its atoms.
public struct FrameHeader: Sendable {
    public var step: Int
    public var atoms: Int
    /// nil when the file has none. Its faces are periodic as made, whatever the file says: a deck's `boundary` decides.
    public var box: Box?
    /// LAMMPS' word for the units, where the file has it.
    public var units: String?
    /// Where it begins: `file:line`.
    public var place: String
}

/// A column of a frame that can be read.
public enum FrameField: String, Sendable, CaseIterable {
    case x, y, z, vx, vy, vz, ix, iy, iz, fx, fy, fz

    /// 0, 1, 2 for x, y, z.
    public var axis: Int { ["x": 0, "y": 1, "z": 2][rawValue.last ?? "x"] ?? 0 }
    public var isPosition: Bool { rawValue.count == 1 }
}

/// Which columns are wanted, and how they are to be understood.
public struct FrameFields: Sendable {
    public var fields: [FrameField] = []
    /// Also the type (or element) of each atom.
    public var hasTypes = false
    /// Columns that the deck names itself: field or `id`, `type` to the column's name.
    public var labels: [String: String] = [:]
    /// Of positions in columns that the deck names itself.
    public var isScaled = false
    public var isWrapped = true

    public init() {}
}

/// One atom of a frame: the wanted values in the order of `FrameFields.fields`, in the deck's units, positions unscaled.
public struct FrameAtom: Sendable {
    public var id = 0
    public var type: Int?
    public var element: String?
    public var values: [Double] = []
}

/// Frames of a file, one after the other. On several ranks every call is collective and every rank reads every atom, so that errors are
/// met by all; nothing is kept.
public protocol TrajectoryReader: AnyObject {
    /// The next frame's head; nil behind the last.
    func nextHeader() throws -> FrameHeader?
    /// Passes over the atoms of the frame whose head was read last.
    func skipAtoms() throws
    /// Gives the atoms of the frame whose head was read last, in the file's order.
    /// - Returns: whether positions are wrapped into the box.
    /// - Throws: `DeckError` for a column that is missing or a word that is no number.
    func readAtoms(_ wanted: FrameFields, _ body: (FrameAtom) throws -> Void) throws -> Bool
}

/// LAMMPS' text dumps (`dump custom`, `dump atom`), also .gz and .zst.
public final class DumpReader: TrajectoryReader {
    private let lines: SharedLines
    private var header: FrameHeader?
    private var columns: [String] = []

    public init(_ lines: SharedLines) { self.lines = lines }

    public func nextHeader() throws -> FrameHeader? {
        guard try lines.advanceToWords() else { return nil }
        var frame = FrameHeader(step: 0, atoms: 0, place: "\(lines.path):\(lines.number)")
        while ["ITEM: UNITS", "ITEM: TIME"].contains(lines.joined) {
            let isUnits = lines.joined == "ITEM: UNITS"
            try line()
            if isUnits { frame.units = lines.joined }
            try line()
        }
        try expect("ITEM: TIMESTEP")
        try line()
        frame.step = try lines.int(0, "the time step")
        try line()
        try expect("ITEM: NUMBER OF ATOMS")
        try line()
        frame.atoms = try lines.int(0, "the number of atoms")
        guard frame.atoms >= 0 else { throw lines.error("a number of atoms is not negative", 0) }
        try line()
        frame.box = try box()
        try line()
        guard lines.words.count > 1, lines.text(0) == "ITEM:", lines.text(1) == "ATOMS" else {
            throw lines.error("expected 'ITEM: ATOMS ...'")
        }
        columns = lines.words.indices.dropFirst(2).map(lines.text)
        header = frame
        return frame
    }

    private func box() throws -> Box {
        guard lines.joined.hasPrefix("ITEM: BOX BOUNDS") else {
            throw lines.error("expected 'ITEM: BOX BOUNDS ...'")
        }
        if lines.joined.contains("abc origin") {
            throw lines.error(
                "a dump in the frame of a general triclinic box cannot be read back: write it without dump_modify triclinic/general")
        }
        let isTriclinic = lines.words.count > 3 && lines.text(3) == "xy"
        var lo = Vector.zero, hi = Vector.zero, tilt = [0.0, 0, 0]
        for d in 0..<3 {
            try line()
            guard lines.words.count >= (isTriclinic ? 3 : 2) else { throw lines.error("expected \(isTriclinic ? 3 : 2) numbers") }
            lo[d] = try lines.double(0, "the lower bound")
            hi[d] = try lines.double(1, "the upper bound")
            if isTriclinic { tilt[d] = try lines.double(2, "the tilt") }
        }
        let (xy, xz, yz) = (tilt[0], tilt[1], tilt[2])
        // The bounds are those of the smallest upright box around the cell.
        lo.x -= min(0, xy, xz, xy + xz)
        hi.x -= max(0, xy, xz, xy + xz)
        lo.y -= min(0, yz)
        hi.y -= max(0, yz)
        guard lo.x < hi.x, lo.y < hi.y, lo.z < hi.z else { throw lines.error("the box has no volume") }
        return Box(lo: lo, hi: hi, xy: xy, xz: xz, yz: yz, isTriclinic: isTriclinic)
    }

    private func line() throws {
        guard try lines.advance() else { throw DeckError("'\(lines.path)' ends within a frame", at: lines.location(line: lines.number)) }
    }

    private func expect(_ text: String) throws {
        guard lines.joined == text else { throw lines.error("expected '\(text)'") }
    }

    public func skipAtoms() throws {
        for _ in 0..<(header?.atoms ?? 0) { try line() }
    }

    public func readAtoms(_ wanted: FrameFields, _ body: (FrameAtom) throws -> Void) throws -> Bool {
        guard let header else { return true }
        let id = try column("id", wanted), type = wanted.hasTypes ? try column("type", wanted) : nil
        var places: [Int] = []
        var kinds: Set<String> = []
        for field in wanted.fields {
            if field.isPosition, wanted.labels[field.rawValue] == nil {
                // The first of x, xs, xu, xsu that is there, x before all.
                let suffixes = columns.contains(field.rawValue) ? [""] : ["s", "u", "su"]
                let found = suffixes.compactMap { s in columns.firstIndex(of: field.rawValue + s).map { (s, $0) } }.min { $0.1 < $1.1 }
                guard let (suffix, place) = found else { throw missing(field.rawValue) }
                kinds.insert(suffix)
                places.append(place)
            } else {
                places.append(try column(field.rawValue, wanted))
                if field.isPosition { kinds.insert((wanted.isScaled ? "s" : "") + (wanted.isWrapped ? "" : "u")) }
            }
        }
        guard kinds.count <= 1 else { throw lines.error("x, y and z are not scaled and wrapped alike") }
        let kind = kinds.first ?? ""
        let axes = [FrameField.x, .y, .z].map { wanted.fields.firstIndex(of: $0) }
        let isScaled = kind.hasPrefix("s")
        if isScaled, header.box?.isTriclinic == true, axes.contains(nil), !axes.allSatisfy({ $0 == nil }) {
            throw lines.error("scaled positions in a triclinic box are read all three or none")
        }
        var atom = FrameAtom(values: [Double](repeating: 0, count: places.count))
        for _ in 0..<header.atoms {
            try line()
            guard lines.words.count >= columns.count else {
                throw lines.error("expected \(columns.count) columns, found \(lines.words.count)")
            }
            atom.id = try lines.int(id, "the id")
            if let type { atom.type = try lines.int(type, "the type") }
            for (k, place) in places.enumerated() { atom.values[k] = try lines.double(place, columns[place]) }
            if isScaled, let box = header.box { unscale(&atom.values, axes, box) }
            try body(atom)
        }
        return !kind.hasSuffix("u")
    }

    private func unscale(_ values: inout [Double], _ axes: [Int?], _ box: Box) {
        let l = box.lengths
        func scaled(_ d: Int) -> Double { axes[d].map { values[$0] } ?? 0 }
        let s = (scaled(0), scaled(1), scaled(2))
        if let k = axes[0] { values[k] = box.isTriclinic ? l.x * s.0 + box.xy * s.1 + box.xz * s.2 + box.lo.x : s.0 * l.x + box.lo.x }
        if let k = axes[1] { values[k] = box.isTriclinic ? l.y * s.1 + box.yz * s.2 + box.lo.y : s.1 * l.y + box.lo.y }
        if let k = axes[2] { values[k] = s.2 * l.z + box.lo.z }
    }

    private func column(_ name: String, _ wanted: FrameFields) throws -> Int {
        let label = wanted.labels[name] ?? name
        guard let place = columns.firstIndex(of: label) else { throw missing(label) }
        return place
    }

    private func missing(_ name: String) -> DeckError {
        lines.error("the dump has no column '\(name)'; it has \(columns.joined(separator: " "))")
    }
}

/// XYZ and extended XYZ, the latter in eV, Angstrom and ps. A frame without the key `step` has its number in the file, from 0, as LAMMPS'
/// reader of XYZ has it. Atoms are in the order of their ids unless there is a column `id`. A cell of any form is turned into a box.
public final class ExtendedXYZTrajectory: TrajectoryReader {
    private let reader: ExtendedXYZReader
    private let units: Units
    private let hasBox: Bool
    private var header: FrameHeader?
    private var shape: FrameBox?
    private var frames = 0

    /// - Parameter hasBox: false for plain XYZ, whose comments are not read.
    public init(_ lines: SharedLines, _ units: Units, hasBox: Bool) throws {
        reader = try ExtendedXYZReader(lines)
        (self.units, self.hasBox) = (units, hasBox)
    }

    public func nextHeader() throws -> FrameHeader? {
        guard let (frame, count) = try reader.begin(isPlain: !hasBox) else { return nil }
        shape = frame.cell != nil && frame.isPeriodic.contains(true) ? try FrameBox(frame) : nil
        var box = shape?.box
        if let angstrom = units.angstrom, angstrom != 1, let found = box {
            box = Box(
                lo: found.lo * angstrom, hi: found.hi * angstrom, xy: found.xy * angstrom, xz: found.xz * angstrom, yz: found.yz * angstrom,
                isTriclinic: found.isTriclinic)
        }
        let header = FrameHeader(step: frame.step ?? frames, atoms: count, box: box, place: frame.place)
        self.header = header
        frames += 1
        return header
    }

    public func skipAtoms() throws { try reader.skipAtoms(of: header?.atoms ?? 0) }

    public func readAtoms(_ wanted: FrameFields, _ body: (FrameAtom) throws -> Void) throws -> Bool {
        guard let header else { return true }
        for field in wanted.fields
        where !(field.isPosition || field.rawValue.hasPrefix("v") && reader.hasVelocities || field.rawValue.hasPrefix("f")) {
            throw DeckError("\(header.place): there is no '\(field.rawValue)' in this frame", at: nil)
        }
        let angstrom = units.angstrom ?? 1, picosecond = units.picosecond ?? 1
        var atom = FrameAtom(values: [Double](repeating: 0, count: wanted.fields.count))
        for number in 1...max(1, header.atoms) where number <= header.atoms {
            let row = try reader.atom(of: header.atoms)
            atom.id = row.id ?? number
            atom.element = row.element
            let position = shape?.toBox(row.position) ?? row.position
            let velocity = row.velocity.map { shape?.toBox($0) ?? $0 } ?? .zero
            for (k, field) in wanted.fields.enumerated() {
                if field.isPosition { atom.values[k] = position[field.axis] * angstrom }
                if field.rawValue.hasPrefix("v") { atom.values[k] = velocity[field.axis] * angstrom / picosecond }
            }
            try body(atom)
        }
        return true
    }
}
