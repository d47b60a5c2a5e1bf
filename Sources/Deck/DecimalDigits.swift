/// The characters of a number: a short text without heap memory.
struct DecimalText {
    private(set) var bytes = InlineArray<64, UInt8>(repeating: 0)
    private(set) var count = 0

    mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    mutating func append(zeros: Int) {
        for _ in 0..<zeros { append(UInt8(ascii: "0")) }
    }

    /// Appends the `count` lowest decimal digits of a number.
    mutating func append(digits number: UInt64, count digits: Int) {
        var rest = number
        var position = count + digits
        count = position
        while position > count - digits {
            position -= 1
            let next = rest / 10
            bytes[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest - next * 10)
            rest = next
        }
    }

    /// Removes zeros at the end, and then a point at the end.
    mutating func dropTrailingZeros() {
        while count > 0 && bytes[count - 1] == UInt8(ascii: "0") { count -= 1 }
        if count > 0 && bytes[count - 1] == UInt8(ascii: ".") { count -= 1 }
    }
}

/// Exact decimal digits of numbers that are neither very large nor very small, in 128-bit integers.
///
/// The C library does the same for all numbers, with arithmetic of any length and some 300 ns a number. Here a number
/// m 2^e is scaled by a power of ten so that what is asked for is an integer; as long as the product has 128 bits or
/// fewer, quotient and remainder are exact, and so is the rounding (to nearest, halves to even, as C rounds).
enum DecimalDigits {
    private static let powers: [UInt64] = {
        var power: UInt64 = 1
        return (0..<20).map { i in
            defer { if i < 19 { power *= 10 } }
            return power
        }
    }()

    private static let widePowers: [UInt128] = {
        var power: UInt128 = 1
        return (0..<28).map { _ in
            defer { power *= 10 }
            return power
        }
    }()

    /// `%u`.
    static func text(_ value: UInt) -> DecimalText {
        var text = DecimalText()
        text.append(digits: UInt64(value), count: max(1, digitCount(UInt64(value))))
        return text
    }

    /// `%.{precision}f`, `e` or `g` of a number that is not negative; nil if it is out of reach of this method.
    static func text(_ value: Double, _ letter: UInt8, _ precision: Int) -> DecimalText? {
        switch letter {
        case UInt8(ascii: "f"): fixed(value, precision)
        case UInt8(ascii: "e"): scientific(value, precision)
        case UInt8(ascii: "g"): general(value, max(1, precision))
        default: nil
        }
    }

    private static func fixed(_ value: Double, _ precision: Int) -> DecimalText? {
        guard precision <= 22, let number = rounded(value, by: precision) else { return nil }
        return fixed(number, decimals: precision)
    }

    /// A number of units of 10^-decimals.
    private static func fixed(_ number: UInt64, decimals: Int) -> DecimalText {
        var text = DecimalText()
        let count = digitCount(number)
        if count > decimals {
            let unit = decimals < 20 ? powers[decimals] : 0
            let whole = decimals == 0 ? number : number / unit
            text.append(digits: whole, count: count - decimals)
            if decimals > 0 {
                text.append(UInt8(ascii: "."))
                text.append(digits: number - whole * unit, count: decimals)
            }
        } else {
            text.append(UInt8(ascii: "0"))
            if decimals > 0 {
                text.append(UInt8(ascii: "."))
                text.append(zeros: decimals - count)
                text.append(digits: number, count: count)
            }
        }
        return text
    }

    private static func scientific(_ value: Double, _ precision: Int) -> DecimalText? {
        guard let (digits, exponent) = significant(value, precision + 1) else { return nil }
        return scientific(digits, exponent, precision)
    }

    private static func scientific(_ digits: UInt64, _ exponent: Int, _ precision: Int) -> DecimalText {
        var text = DecimalText()
        let unit = powers[precision]
        text.append(digits: digits / unit, count: 1)
        if precision > 0 {
            text.append(UInt8(ascii: "."))
            text.append(digits: digits % unit, count: precision)
        }
        return appendingExponent(exponent, to: text)
    }

