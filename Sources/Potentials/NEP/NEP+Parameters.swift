import Domain

/// A neuroevolution potential as its file has it: GPUMD's nep.txt of versions 3 and 4.
///
///     nep4 2 Cu O                        style, number of species, their symbols
///     zbl 1.0 2.0 [factor]               only nep4_zbl: inner and outer cutoff; 0 0: parameters for each pair at the file's end
///     cutoff 8 4 106 23                  radial and angular (for all, or for each species), largest neighbour counts (not used here)
///     n_max 4 4                          highest index n of radial and angular descriptor functions
///     basis_size 12 12                   highest index k of Chebyshev functions, radial and angular
///     l_max 4 2 0                        highest l; 2: with the 4-body term of l = 2; 1: with the 5-body term of l = 1
///     ANN 30 0                           neurons
///     ...                                one number a line: weights, biases, expansion coefficients, scalers [, zbl]
///
/// Z. Fan et al., Phys. Rev. B 104, 104309 (2021); J. Chem. Phys. 157, 114801 (2022) (NEP3); K. Song et al., Nat. Commun. 15,
/// 10208 (2024) (NEP4). Units: eV, Angstrom.
public struct NEPParameters: Sendable {
    public enum Repulsion: Sendable {
        case none
        /// The universal function between cutoffs; with a factor the outer one is min(factor (R_i + R_j), outer) and the inner 0.
        case universal(inner: Double, outer: Double, factor: Double?)
        /// For each pair of species i <= j, row-wise: inner, outer, then four pairs (amplitude, decay).
        case flexible([Double])
    }

    public var version: Int
    public var elements: [String]
    public var atomicNumbers: [Int]
    public var repulsion: Repulsion
    /// Of each species; a pair's is the mean of its two. Angstrom.
    public var radialCutoff: [Double]
    public var angularCutoff: [Double]
    /// n = 0 ... radialCount - 1, k = 0 ... radialBasis - 1: one more than the file's numbers.
    public var radialCount: Int
    public var angularCount: Int
    public var radialBasis: Int
    public var angularBasis: Int
    public var lMax: Int
    public var hasFourBody: Bool
    public var hasFiveBody: Bool
    public var neurons: Int
    /// [species][neuron][descriptor], [species][neuron], [species][neuron]; one species in version 3.
    public var inputWeights: [Double]
    public var inputBiases: [Double]
    public var outputWeights: [Double]
    public var outputBias: Double
    /// c[n][k][i][j]: as in the file, radial then angular.
    public var radialCoefficients: [Double]
    public var angularCoefficients: [Double]
    /// A descriptor is multiplied by its scaler before it enters the network.
    public var scalers: [Double]

    public var speciesCount: Int { elements.count }
    /// How many angular invariants each n has.
    public var angularKinds: Int { lMax + (hasFourBody ? 1 : 0) + (hasFiveBody ? 1 : 0) }
    public var descriptorCount: Int { radialCount + angularCount * angularKinds }
    public var count: Int {
        inputWeights.count + inputBiases.count + outputWeights.count + 1 + radialCoefficients.count + angularCoefficients.count
    }

