import Domain

/// A text form that loses no bit: numbers as the shortest decimal that reads back the same.
extension Evaluation {
    public var text: String {
        func row(_ tensor: Tensor) -> String { (0..<9).map { "\(tensor[$0 / 3, $0 % 3])" }.joined(separator: " ") }
        var lines = ["energy \(energy)", "virial \(row(virial))", "ghosts \(ghosts)", "pairs \(pairs)"]
        for (k, id) in ids.enumerated() {
            lines.append("atom \(id) \(forces[k].x) \(forces[k].y) \(forces[k].z)")
            if !atomEnergies.isEmpty { lines.append("atom-energy \(atomEnergies[k])") }
            if !atomVirials.isEmpty { lines.append("atom-virial \(row(atomVirials[k]))") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    public init(text: String) throws {
        func tensor(_ v: [Double]) -> Tensor {
            Tensor(x: Vector(xyz: v[0], v[1], v[2]), y: Vector(xyz: v[3], v[4], v[5]), z: Vector(xyz: v[6], v[7], v[8]))
        }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let v = try words.dropFirst().map { word in
                guard let value = Double(word) else { throw FileProblem(description: "not a number in an evaluation: \(line)") }
                return value
            }
            switch words.first {
            case "energy" where v.count == 1: energy = v[0]
            case "virial" where v.count == 9: virial = tensor(v)
            case "ghosts" where v.count == 1: ghosts = Int(v[0])
            case "pairs" where v.count == 1: pairs = Int(v[0])
            case "atom" where v.count == 4:
                ids.append(Int64(v[0]))
                forces.append(Vector(xyz: v[1], v[2], v[3]))
            case "atom-energy" where v.count == 1: atomEnergies.append(v[0])
            case "atom-virial" where v.count == 9: atomVirials.append(tensor(v))
            default: throw FileProblem(description: "not a line of an evaluation: \(line)")
            }
        }
    }
}
