import Deck
import Domain
import Integrators
import Potentials

/// The words that the four computes of bispectrum components share.
struct BispectrumSettings {
    let descriptor: SNAPDescriptor
    let isQuadratic: Bool
    var listsAtoms = false
    let types: Int

    static let usage = "RCUTFAC RFAC0 TWOJMAX R... W... [rmin0 R] [switchflag 0|1] [bzeroflag 0|1] [quadraticflag 0|1] [chem N ELEMENT...] "
        + "[bnormflag 0|1] [wselfallflag 0|1] [switchinnerflag 0|1] [sinner S...] [dinner D...]"

    /// - Parameter hasRows: whether `bikflag` is known.
    init(_ words: inout Words, types: Int, hasRows: Bool = false) throws {
        self.types = types
        let factor = try words.positiveDouble("rcutfac")
        let angle = try words.double("rfac0", "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
        let top = try words.int("twojmax", in: 0...24)
        var radii: [Double] = [], weights: [Double] = []
        for type in 1...types { radii.append(try words.positiveDouble("the radius of type \(type)")) }
        for type in 1...types { weights.append(try words.double("the weight of type \(type)")) }
        var d = SNAPDescriptor(twoJMax: top, cutoffFactor: factor, radii: radii, weights: weights)
        d.angleFactor = angle
        var isQuadratic = false, centres: [Double]?, widths: [Double]?
        func flag(_ words: inout Words) throws -> Bool { try words.int("0 or 1", in: 0...1) == 1 }
        func values(_ words: inout Words, _ what: String) throws -> [Double] {
            try (1...types).map { try words.double("\(what) of type \($0)") }
        }
        let keywords = [
            "rmin0", "switchflag", "bzeroflag", "quadraticflag", "chem", "bnormflag", "wselfallflag", "switchinnerflag", "sinner", "dinner",
            "bikflag", "dgradflag", "nnn", "wmode", "delta",
        ]
        while !words.isAtEnd {
            switch try words.choice("a keyword of bispectrum computes", keywords.map { ($0, $0) }) {
            case "rmin0": d.innerRadius = try words.nonNegativeDouble("rmin0")
            case "switchflag": d.isSwitched = try flag(&words)
            case "bzeroflag": d.subtractsIsolated = try flag(&words)
            case "quadraticflag": isQuadratic = try flag(&words)
            case "chem":
                d.isMultiElement = true
                d.elementCount = try words.positiveInt("the number of elements")
                d.channels = try (1...types).map { try words.int("the element of type \($0)", in: 0...d.elementCount - 1) }
            case "bnormflag": d.isNormalised = try flag(&words)
            case "wselfallflag": d.countsSelfInAll = try flag(&words)
            case "switchinnerflag": d.isInnerSwitched = try flag(&words)
            case "sinner": centres = try values(&words, "the centre of the inner switch")
            case "dinner":
                widths = try values(&words, "the width of the inner switch")
                if widths!.contains(where: { $0 <= 0 }) { throw words.error("widths of the inner switch must be positive") }
            case "bikflag":
                guard hasRows else { throw words.error("bikflag is of compute snap") }
                listsAtoms = try flag(&words)
            case "dgradflag":
                guard hasRows else { throw words.error("dgradflag is of compute snap") }
                if try flag(&words) { throw words.error("gradients by pairs of atoms (dgradflag 1) are not supported") }
            case let other: throw words.error("the keyword \(other), cutoffs by numbers of neighbours, is not supported")
            }
        }
        if d.isInnerSwitched {
            guard let centres, let widths else { throw words.error("switchinnerflag 1 needs sinner and dinner") }
            (d.innerCentres, d.innerWidths) = (centres, widths)
        } else if centres != nil || widths != nil {
            throw words.error("sinner and dinner go with switchinnerflag 1")
        }
        guard d.innerRadius < 2 * factor * radii.min()! else { throw words.error("rmin0 must be below the cutoff") }
        (descriptor, self.isQuadratic) = (d, isQuadratic)
    }

    init(_ descriptor: SNAPDescriptor, isQuadratic: Bool, types: Int) {
        (self.descriptor, self.isQuadratic, self.types) = (descriptor, isQuadratic, types)
    }

    /// Components of an atom: linear ones, then products of pairs k <= l, halved for k = l.
    var count: Int { descriptor.count + (isQuadratic ? descriptor.count * (descriptor.count + 1) / 2 : 0) }

    func withProducts(_ b: [Double]) -> [Double] {
        guard isQuadratic else { return b }
        var all = b
        for k in b.indices {
            all.append(0.5 * b[k] * b[k])
            for l in b.indices.dropFirst(k + 1) { all.append(b[k] * b[l]) }
        }
        return all
    }

    /// Derivatives of all components by one edge.
    func withProducts(_ b: [Double], _ slopes: [Vector]) -> [Vector] {
        guard isQuadratic else { return slopes }
        var all = slopes
        for k in b.indices {
            all.append(slopes[k] * b[k])
            for l in b.indices.dropFirst(k + 1) { all.append(slopes[l] * b[k] + slopes[k] * b[l]) }
        }
        return all
    }
}

/// Evaluates components of the atoms of a group: `values` of each atom, `gradients` of each of its neighbours.
struct BispectrumEvaluation {
    let settings: BispectrumSettings
    let evaluator: SNAPReference

