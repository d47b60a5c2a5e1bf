import Deck

/// A SNAP model: descriptor and coefficients, species in the order in which the deck or the descriptor file names them.
public struct SNAPParameters: Sendable {
    public var elements: [String]
    public var descriptor: SNAPDescriptor
    public var isQuadratic: Bool
    /// [species]: c_0, c_k for every component, and in a quadratic model alpha_kl, k <= l, row by row. e = c_0 + c B + B alpha B / 2.
    public var coefficients: [[Double]]

    public init(elements: [String], descriptor: SNAPDescriptor, isQuadratic: Bool, coefficients: [[Double]]) {
        (self.elements, self.descriptor, self.isQuadratic, self.coefficients) = (elements, descriptor, isQuadratic, coefficients)
    }

    /// Coefficients of one species.
    public static func coefficientCount(_ descriptor: SNAPDescriptor, isQuadratic: Bool) -> Int {
        let n = descriptor.count
        return 1 + n + (isQuadratic ? n * (n + 1) / 2 : 0)
    }
}

/// Coefficients as a .snapcoeff file has them:
///
///     2 56                  species, coefficients of each
///     W 0.5 1               symbol, radius, weight
///     ...                   one coefficient a line
///     Be 0.417932 0.959049
///     ...
struct SNAPCoefficientFile {
    var elements: [String] = []
    var radii: [Double] = []
    var weights: [Double] = []
    var coefficients: [[Double]] = []
    /// Coefficients of each species, and where the file says so.
    var count: Int
    private let file: ParameterFile
    private let header: ParameterFile.Token

    /// - Parameter isModel: ML-IAP's form, which has the numbers alone, without lines for species.
    /// - Throws: `ParameterFileError` with the line.
    init(_ name: String, _ bytes: [UInt8], isModel: Bool = false) throws {
        var file = ParameterFile(name, bytes, comment: "#")
        let words = try file.line("the number of species and of coefficients of each")
        guard words.count == 2 else {
            throw file.error("expected the number of species and of coefficients of each, found \(words.count) words", at: words[0])
        }
        let species = try file.int(words[0].unquoted, "the number of species")
        count = try file.int(words[1].unquoted, "the number of coefficients of each species")
        guard species > 0, species <= 1000 else { throw file.error("the number of species must be positive, not \(species)", at: words[0]) }
        guard count > 0, count <= 10_000_000 else {
            throw file.error("the number of coefficients must be positive, not \(count)", at: words[1])
        }
        header = words[1]
        for a in 0..<species {
            if !isModel {
                let line = try file.line("symbol, radius and weight of species \(a + 1)")
                guard line.count == 3 else {
                    throw file.error(
                        "expected symbol, radius and weight of species \(a + 1) of \(species), found \(line.count) words: "
                            + "the species before has not \(count) coefficients?", at: line[0])
                }
                let symbol = line[0].unquoted.text
                guard !elements.contains(symbol) else { throw file.error("'\(symbol)' appears twice", at: line[0]) }
                elements.append(symbol)
                let radius = try file.double(line[1].unquoted, "the radius of \(symbol)")
                guard radius > 0 else { throw file.error("the radius of \(symbol) must be positive, not \(radius)", at: line[1]) }
                radii.append(radius)
                weights.append(try file.double(line[2].unquoted, "the weight of \(symbol)"))
            }
            var values: [Double] = []
            values.reserveCapacity(count)
            for k in 0..<count {
                let what = "coefficient \(k + 1) of \(count) of species \(isModel ? String(a + 1) : elements[a])"
                let line = try file.line(what)
                guard line.count == 1 else { throw file.error("expected \(what) alone on its line", at: line[0]) }
                values.append(try file.double(line[0], what))
            }
            coefficients.append(values)
        }
        self.file = file
    }

    /// - Throws: `ParameterFileError` at the header where the number of coefficients does not fit the descriptor.
    func check(_ descriptor: SNAPDescriptor, isQuadratic: Bool) throws {
        let wanted = SNAPParameters.coefficientCount(descriptor, isQuadratic: isQuadratic)
        guard count != wanted else { return }
        let what = "twojmax \(descriptor.twoJMax)" + (descriptor.isMultiElement ? ", \(descriptor.channelCount) elements" : "")
        throw file.error(
            "\(count) coefficients where \(isQuadratic ? "a quadratic" : "a linear") model of \(what) has \(wanted)", at: header)
    }
}

/// Keywords and values of a .snapparam file, or of ML-IAP's descriptor file.
struct SNAPKeywordFile {
    /// Words of each line, the keyword first.
    private var lines: [String: [ParameterFile.Token]] = [:]
    private let file: ParameterFile
    private let name: String

    static let keywords = [
        "rcutfac", "twojmax", "rfac0", "rmin0", "switchflag", "bzeroflag", "chemflag", "bnormflag", "wselfallflag", "switchinnerflag",
    ]
    static let pairKeywords = keywords + ["quadraticflag", "chunksize", "parallelthresh", "sinner", "dinner"]
    static let descriptorKeywords = keywords + ["nelems", "elems", "radelems", "welems", "sinnerelems", "dinnerelems"]

