import Domain
import Foundation
import Testing

/// .npz archives and .npy arrays: what NumPy writes is read, whatever is damaged is refused.
@Suite struct NumpyTests {
    /// numpy.savez_compressed of NumPy 2 with x = linspace(0, 1, 7), m = arange(6, dtype f4) as 2 x 3 in Fortran order, n = [1, -2, 3] big-endian
    /// i4, t = [True, False], h = [0.5, -2] f2, u = [[7, 250]] u1, s = ['a', 'bc'], z = 3.25, o = an object array.
    private static let packed = Data(base64Encoded: """
        UEsDBC0AAAAIAAAAIQCF0ZB3//////////8FABQAeC5ucHkBABAAuAAAAAAAAABeAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEn
        dLzClOBYoXZyQWpAL5GuY6mjoKtQoUAC4GKAgFg6P2EPqqPUT0AZT/1H4VGLyCin+wBwBQSwMELQAAAAgAAAAhAM4s4NP//////////wUAFABtLm5weQEAEACYAAAAAAAA
        AFYAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSDykqTQUKF2ckFqQCuRpGOgrGmjoKtQrkAy4GMHBwYGBosAdiBxCHgWGBAwBQSw
        MELQAAAAgAAAAhAFTE1TP//////////wUAFABuLm5weQEAEACMAAAAAAAAAE8AAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpdpoq6joJ6WX1RSlJgXn1+UkgoSd0vM
        KU4FihdnJBakAvkaxjqaOgq1ChQALgYGBsb/////A9LMAFBLAwQtAAAACAAAACEA7hm7Xf//////////BQAUAHQubnB5AQAQAIIAAAAAAAAARgAAAAAAAACb7BfqGxDJyF
        DGUK2eklqcXKRupaBek2SorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFAAuRgYAUEsDBC0AAAAIAAAAIQABvQ8I//////////8FABQAaC5ucHkB
        ABAAhAAAAAAAAABIAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC4GC4YDAFBLAwQtAA
        AACAAAACEANN/Y/v//////////BQAUAHUubnB5AQAQAIIAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBeU2qorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWK
        F2ckFqQC+RqGOgpGmjoKtQpkAy72XwBQSwMELQAAAAgAAAAhAHBHbZb//////////wUAFABzLm5weQEAEACQAAAAAAAAAE0AAAAAAAAAm+wX6hsQychQxlCtnpJanFykbq
        WgbhNqpK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1ChQArkQGCEgC4mQgBgBQSwMELQAAAAgAAAAhALuZuQ3//////////wUAFAB6Lm5weQEAEACI
        AAAAAAAAAEcAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkamjoKtQoUAS4GMOByAABQSwMELQAAAAgAAA
        AhAAr07Hr//////////wUAFABvLm5weQEAEAAWAQAAAAAAAMQAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXuOvrqOgnpZfVFKUmBefX5SSChJ2S8wpTgWKF2ckFqQC
        +RqGOpo6CrUKlACuBpap3QwQ0COWV5pbUKkXn5xflKqXW5pTkplYVJRYOaWHJ74oNTk/r7ikqDS5ZMrkKT2sYJVTetjzUiBKJk/xZmid4syYNKV9StAUDW9Gb8bWKRnMPa
        wpJZUFqSAtTP4WUzo7ILLMPYw1U/z8/Lz+AwGY8LYvmZLUGTuldkoikKEHAFBLAQItAy0AAAAIAAAAIQCF0ZB3XgAAALgAAAAFAAAAAAAAAAAAAACAAQAAAAB4Lm5weVBL
        AQItAy0AAAAIAAAAIQDOLODTVgAAAJgAAAAFAAAAAAAAAAAAAACAAZUAAABtLm5weVBLAQItAy0AAAAIAAAAIQBUxNUzTwAAAIwAAAAFAAAAAAAAAAAAAACAASIBAABuLm
        5weVBLAQItAy0AAAAIAAAAIQDuGbtdRgAAAIIAAAAFAAAAAAAAAAAAAACAAagBAAB0Lm5weVBLAQItAy0AAAAIAAAAIQABvQ8ISAAAAIQAAAAFAAAAAAAAAAAAAACAASUC
        AABoLm5weVBLAQItAy0AAAAIAAAAIQA039j+SAAAAIIAAAAFAAAAAAAAAAAAAACAAaQCAAB1Lm5weVBLAQItAy0AAAAIAAAAIQBwR22WTQAAAJAAAAAFAAAAAAAAAAAAAA
        CAASMDAABzLm5weVBLAQItAy0AAAAIAAAAIQC7mbkNRwAAAIgAAAAFAAAAAAAAAAAAAACAAacDAAB6Lm5weVBLAQItAy0AAAAIAAAAIQAK9Ox6xAAAABYBAAAFAAAAAAAA
        AAAAAACAASUEAABvLm5weVBLBQYAAAAACQAJAMsBAAAgBQAAAAA=
        """, options: .ignoreUnknownCharacters)!

