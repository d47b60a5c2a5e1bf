import COpenBLAS
import Domain

/// Extrapolation grades: gamma = max_i |sum_k B_k (A^-1)_ki| of an atom's B basis functions, A the active set of its species
/// (Y. Lysogorskiy et al., Phys. Rev. Materials 7, 043801 (2023); D-optimality: Podryabinkin and Shapeev 2017). Above 1 an atom's
/// surroundings are outside what the model was fitted to.
final class ACEGrading {
    /// Inverse active sets, row by row, and the functions they are of.
    struct ActiveSet: Sendable {
        var size: Int
        var inverse: [Double]
    }

    /// One combination of a function: weight times Re of a product of nodes, each with its sign if conjugated.
    private struct Factor {
        var node: Int32
        var isConjugate: Bool
    }
    private struct Combination {
        var weight: Double
        var first: Int
        var count: Int
    }
    private struct Species {
        var functions: [Range<Int>] = []
        var combinations: [Combination] = []
        var factors: [Factor] = []
        /// Functions of one factor come first: which sum, -1: a species that does not occur.
        var singles: [Int] = []
    }

    private let sets: [ActiveSet]
    private let isLinear: Bool
    private let species: [Species]
    /// Rows not yet multiplied, of atoms of one species.
    private var pending: [Double] = []
    private var atoms: [Int] = []
    private var current = -1
    private static let batch = 64
    private(set) var grades = Column<Double>()

    init(_ tables: ACETables, _ sets: [ActiveSet], isLinear: Bool) {
        self.sets = sets
        self.isLinear = isLinear
        species = tables.model.elements.indices.map { a in
            let plan = tables.plans[a]
            let nodes = Dictionary(uniqueKeysWithValues: plan.slots.enumerated().map { ($1, $0) })
            var result = Species()
            for function in tables.model.basis[a] {
                if function.factors.count == 1 {
                    let f = function.factors[0]
                    result.singles.append(plan.singles.firstIndex { $0.species == f.species && $0.k == f.n } ?? -1)
                    continue
                }
                let start = result.combinations.count
                for (orders, weight) in zip(function.orders, function.weights) {
                    let first = result.factors.count
                    var sign = 1.0
                    for (f, m) in zip(function.factors, orders) {
                        guard let node = nodes[.init(species: f.species, m: abs(m), l: f.l, n: f.n)] else { continue }
                        result.factors.append(Factor(node: Int32(node), isConjugate: m < 0))
                        if m < 0 && m % 2 != 0 { sign = -sign }
                    }
                    if result.factors.count - first < orders.count {
                        result.factors.removeSubrange(first...)
                    } else {
                        result.combinations.append(Combination(weight: sign * weight, first: first, count: orders.count))
                    }
                }
                result.functions.append(start..<result.combinations.count)
            }
            return result
        }
    }

    func begin(_ owned: Int) {
        grades.removeAll()
        grades.resize(to: owned, filling: 0)
    }

    /// The functions of the centre in lane c.
    func add<L: EdgeLane>(_ atom: Int, _ own: ACESpeciesView, _ scratch: ACEScratch<L>, _ c: Int) {
        if own.index != current || atoms.count == Self.batch { finish() }
        current = own.index
        let s = species[current]
        var row: [Double] = []
        row.reserveCapacity(s.singles.count + s.functions.count)
        for k in s.singles { row.append(k < 0 ? 0 : scratch.sums[k][lane: c].value) }
        for function in s.functions {
            var sum = 0.0
            for combination in s.combinations[function] {
                var (re, im) = (1.0, 0.0)
                for f in s.factors[combination.first..<combination.first + combination.count] {
                    let x = scratch.nodes[2 * Int(f.node)][lane: c].value
                    var y = scratch.nodes[2 * Int(f.node) + 1][lane: c].value
                    if f.isConjugate { y = -y }
                    (re, im) = (re * x - im * y, re * y + im * x)
                }
                sum += combination.weight * re
            }
            row.append(sum)
        }
        if isLinear {
            pending += row
        } else {
            for p in 0..<own.densities {
                let slope = scratch.slopes[p][lane: c].value
                pending += row.map { slope * $0 }
            }
        }
        atoms.append(atom)
    }

    /// Multiplies what is pending.
    func finish() {
        defer {
            pending.removeAll(keepingCapacity: true)
            atoms.removeAll(keepingCapacity: true)
        }
        guard !atoms.isEmpty else { return }
        let n = sets[current].size
        var product = [Double](repeating: 0, count: atoms.count * n)
        cblas_dgemm(
            CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(atoms.count), Int32(n), Int32(n), 1, pending, Int32(n), sets[current].inverse,
            Int32(n), 0, &product, Int32(n))
        for (k, atom) in atoms.enumerated() {
            grades[atom] = product[k * n..<(k + 1) * n].reduce(0) { $1.isNaN ? $1 : Swift.max($0, abs($1)) }
        }
    }
}

// MARK: - .asi