    init(_ settings: BispectrumSettings) { (self.settings, evaluator) = (settings, SNAPReference(settings.descriptor)) }

    func forEach(
        _ snapshot: Snapshot, _ group: Group, wantsGradients: Bool, for what: String,
        _ body: (_ i: Int, _ values: [Double], _ neighbours: [(j: Int, slopes: [Vector])]) -> Void
    ) throws {
        let d = settings.descriptor, system = snapshot.system
        let near = try Neighbourhood(snapshot, d.largestCutoff, of: .all, for: what)
        for i in 0..<system.atoms.owned where system.atoms.mask[i] & group.bit != 0 {
            let a = Int(system.atoms.type[i]) - 1
            var neighbours: [SNAPReference.Neighbour] = [], indices: [Int] = []
            near.forEach(i) { j, edge in
                let b = Int(system.atoms.type[j]) - 1, rc = d.cutoff(a, b), square = edge.dot(edge)
                // As in LAMMPS, atoms at one place do not see each other.
                guard square < rc * rc && square > 1e-20 else { return }
                neighbours.append(SNAPReference.Neighbour(edge, species: b))
                indices.append(j)
            }
            let (b, gradients) = evaluator.evaluate(a, neighbours, wantsGradients: wantsGradients)
            body(i, settings.withProducts(b), zip(indices, gradients).map { ($0, settings.withProducts(b, $1)) })
        }
    }
}

/// `compute sna/atom`: bispectrum components of each atom.
public final class BispectrumCompute: Compute {
    public static let entry = ComputeStyle(
        "sna/atom", usage: "compute ID GROUP sna/atom \(BispectrumSettings.usage)", help: "bispectrum components of each atom"
    ) { id, group, words, observation in
        BispectrumCompute(id: id, group: group, try BispectrumSettings(&words, types: try observation.requireSystem().atoms.typeCount))
    }

    public let id: String
    public let style = "sna/atom"
    public let group: Group
    public var shape: ComputeShape { ComputeShape(atomColumns: evaluation.settings.count) }
    private let evaluation: BispectrumEvaluation

    init(id: String, group: Group, _ settings: BispectrumSettings) {
        (self.id, self.group, evaluation) = (id, group, BispectrumEvaluation(settings))
    }

    public func prepare(_ snapshot: Snapshot) throws {
        try snapshot.checkReach(evaluation.settings.descriptor.largestCutoff, of: "compute '\(id)' (\(style))")
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let width = evaluation.settings.count
        var result = AtomValues(width: width, count: snapshot.system.atoms.owned)
        try evaluation.forEach(snapshot, group, wantsGradients: false, for: "compute '\(id)' (\(style))") { i, values, _ in
            result.values.replaceSubrange(i * width..<(i + 1) * width, with: values)
        }
        return result
    }
}

/// `compute snad/atom` and `snav/atom`: minus the derivatives of the components of all atoms of each type by an atom's position, and these
/// times its position: xx yy zz, and yz xz xy as F_y z, F_x z, F_x y with unwrapped images, as in LAMMPS.
public final class BispectrumGradientCompute: Compute {
    public static let gradients = entry("snad/atom", "derivatives of bispectrum components by each atom's position", hasVirial: false)
    public static let virials = entry("snav/atom", "virial of bispectrum components of each atom", hasVirial: true)

    private static func entry(_ style: String, _ help: String, hasVirial: Bool) -> ComputeStyle {
        ComputeStyle(style, usage: "compute ID GROUP \(style) \(BispectrumSettings.usage)", help: help) { id, group, words, observation in
            let settings = try BispectrumSettings(&words, types: try observation.requireSystem().atoms.typeCount)
            return BispectrumGradientCompute(id: id, style, group: group, settings, hasVirial: hasVirial)
        }
    }

