import Domain
import Potentials

/// What a potential gives for a frame, in the frame's orientation, eV and Angstrom.
public struct Prediction: Sendable {
    public var energy: Double
    public var forces: [Vector]
    /// nil where the potential has none.
    public var virial: Tensor?
    /// Energy of each atom; nil unless asked for.
    public var siteEnergies: [Double]?
    public init(energy: Double, forces: [Vector], virial: Tensor? = nil) {
        (self.energy, self.forces, self.virial) = (energy, forces, virial)
    }
}

/// Evaluates a potential on whole frames, on this rank alone: the same decomposition, halo and list code as a run, on the
/// communicator's twin of one rank.
public final class FrameEvaluator {
    public let potential: any Potential
    /// Names of an ensemble's members; empty for other potentials.
    public let memberNames: [String]
    private let labels: [String?]
    private let masses: [Double?]
    private let typeLabels: TypeLabels
    /// One eV in the potential's energy unit.
    private let electronvolt: Double
    private let wantsSiteEnergies: Bool
    private var forces = Forces()

    /// - Parameters:
    ///   - potential: prepared; its types are those of `labels` (index 0 unused).
    ///   - siteEnergies: also the energy of each atom (not of members'), where the potential has them.
    /// - Throws: `DataError` when the unit system has no absolute scale.
    public init(
        _ potential: any Potential, labels: [String?], masses: [Double?], units: Units, siteEnergies: Bool = false
    ) throws {
        guard let electronvolt = units.electronvolt, units.angstrom == 1 else {
            throw DataError("units \(units.name)", "have no absolute scale; data are in eV and Angstrom, so use units metal or real")
        }
        (self.potential, self.labels, self.masses, self.electronvolt) = (potential, labels, masses, electronvolt)
        wantsSiteEnergies = siteEnergies && potential.capabilities.contains(.atomEnergy)
        typeLabels = TypeLabels(labels)
        memberNames = (potential as? any MemberReporting)?.memberNames ?? []
    }

    public var typeCount: Int { labels.count - 1 }

    /// The type of each atom.
    /// - Throws: `DataError` naming an element that no type has as its label.
    public func types(of frame: Frame) throws -> [Int32] { try typeLabels.types(of: frame) }

    /// The potential's prediction, then each member's.
    /// - Throws: `DataError` for an unknown element, a cell without volume, or a force that is not finite.
    public func evaluate(_ frame: Frame) throws -> [Prediction] {
        let types = try types(of: frame)
        let system = try FrameSystem(frame, types: types[...], labels: labels, masses: masses, needs: potential.requirements)
        let shape = system.shape, halo = system.halo

        var wanted = potential.computable.intersection([.energy, .virial])
        if wantsSiteEnergies { wanted.insert(.atomEnergy) }
        if !memberNames.isEmpty { wanted.insert(.members) }
        forces.clear(count: system.atoms.count, wanted: wanted)
        potential.compute(system.atoms, system.list, ComputeContext(halo: halo, step: 0, wanted: wanted, skin: 0), into: &forces)
        halo.reverse(&forces.force)
        var predictions = [
            prediction(shape, wanted.contains(.energy) ? forces.energy : .nan, wanted.contains(.virial) ? forces.virial : nil, frame.count)
            {
                forces.force[$0]
            }
        ]
        if wantsSiteEnergies {
            halo.reverse(&forces.atomEnergy)
            predictions[0].siteEnergies = (0..<frame.count).map { forces.atomEnergy[$0] / electronvolt }
        }
        if let ensemble = potential as? any MemberReporting {
            for k in memberNames.indices {
                let virial = ensemble.report.virials[k]
                predictions.append(
                    prediction(shape, ensemble.report.energies[k], virial.x.x.isNaN ? nil : virial, frame.count) {
                        ensemble.memberForce(k, atom: $0)
                    })
            }
        }
        for i in 0..<frame.count where !(predictions[0].forces[i].sum().isFinite) {
            throw DataError(frame.place, "the force on atom \(i + 1) is not finite; model: \(potential.culprit(atom: i))")
        }
        return predictions
    }

    /// One rank keeps the order of its atoms, so index i is the frame's.
    private func prediction(
        _ shape: FrameBox, _ energy: Double, _ virial: Tensor?, _ count: Int, _ force: (Int) -> Vector
    ) -> Prediction {
        Prediction(
            energy: energy / electronvolt, forces: (0..<count).map { shape.fromBox(force($0)) / electronvolt },
            virial: virial.map { shape.fromBox($0) * (1 / electronvolt) })
    }
}
