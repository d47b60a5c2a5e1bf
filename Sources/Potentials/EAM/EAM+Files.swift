/// The functions of an embedded-atom potential, sampled at equal distances from 0 on.
struct EAMFunctions {
    var elements: [String] = []
    var masses: [Double] = []
    /// Spacing and number of samples in density and distance.
    var densityStep = 0.0
    var densityCount = 0
    var step = 0.0
    var count = 0
    var cutoff = 0.0
    /// F_a(rho) of each element.
    var embedding: [[Double]] = []
    /// rho_ab(r) in row a * elements + b: the density at an atom of element a that comes from one of element b.
    var density: [[Double]] = []
    /// r phi_ab(r), symmetric.
    var pair: [[Double]] = []

    mutating func scaleEnergies(by factor: Double) {
        guard factor != 1 else { return }
        embedding = embedding.map { $0.map { $0 * factor } }
        pair = pair.map { $0.map { $0 * factor } }
    }
}

/// One element's file of `pair_style eam`.
struct Funcfl {
    var mass = 0.0
    var densityStep = 0.0
    var densityCount = 0
    var step = 0.0
    var count = 0
    var cutoff = 0.0
    var embedding: [Double] = []
    /// Effective charge Z(r): r phi_ab = 27.2 0.529 Z_a Z_b in eV and Angstrom.
    var charge: [Double] = []
    var density: [Double] = []

    /// DYNAMO's funcfl: a title; atomic number, mass, lattice constant, lattice; sizes, steps and cutoff; then F, Z and rho.
    init(_ name: String, _ bytes: [UInt8]) throws {
        var file = ParameterFile(name, bytes)
        _ = try file.title("a title")
        let head = try file.line("the atomic number and the mass")
        guard head.count >= 2 else { throw file.error("expected the atomic number and the mass", at: head[0]) }
        mass = try file.double(head[1], "the mass")
        (densityCount, densityStep, count, step, cutoff) = try file.eamGrid()
        embedding = try file.samples(densityCount, "the embedding energy")
        charge = try file.samples(count, "the effective charge")
        density = try file.samples(count, "the density")
    }
}

extension EAMFunctions {
    /// DYNAMO's setfl (`eam/alloy`): three title lines; elements; sizes, steps and cutoff; for each element a line with its mass, F and
    /// rho; then r phi for each pair a >= b. With `byPair` (`eam/fs`, after Finnis and Sinclair) each element has as many rho as there
    /// are elements: those that it gives to atoms of each.
    init(setfl name: String, _ bytes: [UInt8], byPair: Bool) throws {
        var file = ParameterFile(name, bytes)
        for _ in 0..<3 { _ = try file.title("three title lines") }
        let names = try file.line("the number of elements and their names")
        let number = try file.int(names[0], "the number of elements")
        guard number >= 1, names.count == number + 1 else {
            throw file.error("expected the number of elements and as many names", at: names[0])
        }
        elements = names.dropFirst().map(\.text)
        (densityCount, densityStep, count, step, cutoff) = try file.eamGrid()
        density = Array(repeating: [], count: number * number)
        pair = density
        for b in 0..<number {
            let head = try file.line("atomic number and mass of \(elements[b])")
            guard head.count >= 2 else { throw file.error("expected atomic number and mass of \(elements[b])", at: head[0]) }
            masses.append(try file.double(head[1], "the mass of \(elements[b])"))
            embedding.append(try file.samples(densityCount, "the embedding energy of \(elements[b])"))
            for k in 0..<(byPair ? number : 1) {
                let rho = try file.samples(count, "the density of \(elements[b])")
                for a in byPair ? k...k : 0...(number - 1) { density[a * number + b] = rho }
            }
        }
        for a in 0..<number {
            for b in 0...a {
                let values = try file.samples(count, "the pair function of \(elements[a]) and \(elements[b])")
                pair[a * number + b] = values
                pair[b * number + a] = values
            }
        }
    }

    /// Files of single elements on a common grid: the coarsest step and the largest range of all, by Lagrange's four-point formula, as
    /// LAMMPS does it (pair_eam.cpp) even for one file.
    init(_ files: [(name: String, contents: Funcfl)]) {
        elements = files.map(\.name)
        masses = files.map(\.contents.mass)
        let all = files.map(\.contents)
        step = all.map(\.step).max() ?? 0
        densityStep = all.map(\.densityStep).max() ?? 0
        count = Int((all.map { Double($0.count - 1) * $0.step }.max() ?? 0) / step + 0.5)
        densityCount = Int((all.map { Double($0.densityCount - 1) * $0.densityStep }.max() ?? 0) / densityStep + 0.5)
        cutoff = all.map(\.cutoff).max() ?? 0
        embedding = all.map { Self.resampled($0.embedding, $0.densityStep, densityStep, densityCount) }
        let rho = all.map { Self.resampled($0.density, $0.step, step, count) }
        let charge = all.map { Self.resampled($0.charge, $0.step, step, count) }
        for a in all.indices {
            for b in all.indices {
                density.append(rho[b])
                pair.append(zip(charge[max(a, b)], charge[min(a, b)]).map { 27.2 * 0.529 * $0 * $1 })
            }
        }
    }

    private static func resampled(_ f: [Double], _ from: Double, _ to: Double, _ count: Int) -> [Double] {
        (0..<count).map { m in
            // k counts from 1, as in the original.
            let place = Double(m) * to / from + 1
            let k = max(min(Int(place), f.count - 2), 2), p = min(place - Double(k), 2)
            let a = -1.0 / 6 * p * (p - 1) * (p - 2), b = 0.5 * (p * p - 1) * (p - 2)
            let c = -0.5 * p * (p + 1) * (p - 2), d = 1.0 / 6 * p * (p * p - 1)
            return a * f[k - 2] + b * f[k - 1] + c * f[k] + d * f[k + 1]
        }
    }
}

extension ParameterFile {
    fileprivate mutating func eamGrid() throws -> (Int, Double, Int, Double, Double) {
        let words = try line("the numbers and steps of density and distance, and the cutoff")
        guard words.count >= 5 else {
            throw error("expected the numbers and steps of density and distance, and the cutoff", at: words[words.count - 1])
        }
        let result = (
            try int(words[0], "the number of densities"), try double(words[1], "the step of density"),
            try int(words[2], "the number of distances"), try double(words[3], "the step of distance"), try double(words[4], "the cutoff")
        )
        guard result.0 >= 5, result.2 >= 5 else { throw error("splines need at least five samples", at: words[result.0 >= 5 ? 2 : 0]) }
        guard result.1 > 0, result.3 > 0, result.4 > 0 else { throw error("steps and cutoff must be positive", at: words[1]) }
        return result
    }

    fileprivate mutating func samples(_ count: Int, _ what: String) throws -> [Double] {
        try (0..<count).map { k in try double("sample \(k + 1) of \(count) of \(what)") }
    }
}
