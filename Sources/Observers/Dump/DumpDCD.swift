import Deck
import Domain
import Integrators

/// `dump dcd`: CHARMM's and NAMD's binary trajectory, little-endian, positions in single precision sorted by id; the layout is LAMMPS'.
///
/// A frame is the cell (a, cos gamma, b, cos beta, cos alpha, c; cosines 0 for an orthogonal box), then all x, all y, all z.
final class DCDFormat: DumpFormat {
    private var unwraps = false
    private var count: Int?
    /// Steps between frames, which the file's head states.
    private let interval: Int

    static let headBytes = 276

    /// - Throws: `DeckError` at the interval when it is not a number of steps.
    init(interval: Schedule?) throws {
        switch interval?.kind {
        case nil, .never: self.interval = 0
        case .every(let steps): self.interval = steps
        default: throw DeckError("dump dcd states one interval in its head: it must be a number of steps", at: nil)
        }
    }

    var isBinary: Bool { true }
    var headLength: Int { Self.headBytes }

    func modify(_ modification: DumpModification) throws -> Bool {
        guard case .unwrap(let flag) = modification else { return false }
        unwraps = flag
        return true
    }

    func prepare(_ system: System, _ settings: DumpSettings, count: Int) throws {
        guard count < 1 << 29 else { throw DeckError("dump dcd holds at most 2^29 atoms", at: nil) }
        if self.count == nil { self.count = count }
    }

    func frame(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> [FrameSection] {
        guard count == self.count else {
            throw DeckError("dump dcd began with \(self.count ?? 0) atoms and cannot go on with \(count)", at: nil)
        }
        let system = snapshot.system, box = system.box
        guard system.step <= Int(Int32.max) else { throw DeckError("dump dcd counts steps up to 2^31 - 1", at: nil) }
        var head: [UInt8] = isFirst ? header(system) : []
        head.put(Int32(48))
        let l = box.lengths
        if box.isTriclinic {
            let b = (box.xy * box.xy + l.y * l.y).squareRoot()
            let c = (box.xz * box.xz + box.yz * box.yz + l.z * l.z).squareRoot()
            let alpha = (box.xy * box.xz + l.y * box.yz) / b / c
            for x in [l.x, l.x * box.xy / l.x / b, b, l.x * box.xz / l.x / c, alpha, c] { head.put(x) }
        } else {
            for x in [l.x, 0, l.y, 0, 0, l.z] { head.put(x) }
        }
        head.put(Int32(48))
        let length = Int32(4 * count)
        return try (unwraps ? ["xu", "yu", "zu"] : ["x", "y", "z"]).enumerated().map { d, name in
            var section = FrameSection(head: d == 0 ? head : [])
            section.head.put(length)
            let x = try AtomInput(name).values(snapshot)
            section.row = { i, bytes in bytes.put(Float(x[i])) }
            section.tail.put(length)
            return section
        }
    }

    private func header(_ system: System) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.put(Int32(84))
        bytes += Array("CORD".utf8)
        // Frames so far and the last step are written over with each frame.
        for number in [0, system.step, interval, system.step, 0, 0, 0, 0, 0] { bytes.put(Int32(number)) }
        bytes.put(Float(system.timestep))
        bytes.put(Int32(1))
        for _ in 0..<8 { bytes.put(Int32(0)) }
        bytes.put(Int32(24))
        bytes.put(Int32(84))
        bytes.put(Int32(164))
        bytes.put(Int32(2))
        for title in ["Written by mdrun", "REMARKS units \(system.units.name.rawValue), timestep \(system.timestep)"] {
            bytes += Array(title.utf8.prefix(80)) + [UInt8](repeating: 32, count: max(0, 80 - title.utf8.count))
        }
        bytes.put(Int32(164))
        bytes.put(Int32(4))
        bytes.put(Int32(count ?? 0))
        bytes.put(Int32(4))
        return bytes
    }

    func patches(frames: Int, step: Int) -> [(offset: Int, bytes: [UInt8])] {
        [(8, frames), (20, step)].map { offset, number in
            var bytes: [UInt8] = []
            bytes.put(Int32(number))
            return (offset, bytes)
        }
    }

    func continuation(of head: [UInt8], size: Int) throws -> (frames: Int, end: Int) {
        func number(_ at: Int) -> Int { head.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: at, as: Int32.self).littleEndian) } }
        guard head.count == Self.headBytes, number(0) == 84, Array(head[4..<8]) == Array("CORD".utf8), number(92) == 164 else {
            throw DeckError("it is no DCD file of the kind written here", at: nil)
        }
        guard number(268) == count else { throw DeckError("it holds \(number(268)) atoms, not \(count ?? 0)", at: nil) }
        let frame = 56 + 3 * (8 + 4 * number(268))
        // A frame that a killed run has begun is dropped.
        let frames = min(number(8), (size - Self.headBytes) / frame)
        return (frames, Self.headBytes + frames * frame)
    }
}

extension [UInt8] {
    /// Little-endian.
    mutating func put(_ value: Int32) { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }
    mutating func put(_ value: Float) { Swift.withUnsafeBytes(of: value.bitPattern.littleEndian) { append(contentsOf: $0) } }
    mutating func put(_ value: Double) { Swift.withUnsafeBytes(of: value.bitPattern.littleEndian) { append(contentsOf: $0) } }
}
