import Deck
import Domain
import Foundation
import Potentials

/// Where published data and models lie, beside the repository; nil where they are absent.
let sharedData: URL? = {
    let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let candidates = [
        ProcessInfo.processInfo.environment["MDRUN_SHARED_DATA"].map { URL(fileURLWithPath: $0) },
        here.appendingPathComponent("../../../shared/data").standardized,
        here.appendingPathComponent("../../../../shared/data").standardized,
    ]
    return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.appendingPathComponent("models").path) }
}()

/// The file below shared/data, or nil after saying that the test is skipped. With CI set an absent file fails the test.
func shared(_ path: String) throws -> URL? {
    if let url = sharedData?.appendingPathComponent(path), FileManager.default.fileExists(atPath: url.path) { return url }
    struct Absent: Error { var path: String }
    if ProcessInfo.processInfo.environment["CI"] != nil { throw Absent(path: path) }
    print("skipped: shared/data/\(path) is not here (set MDRUN_SHARED_DATA)")
    return nil
}

/// A NumPy file of little-endian doubles or singles.
struct NumPyArray {
    var shape: [Int]
    var values: [Double]

    init(_ url: URL) throws {
        struct Unreadable: Error { var file: String }
        let bytes = [UInt8](try Data(contentsOf: url))
        let start = bytes[6] == 1 ? 10 : 12
        let length = Int(bytes[8]) | Int(bytes[9]) << 8
        let header = String(decoding: bytes[start..<start + length], as: UTF8.self)
        guard let open = header.range(of: "'shape': ("), let close = header[open.upperBound...].firstIndex(of: ")"),
            header.contains("'fortran_order': False")
        else { throw Unreadable(file: url.path) }
        shape = header[open.upperBound..<close].split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
        let count = shape.reduce(1, *), body = bytes[(start + length)...]
        if header.contains("<f8") {
            values = body.withUnsafeBytes { raw in (0..<count).map { raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) } }
        } else {
            values = body.withUnsafeBytes { raw in (0..<count).map { Double(raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)) } }
        }
    }
}

/// Atoms in a cell with ghosts and a full list, on one rank.
final class TestSystem {
    var atoms: Atoms
    let box: Box
    let halo: Halo
    let list: NeighbourList
    let skin: Double

    init(box: Box, types: [Int], positions: [Vector], typeCount: Int, cutoff: Double, skin: Double = 0.5) {
        self.box = box
        self.skin = skin
        var atoms = Atoms(typeCount: typeCount)
        for (i, x) in positions.enumerated() {
            var x = x
            var image = SIMD4<Int32>.zero
            box.wrap(&x, &image)
            atoms.append(id: Int64(i + 1), type: Int32(types[i]), position: x)
        }
        atoms.total = positions.count
        halo = Halo(communicator: SerialCommunicator(), box: box)
        halo.build(&atoms, decomposition: Decomposition(box: box, rank: 0, size: 1)!, width: cutoff + skin)
        list = NeighbourList(kind: .full, distance: cutoff + skin)
        CellGrid().build(list, atoms)
        self.atoms = atoms
    }

    func context(_ wanted: Wanted) -> ComputeContext { ComputeContext(halo: halo, step: 0, wanted: wanted, skin: skin) }

    struct Result {
        var energy = 0.0
        var force: [Vector] = []
        var virial = Tensor.zero
        var atomEnergy: [Double] = []
        var atomVirial: [Tensor] = []
    }

    /// Runs `body` on cleared forces and sums ghosts to owners.
    func result(_ wanted: Wanted, _ body: (borrowing Atoms, ComputeContext, inout Forces) -> Void) -> Result {
        var forces = Forces()
        forces.clear(count: atoms.count, wanted: wanted)
        body(atoms, context(wanted), &forces)
        halo.reverse(&forces.force)
        if wanted.contains(.atomEnergy) { halo.reverse(&forces.atomEnergy) }
        if wanted.contains(.atomVirial) { halo.reverse(&forces.atomVirial) }
        var result = Result(energy: forces.energy, virial: forces.virial)
        for i in 0..<atoms.owned {
            result.force.append(forces.force[i].xyz)
            if wanted.contains(.atomEnergy) { result.atomEnergy.append(forces.atomEnergy[i]) }
            if wanted.contains(.atomVirial) { result.atomVirial.append(forces.atomVirial[i]) }
        }
        return result
    }

    func compute(_ potential: any Potential, _ wanted: Wanted = .everything) -> Result {
        result(wanted) { potential.compute($0, list, $1, into: &$2) }
    }
}

/// The words of a deck line.
func words(_ line: String) -> Words {
    let location = SourceLocation(file: "test", line: 1, column: 1, length: 1, text: line)
    let parts = line.split(separator: " ").map { Word(text: String($0), location: location, isQuoted: false) }
    return Words(parts, of: "pair_coeff", end: location)
}

func setup(types: Int, units: Units = .metal, files: [String: [UInt8]] = [:]) -> PotentialSetup {
    PotentialSetup(
        units: units, typeCount: types, masses: Array(repeating: nil, count: types + 1), labels: Array(repeating: nil, count: types + 1),
        communicator: SerialCommunicator(),
        read: { path, location in
            if let bytes = files[path] { return bytes }
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        }, warn: { _ in })
}

/// A NEP potential for `types` deck types from a file's bytes, as the deck would make it.
func makeNEP(_ bytes: [UInt8], _ elements: [String], units: Units = .metal) throws -> NEP {
    let nep = NEP()
    var line = words("* * model.txt " + elements.joined(separator: " "))
    let setup = setup(types: elements.count, units: units, files: ["model.txt": bytes])
    try nep.coefficients(&line, setup)
    try nep.prepare(setup)
    return nep
}
