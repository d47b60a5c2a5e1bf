import Deck
import Domain
import Integrators
import Potentials

/// `dump xyz`: number of atoms, a comment, then name (the type's number without `dump_modify element`) and position.
final class XYZFormat: DumpFormat {
    private var real: NumberFormat?
    private var line: [NumberFormat] = []
    private var unwraps = false

    // Rows without ids could not be put in order later.
    var isSortedByDefault: Bool { true }

    func modify(_ modification: DumpModification) throws -> Bool {
        switch modification {
        case .realFormat(let format): real = format
        case .lineFormat(let formats):
            guard formats.count == 4 else { throw DeckError("format line has \(formats.count) formats for 4 columns", at: nil) }
            line = formats
        case .noFormats: (real, line) = (nil, [])
        case .unwrap(let flag): unwraps = flag
        default: return false
        }
        return true
    }

    func frame(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> [FrameSection] {
        let system = snapshot.system
        let time = settings.writesTime ? " Time: \(NumberFormat.table("%.6f").string(system.time))" : ""
        let head = "\(count)\n Atoms. Timestep: \(system.step)\(time)\n"
        let names = (settings.elements ?? (1...max(1, system.atoms.typeCount)).map { String($0) })
        let texts = names.map { name in line.first.map { Array($0.string(name).utf8) } ?? Array(name.utf8) }
        let axes = try (unwraps ? ["xu", "yu", "zu"] : ["x", "y", "z"]).map { try AtomInput($0).values(snapshot) }
        let formats = line.isEmpty ? Array(repeating: real ?? .table("%g"), count: 3) : Array(line.dropFirst())
        return [
            FrameSection(head: Array(head.utf8)) { i, text in
                text.append(contentsOf: texts[Int(system.atoms.type[i]) - 1])
                for d in 0..<3 {
                    text.append(UInt8(ascii: " "))
                    formats[d].append(axes[d][i], to: &text)
                }
                text.append(UInt8(ascii: "\n"))
            }
        ]
    }
}

/// `dump extxyz`: extended XYZ as ASE reads it, with every digit needed to read back the same numbers.
///
/// For units metal and real the file is in eV, Angstrom and ps (velocities in Angstrom/ps) whatever the deck's units. Its `energy`
/// is the potential energy; `stress` = -W / V with the virial W, without a kinetic part, in ASE's sign (tension positive) and eV/A^3;
/// `virial` is W in eV. They are left out where the potential has none. For units lj nothing is converted.
///
/// Where an ensemble drives, each atom has `force_deviation`, sigma_i of its members' forces, and the frame `max_force_deviation`
/// (eV/Angstrom; without a unit when the ensemble's deviation is relative).
final class ExtendedXYZFormat: DumpFormat {
    private var real: NumberFormat?
    private var unwraps = false
    private var velocities = true
    private var forces = true
    private var deviation = true

    var isSortedByDefault: Bool { true }

    func wants(_ observation: Observation) -> Wanted {
        let hasMembers = deviation && observation.host?.watchedPotential?.memberReporting != nil
        return hasMembers ? [.energy, .virial, .members] : [.energy, .virial]
    }

    func modify(_ modification: DumpModification) throws -> Bool {
        switch modification {
        case .realFormat(let format): real = format
        case .noFormats: real = nil
        case .unwrap(let flag): unwraps = flag
        case .velocities(let flag): velocities = flag
        case .forces(let flag): forces = flag
        case .deviation(let flag): deviation = flag
        default: return false
        }
        return true
    }

    /// Before the first run there are none.
    private func hasForces(_ system: System) -> Bool { forces && system.forces.force.count >= system.atoms.owned }

    /// sigma_i of this rank's atoms, eV/Angstrom; nil without an ensemble, and at a step at which its members were not asked.
    private func deviations(_ snapshot: Snapshot) -> [Double]? {
        guard deviation, let ensemble = snapshot.potential?.memberReporting, ensemble.report.step == snapshot.system.step,
            snapshot.system.forces.wanted.contains(.members)
        else { return nil }
        let units = snapshot.system.units
        let scale = ensemble.statistics.relativeLevel == nil ? (units.angstrom ?? 1) / (units.electronvolt ?? 1) : 1
        return (0..<snapshot.owned).map { ensemble.forceDeviation(atom: $0) * scale }
    }

    private func number(_ x: Double) -> String {
        var bytes: [UInt8] = []
        append(x, real, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func frame(_ snapshot: Snapshot, _ settings: DumpSettings, count: Int, isFirst: Bool) throws -> [FrameSection] {
        let deviations = deviations(snapshot)
        let head = try header(snapshot, count: count, deviations)
        return [FrameSection(head: Array(head.utf8), row: try rows(snapshot, settings, deviations))]
    }

    private func header(_ snapshot: Snapshot, count: Int, _ deviations: [Double]?) throws -> String {
        let system = snapshot.system, box = system.box
        let volt = system.units.electronvolt ?? 1, angstrom = system.units.angstrom ?? 1
        let cell = [box.a, box.b, box.c].flatMap { [$0.x, $0.y, $0.z] }.map { number($0 / angstrom) }.joined(separator: " ")
        var text = "\(count)\nLattice=\"\(cell)\" Properties=species:S:1:pos:R:3"
        if velocities { text += ":vel:R:3" }
        if hasForces(system) { text += ":forces:R:3" }
        if let deviations {
            let most = system.communicator.max(deviations.max() ?? -.infinity)
            text += ":force_deviation:R:1 max_force_deviation=\(number(most))"
        }
        let wanted = system.forces.wanted
        if wanted.contains(.energy) { text += " energy=\(number(try snapshot.potentialEnergy() / volt))" }
        if wanted.contains(.virial) {
            let w = try snapshot.virial()
            let scale = -1 / (box.volume * volt) * angstrom * angstrom * angstrom
            func full(_ scale: Double) -> String { [0, 3, 4, 3, 1, 5, 4, 5, 2].map { number(w[$0] * scale + 0) }.joined(separator: " ") }
            text += " stress=\"\(full(scale))\" virial=\"\(full(1 / volt))\""
        }
        let periodic = (0..<3).map { box.isPeriodic($0) ? "T" : "F" }.joined(separator: " ")
        let picosecond = system.units.picosecond ?? 1
        return text + " pbc=\"\(periodic)\" step=\(system.step) time=\(number(system.time / picosecond))\n"
    }

    private func rows(_ snapshot: Snapshot, _ settings: DumpSettings, _ deviations: [Double]?) throws -> FrameRow {
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
        if let deviations { all.append(deviations) }
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