    init(_ name: String, _ bytes: [UInt8], known: [String]) throws {
        var file = ParameterFile(name, bytes, comment: "#")
        self.name = name
        while let words = file.nextLine() {
            let keyword = words[0].unquoted.text
            guard known.contains(keyword) else {
                let near = nearestName(to: keyword, in: known).map { "; did you mean '\($0)'?" } ?? ""
                throw file.error("unknown keyword '\(keyword)'\(near)", at: words[0])
            }
            guard words.count > 1 else { throw file.error("\(keyword) has no value", at: words[0]) }
            lines[keyword] = words.map(\.unquoted)
        }
        self.file = file
    }

    func has(_ keyword: String) -> Bool { lines[keyword] != nil }

    private func single(_ keyword: String) throws -> ParameterFile.Token? {
        guard let words = lines[keyword] else { return nil }
        guard words.count == 2 else { throw file.error("\(keyword) takes one value, found \(words.count - 1)", at: words[2]) }
        return words[1]
    }

    func number(_ keyword: String) throws -> Double? { try single(keyword).map { try file.double($0, "the value of \(keyword)") } }
    func integer(_ keyword: String) throws -> Int? { try single(keyword).map { try file.int($0, "the value of \(keyword)") } }

    func flag(_ keyword: String, _ standard: Bool) throws -> Bool {
        guard let token = try single(keyword) else { return standard }
        let value = try file.int(token, "0 or 1")
        guard value == 0 || value == 1 else { throw file.error("\(keyword) is 0 or 1, not \(value)", at: token) }
        return value == 1
    }

    func words(_ keyword: String, _ count: Int) throws -> [ParameterFile.Token]? {
        guard let words = lines[keyword] else { return nil }
        guard words.count == count + 1 else {
            throw file.error("\(keyword) takes one value for each of \(count) species, found \(words.count - 1)", at: words[0])
        }
        return Array(words[1...])
    }

    func numbers(_ keyword: String, _ count: Int) throws -> [Double]? {
        try words(keyword, count)?.map { try file.double($0, "a value of \(keyword)") }
    }

    func missing(_ keyword: String) -> ParameterFileError {
        ParameterFileError(file: name, line: 0, column: 0, message: "the keyword \(keyword) is missing")
    }

    func error(_ message: String, at keyword: String) -> ParameterFileError {
        lines[keyword].map { file.error(message, at: $0[0]) } ?? ParameterFileError(file: name, line: 0, column: 0, message: message)
    }

    /// The descriptor of species with these radii and weights. `suffix`: "elems" in ML-IAP's files.
    func descriptor(radii: [Double], weights: [Double], suffix: String = "") throws -> SNAPDescriptor {
        guard let factor = try number("rcutfac") else { throw missing("rcutfac") }
        guard let top = try integer("twojmax") else { throw missing("twojmax") }
        guard factor > 0 else { throw error("rcutfac must be positive, not \(factor)", at: "rcutfac") }
        guard (0...24).contains(top) else { throw error("twojmax must be 0 to 24, not \(top)", at: "twojmax") }
        var d = SNAPDescriptor(twoJMax: top, cutoffFactor: factor, radii: radii, weights: weights)
        d.angleFactor = try number("rfac0") ?? d.angleFactor
        guard d.angleFactor > 0, d.angleFactor <= 1 else {
            throw error("rfac0 must be above 0 and at most 1, not \(d.angleFactor)", at: "rfac0")
        }
        d.innerRadius = try number("rmin0") ?? 0
        let smallest = 2 * (radii.min() ?? 0) * factor
        guard d.innerRadius < smallest else { throw error("rmin0 must be below the cutoff \(smallest), not \(d.innerRadius)", at: "rmin0") }
        d.isSwitched = try flag("switchflag", true)
        d.subtractsIsolated = try flag("bzeroflag", true)
        d.isMultiElement = try flag("chemflag", false)
        d.isNormalised = try flag("bnormflag", false)
        d.countsSelfInAll = try flag("wselfallflag", false)
        d.isInnerSwitched = try flag("switchinnerflag", false)
        let centres = try numbers("sinner" + suffix, radii.count), widths = try numbers("dinner" + suffix, radii.count)
        if d.isInnerSwitched {
            guard let centres else { throw missing("sinner" + suffix + " (for switchinnerflag 1)") }
            guard let widths else { throw missing("dinner" + suffix + " (for switchinnerflag 1)") }
            guard widths.allSatisfy({ $0 > 0 }) else { throw error("widths of the inner switch must be positive", at: "dinner" + suffix) }
            (d.innerCentres, d.innerWidths) = (centres, widths)
        } else if centres != nil || widths != nil {
            throw error("sinner and dinner go with switchinnerflag 1", at: (centres == nil ? "dinner" : "sinner") + suffix)
        }
        return d
    }
}

extension ParameterFile.Token {
    /// Without the quotes that LAMMPS strips from words of these files.
    fileprivate var unquoted: Self {
        var other = self
        other.text.removeAll { $0 == "\"" || $0 == "'" }
        return other
    }
}
