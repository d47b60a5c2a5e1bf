import Deck
import Domain
import Foundation
import Potentials
import TestSupport
import Testing

/// Reading model files, and what is said about those that are wrong.
@Suite("safetensors and model files")
struct SafetensorsTests {
    /// The message of the error that reading throws.
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return "\(error)" }
    }

    private func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8) + data
    }

    @Test("element types and shapes") func elementTypes() throws {
        let header = """
            {"d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"f":{"dtype":"F32","shape":[],"data_offsets":[16,20]},
            "h":{"dtype":"F16","shape":[1,3],"data_offsets":[20,26]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[26,28]},
            "i":{"dtype":"I64","shape":[1],"data_offsets":[28,36]},"e":{"dtype":"F32","shape":[0,4],"data_offsets":[36,36]},
            "__metadata__":{"by":"a test"}}
            """
        var data: [UInt8] = []
        func put<T>(_ x: T) { withUnsafeBytes(of: x) { data.append(contentsOf: $0) } }
        put(1.5.bitPattern.littleEndian)
        put((-2.25).bitPattern.littleEndian)
        put(Float(0.1).bitPattern.littleEndian)
        for bits: UInt16 in [0x3C00, 0xC100, 0x0001] { put(bits.littleEndian) }
        put(UInt16(0x3FC0).littleEndian)
        put(Int64(-7).littleEndian)
        let tensors = try Safetensors(file(header, data), file: "t", at: nil)
        #expect(try tensors.tensor("d", shape: [2]) == [1.5, -2.25])
        #expect(try tensors.tensor("f", shape: []) == [Double(Float(0.1))])
        #expect(try tensors.tensor("h", shape: [1, 3]) == [1, -2.5, 0x1p-24])
        #expect(try tensors.tensor("b", shape: [1]) == [1.5])
        #expect(try tensors.tensor("i", shape: [1]) == [-7])
        #expect(try tensors.tensor("e", shape: [0, 4]).isEmpty)
        #expect(tensors.names == ["b", "d", "e", "f", "h", "i"])
        #expect(tensors.metadata == ["by": "a test"])
    }

    /// Numbers whose bits are easily lost, and strings that JSON has to escape.
    private func written() throws -> (bytes: [UInt8], doubles: [Double], metadata: [String: String]) {
        let doubles = [0.1, -0.0, 5e-324, 1.7976931348623157e308, .pi, -1 / 3]
        let metadata = ["deck": "pair_style nep\n\tpath/\"quoted\" \\ Ångström", "version": "1"]
        var writer = SafetensorsWriter(metadata: metadata)
        writer.add("b", shape: [2, 3], doubles)
        writer.add("a", shape: [3], [0.1, -2.5, 1e-3], .single)
        writer.add("scalar", shape: [], [7])
        writer.add("empty", shape: [0, 4], [])
        return (try writer.bytes(), doubles, metadata)
    }

    @Test("what is written reads back to the same bits") func roundTrip() throws {
        let (bytes, doubles, metadata) = try written()
        let tensors = try Safetensors(bytes, file: "t", at: nil)
        #expect(try tensors.tensor("b", shape: [2, 3]).map(\.bitPattern) == doubles.map(\.bitPattern))
        #expect(try tensors.tensor("a", shape: [3]) == [0.1, -2.5, 1e-3].map { Double(Float($0)) })
        #expect(try tensors.tensor("scalar", shape: []) == [7])
        #expect(try tensors.tensor("empty", shape: [0, 4]).isEmpty)
        #expect(tensors.metadata == metadata)
        #expect(tensors.names == ["a", "b", "empty", "scalar"])
        let plain = try Safetensors(try SafetensorsWriter().bytes(), file: "t", at: nil)
        #expect(plain.metadata.isEmpty && plain.names.isEmpty)
    }

    @Test("Python's safetensors reads what is written") func python() throws {
        let (bytes, _, _) = try written()
        let script = """
            import sys
            try:
                import numpy, safetensors
            except ImportError:
                sys.exit(42)
            with safetensors.safe_open(sys.argv[1], framework="numpy") as f:
                assert f.metadata() == {"deck": 'pair_style nep\\n\\tpath/"quoted" \\\\ \\u00c5ngstr\\u00f6m', "version": "1"}, f.metadata()
                b, a = f.get_tensor("b"), f.get_tensor("a")
                assert b.dtype == numpy.float64 and a.dtype == numpy.float32
                assert b.tolist() == [[0.1, -0.0, 5e-324], [1.7976931348623157e308, 3.141592653589793, -1 / 3]], b
                assert a.tolist() == numpy.array([0.1, -2.5, 1e-3], dtype=numpy.float32).tolist(), a
                assert f.get_tensor("scalar") == 7 and f.get_tensor("empty").shape == (0, 4)
            """
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("mdrun-\(UUID().uuidString).safetensors")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [ProcessInfo.processInfo.environment["MDRUN_PYTHON"] ?? "python3", "-c", script, file.path]
        process.standardInput = FileHandle.nullDevice
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus == 42 {
            print("skipped: Python has no safetensors (pip install safetensors numpy; MDRUN_PYTHON names the interpreter)")
        } else {
            #expect(process.terminationStatus == 0, "\(output)")
        }
    }

    @Test("files that are wrong") func malformed() {
        func read(_ bytes: [UInt8]) -> String { message { _ = try Safetensors(bytes, file: "w.safetensors", at: nil) } }
        #expect(read([]).contains("w.safetensors"))
        #expect(read([1, 2, 3]).contains("not a safetensors file"))
        #expect(read([255, 255, 255, 255, 255, 255, 255, 127]).contains("truncated"))
        #expect(read(file("[1, 2")).contains("not a JSON object"))
        #expect(read(file("[1, 2]")).contains("not a JSON object"))
        #expect(read(file(#"{"x": 3}"#)).contains("tensor x"))
        #expect(read(file(#"{"__metadata__": {"x": 3}}"#)).contains("__metadata__ is not an object of strings"))
        #expect(read(file(#"{"x":{"dtype":"Q8","shape":[1],"data_offsets":[0,1]}}"#, [0])).contains("Q8"))
        #expect(read(file(#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, [0, 0, 0])).contains("truncated"))
        #expect(read(file(#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, [0, 0, 0, 0])).contains("does not fill"))
        #expect(read(file(#"{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,4]}}"#, [0, 0, 0, 0])).contains("does not fill"))
        #expect(read(file(#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, [0, 0, 0, 0])).contains("truncated"))
    }

    /// Every prefix and many one-byte changes of a good file: an error or a model, never a trap.
    @Test("truncated and corrupted files") func corrupted() throws {
        var model = SyntheticModel(.schnet)
        (model.features, model.filters, model.interactions, model.basis) = (8, 8, 1, 4)
        let good = model.safetensors()
        for length in stride(from: 0, to: good.count, by: 97) {
            #expect(message { _ = try make(model, safetensors: Array(good[..<length])) } != "no error")
        }
        var random = SeededGenerator(3)
        for _ in 0..<300 {
            var bytes = good
            bytes[Int(random.next() % UInt64(2400))] = UInt8(truncatingIfNeeded: random.next())
            _ = message { _ = try make(model, safetensors: bytes) }
        }
    }

    @discardableResult
    private func make(_ model: SyntheticModel, json: String? = nil, safetensors: [UInt8]? = nil) throws -> any Potential {
        let system = TestSupport.TestSystem.cluster(count: 3, distance: 2, typeCount: 1).with(elements: ["O"])
        return try model.make(system.setup(), elements: ["O"], json: json, safetensors: safetensors)
    }

    @Test("tensors that are wrong name themselves", arguments: [SyntheticModel.Architecture.schnet, .painn])
    func tensors(architecture: SyntheticModel.Architecture) {
        let model = SyntheticModel(architecture)
        #expect(message { try make(model) } == "no error")
        for target in model.tensorNames {
            let missing = message { try make(model, safetensors: model.safetensors { $0 == target ? nil : ($1, $2) }) }
            #expect(missing.contains("model.safetensors") && missing.contains(target) && missing.contains("missing"), "\(missing)")
            let transposed = message {
                try make(model, safetensors: model.safetensors { $0 == target ? ([1] + $1, $2) : ($1, $2) })
            }
            #expect(transposed.contains(target) && transposed.contains("expected"), "\(transposed)")
            let poisoned = message {
                try make(model, safetensors: model.safetensors { $0 == target ? ($1, $2.dropLast() + [.nan]) : ($1, $2) })
            }
            #expect(poisoned.contains(target) && poisoned.contains("nan"), "\(poisoned)")
        }
    }

    @Test("descriptions that are wrong") func descriptions() {
        let model = SyntheticModel(.painn)
        func read(_ from: String, _ to: String) -> String {
            #expect(model.json.contains(from), "\(from)")
            return message { try make(model, json: model.json.replacingOccurrences(of: from, with: to)) }
        }
        #expect(read("\"mollifier\"", "\"cliff\"").contains("unknown cutoff_function 'cliff'; known: cosine, mollifier, switch"))
        #expect(read("\"gaussian\"", "\"chebyshev\"").contains("unknown radial_basis 'chebyshev'"))
        #expect(read("\"activation\": \"silu\",", "\"activation\": \"mish\",").contains("unknown activation 'mish'"))
        #expect(read("\"version\": 1", "\"version\": 2").contains("version 2"))
        #expect(read("\"architecture\": \"painn\"", "\"architecture\": \"schnet\"").contains("pair_style schnet"))
        #expect(read("\"n_rbf\": 10", "\"n_rbf\": 11").contains("n_rbf = 11"))
        #expect(read("\"n_atom_basis\": 24", "\"n_atom_basis\": 25").contains("25"))
        #expect(read("\"n_atom_basis\": 24", "\"n_atom_basis\": \"many\"").contains("n_atom_basis"))
        #expect(read("\"n_atom_basis\": 24,", "").contains("n_atom_basis is missing"))
        #expect(read("\"n_interactions\": 3", "\"n_interactions\": 0").contains("n_interactions"))
        #expect(read("\"aggregation\": \"sum\"", "\"aggregation\": \"avg\"").contains("avg"))
        #expect(read("\"eV\"", "\"furlong\"").contains("furlong"))
        #expect(read("\"model.safetensors\"", "\"../../etc/passwd\"").contains("beside"))
        #expect(read("\"epsilon\": 1e-2", "\"epsilon\": 0").contains("epsilon"))
        #expect(read("\"cutoff\": 3.6, \"cutoff_function\"", "\"cutoff\": -1, \"cutoff_function\"").contains("cutoff is -1"))
        #expect(read("\"cutoff\": 3.6, \"cutoff_function\"", "\"cutoff\": 4, \"cutoff_function\"").contains("ends at 3.6"))
        #expect(read("[1, 6, 8]", "[1, 6, 800]").contains("800"))
        #expect(read("{", "[").contains("JSON"))
    }

    @Test("what the deck says wrong") func deck() {
        let model = SyntheticModel(.schnet)
        var system = TestSupport.TestSystem.cluster(count: 3, distance: 2, typeCount: 2).with(elements: ["O", "H"])
        func make(_ style: String, _ elements: [String]) -> String {
            message { _ = try model.make(system.setup(), style: style, elements: elements) }
        }
        #expect(make("", ["O", "H"]) == "no error")
        #expect(make("precision single filters exact", ["O", "NULL"]) == "no error")
        #expect(make("precision half", ["O", "H"]).contains("half"))
        #expect(make("accuracy double", ["O", "H"]).contains("accuracy"))
        #expect(make("", ["O", "Cu"]).contains("'Cu' is not in model.json, which has H C O"))
        #expect(make("", ["O"]).contains("type 2"))
        #expect(make("", ["H", "O"]).contains("mass"))
        system.units = .lj
        #expect(make("", ["O", "H"]).contains("units lj"))
    }
}
