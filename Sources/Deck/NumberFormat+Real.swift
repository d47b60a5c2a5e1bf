#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension NumberFormat {
    /// Appends sign, digits and padding of a real number as C's `printf` does.
    func appendReal(_ value: Double, letter: UInt8, precision: Int?, to bytes: inout [UInt8]) {
        let sign = value.sign == .minus ? UInt8(ascii: "-") : plus
        if !isAlternate, let text = DecimalDigits.text(value.magnitude, letter, precision ?? 6) {
            pad(text, sign: sign, to: &bytes)
            return
        }
        let digits = Self.digits(value.magnitude, letter, precision ?? 6, isAlternate)
        pad(digits, sign: sign, zeros: isZeroPadded && value.isFinite, to: &bytes)
    }

    func pad(_ text: DecimalText, sign: UInt8?, to bytes: inout [UInt8]) {
        let missing = width - text.count - (sign == nil ? 0 : 1)
        if missing > 0 && !isLeft && !isZeroPadded {
            for _ in 0..<missing { bytes.append(UInt8(ascii: " ")) }
        }
        if let sign { bytes.append(sign) }
        if missing > 0 && isZeroPadded {
            for _ in 0..<missing { bytes.append(UInt8(ascii: "0")) }
        }
        for i in 0..<text.count { bytes.append(text.bytes[i]) }
        if missing > 0 && isLeft {
            for _ in 0..<missing { bytes.append(UInt8(ascii: " ")) }
        }
    }

    /// The digits of a number that is not negative, from the C library.
    static func digits(_ value: Double, _ letter: UInt8, _ precision: Int, _ isAlternate: Bool) -> ArraySlice<UInt8> {
        // "%.*g", "%#.*g" ...: the format is ours, so nothing that a deck says reaches the C library.
        var format: [CChar] = [CChar(UInt8(ascii: "%"))]
        if isAlternate { format.append(CChar(UInt8(ascii: "#"))) }
        format += [CChar(UInt8(ascii: ".")), CChar(UInt8(ascii: "*")), CChar(letter), 0]
        // The longest: 309 digits, a point and 300 more.
        let capacity = 640
        let text = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            let written = buffer.withMemoryRebound(to: CChar.self) { characters in
                withVaList([CInt(precision), value]) { vsnprintf(characters.baseAddress, capacity, format, $0) }
            }
            count = min(max(0, Int(written)), capacity - 1)
        }
        return text[...]
    }
}
