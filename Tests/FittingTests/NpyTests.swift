import Domain
import Fitting
import Foundation
import Testing

/// A file that is removed afterwards.
func withFile<R>(_ bytes: [UInt8], _ name: String = "data", _ body: (String) throws -> R) throws -> R {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("fitting-\(UUID().uuidString)-\(name)").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// The message of the error that `body` throws.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}

/// Expects `body` to throw an error whose message contains `text`.
func expectFailure(_ text: String, _ body: () throws -> Void) {
    let found = message(body)
    #expect(found.contains(text), "\(found)")
}

/// An npy file as NumPy writes it.
func npy(
    _ numbers: [Double], _ shape: String, descr: String = "<f8", fortran: Bool = false, version: UInt8 = 1, isSingle: Bool = false
) -> [UInt8] {
    var header = Array("{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }".utf8)
    let lead = version == 1 ? 10 : 12
    while (lead + header.count + 1) % 64 != 0 { header.append(32) }
    header.append(10)
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
    for k in 0..<(version == 1 ? 2 : 4) { bytes.append(UInt8(truncatingIfNeeded: header.count >> (8 * k))) }
    bytes += header
    for x in numbers {
        if isSingle {
            withUnsafeBytes(of: Float(x).bitPattern.littleEndian) { bytes += $0 }
        } else {
            withUnsafeBytes(of: x.bitPattern.littleEndian) { bytes += $0 }
        }
    }
    return bytes
}

@Suite struct NpyTests {
    @Test("versions 1 to 3, both precisions", arguments: [1, 2, 3] as [UInt8], [false, true])
    func versions(version: UInt8, isSingle: Bool) throws {
        let bytes = npy([1, 2.5, -3, 4, 5, 6], "(2, 3)", descr: isSingle ? "<f4" : "<f8", version: version, isSingle: isSingle)
        try withFile(bytes) { path in
            let file = try NpyFile(path)
            #expect(file.shape == [2, 3] && file.rows == 2 && file.rowSize == 3)
            #expect(try file.row(0) == [1, 2.5, -3])
            #expect(try file.row(1) == [4, 5, 6])
        }
    }

    @Test("Fortran order runs along the first axis")
    func fortran() throws {
        // a[i][j][k] = 100 i + 10 j + k, of shape (2, 3, 2).
        var numbers: [Double] = []
        for k in 0..<2 { for j in 0..<3 { for i in 0..<2 { numbers.append(Double(100 * i + 10 * j + k)) } } }
        try withFile(npy(numbers, "(2, 3, 2)", fortran: true)) { path in
            let row = try NpyFile(path).row(1)
            #expect(row == [100, 101, 110, 111, 120, 121])
        }
    }

    @Test("one axis, and none")
    func shapes() throws {
        #expect(try withFile(npy([7, 8], "(2,)")) { try NpyFile($0).row(1) } == [8])
        #expect(try withFile(npy([], "(0, 3)")) { try NpyFile($0).rows } == 0)
    }

    @Test(
        "damaged files are refused",
        arguments: [
            (Array("no numpy file at all".utf8), "is not an npy file"),
            ([0x93], "is not an npy file"),
            (npy([1], "(1,)", version: 4), "npy version 4.0"),
            (npy([1], "(1,)", descr: "<i8"), "floating point"),
            (npy([1], "(1,)", descr: "|O"), "'|O'"),
            (npy([1], "(2,)"), "needs 16"),
            (npy([1, 2], "(1,)"), "needs 8"),
            (npy([1], "(4611686018427387904, 4)"), "too large"),
            (npy([1], "(1, -1)"), "header that is not"),
            (npy([1], "(__import__('os'),)"), "header that is not"),
            (Array(npy([1], "(1,)").prefix(40)), "ends within its header"),
            ([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 127], "at most 65536"),
        ])
    func damaged(bytes: [UInt8], expected: String) throws {
        try withFile(bytes) { path in
            let text = message { _ = try NpyFile(path) }
            #expect(text.contains(expected) && text.contains(path), "\(text)")
        }
    }

    @Test("no prefix of a file is read as one")
    func truncated() throws {
        let bytes = npy([1, 2, 3], "(3, 1)")
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: DataError.self) { try withFile(Array(bytes.prefix(length))) { _ = try NpyFile($0) } }
        }
    }
}

