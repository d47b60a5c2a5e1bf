import Deck
import Domain
import Integrators

/// `dump xyz`: number of atoms, a comment, then name (the type's number without `dump_modify element`) and position.
final class XYZFormat: DumpFormat {
    private var real: NumberFormat?
    private var unwraps = false

    func modify(_ modification: DumpModification) throws -> Bool {
        switch modification {
        case .realFormat(let format): real = format
        case .noFormats: real = nil
        case .unwrap(let flag): unwraps = flag
        default: return false
        }
        return true
    }

    func header(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> String {
        let time = settings.writesTime ? " Time: \(NumberFormat.table("%.6f").string(snapshot.system.time))" : ""
        return "\(count)\n Atoms. Timestep: \(snapshot.system.step)\(time)\n"
    }

    func rows(_ snapshot: Snapshot, _ settings: DumpSettings) throws -> (Int, inout [UInt8]) -> Void {
        let system = snapshot.system
        let names = (settings.elements ?? (1...max(1, system.atoms.typeCount)).map { String($0) }).map { Array($0.utf8) }
        let axes = try (unwraps ? ["xu", "yu", "zu"] : ["x", "y", "z"]).map { try AtomInput($0).values(snapshot) }
        let format = real ?? .table("%g")
        return { i, text in
            text.append(contentsOf: names[Int(system.atoms.type[i]) - 1])
            for x in axes {
                text.append(UInt8(ascii: " "))
                format.append(x[i], to: &text)
            }
            text.append(UInt8(ascii: "\n"))
        }
    }
}

/// `dump extxyz`: extended XYZ as ASE reads it, with every digit needed to read back the same numbers.
///
/// For units metal and real the file is in eV, Angstrom and ps (velocities in Angstrom/ps) whatever the deck's units. Its `energy`
/// is the potential energy; `stress` = -W / V with the virial W, without a kinetic part, in ASE's sign (tension positive) and eV/A^3.
/// Both are left out where the potential has none. For units lj nothing is converted.
final class ExtendedXYZFormat: DumpFormat {
    /// A number an atom beside the usual ones, and the key of its maximum over the frame.
    struct Column {
        let name: String
        let maximumName: String
        /// Of this rank's owned atoms, as they are written.
        let values: (Snapshot) throws -> [Double]
    }

    private let extra: Column?
    private var real: NumberFormat?
    private var unwraps = false
    private var velocities = true
    private var forces = true

    init(_ extra: Column? = nil) { self.extra = extra }

    func wants(_ observation: Observation) -> Wanted { [.energy, .virial] }

    func modify(_ modification: DumpModification) throws -> Bool {
        switch modification {
        case .realFormat(let format): real = format
        case .noFormats: real = nil
        case .unwrap(let flag): unwraps = flag
        case .velocities(let flag): velocities = flag
        case .forces(let flag): forces = flag
        default: return false
        }
        return true
    }

    /// Before the first run there are none.
    private func hasForces(_ system: System) -> Bool { forces && system.forces.force.count >= system.atoms.owned }

    private func number(_ x: Double) -> String {
        var bytes: [UInt8] = []
        append(x, real, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func header(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> String {
        let system = snapshot.system, box = system.box
        let volt = system.units.electronvolt ?? 1, angstrom = system.units.angstrom ?? 1
        let cell = [box.a, box.b, box.c].flatMap { [$0.x, $0.y, $0.z] }.map { number($0 / angstrom) }.joined(separator: " ")
        var text = "\(count)\nLattice=\"\(cell)\" Properties=species:S:1:pos:R:3"
        if velocities { text += ":vel:R:3" }
        if hasForces(system) { text += ":forces:R:3" }
        if let extra {
            let most = system.communicator.max(try extra.values(snapshot).max() ?? -.infinity)
            text += ":\(extra.name):R:1 \(extra.maximumName)=\(number(most))"
        }
        let wanted = system.forces.wanted
        if wanted.contains(.energy) { text += " energy=\(number(try snapshot.potentialEnergy() / volt))" }
        if wanted.contains(.virial) {
            let scale = -1 / (box.volume * volt) * angstrom * angstrom * angstrom
            let w = try snapshot.virial().map { $0 * scale + 0 }
            text += " stress=\"\([0, 3, 4, 3, 1, 5, 4, 5, 2].map { number(w[$0]) }.joined(separator: " "))\""
        }
        let periodic = (0..<3).map { box.isPeriodic($0) ? "T" : "F" }.joined(separator: " ")
        let picosecond = system.units.picosecond ?? 1
        return text + " pbc=\"\(periodic)\" step=\(system.step) time=\(number(system.time / picosecond))\n"
    }

    func rows(_ snapshot: Snapshot, _ settings: DumpSettings) throws -> (Int, inout [UInt8]) -> Void {
        let system = snapshot.system, units = system.units
        let volt = units.electronvolt ?? 1, angstrom = units.angstrom ?? 1, picosecond = units.picosecond ?? 1
        let names = elementNames(system, settings).map { Array($0.utf8) }
        func columns(_ names: [String], _ scale: Double) throws -> [[Double]] {
            try names.map { name in
                let values = try AtomInput(name).values(snapshot)
                return scale == 1 ? values : values.map { $0 * scale }
            }
        }
        var all = try columns(unwraps ? ["xu", "yu", "zu"] : ["x", "y", "z"], 1 / angstrom)
        if velocities { all += try columns(["vx", "vy", "vz"], picosecond / angstrom) }
        if hasForces(system) { all += try columns(["fx", "fy", "fz"], angstrom / volt) }
        if let extra { all.append(try extra.values(snapshot)) }
        return { [real] i, text in
            text.append(contentsOf: names[Int(system.atoms.type[i]) - 1])
            for x in all {
                text.append(UInt8(ascii: " "))
                append(x[i], real, to: &text)
            }
            text.append(UInt8(ascii: "\n"))
        }
    }
}

/// In the format given, else the shortest digits that read back as the same number.
private func append(_ x: Double, _ format: NumberFormat?, to text: inout [UInt8]) {
    if let format { return format.append(x, to: &text) }
    text.append(contentsOf: x.description.utf8)
}
