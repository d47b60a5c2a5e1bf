import Deck
import Domain
import Foundation
import Potentials
import TestSupport
import Testing

/// What LAMMPS gives: Tests/Reference/snap.
private enum Golden {
    static let folder = GoldenFrames.folder("snap")

    static func frames(_ name: String) throws -> GoldenFrames { try GoldenFrames(name, in: folder) }

    static func setup(_ types: Int, _ units: Units = .metal) -> PotentialSetup { GoldenFrames.setup(types, folder, units) }
}

extension GoldenFrames {
    fileprivate func make(_ name: String) throws -> SNAP {
        let line = "* * \(name).snapcoeff \(name).snapparam \(elements.joined(separator: " "))"
        return try potential("snap", line, Golden.setup(elements.count)) as! SNAP
    }
}

/// A model of two files in memory, as the deck would make it.
private func made(
    _ coefficients: String, _ parameters: String, _ elements: String = "Cu O", types: Int = 2, units: Units = .metal
) throws -> SNAP {
    var setup = Golden.setup(types, units)
    setup.read = { path, _ in Array((path == "c" ? coefficients : parameters).utf8) }
    return try potential("snap", "* * c p \(elements)", setup) as! SNAP
}

@Suite("SNAP")
struct SNAPTests {
    @Test(
        "numbers of LAMMPS", arguments: ["linear", "quadratic", "multi-element", "multi-element-self", "inner", "unswitched"])
    func golden(name: String) throws {
        let golden = try Golden.frames(name)
        for frame in golden.frames {
            for plain in [true, false] {
                let snap = try golden.make(name)
                snap.usesPlainKernel = plain
                compare(Evaluator(frame.system(golden.elements.count), snap).evaluate(), frame, "\(name), \(frame.name), plain \(plain)")
            }
        }
    }

    @Test("the same models through ML-IAP", arguments: ["linear", "quadratic", "inner"]) func mliap(name: String) throws {
        let golden = try Golden.frames(name)
        let style = "mliap model \(name == "quadratic" ? name : "linear") \(name).mliap.model descriptor sna \(name).mliap.descriptor"
        let snap = try potential(style, "* * \(golden.elements.joined(separator: " "))", Golden.setup(golden.elements.count))
        for frame in golden.frames { compare(Evaluator(frame.system(golden.elements.count), snap).evaluate(), frame, "\(name), \(frame.name)") }
    }

