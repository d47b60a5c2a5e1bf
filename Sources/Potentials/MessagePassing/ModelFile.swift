import Deck
import Domain
import Foundation

/// A SchNetPack 2 model as scripts/export_schnetpack.py writes it, or one of `mdfit train` (`BaseModel`): NAME.json describes,
/// NAME.safetensors holds the weights.
struct ModelFile {
    static let format = "mdrun-schnetpack"

    let path: String
    let location: SourceLocation?
    let description: Description
    let tensors: any TensorSource
    /// Numbers in the file of weights.
    let parameterCount: Int

    /// The JSON file, field by field.
    struct Description: Codable {
        struct Cutoff: Codable {
            let name: String
            let cutoff: Double?
            let eps: Double?
            let switch_on: Double?
            let switch_off: Double?
        }
        struct Basis: Codable {
            let name: String
            let offsets: [Double]?
            let widths: [Double]?
            let freqs: [Double]?
        }
        struct Layer: Codable {
            let `in`: Int
            let out: Int
            let activation: String
        }
        struct Output: Codable {
            let prefix: String
            let layers: [Layer]
            let aggregation: String
        }
        struct Units: Codable {
            let energy: String
            let length: String
        }
        struct Offset: Codable {
            let per_atom: Double
            let per_element: [String: Double]
        }
        struct Weights: Codable { let file: String }

        let format: String
        let version: Int
        let architecture: String
        let n_atom_basis: Int
        let n_interactions: Int
        let n_rbf: Int
        let n_filters: Int?
        let cutoff: Double
        let cutoff_function: Cutoff
        let radial_basis: Basis
        let activation: String
        let epsilon: Double?
        let shared_filters: Bool?
        let max_z: Int
        let species: [Int]?
        let output: Output
        let units: Units
        let energy_offset: Offset
        let safetensors: Weights
        /// How a model of `mdfit train` was made.
        let training: [String: String]?
    }