@Suite struct DeepMDFolderTests {
    private func withFolder(_ files: [String: [UInt8]], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fitting-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, bytes) in files {
            let url = URL(fileURLWithPath: folder + "/" + name)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
        }
        try body(folder)
    }

    private var files: [String: [UInt8]] {
        [
            "type.raw": Array("0 1\n".utf8), "type_map.raw": Array("Cu\nO\n".utf8),
            "set.000/coord.npy": npy((0..<12).map(Double.init), "(2, 6)"),
            "set.000/box.npy": npy((0..<2).flatMap { _ in [5, 0, 0, 0, 6, 0, 0, 0, 7.0] }, "(2, 9)"),
            "set.000/energy.npy": npy([-1, -2], "(2,)"),
            "set.001/coord.npy": npy([1, 2, 3, 4, 5, 6], "(1, 6)", descr: "<f4", isSingle: true),
            "set.001/box.npy": npy([5, 0, 0, 0, 6, 0, 0, 0, 7.0], "(1, 9)"),
            "set.001/force.npy": npy([1, 0, 0, -1, 0, 0], "(1, 6)"),
        ]
    }

    @Test("sets follow each other; energies, forces and virials are optional")
    func reads() throws {
        try withFolder(files) { folder in
            let data = try openDataset(folder)
            #expect(data.count == 3)
            let first = try #require(try data.next())
            #expect(first.elements == ["Cu", "O"] && first.energy == -1 && first.forces == nil)
            #expect(first.positions[1] == .init(3, 4, 5, 0) && first.cell!.y.y == 6 && first.isPeriodic == [true, true, true])
            #expect(try data.skip())
            let last = try #require(try data.next())
            #expect(last.energy == nil && last.forces![1].x == -1)
            #expect(try data.next() == nil)
            #expect(try !data.skip())
        }
    }

    @Test(
        "what does not fit is named",
        arguments: [
            ("type.raw", Array("0 2".utf8), "names types 0 to 1"),
            ("set.000/energy.npy", npy([1, 2, 3], "(3,)"), "2 frames of 1 numbers"),
            ("set.001/box.npy", npy([1], "(1,)"), "1 frames of 9 numbers"),
            ("set.000/coord.npy", npy([1, 2], "(2,)"), "frames of 6 numbers"),
            ("set.001/real_atom_types.npy", npy([1], "(1,)"), "mixed composition"),
        ])
    func mismatches(name: String, bytes: [UInt8], expected: String) throws {
        var files = self.files
        files[name] = bytes
        try withFolder(files) { folder in
            let text = message { _ = try openDataset(folder) }
            #expect(text.contains(expected), "\(text)")
        }
    }

    @Test("numbers must be finite, and folders hold data")
    func notFinite() throws {
        var files = self.files
        files["set.000/energy.npy"] = npy([1, .nan], "(2,)")
        try withFolder(files) { folder in
            let data = try openDataset(folder)
            _ = try data.next()
            expectFailure("not finite") { _ = try data.next() }
        }
        files["type_map.raw"] = nil
        try withFolder(files) { folder in expectFailure("type_map.raw") { _ = try openDataset(folder) } }
        try withFolder(["x/readme": []]) { folder in expectFailure("without type.raw") { _ = try openDataset(folder) } }
        try withFolder(Dictionary(uniqueKeysWithValues: self.files.map { ("a/b/\($0.key)", $0.value) })) { folder in
            let count = try openDataset(folder).count
            #expect(count == 3)
        }
    }
}