    private static func appendingExponent(_ exponent: Int, to start: DecimalText) -> DecimalText {
        var text = start
        text.append(UInt8(ascii: "e"))
        text.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        text.append(digits: UInt64(exponent.magnitude), count: exponent.magnitude < 100 ? 2 : 3)
        return text
    }

    private static func general(_ value: Double, _ precision: Int) -> DecimalText? {
        guard let (digits, exponent) = significant(value, precision) else { return nil }
        if exponent < -4 || exponent >= precision {
            // As `scientific`, but the zeros go before the exponent comes.
            var text = DecimalText()
            let unit = powers[precision - 1]
            text.append(digits: digits / unit, count: 1)
            text.append(UInt8(ascii: "."))
            text.append(digits: digits % unit, count: precision - 1)
            text.dropTrailingZeros()
            return appendingExponent(exponent, to: text)
        }
        let decimals = precision - 1 - exponent
        var text = fixed(digits, decimals: decimals)
        if decimals > 0 { text.dropTrailingZeros() }
        return text
    }

    /// The first `count` digits of a number, rounded, and the power of ten of the first one.
    private static func significant(_ value: Double, _ count: Int) -> (digits: UInt64, exponent: Int)? {
        guard count <= 18 else { return nil }
        if value == 0 { return (0, 0) }
        guard value.isNormal else { return nil }
        // log10(2) as a fraction, rounded down: at most one below the exponent sought, never above it.
        var exponent = (Int(value.exponent) * 78913) >> 18
        let bound = powers[count]
        guard var number = rounded(value, by: count - 1 - exponent) else { return nil }
        if number >= bound {
            exponent += 1
            guard let again = rounded(value, by: count - 1 - exponent) else { return nil }
            number = again
            // 9.99 rounds up to a digit more.
            if number >= bound {
                number /= 10
                exponent += 1
            }
        }
        return number >= powers[count - 1] ? (number, exponent) : nil
    }

    private static func digitCount(_ number: UInt64) -> Int {
        let estimate = ((64 - number.leadingZeroBitCount) * 1233) >> 12
        return estimate < 20 && number >= powers[estimate] ? estimate + 1 : estimate
    }

    /// value * 10^power, rounded to an integer; nil if that does not fit.
    private static func rounded(_ value: Double, by power: Int) -> UInt64? {
        guard value.isFinite, -27...22 ~= power else { return nil }
        if value == 0 { return 0 }
        guard value.isNormal else { return nil }
        let mantissa = value.significandBitPattern | (1 << 52)
        let exponent = Int(value.exponent) - 52
        if power >= 0 {
            let product = UInt128(mantissa) * widePowers[power]
            if exponent >= 0 {
                guard product.leadingZeroBitCount > exponent else { return nil }
                return UInt64(exactly: product << UInt128(exponent))
            }
            let shift = -exponent
            // The product has at most 127 bits, so it is below the half of 2^128.
            if shift >= 128 { return 0 }
            guard let quotient = UInt64(exactly: product &>> UInt128(shift)) else { return nil }
            let remainder = product & ((1 &<< UInt128(shift)) &- 1)
            return nearest(quotient, remainder, half: 1 &<< UInt128(shift - 1))
        }
        var dividend = UInt128(mantissa)
        var divisor = widePowers[-power]
        if exponent >= 0 {
            guard dividend.leadingZeroBitCount > exponent else { return nil }
            dividend <<= UInt128(exponent)
        } else {
            guard divisor.leadingZeroBitCount > -exponent + 1 else { return nil }
            divisor <<= UInt128(-exponent)
        }
        let (wide, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        guard let quotient = UInt64(exactly: wide) else { return nil }
        // A power of ten is even, so half of it is exact.
        return nearest(quotient, remainder, half: divisor >> 1)
    }

    private static func nearest(_ quotient: UInt64, _ remainder: UInt128, half: UInt128) -> UInt64? {
        let goesUp = remainder > half || remainder == half && quotient & 1 == 1
        guard goesUp else { return quotient }
        let (next, isTooLarge) = quotient.addingReportingOverflow(1)
        return isTooLarge ? nil : next
    }
}
