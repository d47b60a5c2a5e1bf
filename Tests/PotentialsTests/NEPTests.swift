import Deck
import Domain
import Foundation
import Potentials
import TestSupport
import Testing

/// One file of Tests/Reference/nep.
private struct Golden: Decodable {
    struct Frame: Decodable {
        var name: String
        var cell: [[Double]]
        var symbols: [String]
        var positions: [[Double]]
        var energy: Double
        var forces: [[Double]]
        var virial: [[Double]]
    }
    var model: String
    var elements: [String]
    var tolerance: [String: Double]
    var frames: [Frame]

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Reference/nep").standardized

    init(_ name: String) throws {
        self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: Self.folder.appendingPathComponent(name + ".json")))
    }

    var bytes: [UInt8] { get throws { [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(model))) } }
}

@Suite("NEP")
struct NEPTests {
    @Test("golden numbers of NEP_CPU", arguments: ["nep4-zbl", "nep4-zbl-factor", "nep4-typewise", "nep4-flexible-zbl", "nep3"])
    func golden(name: String) throws {
        let golden = try Golden(name)
        for frame in golden.frames {
            let h = frame.cell
            let box = Box(lo: .zero, hi: Vector(h[0][0], h[1][1], h[2][2], 0), xy: h[1][0], xz: h[2][0], yz: h[2][1])
            let system = TestSystem(
                frame.name, box: box, positions: frame.positions.map { Vector($0[0], $0[1], $0[2], 0) },
                types: frame.symbols.map { Int32(golden.elements.firstIndex(of: $0)! + 1) }, typeCount: golden.elements.count)
            for plain in [true, false] {
                let nep = try makeNEP(golden.bytes, golden.elements)
                nep.usesPlainKernel = plain
                let result = Evaluator(system, nep).evaluate()
                #expect(abs(result.energy - frame.energy) < golden.tolerance["energy"]!, "\(frame.name)")
                for i in frame.forces.indices {
                    for d in 0..<3 {
                        #expect(abs(result.forces[i][d] - frame.forces[i][d]) < golden.tolerance["forces"]!, "\(frame.name), atom \(i)")
                    }
                }
                for a in 0..<3 {
                    for b in 0..<3 { #expect(abs(result.virial[a, b] - frame.virial[a][b]) < golden.tolerance["virial"]!) }
                }
            }
        }
    }

    @Test("energies in units real are in kcal/mol") func units() throws {
        let golden = try Golden("nep4-zbl")
        let system = TestSystem.liquid(count: 30, distance: 2.2, typeCount: 2)
        let metal = Evaluator(system, try makeNEP(golden.bytes, golden.elements)).evaluate()
        let real = Evaluator(system, try makeNEP(golden.bytes, golden.elements, units: .real)).evaluate()
        #expect(abs(real.energy - 23.060549 * metal.energy) < 1e-9 * abs(real.energy))
        #expect(abs(real.forces[3].x - 23.060549 * metal.forces[3].x) < 1e-9 * metal.largestForce * 23)
        #expect(abs(real.virial[0, 1] - 23.060549 * metal.virial[0, 1]) < 1e-8)
        let error = deckError { _ = try makeNEP(golden.bytes, golden.elements, units: .lj) }
        #expect(error?.message.contains("units metal or real") == true)
    }

    @Test("published single-element models: plain = fast", arguments: ["C_2022_NEP4.txt", "Si_2022_NEP4_4body.txt", "nep_BaTiO3.txt", "nep_BaZrO3.txt"])
    func published(name: String) throws {
        guard let url = try shared("models/nep/\(name)") else { return }
        let bytes = [UInt8](try Data(contentsOf: url))
        let elements = try NEPParameters(name, bytes).elements
        let system = TestSystem.liquid(count: 24, distance: name.hasPrefix("C") ? 1.4 : 2.2, typeCount: elements.count)
        let fast = try makeNEP(bytes, elements), plain = try makeNEP(bytes, elements)
        plain.usesPlainKernel = true
        let a = Evaluator(system, fast).evaluate(), b = Evaluator(system, plain).evaluate()
        #expect(a.forceDistance(b) < 1e-11 * max(1, b.largestForce))
        #expect(abs(a.energy - b.energy) < 1e-11 * b.energyMagnitude)
        #expect(a.virial.distance(b.virial) < 1e-10 * max(1, b.virial.largest))
    }

    @Test("an atom alone, and pairs beyond the cutoff") func alone() throws {
        let nep = try makeNEP(Golden("nep4-zbl").bytes, ["Cu", "O"])
        let box = Box(lo: .zero, hi: Vector(40, 40, 40, 0))
        let one = Evaluator(TestSystem("one", box: box, positions: [Vector(1, 2, 3, 0)], types: [1], typeCount: 2), nep).evaluate()
        let two = Evaluator(
            TestSystem("two", box: box, positions: [Vector(1, 2, 3, 0), Vector(20, 2, 3, 0)], types: [1, 1], typeCount: 2), nep
        ).evaluate()
        #expect(one.forces[0] == .zero && one.energy.isFinite && one.virial == .zero)
        #expect(two.energy == 2 * one.energy && two.largestForce == 0)
    }

    @Test("atoms at one place give no number, and no crash") func overlapping() throws {
        let nep = try makeNEP(Golden("nep4-zbl").bytes, ["Cu", "O"])
        let box = Box(lo: .zero, hi: Vector(12, 12, 12, 0))
        for other in [Vector(3, 3, 3, 0), Vector(3, .nan, 3, 0)] {
            let system = TestSystem("overlap", box: box, positions: [Vector(3, 3, 3, 0), Vector(4.5, 3, 3, 0), Vector(3, 3, 3, 0)], types: [1, 2, 2], typeCount: 2)
            for plain in [true, false] {
                nep.usesPlainKernel = plain
                let evaluator = Evaluator(system, nep)
                evaluator.atoms.position[2] = Vector(other.x, other.y, other.z, 2)
                let result = evaluator.evaluate()
                #expect(!result.energy.isFinite && !result.forces[0].x.isFinite && !result.forces[2].x.isFinite)
            }
        }
    }

    @Test("types that the model does not see feel nothing") func null() throws {
        let bytes = try Golden("nep4-zbl").bytes
        let system = TestSystem.liquid(count: 40, distance: 2.2, typeCount: 3)
        let all = Evaluator(system, try makeNEP(bytes, ["Cu", "NULL", "O"])).evaluate()
        var without = TestSystem("without", box: system.box, positions: [], types: [], typeCount: 2)
        for i in 0..<system.count where system.types[i] != 2 {
            without.positions.append(system.positions[i])
            without.types.append(system.types[i] == 1 ? 1 : 2)
            without.ids.append(Int64(without.ids.count + 1))
        }
        let rest = Evaluator(without, try makeNEP(bytes, ["Cu", "O"])).evaluate()
        #expect(abs(all.energy - rest.energy) < 1e-11 * rest.energyMagnitude)
        var k = 0
        for i in 0..<system.count {
            if system.types[i] == 2 {
                #expect(all.forces[i] == .zero && all.atomEnergies[i] == 0)
            } else {
                #expect((all.forces[i] - rest.forces[k]).largestComponent < 1e-11 * max(1, rest.largestForce))
                k += 1
            }
        }
    }

    // MARK: - Bad files

    private static func fileError(_ text: String) -> String? {
        do {
            _ = try NEPParameters("bad.txt", Array(text.utf8))
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("errors say file, line and what was expected") func badFiles() throws {
        let good = SyntheticNEP().text
        #expect(Self.fileError(good) == nil)
        var lines = good.split(separator: "\n").map(String.init)
        let count = lines.count
        func with(_ line: Int, _ text: String) -> String {
            var changed = lines
            changed[line - 1] = text
            return changed.joined(separator: "\n")
        }
        func expect(_ text: String, _ parts: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation) {
            let error = Self.fileError(text) ?? "no error"
            for part in parts { #expect(error.contains(part), "\(error)", sourceLocation: sourceLocation) }
        }
        expect("", "bad.txt:1", "the file ends where the model's style")
        expect("hello 1 2", "bad.txt:1:1", "not a NEP model")
        for style in ["nep4_charge1", "nep4_dipole", "nep3_polarizability", "nep4_temperature", "nep5"] {
            expect(with(1, "\(style) 2 Cu O"), "bad.txt:1:1", "'\(style)' is not supported")
        }
        expect(with(1, "nep4 3 Cu O"), "bad.txt:1:6", "2 symbols follow where 3 are announced")
        expect(with(1, "nep4 2 Cu Xx"), "bad.txt:1:11", "'Xx' is not a chemical element")
        expect(with(1, "nep4 2 Cu Cu"), "appears twice")
        expect(with(2, "cutoff 4.8 3.7 50"), "bad.txt:2:1", "found 3 values")
        expect(with(2, "cutoff 4.8 -1 50 30"), "bad.txt:2:12", "must be above 0")
        expect(with(2, "n_max 4 4"), "bad.txt:2:1", "expected 'cutoff", "found 'n_max'")
        expect(with(3, "n_max 3 many"), "bad.txt:3:9", "found 'many'")
        expect(with(4, "basis_size 1000 4"), "bad.txt:4:12", "must be 0 to 60")
        expect(with(5, "l_max 8 2 1"), "bad.txt:5:7", "must be 0 to 4")
        expect(with(5, "l_max 4 1 1 1"), "bad.txt:5:13", "112")
        expect(with(6, "ANN 0 0"), "bad.txt:6:5", "1 to 1000")
        expect(with(100, "nan"), "bad.txt:100:1", "not finite", "first-layer weight of Cu, number 94 of")
        expect(with(100, "1e999"), "bad.txt:100:1", "not finite")
        expect(with(100, "abc"), "bad.txt:100:1", "found 'abc'")
        expect(with(count, "0.1\n0.2"), "bad.txt:\(count + 1):1", "no more numbers", "found '0.2'")
        lines.removeLast(3)
        expect(lines.joined(separator: "\n"), "bad.txt:\(count - 3)", "the file ends where a descriptor scaler", "of 22 was expected")
        // Cut anywhere, a file gives an error, never a crash.
        for length in stride(from: 0, to: good.utf8.count - 20, by: 97) {
            #expect(Self.fileError(String(decoding: Array(good.utf8)[..<length], as: UTF8.self)) != nil)
        }
        var random = SeededGenerator(5)
        for _ in 0..<200 {
            var bytes = Array(good.utf8)
            for _ in 0..<3 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
            _ = try? NEPParameters("garbage", bytes)
        }
    }

    @Test("deck errors point at the word") func deckErrors() throws {
        let bytes = try Golden("nep4-zbl").bytes
        func error(_ line: String) -> DeckError? {
            deckError {
                var words = deckWords(line, of: "pair_coeff")
                try NEP().coefficients(&words, nepSetup(types: 2, files: ["model.txt": bytes, "bad.txt": Array("nep4 1 Cu\n".utf8)]))
            }
        }
        #expect(error("* * model.txt Cu O") == nil && error("* * model.txt O NULL") == nil)
        #expect(error("1 2 model.txt Cu O")?.location?.column == 1)
        #expect(error("* * bad.txt Cu O")?.message.contains("bad.txt:2: the file ends where 'cutoff") == true)
        #expect(error("* * bad.txt Cu O")?.location?.column == 5)
        #expect(error("* * model.txt Cu Fe")?.location?.column == 18)
        #expect(error("* * model.txt Cu") != nil && error("* * model.txt Cu O O") != nil)
        #expect(deckError { try NEP().prepare(nepSetup(types: 2)) }?.message.contains("no pair_coeff") == true)
    }
}

extension Vector {
    fileprivate var largestComponent: Double { max(abs(x), abs(y), abs(z)) }
}
