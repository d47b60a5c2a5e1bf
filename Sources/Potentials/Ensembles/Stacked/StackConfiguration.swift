import Foundation

/// What a stacked ensemble is, beside its weights: written as JSON under `mdrun_stack` in the metadata of its safetensors file.
///
/// Energies in eV, lengths in Angstrom, forces in eV/Angstrom, whatever the units of the deck.
public struct StackConfiguration: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// F_i = sum_k c_k F_ki + G_i: forces without an energy.
        case direct
        /// U = sum_k c_k E_k + sum_i theta_i, or with a gate (`Gate`): forces are its gradient.
        case conservative
    }

    /// How a conservative ensemble weights its members' energies.
    public enum Gate: String, Codable, Sendable, CaseIterable {
        /// By constants: sum_k c_k E_k.
        case none
        /// By weights of each atom's surroundings: sum_i sum_k w_ik (e_ki - e0_k(z_i)), w_i = softmax(ln p + network(q_i)). Local and
        /// extensive. How a member divides its energy among atoms is a gauge that the gate sees; references e0 keep offsets between
        /// members out of the weights' gradient.
        case local
        /// By one set of weights for the whole structure, w = softmax(ln p + mean over atoms of network(q_i)): what the published code
        /// does, for comparison. *Not extensive*: what one part of a system looks like changes the weights everywhere. (The published gate
        /// also reads total energies, so that its weights change with the number of atoms; ours do not.)
        case global
    }

    /// What the network knows of an atom's members beside the geometry.
    public enum Features: String, Codable, Sendable, CaseIterable {
        /// The members' forces (`StackFeatures`): their derivative brings the Hessian-vector term.
        case forces
        /// Species and geometry only: the correction costs no pullback.
        case geometry
    }

    public var version = 1
    public var kind: Kind
    public var features = Features.forces
    public var gate = Gate.none
    /// Symbols; row z of the embedding is elements[z].
    public var elements: [String]
    /// Names of the members, in the deck's order: messages show them when the deck has others.
    public var bases: [String]
    /// c_k
    public var weights: [Double]
    /// F, a multiple of 16.
    public var width = 64
    public var interactions = 3
    public var cutoff = 5.0
    /// Gaussians of the radial basis, evenly from 0 to the cutoff.
    public var radial = 20
    public var epsilon = 1e-4
    /// Scales a and b of forces and of differences between members' forces, which smooth their norms: see `StackFeatures`.
    public var forceScale = 1.0
    public var deviationScale = 0.1
    /// Added to the energy for each atom of an element, in the order of `elements`.
    public var energyOffsets: [Double]
    /// e0_k(z) of each member, for each element: what a gate takes from site energies. Empty without a gate.
    public var references: [[Double]] = []
    /// How the model was made: for people to read.
    public var provenance: [String: String] = [:]

    public init(kind: Kind, elements: [String], bases: [String], weights: [Double]) {
        (self.kind, self.elements, self.bases, self.weights) = (kind, elements, bases, weights)
        energyOffsets = Array(repeating: 0, count: elements.count)
    }

    public var members: Int { bases.count }

    /// The same text for the same configuration.
    public var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// What is wrong with these numbers; nil when they are sound.
    public var fault: String? {
        if version != 1 { return "version \(version); expected 1" }
        if elements.isEmpty || Set(elements).count != elements.count { return "elements \(elements)" }
        if weights.count != bases.count { return "\(weights.count) weights for \(bases.count) bases" }
        if energyOffsets.count != elements.count { return "\(energyOffsets.count) energyOffsets for \(elements.count) elements" }
        for (name, value, least) in [("width", width, 1), ("interactions", interactions, 0), ("radial", radial, 1)]
        where value < least || value > 4096 { return "\(name) is \(value)" }
        if gate != .none, kind == .direct { return "a gate on energies in a direct ensemble, which has none" }
        if gate != .none, references.count != bases.count || references.contains(where: { $0.count != elements.count }) {
            return "references of \(references.count) bases for \(bases.count), or of another number of elements"
        }
        if width % 16 != 0 { return "width is \(width), not a multiple of 16" }
        for (name, value) in [
            ("cutoff", cutoff), ("epsilon", epsilon), ("forceScale", forceScale), ("deviationScale", deviationScale),
        ] where !(value > 0 && value.isFinite) { return "\(name) is \(value)" }
        if let bad = (weights + energyOffsets).first(where: { !$0.isFinite }) { return "a weight or offset is \(bad)" }
        return nil
    }

    /// p_k of the gate: c_k where these are positive weights, else a hundredth, divided by their sum.
    public var prior: [Double] {
        let positive = weights.map { max($0, 0.01) }, sum = positive.reduce(0, +)
        return positive.map { $0 / sum }
    }

    var cutoffFunction: CutoffFunction { .mollifier(cutoff: cutoff, epsilon: 0) }

    var radialBasis: RadialBasis {
        let spacing = cutoff / Double(max(radial - 1, 1))
        return .gaussian(
            offsets: (0..<radial).map { Double($0) * spacing }, widths: Array(repeating: spacing, count: radial))
    }

    /// Invariants and vectors that an atom's members give the network.
    var scalarCount: Int { features == .forces && members > 0 ? members + 2 : 0 }
    var vectorCount: Int { features == .forces && members > 0 ? members + 1 : 0 }
}

extension StackConfiguration {
    private enum CodingKeys: String, CodingKey {
        case version, kind, features, gate, elements, bases, weights, width, interactions, cutoff, radial, epsilon, forceScale
        case deviationScale, energyOffsets, references, provenance
    }

    /// A file without a gate need not say so.
    public init(from decoder: any Decoder) throws {
        let c = try decoder.container(keyedBy: CodingKeys.self)
        kind = try c.decode(Kind.self, forKey: .kind)
        elements = try c.decode([String].self, forKey: .elements)
        bases = try c.decode([String].self, forKey: .bases)
        weights = try c.decode([Double].self, forKey: .weights)
        energyOffsets = try c.decode([Double].self, forKey: .energyOffsets)
        version = try c.decode(Int.self, forKey: .version)
        features = try c.decode(Features.self, forKey: .features)
        gate = try c.decodeIfPresent(Gate.self, forKey: .gate) ?? .none
        width = try c.decode(Int.self, forKey: .width)
        interactions = try c.decode(Int.self, forKey: .interactions)
        cutoff = try c.decode(Double.self, forKey: .cutoff)
        radial = try c.decode(Int.self, forKey: .radial)
        epsilon = try c.decode(Double.self, forKey: .epsilon)
        forceScale = try c.decode(Double.self, forKey: .forceScale)
        deviationScale = try c.decode(Double.self, forKey: .deviationScale)
        references = try c.decodeIfPresent([[Double]].self, forKey: .references) ?? []
        provenance = try c.decodeIfPresent([String: String].self, forKey: .provenance) ?? [:]
    }
}
