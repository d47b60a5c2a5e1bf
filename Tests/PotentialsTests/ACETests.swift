import Deck
import Domain
import Foundation
import Potentials
import TestSupport
import Testing

/// What python-ace gives: Tests/Reference/ace.
private enum Golden {
    typealias Frame = GoldenFrames.Frame

    static let folder = GoldenFrames.folder("ace")

    static func frames(_ name: String) throws -> GoldenFrames { try GoldenFrames(name, in: folder) }

    static func setup(_ types: Int, _ folder: URL = folder, units: Units = .metal) -> PotentialSetup {
        GoldenFrames.setup(types, folder, units)
    }

    static func compare(_ result: Evaluation, _ frame: Frame, _ what: String, tolerance: Double = 2e-12) {
        let scale = max(1, result.largestForce), energyScale = max(1, frame.atomEnergies.reduce(0) { $0 + abs($1) })
        #expect(abs(result.energy - frame.energy) < tolerance * energyScale, "\(what)")
        var largest = 0.0
        for i in frame.forces.indices {
            for d in 0..<3 { largest = max(largest, abs(result.forces[i][d] - frame.forces[i][d])) }
            #expect(abs(result.atomEnergies[i] - frame.atomEnergies[i]) < tolerance * energyScale, "\(what), atom \(i)")
        }
        #expect(largest < 10 * tolerance * scale, "\(what): largest difference of a force component \(largest)")
        for (a, b) in zip(result.virial.voigt, frame.virial) { #expect(abs(a - b) < 50 * tolerance * max(scale, energyScale), "\(what)") }
    }
}

/// Models that python-ace has evaluated, which are not part of this repository.
private struct Published: Decodable {
    struct Model: Decodable {
        var file: String
        var elements: [String]
        var frame: Golden.Frame
    }
    var models: [Model]

    static let all = try! JSONDecoder().decode(
        Published.self, from: Data(contentsOf: Golden.folder.appendingPathComponent("published.json"))).models
}

/// A model in memory, as the deck would make it.
private func made(_ text: String, file: String = "m.yaml", _ elements: String = "Cu O", types: Int = 2, units: Units = .metal) throws -> ACE {
    var setup = Golden.setup(types, units: units)
    setup.read = { _, _ in Array(text.utf8) }
    return try potential("pace", "* * \(file) \(elements)", setup) as! ACE
}

@Suite("ACE")
struct ACETests {
    @Test(
        "numbers of python-ace",
        arguments: [
            "distance.yaml", "distance.yace", "density.yaml", "density.yace", "zbl.yaml", "zbl.yace", "single.yaml", "single.yace",
            "single.ace",
        ])
    func golden(file: String) throws {
        let golden = try Golden.frames(String(file.split(separator: ".")[0]))
        for plain in [true, false] {
            let line = "* * \(file) \(golden.elements.joined(separator: " "))"
            let ace = try potential("pace", line, Golden.setup(golden.elements.count)) as! ACE
            ace.usesPlainKernel = plain
            for frame in golden.frames {
                let result = Evaluator(frame.system(golden.elements.count), ace).evaluate()
                Golden.compare(result, frame, "\(file), \(frame.name), plain \(plain)")
            }
        }
    }

    /// Formats of other exporters. python-ace evaluates polynomials as they are, tables stand for them here: `tolerance` is theirs.
    @Test(
        "ACE.jl's radial functions, text files of two elements",
        arguments: [
            ("julia.yace", "julia", 5e-12), ("julia.ace", "julia-text", 5e-12), ("nodes.yace", "nodes", 2e-12),
            ("shared.ace", "shared", 2e-12),
        ])
    func formats(file: String, name: String, tolerance: Double) throws {
        let golden = try Golden.frames(name)
        for plain in [true, false] {
            let line = "* * \(file) \(golden.elements.joined(separator: " "))"
            let ace = try potential("pace", line, Golden.setup(golden.elements.count)) as! ACE
            ace.usesPlainKernel = plain
            for frame in golden.frames {
                let result = Evaluator(frame.system(golden.elements.count), ace).evaluate()
                Golden.compare(result, frame, "\(file), \(frame.name), plain \(plain)", tolerance: tolerance)
            }
        }
    }

