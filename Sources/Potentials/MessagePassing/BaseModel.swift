import Domain
import Foundation

/// What a SchNet or PaiNN is that `mdfit train` makes, beside its weights: Gaussians evenly from 0 to the cutoff, the smooth mollifier as
/// cutoff function, energies in eV, lengths in Angstrom.
public struct BaseModel: Codable, Sendable, Equatable {
    public var architecture: MessagePassingArchitecture
    /// Symbols.
    public var elements: [String]
    /// F, a multiple of 16.
    public var features = 64
    public var interactions = 3
    /// SchNet's Nf, a multiple of 16; nil for F. PaiNN has none.
    public var filters: Int?
    /// Functions of the radial basis.
    public var radial = 20
    public var cutoff = 5.0
    /// Added to the energy for each atom of an element, eV, in the order of `elements`.
    public var energyOffsets: [Double]
    /// How the model was made: for people to read.
    public var provenance: [String: String] = [:]

    public init(_ architecture: MessagePassingArchitecture, elements: [String]) {
        (self.architecture, self.elements) = (architecture, elements)
        energyOffsets = Array(repeating: 0, count: elements.count)
    }

    /// What is wrong with these numbers; nil when they are sound.
    public var fault: String? {
        if let unknown = elements.first(where: { Elements.number(of: $0) == nil }) { return "'\(unknown)' is not an element" }
        if elements.isEmpty || Set(elements).count != elements.count { return "elements \(elements)" }
        if energyOffsets.count != elements.count { return "\(energyOffsets.count) energyOffsets for \(elements.count) elements" }
        if architecture == .painn, filters != nil { return "a PaiNN has no number of filters of its own" }
        for (name, value) in [("features", features), ("filters", filters ?? features)]
        where value < 16 || value > 4096 || value % 16 != 0 {
            return "\(name) is \(value), not a multiple of 16 up to 4096"
        }
        for (name, value, least) in [("interactions", interactions, 1), ("radial", radial, 2)] where value < least || value > 4096 {
            return "\(name) is \(value)"
        }
        if !(cutoff > 0 && cutoff.isFinite) { return "cutoff is \(cutoff)" }
        if let bad = energyOffsets.first(where: { !$0.isFinite }) { return "an energy offset is \(bad)" }
        return nil
    }

    /// The same text for equal models.
    public var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Atomic number of each element.
    var numbers: [Int] { elements.map { Elements.number(of: $0)! } }

    /// - Parameter weights: name of the file beside the description.
    func description(weights: String) -> ModelFile.Description {
        let spacing = cutoff / Double(radial - 1), half = features / 2
        return ModelFile.Description(
            format: ModelFile.format, version: 1, architecture: architecture.rawValue, n_atom_basis: features, n_interactions: interactions,
            n_rbf: radial, n_filters: architecture == .schnet ? filters ?? features : nil, cutoff: cutoff,
            cutoff_function: .init(name: "mollifier", cutoff: cutoff, eps: 0, switch_on: nil, switch_off: nil),
            radial_basis: .init(
                name: "gaussian", offsets: (0..<radial).map { Double($0) * spacing }, widths: Array(repeating: spacing, count: radial),
                freqs: nil),
            activation: (architecture == .schnet ? Activation.shiftedSoftplus : .silu).rawValue,
            epsilon: architecture == .painn ? 1e-4 : nil, shared_filters: architecture == .painn ? false : nil,
            max_z: numbers.max()! + 1, species: numbers.sorted(),
            output: .init(
                prefix: Self.readout,
                layers: [
                    .init(in: features, out: half, activation: Activation.silu.rawValue),
                    .init(in: half, out: 1, activation: Activation.identity.rawValue),
                ], aggregation: "sum"),
            units: .init(energy: "eV", length: "Ang"),
            energy_offset: .init(
                per_atom: 0, per_element: Dictionary(uniqueKeysWithValues: zip(numbers.map(String.init), energyOffsets))),
            safetensors: .init(file: weights), training: provenance)
    }

    static let readout = "output_modules.0.outnet"
}
