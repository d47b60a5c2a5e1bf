import Domain
import Foundation
import Potentials
import TestSupport

/// What a reference program gives for some frames: one JSON file of a folder in Tests/Reference.
struct GoldenFrames: Decodable {
    struct Frame: Decodable {
        var name: String
        /// Three edges and xy, xz, yz.
        var cell: [Double]
        var positions: [[Double]]
        var types: [Int32]
        var energy: Double
        var virial: [Double]
        var forces: [[Double]]
        var atomEnergies: [Double]
        /// Where the program has them.
        var atomVirials: [[Double]]?
        /// Extrapolation grades, of the frames that have them.
        var gamma: [Double]?

        func system(_ typeCount: Int) -> TestSystem {
            let box = Box(lo: .zero, hi: Vector(cell[0], cell[1], cell[2], 0), xy: cell[3], xz: cell[4], yz: cell[5])
            return TestSystem(
                name, box: box, positions: positions.map { Vector($0[0], $0[1], $0[2], 0) }, types: types, typeCount: typeCount)
        }
    }
    var elements: [String]
    var frames: [Frame]

    static func folder(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Reference/\(name)").standardized
    }

    init(_ name: String, in folder: URL) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: folder.appendingPathComponent(name + ".json")))
    }

    /// A set-up whose potentials read their files from a folder.
    static func setup(_ types: Int, _ folder: URL, _ units: Units) -> PotentialSetup {
        PotentialSetup(
            units: units, typeCount: types, masses: Array(repeating: nil, count: types + 1), labels: Array(repeating: nil, count: types + 1),
            communicator: SerialCommunicator(),
            read: { path, _ in [UInt8](try Data(contentsOf: folder.appendingPathComponent(path))) }, warn: { _ in })
    }
}
