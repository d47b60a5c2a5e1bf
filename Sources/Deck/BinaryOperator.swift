#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The operators of formulas and conditions that stand between two values.
enum BinaryOperator: Sendable {
    case or, xor, and, equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case add, subtract, multiply, divide, modulo, power

    /// The higher, the tighter. Unary operators bind tighter than all of these, also than `^`: -2^2 is 4.
    var precedence: Int {
        switch self {
        case .or, .xor: 1
        case .and: 2
        case .equal, .notEqual: 3
        case .less, .lessOrEqual, .greater, .greaterOrEqual: 4
        case .add, .subtract: 5
        case .multiply, .divide, .modulo: 6
        case .power: 7
        }
    }
}

extension BinaryOperator {
    /// The operator at `bytes[i]` and its length; nil if there is none.
    static func read(_ bytes: [UInt8], at i: Int) -> (BinaryOperator, Int)? {
        let next = i + 1 < bytes.count ? bytes[i + 1] : 0
        switch (bytes[i], next) {
        case (UInt8(ascii: "|"), UInt8(ascii: "|")): return (.or, 2)
        case (UInt8(ascii: "|"), UInt8(ascii: "^")): return (.xor, 2)
        case (UInt8(ascii: "&"), UInt8(ascii: "&")): return (.and, 2)
        case (UInt8(ascii: "="), UInt8(ascii: "=")): return (.equal, 2)
        case (UInt8(ascii: "!"), UInt8(ascii: "=")): return (.notEqual, 2)
        case (UInt8(ascii: "<"), UInt8(ascii: "=")): return (.lessOrEqual, 2)
        case (UInt8(ascii: ">"), UInt8(ascii: "=")): return (.greaterOrEqual, 2)
        case (UInt8(ascii: "<"), _): return (.less, 1)
        case (UInt8(ascii: ">"), _): return (.greater, 1)
        case (UInt8(ascii: "+"), _): return (.add, 1)
        case (UInt8(ascii: "-"), _): return (.subtract, 1)
        case (UInt8(ascii: "*"), _): return (.multiply, 1)
        case (UInt8(ascii: "/"), _): return (.divide, 1)
        case (UInt8(ascii: "%"), _): return (.modulo, 1)
        case (UInt8(ascii: "^"), _): return (.power, 1)
        default: return nil
        }
    }
}

extension BinaryOperator {
    /// - Throws: a `DeckError` without location for a division by zero or a power that is no real number.
    func callAsFunction(_ a: Double, _ b: Double) throws(DeckError) -> Double {
        switch self {
        case .add: return a + b
        case .subtract: return a - b
        case .multiply: return a * b
        case .divide:
            if b == 0 { throw DeckError("division by zero", at: nil) }
            return a / b
        case .modulo:
            if b == 0 { throw DeckError("remainder of a division by zero", at: nil) }
            return fmod(a, b)
        case .power:
            if b == 0 { return 1 }
            let value = pow(a, b)
            if a == 0 && b < 0 || value.isNaN && !a.isNaN && !b.isNaN {
                throw DeckError("\(a) to the power of \(b) is not a real number", at: nil)
            }
            return value
        case .equal: return a == b ? 1 : 0
        case .notEqual: return a != b ? 1 : 0
        case .less: return a < b ? 1 : 0
        case .lessOrEqual: return a <= b ? 1 : 0
        case .greater: return a > b ? 1 : 0
        case .greaterOrEqual: return a >= b ? 1 : 0
        case .and: return a != 0 && b != 0 ? 1 : 0
        case .or: return a != 0 || b != 0 ? 1 : 0
        case .xor: return (a != 0) != (b != 0) ? 1 : 0
        }
    }
}