    private func compare(_ result: Evaluation, _ frame: GoldenFrames.Frame, _ what: String) {
        let scale = max(1, result.largestForce), energyScale = max(1, frame.atomEnergies.reduce(0) { $0 + abs($1) })
        #expect(abs(result.energy - frame.energy) < 1e-11 * energyScale, "\(what)")
        for i in frame.forces.indices {
            for d in 0..<3 { #expect(abs(result.forces[i][d] - frame.forces[i][d]) < 1e-11 * scale, "\(what), atom \(i)") }
            #expect(abs(result.atomEnergies[i] - frame.atomEnergies[i]) < 1e-11 * energyScale, "\(what), atom \(i)")
            for (a, b) in zip(result.atomVirials[i].upper, frame.atomVirials![i]) {
                #expect(abs(a - b) < 1e-10 * max(scale, energyScale), "\(what), atom \(i)")
            }
        }
        for (a, b) in zip(result.virial.voigt, frame.virial) { #expect(abs(a - b) < 1e-10 * max(scale, energyScale), "\(what)") }
    }

    @Test("the fast kernel is the plain one for every twojmax", arguments: 0...9) func bands(top: Int) throws {
        var model = SyntheticSNAP()
        model.twoJMax = top
        model.seed = UInt64(top + 10)
        let system = TestSystem.liquid(count: 20, distance: 2.2, typeCount: 2)
        let fast = Evaluator(system, try model.make(system.setup(), elements: ["Cu", "O"])).evaluate()
        let plain = Evaluator(system, try model.make(system.setup(), elements: ["Cu", "O"], plain: true)).evaluate()
        #expect(fast.forceDistance(plain) < 1e-11 * max(1, plain.largestForce))
        #expect(abs(fast.energy - plain.energy) < 1e-12 * plain.energyMagnitude)
        #expect(fast.virial.distance(plain.virial) < 1e-10 * max(1, plain.virial.largest))
    }

    @Test("channels are species in the deck's order") func order() throws {
        let golden = try Golden.frames("multi-element")
        let frame = golden.frames[0]
        var system = frame.system(2)
        system.types = system.types.map { 3 - $0 }
        // Named the other way round, the multi-element model has other channels, so only a model without them is the same.
        let linear = try Golden.frames("linear")
        let swapped = try potential("snap", "* * linear.snapcoeff linear.snapparam Be W", Golden.setup(2))
        let a = Evaluator(system, swapped).evaluate(), b = Evaluator(frame.system(2), try linear.make("linear")).evaluate()
        #expect(abs(a.energy - b.energy) < 1e-12 * b.energyMagnitude)
        let other = try potential("snap", "* * multi-element.snapcoeff multi-element.snapparam P In", Golden.setup(2))
        #expect(abs(Evaluator(system, other).evaluate().energy - frame.energy) > 1e-3)
    }

    @Test("an atom alone has c_0") func alone() throws {
        let model = SyntheticSNAP()
        let snap = try made(model.coefficients, model.parameters)
        let box = Box(lo: .zero, hi: Vector(40, 40, 40, 0))
        let one = Evaluator(TestSystem("one", box: box, positions: [Vector(1, 2, 3, 0)], types: [1], typeCount: 2), snap).evaluate()
        let constant = Double(model.coefficients.split(separator: "\n")[2])!
        #expect(abs(one.energy - constant) < 1e-12 && one.forces[0] == .zero)
    }

    @Test("wrong files are told with place and expectation") func errors() throws {
        let model = SyntheticSNAP()
        let (c, p) = (model.coefficients, model.parameters)
        func message(_ coefficients: String, _ parameters: String, _ elements: String = "Cu O", units: Units = .metal) -> String {
            deckError { _ = try made(coefficients, parameters, elements, units: units) }?.message ?? "no error"
        }
        #expect(message(c, "rcutfac 4.6\ntwojmax 3\n").contains("c:1:3: 15 coefficients where a linear model of twojmax 3 has 9"))
        #expect(message(c, "rcutfac 4.6\ntwojmx 4\n").contains("p:2:1: unknown keyword 'twojmx'; did you mean 'twojmax'?"))
        #expect(message(c, "twojmax 4\n").contains("p: the keyword rcutfac is missing"))
        #expect(message(c, p + "switchflag 2\n").contains("p:3:12: switchflag is 0 or 1, not 2"))
        #expect(message(c, p + "sinner 1 2\n").contains("go with switchinnerflag 1"))
        #expect(message(c, p + "rfac0 0.9 0.8\n").contains("p:3:11: rfac0 takes one value, found 2"))
        #expect(message(c, p, "Cu N").contains("element 'N' is not in c, which has Cu O"))
        #expect(message(c, p + "chemflag 1\n", "Cu Cu").contains("chemflag 1 needs all species of c: Cu O"))
        #expect(message(c.split(separator: "\n").dropLast().joined(separator: "\n"), p).contains("the file ends where coefficient 15 of 15"))
        #expect(message(c.replacingOccurrences(of: "\nO 0.42", with: "\n1.0\nO 0.42"), p).contains("expected symbol, radius and weight"))
        #expect(message("# UNITS: metal\n" + c, p, units: .real).contains("'c' is in units metal, the deck in units real"))
        let style = deckError { _ = try potential("mliap model nn a descriptor sna b", "* * W", Golden.setup(1)) }
        #expect(style?.message.contains("only the models linear and quadratic") == true)
    }
}
