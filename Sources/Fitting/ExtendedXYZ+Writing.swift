import Domain

extension Frame {
    /// The frame in extended XYZ, numbers in full precision (the shortest text that reads back to the same bits).
    public var extendedXYZ: String {
        var header: [String] = []
        if let cell {
            let numbers = [cell.x, cell.y, cell.z].flatMap { [$0.x, $0.y, $0.z] }
            header.append("Lattice=\"\(numbers.map { "\($0)" }.joined(separator: " "))\"")
        }
        header.append("Properties=species:S:1:pos:R:3\(forces == nil ? "" : ":forces:R:3")")
        if let energy { header.append("energy=\(energy)") }
        if let virial {
            let numbers = [virial.x, virial.y, virial.z].flatMap { [$0.x, $0.y, $0.z] }
            header.append("virial=\"\(numbers.map { "\($0)" }.joined(separator: " "))\"")
        }
        header.append("pbc=\"\(isPeriodic.map { $0 ? "T" : "F" }.joined(separator: " "))\"")
        var text = "\(count)\n\(header.joined(separator: " "))\n"
        for i in 0..<count {
            let x = positions[i]
            text += "\(elements[i]) \(x.x) \(x.y) \(x.z)"
            if let f = forces?[i] { text += " \(f.x) \(f.y) \(f.z)" }
            text += "\n"
        }
        return text
    }
}
