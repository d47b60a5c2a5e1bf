import Deck
import Domain
import Integrators

/// The ITEM lines of a LAMMPS text frame up to the box.
func itemHeader(_ system: System, _ settings: DumpSettings, count: Int, writesUnits: Bool) -> String {
    var text = ""
    if writesUnits { text += "ITEM: UNITS\n\(system.units.name.rawValue)\n" }
    if settings.writesTime { text += "ITEM: TIME\n\(NumberFormat.table("%.16g").string(system.time))\n" }
    text += "ITEM: TIMESTEP\n\(system.step)\nITEM: NUMBER OF ATOMS\n\(count)\n"
    let box = system.box, (lo, hi) = box.bounds
    let faces = box.boundary.map { String([$0.0.rawValue, $0.1.rawValue]) }.joined(separator: " ")
    let e = NumberFormat.table("%.16e")
    if settings.isGeneral {
        text += "ITEM: BOX BOUNDS abc origin \(faces)\n"
        for (d, edge) in box.generalEdges.enumerated() {
            text += (0..<3).map { e.string(edge[$0]) + " " }.joined() + e.string(box.lo[d]) + "\n"
        }
        return text
    }
    guard box.isTriclinic else {
        text += "ITEM: BOX BOUNDS \(faces)\n"
        for d in 0..<3 { text += "\(e.string(lo[d])) \(e.string(hi[d]))\n" }
        return text
    }
    text += "ITEM: BOX BOUNDS xy xz yz \(faces)\n"
    for (d, tilt) in [box.xy, box.xz, box.yz].enumerated() { text += "\(e.string(lo[d])) \(e.string(hi[d])) \(e.string(tilt))\n" }
    return text
}

/// The head of a frame of `dump yaml`, as LAMMPS writes it.
func yamlHeader(_ system: System, _ settings: DumpSettings, count: Int, names: [String], thermo: String) -> String {
    let box = system.box, (lo, hi) = box.bounds
    var text = "---\ncreator: LAMMPS\ntimestep: \(system.step)\n"
    if settings.writesUnits { text += "units: \(system.units.name.rawValue)\n" }
    if settings.writesTime { text += "time: \(NumberFormat.table("%.16g").string(system.time))\n" }
    text += "natoms: \(count)\nboundary: [ " + box.boundary.map { "\($0.0.rawValue), \($0.1.rawValue), " }.joined() + "]\n"
    text += thermo + "box:\n"
    for d in 0..<3 { text += "  - [ \(shortest(lo[d])), \(shortest(hi[d])) ]\n" }
    if box.isTriclinic { text += "  - [ \(shortest(box.xy)), \(shortest(box.xz)), \(shortest(box.yz)) ]\n" }
    return text + "keywords: [ " + names.map { $0 + ", " }.joined() + " ]\ndata:\n"
}

/// The fewest digits that read back as the same number, whole numbers without a point.
func shortest(_ x: Double) -> String {
    let text = x.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
