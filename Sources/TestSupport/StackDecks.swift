import Potentials

/// Decks with the stacked ensembles of `StackCases`, and the files that they read.
package enum StackDecks {
    /// `schnet.json`, `painn.json` with their weights, and a file of every kind of ensemble that `pair` names.
    package static func files() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for model in StackCases.models {
            let name = model.architecture.rawValue
            files["\(name).json"] = Array(model.json.replacing("model.safetensors", with: "\(name).safetensors").utf8)
            files["\(name).safetensors"] = model.safetensors()
        }
        for kind in StackConfiguration.Kind.allCases {
            files["\(kind).safetensors"] = try StackCases.learner(StackCases.configuration(kind)).file()
        }
        return files
    }

    /// `pair_style` and `pair_coeff` lines with both members; `options` come behind the file.
    package static func pair(_ kind: StackConfiguration.Kind, options: String = "") -> String {
        let names = StackCases.models.map(\.architecture.rawValue), elements = StackCases.elements.joined(separator: " ")
        let lines = names.map { "pair_coeff * * \($0) \($0).json \(elements)" }
        let style = "pair_style ensemble/\(kind) \(kind).safetensors \(options) \(names.joined(separator: " "))"
        return ([style] + lines).joined(separator: "\n")
    }

    /// The file of `read_data` with atoms at rest, every number in full.
    package static func data(_ system: TestSystem) -> String {
        let b = system.box
        var lines = ["\(system.name)", "", "\(system.count) atoms", "\(system.typeCount) atom types"]
        for (d, axis) in ["x", "y", "z"].enumerated() { lines.append("\(b.lo[d]) \(b.hi[d]) \(axis)lo \(axis)hi") }
        if b.isTriclinic { lines.append("\(b.xy) \(b.xz) \(b.yz) xy xz yz") }
        lines += ["", "Masses", ""] + (1...system.typeCount).map { "\($0) \(system.masses[$0] ?? 1)" }
        lines += ["", "Atoms # atomic", ""]
        for i in system.positions.indices {
            var x = system.positions[i], image = SIMD4<Int32>.zero
            b.wrap(&x, &image)
            lines.append("\(system.ids[i]) \(system.types[i]) \(x.x) \(x.y) \(x.z)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
