#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What `stride` gives when no step is left: later than every step.
private let never = Double(Int.max - 1023)

extension MathFunction {
    /// The functions of formulas that depend on the step of the run.
    /// - Throws: a `DeckError` without location if the arguments do not fit the function.
    func scheduled(_ a: ArraySlice<Double>, _ clock: RunClock) throws(DeckError) -> Double {
        let a = Array(a)
        let elapsed = Double(clock.step - clock.firstStep)
        switch self {
        case .ramp:
            guard clock.isRunning && clock.lastStep > clock.firstStep else { return a[0] }
            return a[0] + (a[1] - a[0]) * (elapsed / Double(clock.lastStep - clock.firstStep))
        case .vdisplace:
            return a[0] + a[1] * elapsed * clock.timestep
        case .swiggle, .cwiggle:
            if a[2] <= 0 { throw DeckError("\(rawValue)() needs a positive period", at: nil) }
            let phase = 2 * Double.pi / a[2] * elapsed * clock.timestep
            return a[0] + a[1] * (self == .swiggle ? sine(phase) : 1 - cosine(phase))
        default:
            let steps = try a.map { value throws(DeckError) -> Int in
                guard value.magnitude < 1e18, let step = Int(exactly: value.rounded(.towardZero)) else {
                    throw DeckError("\(rawValue)() needs whole numbers, not \(value)", at: nil)
                }
                return step
            }
            return try next(steps, after: clock.step)
        }
    }

    private func next(_ a: [Int], after step: Int) throws(DeckError) -> Double {
        switch self {
        case .stagger:
            try require(a[0] > 0 && a[1] > 0 && a[0] > a[1], "x > y > 0")
            let lower = step / a[0] * a[0]
            return Double(step - lower < a[1] ? lower + a[1] : lower + a[0])
        case .logfreq:
            try require(a[0] > 0 && a[1] > 0 && a[2] > 0 && a[1] < a[2], "x, y, z > 0 and y < z")
            guard step >= a[0] else { return Double(a[0]) }
            let lower = Self.decade(from: a[0], base: a[2], step)
            let multiple = step / lower
            return multiple < a[1] ? Double((multiple + 1) * lower) : Double(lower) * Double(a[2])
        case .logfreq2:
            try require(a[0] > 0 && a[1] > 0 && a[2] > 1, "x, y > 0 and z > 1")
            try require(a[1] <= 1_000_000, "y at most a million")
            // Summed up, not multiplied: LAMMPS rounds up sums, and some of them are a little above a whole number.
            var value = Double(a[0])
            var spacing = value * (Double(a[2]) - 1) / Double(a[1])
            var count = 0
            while value <= Double(step) {
                value += spacing
                count += 1
                if count % a[1] == 0 { spacing *= Double(a[2]) }
            }
            return value.rounded(.up)
        case .logfreq3:
            try require(
                a[0] > 0 && a[1] > 1 && a[2] > 0 && a[2] - a[0] >= a[1] - 1, "x, z > 0, y > 1 and z - x >= y - 1")
            guard step >= a[0] else { return Double(a[0]) }
            guard step <= a[2] else { throw DeckError("logfreq3() has no step after \(a[2])", at: nil) }
            let ratio = pow(Double(a[2]) / Double(a[0]), 1 / Double(a[1] - 1))
            var value = Double(a[0])
            var rounded = value
            while rounded <= Double(step) {
                value *= ratio
                rounded = value.rounded(.up)
            }
            return rounded
        case .stride:
            try require(a[0] >= 0 && a[1] >= 0 && a[2] > 0 && a[0] <= a[1], "0 <= x <= y and z > 0")
            return Self.stride(a[0], a[1], a[2], step)
        case .stride2:
            try require(
                a[0] >= 0 && a[2] > 0 && a[0] <= a[1] && a[5] > 0 && a[3] < a[4] && a[3] >= a[0] && a[4] <= a[1],
                "0 <= x <= a < b <= y and z, c > 0")
            // The fine stride replaces the coarse one from a to b.
            if step < a[0] { return Double(a[0]) }
            if step < a[3] { return min(Self.stride(a[0], a[1], a[2], step), Double(a[3])) }
            if step < a[4] {
                let fine = Self.stride(a[3], a[4], a[5], step)
                if fine < never { return fine }
            }
            return Self.stride(a[0], a[1], a[2], step)
        default:
            throw DeckError("\(rawValue)() is no function of the step", at: nil)
        }
    }

    /// The largest x * base^n that is not above `step`.
    private static func decade(from x: Int, base: Int, _ step: Int) -> Int {
        var lower = x
        while step / base >= lower { lower *= base }
        return lower
    }

    private static func stride(_ first: Int, _ last: Int, _ every: Int, _ step: Int) -> Double {
        if step < first { return Double(first) }
        let (next, isTooLate) = ((step - first) / every * every + first).addingReportingOverflow(every)
        return !isTooLate && next <= last ? Double(next) : never
    }

    private func require(_ condition: Bool, _ rule: String) throws(DeckError) {
        if !condition { throw DeckError("\(rawValue)() needs \(rule)", at: nil) }
    }
}

private func sine(_ x: Double) -> Double { sin(x) }
private func cosine(_ x: Double) -> Double { cos(x) }
