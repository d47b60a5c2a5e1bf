import Deck
import Foundation
import Testing

@Suite struct NumberFormatTests {
    static let values: [Double] = [
        0, -0.0, 1, -1, 0.5, 1.5, 2.5, 3.5, 0.1, 1.0 / 3, 2.0 / 3, 123456.789, 1234567.89, 999999.5, 9_999_995,
        0.00001234,
        9.9999949e-5, 1e10, 1e15, 1e16, 1e17, 1e22, 1e23, 1e100, 1e-100, Double.leastNonzeroMagnitude,
        1.7976931348623157e308, 0.125, 0.375,
        1e-5, 0.0001, 0.00009999995, 99.9995, 0.045, 1.005, 4503599627370496.5, 9_007_199_254_740_994, -273.15,
        .infinity, -.infinity, .nan,
    ]

    @Test func realFormatsAreThoseOfC() throws {
        for letter in "fFeEgG" {
            for flags in ["", "-", "+", " ", "0", "#", "-+", "+0", "#0"] {
                for size in ["", "12", "25", ".0", ".1", ".3", "8.3", "15.10", "20.16", ".17", "30.20", ".6"] {
                    let text = "%\(flags)\(size)\(letter)"
                    let format = try NumberFormat(text)
                    for value in Self.values {
                        let expected = String(format: text, value)
                        // The sign of a NaN is not ours to define.
                        if value.isNaN { continue }
                        #expect(format.string(value) == expected, "\(text) of \(value)")
                    }
                }
            }
        }
    }

    @Test func randomNumbersAreThoseOfC() throws {
        var generator = SplitMix(state: 42)
        let formats = try ["%g", "%.15g", "%20.15g", "%.3f", "%-8.3g", "%.10e", "%12.4f", "%.8f", "%.17g", "%.0f"].map {
            ($0, try NumberFormat($0))
        }
        for _ in 0..<20_000 {
            let bits = Double(bitPattern: generator.next())
            let plain = Double(Int64(truncatingIfNeeded: generator.next() >> 20)) / 1024
            let short = Double(Int(generator.next() % 2_000_001) - 1_000_000) / 1000
            for value in [bits, plain, short] where value.isFinite {
                for (text, format) in formats {
                    let expected = String(format: text, value)
                    if format.string(value) != expected {
                        Issue.record("\(text) of \(value): \(format.string(value)), not \(expected)")
                        return
                    }
                }
            }
        }
    }

    @Test func integers() throws {
        for text in [
            "%d", "%5d", "%-5d", "%05d", "%+d", "% d", "%.3d", "%8.3d", "%-8.3d", "%08.3d", "%ld", "%lli", "%.0d",
        ] {
            let format = try NumberFormat(text)
            for value in [0, 1, -1, 42, -42, 123456, Int.max, Int.min] {
                let expected = String(
                    format: text.replacingOccurrences(of: "l", with: "").replacing("d", with: "ld")
                        .replacing("i", with: "li"), value)
                #expect(format.string(value) == expected, "\(text) of \(value)")
            }
        }
        #expect(try NumberFormat("%d").string(3.9) == "4")
        #expect(try NumberFormat("%d").string(-3.9) == "-4")
        #expect(try NumberFormat("%5d").string(1e30) == "1000000000000000019884624838656")
        #expect(try NumberFormat("%8.3f").string(7) == "   7.000")
        #expect(try NumberFormat("%g").string(1_000_000) == "1e+06")
    }

    @Test func strings() throws {
        #expect(try NumberFormat("%s").string("abc") == "abc")
        #expect(try NumberFormat("%5s|").string("abc") == "  abc|")
        #expect(try NumberFormat("%-5.2s|").string("abc") == "ab   |")
        #expect(try NumberFormat("%s").string(0.1) == "0.1")
        #expect(try NumberFormat("%4s").string(7) == "   7")
    }

    @Test func textAround() throws {
        let format = try NumberFormat("a %% %8.3f b%%")
        #expect(format.string(1) == "a %    1.000 b%")
        #expect(!format.isBare)
        #expect(try formatted(2.5, "%.2e") == "2.50e+00")
        let line = try NumberFormat.list("%d %d %-8.3g|%s end")
        #expect(line.count == 4)
        #expect(
            line[0].string(1) + line[1].string(2) + line[2].string(0.5) + line[3].string("C")
                == "1 20.5     |C end"
                .replacingOccurrences(of: "1 20", with: "1 2 0"))
    }

    @Test(arguments: [
        "", "x", "%", "%n", "%*d", "%.*f", "%x", "%p", "%hn", "%1000f", "%.1000f", "%d %d", "%5", "%5.", "%lc", "%hd",
        "%99999999999999999999d", "%Lf", "%$d", "%1$d", "%é", "%llld", "100%",
    ])
    func refused(_ format: String) {
        #expect(throws: DeckError.self) { try NumberFormat(format) }
    }

    @Test func messages() {
        #expect(throws: DeckError("format '%n' has %n, which is none of d i f e g s")) { try NumberFormat("%n") }
        #expect(throws: DeckError("format 'x' has no conversion such as %g")) { try NumberFormat("x") }
        #expect(throws: DeckError("format '%d %d' has more than one conversion")) { try NumberFormat("%d %d") }
    }
}

/// A small generator for reproducible tests.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
