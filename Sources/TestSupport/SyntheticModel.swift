import Deck
import Domain
import Foundation
import Potentials

/// A SchNet or PaiNN with random weights, written in memory as scripts/export_schnetpack.py writes models: NAME.json, NAME.safetensors.
///
/// Weights are scaled so that every layer's output is of order one: energies then depend visibly on all of them.
public struct SyntheticModel: Sendable {
    public enum Architecture: String, Sendable { case schnet, painn }

    public var architecture: Architecture
    public var features = 24
    public var interactions = 3
    public var basis = 10
    public var cutoff = 3.6
    public var cutoffFunction = "mollifier"
    public var radialBasis = "gaussian"
    public var activation: String
    public var readoutActivation = "silu"
    public var sharedFilters = false
    public var species = [1, 6, 8]
    public var energyUnit = "eV"
    public var seed: UInt64 = 1
    /// Filters of SchNet, another number than features.
    public var filters = 40

    public init(_ architecture: Architecture) {
        self.architecture = architecture
        activation = architecture == .schnet ? "shifted_softplus" : "silu"
    }

    // MARK: - Tensors

    private struct Shape { var name: String, sizes: [Int], scale: Double }

    private var maxZ: Int { 20 }

    private var shapes: [Shape] {
        var result = [Shape(name: "representation.embedding.weight", sizes: [maxZ, features], scale: 1)]
        func dense(_ name: String, _ rows: Int, _ columns: Int, bias: Bool, gain: Double = 1.3, offset: Double = 0.2) {
            result.append(Shape(name: name + ".weight", sizes: [rows, columns], scale: gain / Double(columns).squareRoot()))
            if bias { result.append(Shape(name: name + ".bias", sizes: [rows], scale: offset)) }
        }
        let f = features, n = filters
        switch architecture {
        case .schnet:
            for t in 0..<interactions {
                let root = "representation.interactions.\(t)."
                dense(root + "in2f", n, f, bias: false)
                dense(root + "filter_network.0", n, basis, bias: true)
                dense(root + "filter_network.1", n, n, bias: true)
                dense(root + "f2out.0", f, n, bias: true, gain: 0.7)
                dense(root + "f2out.1", f, f, bias: true)
            }
        case .painn:
            dense("representation.filter_net", (sharedFilters ? 1 : interactions) * 3 * f, basis, bias: true, gain: 0.1, offset: 0.02)
            for t in 0..<interactions {
                dense("representation.interactions.\(t).interatomic_context_net.0", f, f, bias: true)
                dense("representation.interactions.\(t).interatomic_context_net.1", 3 * f, f, bias: true)
                dense("representation.mixing.\(t).mu_channel_mix", 2 * f, f, bias: false)
                dense("representation.mixing.\(t).intraatomic_context_net.0", f, 2 * f, bias: true)
                dense("representation.mixing.\(t).intraatomic_context_net.1", 3 * f, f, bias: true, gain: 0.4)
            }
        }
        dense("output_modules.0.outnet.0", f / 2, f, bias: true)
        dense("output_modules.0.outnet.1", 1, f / 2, bias: true)
        return result
    }

    public var tensorNames: [String] { shapes.map(\.name) }

    /// The weights' file. `change` may replace a tensor's numbers and shape, or drop it by returning nil.
    public func safetensors(_ change: (_ name: String, _ sizes: [Int], _ values: [Float]) -> ([Int], [Float])? = { ($1, $2) }) -> [UInt8] {
        var header: [String] = [], data: [UInt8] = []
        for (k, shape) in shapes.enumerated() {
            var random = SeededGenerator(seed &* 1000 &+ UInt64(k))
            let count = shape.sizes.reduce(1, *)
            let values = (0..<count).map { _ in Float((2 * random.uniform() - 1) * 3.0.squareRoot() * shape.scale) }
            guard let (sizes, numbers) = change(shape.name, shape.sizes, values) else { continue }
            let begin = data.count
            for x in numbers { withUnsafeBytes(of: x.bitPattern.littleEndian) { data.append(contentsOf: $0) } }
            header.append("\"\(shape.name)\":{\"dtype\":\"F32\",\"shape\":\(sizes),\"data_offsets\":[\(begin),\(data.count)]}")
        }
        var text = Array("{\(header.joined(separator: ","))}".utf8)
        while text.count % 8 != 0 { text.append(32) }
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
    }

    public var json: String {
        let n = basis
        let offsets = (0..<n).map { cutoff * Double($0) / Double(n - 1) }
        let cut = cutoffFunction == "switch"
            ? "\"switch_on\": \(0.6 * cutoff), \"switch_off\": \(cutoff)" : "\"cutoff\": \(cutoff), \"eps\": 1e-7"
        let radial = radialBasis == "bessel"
            ? "\"freqs\": \((1...n).map { Double($0) * Double.pi / cutoff })"
            : "\"offsets\": \(offsets), \"widths\": \(offsets.map { _ in offsets[1] })"
        return """
            {"format": "mdrun-schnetpack", "version": 1, "architecture": "\(architecture.rawValue)", "n_atom_basis": \(features),
             "n_interactions": \(interactions), "n_rbf": \(n), "n_filters": \(architecture == .schnet ? "\(filters)" : "null"),
             "cutoff": \(cutoff), "cutoff_function": {"name": "\(cutoffFunction)", \(cut)},
             "radial_basis": {"name": "\(radialBasis)", \(radial)}, "activation": "\(activation)",
             "epsilon": \(architecture == .painn ? "1e-2" : "null"), "shared_interactions": false, "shared_filters": \(sharedFilters),
             "max_z": \(maxZ), "species": \(species),
             "output": {"prefix": "output_modules.0.outnet", "aggregation": "sum", "layers": [
               {"in": \(features), "out": \(features / 2), "activation": "\(readoutActivation)"},
               {"in": \(features / 2), "out": 1, "activation": "identity"}]},
             "units": {"energy": "\(energyUnit)", "length": "Ang"},
             "energy_offset": {"per_atom": -0.25, "per_element": {"8": -1.5}},
             "safetensors": {"file": "model.safetensors"}}
            """
    }

    // MARK: - Potentials

    /// The potential of `pair_style STYLE` with this model, prepared.
    /// - Parameter elements: of each type; NULL where not seen.
    public func make(
        _ setup: PotentialSetup, style words: String = "", elements: [String], json: String? = nil, safetensors: [UInt8]? = nil
    ) throws -> any Potential {
        var setup = setup
        let text = json ?? self.json, weights = safetensors ?? self.safetensors()
        setup.read = { path, _ in path.hasSuffix(".json") ? Array(text.utf8) : weights }
        return try potential(
            "\(architecture.rawValue) \(words)", "* * model.json \(elements.joined(separator: " "))", setup)
    }
}

/// The potential of a pair_style and one pair_coeff line, prepared.
public func potential(_ style: String, _ coefficients: String, _ setup: PotentialSetup) throws -> any Potential {
    func words(_ line: String, _ context: String) -> Words {
        func place(_ column: Int, _ length: Int) -> SourceLocation {
            SourceLocation(file: "deck", line: 1, column: column, length: length, text: line)
        }
        let texts = line.split(separator: " ").map(String.init)
        return Words(texts.map { Word(text: $0, location: place(1, $0.count)) }, of: context, end: place(line.count + 1, 1))
    }
    var style = words(style, "pair_style")
    let potential = try PotentialRegistry().make(&style, setup)
    for line in coefficients.split(separator: "\n") {
        var line = words(String(line), "pair_coeff")
        try potential.coefficients(&line, setup)
    }
    try potential.prepare(setup)
    return potential
}
