/// Reads numbers as LAMMPS writes them: decimal digits, one point, an exponent; no hexadecimal, no `nan`, no `inf`.
enum NumberSyntax {
    /// The length of the number at the start of `bytes[start...]`, without sign; 0 if there is none.
    static func unsignedLength(_ bytes: [UInt8], from start: Int) -> Int {
        var i = start
        var digits = 0
        while i < bytes.count && isDigit(bytes[i]) {
            i += 1
            digits += 1
        }
        if i < bytes.count && bytes[i] == UInt8(ascii: ".") {
            i += 1
            while i < bytes.count && isDigit(bytes[i]) {
                i += 1
                digits += 1
            }
        }
        guard digits > 0 else { return 0 }
        if i < bytes.count && (bytes[i] | 0x20) == UInt8(ascii: "e") {
            var j = i + 1
            if j < bytes.count && (bytes[j] == UInt8(ascii: "+") || bytes[j] == UInt8(ascii: "-")) { j += 1 }
            if j < bytes.count && isDigit(bytes[j]) {
                while j < bytes.count && isDigit(bytes[j]) { j += 1 }
                i = j
            }
        }
        return i - start
    }

    /// The value of a text that is a number and nothing else; nil otherwise. Infinite where it is too large.
    static func double(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        var start = 0
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { start = 1 }
        let length = unsignedLength(bytes, from: start)
        guard length > 0 && start + length == bytes.count else { return nil }
        return Double(text)
    }

    static func isInteger(_ text: String) -> Bool {
        var digits = text.utf8[...]
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { digits.removeFirst() }
        return !digits.isEmpty && digits.allSatisfy(isDigit)
    }
}

func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
}

func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
}

/// True for what names of variables, computes, fixes ... are made of.
func isNameByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_")
}

func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(isNameByte)
}

extension String {
    func trimmingBlanks() -> String {
        var bytes = Array(utf8)[...]
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
