import Domain

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One section of a file of `pair_style table`: samples of energy and force.
///
///     KEYWORD
///     N 500 R 1.0 10.0 FPRIME -5.0 0.1      N, then R|RSQ LO HI and FPRIME as wanted
///
///     1 1.0 25.5 102.34                     index, distance, energy, force
///
/// With R or RSQ the distances follow from LO and HI, equally spaced in r or r^2, and those of the file are not used. `#` begins a comment.
struct SampledPairFile {
    enum Spacing { case free, linear, square }

    var spacing = Spacing.free
    var distance: [Double] = []
    var energy: [Double] = []
    var force: [Double] = []
    /// dF/dr at both ends, if the file says it.
    var endSlopes: (Double, Double)?
    /// What is odd in it.
    private(set) var remarks: [String] = []

    init(_ name: String, _ bytes: [UInt8], section keyword: String, energyFactor: Double) throws {
        var file = ParameterFile(name, bytes, comment: "#")
        var found: [String] = []
        while true {
            guard let head = file.nextLine() else {
                let known = found.isEmpty ? "none" : found.prefix(20).joined(separator: ", ")
                throw ParameterFileError(file: name, line: 0, column: 0, message: "there is no section '\(keyword)' (sections: \(known))")
            }
            let parameters = try file.line("N and its number")
            let (count, lo, hi) = try read(parameters, file)
            if head[0].text == keyword {
                try readSamples(&file, count, lo, hi, energyFactor)
                break
            }
            found.append(head[0].text)
            for k in 0..<count { _ = try file.line("line \(k + 1) of \(count) of section \(head[0].text)") }
        }
        try check(keyword)
    }

    private mutating func read(_ words: [ParameterFile.Token], _ file: ParameterFile) throws -> (count: Int, lo: Double, hi: Double) {
        var count: Int?, lo = 0.0, hi = 0.0, at = 0
        (spacing, endSlopes) = (.free, nil)
        func next(_ what: String) throws -> ParameterFile.Token {
            at += 1
            guard at < words.count else { throw file.error("expected \(what) behind '\(words[at - 1].text)'", at: words[at - 1]) }
            return words[at]
        }
        while at < words.count {
            let word = words[at]
            switch word.text {
            case "N":
                let token = try next("the number of samples"), number = try file.int(token, "the number of samples")
                guard (2...10_000_000).contains(number) else { throw file.error("a table needs at least 2 samples", at: token) }
                count = number
            case "R", "RSQ":
                spacing = word.text == "R" ? .linear : .square
                lo = try file.double(next("the first distance"), "the first distance")
                hi = try file.double(next("the last distance"), "the last distance")
                guard lo < hi else { throw file.error("the first distance must be smaller than the last one", at: word) }
            case "FPRIME":
                endSlopes = (
                    try file.double(next("dF/dr at the first distance"), "dF/dr at the first distance"),
                    try file.double(next("dF/dr at the last distance"), "dF/dr at the last distance")
                )
            case "BITMAP": throw file.error("bitmapped tables are not there: use R, RSQ or neither", at: word)
            default: throw file.error("expected N, R, RSQ or FPRIME, found '\(word.text)'", at: word)
            }
            at += 1
        }
        guard let count else { throw file.error("the number of samples, N, is missing", at: words[0]) }
        return (count, lo, hi)
    }

    private mutating func readSamples(_ file: inout ParameterFile, _ count: Int, _ lo: Double, _ hi: Double, _ factor: Double) throws {
        var odd = 0
        for k in 0..<count {
            let words = try file.line("sample \(k + 1) of \(count)")
            guard words.count >= 4 else { throw file.error("expected an index, a distance, an energy and a force", at: words[0]) }
            _ = try file.int(words[0], "an index")
            let own = try file.double(words[1], "a distance"), part = Double(k), last = Double(count - 1)
            let r: Double =
                switch spacing {
                case .free: own
                case .linear: lo + (hi - lo) * part / last
                case .square: (lo * lo + (hi * hi - lo * lo) * part / last).squareRoot()
                }
            if spacing != .free, (r - own).magnitude > 1e-6 * own.magnitude { odd += 1 }
            if let before = distance.last, !(r > before) { throw file.error("distances must increase", at: words[1]) }
            distance.append(r)
            energy.append(factor * (try file.double(words[2], "an energy")))
            force.append(factor * (try file.double(words[3], "a force")))
        }
        if let slopes = endSlopes { endSlopes = (factor * slopes.0, factor * slopes.1) }
        if odd > 0 { remarks.append("\(odd) of \(count) distances differ from those that R or RSQ gives, which are used") }
    }

    /// Forces that lie outside the slopes on both sides are not those of the energy, points of inflection apart.
    private mutating func check(_ keyword: String) throws {
        var odd = 0
        for k in 1..<max(1, distance.count - 1) {
            let left = -(energy[k] - energy[k - 1]) / (distance[k] - distance[k - 1])
            let right = -(energy[k + 1] - energy[k]) / (distance[k + 1] - distance[k])
            if force[k] < min(left, right) || force[k] > max(left, right) { odd += 1 }
        }
        if odd > 0 {
            remarks.append(
                "\(odd) of \(distance.count) force values of table \(keyword) are inconsistent with -dE/dr (at points of inflection they may)"
            )
        }
    }
}

/// The cubic spline through samples with given slopes at both ends (W. H. Press et al., Numerical Recipes, section 3.3), by second
/// derivatives.
struct ClampedSpline {
    let x: [Double]
    let y: [Double]
    private(set) var curvature: [Double]

    init(_ x: [Double], _ y: [Double], slopes: (Double, Double)) {
        (self.x, self.y) = (x, y)
        let n = x.count
        // Thomas' algorithm: the system is tridiagonal and diagonally dominant.
        var upper = [Double](repeating: 0, count: n), right = upper
        func rise(_ k: Int) -> Double { (y[k + 1] - y[k]) / (x[k + 1] - x[k]) }
        upper[0] = 0.5
        right[0] = 3 / (x[1] - x[0]) * (rise(0) - slopes.0)
        for k in 1..<max(1, n - 1) {
            let part = (x[k] - x[k - 1]) / (x[k + 1] - x[k - 1]), pivot = 2 - part * upper[k - 1]
            upper[k] = (1 - part) / pivot
            right[k] = (6 * (rise(k) - rise(k - 1)) / (x[k + 1] - x[k - 1]) - part * right[k - 1]) / pivot
        }
        let last = 3 / (x[n - 1] - x[n - 2]) * (slopes.1 - rise(n - 2))
        curvature = right
        curvature[n - 1] = (last - 0.5 * right[n - 2]) / (1 - 0.5 * upper[n - 2])
        for k in stride(from: n - 2, through: 0, by: -1) { curvature[k] = right[k] - upper[k] * curvature[k + 1] }
    }

    func value(_ at: Double) -> Double {
        var lo = 0, hi = x.count - 1
        while hi - lo > 1 {
            let middle = (lo + hi) / 2
            if x[middle] > at { hi = middle } else { lo = middle }
        }
        let h = x[hi] - x[lo], a = (x[hi] - at) / h, b = (at - x[lo]) / h
        return a * y[lo] + b * y[hi] + ((a * a * a - a) * curvature[lo] + (b * b * b - b) * curvature[hi]) * (h * h) / 6
    }
}
