#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The lagged-Fibonacci generator RANMAR of Marsaglia, Zaman and Tsang (F. James, Comput. Phys. Commun. 60 (1990) 329).
///
/// `random()` and `normal()` in formulas draw from one such stream, so that decks get the numbers that LAMMPS gives.
public struct MarsagliaStream: Sendable {
    private var table: [Double]
    private var i = 96
    private var j = 32
    private var c = 362436.0 / 16_777_216
    private let cd = 7_654_321.0 / 16_777_216
    private let cm = 16_777_213.0 / 16_777_216
    /// Gaussian numbers come in pairs; the second waits here.
    private var spare: Double?

    public static let seeds = 1...900_000_000

    /// - Parameter seed: in `seeds`.
    public init(seed: Int) {
        let ij = (seed - 1) / 30082
        let kl = (seed - 1) - 30082 * ij
        var a = (ij / 177) % 177 + 2
        var b = ij % 177 + 2
        var e = (kl / 169) % 178 + 1
        var f = kl % 169
        table = (0..<97).map { _ in
            var sum = 0.0
            var bit = 0.5
            for _ in 0..<24 {
                let product = ((a * b) % 179) * e % 179
                (a, b, e) = (b, e, product)
                f = (53 * f + 1) % 169
                if (f * product) % 64 >= 32 { sum += bit }
                bit *= 0.5
            }
            return sum
        }
        // LAMMPS throws the first number away.
        _ = uniform()
    }

    /// The next number in [0, 1).
    public mutating func uniform() -> Double {
        var value = table[i] - table[j]
        if value < 0 { value += 1 }
        table[i] = value
        i = i == 0 ? 96 : i - 1
        j = j == 0 ? 96 : j - 1
        c -= cd
        if c < 0 { c += cm }
        value -= c
        if value < 0 { value += 1 }
        return value
    }

    /// The next number of the normal distribution with mean 0 and variance 1, by the polar method.
    public mutating func gaussian() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        while true {
            let x = 2 * uniform() - 1
            let y = 2 * uniform() - 1
            let square = x * x + y * y
            if square < 1 && square > 0 {
                let factor = (-2 * log(square) / square).squareRoot()
                spare = x * factor
                return y * factor
            }
        }
    }
}
