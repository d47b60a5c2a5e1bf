#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One `printf` conversion, checked once and then used often: `%g`, `%-8.3f`, `%20.16e`, `%d`, `%10s`.
///
/// Accepted: flags `-+ #0`, width, precision (each at most 300), the length modifiers `l` and `ll` (which mean nothing
/// here) and the conversions d i f F e E g G s. Text around the conversion is kept; `%%` in it is a percent sign.
/// Everything else is refused, `%n` and `*` included.
public struct NumberFormat: Sendable, Hashable {
    public enum Conversion: Sendable { case integer, real, string }

    /// The format as given.
    public let text: String
    public let conversion: Conversion
    /// The text before and after the conversion.
    public private(set) var prefix: [UInt8] = []
    public internal(set) var suffix: [UInt8] = []
    /// The letter of the conversion.
    let letter: UInt8
    private(set) var width = 0
    /// Digits asked for; nil means C's default, 6.
    private(set) var precision: Int?
    private(set) var isLeft = false
    private(set) var isZeroPadded = false
    /// What stands for a plus sign: nothing, a plus or a space.
    private(set) var plus: UInt8?
    private(set) var isAlternate = false

    /// - Throws: a `DeckError` without location that says what is wrong.
    public init(_ format: String) throws(DeckError) {
        var parser = FormatParser(format)
        self = try parser.conversion()
        let rest = try parser.literal()
        guard parser.isAtEnd else {
            throw DeckError("format '\(format)' has more than one conversion", at: nil)
        }
        suffix = rest
    }

    init(text: String, letter: UInt8, prefix: [UInt8], flags: [UInt8], width: Int, precision: Int?) {
        self.text = text
        self.letter = letter
        self.prefix = prefix
        self.width = width
        self.precision = precision
        isLeft = flags.contains(UInt8(ascii: "-"))
        isZeroPadded = flags.contains(UInt8(ascii: "0")) && !isLeft
        isAlternate = flags.contains(UInt8(ascii: "#"))
        if flags.contains(UInt8(ascii: "+")) {
            plus = UInt8(ascii: "+")
        } else if flags.contains(UInt8(ascii: " ")) {
            plus = UInt8(ascii: " ")
        }
        switch letter {
        case UInt8(ascii: "d"), UInt8(ascii: "i"): conversion = .integer
        case UInt8(ascii: "s"): conversion = .string
        default: conversion = .real
        }
    }

    /// The conversions of a format with several, such as `"%d %d %g %g"`: each with the text before it, the last one
    /// also with the text after it.
    public static func list(_ format: String) throws(DeckError) -> [NumberFormat] {
        var parser = FormatParser(format)
        var formats = [try parser.conversion()]
        while true {
            let between = try parser.literal()
            if parser.isAtEnd {
                formats[formats.count - 1].suffix = between
                return formats
            }
            formats.append(try parser.conversion(after: between))
        }
    }

    /// True if nothing surrounds the conversion.
    public var isBare: Bool { prefix.isEmpty && suffix.isEmpty }

    public func string(_ value: Double) -> String {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    public func string(_ value: Int) -> String {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    public func string(_ value: String) -> String {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends a number. With `%d` it is rounded to the nearest integer; with `%s` it is written as by `%g`.
    public func append(_ value: Double, to bytes: inout [UInt8]) {
        switch conversion {
        case .integer:
            if let whole = Int(exactly: value.rounded()) { return append(whole, to: &bytes) }
            // Not finite, or too large for an integer: better its digits than a wrong number.
            bytes.append(contentsOf: prefix)
            appendReal(value, letter: UInt8(ascii: "f"), precision: 0, to: &bytes)
            bytes.append(contentsOf: suffix)
        case .real:
            bytes.append(contentsOf: prefix)
            appendReal(value, letter: letter, precision: precision, to: &bytes)
            bytes.append(contentsOf: suffix)
        case .string:
            var digits: [UInt8] = []
            NumberFormat.general.append(value, to: &digits)
            append(String(decoding: digits, as: UTF8.self), to: &bytes)
        }
    }

    /// Appends an integer; with a conversion for real numbers it is written as one.
    public func append(_ value: Int, to bytes: inout [UInt8]) {
        if conversion == .real { return append(Double(value), to: &bytes) }
        if precision == nil && width <= 32 {
            bytes.append(contentsOf: prefix)
            pad(DecimalDigits.text(value.magnitude), sign: value < 0 ? UInt8(ascii: "-") : plus, to: &bytes)
            bytes.append(contentsOf: suffix)
            return
        }
        bytes.append(contentsOf: prefix)
        var digits: [UInt8] = []
        var rest = value.magnitude
        if rest == 0 && precision != 0 { digits.append(UInt8(ascii: "0")) }
        while rest > 0 {
            digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        if conversion == .integer, let precision {
            while digits.count < precision { digits.append(UInt8(ascii: "0")) }
        }
        digits.reverse()
        let sign = value < 0 ? UInt8(ascii: "-") : plus
        pad(digits[...], sign: sign, zeros: isZeroPadded && precision == nil, to: &bytes)
        bytes.append(contentsOf: suffix)
    }

    /// Appends text; a precision cuts it, as in C. Numbers formats write it as `%s` of the same width.
    public func append(_ value: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: prefix)
        let text = Array(value.utf8)
        let shown = conversion == .string ? text.prefix(precision ?? text.count) : text[...]
        pad(shown, sign: nil, zeros: false, to: &bytes)
        bytes.append(contentsOf: suffix)
    }

    /// `%.15g`, which `${name}` uses.
    static let substitution = NumberFormat(
        text: "%.15g", letter: UInt8(ascii: "g"), prefix: [], flags: [], width: 0, precision: 15)
    /// `%.20g`, which `$(expression)` uses.
    static let immediate = NumberFormat(
        text: "%.20g", letter: UInt8(ascii: "g"), prefix: [], flags: [], width: 0, precision: 20)
    static let general = NumberFormat(
        text: "%g", letter: UInt8(ascii: "g"), prefix: [], flags: [], width: 0, precision: nil)

    func pad(_ digits: ArraySlice<UInt8>, sign: UInt8?, zeros: Bool, to bytes: inout [UInt8]) {
        let missing = width - digits.count - (sign == nil ? 0 : 1)
        if missing > 0 && !isLeft && !zeros {
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: missing))
        }
        if let sign { bytes.append(sign) }
        if missing > 0 && zeros { bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: missing)) }
        bytes.append(contentsOf: digits)
        if missing > 0 && isLeft { bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: missing)) }
    }
}

/// `value` in a `printf` format with one conversion.
/// - Throws: a `DeckError` without location if the format is refused; see `NumberFormat`.
public func formatted(_ value: Double, _ printfFormat: String) throws(DeckError) -> String {
    try NumberFormat(printfFormat).string(value)
}
