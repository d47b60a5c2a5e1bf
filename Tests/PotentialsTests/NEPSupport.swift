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

func nepSetup(types: Int, units: Units = .metal, files: [String: [UInt8]] = [:]) -> PotentialSetup {
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
    var line = deckWords("* * model.txt " + elements.joined(separator: " "), of: "pair_coeff")
    let setup = nepSetup(types: elements.count, units: units, files: ["model.txt": bytes])
    try nep.coefficients(&line, setup)
    try nep.prepare(setup)
    return nep
}