    @Test("the dual pass of other formats against differences", arguments: [("julia.yace", "julia"), ("shared.ace", "shared")])
    func pullback(file: String, name: String) throws {
        let golden = try Golden.frames(name)
        let line = "* * \(file) \(golden.elements.joined(separator: " "))"
        let ace = try potential("pace", line, Golden.setup(golden.elements.count)) as! ACE
        var random = SeededGenerator(3)
        let weights = (0...24).map { _ in random.uniform() }, field = (0...24).map { _ in random.vector(1) }
        // Second derivatives jump where a neighbour crosses a cutoff.
        let system = golden.frames[1].system(golden.elements.count).avoiding([4.4, 4.5, 4.6, 4.7, 5.0])
        let evaluator = Evaluator(system, ace)
        let full = evaluator.pullback({ weights[Int($0)] }, { field[Int($0)] })
        let difference = evaluator.pullback({ weights[Int($0)] }, { field[Int($0)] }, byDifference: true)
        // They also jump at the nodes of tables, by little.
        #expect(full.largestForce > 0.1)
        #expect(full.forceDistance(difference) < 2e-5 * full.largestForce, "\(full.forceDistance(difference)) of \(full.largestForce)")
    }

    @Test("extrapolation grades of python-ace", arguments: ["distance", "single"]) func grades(name: String) throws {
        let golden = try Golden.frames(name)
        let line = "* * \(name).yaml \(name).asi \(golden.elements.joined(separator: " "))"
        let ace = try potential("pace/extrapolation", line, Golden.setup(golden.elements.count)) as! ACE
        #expect(ace.atomQuantities.map(\.name) == ["gamma"])
        for frame in golden.frames {
            let evaluator = Evaluator(frame.system(golden.elements.count), ace)
            Golden.compare(evaluator.evaluate(), frame, "\(name), \(frame.name)")
            let gamma = evaluator.atomQuantity("gamma")
            let expected = try #require(frame.gamma)
            #expect(gamma.count == expected.count)
            for (a, b) in zip(gamma, expected) { #expect(abs(a - b) < 1e-10 * max(1, abs(b)), "\(name), \(frame.name)") }
        }
    }

    @Test("published models", arguments: Published.present) func published(file: String) throws {
        let model = Published.all.first { $0.file == file }!
        let own = file == "Cu-PBE-core-rep.ace" ? Published.lammpsFiles?.appendingPathComponent(file) : nil
        guard let url = try own ?? shared("models/ace/" + file) else { return }
        let setup = Golden.setup(model.elements.count, url.deletingLastPathComponent())
        let graded = model.frame.gamma != nil
        let files = graded ? "\(file) \(file.replacingOccurrences(of: ".yaml", with: ".asi"))" : file
        let line = "* * \(files) \(model.elements.joined(separator: " "))"
        let ace = try potential(graded ? "pace/extrapolation" : "pace", line, setup) as! ACE
        let evaluator = Evaluator(model.frame.system(model.elements.count), ace)
        // Forces of some models are small sums of large terms: there both programs' rounding shows.
        Golden.compare(evaluator.evaluate(), model.frame, file, tolerance: 2e-11)
        if let expected = model.frame.gamma {
            for (a, b) in zip(evaluator.atomQuantity("gamma"), expected) { #expect(abs(a - b) < 1e-8 * abs(b), "\(file)") }
        }
    }

    @Test("an atom alone has E0") func alone() throws {
        let golden = try Golden.frames("distance")
        var text = try String(contentsOf: Golden.folder.appendingPathComponent("distance.yace"), encoding: .utf8)
        text = text.replacingOccurrences(of: "E0: [0, 0]", with: "E0: [-1.5, -2.25]")
        let ace = try made(text, file: "m.yace", golden.elements.joined(separator: " "))
        let box = Box(lo: .zero, hi: Vector(40, 40, 40, 0))
        let one = Evaluator(TestSystem("one", box: box, positions: [Vector(1, 2, 3, 0)], types: [2], typeCount: 2), ace).evaluate()
        #expect(one.energy == -2.25 && one.forces[0] == .zero)
    }

    @Test("a type that the model does not see changes nothing") func null() throws {
        let text = SyntheticACE().yaml
        let system = TestSystem.liquid(count: 30, distance: 2.2, typeCount: 2)
        var all = system
        all.types = system.types.map { _ in 1 }
        let own = system.types.indices.filter { system.types[$0] == 1 }
        let some = Evaluator(system, try made(text, "Cu NULL")).evaluate()
        let alone = Evaluator(all.selecting(own), try made(text, "Cu O")).evaluate()
        #expect(abs(some.energy - alone.energy) < 1e-12 * max(1, alone.energyMagnitude))
        for (k, i) in own.enumerated() {
            let d = some.forces[i] - alone.forces[k]
            #expect((d * d).sum() < 1e-20 * max(1, alone.largestForce * alone.largestForce))
        }
    }

    @Test("wrong files are told with place and expectation") func errors() throws {
        let yaml = SyntheticACE().yaml
        let yace = try String(contentsOf: Golden.folder.appendingPathComponent("single.yace"), encoding: .utf8)
        let text = try String(contentsOf: Golden.folder.appendingPathComponent("single.ace"), encoding: .utf8)
        func message(_ text: String, _ file: String = "m.yaml", _ elements: String = "Cu O", types: Int = 2, units: Units = .metal) -> String {
            deckError { _ = try made(text, file: file, elements, types: types, units: units) }?.message ?? "no error"
        }
        #expect(message(yaml, "m.xyz").contains("expected a file .yace, .ace or .yaml"))
        #expect(message(yaml, "m.yaml", "Cu N").contains("element 'N' is not in m.yaml, which has Cu O"))
        #expect(message(yaml, units: .lj).contains("need units metal"))
        #expect(message(yaml.replacingOccurrences(of: "lmaxi", with: "lmaxj")).contains("unknown key 'lmaxj' of a species block; did you mean 'lmaxi'?"))
        #expect(message(yaml.replacingOccurrences(of: "ChebPow", with: "ChebPaw")).contains("unknown radial basis 'ChebPaw'; did you mean 'ChebPow'?"))
        #expect(message(yaml.replacingOccurrences(of: "nl: [0, 0], c", with: "nl: [0, 1], c")).contains("the sum of nl is odd"))
        #expect(message(yaml.replacingOccurrences(of: "nr: [3]", with: "nr: [5]")).contains("nr 5 is beyond nradbaseij 4"))
        #expect(message(yaml.replacingOccurrences(of: "type: distance", with: "type: distant")).contains("inner_cutoff_type is 'distant'"))
        #expect(message(yaml + "   - :\n -").contains("m.yaml:"))
        #expect(message("- 1\n").contains("not a YAML mapping"))
        let one = message(yace.replacingOccurrences(of: "ndensity: 2, num", with: "ndensity: 1, num"), "m.yace", "Cu", types: 1)
        #expect(one.contains("1 densities where the embedding has 2"))
        #expect(message(yace.replacingOccurrences(of: "FinnisSinclairShiftedScaled", with: "Exp"), "m.yace", "Cu", types: 1).contains("npoti is 'Exp'"))
        #expect(message(text.replacingOccurrences(of: "nelements=1", with: "nelements=2"), "m.ace", "Cu", types: 1).contains("expected 'lmax='"))
        #expect(message(text.replacingOccurrences(of: "mu0=0", with: "mu0=1"), "m.ace", "Cu", types: 1).contains("mu0 should be 0 here"))
        let julia = try String(contentsOf: Golden.folder.appendingPathComponent("julia.yace"), encoding: .utf8)
        func juliaMessage(_ old: String, _ new: String) -> String {
            message(julia.replacingOccurrences(of: old, with: new), "m.yace", "Al Ni")
        }
        #expect(juliaMessage("lmax: 2", "lmox: 2").contains("has no 'lmax'"))
        #expect(juliaMessage("lmax: 2", "lmax: 1").contains("l = 2 beyond lmax 1"))
        #expect(juliaMessage("ns: [3]", "ns: [5]").contains("n = 5 where there are 4 radial functions"))
        #expect(juliaMessage("\"maxn\": 4", "\"maxn\": 5").contains("should have 5 values, found 4"))
        #expect(juliaMessage("polypairpot:", "polypearpot:").contains("reppot without polypairpot"))
        let mixed = juliaMessage("  [1, 1]: {\"radbasename\": \"ACE.jl.base\"", "  [1, 1]: {\"radbasename\": \"ChebPow\"")
        #expect(mixed.contains("some bonds are of ACE.jl, some are not"))
        #expect(message(String(text.dropLast(40)), "m.ace", "Cu", types: 1).contains("m.ace:"))
        var setup = Golden.setup(1)
        setup.read = { path, _ in
            path.hasSuffix("asi") ? Array("no archive".utf8) : [UInt8](try Data(contentsOf: Golden.folder.appendingPathComponent(path)))
        }
        let archive = deckError { _ = try potential("pace/extrapolation", "* * single.yaml single.asi Cu", setup) }
        #expect(archive?.message.contains("not an archive of NumPy arrays") == true)
        let plain = deckError { _ = try potential("pace/extrapolation", "* * single.yace single.asi Cu", Golden.setup(1)) }
        #expect(plain?.message.contains("grades need the B basis") == true)
        let option = deckError { _ = try potential("pace recursiv", "* * single.yace Cu", Golden.setup(1)) }
        #expect(option?.message.contains("did you mean 'recursive'?") == true)
    }
}

extension Published {
    /// Where LAMMPS' potential files are, such as Debian's lammps-data; Cu-PBE-core-rep.ace is looked for there.
    static let lammpsFiles = ProcessInfo.processInfo.environment["LAMMPS_POTENTIALS"].map { URL(fileURLWithPath: $0) }
    static let present = all.map(\.file).filter { file in
        file != "Cu-PBE-core-rep.ace" || lammpsFiles.map { FileManager.default.fileExists(atPath: $0.appendingPathComponent(file).path) } == true
    }
}