    public let id: String
    public let style: String
    public let group: Group
    public var shape: ComputeShape { ComputeShape(atomColumns: width) }
    private let evaluation: BispectrumEvaluation
    private let hasVirial: Bool
    private var parts: Int { hasVirial ? 6 : 3 }
    private var width: Int { parts * evaluation.settings.count * evaluation.settings.types }

    init(id: String, _ style: String, group: Group, _ settings: BispectrumSettings, hasVirial: Bool) {
        (self.id, self.style, self.group, evaluation, self.hasVirial) = (id, style, group, BispectrumEvaluation(settings), hasVirial)
    }

    public func prepare(_ snapshot: Snapshot) throws {
        try snapshot.checkReach(evaluation.settings.descriptor.largestCutoff, of: "compute '\(id)' (\(style))")
    }

    public func atoms(_ snapshot: Snapshot) throws -> AtomValues {
        let system = snapshot.system, count = evaluation.settings.count, parts = parts, width = width
        var sums = Column<Double>(repeating: 0, count: system.atoms.count * width)
        let x = system.atoms.position.pointer, into = sums.pointer
        try evaluation.forEach(snapshot, group, wantsGradients: true, for: "compute '\(id)' (\(style))") { i, _, neighbours in
            let block = (Int(system.atoms.type[i]) - 1) * parts * count
            func add(_ atom: Int, _ k: Int, _ f: Vector) {
                let at = into + (atom * width + block + k)
                if hasVirial {
                    let r = x[atom]
                    at[0] += f.x * r.x
                    at[count] += f.y * r.y
                    at[2 * count] += f.z * r.z
                    at[3 * count] += f.y * r.z
                    at[4 * count] += f.x * r.z
                    at[5 * count] += f.x * r.y
                } else {
                    at[0] += f.x
                    at[count] += f.y
                    at[2 * count] += f.z
                }
            }
            for (j, slopes) in neighbours {
                for k in 0..<count {
                    add(i, k, slopes[k])
                    add(j, k, -slopes[k])
                }
            }
        }
        snapshot.simulation?.halo.reverse(&sums, stride: width)
        var result = AtomValues(width: width, count: system.atoms.owned)
        for k in result.values.indices { result.values[k] = sums[k] }
        return result
    }
}

/// `compute snap`: the design matrix of a linear fit, as LAMMPS lays it out. Rows: components summed over atoms of each type (a row for
/// each atom with `bikflag 1`), minus their derivatives by x, y, z of each atom, their virial xx yy zz yz xz xy. Columns: components by
/// type, and last what the potential gives: energy, forces, and the virial part of the pressure.
public final class BispectrumMatrixCompute: Compute {
    public static let entry = ComputeStyle(
        "snap", usage: "compute ID GROUP snap \(BispectrumSettings.usage) [bikflag 0|1] [dgradflag 0]",
        help: "design matrix for fitting SNAP: components, derivatives and virials with energy, forces and pressure"
    ) { id, group, words, observation in
        let system = try observation.requireSystem()
        let settings = try BispectrumSettings(&words, types: system.atoms.typeCount, hasRows: true)
        return BispectrumMatrixCompute(id: id, group: group, settings, atoms: system.count(.all))
    }

    /// `compute mliap`: the same with the constant in front of each type's components, whose energy is the number of atoms of that type.
    public static let mliap = ComputeStyle(
        "mliap",
        usage: "compute ID GROUP mliap model linear|quadratic descriptor sna FILE [gradgradflag 0|1]   (in either order; FILE as of pair_style mliap)",
        help: "design matrix for fitting ML-IAP models: parameters' derivatives with energy, forces and pressure"
    ) { id, group, words, observation in
        let system = try observation.requireSystem(), types = system.atoms.typeCount
        var isQuadratic: Bool?, descriptor: SNAPDescriptor?
        while let word = words.peek {
            switch try words.choice("model, descriptor or gradgradflag", [("model", 0), ("descriptor", 1), ("gradgradflag", 2)]) {
            case 0:
                let kind = try words.choice("a model", [("linear", 0), ("quadratic", 1), ("nn", 2), ("mliappy", 2)])
                guard kind < 2 else { throw words.error("only the models linear and quadratic are supported", at: word) }
                isQuadratic = kind == 1
            case 1:
                let kind = try words.choice("a descriptor", [("sna", 0), ("so3", 1), ("ace", 1)])
                guard kind == 0 else { throw words.error("only the descriptor sna is supported", at: word) }
                let file = try words.word("the descriptor's file")
                let bytes = try observation.requireHost().readInput(file.text, at: file.location)
                do {
                    descriptor = try SNAPDescriptor.reading(mliap: bytes, name: file.text, types: types)
                } catch let error as ParameterFileError {
                    throw words.error(error.description, at: file)
                }
            default: _ = try words.int("0 or 1 (both give the same numbers)", in: 0...1)
            }
        }
        guard let isQuadratic else { throw words.error("expected 'model linear' or 'model quadratic'") }
        guard let descriptor else { throw words.error("expected 'descriptor sna FILE'") }
        let settings = BispectrumSettings(descriptor, isQuadratic: isQuadratic, types: types)
        return BispectrumMatrixCompute(id: id, style: "mliap", group: group, settings, atoms: system.count(.all), hasConstant: true)
    }