extension ACEGrading {
    /// Reads an `.asi` file: an archive of NumPy arrays, the inverse active set of each element.
    static func activeSets(_ file: String, _ bytes: [UInt8], _ model: ACEModel) throws -> (sets: [ActiveSet], isLinear: Bool) {
        func error(_ message: String) -> ParameterFileError { ParameterFileError(file: file, line: 0, column: 0, message: message) }
        var sets = [ActiveSet?](repeating: nil, count: model.elements.count)
        var kinds: Set<Bool> = []
        for (name, content) in try NumpyArchive.entries(file, bytes) {
            let element = name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
            guard let a = model.elements.firstIndex(of: element) else {
                throw error("an active set of '\(element)', which the model does not have (\(model.elements.joined(separator: " ")))")
            }
            let (shape, values) = try NumpyArchive.matrix(file, name, content)
            let functions = model.basis[a].count, all = functions * model.embeddings[a].densities
            guard shape.count == 2, shape[0] == shape[1], shape[0] == functions || shape[0] == all else {
                throw error("the active set of \(element) has shape \(shape); \(functions) x \(functions) or \(all) x \(all) was expected")
            }
            if functions != all { kinds.insert(shape[0] == functions) }
            sets[a] = ActiveSet(size: shape[0], inverse: values)
        }
        guard kinds.count < 2 else { throw error("the active sets of some elements are linear, those of others full") }
        let present = try sets.enumerated().map { a, set in
            guard let set else { throw error("no active set of \(model.elements[a])") }
            return set
        }
        return (present, kinds.first ?? true)
    }
}

/// Uncompressed zip archives of NumPy arrays, as `numpy.savez` writes them.
enum NumpyArchive {
    static func entries(_ file: String, _ bytes: [UInt8]) throws -> [(name: String, content: ArraySlice<UInt8>)] {
        func error(_ message: String) -> ParameterFileError { ParameterFileError(file: file, line: 0, column: 0, message: message) }
        func number(_ at: Int, _ count: Int) throws -> Int {
            guard at >= 0, at + count <= bytes.count else { throw error("the archive ends early") }
            return (0..<count).reduce(0) { $0 | Int(truncatingIfNeeded: UInt64(bytes[at + $1]) << UInt64(8 * $1)) }
        }
        // The directory's end has a signature, and no comment behind it in files that NumPy writes.
        guard bytes.count >= 22, let end = stride(from: bytes.count - 22, through: max(0, bytes.count - 66_000), by: -1).first(where: {
            bytes[$0] == 0x50 && bytes[$0 + 1] == 0x4b && bytes[$0 + 2] == 5 && bytes[$0 + 3] == 6
        }) else { throw error("not an archive of NumPy arrays (.npz)") }
        var at = try number(end + 16, 4)
        var result: [(String, ArraySlice<UInt8>)] = []
        for _ in 0..<(try number(end + 10, 2)) {
            guard try number(at, 4) == 0x0201_4b50 else { throw error("the archive's directory is damaged") }
            let method = try number(at + 10, 2), size = try number(at + 24, 4), nameLength = try number(at + 28, 2)
            let skip = try number(at + 30, 2) + number(at + 32, 2), header = try number(at + 42, 4)
            guard at + 46 + nameLength <= bytes.count else { throw error("the archive ends early") }
            let name = String(decoding: bytes[at + 46..<at + 46 + nameLength], as: UTF8.self)
            guard method == 0 else { throw error("'\(name)' is compressed; only what numpy.savez writes is read") }
            let start = try header + 30 + number(header + 26, 2) + number(header + 28, 2)
            guard start + size <= bytes.count else { throw error("the archive ends early") }
            result.append((name, bytes[start..<start + size]))
            at += 46 + nameLength + skip
        }
        return result
    }

    /// An array of little-endian 64-bit numbers in rows.
    static func matrix(_ file: String, _ name: String, _ bytes: ArraySlice<UInt8>) throws -> (shape: [Int], values: [Double]) {
        func error(_ message: String) -> ParameterFileError {
            ParameterFileError(file: file, line: 0, column: 0, message: "\(name): \(message)")
        }
        let start = bytes.startIndex
        guard bytes.count > 12, bytes[start] == 0x93, Array(bytes[start + 1..<start + 6]) == Array("NUMPY".utf8) else {
            throw error("not a NumPy array")
        }
        let wide = bytes[start + 6] >= 2
        let length = (0..<(wide ? 4 : 2)).reduce(0) { $0 | Int(bytes[start + 8 + $1]) << (8 * $1) }
        let data = start + (wide ? 12 : 10) + length
        guard data <= bytes.endIndex else { throw error("the array ends early") }
        let header = String(decoding: bytes[start + (wide ? 12 : 10)..<data], as: UTF8.self)
        guard header.contains("'<f8'") else { throw error("numbers should be little-endian doubles ('<f8')") }
        guard let open = header.range(of: "'shape': (")?.upperBound, let close = header[open...].firstIndex(of: ")") else {
            throw error("no shape in its header")
        }
        let shape = header[open..<close].split(separator: ",").compactMap { Int($0.filter { $0 != " " }) }
        let count = shape.reduce(1, *)
        guard bytes.endIndex - data >= 8 * count else { throw error("the array ends early") }
        var values = [Double](unsafeUninitializedCapacity: count) { buffer, used in
            bytes[data..<data + 8 * count].withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            used = count
        }
        guard values.allSatisfy(\.isFinite) else { throw error("a value is not finite") }
        if header.contains("'fortran_order': True"), shape.count == 2 {
            let old = values
            for i in 0..<shape[0] { for j in 0..<shape[1] { values[i * shape[1] + j] = old[j * shape[0] + i] } }
        }
        return (shape, values)
    }
}
