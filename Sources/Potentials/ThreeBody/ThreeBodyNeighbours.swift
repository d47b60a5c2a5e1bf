import Domain

/// The neighbours within the cutoffs of every centre that has any, found anew at each step from a list with a skin.
final class ThreeBodyNeighbours {
    private(set) var centres = Column<Int32>()
    private(set) var firsts = Column<Int32>()
    private(set) var counts = Column<Int32>()
    private(set) var near = Column<Int32>()
    private(set) var largest = 0

    /// - Parameter limits: bits of the squared cutoffs by pair of elements (centre, neighbour).
    func select(_ atoms: borrowing Atoms, _ list: NeighbourList, species: [Int32], elements: Int, limits: [UInt64]) {
        centres.removeAll()
        firsts.resize(to: atoms.owned, filling: 0)
        counts.resize(to: atoms.owned, filling: 0)
        near.reserve(list.pairs + 8)
        let isSingle = elements == 1 && species.dropFirst().allSatisfy { $0 == 0 }
        largest = species.withUnsafeBufferPointer { map in
            limits.withUnsafeBufferPointer {
                isSingle
                    ? fill(atoms, list, map.baseAddress!, elements, $0.baseAddress!, isSingle: true)
                    : fill(atoms, list, map.baseAddress!, elements, $0.baseAddress!, isSingle: false)
            }
        }
    }

    @inline(__always)
    private func fill(
        _ atoms: borrowing Atoms, _ list: NeighbourList, _ species: UnsafePointer<Int32>, _ elements: Int, _ limits: UnsafePointer<UInt64>,
        isSingle: Bool
    ) -> Int {
        let x = atoms.position.pointer, type = atoms.type.pointer, starts = list.offsets.pointer, neighbours = list.neighbours.pointer
        let into = near.pointer, first = firsts.pointer, count = counts.pointer
        let single = limits[0]
        var at = 0, most = 0
        centres.reserve(atoms.owned)
        for i in 0..<atoms.owned {
            let a = Int(species[Int(type[i])]), start = at, xi = x[i]
            first[i] = Int32(truncatingIfNeeded: at)
            if isSingle || a >= 0 {
                for k in Int(starts[i])..<Int(starts[i + 1]) {
                    let j = neighbours[k], d = x[Int(j)] - xi, square = d * d
                    let r2 = square.x + square.y + square.z
                    into[at] = j
                    let limit: UInt64
                    if isSingle {
                        limit = single
                    } else {
                        let b = Int(species[Int(type[Int(j)])])
                        limit = b < 0 ? 0 : limits[a &* elements &+ b]
                    }
                    let bits = r2.bitPattern & ~(1 << 63)
                    at &+= Int(truncatingIfNeeded: ((bits &- limit) >> 63) | ((Double.infinity.bitPattern &- bits) >> 63))
                }
            }
            count[i] = Int32(truncatingIfNeeded: at &- start)
            most = max(most, at &- start)
            if at > start { centres.append(Int32(truncatingIfNeeded: i)) }
        }
        return most
    }
}

/// Memory for four centres.
final class ThreeBodyWorkspace<L: EdgeLane> where L.Plain == Vector {
    private(set) var edges = Column<ThreeBodyEdge<L>>()
    private(set) var terms = Column<L>()

    func reserve(_ largest: Int) {
        edges.reserve(largest)
        terms.reserve(3 * largest * largest)
    }
}

/// A parameter file of LAMMPS' three-body potentials: entries of three elements and numbers, over any number of lines; `#` begins
/// a comment.
struct TripleFile {
    private(set) var elements: [String] = []
    private let name: String
    private var entries: [[String]: [Double]] = [:]

    init(_ name: String, _ bytes: [UInt8], numbers: Int) throws {
        self.name = name
        var file = ParameterFile(name, bytes, comment: "#")
        while let first = file.optionalToken() {
            let triple = [first, try file.token("the second element"), try file.token("the third element")]
            for token in triple {
                if Double(token.text) != nil {
                    throw file.error(
                        "expected an element, found '\(token.text)': an entry has three elements and \(numbers) numbers", at: token)
                }
                if !elements.contains(token.text) { elements.append(token.text) }
            }
            let key = triple.map(\.text)
            guard entries[key] == nil else { throw file.error("a second entry of \(key.joined(separator: " "))", at: first) }
            entries[key] = try (0..<numbers).map { try file.double("number \($0 + 1) of \(numbers) of \(key.joined(separator: " "))") }
        }
    }

    func entry(_ a: String, _ b: String, _ c: String) throws -> [Double] {
        guard let entry = entries[[a, b, c]] else {
            throw ParameterFileError(file: name, line: 0, column: 0, message: "there is no entry of \(a) \(b) \(c)")
        }
        return entry
    }
}
