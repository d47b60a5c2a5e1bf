import Foundation

/// What a stacked ensemble is, beside its weights: written as JSON under `mdrun_stack` in the metadata of its safetensors file.
///
/// Energies in eV, lengths in Angstrom, forces in eV/Angstrom, whatever the units of the deck.
public struct StackConfiguration: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// F_i = sum_k c_k F_ki + G_i: forces without an energy.
        case direct
        /// U = sum_k c_k E_k + sum_i theta_i: forces are its gradient.
        case conservative
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
    /// How the model was made: for people to read.
    public var provenance: [String: String] = [:]

    public init(kind: Kind, elements: [String], bases: [String], weights: [Double]) {
        (self.kind, self.elements, self.bases, self.weights) = (kind, elements, bases, weights)
        energyOffsets = Array(repeating: 0, count: elements.count)
    }

    public var members: Int { bases.count }

    /// What is wrong with these numbers; nil when they are sound.
    public var fault: String? {
        if version != 1 { return "version \(version); expected 1" }
        if elements.isEmpty || Set(elements).count != elements.count { return "elements \(elements)" }
        if weights.count != bases.count { return "\(weights.count) weights for \(bases.count) bases" }
        if energyOffsets.count != elements.count { return "\(energyOffsets.count) energyOffsets for \(elements.count) elements" }
        for (name, value, least) in [("width", width, 1), ("interactions", interactions, 0), ("radial", radial, 1)]
        where value < least || value > 4096 { return "\(name) is \(value)" }
        if width % 16 != 0 { return "width is \(width), not a multiple of 16" }
        for (name, value) in [
            ("cutoff", cutoff), ("epsilon", epsilon), ("forceScale", forceScale), ("deviationScale", deviationScale),
        ] where !(value > 0 && value.isFinite) { return "\(name) is \(value)" }
        if let bad = (weights + energyOffsets).first(where: { !$0.isFinite }) { return "a weight or offset is \(bad)" }
        return nil
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
