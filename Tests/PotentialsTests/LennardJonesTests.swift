import Deck
import Domain
import Foundation
import Potentials
import TestSupport
import Testing

@Suite struct LennardJonesTests {
    /// Two atoms at a distance, alone.
    private func pair(_ r: Double) -> TestSystem {
        TestSystem("pair", box: Box(lo: .zero, hi: Vector(xyz: 9, 9, 9)), positions: [.zero, Vector(xyz: r, 0, 0)]).isolated()
    }

    private func potential(shifted: Bool = false, plain: Bool = false) throws -> LennardJones {
        let lj = LennardJones(globalCutoff: 2.5, typeCount: 1)
        lj.set(1, 1, .init(epsilon: 1.5, sigma: 1.1, cutoff: 2.5))
        lj.isShifted = shifted
        lj.usesPlainKernel = plain
        try lj.prepare(pair(1).setup())
        return lj
    }

    @Test(arguments: [0.9, 1.1, 1.2347, 2.0, 2.4999]) func formula(r: Double) throws {
        let s = pow(1.1 / r, 6), c = pow(1.1 / 2.5, 6)
        let energy = 4 * 1.5 * (s * s - s), force = 24 * 1.5 * (2 * s * s - s) / r
        for plain in [false, true] {
            let result = Evaluator(pair(r), try potential(plain: plain)).evaluate()
            #expect((result.energy - energy).magnitude < 1e-13 * max(1, energy.magnitude))
            #expect((result.forces[1].x - force).magnitude < 1e-13 * max(1, force.magnitude))
            #expect((result.virial.x.x - force * r).magnitude < 1e-12 * max(1, force.magnitude))
            let shifted = Evaluator(pair(r), try potential(shifted: true, plain: plain)).evaluate()
            #expect((shifted.energy - (energy - 4 * 1.5 * (c * c - c))).magnitude < 1e-13 * max(1, energy.magnitude))
        }
    }

    @Test func nothingBeyondTheCutoff() throws {
        for plain in [false, true] {
            let result = Evaluator(pair(2.5), try potential(plain: plain)).evaluate()
            #expect(result.energy == 0 && result.forces == [.zero, .zero] && result.virial == .zero)
        }
    }

    /// Every number of neighbours modulo four meets the masked end of a row.
    @Test func rowsOfAnyLength() throws {
        var random = SeededGenerator(31)
        for count in 1...12 {
            let positions = (0..<count).map { Vector(xyz: 0.95 * Double($0 % 3), 0.95 * Double($0 / 3), 0) + random.vector(0.05) }
            let system = TestSystem("row", box: Box(lo: .zero, hi: Vector(xyz: 9, 9, 9)), positions: positions).isolated()
            for wanted: Wanted in [[], [.energy, .virial]] {
                let fast = Evaluator(system, try potential()).evaluate(wanted)
                let plain = Evaluator(system, try potential(plain: true)).evaluate(wanted)
                #expect(fast.forceDistance(plain) < 1e-12 * max(1, plain.largestForce))
                #expect((fast.energy - plain.energy).magnitude < 1e-12 && fast.virial.distance(plain.virial) < 1e-10)
            }
        }
    }

    /// LAMMPS' numbers: mixing rules, shift, cutoffs by pair, tilted cells smaller than the cutoff.
    @Test(arguments: ["geometric", "arithmetic-shifted", "sixthpower", "given"]) func equalsLAMMPS(name: String) throws {
        let reference = try LennardJonesReference(name)
        for plain in [false, true] {
            let lj = LennardJones(globalCutoff: reference.cutoff, typeCount: 2)
            lj.mixing = reference.mixing
            lj.isShifted = reference.isShifted
            lj.usesPlainKernel = plain
            for (i, j, c) in reference.coefficients { lj.set(i, j, c) }
            try lj.prepare(reference.system.setup())
            let evaluator = Evaluator(reference.system, lj)
            let quick = evaluator.evaluate([.energy, .virial]), full = evaluator.evaluate()
            let count = Double(reference.system.count)
            #expect((quick.energy / count - reference.energyPerAtom).magnitude < 1e-13 * reference.energyPerAtom.magnitude)
            for (i, atom) in reference.atoms.enumerated() {
                let scale = max(1, quick.largestForce)
                for d in 0..<3 {
                    #expect((quick.forces[i][d] - atom.force[d]).magnitude < 1e-13 * scale)
                    #expect((full.forces[i][d] - atom.force[d]).magnitude < 1e-13 * scale)
                }
                #expect((full.atomEnergies[i] - atom.energy).magnitude < 1e-12 * max(1, atom.energy.magnitude))
                for (ours, theirs) in zip(full.atomVirials[i].voigt, atom.virial) { #expect((ours - theirs).magnitude < 1e-12 * scale) }
            }
        }
    }

    @Test func aPairWithoutCoefficientsIsNamed() throws {
        let lj = LennardJones(globalCutoff: 2.5, typeCount: 2)
        lj.set(1, 1, .init(epsilon: 1, sigma: 1, cutoff: 2.5))
        let setup = TestSystem.liquid(count: 2, distance: 1, typeCount: 2).setup()
        let error = try #require(throws: DeckError.self) { try lj.prepare(setup) }
        #expect("\(error)".contains("types 1 and 2"))
    }
}

/// A file of Tests/Reference/lennard-jones.
struct LennardJonesReference {
    struct Atom {
        var force: [Double]
        var energy: Double
        var virial: [Double]
    }

    var system: TestSystem
    var cutoff = 0.0
    var mixing = MixingRule.geometric
    var isShifted = false
    var coefficients: [(Int, Int, LennardJones.Coefficient)] = []
    var energyPerAtom = 0.0
    var atoms: [Atom] = []

    init(_ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appendingPathComponent("Reference/lennard-jones/\(name).txt")
        var box = Box(lo: .zero, hi: .zero)
        var positions: [Vector] = [], types: [Int32] = []
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ").map(String.init)
            let v = words.dropFirst().map { Double($0) ?? .nan }
            switch words[0] {
            case "box": box = Box(lo: .zero, hi: Vector(xyz: v[0], v[1], v[2]), xy: v[3], xz: v[4], yz: v[5])
            case "cutoff": cutoff = v[0]
            case "mixing": mixing = MixingRule(rawValue: words[1])!
            case "shift": isShifted = words[1] == "yes"
            case "energy-per-atom": energyPerAtom = v[0]
            case "coefficient":
                coefficients.append((Int(v[0]), Int(v[1]), .init(epsilon: v[2], sigma: v[3], cutoff: v.count > 4 ? v[4] : cutoff)))
            default:
                types.append(Int32(v[1]))
                positions.append(Vector(xyz: v[2], v[3], v[4]))
                atoms.append(Atom(force: Array(v[5..<8]), energy: v[8], virial: v[9..<15].map { -$0 }))
            }
        }
        system = TestSystem(name, box: box, positions: positions, types: types, typeCount: 2)
        system.units = .lj
    }
}