    /// - Parameter word: the file's name in the deck, ending in .json or .safetensors.
    init(_ word: Word, architecture: String, _ setup: PotentialSetup) throws {
        path = word.text
        location = word.location
        func fail(_ message: String) -> DeckError { DeckError("\(word.text): \(message)", at: word.location) }
        let suffixes = [".json", ".safetensors"]
        guard let suffix = suffixes.first(where: word.text.hasSuffix) else {
            throw fail("expected a model of mdfit train or scripts/export_schnetpack.py, NAME.json or NAME.safetensors")
        }
        let stem = String(word.text.dropLast(suffix.count))
        let bytes = try setup.read(stem + ".json", word.location)
        do {
            description = try JSONDecoder().decode(Description.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw fail(error.explanation(file: stem + ".json"))
        }
        guard description.format == Self.format, description.version == 1 else {
            throw fail("format \(description.format) version \(description.version); expected mdrun-schnetpack version 1")
        }
        guard description.architecture == architecture else {
            throw fail("holds a \(description.architecture) model; its style is pair_style \(description.architecture)")
        }
        let named = description.safetensors.file
        guard !named.contains("/"), !named.isEmpty else { throw fail("names '\(named)' as its weights; expected a file beside it") }
        let weights = stem.lastIndex(of: "/").map { stem[...$0] + named } ?? named
        let file = try Safetensors(try setup.read(weights, word.location), file: weights, at: word.location)
        tensors = file
        parameterCount = file.names.filter { $0.hasSuffix(".weight") || $0.hasSuffix(".bias") }
            .reduce(0) { $0 + (file.shape($1) ?? []).reduce(1, *) }
        try check()
    }

    /// A model that is not in a file yet.
    init(_ description: Description, _ tensors: any TensorSource) throws {
        (self.description, self.tensors) = (description, tensors)
        (path, location, parameterCount) = ("model", nil, 0)
        try check()
    }

    func fail(_ message: String) -> DeckError { DeckError("\(path): \(message)", at: location) }

    private func check() throws {
        let d = description
        for (name, value) in [
            ("n_atom_basis", d.n_atom_basis), ("n_interactions", d.n_interactions), ("n_rbf", d.n_rbf), ("max_z", d.max_z),
            ("n_filters", d.n_filters ?? 1),
        ] where value < 1 || value > 65536 { throw fail("\(name) is \(value)") }
        guard d.cutoff > 0, d.cutoff.isFinite else { throw fail("cutoff is \(d.cutoff)") }
        guard d.output.aggregation == "sum" else {
            throw fail("energies are aggregated by '\(d.output.aggregation)'; only a sum is extensive")
        }
        guard d.output.layers.last?.out == 1 else { throw fail("the output network must end in one number an atom") }
        guard let first = d.output.layers.first, first.in == d.n_atom_basis else {
            throw fail("the output network takes \(d.output.layers.first?.in ?? 0) features; expected n_atom_basis = \(d.n_atom_basis)")
        }
        for (a, b) in zip(d.output.layers, d.output.layers.dropFirst()) where a.out != b.in {
            throw fail("an output layer of \(a.out) numbers is followed by one that takes \(b.in)")
        }
        for (z, value) in d.energy_offset.per_element where Int(z) == nil || !value.isFinite {
            throw fail("energy_offset of element '\(z)' is \(value)")
        }
        for z in d.species ?? [] where z < 1 || z >= d.max_z { throw fail("species \(z) has no row in an embedding of \(d.max_z)") }
    }

    func activation(_ name: String) throws -> Activation {
        guard let activation = Activation(rawValue: name) else {
            throw fail("unknown activation '\(name)'; known: \(Activation.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return activation
    }

    func cutoffFunction() throws -> CutoffFunction {
        let c = description.cutoff_function, function: CutoffFunction
        switch c.name {
        case "cosine": function = .cosine(cutoff: c.cutoff ?? description.cutoff)
        case "mollifier": function = .mollifier(cutoff: c.cutoff ?? description.cutoff, epsilon: c.eps ?? 1e-7)
        case "switch":
            guard let on = c.switch_on, let off = c.switch_off, on >= 0, on < off else {
                throw fail("cutoff_function switch needs 0 <= switch_on < switch_off")
            }
            function = .smoothSwitch(on: on, off: off)
        default: throw fail("unknown cutoff_function '\(c.name)'; known: cosine, mollifier, switch")
        }
        guard (function.range - description.cutoff).magnitude <= 1e-5 * description.cutoff else {
            throw fail("the cutoff is \(description.cutoff) but cutoff_function \(c.name) ends at \(function.range)")
        }
        return function
    }

    func radialBasis() throws -> RadialBasis {
        let b = description.radial_basis, n = description.n_rbf
        func numbers(_ name: String, _ values: [Double]?) throws -> [Double] {
            guard let values, values.count == n, values.allSatisfy(\.isFinite) else {
                throw fail("radial_basis \(b.name) needs n_rbf = \(n) \(name); the file has \(values?.count ?? 0)")
            }
            return values
        }
        switch b.name {
        case "gaussian":
            let widths = try numbers("widths", b.widths)
            guard widths.allSatisfy({ $0 != 0 }) else { throw fail("radial_basis has a width of 0") }
            return .gaussian(offsets: try numbers("offsets", b.offsets), widths: widths)
        case "bessel": return .bessel(frequencies: try numbers("freqs", b.freqs))
        default: throw fail("unknown radial_basis '\(b.name)'; known: gaussian, bessel")
        }
    }

    /// A dense layer called `name`.weight (and .bias) of the given unpadded shape.
    func layer<S: FeatureScalar>(
        _ name: String, rows: Int, columns: Int, bias: Bool, activation: Activation = .identity, inputBlocks: Int = 1,
        outputBlocks: Int = 1, of: S.Type
    ) throws -> DenseLayer<S> {
        try tensors.layer(
            name, rows: rows, columns: columns, bias: bias, activation: activation, inputBlocks: inputBlocks, outputBlocks: outputBlocks)
    }

    /// The network from an atom's features to its energy.
    func readout<S: FeatureScalar>(of: S.Type) throws -> DenseNetwork<S> {
        let output = description.output
        return DenseNetwork(
            try output.layers.enumerated().map { k, layer in
                try self.layer(
                    "\(output.prefix).\(k)", rows: layer.out, columns: layer.in, bias: true,
                    activation: activation(layer.activation), of: S.self)
            })
    }

    /// The layers of a readout under their names.
    func layers<S: FeatureScalar>(_ readout: Readout<S>) -> [(name: String, layer: DenseLayer<S>)] {
        readout.network.layers.enumerated().map { ("\(description.output.prefix).\($0)", $1) }
    }

    /// The embedding's rows of these atomic numbers.
    func embedding<S: FeatureScalar>(_ numbers: [Int]) throws -> Embedding<S> {
        try Embedding(
            tensors, "representation.embedding", rows: description.max_z, features: description.n_atom_basis, species: numbers)
    }

    /// The symbols that the deck can name. A model that does not say what it was trained on offers its whole embedding.
    var elements: [String] { (description.species ?? Array(1..<description.max_z)).compactMap(Elements.symbol) }

    /// What the model adds to an atom's energy, in its own unit.
    func offset(atomicNumber z: Int) -> Double {
        description.energy_offset.per_atom + (description.energy_offset.per_element[String(z)] ?? 0)
    }

    /// The model's energy and length units in the deck's.
    func scales(_ units: Units) throws -> (energy: Double, length: Double) {
        guard let electronvolt = units.electronvolt, let angstrom = units.angstrom else {
            throw fail("the model is in \(description.units.energy) and \(description.units.length); units lj has no scale for these")
        }
        let energies = ["eV": electronvolt, "kcal/mol": electronvolt / Units.real.electronvolt!, "Hartree": 27.211386245988 * electronvolt,
            "Ha": 27.211386245988 * electronvolt, "meV": 1e-3 * electronvolt]
        let lengths = ["Ang": angstrom, "Angstrom": angstrom, "Bohr": 0.529177210903 * angstrom]
        guard let energy = energies[description.units.energy] else {
            throw fail("unknown energy unit '\(description.units.energy)'; known: \(energies.keys.sorted().joined(separator: ", "))")
        }
        guard let length = lengths[description.units.length] else {
            throw fail("unknown length unit '\(description.units.length)'; known: \(lengths.keys.sorted().joined(separator: ", "))")
        }
        return (energy, length)
    }
}
