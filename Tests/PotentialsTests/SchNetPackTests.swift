import Domain
import Foundation
import Potentials
import TestSupport
import Testing

/// SchNet and PaiNN against SchNetPack: its own double-precision numbers, and forces that were published with the models.
@Suite("SchNet and PaiNN against SchNetPack", .serialized)
struct SchNetPackTests {
    /// Per-atom energies, forces and virials of PyTorch in float64 on the same weights.
    @Test("golden numbers", arguments: SchNetPackReference.all)
    func golden(name: String) throws {
        let reference = try SchNetPackReference(name)
        let own = SchNetPackModels.root.appendingPathComponent("Tests/Reference/schnetpack/models/\(name)")
        var model: URL? = FileManager.default.fileExists(atPath: own.path) ? own : nil
        let isExported = model == nil
        if isExported {
            model = try SchNetPackModels.exported(reference.model.file, energyUnit: reference.units.energy)
        }
        guard let model else { return }
        defer { if isExported { SchNetPackModels.remove(model) } }
        let architecture = name.contains("schnet") ? "schnet" : "painn"
        for frame in reference.frames {
            for filters in ["spline", "exact"] {
                var system = frame.system
                system.units = reference.units.energy == "kcal/mol" ? .real : .metal
                let potential = try potential(
                    "\(architecture) filters \(filters)", "* * \(model.path) \(frame.elements.joined(separator: " "))", system.setup())
                let result = Evaluator(system, potential).evaluate()
                let scale = max(1, frame.forces.joined().reduce(0) { max($0, abs($1)) })
                var worst = (energy: 0.0, force: 0.0, virial: 0.0)
                for i in frame.positions.indices {
                    worst.energy = worse(worst.energy, abs(result.atomEnergies[i] - frame.atom_energies[i]))
                    for d in 0..<3 { worst.force = worse(worst.force, abs(result.forces[i][d] - frame.forces[i][d])) }
                }
                for (a, b) in zip(result.virial.voigt, frame.virial) { worst.virial = worse(worst.virial, abs(a - b)) }
                print("\(name), \(frame.symbols.count) atoms, \(filters): differences \(worst), largest force \(scale)")
                #expect(worst.energy < 1e-9 * max(1, abs(frame.atom_energies.max { abs($0) < abs($1) }!)))
                #expect(worst.force < 1e-9 * scale)
                #expect(worst.virial < 1e-8 * scale)
                #expect(abs(result.energy - frame.energy) < 1e-10 * abs(frame.energy))
            }
        }
    }

    /// Forces on 250 frames of methanol on Cu(100), computed by the models' authors in single precision. Positions around 20 A are
    /// rounded there by up to 1e-6 A, which alone moves forces by up to 9e-5 eV/A; from the same rounded positions they agree to 2e-5.
    @Test(
        "published forces",
        arguments: [
            ("painn", "painn", "painn"), ("schnet", "schnet-sch1", "schnet"), ("schnet", "schnet-sch1-1", "schnet1"),
            ("schnet", "schnet-sch1-2", "schnet2"),
        ])
    func published(style: String, file: String, forces: String) throws {
        guard let published = try shared("methanol-cu100/published-forces/\(forces).npy"),
            let folder = try shared("methanol-cu100/validation"),
            let model = try SchNetPackModels.exported("methanol-cu100/models/\(file).schnetpack")
        else { return }
        defer { SchNetPackModels.remove(model) }
        let types = try String(contentsOf: folder.appendingPathComponent("type.raw"), encoding: .utf8)
            .split(whereSeparator: \.isWhitespace).map { Int32($0)! + 1 }
        let coordinates = try NumPyArray(folder.appendingPathComponent("set.000/coord.npy")).values
        let boxes = try NumPyArray(folder.appendingPathComponent("set.000/box.npy")).values
        let expected = try NumPyArray(published)
        #expect(expected.shape == [250, types.count, 3])
        func system(_ frame: Int) -> TestSupport.TestSystem {
            let h = boxes[9 * frame..<9 * frame + 9].map { Double(Float($0)) }, start = 3 * types.count * frame
            let box = Box(lo: .zero, hi: Vector(xyz: h[0], h[4], h[8]), xy: h[3], xz: h[6], yz: h[7])
            let positions = types.indices.map { i in
                let x = (0..<3).map { Double(Float(coordinates[start + 3 * i + $0])) }
                return Vector(xyz: x[0], x[1], x[2])
            }
            return TestSupport.TestSystem("frame", box: box, positions: positions, types: types, typeCount: 4)
                .with(elements: ["Cu", "C", "O", "H"])
        }
        for precision in ["double", "single"] {
            let potential = try potential("\(style) precision \(precision)", "* * \(model.path) Cu C O H", system(0).setup())
            var worst = 0.0, squares = 0.0
            for frame in 0..<250 {
                let result = Evaluator(system(frame), potential).evaluate([])
                for i in types.indices {
                    for d in 0..<3 {
                        let difference = result.forces[i][d] - expected.values[3 * (types.count * frame + i) + d]
                        worst = worse(worst, abs(difference))
                        squares += difference * difference
                    }
                }
            }
            let root = (squares / Double(expected.values.count)).squareRoot()
            print("\(file), \(precision): 250 frames, largest difference \(worst), root mean square \(root) eV/A")
            #expect(worst < 5e-5)
            #expect(root < 3e-6)
        }
    }
}