    public let id: String
    public let style: String
    public let group: Group
    public let wants: Wanted = [.energy, .virial]
    private let hasConstant: Bool
    public var shape: ComputeShape { ComputeShape(arrayColumns: columns, arrayRows: first + 3 * atomCount + 6) }
    private let evaluation: BispectrumEvaluation
    private let atomCount: Int
    /// Columns of a type.
    private var width: Int { evaluation.settings.count + (hasConstant ? 1 : 0) }
    private var columns: Int { width * evaluation.settings.types + 1 }
    /// Rows before those of derivatives.
    private var first: Int { evaluation.settings.listsAtoms ? atomCount : 1 }

    init(id: String, style: String = "snap", group: Group, _ settings: BispectrumSettings, atoms: Int, hasConstant: Bool = false) {
        (self.id, self.style, self.group, evaluation, atomCount) = (id, style, group, BispectrumEvaluation(settings), atoms)
        self.hasConstant = hasConstant
    }

    public func prepare(_ snapshot: Snapshot) throws {
        try snapshot.checkReach(evaluation.settings.descriptor.largestCutoff, of: "compute '\(id)' (\(style))")
    }

    public func array(_ snapshot: Snapshot) throws -> [[Double]] {
        let system = snapshot.system, count = evaluation.settings.count, columns = columns, first = first, width = width
        let largest = (0..<system.atoms.owned).reduce(Int64(0)) { max($0, system.atoms.id[$1]) }
        guard !system.communicator.any(largest > Int64(atomCount) || system.atoms.owned > atomCount) else {
            throw DeckError(
                "compute '\(id)' (\(style)): atoms have been added, or ids are not 1 to \(atomCount); use reset_atoms id", at: nil)
        }
        var rows = [Double](repeating: 0, count: (first + 3 * atomCount + 6) * columns)
        let virial = (first + 3 * atomCount) * columns
        let x = system.atoms.position.pointer
        try evaluation.forEach(snapshot, group, wantsGradients: true, for: "compute '\(id)' (\(style))") { i, values, neighbours in
            let start = (Int(system.atoms.type[i]) - 1) * width, block = start + (hasConstant ? 1 : 0)
            let row = first == 1 ? 0 : Int(system.atoms.id[i]) - 1
            if hasConstant { rows[row * columns + start] += 1 }
            for k in 0..<count { rows[row * columns + block + k] += values[k] }
            for (j, slopes) in neighbours {
                let own = (first + 3 * (Int(system.atoms.id[i]) - 1)) * columns + block
                let other = (first + 3 * (Int(system.atoms.id[j]) - 1)) * columns + block
                let edge = x[i] - x[j]
                for k in 0..<count {
                    let f = slopes[k]
                    for d in 0..<3 {
                        rows[own + d * columns + k] += f[d]
                        rows[other + d * columns + k] -= f[d]
                        rows[virial + d * columns + block + k] += f[d] * edge[d]
                    }
                    rows[virial + 3 * columns + block + k] += f.z * edge.y
                    rows[virial + 4 * columns + block + k] += f.z * edge.x
                    rows[virial + 5 * columns + block + k] += f.y * edge.x
                }
            }
        }
        for i in 0..<system.atoms.owned {
            let row = first + 3 * (Int(system.atoms.id[i]) - 1)
            for d in 0..<3 { rows[(row + d) * columns + columns - 1] = system.forces.force[i][d] }
        }
        system.communicator.all(.sum, &rows)
        rows[columns - 1] = try snapshot.scalar(Observation.energyID)
        let w = try snapshot.virial(for: "compute '\(id)' (\(style))").map { $0 / system.box.volume * system.units.nktv2p }
        for (k, component) in [0, 1, 2, 5, 4, 3].enumerated() { rows[virial + (k + 1) * columns - 1] = w[component] }
        return (0..<rows.count / columns).map { Array(rows[$0 * columns..<($0 + 1) * columns]) }
    }
}