    private func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }

    private func check(_ archive: NumpyArchive) throws {
        #expect(archive.arrays == ["h", "m", "n", "o", "s", "t", "u", "x", "z"])
        let x = try #require(try archive.array("x"))
        // linspace multiplies by the step, so the last bit may differ from a division.
        #expect(x.shape == [7] && zip(x.numbers, (0..<7).map { Double($0) / 6 }).allSatisfy { ($0 - $1).magnitude <= 2e-16 })
        let m = try #require(try archive.array("m"))
        #expect(m.shape == [2, 3] && m.numbers == [0, 1, 2, 3, 4, 5] && m.type.size == 4)
        #expect(try archive.array("n")?.integers() == [1, -2, 3])
        #expect(try archive.array("t")?.numbers == [1, 0])
        #expect(try archive.array("h")?.numbers == [0.5, -2])
        #expect(try archive.array("u")?.integers() == [7, 250])
        #expect(try archive.array("z")?.numbers == [3.25])
        #expect(try archive.array("z")?.shape == [])
        #expect(try archive.array("y") == nil)
    }

    @Test("an archive that NumPy has written") func reads() throws {
        let archive = try NumpyArchive("a.npz", Array(Self.packed))
        try check(archive)
        for name in ["s", "o"] {
            #expect(throws: NumpyFileError.self, "only numbers") { _ = try archive.array(name) }
        }
        do { _ = try archive.array("o") } catch { #expect("\(error)".contains("a.npz: o: holds elements of type '|O'; only numbers")) }
        do { _ = try archive.array("x")?.integers() } catch { #expect("\(error)".contains("a.npz: x: element 1 is not an integer (at byte")) }
    }

    @Test("stored members") func stored() throws {
        // The same members, put into a new archive without packing.
        let archive = try NumpyArchive("a.npz", Array(Self.packed))
        let x = try #require(try archive.array("x"))
        var header = Array("{'descr': '>f8', 'fortran_order': False, 'shape': (7,), }".utf8)
        while (10 + header.count + 1) % 64 != 0 { header.append(32) }
        header.append(10)
        var npy: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header
        for value in x.numbers { withUnsafeBytes(of: value.bitPattern.bigEndian) { npy += $0 } }
        let zip = storedZip("x.npy", npy)
        #expect(try NumpyArchive("b.npz", zip).array("x")?.numbers == x.numbers)
        #expect(try NumpyArray("x.npy", npy).numbers == x.numbers)
        var wrong = zip
        wrong[zip.firstIndex(of: 0x93)! + 80] ^= 1
        do {
            _ = try NumpyArchive("b.npz", wrong).array("x")
            Issue.record("a changed number was not noticed")
        } catch { #expect("\(error)".contains("b.npz: x: the checksum is wrong")) }
    }

    private func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xffff_ffff
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }

    private func storedZip(_ name: String, _ data: [UInt8], claims size: Int? = nil) -> [UInt8] {
        func put(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let sizes = put(Int(crc(data)), 4) + put(data.count, 4) + put(size ?? data.count, 4) + put(name.utf8.count, 2)
        let local = put(0x0403_4b50, 4) + put(20, 2) + put(0, 8) + sizes + put(0, 2) + Array(name.utf8) + data
        let directory = put(0x0201_4b50, 4) + put(20, 2) + put(20, 2) + put(0, 8) + sizes + put(0, 12) + put(0, 4) + Array(name.utf8)
        return local + directory + put(0x0605_4b50, 4) + put(0, 4) + put(1, 2) + put(1, 2) + put(directory.count, 4) + put(local.count, 4) + put(0, 2)
    }

    @Test("limits hold before memory is taken") func limits() throws {
        let bytes = Array(Self.packed)
        var small = NumpyArchive.Limits()
        small.total = 1000
        #expect(throws: NumpyFileError.self) { _ = try NumpyArchive("a.npz", bytes, limits: small) }
        small = NumpyArchive.Limits()
        small.members = 8
        #expect(throws: NumpyFileError.self) { _ = try NumpyArchive("a.npz", bytes, limits: small) }
        // A member that claims to unpack to 900 MB.
        var bomb = bytes
        let directory = number(bytes, bytes.count - 6, 4)
        for k in 0..<4 { bomb[directory + 24 + k] = UInt8(truncatingIfNeeded: 900_000_000 >> (8 * k)) }
        do {
            _ = try NumpyArchive("a.npz", bomb)
            Issue.record("taken")
        } catch { #expect("\(error)".contains("unpacks to more than 500 times its size")) }
        #expect(throws: NumpyFileError.self) { _ = try NumpyArchive("s.npz", storedZip("x.npy", [1, 2, 3], claims: 10)) }
    }

    @Test("every truncation is refused, and every flipped bit noticed or harmless") func fuzz() throws {
        let bytes = Array(Self.packed)
        for end in 0..<bytes.count {
            #expect(throws: NumpyFileError.self) { _ = try NumpyArchive("a.npz", Array(bytes[..<end])) }
        }
        let whole = try NumpyArchive("a.npz", bytes)
        let names = ["h", "m", "n", "t", "u", "x", "z"]
        let truth = try names.map { try whole.array($0)!.numbers }
        for place in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[place] ^= 1 << bit
                guard let archive = try? NumpyArchive("a.npz", flipped) else { continue }
                for (name, numbers) in zip(names, truth) {
                    // Gone under another name, refused, or unchanged: never other numbers.
                    guard let array = try? archive.array(name) else { continue }
                    #expect(array.numbers == numbers, "bit \(bit) of byte \(place)")
                }
            }
        }
    }

    @Test("heads of arrays") func heads() {
        func message(_ text: String, _ count: Int) -> String {
            var header = Array(text.utf8)
            header.append(10)
            let npy: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header + [UInt8](repeating: 0, count: count)
            do { return "\(try NumpyArray("a", npy).count)" } catch { return "\(error)" }
        }
        #expect(message("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}", 32) == "4")
        #expect(message("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}", 31).contains("needs 32"))
        #expect(message("{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}", 16).contains("only numbers are read"))
        #expect(message("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 8)}", 0).contains("too large"))
        #expect(message("{'descr': '<f8', 'fortran_order': False, 'shape': __import__('os')}", 8).contains("header that is not"))
    }
}
