import Domain
import Foundation
import Testing

/// Restart files: damage anywhere is found.
@Suite struct RestartFileTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("restart-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func write(_ path: String, _ payload: [UInt8]) throws {
        let writer = RestartWriter(path, SerialCommunicator())
        writer.put("FIRST", payload)
        writer.put("EMPTY", index: 3, [])
        writer.putOfEachRank("ATOMS", payload.reversed())
        try writer.finish(at: nil)
    }

    private func read(_ path: String) throws -> [(String, Int, [UInt8])] {
        let reader = try RestartReader(path, SerialCommunicator(), at: nil)
        var blocks: [(String, Int, [UInt8])] = []
        while let block = try reader.next() { blocks.append((block.tag, block.index, block.bytes)) }
        return blocks
    }

    @Test("what is written is read") func roundTrip() throws {
        try withFolder { folder in
            try write(folder + "/a", [1, 2, 3, 250])
            let blocks = try read(folder + "/a")
            #expect(blocks.map(\.0) == ["FIRST", "EMPTY", "ATOMS"])
            #expect(blocks.map(\.1) == [0, 3, 0])
            #expect(blocks.map(\.2) == [[1, 2, 3, 250], [], [250, 3, 2, 1]])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
        }
    }

    @Test("every flipped bit and every truncation is an error") func damage() throws {
        try withFolder { folder in
            let path = folder + "/a"
            try write(path, Array(0..<40))
            let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            for k in whole.indices {
                for bit in 0..<8 {
                    var bytes = whole
                    bytes[k] ^= 1 << UInt8(bit)
                    try Data(bytes).write(to: URL(fileURLWithPath: path))
                    #expect(throws: (any Error).self, "bit \(bit) of byte \(k)") { _ = try read(path) }
                }
                try Data(whole[..<k]).write(to: URL(fileURLWithPath: path))
                #expect(throws: (any Error).self, "the first \(k) bytes") { _ = try read(path) }
            }
            try Data(whole + [0]).write(to: URL(fileURLWithPath: path))
            #expect(throws: (any Error).self, "a byte more") { _ = try read(path) }
        }
    }

    @Test("the file before is kept") func previous() throws {
        try withFolder { folder in
            let path = folder + "/a"
            try write(path, [1])
            try write(path, [2])
            #expect(try read(path)[0].2 == [2])
            #expect(try read(path + ".previous")[0].2 == [1])
        }
    }

    @Test("CRC-64: the check value of its definition, and any split") func checksum() {
        // Of the ASCII digits 1 to 9, as catalogued for CRC-64/XZ.
        let digits = Array("123456789".utf8)
        #expect(Checksum.of(digits) == 0x995D_C9BB_DF19_39FA)
        for split in 0...9 {
            var sum = Checksum()
            sum.add(Array(digits[..<split]))
            sum.add(Array(digits[split...]))
            #expect(sum.value == 0x995D_C9BB_DF19_39FA)
        }
    }
}