    /// - Throws: `ParameterFileError` with the line.
    public init(_ name: String, _ bytes: [UInt8]) throws {
        var file = ParameterFile(name, bytes)

        // MARK: style and species
        let header = try file.line("the model's style, as in 'nep4 2 Cu O'")
        let hasRepulsion: Bool
        switch header[0].text {
        case "nep3": (version, hasRepulsion) = (3, false)
        case "nep4": (version, hasRepulsion) = (4, false)
        case "nep3_zbl": (version, hasRepulsion) = (3, true)
        case "nep4_zbl": (version, hasRepulsion) = (4, true)
        case let other where other.hasPrefix("nep"):
            throw file.error(
                "'\(other)' is not supported: only the potentials nep3, nep4, nep3_zbl and nep4_zbl are (no charge, dipole, "
                    + "polarizability or temperature models)", at: header[0])
        case let other: throw file.error("expected a style such as nep4, found '\(other)': not a NEP model?", at: header[0])
        }
        guard header.count >= 3 else { throw file.error("expected the number of species and their symbols", at: header[0]) }
        let species = try file.int(header[1], "the number of species")
        guard species == header.count - 2 else {
            throw file.error("\(header.count - 2) symbols follow where \(species) are announced", at: header[1])
        }
        elements = header[2...].map(\.text)
        atomicNumbers = []
        for (index, symbol) in header[2...].enumerated() {
            guard let number = Elements.number(of: symbol.text) else {
                throw file.error("'\(symbol.text)' is not a chemical element", at: symbol)
            }
            guard !elements[..<index].contains(symbol.text) else { throw file.error("'\(symbol.text)' appears twice", at: symbol) }
            atomicNumbers.append(number)
        }

        // MARK: keywords, in this order
        func keyword(_ word: String, _ counts: ClosedRange<Int>, _ meaning: String) throws -> [ParameterFile.Token] {
            let words = try file.line("'\(word) \(meaning)'")
            guard words[0].text == word else { throw file.error("expected '\(word) \(meaning)', found '\(words[0].text)'", at: words[0]) }
            guard counts.contains(words.count - 1) else {
                throw file.error("expected '\(word) \(meaning)', found \(words.count - 1) values", at: words[0])
            }
            return words
        }
        func size(_ token: ParameterFile.Token, _ what: String, _ range: ClosedRange<Int>) throws -> Int {
            let value = try file.int(token, what)
            guard range.contains(value) else {
                throw file.error("\(what) must be \(range.lowerBound) to \(range.upperBound), not \(value)", at: token)
            }
            return value
        }
        func length(_ token: ParameterFile.Token, _ what: String) throws -> Double {
            let value = try file.double(token, what)
            guard value > 0, value <= 100 else { throw file.error("\(what) must be above 0 and at most 100 A, not \(value)", at: token) }
            return value
        }

        var isFlexible = false
        if hasRepulsion {
            let words = try keyword("zbl", 2...3, "INNER OUTER [FACTOR]")
            let inner = try file.double(words[1], "the inner cutoff"), outer = try file.double(words[2], "the outer cutoff")
            isFlexible = inner == 0 && outer == 0
            guard isFlexible || (inner >= 0 && outer > inner) else {
                throw file.error("the outer cutoff must be larger than the inner one, which must not be negative", at: words[1])
            }
            repulsion = .universal(inner: inner, outer: outer, factor: words.count > 3 ? try file.double(words[3], "the factor") : nil)
        } else {
            repulsion = .none
        }

        let cutoffs = try keyword("cutoff", 4...max(4, 2 * species + 2), "RADIAL ANGULAR (once or for each species) COUNT COUNT")
        radialCutoff = []
        angularCutoff = []
        switch cutoffs.count - 1 {
        case 4:
            radialCutoff = try Array(repeating: length(cutoffs[1], "the radial cutoff"), count: species)
            angularCutoff = try Array(repeating: length(cutoffs[2], "the angular cutoff"), count: species)
        case 2 * species + 2:
            for i in 0..<species {
                radialCutoff.append(try length(cutoffs[1 + 2 * i], "the radial cutoff of \(elements[i])"))
                angularCutoff.append(try length(cutoffs[2 + 2 * i], "the angular cutoff of \(elements[i])"))
            }
        default:
            throw file.error("expected 4 or \(2 * species + 2) values, found \(cutoffs.count - 1)", at: cutoffs[0])
        }

        let n = try keyword("n_max", 2...2, "RADIAL ANGULAR")
        radialCount = try size(n[1], "the radial n_max", 0...60) + 1
        angularCount = try size(n[2], "the angular n_max", 0...60) + 1
        let basis = try keyword("basis_size", 2...2, "RADIAL ANGULAR")
        radialBasis = try size(basis[1], "the radial basis_size", 0...60) + 1
        angularBasis = try size(basis[2], "the angular basis_size", 0...60) + 1

        let l = try keyword("l_max", 3...7, "3BODY 4BODY 5BODY")
        lMax = try size(l[1], "the 3-body l_max", 0...4)
        // 4-body: 0 or 2 (the l whose cubic invariant it is), in newer files 0 or 1.
        let fourBody = try size(l[2], "the 4-body l_max", 0...2), fiveBody = try size(l[3], "the 5-body l_max", 0...1)
        for extra in l.dropFirst(4) where try file.int(extra, "0 or 1") != 0 {
            throw file.error("4-body terms beyond l = 2 (112, 123, 233, 134) are not supported", at: extra)
        }
        hasFourBody = fourBody != 0
        hasFiveBody = fiveBody != 0
        if hasFourBody && lMax < 2 { throw file.error("the 4-body term needs l_max of at least 2", at: l[2]) }
        if hasFiveBody && lMax < 1 { throw file.error("the 5-body term needs l_max of at least 1", at: l[3]) }
        let ann = try keyword("ANN", 2...2, "NEURONS 0")
        neurons = try size(ann[1], "the number of neurons", 1...1000)
        guard try file.int(ann[2], "0 (one hidden layer)") == 0 else { throw file.error("expected 0 (one hidden layer)", at: ann[2]) }

        // MARK: numbers, one a line
        let dimension = radialCount + angularCount * (lMax + (hasFourBody ? 1 : 0) + (hasFiveBody ? 1 : 0))
        func numbers(_ count: Int, _ what: String) throws -> [Double] {
            var values: [Double] = []
            values.reserveCapacity(count)
            for i in 0..<count { values.append(try file.double("\(what), number \(i + 1) of \(count)")) }
            return values
        }
        inputWeights = []
        inputBiases = []
        outputWeights = []
        for i in 0..<(version == 3 ? 1 : species) {
            let of = version == 3 ? "" : " of \(elements[i])"
            inputWeights += try numbers(neurons * dimension, "a first-layer weight\(of)")
            inputBiases += try numbers(neurons, "a first-layer bias\(of)")
            outputWeights += try numbers(neurons, "an output weight\(of)")
        }
        outputBias = try numbers(1, "the output bias")[0]
        radialCoefficients = try numbers(radialCount * radialBasis * species * species, "a radial expansion coefficient")
        angularCoefficients = try numbers(angularCount * angularBasis * species * species, "an angular expansion coefficient")
        scalers = try numbers(dimension, "a descriptor scaler")
        if isFlexible { repulsion = .flexible(try numbers(5 * species * (species + 1), "a zbl parameter")) }
        try file.end("the end of the file (the header announces no more numbers)")
    }
}
